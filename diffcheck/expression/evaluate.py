"""Evaluating a graph in any arithmetic.

An algebra says what each node kind does to its own kind of array. Balls, rounding errors and
Taylor series are algebras; adding one means writing these methods.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Protocol, TypeVar

from diffcheck.expression import nodes
from diffcheck.expression.nodes import Node

Array = TypeVar("Array")


class Algebra(Protocol[Array]):
    """What each node kind does to arrays of one kind. The node itself gives the details."""

    def filled(self, node: nodes.Filled) -> Array: ...
    def constant(self, node: nodes.Constant) -> Array: ...
    def delta(self, node: nodes.Delta) -> Array: ...
    def map(self, node: nodes.Map, arguments: Sequence[Array]) -> Array: ...
    def einsum(self, node: nodes.Einsum, factors: Sequence[Array]) -> Array: ...
    def maximum(self, node: nodes.Maximum, source: Array) -> Array: ...
    def winner(self, node: nodes.Winner, source: Array) -> Array: ...
    def gather(self, node: nodes.Gather, source: Array) -> Array: ...
    def scatter(self, node: nodes.Scatter, source: Array) -> Array: ...
    def select(self, node: nodes.Select, condition: Array, chosen: Array, other: Array) -> Array: ...


def evaluate(
    outputs: Iterable[Node],
    inputs: Mapping[str, Array],
    algebra: Algebra[Array],
    known: dict[Node, Array] | None = None,
) -> list[Array]:
    """Evaluate some nodes.

    Args:
        outputs: what is wanted.
        inputs: input name → array.
        algebra: the arithmetic.
        known: values already computed in this arithmetic; extended in place, so that a graph
            which grows (a loop that is being traced) is evaluated once.
    """
    outputs = list(outputs)
    values: dict[Node, Array] = {} if known is None else known
    for node in _order(tuple(outputs)):
        if node not in values:
            values[node] = _one(node, values, inputs, algebra)
    return [values[node] for node in outputs]


@lru_cache(maxsize=256)
def _order(outputs: tuple[Node, ...]) -> tuple[Node, ...]:
    """Operands first; kept, as a graph is evaluated in several arithmetics at many points."""
    return tuple(nodes.topological(outputs))


def _one(node: Node, values: Mapping[Node, Array], inputs: Mapping[str, Array], algebra: Algebra[Array]) -> Array:
    operands = [values[operand] for operand in node.operands]
    match node:
        case nodes.Input():
            return inputs[node.name]
        case nodes.Filled():
            return algebra.filled(node)
        case nodes.Constant():
            return algebra.constant(node)
        case nodes.Delta():
            return algebra.delta(node)
        case nodes.Map():
            return algebra.map(node, operands)
        case nodes.Einsum():
            return algebra.einsum(node, operands)
        case nodes.Maximum():
            return algebra.maximum(node, *operands)
        case nodes.Winner():
            return algebra.winner(node, *operands)
        case nodes.Gather():
            return algebra.gather(node, *operands)
        case nodes.Scatter():
            return algebra.scatter(node, *operands)
        case nodes.Select():
            return algebra.select(node, *operands)
        case _:
            raise TypeError(f"no rule for a {type(node).__name__} node")
