"""Roots that stay zero are told from roots that are zero at one point."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from diffcheck.reference.reference import refer
from diffcheck.reference.still import held_still
from diffcheck.reference.tracing import trace_at
from diffcheck.verdict import Cause, Verdict
from tests.judging import asked, judged, point_of, referred
from tests.spelled import root, xp

NAN = float("nan")
Function = Callable[..., Any]


def standard_deviation(x: Any) -> Any:
    return xp(x).std(x)


def of_columns(x: Any) -> Any:
    return xp(x).std(x, axis=0)


def distances(x: Any) -> Any:
    """The sum of the distances of all pairs of rows, each row's distance to itself among them."""
    return xp(x).sum(xp(x).linalg.vector_norm(x[:, None, :] - x[None, :, :], axis=-1))


def twice_still(x: Any) -> Any:
    return root(root((x - x) ** 2) + (x - x) ** 2) + x


STILL: list[tuple[Function, Any, Any]] = [
    (standard_deviation, [0.7], [0.0]),
    (of_columns, [[1.0, -2.0]], [[0.0, 0.0]]),
    (twice_still, 3.0, 1.0),
    (distances, [[0.0, 0.0], [3.0, 4.0]], [[-1.2, -1.6], [1.2, 1.6]]),
]


@pytest.mark.parametrize(("function", "x", "gradient"), STILL)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_what_stays_zero_has_no_slope(function: Function, x: Any, gradient: Any, dtype: str) -> None:
    """The derivative is that of the rest, and another number is wrong, and NaN no number."""
    gradient = np.array(gradient)
    reference = referred(function, {"x": x}, dtype)
    np.testing.assert_allclose(reference.entries["x"].high, gradient, rtol=1e-15)
    assert not (reference.entries["x"].open | reference.entries["x"].wide).any()
    assert judged(function, gradient.astype(dtype), dtype=dtype, x=x).verdict is Verdict.AGREES
    assert judged(function, gradient + 0.25, dtype=dtype, x=x).verdict is Verdict.WRONG
    assert judged(function, gradient * NAN, dtype=dtype, x=x).verdict is Verdict.NOT_FINITE


MOVING: list[tuple[Function, dict[str, Any]]] = [
    (lambda x: root(x * x), {"x": 0.0}),
    (lambda x: root(x * x), {"x": 1.0}),
    (lambda x, y: root((x - y) ** 2), {"x": 1.0, "y": 1.0}),
    (standard_deviation, {"x": [0.3, 0.3]}),
    (of_columns, {"x": [[1.0, 2.0], [1.0, 3.0]]}),
    (root, {"x": 0.0}),
    (lambda x: xp(x).sin(x), {"x": 0.0}),
    (lambda x: root(1 + (x - x)), {"x": 0.0}),
    (lambda x: root((3 * x - (x + 2 * x)) ** 2), {"x": 0.1}),
]


@pytest.mark.parametrize(("function", "point"), MOVING)
def test_what_moves_is_not_held(function: Function, point: dict[str, Any]) -> None:
    """Be it zero at the point, along some direction, or no zero at all; nor what rounding moves."""
    at = point_of(point, "float64")
    traced = trace_at(function, at)
    assert held_still(traced, at.arguments, tuple(point), at.dtype) is traced


def test_one_argument_may_stand_still_where_another_moves() -> None:
    """√((x − y)²) at x = y: held where neither is differentiated, a kink where one is."""

    def apart(x: Any, y: Any, z: Any) -> Any:
        return root((x - y) ** 2) * z

    at = point_of({"x": 1.0, "y": 1.0, "z": 2.0}, "float64")
    traced = trace_at(apart, at)
    assert held_still(traced, at.arguments, ("z",), at.dtype) is not traced
    assert held_still(traced, at.arguments, ("y", "z"), at.dtype) is traced
    assert refer(apart, at, ("z",)).entries["z"].high == 0.0


@pytest.mark.parametrize("mode", ["R", "F"])
def test_frameworks_at_the_standard_deviation_of_one_number(mode: str) -> None:
    """torch answers zero, jax NaN."""
    for backend, verdict in (("torch", Verdict.AGREES), ("jax", Verdict.NOT_FINITE)):
        assert asked(standard_deviation, backend, mode=mode, x=[0.7]).verdict is verdict


def test_coincident_points_are_a_kink() -> None:
    """Their distance to themselves is none."""
    x = [[0.0, 0.0], [0.0, 0.0], [1.0, 0.0]]
    judgement = asked(distances, "torch", x=x)
    assert (judgement.verdict, judgement.cause) == (Verdict.CONVENTION, Cause.TIE)
