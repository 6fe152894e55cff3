"""Comparisons, and what is chosen by them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import sympy as sp

from diffcheck.expression import elementwise, heads, nodes, sums
from diffcheck.expression.heads import SLOTS
from diffcheck.expression.nodes import Filled, Node
from diffcheck.lift.jaxpr_elementwise import applied
from diffcheck.lift.jaxpr_known import Value, aval, node_of
from diffcheck.lift.jaxpr_whole import comparison, is_whole

if TYPE_CHECKING:
    from jax.extend.core import JaxprEqn

Rule = Callable[..., Any]

_X, _Y = SLOTS[:2]

_IS_A_NUMBER = heads.greater_equal(heads.absolute(_X), sp.Integer(-1))
"""1, but 0 at NaN."""


def compared(head: type[sp.Function], x: Node, y: Node, whole: bool = False) -> Node:
    """A comparison, entry by entry, in which equal whole numbers are no tie."""
    return applied(comparison(head, x, y, whole), x, y)


def _comparison(head: type[sp.Function], turned: bool = False) -> Rule:
    def apply(equation: JaxprEqn, x: Value, y: Value) -> Node:
        first, second = (y, x) if turned else (x, y)
        return compared(head, node_of(first), node_of(second), _are_whole(equation))

    return apply


def _are_whole(equation: JaxprEqn) -> bool:
    """Whether the operands are whole numbers, or truth values, by their dtype."""
    return aval(equation.invars[0]).dtype.kind in "biu"


def _select_n(_: JaxprEqn, which: Value, *cases: Value) -> Node:
    """The case of a number; false and true are the numbers 0 and 1."""
    condition, *choices = (node_of(value) for value in (which, *cases))
    shape = choices[0].shape
    spread = elementwise.broadcast(condition, shape)
    result = choices[0]
    for number, choice in enumerate(choices[1:], 1):
        reached = spread if len(choices) == 2 else compared(heads.greater_equal, spread, nodes.filled(number), True)
        result = nodes.select(reached, choice, result)
    return result


# ---- equality --------------------------------------------------------------------------------


def _eq(equation: JaxprEqn, x: Value, y: Value) -> Node:
    return equal(node_of(x), node_of(y), _are_whole(equation))


def _ne(equation: JaxprEqn, x: Value, y: Value) -> Node:
    return applied(1 - _X, _eq(equation, x, y))


def equal(x: Node, y: Node, whole: bool = False) -> Node:
    """Where two arrays are equal.

    jax asks so which operand of a maximum it was. Balls could not tell, but of whole numbers:
    that question becomes the comparison of the operands.
    """
    shape = elementwise.broadcast_shape(x.shape, y.shape)
    x, y = elementwise.broadcast(x, shape), elementwise.broadcast(y, shape)
    if x is y:
        return applied(_IS_A_NUMBER, x)
    if whole or (is_whole(x) and is_whole(y)):
        return compared(heads.equal, x, y, whole=True)
    for one, other in ((x, y), (y, x)):
        found = _is_the_largest(one, other) or _is_the_larger(one, other)
        if found is not None:
            return found
    return applied(heads.equal(_X, _Y), x, y)


def _is_the_largest(source: Node, peak: Node) -> Node | None:
    """Whether each entry is the largest (or the smallest) along some axes, if that is what `peak` is."""
    node = peak
    while len(node.operands) == 1 and not isinstance(node, nodes.Maximum):
        [node] = node.operands
    if not isinstance(node, nodes.Maximum):
        return None
    for sign in (1, -1):
        values = applied(sign * _X, node)
        if node.source is applied(sign * _X, source) and _along(values, node) is peak:
            return nodes.winner(node.source, node.axes)
    return None


def _along(values: Node, reduced: nodes.Maximum) -> Node:
    """Entries repeated along the axes that a reduction dropped."""
    shape = reduced.source.shape
    kept = [axis for axis in range(len(shape)) if axis not in reduced.axes]
    return sums.einsum([(values, kept)], range(len(shape)), dict(enumerate(shape)))


def _is_the_larger(one: Node, extreme: Node) -> Node | None:
    """Whether one operand is the larger (or the smaller) of two, if that is what `extreme` is."""
    if not isinstance(extreme, nodes.Map) or extreme.scalar.func not in (heads.larger, heads.smaller):
        return None
    mine = [SLOTS[k] for k, argument in enumerate(extreme.arguments) if argument is one]
    mine += [one.number] if isinstance(one, Filled) else []
    first, second = extreme.scalar.args
    if first not in mine and second not in mine:
        return None
    other = second if first in mine else first
    own = first if first in mine else second
    pair = (own, other) if extreme.scalar.func is heads.larger else (other, own)
    return nodes.mapped(heads.greater_equal(*pair), *extreme.arguments)


RULES: dict[str, Rule] = {
    "eq": _eq,
    "ge": _comparison(heads.greater_equal),
    "gt": _comparison(heads.greater),
    "le": _comparison(heads.greater_equal, turned=True),
    "le_to": _comparison(heads.greater_equal, turned=True),
    "lt": _comparison(heads.greater, turned=True),
    "lt_to": _comparison(heads.greater, turned=True),
    "ne": _ne,
    "select_n": _select_n,
}
