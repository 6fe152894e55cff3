"""Surroundings: what a function and its derivative do on the way to a point."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from diffcheck.reference.limit import Kind, Limit
from diffcheck.reference.surroundings import same_values
from diffcheck.special import relu, xlogy
from tests.judging import referred
from tests.spelled import absolute, root, xp


def limit_of(function: Callable[..., Any], x: Any, way: Any, dtype: str = "float64", mode: str = "R") -> Limit:
    """The limit along a direction of the only argument."""
    reference = referred(function, {"x": x}, dtype, mode)
    numbers = np.asarray(way, dtype=float).reshape(-1)
    around = reference.surroundings
    assert around.size == numbers.size
    return around.limit(around.direction(numbers), reference.value.balls)


def ends(limit: Limit) -> list[float]:
    [array] = limit.entries.values()
    return [float(end) for end in array.ravel()]


@pytest.mark.parametrize(
    ("function", "x", "way", "expected"),
    [
        (relu, 0.0, 1.0, [1.0]),
        (relu, 0.0, -1.0, [0.0]),
        (lambda x: x * x, 3.0, 1.0, [6.0]),
        (lambda x: absolute(x) * 1e-200, 0.0, -1.0, [-1e-200]),
        (lambda x: absolute(x) * 1e200, 0.0, -1.0, [-1e200]),
        (lambda x: relu(x - 1e-160), 1e-160, -1.0, [0.0]),
        (lambda x: xp(x).maximum(x, 0 * x + 1e-300), 1e-300, 1.0, [1.0]),
        (lambda x: absolute(x) + relu(x - 1e-160), 0.0, 1.0, [1.0]),
        (lambda x: absolute(x) + relu(x - 5e-324), 0.0, 1.0, [1.0]),
        (lambda x: relu(x - 1e200), 1e200, 1.0, [1.0]),
        (lambda x: xp(x).sin(x) / x, 0.0, 1.0, [0.0]),
        (lambda x: (xp(x).exp(x) - 1) / x, 0.0, -1.0, [0.5]),
        (lambda x: x * x * xp(x).log(x), 0.0, 1.0, [0.0]),
        (lambda x: root(x) ** 3, 0.0, 1.0, [0.0]),
        (lambda x: root(x * x), 0.0, -1.0, [-1.0]),
        (lambda x: xp(x).max(x), [1.0, 1.0], [1.0, 0.5], [1.0, 0.0]),
        (lambda x: xp(x).linalg.vector_norm(x), [0.0, 0.0], [3.0, -4.0], [0.6, -0.8]),
        (lambda x: 2 * x if x > 0 else 3 * x, 0.0, 1.0, [2.0]),
        (lambda x: 2 * x if x > 0 else 3 * x, 0.0, -1.0, [3.0]),
    ],
)
def test_a_limit(function: Callable[..., Any], x: Any, way: Any, expected: list[float]) -> None:
    """At kinks of whatever scale, at holes, at the edge of the domain, on either side of an `if`."""
    limit = limit_of(function, x, way)
    assert limit.kind is Kind.SETTLED
    assert ends(limit) == pytest.approx(expected, rel=1e-15, abs=0)


@pytest.mark.parametrize(
    ("function", "way", "kind", "expected"),
    [
        (root, 1.0, Kind.UNBOUNDED, [np.inf]),
        (root, -1.0, Kind.OUTSIDE, []),
        (lambda x: xp(x).cbrt(x) if hasattr(xp(x), "cbrt") else x ** (1 / 3), 1.0, Kind.UNBOUNDED, [np.inf]),
        (lambda x: root(absolute(x)), -1.0, Kind.UNBOUNDED, [-np.inf]),
        (lambda x: x * xp(x).log(x), 1.0, Kind.UNBOUNDED, [-np.inf]),
        (lambda x: 1 / x, 1.0, Kind.UNBOUNDED, [-np.inf]),
        (lambda x: xp(x).where(x == 0, 0 * x, x * xp(x).sin(1 / x)), 1.0, Kind.UNSETTLED, None),
        (lambda x: xp(x).log(x), -1.0, Kind.OUTSIDE, []),
    ],
)
def test_other_ends(function: Callable[..., Any], way: float, kind: Kind, expected: list[float] | None) -> None:
    """Growth without bound, the outside of the domain, oscillation."""
    limit = limit_of(function, 0.0, way)
    assert limit.kind is kind
    if expected:
        assert ends(limit) == expected


def test_a_way_along_a_kink_is_said_so() -> None:
    """|x| + |y| on the way along an axis."""
    assert limit_of(lambda x: xp(x).sum(absolute(x)), [0.0, 0.0], [1.0, 0.0]).kind is Kind.TANGENT
    assert limit_of(lambda x: xp(x).sum(absolute(x)), [0.0, 0.0], [1.0, 1e-300]).kind is Kind.SETTLED


@pytest.mark.parametrize(
    ("function", "x", "way", "expected"),
    [
        (lambda x: xp(x).maximum(x, 2 * (x / 2)), 1.0, 1.0, [1.0]),
        (lambda x: xp(x).maximum(x, 2 * (x / 2)), 1.0, -1.0, [1.0]),
        (lambda x: xp(x).max(xp(x).stack([x, x, 3 * (x / 3)])), 1.0, 1.0, [1.0]),
    ],
)
def test_a_tie_that_persists_is_none(function: Callable[..., Any], x: Any, way: Any, expected: list[float]) -> None:
    """All branches have one derivative."""
    limit = limit_of(function, x, way)
    assert (limit.kind, ends(limit)) == (Kind.SETTLED, expected)


@pytest.mark.parametrize(
    ("x", "way"), [([-1.0, -2.0], [1.0, 1.0]), ([0.0, 0.0], [-1.0, -0.5]), ([-1.0, 0.0], [1.0, -1.0])]
)
def test_a_constant_function_has_slope_zero(x: Any, way: Any) -> None:
    """‖relu(x)‖ for negative x is 0 all around, though its closed form says 0/0."""
    limit = limit_of(lambda x: root(xp(x).sum(relu(x) ** 2)), x, way)
    assert (limit.kind, ends(limit)) == (Kind.SETTLED, [0.0, 0.0])


def test_zero_by_chance_is_not_constant() -> None:
    """√(relu(x)·relu(y)) on an axis: beside it the function is not zero."""
    limit = limit_of(lambda x: root(relu(x[0]) * relu(x[1])), [1.0, 0.0], [1.0, 0.0])
    assert limit.kind is not Kind.SETTLED


@pytest.mark.parametrize(
    ("function", "x", "jumps"),
    [
        (lambda x: xp(x).where(x > 0, x + 1, x), 0.0, True),
        (lambda x: xp(x).where(x > 0, x + 1e-300, x), 0.0, True),
        (lambda x: xp(x).where(x >= 0, x, 2 * x), 0.0, False),
        (lambda x: 2 * x + 1 if x > 0 else 3 * x, 0.0, True),
        (lambda x: xp(x).floor(x), 2.0, False),
        (lambda x: xp(x).floor(x) + absolute(x), 1.5, False),
        (lambda x: xp(x).sign(x) * x, 0.0, False),
        (lambda x: xp(x).sign(x), 0.0, True),
        (lambda x: 1 / x, 0.0, True),
        (lambda x: xp(x).sin(x) / x, 0.0, False),
        (lambda x: x * xp(x).log(x), 0.0, False),
    ],
)
def test_a_jump_to_the_right(function: Callable[..., Any], x: float, jumps: bool) -> None:
    """Seen from the right; ⌊x⌋ at 2 jumps to the left."""
    assert limit_of(function, x, 1.0).jumps is jumps


def test_a_jump_to_the_left() -> None:
    """⌊x⌋ at 2."""
    assert limit_of(lambda x: xp(x).floor(x), 2.0, -1.0).jumps


def test_along_an_edge_of_the_domain_nothing_is_known() -> None:
    """x·log x stays 0·log 0 while another argument moves; √|x| stays infinitely steep."""
    assert limit_of(lambda x: xp(x).sum(xlogy(x, x)), [0.0, 0.5], [0.0, 1.0]).kind is Kind.UNSETTLED
    assert limit_of(lambda x: xp(x).sum(root(absolute(x))), [0.0, 0.5], [0.0, 1.0]).kind is not Kind.SETTLED


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_forward_mode_has_limits_too(dtype: str) -> None:
    """Of the directional derivative, at a point beside."""
    limit = limit_of(lambda x: xp(x).sum(absolute(x)), [0.0, 0.0, 1.0], [1.0, -1.0, 1.0], dtype, "F")
    assert (limit.kind, ends(limit)) == (Kind.SETTLED, [1.0])


def test_values_that_differ() -> None:
    """Beside a hole the value must be one on all sides."""

    def values_of(function: Callable[..., Any]) -> list[np.ndarray]:
        return [limit_of(function, 0.0, way).value for way in (1.0, -1.0)]

    assert same_values(values_of(lambda x: xp(x).sin(x) / x))
    assert not same_values(values_of(lambda x: absolute(x) / x))
    assert same_values(values_of(lambda x: x * x / x))
