"""Roots in a graph: what they are taken of, and whether that is nowhere negative."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import sympy as sp

from diffcheck.expression import heads, nodes
from diffcheck.expression.heads import SLOTS
from diffcheck.expression.nodes import Node

_ANYTHING = tuple(sp.Symbol(f"r{k}", real=True) for k in range(len(SLOTS)))
_NOT_NEGATIVE = tuple(sp.Symbol(f"p{k}", nonnegative=True) for k in range(len(SLOTS)))


def argument_of_root(node: Node) -> Node | None:
    """What a node takes a root of: x for xᵖ with 0 < p < 1."""
    if not isinstance(node, nodes.Map) or not node.scalar.is_Pow:
        return None
    base, exponent = node.scalar.args
    return node.arguments[0] if base == SLOTS[0] and exponent.is_Rational and 0 < exponent < 1 else None


def argument_of_square_root(node: Node) -> Node | None:
    """What a node takes the square root of: x² + y² for the hypotenuse."""
    if isinstance(node, nodes.Map) and node.scalar == heads.hypot(*SLOTS[:2]):
        return nodes.mapped(SLOTS[0] ** 2 + SLOTS[1] ** 2, *node.arguments)
    is_square_root = isinstance(node, nodes.Map) and node.scalar == sp.sqrt(SLOTS[0])
    return argument_of_root(node) if is_square_root else None


@lru_cache(maxsize=1024)
def is_never_negative(node: Node) -> bool:
    """Whether a node has no negative entry, whatever its inputs: told from sums, products and squares."""
    known: dict[Node, bool] = {}
    for part in nodes.topological([node]):
        known[part] = _is_never_negative(part, known)
    return known[node]


def _is_never_negative(node: Node, known: Mapping[Node, bool]) -> bool:
    match node:
        case nodes.Map():
            return _scalar_is_never_negative(node, known)
        case nodes.Einsum():
            return all(known[term[0]] or node.factors.count(term) % 2 == 0 for term in node.factors)
        case nodes.Filled():
            return bool(node.number >= 0)
        case nodes.Constant():
            return bool((node.values >= 0).all())
        case nodes.Select():
            return known[node.chosen] and known[node.other]
        case nodes.Maximum() | nodes.Gather() | nodes.Scatter():
            return known[node.source]
        case nodes.Delta() | nodes.Winner():
            return True
        case _:
            return False


def _scalar_is_never_negative(node: nodes.Map, known: Mapping[Node, bool]) -> bool:
    """What SymPy says, told which of the operands are never negative."""
    told = {SLOTS[k]: (_NOT_NEGATIVE if known[argument] else _ANYTHING)[k] for k, argument in enumerate(node.arguments)}
    return node.scalar.xreplace(told).is_nonnegative is True
