"""Determinants, inverses and linear systems, by elimination with the rows exchanged as LAPACK does.

Matrices are the last two axes; those before them are a batch.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from diffcheck.expression import elementwise, linear, manipulation, reduction
from diffcheck.expression.elementwise import abs as absolute
from diffcheck.expression.elementwise import equal, where
from diffcheck.expression.trace import Tracer
from diffcheck.lift.aten_choice import Choice, first_largest
from diffcheck.lift.aten_triangular import identity_like, solved
from diffcheck.lift.program import NotLifted

Rule = Callable[..., Any]


# ---- elimination -----------------------------------------------------------------------------


def _factorised(a: Tracer) -> tuple[Tracer, list[Tracer]]:
    """Both factors in one matrix, and for each step where its pivot was, one among the rows."""
    pivots = []
    for step in range(min(int(a.shape[-2]), int(a.shape[-1]))):
        pivot = _pivot(a[..., :, step], step)
        a = _eliminated(_exchanged(a, pivot, step), step)
        pivots.append(pivot)
    return a, pivots


def _pivot(column: Tracer, step: int) -> Tracer:
    """One at the first of the largest entries from the step's row down."""
    below = first_largest(absolute(column[..., step:]))
    if step == 0:
        return below
    above = elementwise.traced(np.zeros((*column.shape[:-1], step)))
    return manipulation.concat([above, below], axis=-1)


def _exchanged(a: Tracer, pivot: Tracer, step: int) -> Tracer:
    """The pivot's row and the step's, exchanged."""
    row = _picked(a, pivot)
    others = where(pivot[..., :, None], a[..., step, :][..., None, :], a)
    return where((np.arange(int(a.shape[-2])) == step)[:, None], row[..., None, :], others)


def _picked(a: Tracer, pivot: Tracer) -> Tracer:
    """The row where the pivot is."""
    row = a[..., -1, :]
    for k in range(int(a.shape[-2]) - 1):
        row = where(pivot[..., k][..., None], a[..., k, :], row)
    return row


def _eliminated(a: Tracer, step: int) -> Tracer:
    """Multiples of the step's row taken from those below; a column of zeros has none."""
    rows, columns = np.arange(int(a.shape[-2])), np.arange(int(a.shape[-1]))
    pivot = a[..., step, step][..., None]
    multipliers = where(equal(pivot, 0), 0, a[..., :, step] / pivot)[..., :, None]
    reduced = a - multipliers * a[..., step, :][..., None, :]
    lower_right = (rows[:, None] > step) & (columns > step)
    lower = (rows[:, None] > step) & (columns == step)
    return where(lower_right, reduced, where(lower, multipliers, a))


def _permuted(b: Tracer, pivots: list[Tracer], *, back: bool) -> Tracer:
    """The exchanges of rows, done or undone."""
    steps = list(enumerate(pivots))
    for step, pivot in reversed(steps) if back else steps:
        b = _exchanged(b, pivot, step)
    return b


def _solve_factorised(lu: Tracer, pivots: list[Tracer], b: Tracer, *, transposed: bool = False) -> Tracer:
    if not transposed:
        half = solved(lu, _permuted(b, pivots, back=False), lower=True, unit=True)
        return solved(lu, half, lower=False, unit=False)
    upper = linear.matrix_transpose(lu)
    half = solved(upper, b, lower=True, unit=False)
    return _permuted(solved(upper, half, lower=False, unit=True), pivots, back=True)


# ---- factors ---------------------------------------------------------------------------------


def _as_choice(a: Tracer, pivots: list[Tracer]) -> Choice:
    """The rows exchanged at each step of factorising a, counted from one as LAPACK does."""
    rows = int(a.shape[-2])
    if not pivots:
        return Choice(np.ones((*a.shape[:-2], 0, 1), dtype=int), elementwise.traced(np.ones((*a.shape[:-2], 0, 1))))
    chosen = manipulation.stack(pivots, axis=-2)
    return Choice(np.broadcast_to(np.arange(1, rows + 1), chosen.shape), chosen)


def _from_choice(pivots: Any, rows: int) -> list[Tracer]:
    """For each step where its pivot is, one among the rows; the pivots are chosen or known."""
    if isinstance(pivots, Choice):
        return list(manipulation.unstack(pivots.chosen, axis=-2))
    known = np.asarray(pivots)[..., None] == np.arange(1, rows + 1)
    return [elementwise.traced(known[..., step, :].astype(float)) for step in range(known.shape[-2])]


def _lu(a: Tracer, *, pivot: bool = True, **_: Any) -> tuple[Tracer, Choice, None]:
    if not pivot:
        raise NotLifted("linalg_lu_factor_ex: without pivots")
    lu, pivots = _factorised(a)
    return lu, _as_choice(a, pivots), None


def _unpacked(
    lu: Tracer, pivots: Any, unpack_data: bool = True, unpack_pivots: bool = True
) -> tuple[Tracer | None, Tracer | None, Tracer | None]:
    """The permutation, the lower factor and the upper one, as far as they are wanted."""
    rows, columns = int(lu.shape[-2]), int(lu.shape[-1])
    inner = min(rows, columns)
    permutation = lower = upper = None
    if unpack_pivots:
        permutation = _permuted(identity_like(lu), _from_choice(pivots, rows), back=True)
    if unpack_data:
        lower = manipulation.tril(lu[..., :, :inner], k=-1) + np.eye(rows, inner)
        upper = manipulation.triu(lu[..., :inner, :])
    return permutation, lower, upper


def _factors(a: Tracer, *, pivot: bool = True) -> Any:
    lu, pivots, _ = _lu(a, pivot=pivot)
    return _unpacked(lu, pivots)


# ---- rules -----------------------------------------------------------------------------------


def _det(a: Tracer, *, in_order: bool) -> tuple[Tracer, Tracer, Choice]:
    """The product of the pivots, with a sign for each exchange; torch factorises the transpose of rows in order."""
    lu, pivots = _factorised(linear.matrix_transpose(a) if in_order else a)
    result = _turned(reduction.prod(linear.diagonal(lu), axis=-1), pivots)
    return result, lu, _as_choice(a, pivots)


def _turned(x: Tracer, pivots: list[Tracer]) -> Tracer:
    """The sign changed for each exchange."""
    for step, pivot in enumerate(pivots):
        x = where(pivot[..., step], x, -x)
    return x


def _slogdet(a: Tracer, *, in_order: bool) -> tuple[Tracer, Tracer, Tracer, Choice]:
    lu, pivots = _factorised(linear.matrix_transpose(a) if in_order else a)
    diagonal = linear.diagonal(lu)
    sign = _turned(reduction.prod(elementwise.sign(diagonal), axis=-1), pivots)
    return sign, reduction.sum(elementwise.log(absolute(diagonal)), axis=-1), lu, _as_choice(a, pivots)


def _lu_solve(lu: Tracer, pivots: Any, b: Tracer, *, left: bool = True, adjoint: bool = False) -> Tracer:
    if not left:
        raise NotLifted("linalg_lu_solve: from the right")
    return _solve_factorised(lu, _from_choice(pivots, int(lu.shape[-2])), b, transposed=adjoint)


def _solve(a: Tracer, b: Tracer, *, left: bool = True, **_: Any) -> tuple[Tracer, Tracer, Choice, None]:
    if not left:
        raise NotLifted("_linalg_solve_ex: from the right")
    lu, pivots = _factorised(a)
    is_vector = b.ndim == a.ndim - 1 and b.shape == a.shape[:-1]
    solution = _solve_factorised(lu, pivots, b[..., None] if is_vector else b)
    return solution[..., 0] if is_vector else solution, lu, _as_choice(a, pivots), None


def _inverse(a: Tracer, **_: Any) -> tuple[Tracer, None]:
    lu, pivots = _factorised(a)
    return _solve_factorised(lu, pivots, identity_like(a)), None


RULES: dict[str, Rule] = {
    "_linalg_check_errors": lambda *_, **__: None,
    "_linalg_det": _det,
    "_linalg_slogdet": _slogdet,
    "_linalg_solve_ex": _solve,
    "linalg_inv_ex": _inverse,
    "linalg_lu": _factors,
    "linalg_lu_factor_ex": _lu,
    "linalg_lu_solve": _lu_solve,
    "lu_unpack": _unpacked,
}
