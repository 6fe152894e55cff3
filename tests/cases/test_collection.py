"""The collection of cases as a whole: complete, documented, honest about sources, public names only."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import diffcheck
from diffcheck import special
from diffcheck.case import Case
from diffcheck.example import COTANGENT, example_point
from diffcheck.registry import default_folder, load, select

FILES = sorted(default_folder().glob("*.py"))
CASES = load()
GROUPS = ("network", "optimiser", "piecewise", "regression", "scalar", "special", "stability", "vector")
FEWEST = 60  # the number
FRAMEWORKS = ("torch", "jax")

# The functions of the five tutorials: case → the tutorials it stands for.
TUTORIALS = {
    "scalar/quadratic": "T1",
    "vector/squared_norm": "T1, T4",
    "vector/total": "T1",
    "vector/square": "T1",
    "vector/detached_square": "T1",
    "regression/temperature_loss": "T2",
    "regression/scaled_temperature_loss": "T2",
    "vector/mean_of_squares": "T3",
    "vector/doubling": "T3",
    "scalar/line": "T3",
    "network/two_layer_network": "T3",
    "network/sequential": "T3",
    "network/net": "T3",
    "regression/half_squared_loss": "T5",
    "regression/synthetic_regression": "T5",
}

every_case = pytest.mark.parametrize("one", CASES, ids=lambda one: one.id)
every_file = pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)


def test_there_are_enough_cases_in_every_group() -> None:
    """The collection has at least sixty cases, and every property of the design has a file."""
    assert len(CASES) >= FEWEST
    assert {one.group for one in CASES} == set(GROUPS)
    assert [file.stem for file in FILES] == sorted(GROUPS)


def test_short_names_are_unique() -> None:
    """Every case of the collection can be selected by its short name."""
    names = [one.name for one in CASES]
    assert len(names) == len(set(names))


@pytest.mark.parametrize(("name", "source"), TUTORIALS.items())
def test_every_tutorial_function_is_there(name: str, source: str) -> None:
    """Each function of the source tutorials is a case that names its tutorial and carries a worked example."""
    (one,) = select(CASES, [name])
    assert one.source == source
    assert one.examples


@every_case
def test_the_docstring_states_formula_and_source(one: Case) -> None:
    """The first line is the formula; a line of its own says where it comes from, as `source` does."""
    first, _, rest = (one.function.__doc__ or "").partition("\n")
    assert any(sign in first for sign in "=←"), "the first line is a formula"
    _, cited, citation = rest.partition("\n    Source: ")
    assert cited
    assert one.source.split()[0].strip(",") in citation, f"the docstring cites {one.source}"


@every_case
def test_the_worked_examples_are_exact_points(one: Case) -> None:
    """Each case has a worked example, at which its function gives finite floats of the dtype."""
    assert one.examples
    point = example_point(one, one.examples[0], np.float32)
    value = np.asarray(one(**point.arguments))
    assert value.dtype == np.float32
    assert np.isfinite(value).all()


@every_case
def test_a_cotangent_fits_the_output(one: Case) -> None:
    """Where a worked example gives a cotangent, it has the output's shape."""
    for example in one.examples:
        if COTANGENT in example:
            point = example_point(one, example, np.float64)
            assert point.cotangent is not None
            assert point.cotangent.shape == np.shape(one(**point.arguments))


@every_case
def test_named_sizes_stay_small(one: Case) -> None:
    """The search draws at most seven along a named dimension, so that SymPy can follow."""
    assert all(1 <= smallest <= largest <= 7 for smallest, largest in one.dims.values())


@every_case
def test_formulas_and_spellings_belong_to_known_frameworks(one: Case) -> None:
    """A spelling is torch's or jax's; a hand-written formula answers for every argument, in its dtype."""
    assert set(one.spellings) <= set(FRAMEWORKS)
    point = example_point(one, one.examples[0], np.float32)
    for formula in one.handwritten_formulas.values():
        takes = formula.__code__.co_varnames[: formula.__code__.co_argcount]
        known = {**point.arguments, COTANGENT: point.cotangent_for(np.shape(one(**point.arguments)))}
        gradient = formula(**{name: known[name] for name in takes})
        assert set(gradient) == set(one.wrt)
        assert all(np.shape(gradient[name]) == point.arguments[name].shape for name in one.wrt)
        assert all(np.asarray(gradient[name]).dtype == np.float32 for name in one.wrt)


def test_important_cases_are_judged_in_several_ways() -> None:
    """At least ten cases carry a hand-written gradient, and ten a framework's own spelling."""
    assert sum(bool(one.handwritten_formulas) for one in CASES) >= 10
    assert sum(bool(one.spellings) for one in CASES) >= 10


def test_the_claims_of_the_tutorials_are_there() -> None:
    """Each of the first three tutorials has claims to hold against the reference."""
    claiming = " ".join(one.source for one in CASES if one.claims)
    assert all(label in claiming for label in ("T1", "T2", "T3", "T4"))


# --- imports ------------------------------------------------------------------------------------


@every_file
def test_a_case_file_imports_only_public_names(file: Path) -> None:
    """Cases are written as a user would: public names at the top, a framework only inside its spelling."""
    assert private_imports(ast.parse(file.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(
    "line",
    [
        "import numpy as np",
        "from torch import relu",
        "from diffcheck.case import case",
        "from diffcheck import judge",
        "from diffcheck.special import _apply",
        "import diffcheck.registry",
        "def f():\n    import numpy",
    ],
)
def test_a_private_import_would_be_noticed(line: str) -> None:
    """The test above can fail: each of these is not for a case file."""
    assert private_imports(ast.parse(line))


def private_imports(tree: ast.Module) -> list[str]:
    """The imports of a case file that are not public names, nor a framework's inside a function."""
    inside = {
        id(node) for function in tree.body if isinstance(function, ast.FunctionDef) for node in ast.walk(function)
    }
    return [name for node, name in _imports(tree) if not _allowed(name, id(node) in inside)]


def _imports(tree: ast.Module) -> Iterator[tuple[ast.AST, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ((node, f"{node.module}.{alias.name}") for alias in node.names)


def _allowed(name: str, inside_a_function: bool) -> bool:
    module, _, last = name.rpartition(".")
    if module == "diffcheck":
        return last in diffcheck.__all__
    if module == "diffcheck.special":
        return not last.startswith("_") and hasattr(special, last)
    return inside_a_function and name.partition(".")[0] in FRAMEWORKS
