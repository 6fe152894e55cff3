"""All the numbers that a dtype of 16 bits has."""

from __future__ import annotations

import numpy as np

from diffcheck.dtype import limits


def finite_numbers(dtype: str) -> np.ndarray:
    """Every finite number, zero twice."""
    infinity = int(np.array(np.inf, dtype).view(np.uint16))
    positive = np.arange(infinity, dtype=np.uint16).view(dtype)
    return np.concatenate([positive, -positive])


def normal_numbers(dtype: str) -> np.ndarray:
    """Every number with all its digits."""
    finite = finite_numbers(dtype)
    return finite[np.abs(finite) >= limits(dtype).smallest_normal]
