"""The linear algebra of symbols, by its definitions."""

from __future__ import annotations

from typing import Any

import numpy as np
import sympy as sp

from diffcheck.symbolic import elementwise, reduction
from diffcheck.symbolic.array import SymbolArray, entries, wrap
from diffcheck.symbolic.product import matmul
from diffcheck.symbolic.structure import diagonal


def outer(x: Any, y: Any, /) -> SymbolArray:
    """All products of entries of two vectors."""
    return wrap(np.multiply.outer(entries(x), entries(y)))


def trace(x: Any, /, *, offset: int = 0, **_: Any) -> SymbolArray:
    """The sum of a diagonal of the last two axes."""
    return reduction.sum(diagonal(x, offset=offset), axis=-1)


def vector_norm(x: Any, /, *, axis: reduction.Axes = None, keepdims: bool = False, ord: float = 2) -> SymbolArray:
    """(Σ|xᵢ|ᵖ)^(1/p) along axes, p = `ord`; ±∞ gives the largest and smallest |xᵢ|."""
    if ord == 2:
        return elementwise.sqrt(reduction.sum(elementwise.square(x), axis=axis, keepdims=keepdims))
    size = elementwise.abs(x)
    if ord == 1:
        return reduction.sum(size, axis=axis, keepdims=keepdims)
    if np.isinf(ord):
        extreme = reduction.max if ord > 0 else reduction.min
        return extreme(size, axis=axis, keepdims=keepdims)
    total = reduction.sum(elementwise.pow(size, ord), axis=axis, keepdims=keepdims)
    return elementwise.pow(total, 1 / ord)


def matrix_norm(x: Any, /, *, keepdims: bool = False, ord: str = "fro") -> SymbolArray:
    """The Frobenius norm of the last two axes."""
    if ord != "fro":
        raise ValueError(f"matrix_norm: symbols have ord='fro', not {ord!r}")
    return vector_norm(x, axis=(-2, -1), keepdims=keepdims)


def _determinant(matrix: np.ndarray) -> sp.Expr:
    """Laplace's expansion along the first row: no division, so singular matrices are no exception."""
    if not len(matrix):
        return sp.S.One
    minors = [_minor(matrix, 0, column) for column in range(len(matrix))]
    return sp.Add(*[(-1) ** k * matrix[0, k] * minor for k, minor in enumerate(minors)])


def _minor(matrix: np.ndarray, row: int, column: int) -> sp.Expr:
    return _determinant(np.delete(np.delete(matrix, row, 0), column, 1))


def _adjugate(matrix: np.ndarray) -> np.ndarray:
    adjugate = np.empty_like(matrix)
    for row, column in np.ndindex(matrix.shape):
        adjugate[column, row] = (-1) ** (row + column) * _minor(matrix, row, column)
    return adjugate


def det(x: Any, /) -> SymbolArray:
    """The determinant of the last two axes."""
    matrices = entries(x)
    result = np.empty(matrices.shape[:-2], object)
    for index in np.ndindex(result.shape):
        result[index] = _determinant(matrices[index])
    return wrap(result)


def inv(x: Any, /) -> SymbolArray:
    """The inverse of the last two axes: adjugate over determinant."""
    matrices = entries(x)
    adjugates = np.empty_like(matrices)
    for index in np.ndindex(matrices.shape[:-2]):
        adjugates[index] = _adjugate(matrices[index])
    return elementwise.divide(adjugates, det(x)[..., None, None])


def solve(x: Any, y: Any, /) -> SymbolArray:
    """The solution z of x·z = y; `y` is a vector or a matrix."""
    return matmul(inv(x), y)
