"""Sessions of pytest inside this one, with the plugin as its users have it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

CASES = '''
from diffcheck import array_namespace, case, real, special


@case(x=real("n"), examples=[{"x": [1.0, 2.0]}], source="none")
def cubes(x):
    """y = Σ x³"""
    return array_namespace(x).sum(x * x * x)


@cubes.handwritten("right")
def _(x):
    return {"x": 3 * x * x}


@cubes.handwritten("by hand")
def _(x):
    return {"x": 2 * x * x}


@case(x=real("n"), examples=[{"x": [0.0]}], source="none")
def rectified(x):
    """y = Σ max(x, 0) - max(-x, 0)"""
    return array_namespace(x).sum(special.relu(x) - special.relu(-x))


@rectified.handwritten("by steps")
def _(x):
    xp = array_namespace(x)
    return {"x": xp.where(x == 0, 0.0 * x, xp.ones_like(x))}
'''

QUICK = (
    "-Wdefault",  # this session's own filter makes errors of them
    "--diffcheck-backend=handwritten",
    "--diffcheck-dtype=float64",
    "--diffcheck-max-examples=3",
)


Run = Callable[..., pytest.RunResult]


@pytest.fixture
def run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """Run pytest here with these arguments: one backend, one dtype, few points.

    What such a session imports stays imported, but for its own files: torch cannot be imported twice.
    """

    def forget(_: object) -> None:
        for name, module in list(sys.modules.items()):
            if Path(getattr(module, "__file__", None) or "/").is_relative_to(pytester.path):
                del sys.modules[name]

    monkeypatch.setattr("_pytest.pytester.SysModulesSnapshot.restore", forget)
    monkeypatch.setenv("COLUMNS", "160")
    for variable in ("CI", "BUILD_NUMBER"):  # there pytest does not cut the lines of its short summary
        monkeypatch.delenv(variable, raising=False)
    yield lambda *arguments: pytester.runpytest_inprocess(*QUICK, *arguments)
    settings.load_profile("reproducible")


@pytest.fixture
def mine(pytester: pytest.Pytester) -> Path:
    """A folder with a case file."""
    folder = pytester.mkdir("cases")
    (folder / "mine.py").write_text(CASES, encoding="utf-8")
    return folder
