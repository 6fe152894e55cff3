"""A run made by hand: every kind of cell, so that every format has something to show."""

from __future__ import annotations

import math

import numpy as np
import pytest

from diffcheck.point import Point
from diffcheck.record import Cell, Judgement, Record, Run
from diffcheck.sheet import (
    ClaimRow,
    Formula,
    MethodRow,
    Numbers,
    Sheet,
    StepRow,
    StepTable,
    Trust,
    WorkedExample,
)
from diffcheck.verdict import Cause, Verdict

SCALAR = Numbers((), (6.0,))


def agreeing(case: str, backend: str, mode: str = "R", transform: str = "", dtype: str = "float64") -> Record:
    """A cell that agrees, half an ulp off."""
    judgement = Judgement(Verdict.AGREES, Cause.ROUNDING, 0.21, 0.5, "x", (), 6.0, 6.0, 6.0, 1.8e-15, {"AGREES": 1})
    cell = Cell(case, backend, mode, transform, dtype)
    return Record("aaaa", cell, judgement, Point({"x": np.array(1.0)}), 20, 20, {"AGREES": 20}, "search")


def wrong() -> Record:
    """The two-layer network's hand-written backward, made small."""
    arguments = {"x": [[1.0]], "w1": [[-1.0]], "w2": [[1.0]], "y": [[-1.0]]}
    judgement = Judgement(
        Verdict.WRONG, Cause.FORMULA, 4.5e15, None, "w1", (0, 0), 2.0, 0.0, 0.0, 4.4e-16, {"WRONG": 1}, "it clamps"
    )
    return Record(
        id="c0ffee",
        cell=Cell("network/two_layer", "handwritten", "R", "tutorial", "float64"),
        judgement=judgement,
        point=Point({name: np.array(value) for name, value in arguments.items()}),
        points=40,
        entries=400,
        verdicts={"AGREES": 4, "WRONG": 36},
        found="search",
        others={"sympy R": 0.0, "torch R": 0.0, "jax F": None},
    )


def not_finite() -> Record:
    """A NaN of a float32 method, at a kink of a long vector."""
    judgement = Judgement(
        Verdict.NOT_FINITE, Cause.NONE, math.inf, math.inf, "x", (3,), math.nan, 0.1, 0.10000001, 1e-9
    )
    cell = Cell("vector/norm", "jax", "R", "jit", "float32")
    return Record("beef", cell, judgement, Point({"x": np.zeros(100, np.float32)}), 3, 300, {"NOT_FINITE": 3}, "search")


def convention(backend: str, answer: float, others: dict[str, float | None], dtype: str = "float64") -> Record:
    """A cell that was worst at the kink of |x|, met at a worked example."""
    judgement = Judgement(Verdict.CONVENTION, Cause.TIE, 0.0, None, "x", (), answer, -1.0, 1.0, 4e-16)
    cell = Cell("piecewise/absolute_value", backend, "R", "", dtype)
    at = Point({"x": np.zeros((), dtype)})
    return Record("abcd", cell, judgement, at, 9, 9, {"CONVENTION": 1, "AGREES": 8}, "example", "", others)


def unsupported(case: str) -> Record:
    """A cell that was never judged."""
    judgement = Judgement(Verdict.UNSUPPORTED, Cause.REFUSED, message="too large for explicit formulas")
    return Record("", Cell(case, "sympy", "R", "", "float64"), judgement)


def quadratic_sheet() -> Sheet:
    """The sheet of 5x² − 4x at x = 1."""
    steps = [(0.1, 6.5000000000000036), (0.010000000000000002, 6.050000000000021), (1e-15, 5.329070518200751)]
    rows = tuple(
        StepRow(step, {"forward": number, "central": 6.0}, {"forward": abs(number - 6), "central": 0.0})
        for step, number in steps
    )
    methods = (
        MethodRow("sympy R", "float64", {"x": SCALAR}, Verdict.AGREES, Cause.OWN_BOUND, ulps=0.0, value=6.0),
        MethodRow("torch R", "float64", {"x": SCALAR}, Verdict.AGREES, Cause.ROUNDING, ulps=0.0, value=6.0),
    )
    return Sheet(
        case="scalar/quadratic",
        docstring="y = 5x² − 4x",
        source="T1",
        formula=Formula("5 x^{2} - 4 x", "5*x**2 - 4*x"),
        closed_forms={"x": Formula("10 x - 4", "10*x - 4")},
        trust=Trust(1, 0),
        example=WorkedExample(
            {"x": Numbers((), (1.0,))},
            Numbers((), (1.0,)),
            {"x": SCALAR},
            {"x": SCALAR},
            methods,
            StepTable("x", (), 6.0, 6.0, rows),
        ),
        claims=(ClaimRow("the quotient tends to <6>", "holds", "6", "6"),),
    )


def handmade_run() -> Run:
    """Three cases, five methods, two dtypes, two findings."""
    records = (
        agreeing("scalar/quadratic", "sympy"),
        agreeing("scalar/quadratic", "torch", "R"),
        agreeing("scalar/quadratic", "torch", "F"),
        agreeing("scalar/quadratic", "torch", "R", dtype="float32"),
        unsupported("vector/norm"),
        agreeing("vector/norm", "torch"),
        not_finite(),
        unsupported("network/two_layer"),
        wrong(),
    )
    sheets = (quadratic_sheet(), Sheet("vector/norm", "y = √(xᵀx)", "T4", notes=("no closed form: not covered",)))
    return Run({"torch": "2.13.0", "seed": "0"}, records, sheets)


@pytest.fixture
def run() -> Run:
    """The run made by hand."""
    return handmade_run()
