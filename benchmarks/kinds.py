"""Kinds of points at which structural mutants are tried, each made of a function's ordinary numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from benchmarks.disturbed import BITS
from benchmarks.functions import Problem
from diffcheck.dtype import ORDINARY, limits
from diffcheck.expression import nodes
from diffcheck.expression.evaluate import evaluate
from diffcheck.point import Point
from diffcheck.reference.ball import BallAlgebra, exact_balls
from diffcheck.reference.precision import precision
from diffcheck.reference.reference import refer


@dataclass(frozen=True)
class Kind:
    """A kind of point.

    Attributes:
        name: what tables call it.
        move: what makes such a point of a function's ordinary numbers, or nothing, where it has none.
        dtypes: what is judged there.
    """

    name: str
    move: Callable[[Problem, Point], Point | None]
    dtypes: Sequence[str] = ORDINARY


NEAR_ZERO = 2.0**-30
"""A stale value, 2⁻¹⁰ nearer to zero, is then 2⁻⁴⁰ off where it is added to one: plain to see in float64, nothing in
float32, as it should be: how small an error can be and be caught is what the planted errors are for."""

NEARLY_CANCELLED = 2.0**-20

MOST_DOUBLINGS = 10


def _near_zero(_: Problem, point: Point) -> Point:
    return _scaled(point, lambda _: np.asarray(NEAR_ZERO))


def _near_kink(_: Problem, point: Point) -> Point | None:
    """The first sample moved so that terms cancel in what the first unit gets."""
    if not {"inputs", "weights"} <= set(point.arguments):
        return None
    inputs, weights = (np.array(point.arguments[name]) for name in ("inputs", "weights"))
    unit = weights.reshape(len(weights), -1)[:, 0]
    inputs[0] -= (1 - NEARLY_CANCELLED) * (inputs[0] @ unit) / (unit @ unit) * unit
    return replace(point, arguments={**point.arguments, "inputs": inputs})


def _underflowing(problem: Problem, point: Point, dtype: str) -> Point | None:
    """Every other number made larger, until something underflows; the rest as they were.

    Not all, and not by more: of scores of 10⁵ a softmax is one-hot, and its gradient rounding, whatever the program.
    """
    for exponent in range(1, MOST_DOUBLINGS + 1):
        moved = _scaled(point, partial(_alternating, 2.0**exponent))
        if _underflows(problem, moved, dtype):
            return moved
    return None


def _alternating(factor: float, shape: tuple[int, ...]) -> np.ndarray:
    first = np.where(np.arange(shape[0]) % 2, factor, 1.0)
    return first.reshape(-1, *[1] * (len(shape) - 1))


def _underflows(problem: Problem, point: Point, dtype: str) -> bool:
    """Whether a number that the gradient is computed from is not zero, and too small for a dtype."""
    truth = refer(problem.function, point.astype(dtype), problem.wrt)
    outputs = [node for node in truth.closed_form.entries.values() if node is not None]
    smallest = limits(dtype).smallest_subnormal
    with precision(BITS):
        inputs = {name: exact_balls(values) for name, values in truth.inputs.items()}
        found = evaluate(list(nodes.topological(outputs)), inputs, BallAlgebra())
        return any(ball != 0 and bool(abs(ball) < smallest) for array in found for ball in array.ravel())


def _scaled(point: Point, factor: Callable[[tuple[int, ...]], np.ndarray]) -> Point:
    scaled = {name: array * factor(array.shape) for name, array in point.arguments.items()}
    return replace(point, arguments=scaled)


KINDS = (
    Kind("ordinary", lambda _, point: point),
    Kind("near zero", _near_zero),
    Kind("near a kink", _near_kink),
    Kind("underflowing in float32", partial(_underflowing, dtype="float32")),
    Kind("underflowing in float64", partial(_underflowing, dtype="float64"), ("float64",)),
)
