"""Sums of products and reductions along axes."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import sympy as sp

from diffcheck.expression import heads, nodes, reduction, sums
from diffcheck.expression.heads import SLOTS
from diffcheck.expression.nodes import Node
from diffcheck.expression.trace import Context, Tracer
from diffcheck.lift.jaxpr_elementwise import applied
from diffcheck.lift.jaxpr_known import Value, node_of
from diffcheck.lift.jaxpr_rearrangement import counted, joined, slice_along

if TYPE_CHECKING:
    from jax.extend.core import JaxprEqn

Axes = tuple[int, ...]


def summed(node: Node, axes: Axes, *, in_blocks: bool = False) -> Node:
    """The sum along axes, which are dropped."""
    rank = range(len(node.shape))
    return sums.einsum([(node, rank)], [axis for axis in rank if axis not in axes], in_blocks=in_blocks)


def smallest(node: Node, axes: Axes) -> Node:
    """The smallest entry along axes, which are dropped."""
    return applied(-SLOTS[0], nodes.maximum(applied(-SLOTS[0], node), axes))


def _all(node: Node, axes: Axes) -> Node:
    """Whether a condition holds everywhere: nowhere does it not."""
    return applied(1 - SLOTS[0], nodes.maximum(applied(1 - SLOTS[0], node), axes))


def _multiplied(node: Node, axes: Axes) -> Node:
    return reduction.prod(Tracer(node, Context()), axis=axes).node


def _reduction(reduce: Callable[[Node, Axes], Node]) -> Callable[..., Node]:
    def apply(equation: JaxprEqn, operand: Value) -> Node:
        return reduce(node_of(operand), tuple(int(axis) for axis in equation.params["axes"]))

    return apply


def _dot_general(equation: JaxprEqn, x: Value, y: Value) -> Node:
    left, right = node_of(x), node_of(y)
    (left_summed, right_summed), (left_batch, right_batch) = equation.params["dimension_numbers"]
    left_labels = list(range(len(left.shape)))
    right_labels = list(range(len(left.shape), len(left.shape) + len(right.shape)))
    for first, second in zip((*left_summed, *left_batch), (*right_summed, *right_batch), strict=True):
        right_labels[second] = left_labels[first]
    batch = [left_labels[axis] for axis in left_batch]
    shared = set(left_labels) & set(right_labels)
    free = [label for label in (*left_labels, *right_labels) if label not in shared]
    return sums.einsum([(left, left_labels), (right, right_labels)], [*batch, *free])


# ---- along one axis, entry by entry ----------------------------------------------------------


def cumulative_sum(node: Node, axis: int, reverse: bool = False, strict: bool = False) -> Node:
    """The sums of the entries up to each (from each on, in reverse); a strict one leaves it out."""
    size = int(node.shape[axis])
    below = np.tri(size, k=-1 if strict else 0, dtype=np.int64)
    triangle = nodes.constant(below.T if reverse else below)
    rank = len(node.shape)
    labels = [rank if k == axis else k for k in range(rank)]
    return sums.einsum([(node, labels), (triangle, (axis, rank))], range(rank))


def _cumsum(equation: JaxprEqn, operand: Value) -> Node:
    return cumulative_sum(node_of(operand), int(equation.params["axis"]), equation.params["reverse"])


def _cumulative(combine: Callable[[Node, Node], Node]) -> Callable[..., Node]:
    """One entry after the other: each is combined with what came before."""

    def apply(equation: JaxprEqn, operand: Value) -> Node:
        node, axis = node_of(operand), int(equation.params["axis"])
        places = list(range(node.shape[axis]))
        if equation.params["reverse"]:
            places.reverse()
        results: dict[int, Node] = {}
        so_far: Node | None = None
        for place in places:
            entry = slice_along(node, axis, place)
            so_far = entry if so_far is None else combine(so_far, entry)
            results[place] = so_far
        ordered = [results[place] for place in sorted(results)]
        return joined(ordered, np.stack(counted(ordered), axis)) if ordered else node

    return apply


def _pairwise(scalar: sp.Expr) -> Callable[..., Node]:
    return _cumulative(lambda first, second: applied(scalar, first, second))


RULES: dict[str, Callable[..., Any]] = {
    "cumlogsumexp": _pairwise(heads.logaddexp(*SLOTS[:2])),
    "cummax": _pairwise(heads.larger(*SLOTS[:2])),
    "cummin": _pairwise(heads.smaller(*SLOTS[:2])),
    "cumprod": _pairwise(SLOTS[0] * SLOTS[1]),
    "cumsum": _cumsum,
    "dot_general": _dot_general,
    "reduce_and": _reduction(_all),
    "reduce_max": _reduction(nodes.maximum),
    "reduce_min": _reduction(smallest),
    "reduce_or": _reduction(nodes.maximum),
    "reduce_prod": _reduction(_multiplied),
    "reduce_sum": _reduction(partial(summed, in_blocks=True)),
}
