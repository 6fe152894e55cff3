"""An enclosure: two numbers between which the true one certainly lies, for every entry."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from flint import arb


@dataclass(frozen=True, eq=False)
class Enclosure:
    """An array of balls, with the floats that judging needs.

    Attributes:
        balls: object array of `flint.arb`.
        open: where a kink, and not the precision, keeps the enclosure wide.
    """

    balls: np.ndarray
    open: np.ndarray

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the array that is enclosed."""
        return self.balls.shape

    @cached_property
    def high(self) -> np.ndarray:
        """The midpoints, rounded to float64; `high + low` has 106 bits of them."""
        return self._floats(float)

    @cached_property
    def low(self) -> np.ndarray:
        """What rounding took from `high`; zero where that is not a finite number."""
        rest = [_rest(ball, high) for ball, high in zip(self.balls.ravel(), self.high.ravel().tolist(), strict=True)]
        return np.array(rest, dtype=float).reshape(self.shape)

    @cached_property
    def radius(self) -> np.ndarray:
        """The radii, rounded up."""
        return np.where(self.exact, 0.0, np.nextafter(self._floats(lambda ball: float(ball.rad())), np.inf))

    @cached_property
    def exact(self) -> np.ndarray:
        """Where the ball is one number."""
        return np.asarray(np.frompyfunc(arb.is_exact, 1, 1)(self.balls), dtype=bool)

    @cached_property
    def lower(self) -> np.ndarray:
        """The lower end, rounded down to float64."""
        return np.where(self.exact & (self.low == 0), self.high, np.nextafter(self.high - self._reach, -np.inf))

    @cached_property
    def upper(self) -> np.ndarray:
        """The upper end, rounded up to float64."""
        return np.where(self.exact & (self.low == 0), self.high, np.nextafter(self.high + self._reach, np.inf))

    @property
    def _reach(self) -> np.ndarray:
        return np.nextafter(self.radius + np.abs(self.low), np.inf)

    def distance(self, values: np.ndarray) -> np.ndarray:
        """How far float64 numbers are from the midpoints; NaN where either is not finite."""
        with np.errstate(invalid="ignore", over="ignore"):
            return np.abs((values - self.high) - self.low)

    def _floats(self, convert: object) -> np.ndarray:
        return np.array([convert(ball) for ball in self.balls.ravel()], dtype=float).reshape(self.shape)  # type: ignore[operator]


def _rest(ball: arb, high: float) -> float:
    if high - high != 0:
        return 0.0
    return float(ball.mid() - arb(high))
