"""The published grid: where accuracies are measured. Everything is a formula; nothing is drawn.

DESCRIPTION says how to build it. No benchmark, test or case takes its points from here.
"""

from __future__ import annotations

from hashlib import sha256

import numpy as np
from flint import arb

from diffcheck.dtype import DTYPES, Limits, limits, rounded_to
from diffcheck.reference.precision import precision

DESCRIPTION = """\
Let b(n) be n·0.6180339887498949 in float64, less its whole part. One argument, with both signs, rounded to the dtype: \
0; the smallest normal number and the largest; 2^e·(1 + b(k)), k < 1500, with e = ⌊low + k·(high − low)/1500⌋ from the \
dtype's lowest exponent to its highest; the same, k < 1600, with e from −27 to 27; (k + 0.618)/20, k < 2000; \
(k + 0.618)/1000, k < 2000; k/2, k ≤ 200; and around every centre c: c·(1 ± 2^−k) and c·(1 ± 0.75·2^−k), k ≤ 52, and c \
with four neighbours on either side. Centres are 1/2, 1, 2, 3, 4, e, log 2, kπ/2 for k = 1 … 8, the logarithms of the \
largest and the smallest normal number, and the roots of digamma and of log|Γ| above −4. Subnormal numbers are left \
out, and so are arguments of gamma functions below −1000. Polygamma functions have orders 1 to 4. \
Two arguments: all pairs of L = 0, ±2^k·(1 + b(k + 40)) for even |k| ≤ 40, ±(k + 0.618)/2 for k < 12, ±1/2, ±1, ±2, \
±√t, ±√m, ±4t, ±m/4, where t is the smallest normal and m the largest number; all pairs (x, x·(1 ± 2^−3k)), \
k = 1 … 17, x in L; and (x, log(1 − eˣ)), x = −2^e·(1 + b(k)), k < 800, with e from −27 to 7."""

GOLDEN = 0.6180339887498949

ROOTS = (
    1.4616321449683623,
    0.5040830082644554,
    1.5734984731623905,
    2.610720868444145,
    3.635293366436901,
    2.4570247382208006,
    2.747682646727413,
    3.1435808883499798,
    3.955294284858598,
)
"""Where digamma, and log|Γ| between its poles, are zero: the first is positive, the others negative."""


def line(dtype: str) -> np.ndarray:
    """The arguments of functions of one, ascending."""
    row = limits(dtype)
    steps = np.arange(2000) + 0.618
    positive = [
        np.array([row.smallest_normal, row.largest]),
        _spread(1500, *_exponents(row)),
        _spread(1600, -27, 27),
        steps / 20,
        steps / 1000,
        np.arange(401) / 2,
        *(_around(centre, row) for centre in _centres(row)),
    ]
    return _with_both_signs(np.concatenate(positive), dtype)


def plane(dtype: str) -> tuple[np.ndarray, np.ndarray]:
    """The arguments of functions of two, pair by pair."""
    row = limits(dtype)
    extremes = [np.sqrt(row.smallest_normal), np.sqrt(row.largest), 4 * row.smallest_normal, row.largest / 4]
    even = np.arange(-40, 41, 2)
    positive = [_number(even + 40, even), (np.arange(12) + 0.618) / 2, np.array([*extremes, 0.5, 1.0, 2.0])]
    own = _with_both_signs(np.concatenate(positive), dtype)
    factors = 1 + np.outer([1, -1], np.ldexp(1.0, -3 * np.arange(1, 18))).ravel()
    below_zero = rounded_to(-_spread(800, -27, 7), dtype)
    first = np.concatenate([np.repeat(own, own.size), np.repeat(own, factors.size), below_zero])
    second = np.concatenate([np.tile(own, own.size), np.outer(own, factors).ravel(), _complement(below_zero)])
    second = rounded_to(second, dtype) + 0.0
    kept = _is_normal(first, row) & _is_normal(second, row)
    return first[kept], second[kept]


def digest() -> str:
    """What tells this grid from another."""
    found = sha256()
    for dtype in DTYPES:
        for column in (line(dtype), *plane(dtype)):
            found.update(column.tobytes())
    return found.hexdigest()


# ---- pieces: only operations that IEEE 754 rounds correctly, so that machines agree -------------


def _number(k: np.ndarray, exponent: np.ndarray) -> np.ndarray:
    """2^exponent·(1 + b(k)), whose digits repeat nowhere."""
    turned = k * GOLDEN
    return np.ldexp(1 + turned - np.floor(turned), exponent)


def _spread(count: int, low: int, high: int) -> np.ndarray:
    """Numbers of all magnitudes from 2^low to 2^high."""
    k = np.arange(count)
    return _number(k, low + k * (high - low) // count)


def _exponents(row: Limits) -> tuple[int, int]:
    return int(np.frexp(row.smallest_normal)[1]) - 1, int(np.frexp(row.largest)[1])


def _centres(row: Limits) -> tuple[float, ...]:
    with precision(128):
        angles = [float(arb.pi() * k / 2) for k in range(1, 9)]
        logarithms = [float(arb(number).log()) for number in (2.0, row.largest, row.smallest_normal)]
        return (0.5, 1.0, 2.0, 3.0, 4.0, float(arb(1).exp()), *angles, *np.abs(logarithms), *ROOTS)


def _around(centre: float, row: Limits) -> np.ndarray:
    near = np.outer([1, -1, 0.75, -0.75], np.ldexp(1.0, -np.arange(53))).ravel()
    neighbours = 2 * row.unit * np.arange(-4, 5)
    return np.asarray(centre * (1 + np.concatenate([near, neighbours])))


def _complement(exponents: np.ndarray) -> np.ndarray:
    """log(1 − eˣ)"""
    with precision(128):
        return np.array([float((-arb(x).expm1()).log()) for x in exponents])


def _with_both_signs(positive: np.ndarray, dtype: str) -> np.ndarray:
    """Zero and the numbers of a dtype next to some others, with both signs."""
    found = rounded_to(np.concatenate([positive, -positive, [0.0]]), dtype) + 0.0  # −0 is the point 0
    return np.unique(found[_is_normal(found, limits(dtype))])


def _is_normal(values: np.ndarray, row: Limits) -> np.ndarray:
    """Where a number is zero, or finite and not subnormal."""
    size = np.abs(values)
    return (values == 0) | ((size >= row.smallest_normal) & (size <= row.largest))
