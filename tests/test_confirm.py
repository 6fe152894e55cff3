"""A wrong formula is told from lost digits by the other precision."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from diffcheck.backends.base import Derivative
from diffcheck.case import Case, case
from diffcheck.cell import differentiate, judge_cell, reference_at
from diffcheck.confirm import confirm
from diffcheck.domain import real
from diffcheck.dtype import LOW, limits
from diffcheck.judge import judge
from diffcheck.point import Point
from diffcheck.record import Cell, Judgement
from diffcheck.special import logsumexp
from diffcheck.verdict import Cause, Verdict


@case(z=real("n", low=-1000.0, high=1000.0), source="standard")
def stable(z):
    """log Σ exp(z)"""
    return logsumexp(z)


@case(x=real(), source="standard")
def square(x):
    """x²"""
    return x * x


AT_800 = Point({"z": np.array([-800.0, -800.0])})
AT_3 = Point({"x": np.array(3.0)})


def _judged(case: Case, point: Point, factor: float = 1.0) -> Judgement:
    """What torch's gradient, multiplied by a factor, gets once it is held against the other precision."""
    dtype = point.dtype.name
    cell = Cell(case.id, "torch", "R", "", dtype)

    def answer(case: Case, cell: Cell, at: Point) -> Derivative:
        derivative = differentiate(case, cell, at)
        entries = {name: entry * at.dtype.type(factor) for name, entry in derivative.entries.items()}
        return replace(derivative, entries=entries)

    first = judge(answer(case, cell, point), reference_at(case, point, "R"))
    return confirm(case, cell, point, first, answer, reference_at)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_digits_that_a_right_formula_loses_are_not_called_wrong(dtype: type) -> None:
    """torch's backward of logsumexp, exp(z − y), takes over the rounding of y: 248 ulp at −800.

    The program that ran says so; where it is not known, the other precision does.
    """
    point = AT_800.astype(dtype)
    cell = Cell(stable.id, "torch", "R", "", point.dtype.name)
    judgement = judge_cell(stable, cell, point, reference_at(stable, point, "R"))
    assert (judgement.verdict, judgement.cause) == (Verdict.AGREES, Cause.ROUNDING)
    first = judge(_opaque(differentiate(stable, cell, point)), reference_at(stable, point, "R"))
    second = confirm(stable, cell, point, first, lambda *task: _opaque(differentiate(*task)), reference_at)
    assert first.verdict is Verdict.WRONG
    assert (second.verdict, second.cause) == (Verdict.INCONCLUSIVE, Cause.LOST_DIGITS)


def _opaque(derivative: Derivative) -> Derivative:
    """The same numbers, from a program that is not known."""
    return replace(derivative, program=None)


@pytest.mark.parametrize("factor", [2.0, -1.0, 0.0, 1 + 1e-9])
def test_an_error_that_stays_is_called_wrong_in_float64(factor: float) -> None:
    """A factor does not shrink with the precision."""
    assert _judged(square, AT_3, factor).verdict is Verdict.WRONG


@pytest.mark.parametrize("dtype", LOW)
@pytest.mark.parametrize("factor", [2.0, -1.0, 0.0])
def test_an_error_that_stays_is_called_wrong_in_low_precision(dtype: str, factor: float) -> None:
    """It is held against float32, in which the point is exact, too."""
    assert _judged(square, AT_3.astype(dtype), factor).verdict is Verdict.WRONG


@pytest.mark.parametrize("dtype", LOW)
@pytest.mark.parametrize(("shrinking", "verdict"), [(1 / 4, Verdict.WRONG), (1, Verdict.INCONCLUSIVE)])
def test_low_precision_loses_digits_that_float32_has(dtype: str, shrinking: float, verdict: Verdict) -> None:
    """An error that shrinks as the units do is lost digits; one that shrinks by its fourth root is not."""
    point = AT_3.astype(dtype)
    ratio = limits(dtype).unit / limits("float32").unit

    def answer(case: Case, cell: Cell, at: Point) -> Derivative:
        error = 1.0 if at.dtype.name == dtype else ratio**-shrinking
        return Derivative(None, {"x": np.asarray(6.0 + error)})

    wrong = Judgement(Verdict.WRONG, Cause.FORMULA, argument="x", value=7.0)
    cell = Cell(square.id, "torch", "R", "", dtype)
    assert confirm(square, cell, point, wrong, answer, reference_at).verdict is verdict


@pytest.mark.parametrize("factor", [2.0, -1.0, 0.0, 1 + 1e-4])
def test_an_error_that_stays_is_called_wrong_in_float32(factor: float) -> None:
    """Nor does it in the coarser dtype."""
    assert _judged(square, AT_3.astype(np.float32), factor).verdict is Verdict.WRONG


def test_what_agrees_is_left_alone() -> None:
    """Only a wrong entry is held against the other precision."""
    assert _judged(square, AT_3).verdict is Verdict.AGREES


def test_a_method_that_fails_in_the_other_precision_stays_wrong() -> None:
    """Where the other precision cannot be asked, it has nothing to say."""
    cell = Cell(square.id, "torch", "R", "", "float64")
    wrong = Judgement(Verdict.WRONG, Cause.FORMULA, argument="x", value=7.0)

    def refuse(*_: object) -> Derivative:
        raise RuntimeError("float32 is not there")

    assert confirm(square, cell, AT_3, wrong, refuse, reference_at) is wrong
