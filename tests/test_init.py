"""The public names: complete, lazy, and the same whatever was imported before."""

from __future__ import annotations

import ast
import subprocess
import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

import pytest

import diffcheck

FOR_TYPES = {
    alias.asname or alias.name
    for block in ast.walk(ast.parse(Path(diffcheck.__file__).read_text(encoding="utf-8")))
    if isinstance(block, ast.If)
    for statement in block.body
    if isinstance(statement, ast.ImportFrom)
    for alias in statement.names
}

# Public names that are also the name of a module or a subpackage.
SHARED = [name for name in diffcheck.__all__ if name != "special" and find_spec(f"diffcheck.{name}")]


def run(code: str) -> str:
    """Run code in a fresh interpreter and return what it prints."""
    command = [sys.executable, "-c", code]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def test_public_names_have_a_home_and_a_type() -> None:
    """`__all__`, the table of homes and the imports for type checkers name the same things."""
    assert diffcheck.__all__ == sorted(diffcheck.__all__)
    assert set(diffcheck.__all__) == set(diffcheck._HOMES) == FOR_TYPES


@pytest.mark.parametrize("name", diffcheck.__all__)
def test_public_name_resolves(name: str) -> None:
    """Every public name leads to something that knows this name."""
    assert getattr(diffcheck, name).__name__.rpartition(".")[2] == name


def test_public_names_are_listed() -> None:
    """A person who completes `diffcheck.` sees the public names and nothing else."""
    assert dir(diffcheck) == diffcheck.__all__


def test_unknown_name_is_an_attribute_error() -> None:
    """A name that does not exist is reported as Python reports it."""
    with pytest.raises(AttributeError, match="module 'diffcheck' has no attribute 'gradcheck'"):
        _ = diffcheck.gradcheck


def test_functions_share_names_with_modules() -> None:
    """The hazard that the next tests are about exists: some functions are called like a module."""
    assert {"case", "reference"} <= set(SHARED)


@pytest.mark.parametrize("name", SHARED)
def test_public_name_is_never_the_module(name: str) -> None:
    """A function stays public when the module of the same name is imported before it is looked up, or after."""
    look_up = f"assert not isinstance(diffcheck.{name}, type(sys))"
    run(f"import sys, diffcheck.{name}; {look_up}; from diffcheck import {name}; assert callable({name})")
    import_module(f"diffcheck.{name}")
    assert not isinstance(getattr(diffcheck, name), ModuleType)


def test_modules_stay_importable() -> None:
    """Where a function took the package's attribute, `from package.module import name` still finds the module."""
    assert run("from diffcheck.case import Case; import diffcheck; print(Case is diffcheck.Case)") == "True"


def test_special_is_a_module() -> None:
    """`special` is a module of functions, before and after it is imported by name."""
    assert isinstance(diffcheck.special, ModuleType)
    assert run("import diffcheck.special; print(diffcheck.special.__name__)") == "diffcheck.special"


def test_reference_is_callable_whatever_was_imported_before() -> None:
    """`dc.reference(function, x=…)` is the function although its subpackage has the same name."""
    before = "import diffcheck.reference.ball; import diffcheck as dc"
    assert run(f"{before}; print(dc.reference(lambda x: 5 * x**2 - 4 * x, x=1.0).lower['x'])") == "6.0"


def test_attributes_can_be_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only modules are kept out: a test may still replace a public function."""
    replacement = object()
    monkeypatch.setattr(diffcheck, "case", replacement)
    assert getattr(diffcheck, "case") is replacement  # noqa: B009 - mypy knows better what `case` is
    monkeypatch.undo()
    assert callable(diffcheck.case)
