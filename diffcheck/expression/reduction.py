"""Reductions of traced arrays along axes."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import sympy as sp

from diffcheck.expression import elementwise, nodes, sums
from diffcheck.expression.axes import Axis, one_axis, several_axes
from diffcheck.expression.heads import SLOTS
from diffcheck.expression.nodes import Node
from diffcheck.expression.trace import Tracer

_PRODUCT = SLOTS[0] * SLOTS[1]


def with_kept_axes(node: Node, source: Node, axes: tuple[int, ...]) -> Node:
    """Put the reduced axes back with size one."""
    rank = len(source.shape)
    kept = [axis for axis in range(rank) if axis not in axes]
    return sums.einsum([(node, kept)], range(rank), dict.fromkeys(axes, 1))


def _reduce(x: Any, axis: Axis, keepdims: bool, reduce: Callable[[Node, tuple[int, ...]], Node]) -> Tracer:
    x = elementwise.traced(x)
    axes = tuple(sorted(several_axes(axis, x.ndim)))
    reduced = reduce(x.node, axes)
    return Tracer(with_kept_axes(reduced, x.node, axes) if keepdims else reduced, x.context)


def _summed(node: Node, axes: tuple[int, ...], in_blocks: bool = False) -> Node:
    rank = range(len(node.shape))
    return sums.einsum([(node, rank)], [axis for axis in rank if axis not in axes], in_blocks=in_blocks)


def _multiplied(node: Node, axes: tuple[int, ...]) -> Node:
    """The product along axes, by a balanced tree of pairwise products."""
    for axis in reversed(axes):
        slices = [_slice(node, axis, k) for k in range(int(node.shape[axis]))]
        if not slices:
            return nodes.filled(1, tuple(size for k, size in enumerate(node.shape) if k not in axes))
        while len(slices) > 1:
            pairs = zip(slices[::2], slices[1::2], strict=False)
            odd = slices[-1:] if len(slices) % 2 else []
            slices = [nodes.mapped(_PRODUCT, first, second) for first, second in pairs] + odd
        node = slices[0]
    return node


def _slice(node: Node, axis: int, k: int) -> Node:
    return nodes.gather(node, np.take(nodes.positions_of(node.shape), k, axis=axis))


def _count(x: Tracer, axes: tuple[int, ...]) -> sp.Expr:
    return sp.Mul(*[x.shape[axis] for axis in axes])


def sum(x: Tracer, /, *, axis: Axis = None, dtype: Any = None, keepdims: bool = False) -> Tracer:
    """The sum along axes."""
    return _reduce(x, axis, keepdims, _summed)


def sum_in_blocks(x: Tracer, /, *, axis: Axis = None, keepdims: bool = False) -> Tracer:
    """The sum along axes, as torch and jax add it up in one call."""
    return _reduce(x, axis, keepdims, partial(_summed, in_blocks=True))


def mean(x: Tracer, /, *, axis: Axis = None, keepdims: bool = False) -> Tracer:
    """The mean along axes."""
    count = _count(x, several_axes(axis, x.ndim))
    return elementwise.divide(sum(x, axis=axis, keepdims=keepdims), count)


def var(x: Tracer, /, *, axis: Axis = None, correction: float = 0, keepdims: bool = False) -> Tracer:
    """The variance along axes, by two passes; divided by n − correction."""
    count = _count(x, several_axes(axis, x.ndim))
    deviation = elementwise.subtract(x, mean(x, axis=axis, keepdims=True))
    squares = sum(elementwise.square(deviation), axis=axis, keepdims=keepdims)
    return elementwise.divide(squares, count - nodes.exact(correction))


def std(x: Tracer, /, *, axis: Axis = None, correction: float = 0, keepdims: bool = False) -> Tracer:
    """The standard deviation along axes."""
    return elementwise.sqrt(var(x, axis=axis, correction=correction, keepdims=keepdims))


def prod(x: Tracer, /, *, axis: Axis = None, dtype: Any = None, keepdims: bool = False) -> Tracer:
    """The product along axes."""
    return _reduce(x, axis, keepdims, _multiplied)


def max(x: Tracer, /, *, axis: Axis = None, keepdims: bool = False) -> Tracer:
    """The largest entry along axes.

    Raises:
        ValueError: there is none.
    """
    if any(x.shape[k] == 0 for k in several_axes(axis, x.ndim)):
        raise ValueError(f"shape {x.shape} has no largest entry")
    return _reduce(x, axis, keepdims, nodes.maximum)


def min(x: Tracer, /, *, axis: Axis = None, keepdims: bool = False) -> Tracer:
    """The smallest entry along axes."""
    return elementwise.negative(max(elementwise.negative(x), axis=axis, keepdims=keepdims))


def cumulative_sum(x: Tracer, /, *, axis: int | None = None, dtype: Any = None) -> Tracer:
    """The sums of the first entries along an axis: a contraction with a triangle of ones."""
    if axis is None and x.ndim != 1:
        raise ValueError(f"cumulative_sum needs an axis for an array with {x.ndim} axes")
    along = one_axis(0 if axis is None else axis, x.ndim)
    triangle = nodes.constant(np.tril(np.ones((int(x.shape[along]),) * 2, dtype=np.int64)))
    rank = x.ndim
    labels = [rank if axis == along else axis for axis in range(rank)]
    node = elementwise.node_of(x)
    return Tracer(sums.einsum([(node, labels), (triangle, (along, rank))], range(rank)), elementwise.context_of(x))


FUNCTIONS = ("cumulative_sum", "max", "mean", "min", "prod", "std", "sum", "var")
