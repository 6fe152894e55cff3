"""What imports what: nothing heavy until it is used, and cases know only the public names."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import diffcheck

ROOT = Path(__file__).parents[1]
CASE_FILES = sorted((ROOT / "cases").rglob("*.py"))

HEAVY = [
    "array_api_compat",
    "flint",
    "hypothesis",
    "jax",
    "jinja2",
    "matplotlib",
    "ml_dtypes",
    "numpy",
    "scipy",
    "sympy",
    "torch",
]

IMPORT = "import diffcheck"
HELP = """
import runpy, sys
sys.argv = ["diffcheck", "--help"]
try:
    runpy.run_module("diffcheck", run_name="__main__")
except SystemExit as stop:
    assert not stop.code, stop.code
"""
PLUGIN = "import diffcheck.pytest_plugin"
SESSION = """
import pathlib, pytest, tempfile
with tempfile.TemporaryDirectory() as folder:
    file = pathlib.Path(folder, "test_nothing.py")
    file.write_text("def test_nothing(): pass", encoding="utf-8")
    pytest.main(["-p", "no:cacheprovider", "-p", "no:hypothesispytest", str(file), {option}])
"""
REPORT = "import sys; print('imported:', *sorted(set(sys.modules)), file=sys.stderr)"


def imported_by(code: str, root: Path = ROOT) -> set[str]:
    """Run code in a fresh interpreter that finds modules in `root` first; return the heavy modules it imported."""
    command = [sys.executable, "-c", f"{code}\n{REPORT}"]
    done = subprocess.run(command, check=True, cwd=root, capture_output=True, text=True)
    return set(done.stderr.rpartition("imported:")[2].split()) & set(HEAVY)


def package_that_imports(module: str, root: Path) -> None:
    """Write a copy of the package's front rooms that imports `module`, which is a stand-in that costs nothing."""
    package = root / "diffcheck"
    package.mkdir()
    init = (ROOT / "diffcheck" / "__init__.py").read_text(encoding="utf-8")
    (package / "__init__.py").write_text(f"{init}\nimport {module}\n", encoding="utf-8")
    (package / "__main__.py").write_text("raise SystemExit(0)\n", encoding="utf-8")
    (root / f"{module}.py").touch()


@pytest.mark.parametrize("code", [IMPORT, HELP], ids=["import", "help"])
def test_front_door_is_light(code: str) -> None:
    """`import diffcheck` and `diffcheck --help` import no framework and no array library."""
    assert imported_by(code) == set()


@pytest.mark.parametrize("code", [IMPORT, HELP], ids=["import", "help"])
@pytest.mark.parametrize("module", HEAVY)
def test_a_heavy_import_is_noticed(module: str, code: str, tmp_path: Path) -> None:
    """The test above fails for a package that imports one heavy module at its top."""
    package_that_imports(module, tmp_path)
    assert imported_by(code, tmp_path) == {module}


@pytest.mark.parametrize("code", [PLUGIN, SESSION.format(option="")], ids=["import", "session"])
def test_plugin_is_light(code: str) -> None:
    """A session that asks nothing of diffcheck imports nothing heavy; the plugin of Hypothesis would, and is out."""
    assert imported_by(code) == set()


def test_a_session_that_asks_for_cases_is_not_light() -> None:
    """The test above looks at a session in which the plugin is at work."""
    assert {"numpy", "sympy"} <= imported_by(SESSION.format(option="'--diffcheck'"))


def wrong_imports(source: str) -> Iterator[str]:
    """Name what a case file imports although it should not: our inner modules, and anything else at its top."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        top = node in tree.body
        if isinstance(node, ast.ImportFrom):
            if node.level or not _allowed(node.module or "", top):
                yield f"{'.' * node.level}{node.module}"
            elif node.module == "diffcheck":
                yield from (alias.name for alias in node.names if alias.name not in diffcheck.__all__)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if not _allowed(alias.name, top))


def _allowed(module: str, top: bool) -> bool:
    package = module.partition(".")[0]
    if package == "diffcheck":
        return module in ("diffcheck", "diffcheck.special")
    return not top or package in sys.stdlib_module_names


@pytest.mark.parametrize("path", CASE_FILES, ids=lambda path: path.stem)
def test_cases_import_public_names_only(path: Path) -> None:
    """A case file is written as a user writes one: public names, and a framework only inside its own spelling."""
    assert list(wrong_imports(path.read_text(encoding="utf-8"))) == []


def test_there_are_case_files() -> None:
    """The test above looked at something."""
    assert CASE_FILES


@pytest.mark.parametrize(
    ("source", "named"),
    [
        ("from diffcheck.case import case", "diffcheck.case"),
        ("from diffcheck import expression", "expression"),
        ("import diffcheck.backends.torch", "diffcheck.backends.torch"),
        ("import torch", "torch"),
        ("from jax import numpy", "jax"),
        ("from . import scalar", ".None"),
        ("def f(x):\n    from diffcheck.namespace import array_namespace", "diffcheck.namespace"),
    ],
)
def test_a_wrong_import_in_a_case_file_is_named(source: str, named: str) -> None:
    """Inner modules anywhere and frameworks at the top are named."""
    assert list(wrong_imports(source)) == [named]


@pytest.mark.parametrize(
    "source",
    [
        "from __future__ import annotations",
        "import math",
        "import diffcheck as dc",
        "from diffcheck import case, real, special",
        "from diffcheck.special import relu",
        "def f(x):\n    import torch",
    ],
)
def test_a_right_import_in_a_case_file_is_silent(source: str) -> None:
    """Public names, the standard library, and a framework inside a function are nobody's business."""
    assert list(wrong_imports(source)) == []


@pytest.mark.parametrize(
    ("module", "statement", "broken"),
    [
        ("verdict.py", "import diffcheck.record", "Imports run one way BROKEN"),
        ("unplanned.py", "import diffcheck.record", "Imports run one way BROKEN"),
        ("report/matrix.py", "import diffcheck.domain", "Reports are rendered from records BROKEN"),
    ],
)
def test_the_import_contract_can_break(module: str, statement: str, broken: str, tmp_path: Path) -> None:
    """An import against the direction of the design, or a module without a place in it, breaks the contract."""
    shutil.copytree(ROOT / "diffcheck", tmp_path / "diffcheck", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    with (tmp_path / "diffcheck" / module).open("a", encoding="utf-8") as file:
        file.write(f"\n{statement}\n")
    command: list[str | Path] = [Path(sys.executable).with_name("lint-imports"), "--no-cache", "--no-logo"]
    environment = os.environ | {"PYTHONPATH": "."}
    done = subprocess.run(command, check=False, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 1
    assert broken in done.stdout
