"""Structural mutants: the closed form of a gradient, with one node replaced by what a mistake makes of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import sympy as sp

from diffcheck.expression import heads, nodes, sums
from diffcheck.expression.evaluate import evaluate
from diffcheck.expression.heads import SLOTS
from diffcheck.expression.nodes import Node

Mistake = Callable[[Node], Node | None]

STALE = 1 - sp.Rational(1, 2**10)
"""Where a stale value was computed: at arguments this much nearer to zero."""


@dataclass(frozen=True, eq=False)
class Mutant:
    """A gradient with one mistake in it.

    Attributes:
        mistake: its name.
        node: which node of the closed form it is made at, counted from the arguments.
        entries: argument → the wrong gradient.
    """

    mistake: str
    node: int
    entries: Mapping[str, Node]


def mutants(entries: Mapping[str, Node]) -> Iterator[Mutant]:
    """Every mistake at every node of a gradient where it can be made."""
    for number, node in enumerate(nodes.topological(entries.values())):
        if isinstance(node, (nodes.Input, nodes.Filled, nodes.Delta)):
            continue
        for name, mistake in MISTAKES.items():
            mistaken = mistake(node)
            if mistaken is not None and mistaken is not node:
                rebuilt = _rebuilt(entries.values(), {node: mistaken})
                yield Mutant(name, number, dict(zip(entries, rebuilt, strict=True)))


# ---- the mistakes ----------------------------------------------------------------------------


def _zeroed(node: Node) -> Node | None:
    return nodes.filled(0, node.shape)


def _swapped(node: Node) -> Node | None:
    """Two operands of one shape in each other's place."""
    match node:
        case nodes.Map() if len(node.arguments) > 1:
            crossed = node.scalar.xreplace({SLOTS[0]: SLOTS[1], SLOTS[1]: SLOTS[0]})
            return nodes.interned(nodes.Map, node.shape, crossed, node.arguments) if crossed != node.scalar else None
        case nodes.Einsum() if len(node.factors) == 2 and node.operands[0].shape == node.operands[1].shape:
            (first, labels), (second, others) = node.factors
            return sums.einsum([(second, labels), (first, others)], node.output, node.size_of)
        case nodes.Select():
            return nodes.select(node.condition, node.other, node.chosen)
        case _:
            return None


def _transposed(node: Node) -> Node | None:
    """The last two axes swapped, read in the old shape; a vector reversed."""
    if int(np.prod(node.shape, initial=1)) == 1:
        return None
    positions = nodes.positions_of(node.shape)
    turned = np.flip(positions) if positions.ndim == 1 else np.swapaxes(positions, -1, -2)
    return nodes.gather(node, turned.reshape(node.shape))


def _term_missing(node: Node) -> Node | None:
    """The last term of a sum left out."""
    match node:
        case nodes.Map() if node.scalar.is_Add:
            return nodes.mapped(sp.Add(*node.scalar.args[:-1]), *node.arguments)
        case nodes.Einsum() if label := next((label for label in node.summed if node.size_of[label] > 1), None):
            mask = np.ones(node.size_of[label])
            mask[-1] = 0
            factors = [*node.factors, (nodes.constant(mask), (label,))]
            return sums.einsum(factors, node.output, node.size_of)
        case _:
            return None


def _reduced_wrongly(node: Node) -> Node | None:
    """A mean for a sum."""
    if not isinstance(node, nodes.Einsum):
        return None
    terms = sp.Mul(*[node.size_of[label] for label in node.summed])
    return nodes.mapped(SLOTS[0] / terms, node) if terms > 1 else None


def _clamped(node: Node) -> Node | None:
    """The cotangent clamped at zero where it should be masked by the sign of what the kinked function got."""
    if not isinstance(node, nodes.Map) or node.scalar != SLOTS[0] * SLOTS[1]:
        return None
    masks = [
        argument for argument in node.arguments if isinstance(argument, nodes.Map) and argument.scalar.has(heads.step)
    ]
    if len(masks) != 1:
        return None
    [cotangent] = [argument for argument in node.arguments if argument is not masks[0]]
    return nodes.mapped(heads.relu(SLOTS[0]), cotangent)


def _stale(node: Node) -> Node | None:
    """The node as it was at other arguments."""
    inputs = [below for below in nodes.topological([node]) if isinstance(below, nodes.Input)]
    [stale] = _rebuilt([node], {below: nodes.mapped(STALE * SLOTS[0], below) for below in inputs})
    return stale


MISTAKES: Mapping[str, Mistake] = {
    "sign": lambda node: nodes.mapped(-SLOTS[0], node),
    "factor two": lambda node: nodes.mapped(2 * SLOTS[0], node),
    "zeroed": _zeroed,
    "operands swapped": _swapped,
    "transposed": _transposed,
    "term missing": _term_missing,
    "wrong reduction": _reduced_wrongly,
    "clamp for a mask": _clamped,
    "stale value": _stale,
}


# ---- building a graph again ------------------------------------------------------------------


def _rebuilt(outputs: Iterable[Node], instead: Mapping[Node, Node]) -> list[Node]:
    """The outputs with some nodes replaced, wherever they occur."""
    outputs = list(outputs)
    inputs = {node.name: node for node in nodes.topological(outputs) if isinstance(node, nodes.Input)}
    return evaluate(outputs, inputs, _Builder(), dict(instead))


class _Builder:
    """Builds nodes of nodes, simplifying nothing."""

    def filled(self, node: nodes.Filled) -> Node:
        return node

    def constant(self, node: nodes.Constant) -> Node:
        return node

    def delta(self, node: nodes.Delta) -> Node:
        return node

    def map(self, node: nodes.Map, arguments: Sequence[Node]) -> Node:
        return nodes.interned(nodes.Map, node.shape, node.scalar, tuple(arguments))

    def einsum(self, node: nodes.Einsum, factors: Sequence[Node]) -> Node:
        labelled = tuple((factor, labels) for factor, (_, labels) in zip(factors, node.factors, strict=True))
        return nodes.interned(nodes.Einsum, node.shape, labelled, node.output, node.sizes)

    def maximum(self, node: nodes.Maximum, source: Node) -> Node:
        return nodes.maximum(source, node.axes)

    def winner(self, node: nodes.Winner, source: Node) -> Node:
        return nodes.winner(source, node.axes)

    def gather(self, node: nodes.Gather, source: Node) -> Node:
        return nodes.interned(nodes.Gather, node.shape, source, node.index)

    def scatter(self, node: nodes.Scatter, source: Node) -> Node:
        return nodes.interned(nodes.Scatter, node.shape, source, node.index)

    def select(self, node: nodes.Select, condition: Node, chosen: Node, other: Node) -> Node:
        return nodes.interned(nodes.Select, node.shape, condition, chosen, other)
