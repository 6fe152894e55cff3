"""`diffcheck.table`: a function's derivative by every method, for a notebook."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import diffcheck as dc
from diffcheck.backends import BACKENDS
from diffcheck.backends.base import installed
from diffcheck.case import CaseError
from diffcheck.table import Table, example_at
from diffcheck.verdict import Verdict


def quadratic(x: Any) -> Any:
    """y = 5x² - 4x"""
    return 5 * x**2 - 4 * x


@dc.case(w=dc.real("n"), b=dc.real(), examples=[{"w": [1.0, 2.0], "b": 3.0}], source="none")
def line(w: Any, b: Any) -> Any:
    """y = w + b"""
    return w + b


@pytest.fixture(scope="module")
def shown() -> Table:
    """The table of T1's function at its point."""
    return dc.table(quadratic, x=1.0)


def test_a_table_prints_itself(shown: Table) -> None:
    """`print(table)` and a bare `table` show the same text."""
    assert str(shown) == repr(shown)
    assert "10*x - 4" in str(shown)
    assert "6.5000000000000036" in str(shown)


def test_a_table_shows_itself_in_a_notebook(shown: Table) -> None:
    """As a fragment of a page, with formulas and curve."""
    page = shown._repr_html_()
    assert page.startswith('<div class="diffcheck">')
    assert "<math" in page
    assert "<polyline" in page


def test_every_installed_method_answers_six(shown: Table) -> None:
    """Each declared method has a row, and each agrees."""
    example = shown.sheet.example
    assert example is not None
    backends = {row.method.partition(" ")[0] for row in example.rows}
    assert {name for name, backend in BACKENDS.items() if installed(backend)} - backends == {"handwritten"}
    assert {row.verdict for row in example.rows} == {Verdict.AGREES}


def test_whole_numbers_are_constants_only_as_arrays() -> None:
    """`x=1` is a real number; a NumPy array of labels is what it is."""
    assert dc.table(quadratic, x=1).sheet.example is not None

    def pick(x: Any, label: Any) -> Any:
        return x[int(label)] * 2

    example = dc.table(pick, x=[1.0, 2.0], label=np.array(1)).sheet.example
    assert example is not None
    assert list(example.lower) == ["x", "output"]
    assert example.lower["x"].values == (0.0, 2.0)


def test_a_cotangent_is_pulled_back() -> None:
    """For an output of several numbers."""
    example = dc.table(quadratic, x=[0.0, 1.0], cotangent=[1.0, 10.0]).sheet.example
    assert example is not None
    assert example.lower["x"].values == (-4.0, 60.0)


def test_what_is_left_out_comes_from_the_first_example() -> None:
    """Only what a person types is replaced."""
    assert example_at(line, {"b": 5.0}) == {"w": [1.0, 2.0], "b": 5.0}


@pytest.mark.parametrize(
    ("point", "says"),
    [
        ({"v": 1.0}, "'v', which is not an argument"),
        ({"b": [1.0, 2.0]}, r"'b' has shape \(2,\)"),
        ({"w": 50.0}, "'w'"),
        ({"b": 1e9}, "outside its domain"),
        ({"b": float("nan")}, "NaN"),
    ],
)
def test_a_point_that_does_not_fit_is_told(point: dict[str, Any], says: str) -> None:
    """In one line, naming the argument."""
    with pytest.raises(CaseError, match=says):
        example_at(line, point)


def test_a_function_needs_a_point() -> None:
    """The message shows how to give one."""
    with pytest.raises(CaseError, match=r"for example table\(quadratic, x=1.0\)"):
        dc.table(quadratic)


def test_the_names_of_arguments_are_checked() -> None:
    """The message has those that there are."""
    with pytest.raises(CaseError, match=r"^quadratic takes \(x\), not \(z\): give x=…$"):
        dc.table(quadratic, z=1.0)
    with pytest.raises(CaseError, match=r"^quadratic takes \(x\), not \(x, z\): give x=…$"):
        dc.table(quadratic, x=1.0, z=1.0, cotangent=1.0)
