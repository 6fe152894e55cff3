"""Whole numbers that depend on the data: places, counts and signs.

Two that are equal are no tie: they stay equal around the point. So they are compared with half a number
between them, and no comparison of theirs is a kink.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import sympy as sp

from diffcheck.expression import heads, nodes
from diffcheck.expression.heads import SLOTS
from diffcheck.expression.nodes import Node

_X, _Y = SLOTS[:2]
_HALF = sp.Rational(1, 2)

_OF_WHOLE_NUMBERS = {
    heads.greater: heads.greater(_X - _HALF, _Y),
    heads.greater_equal: heads.greater(_X + _HALF, _Y),
    heads.equal: heads.greater(_X + _HALF, _Y) * heads.greater(_Y + _HALF, _X),
}

_WHOLE = (heads.signum, heads.floored, heads.rounded, *_OF_WHOLE_NUMBERS)
_WHOLE_OF_WHOLE = (heads.absolute, heads.relu, heads.larger, heads.smaller, heads.frozen)


def comparison(head: type[sp.Function], x: Node, y: Node, whole: bool = False) -> sp.Expr:
    """A comparison of two nodes, as a scalar expression of the slots.

    Args:
        head: what is asked.
        x: the first.
        y: the second.
        whole: whether both are known to be whole numbers.
    """
    return _OF_WHOLE_NUMBERS[head] if whole or (is_whole(x) and is_whole(y)) else head(_X, _Y)


@lru_cache(maxsize=4096)
def is_whole(node: Node) -> bool:
    """Whether every entry is certainly a whole number."""
    match node:
        case nodes.Filled():
            return bool(node.number.is_Integer)
        case nodes.Constant():
            return bool((node.values == np.floor(node.values)).all())
        case nodes.Map():
            return _stays_whole(node.scalar, node.arguments)
        case nodes.Select():
            return is_whole(node.chosen) and is_whole(node.other)
        case nodes.Einsum() | nodes.Gather() | nodes.Scatter() | nodes.Maximum():
            return all(is_whole(operand) for operand in node.operands)
        case _:
            return False


def _stays_whole(scalar: sp.Expr, arguments: tuple[Node, ...]) -> bool:
    """Whether a scalar expression of such operands is a whole number."""
    if scalar in SLOTS:
        return is_whole(arguments[SLOTS.index(scalar)])
    if scalar.is_Integer or scalar.func in _WHOLE:
        return True
    if scalar.is_Pow:
        return bool(scalar.exp.is_Integer and scalar.exp > 0) and _stays_whole(scalar.base, arguments)
    combines = scalar.is_Add or scalar.is_Mul or scalar.func in _WHOLE_OF_WHOLE
    return combines and all(_stays_whole(part, arguments) for part in scalar.args)
