"""Sums and products of floats, as NumPy computes them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np


class FloatProducts:
    """Arrays of float64."""

    def rearranged(self, array: np.ndarray, change: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
        return change(array)

    def multiplied(self, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        return left * right

    def matrix_products(self, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        return left @ right

    def summed(self, array: np.ndarray, axes: tuple[int, ...]) -> np.ndarray:
        return np.asarray(array.sum(axis=axes))

    def counted(self, array: np.ndarray, count: int) -> np.ndarray:
        return array * count
