"""Factorisations of small matrices, written out row by row; pivots are decisions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import sympy as sp

from diffcheck.expression import elementwise, heads, nodes, sums
from diffcheck.expression.heads import SLOTS
from diffcheck.expression.nodes import Node
from diffcheck.lift.jaxpr_elementwise import applied
from diffcheck.lift.jaxpr_known import Value, node_of
from diffcheck.lift.jaxpr_order import chosen, first_largest, repeated
from diffcheck.lift.jaxpr_rearrangement import counted, joined, slice_along
from diffcheck.lift.program import NotLifted

if TYPE_CHECKING:
    from jax.extend.core import JaxprEqn

LARGEST = 8
"""Factorisations are written out for so many rows: their operations grow with the cube."""

_X, _Y, _Z = SLOTS[:3]


def _size(equation: JaxprEqn, matrix: Node) -> int:
    size = int(matrix.shape[-1])
    if size > LARGEST or matrix.shape[-2] != size:
        rows, columns = matrix.shape[-2:]
        raise NotLifted(f"jax {equation.primitive.name} of a {rows}×{columns} matrix")
    return size


def _row(matrix: Node, place: int) -> Node:
    return slice_along(matrix, len(matrix.shape) - 2, place)


def _entry(row: Node, place: int) -> Node:
    """One entry of each row, with an axis of its own."""
    return nodes.gather(row, nodes.positions_of(row.shape)[..., place : place + 1])


def _stacked(rows: Sequence[Node]) -> Node:
    """Rows as a matrix."""
    return joined(rows, np.stack(counted(rows), axis=-2))


def _transposed(matrix: Node) -> Node:
    labels = list(range(len(matrix.shape)))
    return sums.einsum([(matrix, labels)], [*labels[:-2], labels[-1], labels[-2]])


# ---- triangular systems ----------------------------------------------------------------------


def _triangular_solve(equation: JaxprEqn, a: Value, b: Value) -> Node:
    """Substitution: op(a)·x = b, or x·op(a) = b by transposing everything."""
    parameters = equation.params
    matrix, right = node_of(a), node_of(b)
    size = _size(equation, matrix)
    transposed = bool(parameters["transpose_a"]) == bool(parameters["left_side"])
    lower = bool(parameters["lower"]) != transposed
    coefficients = _transposed(matrix) if transposed else matrix
    wanted = right if parameters["left_side"] else _transposed(right)
    solved: dict[int, Node] = {}
    for place in range(size) if lower else reversed(range(size)):
        row = _row(coefficients, place)
        rest = _row(wanted, place)
        if solved:
            rest = applied(_X - _Y, rest, _product(row, solved))
        solved[place] = rest if parameters["unit_diagonal"] else applied(_X / _Y, rest, _entry(row, place))
    solution = _stacked([solved[place] for place in range(size)])
    return solution if parameters["left_side"] else _transposed(solution)


def _product(row: Node, solved: dict[int, Node]) -> Node:
    """Σⱼ aⱼ·xⱼ over the rows that are solved, as one sum of products."""
    places = sorted(solved)
    part = nodes.gather(row, nodes.positions_of(row.shape)[..., places])
    known = _stacked([solved[place] for place in places])
    *batch, column = range(len(known.shape) - 1)
    inner = len(known.shape)
    return sums.einsum([(part, [*batch, inner]), (known, [*batch, inner, column])], [*batch, column])


# ---- LU --------------------------------------------------------------------------------------


def _lu(equation: JaxprEqn, a: Value) -> list[Node]:
    """Elimination with the first of the largest entries of each column as pivot.

    Returns:
        both factors in one matrix, the row that was exchanged at each step, and the permutation.
    """
    matrix = node_of(a)
    size = _size(equation, matrix)
    batch = matrix.shape[:-2]
    order = elementwise.broadcast(nodes.constant(np.arange(size).reshape(size, 1)), (*batch, size, 1))
    # The number of a row travels with it, as its last entry.
    rows = [_beside(_row(matrix, k), _row(order, k)) for k in range(size)]
    pivots = []
    for step in range(size):
        pivot = _pivot(rows[step:], step)
        pivots.append(applied(_X + step, _place(pivot)))
        rows[step:] = _exchanged(rows[step:], pivot)
        rows[step + 1 :] = [_eliminated(row, rows[step], step) for row in rows[step + 1 :]]
    together = _stacked(rows)
    positions = nodes.positions_of(together.shape)
    return [
        nodes.gather(together, positions[..., :size]),
        _beside(*pivots),
        nodes.gather(together, positions[..., size]),
    ]


def _beside(*parts: Node) -> Node:
    """Arrays joined along their last axis."""
    return joined(parts, np.concatenate(counted(parts), axis=-1))


def _pivot(rows: Sequence[Node], column: int) -> Node:
    """One at the row with the largest entry in a column, zero elsewhere; along the last axis."""
    sizes = applied(heads.absolute(_X), _beside(*[_entry(row, column) for row in rows]))
    return first_largest(sizes, len(sizes.shape) - 1)


def _place(pivot: Node) -> Node:
    """The number of the row that is the pivot, with an axis of its own."""
    numbers = nodes.constant(np.broadcast_to(np.arange(pivot.shape[-1]), pivot.shape))
    last = len(pivot.shape) - 1
    return repeated(chosen(pivot, numbers, last), last, 1)


def _exchanged(rows: Sequence[Node], pivot: Node) -> list[Node]:
    """The pivot's row first, and the first row in its place."""
    conditions = [elementwise.broadcast(_entry(pivot, k), rows[0].shape) for k in range(len(rows))]
    first = rows[0]
    for condition, row in zip(conditions[1:], rows[1:], strict=True):
        first = nodes.select(condition, row, first)
    rest = [nodes.select(condition, rows[0], row) for condition, row in zip(conditions[1:], rows[1:], strict=True)]
    return [first, *rest]


def _eliminated(row: Node, pivot: Node, column: int) -> Node:
    """A row less a multiple of the pivot's, which stands where it made a zero; the row's number stays."""
    multiple = applied(_X / _Y, _entry(row, column), _entry(pivot, column))
    width = int(row.shape[-1])
    reduced = applied(_X - _Y * _Z, row, multiple, pivot)
    parts = [row, multiple, reduced]
    kept, factor, rest = counted(parts)
    pieces = [kept[..., :column], factor, rest[..., column + 1 : width - 1], kept[..., width - 1 :]]
    return joined(parts, np.concatenate(pieces, axis=-1))


# ---- Cholesky --------------------------------------------------------------------------------


def _cholesky(equation: JaxprEqn, a: Value) -> Node:
    """The lower factor, row by row."""
    matrix = node_of(a)
    size = _size(equation, matrix)
    columns: dict[tuple[int, int], Node] = {}
    for i in range(size):
        for j in range(i + 1):
            rest = _entry(_row(matrix, i), j)
            for k in range(j):
                rest = applied(_X - _Y * _Z, rest, columns[i, k], columns[j, k])
            columns[i, j] = applied(_X / _Y, rest, columns[j, j]) if j < i else applied(sp.sqrt(_X), rest)
    zero = nodes.filled(0, columns[0, 0].shape)
    return _stacked([_beside(*[columns.get((i, j), zero) for j in range(size)]) for i in range(size)])


RULES: dict[str, Callable[..., Any]] = {
    "cholesky": _cholesky,
    "lu": _lu,
    "triangular_solve": _triangular_solve,
}
