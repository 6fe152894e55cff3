"""The scalar functions: every row's ball, derivative, elementary form and NumPy function say the same."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import sympy as sp
from flint import arb, ctx
from hypothesis import given
from hypothesis import strategies as st

from diffcheck.expression import balls, heads
from diffcheck.expression.functions import FUNCTIONS, ScalarFunction
from diffcheck.expression.heads import SLOTS
from diffcheck.expression.nodes import filled
from diffcheck.expression.scalar import fold
from diffcheck.reference.accuracies import accuracy_of
from diffcheck.reference.ball import BallAlgebra, BallRules
from diffcheck.reference.precision import precision

REAL = [-30.25, -2.5, -1.0, -0.5, -1e-9, 1e-9, 0.25, 1.0, 1.5, 3.0, 20.5]
POSITIVE = [1e-9, 0.25, 1.0, 1.461632, 2.0, 3.5, 30.5]
UNIT = [-0.999, -0.5, -1e-9, 0.25, 0.875]
OPEN_UNIT = [1e-9, 0.25, 0.5, 0.875]

# Where each smooth function of one argument is defined.
DOMAINS: dict[Any, list[float]] = {
    sp.exp: REAL,
    sp.log: POSITIVE,
    sp.sin: REAL,
    sp.cos: REAL,
    sp.tan: REAL,
    sp.asin: UNIT,
    sp.acos: UNIT,
    sp.atan: REAL,
    sp.sinh: REAL,
    sp.cosh: REAL,
    sp.tanh: REAL,
    sp.asinh: REAL,
    sp.acosh: [1.001, 1.5, 30.5],
    sp.atanh: UNIT,
    sp.erf: [*UNIT, -3.0, 5.5],
    sp.erfc: [*UNIT, -3.0, 5.5, 20.0],
    heads.log1p: [-0.999, -1e-9, 0.5, 30.5],
    heads.expm1: REAL,
    heads.expit: REAL,
    heads.logit: OPEN_UNIT,
    heads.softplus: REAL,
    heads.log_expit: REAL,
    heads.cbrt: REAL,
    heads.ndtr: REAL,
    heads.gelu_ndtr: REAL,
    heads.gammaln: [*POSITIVE, -0.5, -1.5, -7.25],
    heads.digamma: [*POSITIVE, -0.5, -1.5, -7.25],
}
PAIRS: dict[Any, list[tuple[float, float]]] = {
    sp.atan2: [(1.0, 2.0), (-1.0, -2.0), (1e-9, -1.0), (3.0, 0.0)],
    heads.logaddexp: [(1.0, 1.0), (-800.0, 1.0), (700.0, -3.0), (1e5, 1e5)],
    heads.xlogy: [(2.0, 3.0), (-1.0, 0.5), (0.0, 2.0)],
    heads.hypot: [(3.0, 4.0), (-1e-9, 1.0), (1e200, 1e200)],
    heads.power: [(2.0, 3.0), (0.5, -1.5), (3.0, 0.0)],
}
SMOOTH: list[tuple[Any, tuple[float, ...]]] = [(head, (x,)) for head, points in DOMAINS.items() for x in points]
SMOOTH += [(head, point) for head, points in PAIRS.items() for point in points]
SMOOTH += [(heads.polygamma, (n, x)) for n in (1, 2, 3) for x in (0.5, 1.5, 30.5, -0.5, -7.25)]
DECISIONS = [row for row in FUNCTIONS.values() if not row.analytic and row.head is not heads.frozen]

smooth = pytest.mark.parametrize(("head", "point"), SMOOTH, ids=lambda value: getattr(value, "__name__", str(value)))


@pytest.fixture(autouse=True)
def enough_bits() -> Iterator[None]:
    """Arb's precision, set and restored."""
    with precision(128):
        yield


def in_balls(expression: sp.Expr, *arguments: Any) -> arb:
    """A scalar expression of the slots at some numbers."""
    leaves = dict(zip(SLOTS, map(arb, arguments), strict=False))
    found = fold(expression, leaves, BallRules(BallAlgebra(), filled(0)))
    return found if isinstance(found, arb) else found.item()


def applied(head: Any, count: int) -> sp.Expr:
    return head(*SLOTS[:count])


def close(x: arb, y: arb, digits: int) -> bool:
    """Whether two balls differ by less than a part in 10^digits, or both by nothing."""
    return bool(abs(x - y) <= arb(10) ** -digits * (1 + abs(x)))


# --- what every smooth row must satisfy -----------------------------------------------------------


def test_every_smooth_row_is_tested() -> None:
    """A new row gets points here."""
    tested = {head for head, _ in SMOOTH}
    assert {row.head for row in FUNCTIONS.values() if row.analytic} == tested


@smooth
def test_a_ball_contains_what_numpy_computes_within_the_accuracy(head: Any, point: tuple[float, ...]) -> None:
    """The ball is certain, and NumPy's function of the same row is off by no more than is stored."""
    row = FUNCTIONS[head]
    ball = row.ball(*map(arb, point))
    assert ball.is_finite()
    assert ball.rel_accuracy_bits() > 60 or ball.rad() < 1e-30
    u = 2.0**-53
    slopes = [abs(float(in_balls(sp.diff(applied(head, len(point)), SLOTS[k]), *point))) for k in free(row, point)]
    sensitive = sum(slope * abs(point[k]) for k, slope in zip(free(row, point), slopes, strict=True))
    name = f"{row.name}{int(point[0])}" if head is heads.polygamma else row.name
    accuracy = accuracy_of(name, "numpy", "float64")
    allowed = float(accuracy.bound(u, point[-1], float(ball), u * sensitive)) + u * abs(float(ball))
    computed = arb(float(row.numpy(*map(np.float64, point))))
    assert abs(ball - computed).abs_lower() <= arb(allowed)


@smooth
def test_a_derivative_is_the_limit_of_difference_quotients(head: Any, point: tuple[float, ...]) -> None:
    """Central differences with h = 2^-150 in 1024 bits agree with SymPy's derivative to 40 digits."""
    row = FUNCTIONS[head]
    for k in free(row, point):
        derivative = in_balls(sp.diff(applied(head, len(point)), SLOTS[k]), *point)
        with precision(1024):
            step = arb(2) ** -150
            if head is heads.xlogy and point[k] == 0:
                continue  # xlogy is written for x = 0 and x ≠ 0
            above, below = (
                row.ball(*(arb(x) + sign * step * (j == k) for j, x in enumerate(point))) for sign in (1, -1)
            )
            quotient = (above - below) / (2 * step)
        assert close(quotient, derivative, 30), f"{quotient} is not {derivative}"


@smooth
def test_the_elementary_form_is_the_same_function(head: Any, point: tuple[float, ...]) -> None:
    """What formulas print is what is computed; log Γ is |Γ|'s, which SymPy's is for positive x only."""
    row = FUNCTIONS[head]
    if row.elementary is None or head in (heads.gammaln, heads.digamma, heads.polygamma):
        return
    if head is heads.power or (head is heads.cbrt and point[0] < 0) or (head is heads.xlogy and point[0] == 0):
        return  # balls have no xʸ of their own; SymPy's cube root is complex there; x·log y lacks its limit
    expression = row.elementary(*SLOTS[: len(point)])
    assert close(in_balls(expression, *point), row.ball(*map(arb, point)), 15)


@smooth
@pytest.mark.parametrize("width", [1e-3, 0.25])
def test_a_wide_ball_contains_every_value_inside(head: Any, point: tuple[float, ...], width: float) -> None:
    """The inclusion property, on which every enclosure rests; an indeterminate ball contains everything."""
    row = FUNCTIONS[head]
    if head is heads.polygamma:
        wide = row.ball(arb(point[0]), arb(point[1], width))
        inner = [row.ball(arb(point[0]), arb(point[1]) + arb(width) * t) for t in (-1, -0.3, 0, 0.7, 1)]
    else:
        wide = row.ball(*(arb(x, width) for x in point))
        inner = [row.ball(*(arb(x) + arb(width) * t for x in point)) for t in (-1, -0.3, 0, 0.7, 1)]
    assert all(not value.is_finite() or wide.contains(value) or wide.overlaps(value) for value in inner)
    assert wide.is_nan() or not wide.is_finite() or wide.contains(inner[2].mid())


def free(row: ScalarFunction, point: tuple[float, ...]) -> list[int]:
    """The arguments that may be differentiated: not the order of a polygamma function."""
    return [1] if row.head is heads.polygamma else list(range(len(point)))


# --- decisions ------------------------------------------------------------------------------------


@pytest.mark.parametrize("row", [row for row in DECISIONS if row.kink is not None], ids=lambda row: row.name)
@given(x=st.floats(-1e6, 1e6), y=st.floats(-1e6, 1e6))
def test_a_decision_in_balls_is_numpys_decision(row: ScalarFunction, x: float, y: float) -> None:
    """At numbers, away from ties, both say the same."""
    count = 2 if row.numpy is np.maximum or row.name in ("smaller", "greater", "greater_equal", "equal") else 1
    if row.name in ("larger", "smaller", "greater", "greater_equal", "equal"):
        count = 2
    arguments = (x, y)[:count]
    kink = row.kink(*arguments)  # type: ignore[misc]  # there is one
    if kink == 0 and row.name in (
        *(head.__name__ for head in heads.STEPS),
        "impulse",
        "floor_impulse",
        "rounded_impulse",
    ):
        assert not row.ball(*map(arb, arguments)).is_exact()
    else:
        assert row.ball(*map(arb, arguments)) == arb(float(row.numpy(*map(np.float64, arguments))))


@pytest.mark.parametrize(
    ("name", "argument", "expected"),
    [
        *((head.__name__, 0, (0, 1)) for head in heads.STEPS),
        ("absolute", arb(0, 2), (-2, 2)),
        ("relu", arb(0, 2), (0, 2)),
        ("relu", arb(-3, 2), (0, 0)),
        ("signum", arb(0, 2), (-1, 1)),
        ("signum", 0, (0, 0)),
        ("floored", arb(1, 0.5), (0, 1)),
        ("rounded", arb(0.5, 0.25), (0, 1)),
        ("rounded", 0.5, (0, 0)),
        ("rounded", 1.5, (2, 2)),
        ("rounded", -0.5, (0, 0)),
        ("rounded", -2.5, (-2, -2)),
        ("rounded", 1e-300, (0, 0)),
    ],
)
def test_an_open_decision_is_the_hull_of_both_branches(name: str, argument: Any, expected: tuple[int, int]) -> None:
    """And not one of them; ties round to even, as in every framework."""
    row = next(row for row in FUNCTIONS.values() if row.name == name)
    ball = row.ball(arb(argument))
    low, high = expected
    assert ball.contains(low)
    assert ball.contains(high)
    assert ball.rad() <= arb(high - low) / 2 + 0.51


@pytest.mark.parametrize(
    ("name", "arguments", "expected"),
    [
        ("greater", (2, 1), 1),
        ("greater", (1, 1), 0),
        ("greater_equal", (1, 1), 1),
        ("greater_equal", (0, 1), 0),
        ("equal", (1, 1), 1),
        ("equal", (1, 2), 0),
        ("equal", (arb(1, 0.1), 2), 0),
        ("equal", (arb(1, 0.1), 1), None),
        ("greater", (arb(1, 0.1), 1), None),
        ("greater_equal", (arb(1, 0.1), 1), None),
    ],
)
def test_a_comparison_of_balls_is_open_where_they_overlap(name: str, arguments: Any, expected: int | None) -> None:
    """`None` stands for the interval from 0 to 1."""
    row = next(row for row in FUNCTIONS.values() if row.name == name)
    ball = row.ball(*map(arb, arguments))
    assert (ball == expected) if expected is not None else (ball.contains(0) and ball.contains(1))


@pytest.mark.parametrize("name", ["impulse", "floor_impulse", "rounded_impulse"])
def test_a_jump_has_no_derivative(name: str) -> None:
    """Nothing at the jump, zero beside it."""
    row = next(row for row in FUNCTIONS.values() if row.name == name)
    jump = 0.5 if name == "rounded_impulse" else 0
    assert row.ball(arb(jump)).is_nan()
    assert row.ball(arb(jump) + arb(2) ** -100) == 0


@pytest.mark.parametrize(
    ("expression", "derivative"),
    [
        (heads.relu(SLOTS[0]), heads.step(SLOTS[0])),
        (heads.absolute(SLOTS[0]), 2 * heads.absolute_step(SLOTS[0]) - 1),
        (heads.larger(*SLOTS[:2]), heads.larger_step(SLOTS[0] - SLOTS[1])),
        (heads.smaller(*SLOTS[:2]), heads.smaller_step(SLOTS[1] - SLOTS[0])),
        (heads.signum(SLOTS[0]), heads.impulse(SLOTS[0])),
        (heads.step(SLOTS[0]), 0),
        (heads.floored(SLOTS[0]), heads.floor_impulse(SLOTS[0])),
        (heads.rounded(SLOTS[0]), heads.rounded_impulse(SLOTS[0])),
        (heads.greater(*SLOTS[:2]), 0),
        (heads.greater_equal(*SLOTS[:2]), 0),
        (heads.equal(*SLOTS[:2]), 0),
        (heads.frozen(SLOTS[0]), 0),
    ],
    ids=str,
)
def test_kinks_and_jumps_have_named_derivatives(expression: sp.Expr, derivative: sp.Expr) -> None:
    """Never a Piecewise, never a Heaviside."""
    assert sp.diff(expression, SLOTS[0]) == derivative


# --- limits at the edge of a domain ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (lambda: balls.log(arb(0)), -math.inf),
        (lambda: balls.xlogy(arb(0), arb(0)), 0),
        (lambda: balls.power(arb(0), arb(0)), 1),
        (lambda: balls.power(arb(0), arb(2)), 0),
        (lambda: balls.power(arb(0), arb(-0.5)), math.inf),
        (lambda: balls.cbrt(arb(0)), 0),
        (lambda: balls.cbrt(arb(-27)), -3),
        (lambda: balls.expit(arb(-1e6)), 0),
        (lambda: balls.softplus(arb(1e6)), 1e6),
        (lambda: balls.softplus(arb(-1e6)), 0),
    ],
)
def test_limits_from_within_the_domain(value: Callable[[], arb], expected: float) -> None:
    """Zero powers, logarithms of zero, and arguments that would overflow a float."""
    assert float(value()) == expected


@pytest.mark.parametrize(
    "value",
    [
        lambda: balls.log(arb(-1)),
        lambda: balls.power(arb(0), arb(-1)),
        lambda: balls.power(arb(-1), arb(0.5)),
        lambda: balls.logit(arb(2)),
        lambda: balls.gammaln(arb(-2)),
        lambda: balls.polygamma(arb(1), arb(-2)),
        lambda: balls.polygamma(arb(1), arb(-1e9)),
    ],
)
def test_outside_the_domain_there_is_nothing(value: Callable[[], arb]) -> None:
    """An indeterminate ball, and no exception."""
    assert not value().is_finite()


def test_atan2_jumps_where_floats_see_the_sign_of_a_zero() -> None:
    """Left of zero, +0 gives π and −0 gives −π: the ball has both, and one of them beside the cut."""
    for x in (-1, 0):
        assert balls.atan2(arb(0), arb(x)).contains(arb.pi().mid())
        assert balls.atan2(arb(0), arb(x)).contains(-arb.pi().mid())
    assert balls.atan2(arb(0), arb(1)) == 0
    assert balls.atan2(arb(-1e-9), arb(-1)) < 0 < balls.atan2(arb(1e-9), arb(-1))


def test_the_precision_of_these_tests_is_their_own() -> None:
    """The fixture sets it, and nothing else has changed it."""
    assert ctx.prec == 128
