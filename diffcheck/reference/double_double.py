"""Arrays of double-double numbers, each with a bound on its error: balls of 106 bits that NumPy computes fast.

Python's balls cost a microsecond an operation, these some nanoseconds. They know no kink, no infinity
and no exponent beyond ±300: where one of those is met, `NotInDoubles` is raised and Arb's balls decide.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from flint import arb

from diffcheck.reference.error_free import UNIT, two_product, two_sum
from diffcheck.reference.precision import precision

# Enough for two floats, one of which is what the other lacks.
_BITS = 128

# The exponents between which no product of two numbers, no part of it and no bound underflows.
_MOST = 2.0**300
_LEAST_HIGH = 2.0**-300
_LEAST_LOW = 2.0**-600
_LEAST_RADIUS = 2.0**-500

ROUNDED_UP = 1 + 2.0**-48
"""A bound that was computed with fewer than a dozen roundings, times this, holds."""


class NotInDoubles(ArithmeticError):
    """Something that these numbers cannot hold or decide."""


@dataclass(frozen=True, eq=False)
class DoubleDouble:
    """Real numbers: each differs from `high + low` by at most `radius`.

    Attributes:
        high: the numbers rounded to float64.
        low: what is missing, rounded to float64.
        radius: bounds.

    Raises:
        NotInDoubles: a part is no number, or so large or small that the next operation could lose it.
    """

    high: np.ndarray
    low: np.ndarray
    radius: np.ndarray

    def __post_init__(self) -> None:
        parts = ((self.high, _LEAST_HIGH), (self.low, _LEAST_LOW), (self.radius, _LEAST_RADIUS))
        if not all(_in_range(part, least) for part, least in parts):
            raise NotInDoubles("an exponent is beyond ±300")

    @classmethod
    def exact(cls, values: np.ndarray) -> DoubleDouble:
        """Numbers of any dtype that float64 holds."""
        high = np.asarray(values, dtype=float)
        return cls(high, _nothing(high.shape), _nothing(high.shape))

    @classmethod
    def of_balls(cls, balls: np.ndarray) -> DoubleDouble:
        """Arb's balls, up to what two floats lack."""
        parts = [_parts(ball) for ball in balls.ravel()]
        columns = np.array(parts, dtype=float).reshape(len(parts), 3)
        return cls(*(column.reshape(balls.shape) for column in columns.T))

    def balls(self) -> np.ndarray:
        """The same as Arb's balls."""
        result = np.empty(self.high.size, object)
        parts = (part.ravel().tolist() for part in (self.high, self.low, self.radius))
        with precision(_BITS):
            result[:] = [arb(high, radius) + low for high, low, radius in zip(*parts, strict=True)]
        return result.reshape(self.shape)

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the array."""
        return self.high.shape

    @property
    def size(self) -> np.ndarray:
        """No entry is larger in absolute value."""
        return (np.abs(self.high) + np.abs(self.low) + self.radius) * ROUNDED_UP

    @property
    def has_sign(self) -> np.ndarray:
        """Where every number in the ball has the same sign, and none is zero."""
        return np.abs(self.high) > (np.abs(self.low) + self.radius) * ROUNDED_UP

    @property
    def is_zero(self) -> np.ndarray:
        """Where the number is zero, exactly."""
        return np.asarray((self.high == 0) & (self.radius == 0))

    def rearranged(self, change: Callable[[np.ndarray], np.ndarray]) -> DoubleDouble:
        """The same entries in another order or shape, which need not be looked at again."""
        result = object.__new__(DoubleDouble)
        result.__dict__.update(high=change(self.high), low=change(self.low), radius=change(self.radius))
        return result

    # ---- arithmetic ----

    def __add__(self, other: DoubleDouble) -> DoubleDouble:
        total, missing = two_sum(self.high, other.high)
        lows, lost = two_sum(self.low, other.low)
        rest, more_lost = two_sum(missing, lows)
        high, low = two_sum(total, rest)
        radius = self.radius + other.radius + np.abs(lost) + np.abs(more_lost)
        return DoubleDouble(high, low, radius * ROUNDED_UP)

    def __neg__(self) -> DoubleDouble:
        return DoubleDouble(-self.high, -self.low, self.radius)

    def __sub__(self, other: DoubleDouble) -> DoubleDouble:
        return self + -other

    def __mul__(self, other: DoubleDouble) -> DoubleDouble:
        product, missing = two_product(self.high, other.high)
        radius = np.zeros(product.shape)
        if self.radius.any() or other.radius.any():
            radius = self.radius * other.size + (np.abs(self.high) + np.abs(self.low)) * other.radius
        if not (self.low.any() or other.low.any()):
            return DoubleDouble(product, missing, radius * ROUNDED_UP)
        first = self.high * other.low
        second = self.low * other.high
        crossed, lost = two_sum(first, second)
        rest, more_lost = two_sum(missing, crossed)
        high, low = two_sum(product, rest)
        radius = radius + UNIT * (np.abs(first) + np.abs(second)) + np.abs(self.low) * (2 * UNIT * np.abs(other.high))
        return DoubleDouble(high, low, (radius + np.abs(lost) + np.abs(more_lost)) * ROUNDED_UP)

    def reciprocal(self) -> DoubleDouble:
        """1/x: by 1/x = y·(1 + e + e²/(1 − e)) with e = 1 − x·y, for the float y nearest to it."""
        if not self.has_sign.all():
            raise NotInDoubles("1/0")
        guess = DoubleDouble.exact(1 / self.high)
        miss = _one() - self * guess
        near = guess + guess * miss
        return near.widened(2 * np.abs(guess.high) * _small(miss) ** 2)

    def root(self) -> DoubleDouble:
        """√x: by √x = s + (x − s²)/2s − …, for the float s nearest to it."""
        if not (self.has_sign & (self.high > 0)).all():
            raise NotInDoubles("√0")
        guess = DoubleDouble.exact(np.sqrt(self.high))
        half = (guess * DoubleDouble.exact(np.asarray(2.0))).reciprocal()
        step = (self - guess * guess) * half
        relative = _small(step * guess.reciprocal())
        return (guess + step).widened(guess.high * relative**2)

    def power(self, exponent: int) -> DoubleDouble:
        """A whole power from 1 on, by squaring."""
        if exponent == 1:
            return self
        half = self.power(exponent // 2)
        square = half * half
        return square * self if exponent % 2 else square

    def widened(self, error: np.ndarray) -> DoubleDouble:
        """The same, known less well."""
        return DoubleDouble(self.high, self.low, (self.radius + error) * ROUNDED_UP)


def _one() -> DoubleDouble:
    return DoubleDouble.exact(np.ones(()))


def _small(number: DoubleDouble) -> np.ndarray:
    """A bound on what has to be small for an expansion to hold."""
    size = number.size
    if not (size < 2.0**-20).all():
        raise NotInDoubles("too wide for its own reciprocal or root")
    return size


def _in_range(part: np.ndarray, least: float) -> bool:
    size = np.abs(part)
    return bool((((size >= least) | (size == 0)) & (size <= _MOST)).all())


def _nothing(shape: tuple[int, ...]) -> np.ndarray:
    """Zeros that take no memory."""
    return np.broadcast_to(0.0, shape)


def _parts(ball: arb) -> tuple[float, float, float]:
    """Two floats and a bound: what is left of the midpoint is added to the radius."""
    high = float(ball.mid())
    low = float(ball.mid() - high)
    rest = (ball - high) - low
    return high, low, float(rest.abs_upper()) * ROUNDED_UP
