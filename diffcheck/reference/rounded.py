"""Arrays as a dtype computes them: values, with what rounding may have done to each entry."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

# One rounding errs by at most u·|result|; taken as uniform, its standard deviation is u·|result|/√3.
ROOT3 = float(np.sqrt(3.0))

# So many standard deviations are allowed: beyond, an error is a suspicion.
SIGMAS = 6.0


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
        unit: the unit round-off, half the machine epsilon.
        underflow: the absolute error of one operation whose result may be subnormal.
    """

    dtype: np.dtype
    unit: float
    underflow: float = 0.0

    @classmethod
    def of(cls, dtype: Any, *, underflow: bool = False) -> Arithmetic:
        """The arithmetic of a dtype.

        With `underflow`, every operation may also lose what is below the smallest normal
        number: XLA flushes subnormals to zero.
        """
        info = np.finfo(dtype)
        return cls(np.dtype(dtype), float(info.eps) / 2, float(info.tiny) if underflow else 0.0)


def exact(values: Any) -> Rounded:
    """Numbers without an error."""
    values = np.asarray(values, dtype=float)
    return Rounded(values, np.zeros_like(values), np.zeros_like(values))
