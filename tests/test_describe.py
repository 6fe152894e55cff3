"""A case's sheet: what can be shown is shown, and what cannot is said."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from diffcheck import Claim, array_namespace, case, real
from diffcheck import describe as module
from diffcheck.backends import BACKENDS
from diffcheck.case import Case
from diffcheck.describe import SHOWN, describe, numbers
from diffcheck.sheet import MethodRow, Sheet, from_dict, to_dict
from diffcheck.verdict import Verdict


@case(
    x=real("n", low=0.0, high=100.0),
    examples=[{"x": [0.0, 1.0, 2.0]}],
    source="S1",
    claims=[Claim("the gradient is 2x", gradient={"x": [0.0, 2.0, 4.0]}), Claim("it is x", gradient={"x": [0, 1, 2]})],
)
def squares(x: Any) -> Any:
    """y = Σx²

    Source: S1, page 1.
    """
    xp = array_namespace(x)
    return xp.sum(x * x)


@squares.handwritten("half of it")
def _(x: Any) -> Any:
    return {"x": x}


@squares.handwritten("raises")
def _(x: Any) -> Any:
    raise RuntimeError("no formula today")


@pytest.fixture(scope="module")
def sheet() -> Sheet:
    """The sheet of the case above."""
    return describe(squares)


def row(sheet: Sheet, method: str) -> MethodRow:
    """The row of one method."""
    assert sheet.example is not None
    return next(one for one in sheet.example.rows if one.method == method)


def test_a_sheet_says_what_the_case_says(sheet: Sheet) -> None:
    """Name, docstring without indentation, source."""
    assert sheet.case == "test_describe/squares"
    assert sheet.docstring == "y = Σx²\n\nSource: S1, page 1."
    assert sheet.source == "S1"


def test_formula_and_closed_form(sheet: Sheet) -> None:
    """With the named dimension, as text and as LaTeX."""
    assert sheet.formula is not None
    assert "x[i]**2" in sheet.formula.text
    assert "2*x[i]" in sheet.closed_forms["x"].text
    assert sheet.closed_forms["x"].latex


def test_trust(sheet: Sheet) -> None:
    """Every entry of such a function is proved."""
    assert sheet.trust is not None
    assert sheet.trust.proved > 0
    assert (sheet.trust.checked, sheet.trust.open, sheet.trust.refuted) == (0, 0, 0)


def test_worked_example(sheet: Sheet) -> None:
    """The point, the value there, and enclosures in both modes."""
    example = sheet.example
    assert example is not None
    assert example.arguments["x"].values == (0.0, 1.0, 2.0)
    assert example.value is not None
    assert example.value.values == (5.0,)
    assert example.lower["x"].values == example.upper["x"].values == (0.0, 2.0, 4.0)
    assert example.lower["output"].values == (6.0,)


def test_wrong_formulas_and_exceptions_have_rows_too(sheet: Sheet) -> None:
    """A sheet judges as a run does."""
    assert row(sheet, "handwritten R half of it").verdict is Verdict.WRONG
    assert row(sheet, "handwritten R raises").verdict is Verdict.RAISED
    assert "no formula today" in row(sheet, "handwritten R raises").message
    assert row(sheet, "torch R").verdict is Verdict.AGREES


def test_claims_are_computed(sheet: Sheet) -> None:
    """One holds, one is refuted."""
    assert [claim.outcome for claim in sheet.claims] == ["holds", "refuted"]


def test_steps_are_those_of_an_entry_that_moves(sheet: Sheet) -> None:
    """The first entry whose derivative is not 0."""
    assert sheet.example is not None
    assert sheet.example.steps is not None
    assert (sheet.example.steps.argument, sheet.example.steps.index) == ("x", (1,))


def test_a_sheet_can_be_written_to_a_file(sheet: Sheet) -> None:
    """With every number."""
    assert from_dict(to_dict(sheet)) == sheet


def test_large_arrays_keep_their_first_numbers() -> None:
    """And their shape."""
    kept = numbers(np.arange(1000.0, dtype=np.float32).reshape(10, 100))
    assert kept.shape == (10, 100)
    assert kept.values == tuple(map(float, range(SHOWN)))
    assert all(type(value) is float for value in kept.values)


def alone(function: Any, **point: Any) -> Case:
    """A case of one real number."""
    return case(x=real(), examples=[point] if point else [], source="none")(function)


@pytest.fixture
def handwritten_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """No framework is asked."""
    monkeypatch.setattr(module, "BACKENDS", {"handwritten": BACKENDS["handwritten"]})


@pytest.mark.usefixtures("handwritten_only")
def test_a_case_without_an_example_has_formulas_only() -> None:
    """There is nothing to work out."""

    def cube(x: Any) -> Any:
        return x**3

    sheet = describe(alone(cube))
    assert sheet.example is None
    assert sheet.formula is not None
    assert sheet.docstring == ""


@pytest.mark.usefixtures("handwritten_only")
def test_a_function_that_raises_is_a_note() -> None:
    """The sheet stands without formula and without reference."""

    def broken(x: Any) -> Any:
        raise RuntimeError("out of order")

    sheet = describe(alone(broken, x=1.0))
    assert sheet.example is not None
    assert sheet.example.value is None
    assert any("out of order" in note for note in sheet.notes)
    assert sheet.trust is None
    assert any(note.startswith("No proof: ") for note in sheet.notes)


@pytest.mark.usefixtures("handwritten_only")
def test_no_derivative_no_steps() -> None:
    """Where the derivative is 0 everywhere there is no curve to draw."""

    def constant(x: Any) -> Any:
        return 0 * x + 1

    example = describe(alone(constant, x=1.0)).example
    assert example is not None
    assert example.steps is None


def test_no_complex_step_through_what_is_not_analytic(monkeypatch: pytest.MonkeyPatch) -> None:
    """|x + ih| has no imaginary part; what the backend refuses is not drawn."""
    monkeypatch.setattr(module, "BACKENDS", {"finite_difference": BACKENDS["finite_difference"]})

    def distance(x: Any) -> Any:
        return abs(x)

    example = describe(alone(distance, x=2.0)).example
    assert example is not None
    assert example.steps is not None
    assert example.steps.schemes == ("forward", "central", "five-point")


def test_a_missing_framework_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its rows are there, and unavailable."""
    monkeypatch.setattr(module, "BACKENDS", {"jax": BACKENDS["jax"]})
    monkeypatch.setattr(module, "installed", lambda _: False)
    example = describe(squares).example
    assert example is not None
    assert {one.verdict for one in example.rows} == {Verdict.UNAVAILABLE}
