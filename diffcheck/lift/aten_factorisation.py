"""Determinants, inverses and linear systems, by elimination with the rows exchanged as LAPACK does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from diffcheck.expression import elementwise, linear, manipulation, nodes, reduction
from diffcheck.expression.elementwise import abs as absolute
from diffcheck.expression.elementwise import equal, where
from diffcheck.expression.trace import Tracer
from diffcheck.lift.aten_choice import Choice, first_largest
from diffcheck.lift.program import NotLifted

Rule = Callable[..., Any]


# ---- elimination -----------------------------------------------------------------------------


def _factorised(a: Tracer) -> tuple[Tracer, list[Tracer]]:
    """Both factors in one matrix, and for each step where its pivot was, one among the rows."""
    if a.ndim != 2 or a.shape[0] != a.shape[1]:
        raise NotLifted(f"elimination of shape {a.shape}")
    pivots = []
    for step in range(int(a.shape[0])):
        pivot = _pivot(a[:, step], step)
        a = _eliminated(_exchanged(a, pivot, step), step)
        pivots.append(pivot)
    return a, pivots


def _pivot(column: Tracer, step: int) -> Tracer:
    """One at the first of the largest entries from the step's row down."""
    below = first_largest(absolute(column[step:]))
    above = Tracer(nodes.filled(0, (step,)), column.context)
    return manipulation.concat([above, below])


def _exchanged(a: Tracer, pivot: Tracer, step: int) -> Tracer:
    """The pivot's row and the step's, exchanged."""
    row = _picked(a, pivot)
    others = where(pivot[:, None], a[step, :], a)
    return where((np.arange(int(a.shape[0])) == step)[:, None], row, others)


def _picked(a: Tracer, pivot: Tracer) -> Tracer:
    """The row where the pivot is."""
    row = a[-1, :]
    for k in range(int(a.shape[0]) - 1):
        row = where(pivot[k], a[k, :], row)
    return row


def _eliminated(a: Tracer, step: int) -> Tracer:
    """Multiples of the step's row taken from those below; a column of zeros has none."""
    rank = np.arange(int(a.shape[0]))
    pivot = a[step, step]
    multipliers = where(equal(pivot, 0), 0, a[:, step] / pivot)
    reduced = a - multipliers[:, None] * a[step, :]
    lower_right = (rank[:, None] > step) & (rank > step)
    lower = (rank[:, None] > step) & (rank == step)
    return where(lower_right, reduced, where(lower, multipliers[:, None], a))


# ---- triangular systems ----------------------------------------------------------------------


def _solved(triangle: Tracer, b: Tracer, *, lower: bool, unit: bool) -> Tracer:
    """x with triangle·x = b, row by row."""
    size = int(triangle.shape[0])
    rows: dict[int, Tracer] = {}
    for k in range(size) if lower else reversed(range(size)):
        row = b[k, :]
        for j, known in rows.items():
            row = row - triangle[k, j] * known
        rows[k] = row if unit else row / triangle[k, k]
    return manipulation.stack([rows[k] for k in range(size)])


def _permuted(b: Tracer, pivots: list[Tracer], *, back: bool) -> Tracer:
    """The exchanges of rows, done or undone."""
    steps = list(enumerate(pivots))
    for step, pivot in reversed(steps) if back else steps:
        b = _exchanged(b, pivot, step)
    return b


def _solve_factorised(lu: Tracer, pivots: list[Tracer], b: Tracer, *, transposed: bool = False) -> Tracer:
    if not transposed:
        half = _solved(lu, _permuted(b, pivots, back=False), lower=True, unit=True)
        return _solved(lu, half, lower=False, unit=False)
    half = _solved(lu.T, b, lower=True, unit=False)
    return _permuted(_solved(lu.T, half, lower=False, unit=True), pivots, back=True)


# ---- rules -----------------------------------------------------------------------------------


def _as_choice(pivots: list[Tracer]) -> Choice:
    """The rows exchanged at each step, counted from one as LAPACK does."""
    size = len(pivots)
    return Choice(np.broadcast_to(np.arange(1, size + 1), (size, size)), manipulation.stack(pivots))


def _from_choice(pivots: Choice) -> list[Tracer]:
    return list(manipulation.unstack(pivots.chosen))


def _det(a: Tracer, *, in_order: bool) -> tuple[Tracer, Tracer, Choice]:
    """The product of the pivots, with a sign for each exchange; torch factorises the transpose of rows in order."""
    lu, pivots = _factorised(a.T if in_order else a)
    result = reduction.prod(linear.diagonal(lu))
    for step, pivot in enumerate(pivots):
        result = where(pivot[step], result, -result)
    return result, lu, _as_choice(pivots)


def _lu_solve(lu: Tracer, pivots: Choice, b: Tracer, *, left: bool = True, adjoint: bool = False) -> Tracer:
    if not left:
        raise NotLifted("linalg_lu_solve: from the right")
    return _solve_factorised(lu, _from_choice(pivots), b, transposed=adjoint)


def _solve(a: Tracer, b: Tracer, *, left: bool = True, **_: Any) -> tuple[Tracer, Tracer, Choice, None]:
    if not left:
        raise NotLifted("_linalg_solve_ex: from the right")
    lu, pivots = _factorised(a)
    columns = b if b.ndim == a.ndim else b[:, None]
    solution = _solve_factorised(lu, pivots, columns)
    return manipulation.reshape(solution, b.shape), lu, _as_choice(pivots), None


def _inverse(a: Tracer, **_: Any) -> tuple[Tracer, None]:
    lu, pivots = _factorised(a)
    return _solve_factorised(lu, pivots, elementwise.traced(np.eye(int(a.shape[0])))), None


RULES: dict[str, Rule] = {
    "_linalg_check_errors": lambda *_, **__: None,
    "_linalg_det": _det,
    "_linalg_solve_ex": _solve,
    "linalg_inv_ex": _inverse,
    "linalg_lu_solve": _lu_solve,
}
