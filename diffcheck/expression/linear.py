"""Sums of products of traced arrays: matrix products and their relatives, all one einsum."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from diffcheck.expression import sums
from diffcheck.expression.axes import one_axis
from diffcheck.expression.elementwise import broadcast, broadcast_shape, context_of, node_of
from diffcheck.expression.trace import Tracer


def matmul(x: Any, y: Any) -> Tracer:
    """The matrix product, batched over leading axes."""
    left, right = node_of(x), node_of(y)
    if not left.shape or not right.shape:
        raise ValueError("matmul needs arrays with at least one axis")
    contracted = left.shape[-1], right.shape[-2 if len(right.shape) > 1 else -1]
    if contracted[0] != contracted[1]:
        raise ValueError(f"matmul: shapes {left.shape} and {right.shape} do not fit")
    batch = broadcast_shape(left.shape[:-2], right.shape[:-2])
    rank = len(batch)
    row, column, inner = rank, rank + 1, rank + 2
    if len(left.shape) > 1:
        left = broadcast(left, (*batch, *left.shape[-2:]))
    if len(right.shape) > 1:
        right = broadcast(right, (*batch, *right.shape[-2:]))
    left_labels = [*range(rank), row, inner][-len(left.shape) :]
    right_labels = [*range(rank), inner, column] if len(right.shape) > 1 else [inner]
    output = [*range(rank), row, column]
    kept = [label for label in output if label in left_labels or label in right_labels]
    return Tracer(sums.einsum([(left, left_labels), (right, right_labels)], kept), context_of(x, y))


def vecdot(x: Any, y: Any, /, *, axis: int = -1) -> Tracer:
    """The inner product along an axis."""
    left, right = node_of(x), node_of(y)
    shape = broadcast_shape(left.shape, right.shape)
    labels = list(range(len(shape)))
    along = one_axis(axis, len(shape))
    output = [label for label in labels if label != along]
    factors = [(broadcast(left, shape), labels), (broadcast(right, shape), labels)]
    return Tracer(sums.einsum(factors, output), context_of(x, y))


def tensordot(x: Any, y: Any, /, *, axes: int | tuple[Sequence[int], Sequence[int]] = 2) -> Tracer:
    """The sum of products over pairs of axes."""
    left, right = node_of(x), node_of(y)
    left_rank, right_rank = len(left.shape), len(right.shape)
    if isinstance(axes, int):
        axes = range(left_rank - axes, left_rank), range(axes)
    left_labels = list(range(left_rank))
    right_labels = list(range(left_rank, left_rank + right_rank))
    for first, second in zip(*axes, strict=True):
        right_labels[second % right_rank] = first % left_rank
    shared = set(left_labels) & set(right_labels)
    output = [label for label in [*left_labels, *right_labels] if label not in shared]
    return Tracer(sums.einsum([(left, left_labels), (right, right_labels)], output), context_of(x, y))


def einsum(subscripts: str, /, *operands: Any) -> Tracer:
    """A sum of products, `ij,jk->ik`; without an arrow the labels that occur once are kept, sorted.

    Raises:
        ValueError: the subscripts do not fit the operands.
    """
    inputs, arrow, output = subscripts.replace(" ", "").partition("->")
    if "." in inputs:
        raise ValueError("einsum: diffcheck has no rule for an ellipsis; write the labels out")
    terms = inputs.split(",")
    if not arrow:
        letters = inputs.replace(",", "")
        output = "".join(sorted(letter for letter in set(letters) if letters.count(letter) == 1))
    found = [node_of(operand) for operand in operands]
    if [len(term) for term in terms] != [len(node.shape) for node in found]:
        shapes = ", ".join(str(node.shape) for node in found)
        raise ValueError(f"einsum: {subscripts!r} does not fit operands of shape {shapes}")
    if len(set(output)) < len(output) or not set(output) <= set(inputs):
        raise ValueError(
            f"einsum: each label of the output {output!r} must occur in {inputs!r}, and once in the output"
        )
    factors = [(node, [ord(letter) for letter in term]) for node, term in zip(found, terms, strict=True)]
    return Tracer(sums.einsum(factors, [ord(letter) for letter in output]), context_of(*operands))


def matrix_transpose(x: Any) -> Tracer:
    """The last two axes exchanged.

    Raises:
        ValueError: there are no two axes.
    """
    node = node_of(x)
    if len(node.shape) < 2:
        raise ValueError(f"matrix_transpose: shape {node.shape} is no matrix")
    labels = list(range(len(node.shape)))
    return Tracer(sums.einsum([(node, labels)], [*labels[:-2], labels[-1], labels[-2]]), context_of(x))


def transpose(x: Any) -> Tracer:
    """`x.T`: a vector stays itself, as in every framework.

    Raises:
        ValueError: there are more than two axes; frameworks do not agree what is meant.
    """
    node = node_of(x)
    if len(node.shape) > 2:
        raise ValueError(f".T is for matrices, not for shape {node.shape}; write .mT or permute_dims")
    return matrix_transpose(x) if len(node.shape) == 2 else Tracer(node, context_of(x))


def diagonal(x: Any) -> Tracer:
    """The diagonal of the last two axes."""
    node = node_of(x)
    if len(node.shape) < 2:
        raise ValueError(f"diagonal: shape {node.shape} is no matrix")
    rows, columns = node.shape[-2:]
    if rows != columns:
        raise ValueError(f"diagonal: diffcheck has a rule for square matrices only, not {rows}×{columns}")
    labels = [*range(len(node.shape) - 1), len(node.shape) - 2]
    return Tracer(sums.einsum([(node, labels)], labels[:-1]), context_of(x))


FUNCTIONS = ("diagonal", "einsum", "matmul", "matrix_transpose", "tensordot", "vecdot")
