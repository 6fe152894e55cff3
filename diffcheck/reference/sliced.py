"""Sums and matrix products of double-double numbers, by float64 sums and products that round nothing.

Numbers are cut into slices of so few bits that the products of two slices, and the sum of all of
them, fit into 53 bits: a float64 matrix product of slices is exact in whatever order it is computed
(Ozaki, Ogita, Oishi and Rump, Error-free transformations of matrix multiplication by using fast
routines of matrix multiplication and its applications, Numer. Algorithms 59, 2012). What two slices
leave is multiplied with rounding; its error is bounded by the product of absolute values.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from diffcheck.reference.double_double import ROUNDED_UP, DoubleDouble
from diffcheck.reference.error_free import DIGITS, UNIT, leading, two_sum

# A slice of more bits would move the number that cuts it off out of its binade.
_MOST_BITS = 50

# Entries that are added up at once: what is needed of them stays in the processor's cache.
_BLOCK = 2**13

# Three slices hold a float64 and some of what is below it, whatever is added up.
_SLICES = 3


@dataclass(frozen=True, eq=False)
class _Cut:
    """Numbers as slices and a rest, which together are all of them but a rounding of the rest."""

    slices: list[np.ndarray]
    rest: np.ndarray


def matrix_products(left: DoubleDouble, right: DoubleDouble) -> DoubleDouble:
    """A batch of matrix products, of shapes (b, m, k) and (b, k, n)."""
    terms = left.shape[-1]
    bits = (DIGITS - _bits_of(terms)) // 2
    a, b = _cut(left, bits, axis=-1), _cut(right, bits, axis=-2)
    exact = (_product(x, y) for x, y in product(a.slices, b.slices))
    rest = _product(a.rest, right.high) + _product(left.high, b.rest)
    unit = (terms + 8) * UNIT
    error = _product(left.radius + unit * np.abs(a.rest), right.size)
    error = error + _product(left.size, right.radius + unit * np.abs(b.rest))
    return _added(exact, rest, error * (1 + unit))


def added_up(numbers: DoubleDouble, add_up: Callable[[np.ndarray], np.ndarray], terms: int) -> DoubleDouble:
    """Sums of entries.

    Args:
        numbers: the entries.
        add_up: adds the entries of a float64 array up, in any order.
        terms: the most entries that end in one sum.
    """
    cut = _cut(numbers, min(_MOST_BITS, DIGITS - _bits_of(terms)), axis=None)
    unit = (terms + 8) * UNIT
    error = add_up(numbers.radius + unit * np.abs(cut.rest))
    return _added(map(add_up, cut.slices), add_up(cut.rest), error * (1 + unit))


def _bits_of(terms: int) -> int:
    """A sum of so many numbers has at most so many bits more than they."""
    return max(terms - 1, 0).bit_length()


def _cut(numbers: DoubleDouble, bits: int, axis: int | None) -> _Cut:
    """Slices of some bits, counted from the largest number along an axis, or of all."""
    largest = np.max(np.abs(numbers.high), axis=axis, keepdims=True, initial=0.0)
    _, exponent = np.frexp(largest)
    left = numbers.high
    slices = []
    for k in range(_SLICES):
        slices.append(leading(left, exponent - k * bits, bits))
        left = left - slices[-1]
    return _Cut(slices, left + numbers.low)


def _product(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """A float64 matrix product; one with zeros alone costs nothing."""
    if left.any() and right.any():
        return left @ right
    return np.broadcast_to(0.0, (*left.shape[:-1], right.shape[-1]))


def _added(exact: Iterable[np.ndarray], rest: np.ndarray, error: np.ndarray) -> DoubleDouble:
    """The sum of exact floats, the large ones first, and of a small rest."""
    parts = [part.ravel() for part in exact]
    high, low, radius = np.empty(rest.shape), rest.copy(), error.copy()
    sums = high.ravel(), low.ravel(), radius.ravel()
    for begin in range(0, rest.size, _BLOCK):
        block = slice(begin, begin + _BLOCK)
        _add_block([part[block] for part in parts], *(whole[block] for whole in sums))
    return DoubleDouble(high, low, radius)


def _add_block(parts: Sequence[np.ndarray], high: np.ndarray, low: np.ndarray, radius: np.ndarray) -> None:
    """Add parts up, into `high` and what is in `low`, and what is lost to the radius."""
    total, rest = parts[0], low
    lost = np.zeros(low.shape)
    for part in parts[1:]:
        total, missing = two_sum(total, part)
        rest, lacking = two_sum(rest, missing)
        lost += np.abs(lacking)
    high[:], low[:] = two_sum(total, rest)
    radius += lost
    radius *= ROUNDED_UP
