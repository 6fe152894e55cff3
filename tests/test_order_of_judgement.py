"""The order of judgement: what each of the twelve steps decides before all later ones, and what it leaves to them.

Every row of a table is one answer. A row of `TRIPS` names the step that decides it, and later steps
that would have decided it, too; a row of `SILENT` names the later step that decides what a step leaves.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Sequence
from functools import partial, reduce
from typing import Any

import numpy as np
import pytest
import sympy as sp

from diffcheck import array_namespace as xp
from diffcheck import case, real
from diffcheck.backends.base import BadOutput, Derivative
from diffcheck.case import Case
from diffcheck.cell import judge_cell, reference_or_judgement
from diffcheck.expression import nodes
from diffcheck.expression.heads import SLOTS
from diffcheck.job import Job, results
from diffcheck.judge import judge
from diffcheck.lift.program import Program
from diffcheck.plan import Settings
from diffcheck.record import Cell, Judgement
from diffcheck.rules import RULES
from diffcheck.special import logsumexp, relu, softmax, stop_gradient
from diffcheck.verdict import Cause, Verdict
from diffcheck.workers import Died, Failed, TimedOut
from tests.answers import NAN, STEP_OF, Row, deciding, judgement_of, row
from tests.judging import asked as answered_by
from tests.judging import judged, point_of, referred

C, V = Cause, Verdict
INF = float("inf")
LARGEST = float(np.finfo(np.float64).max)


# ---- functions -------------------------------------------------------------------------------


def square(x: Any) -> Any:
    return x * x


def sine(x: Any) -> Any:
    return xp(x).sin(x)


def exp(x: Any) -> Any:
    return xp(x).exp(x)


def negative_exp(x: Any) -> Any:
    return -exp(x)


def log(x: Any) -> Any:
    return xp(x).log(x)


def root(x: Any) -> Any:
    return xp(x).sqrt(x)


def absolute(x: Any) -> Any:
    return xp(x).abs(x)


def sinc(x: Any) -> Any:
    return xp(x).sin(x) / x


def step_up(x: Any) -> Any:
    return xp(x).where(x > 0, x + 1, x)


def step_near(x: Any) -> Any:
    return xp(x).where(x > 0.1, x + 1, x)


def rectified_near(x: Any) -> Any:
    return relu(x - 0.1)


def branched_twice(x: Any) -> Any:
    slope = 2 if x > 0.1 else 1
    return slope * x if x > 0.1 + 1e-10 else 3 * slope * x


def two_rectifiers(x: Any) -> Any:
    return relu(x) - relu(-x)


def norm(x: Any) -> Any:
    return xp(x).linalg.vector_norm(x)


def tower(x: Any) -> Any:
    y = exp(exp(x))
    return y * x - y * x + x * (y - y)


def naive_softplus(x: Any) -> Any:
    return xp(x).log(1 + xp(x).exp(x))


def root_of_square(x: Any) -> Any:
    return xp(x).sqrt(x * x)


def detached(x: Any, y: Any) -> Any:
    return y * stop_gradient(x)


def unselected_root(x: Any) -> Any:
    return xp(x).where(x < 1, x, xp(x).sqrt(x))


def masked(x: Any) -> Any:
    scores = xp(x).where(xp(x).asarray(np.array([1.0, 0.0, 1.0])) > 0, x, -xp(x).inf)
    return xp(x).sum(softmax(scores) ** 2)


def nowhere(x: Any) -> Any:
    return xp(x).sin(x) ** 2 + xp(x).cos(x) ** 2


def beside_one(x: Any) -> Any:
    return x[0] + nowhere(x[1])


def dot(x: Any, y: Any) -> Any:
    return xp(x).sum(x * y)


def exp_of_sum(x: Any) -> Any:
    return exp(xp(x).sum(x))


ERROR = ValueError("no idea")
F32: dict[str, Any] = {"dtype": "float32"}
TENTHS = np.full(1000, 0.1, np.float32)
ADDED_ONE_BY_ONE = float(np.cumsum(TENTHS, dtype=np.float32)[-1])

# ---- the tables ------------------------------------------------------------------------------

TRIPS: tuple[Row, ...] = (
    row("a jump, answered by a number", step_up, 1.0, 2, V.UNDEFINED, C.JUMP, over=[9], x=0.0),
    row("a jump, answered by NaN", step_up, NAN, 2, V.UNDEFINED, C.JUMP, over=[11], x=0.0),
    row("a jump, nothing answered", step_up, None, 2, V.UNDEFINED, C.JUMP, over=[3], x=0.0),
    row("a jump, raised", step_up, ERROR, 2, V.UNDEFINED, C.DOMAIN, over=[3], x=0.0),
    row("a jump, another value", step_up, 1.0, 2, V.UNDEFINED, C.JUMP, over=[4, 9], value=7.0, x=0.0),
    row("a pole, answered by infinity", lambda x: 1 / x, -INF, 2, V.UNDEFINED, C.DOMAIN, over=[11], x=0.0),
    row("outside the domain", log, -1.0, 2, V.UNDEFINED, C.DOMAIN, over=[12], x=-1.0),
    row("outside the domain, raised", log, ERROR, 2, V.UNDEFINED, C.DOMAIN, over=[3], x=-1.0),
    row("outside the domain, nothing answered", log, None, 2, V.UNDEFINED, C.JUMP, over=[3], x=-1.0),
    row("a cusp", lambda x: root(absolute(x)), INF, 2, V.UNDEFINED, C.JUMP, over=[11], x=0.0),
    row("a cusp on one side", lambda x: root(relu(x)), 0.0, 2, V.UNDEFINED, C.JUMP, over=[12], x=0.0),
    row("of order 2 at a kink", absolute, 0.0, 2, V.UNDEFINED, C.LOWER_ORDER, over=[12], mode="FR", x=0.0),
    row("a hole, answered by NaN", sinc, NAN, 2, V.UNDEFINED, C.HOLE, over=[11], x=0.0),
    row("nothing at an infinite slope", root, None, 3, V.MISSING, C.NONE, over=[5, 11], x=0.0),
    row("nothing beyond the range", exp, None, 3, V.MISSING, C.NONE, over=[10], x=800.0),
    row("nothing where nobody knows", tower, None, 3, V.MISSING, C.NONE, over=[7], x=12.0),
    row("nothing at a kink", relu, None, 3, V.MISSING, C.NONE, over=[8], x=0.0),
    row("nothing, and another value", square, None, 3, V.MISSING, C.NONE, over=[4], value=7.0, x=1.0),
    row("nothing where the slope is zero by chance", square, None, 3, V.MISSING, C.NONE, x=0.0),
    row("raised at an infinite slope", root, ERROR, 3, V.RAISED, C.EXCEPTION, over=[5, 11], x=0.0),
    row("raised where nobody knows", tower, ERROR, 3, V.RAISED, C.EXCEPTION, over=[7], x=12.0),
    row("raised at a kink", relu, ERROR, 3, V.RAISED, C.EXCEPTION, over=[8], x=0.0),
    row("no array", square, BadOutput("a tuple"), 3, V.RAISED, C.EXCEPTION, over=[11], x=1.0),
    row("another value at an infinite slope", root, INF, 4, V.DIFFERENT, C.VALUE, over=[5], value=7.0, x=0.0),
    row("another value beyond the range", exp, 0.0, 4, V.DIFFERENT, C.VALUE, over=[6], value=7.0, x=-120.0, **F32),
    row("another value at a kink", relu, 0.0, 4, V.DIFFERENT, C.VALUE, over=[8], value=7.0, x=0.0),
    row("another value, the right slope", square, 6.0, 4, V.DIFFERENT, C.VALUE, over=[9], value=9.001, x=3.0),
    row("another value and NaN", square, NAN, 4, V.DIFFERENT, C.VALUE, over=[11], value=9.001, x=3.0),
    row("another value and another slope", square, 7.0, 4, V.DIFFERENT, C.VALUE, over=[12], value=9.001, x=3.0),
    row("a value 1e-12 off", square, 6.0, 4, V.DIFFERENT, C.VALUE, over=[9], value=9 * (1 + 1e-12), x=3.0),
    row("a value of another shape", square, 6.0, 4, V.DIFFERENT, C.VALUE, over=[9], value=[9.0], x=3.0),
    row("an infinite slope", root, INF, 5, V.AGREES, C.INFINITE, over=[11], x=0.0),
    row("an infinite slope downwards", lambda x: -(x**0.25), -INF, 5, V.AGREES, C.INFINITE, over=[11], x=0.0),
    row("the other infinity", root, -INF, 5, V.NOT_FINITE, C.INFINITE, over=[11], x=0.0),
    row("NaN for an infinity", root, NAN, 5, V.NOT_FINITE, C.INFINITE, over=[11], x=0.0),
    row("a large number for an infinity", root, 1e300, 5, V.WRONG, C.FORMULA, over=[12], x=0.0),
    row("a bound at an infinite slope", root, 1e6, 5, V.INCONCLUSIVE, C.NO_BOUND, over=[12], bound=INF, x=0.0),
    row("a slope beyond float64", exp, INF, 6, V.AGREES, C.ROUNDS_AWAY, over=[10, 11], x=800.0),
    row("a slope beyond float32", exp, INF, 6, V.AGREES, C.ROUNDS_AWAY, over=[10, 11], x=89.0, **F32),
    row("a slope too small for float32", exp, 0.0, 6, V.AGREES, C.ROUNDS_AWAY, over=[9], x=-120.0, **F32),
    row("a slope too small for float64", exp, 0.0, 6, V.AGREES, C.ROUNDS_AWAY, over=[9], x=-800.0),
    row("zero within its own bound", exp, 0.0, 6, V.AGREES, C.ROUNDS_AWAY, over=[9], x=-120.0, bound=1e-50, **F32),
    row("nobody knows, answered by zero", tower, 0.0, 7, V.INCONCLUSIVE, C.WIDE, over=[12], x=12.0),
    row("nobody knows, answered by NaN", tower, NAN, 7, V.INCONCLUSIVE, C.WIDE, over=[11], x=12.0),
    row("nobody knows, and a bound", tower, 1.0, 7, V.INCONCLUSIVE, C.WIDE, over=[9], bound=INF, x=12.0),
    row("the left slope of a kink", relu, 0.0, 8, V.CONVENTION, C.TIE, over=[12], x=0.0),
    row("the middle of a kink", relu, 0.5, 8, V.CONVENTION, C.TIE, over=[9], x=0.0),
    row("a kink within a bound", relu, 1.05, 8, V.CONVENTION, C.TIE, bound=0.1, x=0.0),
    row("NaN at a kink", relu, NAN, 8, V.NOT_FINITE, C.TIE, over=[11], x=0.0),
    row("a slope beyond a kink", relu, 1 + 1e-9, 8, V.WRONG, C.BEYOND_KINK, over=[12], x=0.0),
    row("what two choices give", two_rectifiers, 0.0, 8, V.SELECTION, C.CHOICES, over=[12], x=0.0),
    row("what no two choices give", two_rectifiers, 2.5, 8, V.WRONG, C.BEYOND_KINK, over=[12], x=0.0),
    row("a slope seen through two kinks", two_rectifiers, 1.0, 8, V.AGREES, C.ROUNDING, over=[9], x=0.0),
    row("the other branch near a kink", rectified_near, 0.0, 8, V.CONVENTION, C.NEAR_KINK, over=[12], x=0.1, **F32),
    row("between the branches", rectified_near, 0.5, 8, V.CONVENTION, C.NEAR_KINK, over=[12], x=0.1, **F32),
    row(
        "paths nobody followed", branched_twice, 5.0, 8, V.INCONCLUSIVE, C.NEAR_KINK, over=[12], x=0.1, **F32
    ),
    row("the nearest number", exp, np.e, 9, V.AGREES, C.ROUNDING, x=1.0),
    row("zero of the other sign", square, -0.0, 9, V.AGREES, C.ROUNDING, x=0.0),
    row("right although exp overflows", naive_softplus, 1.0, 9, V.AGREES, C.ROUNDING, x=800.0),
    row("the branch of the point itself", rectified_near, 1.0, 9, V.AGREES, C.ROUNDING, x=0.1, **F32),
    row("within its own bound", exp, 2.71, 9, V.AGREES, C.OWN_BOUND, over=[12], bound=0.01, x=1.0),
    row("zero where no bound tells its sign", nowhere, 1e-3, 9, V.AGREES, C.OWN_BOUND, over=[12], bound=0.01, x=1.0),
    row("zero beside a slope", beside_one, [1.0, 0.01], 9, V.AGREES, C.OWN_BOUND, bound=0.1, x=[1.0, 1.0]),
    row("zero, and a bound as large as the slope beside it", beside_one, [1.0, 0.01], 9, V.INCONCLUSIVE, C.WEAK_BOUND,
        bound=2.0, x=[1.0, 1.0]),
    row("a bound that accepts zero", exp, 2.71, 9, V.INCONCLUSIVE, C.WEAK_BOUND, over=[12], bound=3.0, x=1.0),
    row("nothing where no path leads", detached, None, 9, V.AGREES, C.NONE, x=1.0, y=2.0),
    row("no entries", lambda x: xp(x).sum(x), np.zeros(0), 9, V.AGREES, C.NONE, x=np.zeros(0)),
    row("NaN after an overflow", naive_softplus, NAN, 10, V.RANGE, C.OVERFLOW, over=[11], x=800.0),
    row("NaN beyond the range", exp, NAN, 10, V.RANGE, C.OVERFLOW, over=[11], x=800.0),
    row("one over infinity", root_of_square, 0.0, 10, V.RANGE, C.OVERFLOW, over=[12], x=1e200),
    row("subnormal on the way", root_of_square, 1.0096844434, 10, V.RANGE, C.UNDERFLOW, over=[12], x=1e-22, **F32),
    row("the largest number beyond the range", exp, LARGEST, 10, V.RANGE, C.OVERFLOW, over=[12], x=800.0),
    row("the largest number below the range", negative_exp, -LARGEST, 10, V.RANGE, C.OVERFLOW, over=[12], x=800.0),
    row("NaN", sine, NAN, 11, V.NOT_FINITE, C.NONE, over=[12], x=1.0),
    row("an infinity", sine, INF, 11, V.NOT_FINITE, C.NONE, over=[12], x=1.0),
    row("the wrong infinity beyond the range", exp, -INF, 11, V.NOT_FINITE, C.NONE, over=[12], x=800.0),
    row("NaN from what was not selected", unselected_root, NAN, 11, V.NOT_FINITE, C.NONE, over=[12], x=0.0),
    row("NaN within a bound", exp, NAN, 11, V.NOT_FINITE, C.NONE, over=[12], bound=1.0, x=1.0),
    row("the wrong sign", exp, -np.e, 12, V.WRONG, C.FORMULA, x=1.0),
    row("a billionth off", exp, np.e * (1 + 1e-9), 12, V.WRONG, C.FORMULA, x=1.0),
    row("zero for a faint slope", lambda x: 1e-6 * sine(x), 0.0, 12, V.WRONG, C.FORMULA, x=1.0),
    row("outside its own bound", exp, 2.71, 12, V.WRONG, C.FORMULA, bound=0.001, x=1.0),
    row("a number after an overflow", root_of_square, -1.0, 12, V.INCONCLUSIVE, C.OVERFLOW, x=1e200),
    row("a number beyond float64", exp, 1e308, 12, V.WRONG, C.FORMULA, x=800.0),
    row("a number beyond float32", exp, 1e38, 12, V.WRONG, C.FORMULA, x=89.0, **F32),
    row("the largest number of the other sign", exp, -LARGEST, 12, V.WRONG, C.FORMULA, x=800.0),
    row("a sum one by one", dot, ADDED_ONE_BY_ONE, 12, V.INCONCLUSIVE, C.EXCESS, x=1.0, y=TENTHS, **F32),
)  # fmt: skip

SILENT: dict[int, tuple[Row, ...]] = {
    2: (
        row("an infinite slope of one sign", root, INF, 5, V.AGREES, C.INFINITE, x=0.0),
        row("a slope beyond the range", exp, INF, 6, V.AGREES, C.ROUNDS_AWAY, x=800.0),
        row("a slope nobody knows", tower, 0.0, 7, V.INCONCLUSIVE, C.WIDE, x=12.0),
        row("a kink", relu, 0.0, 8, V.CONVENTION, C.TIE, x=0.0),
        row("a kink of a sign times x", lambda x: xp(x).sign(x) * x, 0.0, 8, V.CONVENTION, C.TIE, x=0.0),
        row("a jump beside the point", step_up, 1.0, 9, V.AGREES, C.ROUNDING, x=1e-300),
        row("a jump within rounding", step_near, 1.0, 9, V.AGREES, C.ROUNDING, x=0.1, **F32),
        row("a hole, answered by the limit", sinc, 0.0, 9, V.AGREES, C.ROUNDING, x=0.0),
        row("a hole, answered by another number", sinc, 1.0, 12, V.INCONCLUSIVE, C.EXCESS, x=0.0),
    ),
    3: (
        row("nothing where no path leads", detached, None, 9, V.AGREES, C.NONE, x=1.0, y=2.0),
        row("zero where the slope is zero by chance", square, 0.0, 9, V.AGREES, C.ROUNDING, x=0.0),
        row("no entries", lambda x: xp(x).sum(x), np.zeros(0), 9, V.AGREES, C.NONE, x=np.zeros(0)),
        row("NaN is something", square, NAN, 11, V.NOT_FINITE, C.NONE, x=1.0),
        row("zero is something", square, 0.0, 12, V.WRONG, C.FORMULA, x=1.0),
    ),
    4: (
        row("the value at an infinite slope", root, INF, 5, V.AGREES, C.INFINITE, value=0.0, x=0.0),
        row("a value beyond the range", exp, INF, 6, V.AGREES, C.ROUNDS_AWAY, value=INF, x=800.0),
        row("a value nobody knows", tower, 0.0, 7, V.INCONCLUSIVE, C.WIDE, value=7.0, x=12.0),
        row("the value at a kink", relu, 0.0, 8, V.CONVENTION, C.TIE, value=-0.0, x=0.0),
        row("an ulp off", square, 6.0, 9, V.AGREES, C.ROUNDING, value=9 * (1 + 2**-52), x=3.0),
        row("no value", square, 6.0, 9, V.AGREES, C.ROUNDING, x=3.0),
        row("a value of NaN", square, 6.0, 9, V.AGREES, C.ROUNDING, value=NAN, x=3.0),
        row("a jump within rounding", step_near, 1.0, 9, V.AGREES, C.ROUNDING, value=np.float32(0.1), x=0.1, **F32),
        row("a value after an overflow", naive_softplus, NAN, 10, V.RANGE, C.OVERFLOW, value=INF, x=800.0),
        row("a value that underflows", root_of_square, INF, 10, V.RANGE, C.OVERFLOW, value=0.0, x=1e-200),
        row("the right value, NaN", square, NAN, 11, V.NOT_FINITE, C.NONE, value=9.0, x=3.0),
        row("the right value, another slope", square, 7.0, 12, V.WRONG, C.FORMULA, value=9.0, x=3.0),
    ),
    5: (
        row("beyond the range is not infinite", exp, INF, 6, V.AGREES, C.ROUNDS_AWAY, x=800.0),
        row("a kink", relu, 0.0, 8, V.CONVENTION, C.TIE, x=0.0),
        row("a steep root", root, 2.0**499, 9, V.AGREES, C.ROUNDING, x=2.0**-1000),
        row("an infinity where the root is steep", root, INF, 11, V.NOT_FINITE, C.NONE, x=2.0**-1000),
        row("the slope of a root", root, 1e300, 12, V.WRONG, C.FORMULA, x=2.0**-1000),
    ),
    6: (
        row("infinity at a kink", lambda x: 2.0**130 * relu(x), INF, 8, V.RANGE, C.OVERFLOW, x=0.0, **F32),
        row("zero is no small number", square, 0.0, 9, V.AGREES, C.ROUNDING, x=0.0),
        row("a subnormal slope", exp, np.exp(-740.0), 9, V.AGREES, C.ROUNDING, x=-740.0),
        row("a large number beyond the range", exp, 1e38, 12, V.WRONG, C.FORMULA, x=89.0, **F32),
        row("the largest number within the range", exp, LARGEST, 12, V.WRONG, C.FORMULA, x=700.0),
        row("infinity within the range", exp, INF, 11, V.NOT_FINITE, C.NONE, x=700.0),
        row("the other infinity", exp, -INF, 11, V.NOT_FINITE, C.NONE, x=800.0),
        row("zero within the range", exp, 0.0, 12, V.WRONG, C.FORMULA, x=-80.0, **F32),
        row("one for a number too small", exp, 1.0, 12, V.WRONG, C.FORMULA, x=-120.0, **F32),
    ),
    7: (
        row("an interval that is a kink's", relu, 0.0, 8, V.CONVENTION, C.TIE, x=0.0),
        row("digits that cancel", lambda x: (1 + 1e-300 * x) - 1, 1e-300, 9, V.AGREES, C.ROUNDING, x=1.0),
        row("all digits that cancel", lambda x: sine(x) ** 2 + xp(x).cos(x) ** 2, 0.0, 9, V.AGREES, C.ROUNDING, x=1.0),
        row("a slope of 1e-300 that is missed", lambda x: 1e-300 * x, 0.0, 12, V.WRONG, C.FORMULA, x=1.0),
    ),
    8: (
        row("a smooth point", exp, 1.0, 9, V.AGREES, C.ROUNDING, x=0.0),
        row("a kink at 1e-300", relu, 1.0, 9, V.AGREES, C.ROUNDING, x=1e-300),
        row("a kink out of rounding's reach", rectified_near, 1.0, 9, V.AGREES, C.ROUNDING, x=0.1001, **F32),
        row("an unselected overflow", lambda x: xp(x).where(x > 1, x, exp(x)), NAN, 11, V.NOT_FINITE, C.NONE, x=800.0),
        row("the other branch of a kink at 1e-300", relu, 0.0, 12, V.WRONG, C.FORMULA, x=1e-300),
        row("the other branch out of reach", rectified_near, 0.0, 12, V.WRONG, C.FORMULA, x=0.1001, **F32),
        row("no branch near a kink", rectified_near, -1.0, 12, V.WRONG, C.FORMULA, x=0.1, **F32),
    ),
    9: (
        row("NaN after an overflow", naive_softplus, NAN, 10, V.RANGE, C.OVERFLOW, x=800.0),
        row("one over infinity", root_of_square, 0.0, 10, V.RANGE, C.OVERFLOW, x=1e200),
        row("NaN", exp, NAN, 11, V.NOT_FINITE, C.NONE, x=1.0),
        row("an infinity", exp, INF, 11, V.NOT_FINITE, C.NONE, x=1.0),
        row("a billionth off", exp, np.e * (1 + 1e-9), 12, V.WRONG, C.FORMULA, x=1.0),
        row("a ten-thousandth off", exp, np.e * (1 + 1e-4), 12, V.WRONG, C.FORMULA, x=1.0, **F32),
    ),
    10: (
        row("NaN of a stable logsumexp", logsumexp, [NAN, 1.0], 11, V.NOT_FINITE, C.NONE, x=[-200.0, 1.0]),
        row("NaN of masked scores", masked, [NAN, 0, NAN], 11, V.NOT_FINITE, C.NONE, x=[1.0, 2.0, 3.0]),
        row("the wrong infinity", exp, -INF, 11, V.NOT_FINITE, C.NONE, x=800.0),
        row("a harmless underflow", logsumexp, [5e-88, 1.0], 12, V.WRONG, C.FORMULA, x=[-200.0, 1.0]),
        row("more than an underflow does", square, 1e-30, 12, V.WRONG, C.FORMULA, x=0.0),
        row("within the range", exp, 2 * np.e, 12, V.WRONG, C.FORMULA, x=1.0),
    ),
    11: (
        row("a large number", exp, 1e308, 12, V.WRONG, C.FORMULA, x=1.0),
        row("zero", exp, 0.0, 12, V.WRONG, C.FORMULA, x=1.0),
    ),
}  # fmt: skip


# ---- each row ----------------------------------------------------------------------------------


def named(rows: Sequence[Row]) -> list[Any]:
    """The rows of a table, each by its name."""
    return [pytest.param(one, id=one.name) for one in rows]


@pytest.mark.parametrize("asked", named(TRIPS))
def test_what_trips_a_step(asked: Row) -> None:
    """The step decides, and before the later ones that would have decided, too."""
    judgement = judgement_of(asked)
    assert (judgement.verdict, judgement.cause) == (asked.verdict, asked.cause)
    first, *later = deciding(asked)
    assert first == asked.step
    assert set(asked.over) <= set(later)


@pytest.mark.parametrize("backend", ["torch", "jax"])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("x", [800.0, -800.0])
def test_what_frameworks_round_away(backend: str, dtype: str, x: float) -> None:
    """exp′ at ±800 is beyond the range of either dtype, and infinity and zero are what it rounds to."""
    judgement = answered_by(exp, backend, dtype=dtype, x=x)
    assert (judgement.verdict, judgement.cause) == (V.AGREES, C.ROUNDS_AWAY)


@pytest.mark.parametrize(
    ("step", "asked"), [pytest.param(k, one, id=f"{k}-{one.name}") for k, rows in SILENT.items() for one in rows]
)
def test_about_what_a_step_is_silent(step: int, asked: Row) -> None:
    """It has nothing to say, asked alone, and a later step decides."""
    judgement = judgement_of(asked)
    assert (judgement.verdict, judgement.cause) == (asked.verdict, asked.cause)
    steps = deciding(asked)
    assert step not in steps
    assert steps[0] == asked.step > step


# ---- the first step: nothing came back -------------------------------------------------------


@case(x=real(), examples=[{"x": -1.0}], source="none")
def logarithm(x):
    """f = log x, at a point where it is undefined"""
    return log(x)


@logarithm.handwritten("wrong")
def _(x):
    return {"x": -1 / x}


@logarithm.handwritten("raises")
def _(x):
    raise ERROR


@case(x=real(), examples=[{"x": 1.0}], source="none")
def squared(x):
    """f = x²"""
    return x * x


@squared.handwritten("wrong")
def _(x):
    return {"x": 3 * x}


@squared.handwritten("raises")
def _(x):
    raise ERROR


def record_of(one: Case, formula: str, **settings: Any) -> Judgement:
    """What a run says about one formula in float64, at one point."""
    cell = Cell(one.id, "handwritten", "R", formula, "float64")
    job = Job(one.id, "float64", (cell,), sheet=False)
    [(_, result)] = results({one.id: one}, [job], Settings(max_examples=1, **settings), (), ())
    return result.records[0].judgement


LOST = (
    (partial(Died, exit_code=5), V.CRASHED, C.DEATH),
    (partial(Failed, error="out of memory"), V.CRASHED, C.EXCEPTION),
    (partial(TimedOut, timeout=5.0), V.TIMED_OUT, C.TIME),
)
NOT_INSTALLED = (V.UNAVAILABLE, C.ABSENT)
DECLINED = (V.UNSUPPORTED, C.REFUSED)


@pytest.mark.parametrize("one", [logarithm, squared], ids=lambda one: one.name)
@pytest.mark.parametrize(("event", "verdict", "cause"), LOST)
def test_a_process_that_does_not_come_back_is_told_first(
    one: Case, event: Callable[..., Any], verdict: Verdict, cause: Cause, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever there would have been to judge: nothing, or a wrong formula."""

    def lost(work: Any, jobs: list[Any], count: int, **rest: Any) -> Iterator[Any]:
        return (event(job) for job in jobs)

    monkeypatch.setattr("diffcheck.job.run_jobs", lost)
    judgement = record_of(one, "wrong", jobs=2)
    assert (judgement.verdict, judgement.cause) == (verdict, cause)


@pytest.mark.parametrize("one", [logarithm, squared], ids=lambda one: one.name)
def test_a_backend_that_is_not_installed_is_told_first(one: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is computed."""
    monkeypatch.setattr("diffcheck.job.installed", lambda backend: False)
    judgement = record_of(one, "wrong")
    assert (judgement.verdict, judgement.cause) == NOT_INSTALLED


@pytest.mark.parametrize("one", [logarithm, squared], ids=lambda one: one.name)
def test_a_mode_that_is_refused_is_told_first(one: Case) -> None:
    """A formula has no forward mode, be there a derivative or none."""
    judgement = through_a_cell(one, "wrong", 1.0 if one is squared else -1.0, mode="F")
    assert (judgement.verdict, judgement.cause) == DECLINED


@pytest.mark.parametrize(
    ("one", "formula", "x", "verdict"),
    [
        (logarithm, "wrong", -1.0, V.UNDEFINED),
        (logarithm, "raises", -1.0, V.UNDEFINED),
        (squared, "raises", 1.0, V.RAISED),
        (squared, "wrong", 1.0, V.WRONG),
    ],
)
def test_what_comes_back_is_judged(one: Case, formula: str, x: float, verdict: Verdict) -> None:
    """An exception is no refusal, and no crash."""
    assert through_a_cell(one, formula, x).verdict is verdict


# ---- the last step: what confirms a suspicion ------------------------------------------------


@case(x=real(), source="none")
def cubed(x):
    """f = x³"""
    return x * x * x


@cubed.handwritten("one part in 10¹³ off")
def _(x):
    return {"x": 3 * x * x * (1 + 1e-13)}


@cubed.handwritten("one part in 10⁵ off, nobody knows how")
def _(x):
    return {"x": np.multiply(3 * x * x, 1 + 1e-5, dtype=x.dtype)}


@case(x=real(), y=real("n"), source="none")
def weighed(x, y):
    """f = Σ xy"""
    return dot(x, y)


@weighed.handwritten("one by one")
def _(x, y):
    return {"x": np.cumsum(y, dtype=y.dtype)[-1]}


@weighed.handwritten("one by one, for all to see")
def _(x, y):
    return {"x": reduce(operator.add, [y[k] for k in range(y.shape[0])])}


@weighed.handwritten("one part in 10⁵ off, for all to see")
def _(x, y):
    return {"x": reduce(operator.add, [y[k] for k in range(y.shape[0])]) * (1 + 1e-5)}


@weighed.handwritten("one part in 10⁵ off")
def _(x, y):
    return {"x": (np.cumsum(y, dtype=float)[-1] * (1 + 1e-5)).astype(y.dtype)}


@case(x=real(), source="none")
def careless(x):
    """f = (1 − cos x)/x²"""
    return (1 - xp(x).cos(x)) / x**2


@careless.handwritten("two terms of its series")
def _(x):
    return {"x": x**3 / 180 - x / 12}


@careless.handwritten("three terms of its series")
def _(x):
    return {"x": x**3 / 180 - x / 12 - x**5 / 6720}


@careless.handwritten("one part in 10⁶ off, nobody knows how")
def _(x):
    return {"x": np.multiply(x**3 / 180 - x / 12, 1 + 1e-6, dtype=x.dtype)}


@case(x=real(), source="none")
def with_a_hole(x):
    """f = sin(x)/x, at 0 its limit"""
    return sinc(x)


@with_a_hole.handwritten("nobody knows why")
def _(x):
    return {"x": np.multiply(x + 0.25, 1.0, dtype=x.dtype)}


@with_a_hole.handwritten("the limit")
def _(x):
    return {"x": np.multiply(x, -1 / 3, dtype=x.dtype)}


@case(x=real(3), source="none")
def ordered(x):
    """f = the largest of x, by sorting"""
    return xp(x).sort(x)[-1]


@ordered.handwritten("the last")
def _(x):
    return {"x": np.eye(3, dtype=x.dtype)[np.argmax(x)]}


def through_a_cell(
    one: Case, formula: str, x: Any, *, mode: str = "R", dtype: str = "float64", **more: Any
) -> Judgement:
    """What follows for a formula at a point, once a suspicion is confirmed or is not."""
    point = point_of({"x": x, **more}, dtype)
    return judge_cell(
        one, Cell(one.id, "handwritten", mode, formula, dtype), point, reference_or_judgement(one, point, mode)
    )


CONFIRMED: tuple[tuple[Case, str, dict[str, Any], Verdict, Cause], ...] = (
    (cubed, "one part in 10¹³ off", {"x": 1.3}, V.WRONG, C.GRAPH),
    (cubed, "one part in 10⁵ off, nobody knows how", {"x": 1.3}, V.WRONG, C.FORMULA),
    (weighed, "one part in 10⁵ off", {"x": 1.0, "y": TENTHS, **F32}, V.WRONG, C.PERSISTS),
    (weighed, "one by one", {"x": 1.0, "y": TENTHS, **F32}, V.INCONCLUSIVE, C.LOST_DIGITS),
    (weighed, "one by one", {"x": 1.0, "y": np.full(1000, 0.1)}, V.INCONCLUSIVE, C.EXCESS),
    (weighed, "one by one, for all to see", {"x": 1.0, "y": TENTHS, **F32}, V.INCONCLUSIVE, C.LOST_DIGITS),
    (weighed, "one part in 10⁵ off, for all to see", {"x": 1.0, "y": TENTHS, **F32}, V.WRONG, C.GRAPH),
    (cubed, "one part in 10¹³ off", {"x": 1.3, **F32}, V.AGREES, C.ROUNDING),
    (careless, "three terms of its series", {"x": 1e-3}, V.AGREES, C.ROUNDING),
    (careless, "two terms of its series", {"x": 1e-3}, V.WRONG, C.GRAPH),
    (careless, "one part in 10⁶ off, nobody knows how", {"x": 1e-3}, V.INCONCLUSIVE, C.OPAQUE),
    (with_a_hole, "nobody knows why", {"x": 0.0}, V.WRONG, C.PERSISTS),
    (with_a_hole, "nobody knows why", {"x": 0.0, **F32}, V.WRONG, C.PERSISTS),
    (with_a_hole, "the limit", {"x": 0.0}, V.AGREES, C.ROUNDING),
    (ordered, "the last", {"x": [1.0, 3.0, 2.0]}, V.INCONCLUSIVE, C.NOT_COVERED),
)


@pytest.mark.parametrize(("one", "formula", "options", "verdict", "cause"), CONFIRMED)
def test_what_confirms_a_suspicion(
    one: Case, formula: str, options: dict[str, Any], verdict: Verdict, cause: Cause
) -> None:
    """The formula that ran, the worst case, or the other precision; without one of them it stays a suspicion.

    Nor is what a careless definition allows excused in a program that is not known.
    """
    judgement = through_a_cell(one, formula, **options)
    assert (judgement.verdict, judgement.cause) == (verdict, cause)


BIASED = (V.AGREES, C.BIAS)
VARIED = np.linspace(0.05, 0.15, 1000, dtype=np.float32)


@pytest.mark.parametrize(
    ("numbers", "factor", "verdict"),
    [
        (TENTHS, sp.Integer(1), BIASED),
        (TENTHS, 1 + sp.Rational(1, 10**5), (V.WRONG, C.GRAPH)),
        (VARIED, sp.Integer(1), (V.INCONCLUSIVE, C.EXCESS)),
    ],
)
def test_equal_numbers_are_added_up_with_a_bias(
    numbers: np.ndarray, factor: sp.Rational, verdict: tuple[Verdict, Cause]
) -> None:
    """Of a program that is right without any rounding: it may be as far off as a thousand equal roundings are.

    Not if its formula is off, too, and not for numbers that differ.
    """
    reference = referred(dot, {"x": 1.0, "y": numbers}, "float32", "R")
    gradient = reference.closed_form.reached["x"]
    program = Program(reference.closed_form.traced.output, {"x": nodes.mapped(factor * SLOTS[0], gradient)})
    error = ADDED_ONE_BY_ONE / np.sum(TENTHS, dtype=float)
    answer = np.asarray(np.sum(numbers, dtype=float) * error * float(factor), np.float32)
    found = judge(Derivative(None, {"x": answer}, program=lambda: program), reference)
    assert (found.verdict, found.cause) == verdict
    assert found.ratio < 1 or found.verdict is not V.AGREES


def test_a_program_on_a_branch_that_rounding_may_take_has_another_formula() -> None:
    """A step at 0.1 in float32, where the program that ran stands on the other side: no formula is wrong."""

    def bent(x: Any) -> Any:
        return xp(x).where(x > 0.1, 3 * x, x)

    reference = referred(bent, {"x": 0.1}, "float32", "R")
    [true] = reference.entries["x"].high.ravel().tolist()
    other = {1.0: 3.0, 3.0: 1.0}[true]
    program = Program(reference.closed_form.traced.output, {"x": nodes.filled(int(other))})
    found = judge(Derivative(None, {"x": np.asarray(other, np.float32)}, program=lambda: program), reference)
    assert not found.verdict.failure


# ---- the second step, above order 1 ----------------------------------------------------------

OF_SECOND_ORDER = (V.UNDEFINED, C.LOWER_ORDER)


@pytest.mark.parametrize(
    ("function", "answer", "x", "verdict"),
    [
        (relu, 0.0, 0.0, OF_SECOND_ORDER),
        (root, -INF, 0.0, OF_SECOND_ORDER),
        (square, 2.0, 0.0, (V.AGREES, C.ROUNDING)),
    ],
)
def test_a_derivative_of_what_jumps_is_undefined(
    function: Callable[..., Any], answer: float, x: float, verdict: tuple[Verdict, Cause]
) -> None:
    """And that of what does not is judged."""
    judgement = judged(function, answer, mode="FR", x=x)
    assert (judgement.verdict, judgement.cause) == verdict


# ---- nothing is left out ---------------------------------------------------------------------


def test_every_step_has_its_tables() -> None:
    """From the second to the last, both; after the last there is nothing to be silent for."""
    assert {rule.__name__ for rule in RULES} == set(STEP_OF)
    assert {one.step for one in TRIPS} == set(range(2, 13))
    assert set(SILENT) == set(range(2, 12))


def test_every_verdict_and_every_cause_has_an_example() -> None:
    """A new one gets a row above."""
    rows = [*TRIPS, *(one for rows in SILENT.values() for one in rows)]
    reached = {(one.verdict, one.cause) for one in rows}
    reached |= {(verdict, cause) for *_, verdict, cause in CONFIRMED}
    reached |= {(verdict, cause) for _, verdict, cause in LOST}
    reached |= {NOT_INSTALLED, DECLINED, OF_SECOND_ORDER, BIASED}
    assert {verdict for verdict, _ in reached} == set(Verdict)
    assert {cause for _, cause in reached} == set(Cause)
