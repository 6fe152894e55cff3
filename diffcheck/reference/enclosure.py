"""An enclosure: two numbers between which the true one certainly lies, for every entry."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from flint import arb

# Below this, the part of a midpoint that float64 lacks may be too small for a float64.
_LOW_UNDERFLOWS = 2.0**-900


@dataclass(frozen=True, eq=False)
class Enclosure:
    """An array of balls, with the floats that judging needs.

    Attributes:
        balls: object array of `flint.arb`.
        open: where a kink, and not the precision, keeps the enclosure wide.
        wide: where the precision, and not a kink, keeps it wide.
    """

    balls: np.ndarray
    open: np.ndarray
    wide: np.ndarray

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the array that is enclosed."""
        return self.balls.shape

    @cached_property
    def high(self) -> np.ndarray:
        """The midpoints, rounded to float64; `high + low` has 106 bits of them."""
        return floats(self.balls)

    @cached_property
    def low(self) -> np.ndarray:
        """What rounding took from `high`; zero where that is not a finite number."""
        rest = [_rest(ball, high) for ball, high in zip(self.balls.ravel(), self.high.ravel().tolist(), strict=True)]
        return np.array(rest, dtype=float).reshape(self.shape)

    @cached_property
    def radius(self) -> np.ndarray:
        """The radii, rounded up."""
        return np.where(self.exact, 0.0, np.nextafter(floats(self.balls, arb.rad), np.inf))

    @cached_property
    def exact(self) -> np.ndarray:
        """Where the ball is one number."""
        return np.asarray(np.frompyfunc(arb.is_exact, 1, 1)(self.balls), dtype=bool)

    @cached_property
    def infinite(self) -> np.ndarray:
        """Where the true number is +∞ or −∞, and not only beyond the range of float64."""
        infinite = np.array(np.isinf(self.high))
        infinite[infinite] = [not ball.is_finite() for ball in self.balls_at(infinite)]
        return infinite & self.exact

    @cached_property
    def lower(self) -> np.ndarray:
        """The lower end, rounded down to float64."""
        return self._end(-np.inf)

    @cached_property
    def upper(self) -> np.ndarray:
        """The upper end, rounded up to float64."""
        return self._end(np.inf)

    def _end(self, direction: float) -> np.ndarray:
        with np.errstate(invalid="ignore"):
            reach = np.nextafter(self.radius + np.abs(self.low), np.inf)
            end = np.nextafter(self.high + np.copysign(reach, direction), direction)
        end = np.array(np.where(self.exact & (self.low == 0), self.high, end))
        careful = self._beyond_floats
        end[careful] = [_end_of(ball, direction) for ball in self.balls_at(careful)]
        return end

    @cached_property
    def has_sign(self) -> np.ndarray:
        """Where the true number is certainly not zero, be it smaller than any float64."""
        found = np.array((self.lower > 0) | (self.upper < 0))
        tiny = np.asarray(~found & self._beyond_floats)
        found[tiny] = [not ball.contains(0) for ball in self.balls_at(tiny)]
        return found

    def balls_at(self, mask: np.ndarray) -> np.ndarray:
        """The balls of some entries."""
        return self.balls[mask]

    @property
    def _beyond_floats(self) -> np.ndarray:
        """Where float arithmetic fails: where the midpoint overflows, or where `low` may underflow."""
        size = np.abs(self.high)
        return np.array(~(size < np.inf) | (size < _LOW_UNDERFLOWS))

    def distance(self, values: np.ndarray) -> np.ndarray:
        """How far float64 numbers are from the midpoints; NaN where either is not finite."""
        with np.errstate(invalid="ignore", over="ignore"):
            return np.abs((values - self.high) - self.low)

    def apart(self, other: Enclosure) -> np.ndarray:
        """Where two finite enclosures certainly have no number in common."""
        return np.asarray(np.frompyfunc(_are_apart, 2, 1)(self.balls, other.balls), dtype=bool)


def floats(balls: np.ndarray, part: Callable[[arb], arb] = arb.mid) -> np.ndarray:
    """A part of each ball, its middle unless told otherwise, rounded to float64."""
    return np.array([float(part(ball)) for ball in balls.ravel()], dtype=float).reshape(balls.shape)


def _are_apart(first: arb, second: arb) -> bool:
    return bool(first.is_finite() and second.is_finite() and not first.overlaps(second))


def _end_of(ball: arb, direction: float) -> float:
    """One end of a ball as a float64, rounded towards −∞ or +∞."""
    if not ball.is_finite():
        return _end_of_infinite(ball, direction)
    end = ball.lower() if direction < 0 else ball.upper()
    nearest = float(end)
    inside = arb(nearest) > end if direction < 0 else arb(nearest) < end
    return float(np.nextafter(nearest, direction)) if inside else nearest


def _end_of_infinite(ball: arb, direction: float) -> float:
    if ball.is_nan():
        return float("nan")
    return float(ball) if ball.is_exact() else direction


def _rest(ball: arb, high: float) -> float:
    if high - high != 0:
        return 0.0
    return float(ball.mid() - arb(high))
