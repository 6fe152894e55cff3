"""The set-up: everything is pinned, nothing says where to fetch it, and the wheel holds what it should."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).parents[1]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PINS = [
    line
    for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    if line and not line.startswith("#")
]


def normal_name(requirement: str) -> str:
    """The distribution that a requirement names, as package indexes spell it."""
    return re.sub(r"[-_.]+", "-", re.split(r"[\[<>=!~; ]", requirement)[0]).lower()


def requirements() -> set[str]:
    """Every distribution that pyproject.toml names."""
    groups = [
        PROJECT["build-system"]["requires"],
        PROJECT["project"]["dependencies"],
        *PROJECT["project"]["optional-dependencies"].values(),
        *PROJECT["dependency-groups"].values(),
    ]
    return {normal_name(entry) for group in groups for entry in group if isinstance(entry, str)} - {"diffcheck"}


@pytest.mark.parametrize("line", PINS)
def test_constraint_is_exact(line: str) -> None:
    """Each line of the constraints names one distribution and one version, and no place."""
    assert re.fullmatch(r"[A-Za-z0-9._-]+==[0-9][0-9A-Za-z.]*", line)


def test_constraints_are_sorted_and_unique() -> None:
    """A line is found where the alphabet puts it, once."""
    names = [normal_name(line) for line in PINS]
    assert names == sorted(set(names))


def test_every_requirement_is_pinned() -> None:
    """What pyproject.toml asks for has a version in the constraints."""
    assert requirements() <= {normal_name(line) for line in PINS}


def test_core_dependencies_hold_no_framework() -> None:
    """Whoever installs diffcheck alone gets neither torch nor jax."""
    core = {normal_name(entry) for entry in PROJECT["project"]["dependencies"]}
    assert core.isdisjoint({"torch", "jax", "jaxlib", "matplotlib", "jinja2"})


def test_wheel_holds_cases_and_types(tmp_path: Path) -> None:
    """An installed diffcheck finds the cases beside itself, and type checkers find its annotations."""
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(tmp_path)]
    subprocess.run(command, check=True, cwd=ROOT, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    names = set(ZipFile(wheel).namelist())
    cases = {f"diffcheck/_cases/{path.name}" for path in (ROOT / "cases").iterdir() if path.is_file()}
    assert {"diffcheck/__init__.py", "diffcheck/py.typed", *cases} <= names
