"""Measuring: how far what a framework computes is from the ball that holds the true value."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import sympy as sp
from flint import arb

from diffcheck.dtype import Limits, limits
from diffcheck.expression import numeric
from diffcheck.expression.heads import SLOTS
from diffcheck.measuring.fit import ideal
from diffcheck.measuring.primitive import Columns, Primitive
from diffcheck.reference.enclosure import Enclosure
from diffcheck.reference.precision import precision

# Bits of precision, tried in turn: sin of the largest float64 number needs the last.
PRECISIONS = (128, 512, 2500)

# A ball so narrow moves no measured error by a hundredth of a unit of round-off.
ENOUGH_BITS = 75


@dataclass(frozen=True, eq=False)
class Exact:
    """A primitive's true values on its grid.

    Attributes:
        points: one array for each argument.
        enclosure: the values.
        size: u|f|, u being the unit round-off; scaled so that nothing overflows.
        moved: u Σ|x ∂f/∂x|.
        counts: where f is zero or a normal number of the dtype, and known well.
        row: the dtype.
    """

    points: Columns
    enclosure: Enclosure
    size: np.ndarray
    moved: np.ndarray
    counts: np.ndarray
    row: Limits

    @property
    def ideal(self) -> np.ndarray:
        """u(|f| + Σ|x ∂f/∂x|), u where that is zero."""
        return ideal(self.size, self.moved, self.row.unit)


@dataclass(frozen=True, eq=False)
class Measured:
    """How far a framework is off.

    Attributes:
        error: |computed − f|, less what underflow may do, over u(|f| + Σ|x ∂f/∂x|); 0 where nothing counts.
        missing: where the framework has NaN or an infinity, and the true value is well inside the dtype's range.
    """

    error: np.ndarray
    missing: np.ndarray


def exact(primitive: Primitive, dtype: str) -> Exact:
    """The true values of a primitive on its grid."""
    points = primitive.points(dtype)
    row = limits(dtype)
    balls = enclose(primitive.ball, points)
    nowhere = np.zeros(balls.shape, dtype=bool)
    enclosure = Enclosure(balls, nowhere, nowhere)
    size = np.abs(enclosure.high)
    smallest = max(2 * row.smallest_normal, np.finfo(float).tiny / row.unit)  # so that u|f| is a normal float64
    normal = (size == 0) | ((size >= smallest) & (size <= row.largest))
    counts = normal & (enclosure.radius <= row.unit / 100 * size)
    return Exact(points, enclosure, row.unit * size, moved(primitive.expression, points, row.unit), counts, row)


def enclose(function: Callable[..., arb], points: Columns) -> np.ndarray:
    """A function of balls at numbers, in as many bits as each needs."""
    found = np.empty(points[0].shape, dtype=object)
    wanted = np.arange(found.size)
    for bits in PRECISIONS:
        with precision(bits):
            for k in wanted:
                found[k] = function(*(arb(float(column[k])) for column in points))
        wanted = np.array(
            [k for k in wanted if not (found[k].is_exact() or found[k].rel_accuracy_bits() >= ENOUGH_BITS)], int
        )
    return found


def moved(expression: sp.Expr, points: Sequence[np.ndarray], unit: float) -> np.ndarray:
    """u Σ|x ∂f/∂x|, without the arguments in which f is infinitely steep."""
    total = np.zeros(np.shape(points[0]))
    with np.errstate(all="ignore"):
        for slot, column in zip(SLOTS, points, strict=False):
            slope = numeric.value(sp.diff(expression, slot), list(points))
            total = total + np.where((column == 0) | ~np.isfinite(slope), 0.0, np.abs(unit * column * slope))
    return total


def measure(true: Exact, computed: np.ndarray) -> Measured:
    """Hold what a framework computed on the grid against the truth.

    XLA reads and writes subnormal numbers as zeros, so the smallest normal number is allowed: that
    is the business of `Arithmetic.underflow`.
    """
    row = true.row
    finite = np.isfinite(computed)
    distance = true.enclosure.distance(np.where(finite, computed, 0.0))
    beyond = np.where(finite & true.counts, np.maximum(distance - row.smallest_normal, 0.0), 0.0)
    inside = true.size <= row.unit * row.largest * (1 - 16 * row.unit)
    return Measured(beyond / true.ideal, true.counts & inside & ~finite)


def worse(first: Measured | None, second: Measured) -> Measured:
    """The worse of two, point by point."""
    if first is None:
        return second
    return Measured(np.maximum(first.error, second.error), first.missing | second.missing)
