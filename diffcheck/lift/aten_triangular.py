"""Triangular systems, row by row, and the Cholesky factor.

Matrices are the last two axes; those before them are a batch.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from diffcheck.expression import elementwise, linear, manipulation
from diffcheck.expression.trace import Tracer

Rule = Callable[..., Any]


def identity_like(a: Tracer) -> Tracer:
    """The identity with as many rows as a, for each matrix of the batch."""
    rows = int(a.shape[-2])
    return elementwise.traced(np.broadcast_to(np.eye(rows), (*a.shape[:-2], rows, rows)))


def solved(triangle: Tracer, b: Tracer, *, lower: bool, unit: bool) -> Tracer:
    """x with triangle·x = b, row by row."""
    size = int(triangle.shape[-1])
    rows: dict[int, Tracer] = {}
    for k in range(size) if lower else reversed(range(size)):
        row = b[..., k, :]
        for j, known in rows.items():
            row = row - triangle[..., k, j][..., None] * known
        rows[k] = row if unit else row / triangle[..., k, k][..., None]
    return manipulation.stack([rows[k] for k in range(size)], axis=-2) if rows else b


def _solve(a: Tracer, b: Tracer, *, upper: bool, left: bool = True, unitriangular: bool = False) -> Tracer:
    """x with a·x = b; from the right, x·a = b, everything is transposed."""
    if left:
        return solved(a, b, lower=not upper, unit=unitriangular)
    turned = solved(linear.matrix_transpose(a), linear.matrix_transpose(b), lower=upper, unit=unitriangular)
    return linear.matrix_transpose(turned)


def _solve_with_copy(
    b: Tracer, a: Tracer, upper: bool = True, transpose: bool = False, unitriangular: bool = False
) -> tuple[Tracer, Tracer]:
    matrix = linear.matrix_transpose(a) if transpose else a
    return solved(matrix, b, lower=upper == transpose, unit=unitriangular), a


# ---- Cholesky --------------------------------------------------------------------------------


def _cholesky(a: Tracer, upper: bool = False) -> Tracer:
    """The factor, row by row, from the triangle of a that it fills."""
    matrix = linear.matrix_transpose(a) if upper else a
    size = int(matrix.shape[-1])
    factor: dict[tuple[int, int], Any] = {}
    for i in range(size):
        for j in range(i + 1):
            rest = matrix[..., i, j]
            for k in range(j):
                rest = rest - factor[i, k] * factor[j, k]
            factor[i, j] = rest / factor[j, j] if j < i else elementwise.sqrt(rest)
    if not factor:
        return a
    zero = elementwise.traced(np.zeros(a.shape[:-2]))
    entries = [factor.get((i, j), zero) for i in range(size) for j in range(size)]
    lower = manipulation.reshape(manipulation.stack(entries, axis=-1), a.shape)
    return linear.matrix_transpose(lower) if upper else lower


def _cholesky_solve(b: Tracer, factor: Tracer, upper: bool = False) -> Tracer:
    """The system of the matrix that has this factor."""
    lower = linear.matrix_transpose(factor) if upper else factor
    half = solved(lower, b, lower=True, unit=False)
    return solved(linear.matrix_transpose(lower), half, lower=False, unit=False)


RULES: dict[str, Rule] = {
    "cholesky": _cholesky,
    "cholesky_inverse": lambda factor, upper=False: _cholesky_solve(identity_like(factor), factor, upper),
    "cholesky_solve": _cholesky_solve,
    "linalg_cholesky_ex": lambda a, *, upper=False, **_: (_cholesky(a, upper), None),
    "linalg_solve_triangular": _solve,
    "triangular_solve": _solve_with_copy,
}
