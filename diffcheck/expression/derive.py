"""Differentiation: an expression in, an expression out.

Reverse mode pulls a cotangent back (Speelpenning 1980, Griewank 1989), forward mode pushes a
tangent forward (Wengert 1964). A map's derivative is taken by SymPy; the adjoint of an einsum
is an einsum (Laue, Mitterreiter, Giesen 2018); gather and scatter are each other's adjoint.
Because the result is an expression again, every order comes for free.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache

import numpy as np
import sympy as sp

from diffcheck.expression import nodes, sums
from diffcheck.expression.heads import SLOTS
from diffcheck.expression.nodes import Node


def pullback(output: Node, cotangent: Node, wrt: Iterable[Node]) -> dict[Node, Node | None]:
    """Reverse mode: the gradient of ⟨cotangent, output⟩ with respect to each of some nodes.

    Args:
        output: the function's output.
        cotangent: an expression of the output's shape.
        wrt: the nodes to differentiate with respect to.

    Returns:
        node → its gradient, of its shape; `None` where no path leads to the output.
    """
    wrt = tuple(wrt)
    active = depends_on(output, wrt)
    adjoints: dict[Node, Node] = {output: cotangent}
    for node in reversed(nodes.topological([output])):
        if node not in adjoints or node not in active:
            continue
        for operand, contribution in _adjoints_of_operands(node, adjoints[node], active):
            adjoints[operand] = _sum(adjoints.get(operand), contribution)
    return {node: adjoints.get(node) if node in active else None for node in wrt}


def push_forward(output: Node, tangents: Mapping[Node, Node]) -> Node | None:
    """Forward mode: the derivative of `output` along some tangents; `None` if it has none.

    Args:
        output: the function's output.
        tangents: node → its tangent, of its shape.
    """
    known: dict[Node, Node | None] = dict(tangents)
    for node in nodes.topological([output]):
        if node not in known:
            known[node] = _tangent(node, known)
    return known[output]


def depends_on(output: Node, inputs: Iterable[Node]) -> frozenset[Node]:
    """The nodes below `output` through which it depends on some inputs."""
    active = set(inputs)
    for node in nodes.topological([output]):
        if any(operand in active for operand in node.operands):
            active.add(node)
    return frozenset(active)


@lru_cache(maxsize=4096)
def scalar_derivative(scalar: sp.Expr, slot: sp.Symbol) -> sp.Expr:
    """SymPy's derivative of a scalar expression."""
    return sp.diff(scalar, slot)


# ---- reverse: what each node sends to its operands -------------------------------------------


def _adjoints_of_operands(node: Node, cotangent: Node, active: frozenset[Node]) -> Iterator[tuple[Node, Node]]:
    match node:
        case nodes.Map():
            yield from _map_adjoints(node, cotangent, active)
        case nodes.Einsum():
            yield from _einsum_adjoints(node, cotangent, active)
        case nodes.Maximum():
            spread = _along_dropped_axes(cotangent, node)
            yield node.source, _product(spread, nodes.winner(node.source, node.axes))
        case nodes.Gather():
            yield node.source, _gather_adjoint(node, cotangent)
        case nodes.Scatter():
            yield node.source, nodes.gather(cotangent, node.index.positions)
        case nodes.Select():
            nothing = nodes.filled(0, node.shape)
            if node.chosen in active:
                yield node.chosen, nodes.select(node.condition, cotangent, nothing)
            if node.other in active:
                yield node.other, nodes.select(node.condition, nothing, cotangent)


def _map_adjoints(node: nodes.Map, cotangent: Node, active: frozenset[Node]) -> Iterator[tuple[Node, Node]]:
    for k, argument in enumerate(node.arguments):
        derivative = scalar_derivative(node.scalar, SLOTS[k])
        if argument in active and derivative != 0:
            yield argument, _product(cotangent, nodes.mapped(derivative, *node.arguments))


def _gather_adjoint(node: nodes.Gather, cotangent: Node) -> Node:
    """Entries go back where they came from, and add up where they were taken from twice."""
    positions, shape = node.index.positions, node.source.shape

    def back(part: Node) -> Node:
        return nodes.filled(0, shape) if _is_zero(part) else nodes.scatter(part, positions, shape)

    taken = positions[positions >= 0]
    once = np.unique(taken).size == taken.size
    return _through_selection(cotangent, back) if once else back(cotangent)


def _einsum_adjoints(node: nodes.Einsum, cotangent: Node, active: frozenset[Node]) -> Iterator[tuple[Node, Node]]:
    for k, (factor, _) in enumerate(node.factors):
        if factor in active:
            yield factor, _factor_adjoint(node, k, cotangent)


def _factor_adjoint(node: nodes.Einsum, k: int, cotangent: Node) -> Node:
    """A factor's adjoint is the einsum of the cotangent with the other factors."""
    labels = node.factors[k][1]
    sizes = node.size_of
    own, deltas = _distinct(labels, sizes)
    others = [other for j, other in enumerate(node.factors) if j != k]

    def back(part: Node) -> Node:
        return sums.einsum([(part, node.output), *others, *deltas], own, sizes)

    repeats = any(label not in labels and sizes[label] != 1 for label in node.output)
    return _through_selection(cotangent, back) if node.is_view and not repeats else back(cotangent)


def _distinct(labels: tuple[int, ...], sizes: dict[int, nodes.Size]) -> tuple[list[int], list[sums.Term]]:
    """Labels without repetition; a repeated one (a diagonal) is tied to the first by a delta."""
    own: list[int] = []
    deltas: list[sums.Term] = []
    for label in labels:
        if label not in own:
            own.append(label)
            continue
        fresh = max(sizes) + 1
        sizes[fresh] = sizes[label]
        own.append(fresh)
        deltas.append((nodes.delta(sizes[label]), (label, fresh)))
    return own, deltas


# ---- forward: what each node makes of its operands' tangents ---------------------------------


def _tangent(node: Node, tangents: Mapping[Node, Node | None]) -> Node | None:
    """The tangent of a node: linear in the tangents of its operands; `None` is zero."""
    match node:
        case nodes.Map():
            return _map_tangent(node, tangents)
        case nodes.Einsum():
            return _einsum_tangent(node, tangents)
        case nodes.Maximum():
            return _maximum_tangent(node, tangents[node.source])
        case nodes.Gather() if (tangent := tangents[node.source]) is not None:
            return nodes.gather(tangent, node.index.positions)
        case nodes.Scatter() if (tangent := tangents[node.source]) is not None:
            return nodes.scatter(tangent, node.index.positions, node.shape)
        case nodes.Select():
            return _select_tangent(node, tangents)
        case _:
            return None


def _map_tangent(node: nodes.Map, tangents: Mapping[Node, Node | None]) -> Node | None:
    total = None
    for k, argument in enumerate(node.arguments):
        tangent = tangents[argument]
        derivative = scalar_derivative(node.scalar, SLOTS[k])
        if tangent is not None and derivative != 0:
            total = _sum(total, _product(tangent, nodes.mapped(derivative, *node.arguments)))
    return total


def _einsum_tangent(node: nodes.Einsum, tangents: Mapping[Node, Node | None]) -> Node | None:
    total = None
    for k, (factor, labels) in enumerate(node.factors):
        tangent = tangents[factor]
        if tangent is not None:
            factors = [*node.factors[:k], (tangent, labels), *node.factors[k + 1 :]]
            total = _sum(total, sums.einsum(factors, node.output, node.size_of))
    return total


def _maximum_tangent(node: nodes.Maximum, tangent: Node | None) -> Node | None:
    if tangent is None:
        return None
    axes = tuple(range(len(node.source.shape)))
    kept = tuple(axis for axis in axes if axis not in node.axes)
    return sums.einsum([(tangent, axes), (nodes.winner(node.source, node.axes), axes)], kept)


def _select_tangent(node: nodes.Select, tangents: Mapping[Node, Node | None]) -> Node | None:
    chosen, other = tangents[node.chosen], tangents[node.other]
    if chosen is None and other is None:
        return None
    nothing = nodes.filled(0, node.shape)
    return nodes.select(node.condition, chosen or nothing, other or nothing)


# ---- shared ----------------------------------------------------------------------------------


def _sum(first: Node | None, second: Node) -> Node:
    """Add; two selections by one condition are one, so that a tie opens them together."""
    if first is None:
        return second
    if isinstance(first, nodes.Select) and isinstance(second, nodes.Select) and first.condition is second.condition:
        chosen, other = _sum(first.chosen, second.chosen), _sum(first.other, second.other)
        return nodes.select(first.condition, chosen, other)
    return nodes.mapped(SLOTS[0] + SLOTS[1], first, second)


def _product(adjoint: Node, derivative: Node) -> Node:
    """Multiply; what a selection left out stays zero, even where the derivative is infinite."""
    if isinstance(adjoint, nodes.Select):
        condition, chosen, other = adjoint.operands
        if _is_zero(chosen):
            return nodes.select(condition, chosen, _product(other, derivative))
        if _is_zero(other):
            return nodes.select(condition, _product(chosen, derivative), other)
    return nodes.mapped(SLOTS[0] * SLOTS[1], adjoint, derivative)


def _through_selection(cotangent: Node, rearrange: Callable[[Node], Node]) -> Node:
    """Rearrange a cotangent; a selection stays one, so that what it left out stays zero."""
    if isinstance(cotangent, nodes.Select):
        return nodes.select(*map(rearrange, cotangent.operands))
    return rearrange(cotangent)


def _is_zero(node: Node) -> bool:
    return isinstance(node, nodes.Filled) and node.number == 0


def _along_dropped_axes(values: Node, node: nodes.Maximum) -> Node:
    """Repeat the entries of a reduced array along the axes that the reduction dropped."""
    shape = node.source.shape
    kept = [axis for axis in range(len(shape)) if axis not in node.axes]
    return sums.einsum([(values, kept)], range(len(shape)), dict(enumerate(shape)))
