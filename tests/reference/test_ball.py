"""The ball algebra: exact inputs, decisions that are open at a tie, and limits from within the domain."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import sympy as sp
from flint import arb
from hypothesis import given
from hypothesis import strategies as st

from diffcheck.expression import heads, nodes
from diffcheck.expression.evaluate import evaluate
from diffcheck.expression.heads import SLOTS
from diffcheck.expression.nodes import Node
from diffcheck.reference.ball import BallAlgebra, ball_power, exact_balls
from diffcheck.reference.precision import precision

A, B = SLOTS[:2]
X = nodes.variable("x", (3,))
ABOVE = nodes.mapped(heads.greater(A, 0), X)


@pytest.fixture(autouse=True)
def enough_bits() -> Iterator[None]:
    """Arb's precision, set and restored."""
    with precision(128):
        yield


def evaluated(node: Node, algebra: BallAlgebra | None = None, **arrays: Any) -> np.ndarray:
    inputs = {name: array if _is_balls(array) else exact_balls(array) for name, array in arrays.items()}
    [found] = evaluate([node], inputs, algebra or BallAlgebra())
    assert found.shape == node.shape
    return found


def _is_balls(array: Any) -> bool:
    return isinstance(array, np.ndarray) and array.dtype == object


def intervals(balls: np.ndarray) -> list[tuple[float, float]]:
    """The ends of balls, as near as two digits."""
    return [(round(float(ball.lower()), 2) + 0.0, round(float(ball.upper()), 2) + 0.0) for ball in balls.ravel()]


# --- leaves ---------------------------------------------------------------------------------------


@given(st.floats())
def test_a_float_becomes_a_ball_without_a_radius(number: float) -> None:
    """Subnormal, infinite and not-a-number too; of a float32 the number it exactly is."""
    for value in (number, np.float32(0.1)):
        ball = exact_balls(np.array(value)).item()
        assert ball.is_exact()
        assert float(ball) == value or (np.isnan(value) and ball.is_nan())


@pytest.mark.parametrize("shape", [(), (0,), (2, 0, 3), (2, 1)])
def test_balls_keep_the_shape(shape: tuple[int, ...]) -> None:
    """An object array, also without axes or entries."""
    balls = exact_balls(np.ones(shape, np.float32))
    assert balls.shape == shape
    assert balls.dtype == object


# --- powers ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("base", "exponent", "expected"),
    [
        (2, 3, 8),
        (-2, 3, -8),
        (-2, -2, 0.25),
        (4, sp.Rational(1, 2), 2),
        (4, sp.Rational(-1, 2), 0.5),
        (8, sp.Rational(2, 3), 4),
        (0, 3, 0),
        (0, sp.Rational(1, 2), 0),
        (0, sp.Rational(1, 3), 0),
        (0, sp.Rational(-1, 2), np.inf),
        (0, -1, np.nan),
        (0, -2, np.nan),
        (-1, sp.Rational(1, 2), np.nan),
        (-8, sp.Rational(1, 3), np.nan),
    ],
)
def test_a_power(base: float, exponent: Any, expected: float) -> None:
    """At zero the limit from within the domain; a pole is indeterminate; roots of negative numbers do not exist."""
    ball = ball_power(arb(base), sp.sympify(exponent))
    if np.isnan(expected):
        assert not ball.is_finite()
    else:
        assert abs(ball - arb(expected)) < 1e-30 or (ball.is_exact() and float(ball) == expected)


# --- decisions ------------------------------------------------------------------------------------


def test_a_condition_is_decided_as_the_program_decides_it() -> None:
    """Where its ties are not left open, `>` is false at a tie."""
    assert intervals(evaluated(ABOVE, x=[1.0, 0.0, -1.0])) == [(1, 1), (0, 0), (0, 0)]


def test_an_open_tie_is_both() -> None:
    """Only at the tie itself, and the algebra notes that there was one."""
    algebra = BallAlgebra(frozenset({ABOVE}))
    assert intervals(evaluated(ABOVE, algebra, x=[1.0, 0.0, -1.0])) == [(1, 1), (0, 1), (0, 0)]
    assert algebra.tied
    assert not algebra.undecided


def test_what_the_precision_cannot_decide_is_noted_apart() -> None:
    """A ball around zero is no tie: more bits may decide it."""
    algebra = BallAlgebra()
    wide = np.array([arb(0, 1e-9), arb(1, 1e-9), arb(-1, 1e-9)], dtype=object)
    assert intervals(evaluated(ABOVE, algebra, x=wide)) == [(0, 1), (1, 1), (0, 0)]
    assert algebra.undecided
    assert not algebra.tied


def test_the_slope_of_a_kink_is_always_open_at_a_tie() -> None:
    """A step has no value there that every framework picks."""
    algebra = BallAlgebra()
    assert intervals(evaluated(nodes.mapped(heads.step(A), X), algebra, x=[1.0, 0.0, -1.0])) == [(1, 1), (0, 1), (0, 0)]
    assert algebra.tied


def test_slack_opens_what_rounding_may_turn() -> None:
    """For the entries it is given for, as wide as it says; a jump's value is the hull of both sides."""
    slack = np.array([0.1, 0.1, 0.0])
    step, floor = nodes.mapped(heads.step(A), X), nodes.mapped(heads.floored(A), X)
    sign, angle = nodes.mapped(heads.signum(A), X), nodes.mapped(sp.atan2(A, -1), X)
    x = [0.05, 0.2, 1e-9]
    for node, open_entry in (
        (step, (0, 1)),
        (ABOVE, (0, 1)),
        (sign, (-1, 1)),
        (floor, (-1, 0)),
        (angle, (-3.14, 3.14)),
    ):
        found = evaluated(node, BallAlgebra(slack={node: slack}), x=x)
        assert intervals(found)[0] == pytest.approx(open_entry, abs=0.02)
        assert found[1].rad() < 0.2
        assert found[2].is_exact() or found[2].rad() < 1e-30


@pytest.mark.parametrize(
    ("condition", "expected"), [(arb(1), (5, 5)), (arb(0), (7, 7)), (arb(0.5, 0.5), (5, 7)), (arb(3), (5, 5))]
)
def test_a_selection_is_a_hull_only_where_it_is_open(condition: arb, expected: tuple[float, float]) -> None:
    """Any number but zero chooses."""
    c, x, y = (nodes.variable(name, ()) for name in "cxy")
    found = evaluated(nodes.select(c, x, y), c=np.array(condition, object), x=5.0, y=7.0)
    assert intervals(found) == [expected]


def test_what_is_not_selected_has_no_effect() -> None:
    """Not even where it is indeterminate."""
    node = nodes.select(ABOVE, nodes.mapped(sp.log(A), X), nodes.filled(0, (3,)))
    assert intervals(evaluated(node, x=[1.0, -1.0, 0.0])) == [(0, 0), (0, 0), (0, 0)]


# --- largest entries ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("x", "winners", "tied"),
    [
        ([1.0, 3.0, 2.0], [(0, 0), (1, 1), (0, 0)], False),
        ([3.0, 1.0, 3.0], [(0, 1), (0, 0), (0, 1)], True),
        ([2.0, 2.0, 2.0], [(0, 1)] * 3, True),
        ([0.0, -0.0, -1.0], [(0, 1), (0, 1), (0, 0)], True),
        ([-np.inf, 1.0, -np.inf], [(0, 0), (1, 1), (0, 0)], False),
    ],
)
def test_the_winner_is_open_between_equals(x: list[float], winners: Any, tied: bool) -> None:
    """And nowhere else; the largest value itself is exact."""
    algebra = BallAlgebra()
    assert intervals(evaluated(nodes.winner(X, (0,)), algebra, x=x)) == winners
    assert algebra.tied is tied
    assert not algebra.undecided
    assert intervals(evaluated(nodes.maximum(X, (0,)), x=x)) == [(max(x), max(x))]


def test_a_single_inexact_winner_is_one() -> None:
    """Although its difference to the largest is a ball around zero."""
    third = arb(1) / 3
    found = evaluated(nodes.winner(X, (0,)), x=np.array([third, arb(0), third / 2], dtype=object))
    assert intervals(found) == [(1, 1), (0, 0), (0, 0)]


def test_rivals_that_overlap_are_open() -> None:
    """Until the precision tells them apart."""
    algebra = BallAlgebra()
    overlapping = np.array([arb(1, 0.1), arb(1.05, 0.1), arb(0)], dtype=object)
    assert intervals(evaluated(nodes.winner(X, (0,)), algebra, x=overlapping)) == [(0, 1), (0, 1), (0, 0)]
    assert algebra.undecided


def test_the_largest_along_some_axes() -> None:
    """Each row on its own; along an axis of a batch that is empty there is nothing to compare."""
    x = nodes.variable("x", (2, 2))
    assert intervals(evaluated(nodes.winner(x, (1,)), x=[[1.0, 2.0], [4.0, 3.0]])) == [(0, 0), (1, 1), (1, 1), (0, 0)]
    assert intervals(evaluated(nodes.maximum(x, (0, 1)), x=[[1.0, 2.0], [4.0, 3.0]])) == [(4, 4)]
    empty = nodes.variable("x", (0, 2))
    assert evaluated(nodes.maximum(empty, (1,)), x=np.zeros((0, 2))).shape == (0,)


# --- positions ------------------------------------------------------------------------------------


def test_gathers_pad_with_zero_and_scatters_add_up() -> None:
    """−1 brings in a zero, or drops an entry."""
    gathered = nodes.gather(X, np.array([[2, -1], [0, 0]]))
    assert intervals(evaluated(gathered, x=[1.0, 2.0, 3.0])) == [(3, 3), (0, 0), (1, 1), (1, 1)]
    scattered = nodes.scatter(X, np.array([1, -1, 1]), (2,))
    assert intervals(evaluated(scattered, x=[1.0, 2.0, 3.0])) == [(0, 0), (4, 4)]
