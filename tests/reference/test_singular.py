"""Where the closed form says nothing: what the limits say instead."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from flint import arb

from diffcheck.reference.enclosure import Enclosure
from diffcheck.reference.reference import Reference
from diffcheck.reference.singular import says_nothing
from diffcheck.special import relu, xlogy
from tests.judging import referred
from tests.spelled import absolute, root, xp

INF = float("inf")


def norm_of_relu(x: Any) -> Any:
    return root(xp(x).sum(relu(x) ** 2))


def filled_up(x: Any) -> Any:
    """x²·sin(1/x), and 0 at 0: its slope swings."""
    return xp(x).where(x == 0, 0 * x, x * x * xp(x).sin(1 / x))


def referred_at(function: Callable[..., Any], x: Any) -> Reference:
    return referred(function, {"x": x})


@pytest.mark.parametrize(
    ("ball", "is_open", "nothing"),
    [
        (arb.nan(), False, True),
        (arb.nan(), True, True),
        (arb(0, INF), True, True),
        (arb(0, INF), False, False),
        (arb.pos_inf(), False, False),
        (arb(0, 1), True, False),
        (arb(3), False, False),
    ],
)
def test_what_says_nothing(ball: arb, is_open: bool, nothing: bool) -> None:
    """No number, or a kink without an end; an infinity and an interval say something."""
    balls = np.array([ball], object)
    assert says_nothing(Enclosure(balls, np.array([is_open]), np.array([False]))).tolist() == [nothing]


@pytest.mark.parametrize(
    ("function", "x", "slope"),
    [
        (lambda x: x / x, 0.0, 0.0),
        (lambda x: x * x / x, 0.0, 1.0),
        (lambda x: xp(x).sin(x) / x, 0.0, 0.0),
        (lambda x: (xp(x).exp(x) - 1) / x, 0.0, 0.5),
        (lambda x: (1 - xp(x).cos(x)) / (x * x), 0.0, 0.0),
        (lambda x: x * x * xp(x).log(x), 0.0, 0.0),
        (lambda x: x * xp(x).log(x), 0.0, -INF),
        (lambda x: xlogy(x, x), 0.0, -INF),
        (lambda x: root(x) ** 3, 0.0, 0.0),
        (lambda x: root(x * x * x * x), 0.0, 0.0),
        (lambda x: xp(x).exp(-1 / (x * x)), 0.0, 0.0),
        (lambda x: (x * x - 1) / (x - 1), 1.0, 1.0),
        (norm_of_relu, [-1.0, -2.0], [0.0, 0.0]),
        (lambda x: -xp(x).sum(xlogy(x, x)), [0.0, 0.5], [INF, np.log(2) - 1]),
    ],
)
def test_one_limit_is_the_derivative(function: Callable[..., Any], x: Any, slope: Any) -> None:
    """0/0, 0·∞, roots of what vanishes, and where the domain ends."""
    entry = referred_at(function, x).entries["x"]
    assert not entry.open.any()
    assert not entry.wide.any()
    np.testing.assert_allclose(entry.high, slope, rtol=1e-15)
    assert (entry.lower <= entry.high).all()
    assert (entry.high <= entry.upper).all()


@pytest.mark.parametrize(
    ("function", "value"),
    [
        (lambda x: xp(x).sin(x) / x, 1.0),
        (lambda x: (xp(x).exp(x) - 1) / x, 1.0),
        (lambda x: x * xp(x).log(x), 0.0),
        (lambda x: x * x / x, 0.0),
    ],
)
def test_a_hole_has_the_limit_for_a_value(function: Callable[..., Any], value: float) -> None:
    """And is said to be one."""
    found = referred_at(function, 0.0)
    assert found.removable
    assert float(found.value.high) == pytest.approx(value, abs=1e-300)


@pytest.mark.parametrize(
    "function", [root, lambda x: root(x) ** 3, absolute, lambda x: 1 / x, lambda x: absolute(x) / x]
)
def test_other_points_are_no_holes(function: Callable[..., Any]) -> None:
    """There is a value, or a pole, or a jump."""
    assert not referred_at(function, 0.0).removable


@pytest.mark.parametrize(
    ("function", "x", "is_open"),
    [
        (lambda x: root(x * x), 0.0, True),
        (lambda x: xp(x).linalg.vector_norm(x), [0.0, 0.0], [True, True]),
        (lambda x: xp(x).sign(x) * x, 0.0, True),
        (lambda x: xp(x).floor(x) * x, 0.0, True),
        (lambda x: absolute(x - xp(x).round(x)), 1.5, True),
        (norm_of_relu, [0.0, 0.0], [True, True]),
        (norm_of_relu, [0.0, -1.0], [True, True]),
    ],
)
def test_several_limits_are_a_kink(function: Callable[..., Any], x: Any, is_open: Any) -> None:
    """Although the closed form has no interval for it."""
    entry = referred_at(function, x).entries["x"]
    assert entry.open.tolist() == is_open
    assert not np.isnan(entry.high).any()


@pytest.mark.parametrize(
    ("function", "x"),
    [
        (lambda x: 1 / x, 0.0),
        (lambda x: xp(x).sign(x), 0.0),
        (lambda x: absolute(x) / x, 0.0),
        (lambda x: root(-1 - x * x), 0.0),
    ],
)
def test_nothing_is_made_up(function: Callable[..., Any], x: float) -> None:
    """At poles, jumps and outside of the domain."""
    assert np.isnan(referred_at(function, x).entries["x"].high).all()


def test_what_swings_is_undecided() -> None:
    """x²·sin(1/x) has the derivative 0 at 0, but no limit of it: nobody is told that there is none."""
    entry = referred_at(filled_up, 0.0).entries["x"]
    assert entry.wide.all()
    assert not entry.open.any()
    assert not np.isnan(entry.high).any()
