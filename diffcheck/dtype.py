"""The floating dtypes that derivatives are judged in: what each can hold, and how it rounds."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from math import log2

import ml_dtypes
import numpy as np
from numpy.typing import ArrayLike, DTypeLike

ORDINARY = ("float64", "float32")
"""What a run covers unless told otherwise."""

LOW = ("bfloat16", "float16")
"""What frameworks train in: stored in 16 bits, added up in float32."""

DTYPES = (*ORDINARY, *LOW)

# By this import NumPy learns the name bfloat16.
_FLOATING = frozenset(ml_dtypes.finfo(name).dtype for name in DTYPES)


@dataclass(frozen=True)
class Limits:
    """What a floating dtype can hold.

    Attributes:
        dtype: as NumPy knows it; bfloat16 is the one that `ml_dtypes` adds.
        unit: the unit round-off of a stored number, half the machine epsilon.
        accumulator: the unit round-off of what its sums and functions are computed in.
        largest: the largest finite number.
        smallest_normal: the smallest number with all its digits.
        smallest_subnormal: the smallest number above zero.
    """

    dtype: np.dtype
    unit: float
    accumulator: float
    largest: float
    smallest_normal: float
    smallest_subnormal: float

    @property
    def short_bits(self) -> int:
        """A literal exact in so few bits is the number that was meant: 12, in low precision half of its bits."""
        return min(12, -round(log2(self.unit)) // 2)

    @property
    def is_low(self) -> bool:
        """Whether numbers are stored with fewer digits than they are computed with."""
        return self.accumulator < self.unit


def limits(dtype: DTypeLike) -> Limits:
    """What a floating dtype can hold.

    Raises:
        TypeError: no derivative is judged in this dtype.
    """
    found = np.dtype(dtype)
    if not is_floating(found):
        raise TypeError(f"{found.name} is no dtype to differentiate in; there are {', '.join(DTYPES)}")
    return _limits(found)


@cache
def _limits(dtype: np.dtype) -> Limits:
    info = ml_dtypes.finfo(dtype)
    unit = float(info.eps) / 2
    computed_in = np.dtype(np.float32) if dtype.name in LOW else dtype
    return Limits(
        dtype=dtype,
        unit=unit,
        accumulator=float(np.finfo(computed_in).eps) / 2,
        largest=float(info.max),
        smallest_normal=float(info.smallest_normal),
        smallest_subnormal=float(info.smallest_subnormal),
    )


def is_floating(dtype: np.dtype) -> bool:
    """Whether a derivative is taken in this dtype; NumPy does not count bfloat16 as floating."""
    return dtype in _FLOATING


def ulp(values: ArrayLike, dtype: DTypeLike) -> np.ndarray:
    """One unit in the last place of a dtype at some numbers; of its largest beyond its range."""
    row = limits(dtype)
    size = np.minimum(np.maximum(np.abs(np.asarray(values, dtype=float)), row.smallest_normal), row.largest)
    return np.asarray(np.ldexp(2 * row.unit, np.frexp(size)[1] - 1))


def rounded_to(values: ArrayLike, dtype: DTypeLike) -> np.ndarray:
    """Numbers rounded to a dtype, to even from halfway, in float64; beyond its range infinite.

    NumPy's own conversion of float64 to bfloat16 rounds twice: to float32 first.
    """
    numbers = np.asarray(values, dtype=float)
    last_place = ulp(numbers, dtype)
    rounded = np.rint(numbers / last_place) * last_place
    beyond = np.abs(rounded) > limits(dtype).largest
    return np.where(beyond, np.copysign(np.inf, numbers), rounded)
