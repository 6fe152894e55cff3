"""Support: no limit and no choice lies beyond it, and at many kinks some lie on it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from diffcheck.reference.ball import exact_balls
from diffcheck.reference.reference import Reference
from diffcheck.reference.support import Support
from diffcheck.reference.surroundings import active_conditions
from diffcheck.special import logsumexp, relu
from tests.judging import referred
from tests.spelled import absolute, root, xp

INF = float("inf")
LOOSE = 1e-7
Function = Callable[..., Any]


def norm(x: Any) -> Any:
    return xp(x).linalg.vector_norm(x)


def support_of(reference: Reference) -> Support:
    form, around = reference.closed_form, reference.surroundings
    return Support(form.traced, around.wrt, reference.inputs, active_conditions(form))


def furthest(function: Function, x: Any, direction: Any, mode: str = "R") -> float:
    name = "x" if mode == "R" else "output"
    return support_of(referred(function, {"x": x}, mode=mode)).furthest({name: np.asarray(direction, float)})


@pytest.mark.parametrize(
    ("function", "x", "direction", "bound"),
    [
        (norm, [0.0, 0.0], [3.0, 4.0], 5.0),
        (norm, [0.0] * 100, np.ones(100), 10.0),
        (norm, [3.0, 4.0], [1.0, 0.0], 0.6),
        (lambda x: 2 - 3 * norm(x), [0.0, 0.0], [3.0, 4.0], 15.0),
        (lambda x: norm(x) + norm(2 * x), [0.0, 0.0], [3.0, 4.0], 15.0),
        (lambda x: norm(xp(x).asarray([[1.0, 1.0], [1.0, 1.0]]) @ x), [0.0, 0.0], [1.0, -1.0], 0.0),
        (lambda x: xp(x).hypot(x[0], 2 * x[1]), [0.0, 0.0], [3.0, 2.0], 5.0),
        (lambda x: xp(x).std(x), [0.1] * 3, [1.0, 1.0, 1.0], 0.0),
        (lambda x: xp(x).std(x), [0.1] * 3, [1.0, 0.0, -1.0], (2 / 3) ** 0.5),
        (lambda x: norm(absolute(x)), [0.0, 0.0], [3.0, 4.0], 5.0),
        (lambda x: norm(relu(x)), [0.0, -1.0], [3.0, 4.0], 3.0),
        (lambda x: root(norm(x) ** 2 + x[0] ** 2), [0.0, 0.0], [3.0, 4.0], 34**0.5),
        (lambda x: xp(x).sum(absolute(x)), [0.0, 0.0, 2.0], [1.0, -1.0, -1.0], 1.0),
        (lambda x: xp(x).max(x), [1.0] * 5, np.ones(5), 1.0),
        (lambda x: xp(x).max(x), [1.0, 1.0, 0.0], [1.0, 2.0, 9.0], 2.0),
        (lambda x: xp(x).sum(xp(x).max(x, axis=0)), np.ones((3, 20)), np.ones((3, 20)), 20.0),
        (lambda x: xp(x).sum(xp(x).maximum(x[0], x[1])), np.ones((2, 20)), np.ones((2, 20)), 20.0),
        (lambda x: xp(x).minimum(x[0], x[1]), [1.0, 1.0], [1.0, 2.0], 2.0),
        (lambda x: xp(x).where(x > 0, x, 0 * x), 0.0, -1.0, 0.0),
    ],
)
def test_how_far_the_chain_rule_leads(function: Function, x: Any, direction: Any, bound: float) -> None:
    """As far as the limits do."""
    assert bound <= furthest(function, x, direction) <= bound * (1 + LOOSE) + LOOSE


@pytest.mark.parametrize(
    ("function", "x", "why"),
    [
        (root, 0.0, "steep"),
        (lambda x: root(relu(x)), 0.0, "steep on one side"),
        (lambda x: root(absolute(x)), 0.0, "a cusp"),
        (lambda x: root(relu(x * x)), 0.0, "a kink of what bends"),
        (lambda x: root(x * x * (1 + x)), 0.0, "not seen to be a square"),
        (lambda x: x * xp(x).sign(x), 0.0, "a jump on the way"),
        (lambda x: xp(x).floor(x) * (x - 1), 1.0, "a jump at 1"),
    ],
)
def test_what_is_not_known_bounds_nothing(function: Function, x: float, why: str) -> None:
    """Beside the point there may be any slope."""
    assert furthest(function, x, 1.0) == INF


def test_a_tangent_and_the_outputs() -> None:
    """In mode F the direction is among the outputs."""
    assert furthest(absolute, [0.0, 2.0], [1.0, 1.0], mode="F") == pytest.approx(2.0, rel=LOOSE)
    assert furthest(absolute, [0.0, 2.0], [1.0, -1.0], mode="F") == pytest.approx(0.0, abs=LOOSE)


FUNCTIONS: list[Function] = [
    norm,
    lambda x: norm(x) - 2 * norm(x - xp(x).flip(x)),
    lambda x: xp(x).sum(relu(x) - absolute(xp(x).flip(x)) * 0.5),
    lambda x: xp(x).max(x) * 2 - xp(x).max(absolute(x)),
    lambda x: absolute(norm(x) - xp(x).max(x)),
    lambda x: logsumexp(xp(x).maximum(x, -x)) + norm(relu(x)),
    lambda x: xp(x).std(x) + xp(x).sum(xp(x).minimum(x, 0 * x)),
    lambda x: relu(xp(x).sum(absolute(x) * xp(x).asarray([1.0, -2.0, 3.0]))),
    lambda x: norm(xp(x).asarray([[1.0, 2.0, 0.0], [0.0, 1.0, -1.0]]) @ absolute(x)),
    lambda x: root(xp(x).max(x * x) + xp(x).sum(x * x)),
]
SMALL = st.integers(-2, 2).map(float)


@pytest.mark.parametrize("function", FUNCTIONS)
@settings(max_examples=8, deadline=None)
@given(x=arrays(float, 3, elements=st.sampled_from([0.0, 0.0, 1.0, -1.0])), direction=arrays(float, 3, elements=SMALL))
def test_no_limit_lies_beyond(function: Function, x: np.ndarray, direction: np.ndarray) -> None:
    """From whatever side the point is approached."""
    reference = referred(function, {"x": x})
    bound = support_of(reference).furthest({"x": direction})
    around = reference.surroundings
    value = exact_balls(np.zeros(()))
    for seed in range(6):
        way = np.random.default_rng(seed).standard_normal(3)
        limit = around.limit(around.direction(way), value)
        if limit.entries:
            slope = float(np.sum(np.asarray(limit.entries["x"], float) * direction))
            assert slope <= bound + 1e-12 * abs(slope) + 1e-60
