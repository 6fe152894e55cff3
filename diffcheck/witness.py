"""A witness where nothing can be traced: what the function's values say about a derivative.

There is no reference then, and no verdict but INCONCLUSIVE; the witness is a sentence for a person.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from diffcheck.backends.base import REVERSE, Derivative
from diffcheck.dtype import limits
from diffcheck.expression.closed_form import OUTPUT
from diffcheck.point import Point
from diffcheck.spellings.numpy import recorded, replayed
from diffcheck.taylor_remainder import RIGHT, UNDECIDED, WRONG, TaylorRemainder, taylor_remainder

Function = Callable[..., Any]
Arrays = Mapping[str, np.ndarray]

SEED = 0  # of the direction: any serves in which every entry moves


def witness(function: Function, point: Point, wrt: tuple[str, ...], mode: str, derivative: Derivative) -> str:
    """Say in one sentence how the Taylor remainder of a derivative falls.

    Args:
        function: NumPy arrays in, one array out; called in float64.
        point: where.
        wrt: the arguments that were differentiated.
        mode: R or F.
        derivative: what a method answered.
    """
    if _is_another_in_float64(function, point, wrt):
        return "in float64, where its Taylor remainder would be measured, the function has other values"
    return sentence(remainder_of(function, point, wrt, mode, derivative))


def _is_another_in_float64(function: Function, point: Point, wrt: tuple[str, ...]) -> bool:
    """Whether values differ in the first half of their digits, beside the point, too: random numbers may."""
    moved = {name: point.arguments[name] + _direction(point.arguments[name].astype(float)) for name in wrt}
    for there in (point, Point({**point.arguments, **moved}).astype(point.dtype)):
        fine, coarse = (_value(function, there.astype(dtype)) for dtype in (np.float64, point.dtype))
        size = np.max(np.abs(fine), initial=0.0)
        if coarse.shape != fine.shape or np.any(np.abs(fine - coarse) > math.sqrt(limits(point.dtype).unit) * size):
            return True
    return False


def _value(function: Function, point: Point) -> np.ndarray:
    with np.errstate(all="ignore"):
        return np.asarray(function(**{name: np.array(array) for name, array in point.arguments.items()}), float)


def remainder_of(
    function: Function, point: Point, wrt: tuple[str, ...], mode: str, derivative: Derivative
) -> TaylorRemainder:
    """The Taylor remainder of a derivative: of a gradient along one direction, of a sum of outputs along the tangent.

    An error of less than half the digits of the dtype under test counts as rounding of the derivative.
    """
    moving = _Moving(function, point.astype(np.float64))
    answers = {name: np.asarray(entry, float) for name, entry in derivative.entries.items() if entry is not None}
    half_the_digits = math.sqrt(limits(point.dtype).unit)
    with np.errstate(all="ignore"):  # what leaves the range or the domain says nothing
        if mode == REVERSE:
            return _of_gradient(moving, wrt, answers, half_the_digits)
        return _of_directional(moving, wrt, answers[OUTPUT], half_the_digits)


def sentence(remainder: TaylorRemainder) -> str:
    """What a Taylor remainder says, for a person."""
    if not np.isfinite(remainder.slope):
        return "this derivative is not finite, and about that no Taylor remainder says anything"
    if remainder.kinked:
        return "the Taylor remainder differs between both sides, as at a kink or a jump, and decides nothing"
    if remainder.rate is None:
        return f"the Taylor remainder is lost in rounding, which leaves room for an error of {remainder.room:.1e}"
    says = {
        RIGHT: "so this derivative looks right (h if it were wrong)",
        WRONG: f"so this derivative looks wrong (h² if right): {_estimated(remainder)}",
        UNDECIDED: "which decides nothing (h² if this derivative is right, h if wrong)",
    }
    return f"the Taylor remainder falls like h^{remainder.rate:.2f}, {says[remainder.looks]}"


def _estimated(remainder: TaylorRemainder) -> str:
    estimate = remainder.estimate
    return f"along one direction it says {remainder.slope:.8g}, differences {estimate.slope:.8g} ± {estimate.error:.1e}"


class _Moving:
    """A function at moved points; what `stop_gradient` holds stays as it is at the point."""

    def __init__(self, function: Function, point: Point) -> None:
        self.function = function
        self.point = point
        with recorded() as self.held:
            self.shape = self._call(point.arguments).shape

    def moved(self, direction: Arrays, t: float) -> dict[str, np.ndarray]:
        """The arguments that move."""
        return {name: self.point.arguments[name] + t * v for name, v in direction.items()}

    def value(self, moved: Arrays, weights: np.ndarray) -> float:
        """⟨weights, f⟩; NaN where the function raises, as where a matrix is not definite any more."""
        try:
            with replayed(self.held):
                return float(np.sum(weights * self._call({**self.point.arguments, **moved})))
        except Exception:  # noqa: BLE001 - outside its domain a function may raise whatever it likes
            return math.nan

    def _call(self, arguments: Arrays) -> np.ndarray:
        with np.errstate(all="ignore"):
            return np.asarray(self.function(**{name: np.array(array) for name, array in arguments.items()}), float)


def _of_gradient(moving: _Moving, wrt: tuple[str, ...], gradient: Arrays, tolerance: float) -> TaylorRemainder:
    """Along a direction; the claimed change is that of the move which floats can make."""
    arguments = moving.point.arguments
    cotangent = moving.point.cotangent_for(moving.shape)
    direction = {name: _direction(arguments[name]) for name in wrt}
    terms = np.concatenate([(slopes * direction[name]).ravel() for name, slopes in gradient.items()] or [np.zeros(0)])

    def line(t: float) -> tuple[float, float]:
        moved = moving.moved(direction, t)
        changes = [float(np.sum(slopes * (moved[name] - arguments[name]))) for name, slopes in gradient.items()]
        return moving.value(moved, cotangent), sum(changes)

    return taylor_remainder(line, float(terms.sum()), tolerance * float(np.abs(terms).sum()))


def _of_directional(moving: _Moving, wrt: tuple[str, ...], answer: np.ndarray, tolerance: float) -> TaylorRemainder:
    """Of a weighed sum of the outputs, along the tangents."""
    weights = _direction(np.ones(moving.shape))
    direction = {name: moving.point.tangent_for(name) for name in wrt}
    terms = weights * answer
    slope = float(terms.sum())

    def line(t: float) -> tuple[float, float]:
        return moving.value(moving.moved(direction, t), weights), t * slope

    return taylor_remainder(line, slope, tolerance * float(np.abs(terms).sum()))


def _direction(array: np.ndarray) -> np.ndarray:
    """Numbers of both signs, none small beside the entry that they move, nor beside a typical one."""
    random = np.random.default_rng(SEED)
    signs = random.choice([-1.0, 1.0], array.shape)
    typical = np.sqrt(np.mean(array**2)) if array.size else 0.0
    scale = np.maximum(np.abs(array), typical)
    return np.asarray(signs * random.uniform(0.5, 1.0, array.shape) * np.where(scale > 0, scale, 1.0))
