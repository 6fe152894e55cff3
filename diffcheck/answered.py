"""What a method answered, as numbers: floats of a dtype, or fractions that are exact."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
from flint import arb, fmpq

from diffcheck.reference.enclosure import Enclosure
from diffcheck.reference.precision import precision

_DISTANCE_BITS = 2**14
"""Precision in which a fraction is held against a midpoint: beyond the bits that either comes with (4096 and 8192),
so that a distance of 0 is not rounded to one above the method's own bound."""


def in_floats(values: np.ndarray) -> np.ndarray:
    """The floats that are nearest to an answer."""
    return np.asarray(np.frompyfunc(nearest_float, 1, 1)(values) if _is_exact(values) else values, dtype=float)


def distance(values: np.ndarray, enclosure: Enclosure) -> np.ndarray:
    """How far an answer is from the midpoints; of fractions, as much of it as is certain."""
    if not _is_exact(values):
        return enclosure.distance(in_floats(values))

    def of_one(value: Any, ball: arb) -> float:
        fraction = Fraction(value)
        difference = arb(fmpq(fraction.numerator, fraction.denominator)) - ball.mid()
        return float(difference.abs_lower())

    with precision(_DISTANCE_BITS):
        return np.asarray(np.frompyfunc(of_one, 2, 1)(values, enclosure.balls), dtype=float)


def nearest_float(value: Any) -> float:
    """A number of any kind as a float; beyond the range of floats an infinity."""
    try:
        return float(value)
    except OverflowError:  # Python refuses fractions beyond the range of a float
        return float("inf") if value > 0 else float("-inf")


def _is_exact(values: np.ndarray) -> bool:
    return values.dtype == object
