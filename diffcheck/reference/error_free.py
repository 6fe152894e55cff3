"""Error-free transformations: what rounding takes from a float64 operation, as a float64.

They hold while nothing overflows or underflows, which `DoubleDouble` sees to (Dekker 1971; Ogita,
Rump and Oishi, Accurate Sum and Dot Product, SIAM J. Sci. Comput. 26, 2005).
"""

from __future__ import annotations

import numpy as np

DIGITS = 53
"""Bits of a float64."""

UNIT = 2.0**-DIGITS
"""The unit round-off of float64."""

_HALF_OF_THE_BITS = 2.0**27 + 1


def two_sum(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The rounded sum, and what is missing from it."""
    total = x + y
    shadow = total - x
    return total, (x - (total - shadow)) + (y - shadow)


def two_product(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The rounded product, and what is missing from it."""
    product = x * y
    x_high, x_low = _halves(x)
    y_high, y_low = _halves(y)
    missing = x_low * y_low - (((product - x_high * y_high) - x_low * y_high) - x_high * y_low)
    return product, missing


def _halves(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A number as a sum of two of half its bits."""
    scaled = _HALF_OF_THE_BITS * x
    high = scaled - (scaled - x)
    return high, x - high


def leading(x: np.ndarray, exponent: np.ndarray | int, bits: int) -> np.ndarray:
    """Numbers of at most 2^exponent, rounded to multiples of 2^(exponent − bits); the rest is exact, too."""
    shift = np.ldexp(1.5, exponent + (DIGITS - 1) - bits)
    return (x + shift) - shift
