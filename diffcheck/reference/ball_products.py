"""Sums and products of Arb's balls, matrices through Arb's own product."""

from __future__ import annotations

from collections.abc import Callable
from math import prod

import numpy as np
from flint import arb, arb_mat


class BallProducts:
    """Object arrays of `flint.arb`."""

    def rearranged(self, array: np.ndarray, change: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
        return change(array)

    def multiplied(self, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        return np.asarray(left * right, object)

    def matrix_products(self, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        result = np.empty((left.shape[0], left.shape[1], right.shape[2]), object)
        for k in range(left.shape[0]):
            result[k] = _entries(_matrix(left[k]) * _matrix(right[k]), result.shape[1:])
        return result

    def summed(self, array: np.ndarray, axes: tuple[int, ...]) -> np.ndarray:
        shape = [size for axis, size in enumerate(array.shape) if axis not in axes]
        return np.asarray(array.sum(axis=axes) if array.size else np.full(shape, arb(0)), object)

    def counted(self, array: np.ndarray, count: int) -> np.ndarray:
        return np.asarray(array * arb(count), object)


def _matrix(array: np.ndarray) -> arb_mat:
    rows, columns = array.shape
    return arb_mat(rows, columns, array.ravel().tolist())


def _entries(matrix: arb_mat, shape: tuple[int, ...]) -> np.ndarray:
    flat = np.empty(prod(shape), object)
    flat[:] = matrix.entries()
    return flat.reshape(shape)
