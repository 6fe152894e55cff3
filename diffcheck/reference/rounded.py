"""Arrays as a dtype computes them: values, with what rounding may have done to each entry."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from diffcheck.dtype import limits, rounded_to

# One rounding errs by at most u·|result|; taken as uniform, its standard deviation is u·|result|/√3.
ROOT3 = float(np.sqrt(3.0))

# So many standard deviations are allowed: beyond, an error is a suspicion.
SIGMAS = 6.0

# Bounds are float64 numbers, which half the smallest of them is not.
SMALLEST_FLOAT = limits("float64").smallest_subnormal


@dataclass(frozen=True, eq=False)
class Rounded:
    """An array as a dtype computes it.

    Attributes:
        value: the entries, in float64.
        sigma: the standard deviation of each entry's error.
        worst: a bound on each entry's error.
    """

    value: Any
    sigma: Any
    worst: Any


@dataclass(frozen=True)
class Arithmetic:
    """What rounding is in one dtype.

    Attributes:
        dtype: the dtype.
        unit: the unit round-off of what is stored, half the machine epsilon.
        accumulator: the unit round-off of what sums are computed in.
        underflow: the absolute error of one operation whose result may be subnormal.
        framework: whose functions are called; `None` for whichever is least exact.
        lifted: whether the program's numbers are a framework's, rounded, and not those that were meant.
        biased: whether equal terms of a sum make equal roundings of its partial sums, all of one sign.
    """

    dtype: np.dtype
    unit: float
    accumulator: float
    underflow: float = 0.0
    framework: str | None = None
    lifted: bool = False
    biased: bool = False

    @classmethod
    def of(
        cls,
        dtype: DTypeLike,
        *,
        underflow: bool = False,
        flushes: bool = False,
        framework: str | None = None,
        lifted: bool = False,
        biased: bool = False,
    ) -> Arithmetic:
        """The arithmetic of a dtype.

        With `underflow`, every operation may also lose half the smallest subnormal number; where
        the framework `flushes` subnormals to zero (XLA on the CPU), all below the smallest normal.
        """
        row = limits(dtype)
        gradual = max(row.smallest_subnormal / 2, SMALLEST_FLOAT)
        lost = row.smallest_normal if flushes else gradual
        return cls(row.dtype, row.unit, row.accumulator, lost if underflow else 0.0, framework, lifted, biased)

    def is_meant(self, numbers: Any) -> Any:
        """Where numbers have so few bits that they were meant as they are: ½ and 3, but not 0.2."""
        mantissa, _ = np.frexp(numbers)
        scaled = mantissa * 2.0 ** limits(self.dtype).short_bits
        return (scaled == np.rint(scaled)) | ~np.isfinite(numbers)

    @property
    def storage(self) -> float:
        """The unit round-off of storing a sum, beyond that of computing it: none where both are one."""
        return self.unit if self.accumulator < self.unit else 0.0


def stored(values: np.ndarray, arithmetic: Arithmetic) -> Rounded:
    """Numbers that the program brings along: off by a rounding where the dtype lacks them.

    In a lifted program all numbers are those of the dtype, and long ones stand for others.
    """
    missing = ~arithmetic.is_meant(values) if arithmetic.lifted else rounded_to(values, arithmetic.dtype) != values
    error = np.where(missing, arithmetic.unit * np.abs(values), 0.0)
    return Rounded(values, error / ROOT3, error)


@lru_cache(maxsize=4096)
def stored_number(number: float, arithmetic: Arithmetic) -> Rounded:
    """One such number; kept, as scalar expressions bring few of them along, again and again."""
    return stored(np.asarray(number), arithmetic)


def exact(values: Any) -> Rounded:
    """Numbers without an error."""
    values = np.asarray(values, dtype=float)
    return Rounded(values, np.zeros_like(values), np.zeros_like(values))


def is_whole(operand: Rounded) -> Any:
    """Where a number is whole, and known without an error."""
    return (operand.worst == 0) & (operand.value == np.rint(operand.value))
