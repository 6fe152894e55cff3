"""Order: where the largest entry is, sorting, and picking at places that depend on the data.

All of it becomes decisions between entries, so that nothing is rounded that jax does not round.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np
import sympy as sp

from diffcheck.expression import heads, nodes, sums
from diffcheck.expression.heads import SLOTS
from diffcheck.expression.nodes import Node
from diffcheck.lift.jaxpr_comparison import compared
from diffcheck.lift.jaxpr_elementwise import applied
from diffcheck.lift.jaxpr_known import Value, aval, node_of
from diffcheck.lift.jaxpr_rearrangement import slice_along
from diffcheck.lift.jaxpr_sums import cumulative_sum, summed
from diffcheck.lift.program import NotLifted

if TYPE_CHECKING:
    from jax.extend.core import JaxprEqn

MOST_PAIRS = 65_536
"""Places that depend on the data are compared with every place up to so many pairs."""

MOST_CHOICES = 256
"""An entry that depends on the data is one of so many at most: each is an operation."""

_X, _Y = SLOTS[:2]


def repeated(node: Node, axis: int, size: int) -> Node:
    """A new axis along which every entry is repeated."""
    rank = len(node.shape)
    labels = [label for label in range(rank + 1) if label != axis]
    return sums.einsum([(node, labels)], range(rank + 1), {axis: size})


def chosen(conditions: Node, entries: Node, axis: int) -> Node:
    """The one entry along an axis whose condition holds, exactly.

    Raises:
        NotLifted: there are too many to choose from.
    """
    size = int(entries.shape[axis])
    if size > MOST_CHOICES:
        raise NotLifted(f"one of {size} entries depends on the data")
    result = slice_along(entries, axis, 0)
    for place in range(1, size):
        result = nodes.select(slice_along(conditions, axis, place), slice_along(entries, axis, place), result)
    return result


def first_largest(node: Node, axis: int) -> Node:
    """One at the first of the largest entries along an axis, zero elsewhere."""
    return _first_holding(nodes.winner(node, (axis,)), axis)


def _first_holding(conditions: Node, axis: int) -> Node:
    """One at the first condition along an axis that holds, zero elsewhere.

    Of several that win together each may have its share of one: they are compared with less between them.
    """
    earlier = cumulative_sum(conditions, axis, strict=True)
    less = sp.Rational(1, 2 * max(int(conditions.shape[axis]), 1))
    return applied(heads.greater(_X - less, _Y), conditions, earlier)


def pick(source: Node, places: Node) -> Node:
    """The entries of `source` at flat places that depend on the data.

    Raises:
        NotLifted: there are too many pairs of a place and an entry.
    """
    size = prod(source.shape)
    here = at_place(places, size)
    flat = nodes.gather(source, np.arange(size))
    rank = len(places.shape)
    entries = sums.einsum([(flat, (rank,))], range(rank + 1), dict(enumerate(here.shape)))
    return chosen(here, entries, rank)


def at_place(places: Node, size: int) -> Node:
    """For each place and each number below `size` (along a new last axis) whether it is that number."""
    rank = len(places.shape)
    if prod(places.shape) * size > MOST_PAIRS:
        raise NotLifted(f"{prod(places.shape)} places among {size} depend on the data")
    shape = (*places.shape, size)
    numbers = nodes.constant(np.broadcast_to(np.arange(size), shape))
    return compared(heads.equal, repeated(places, rank, size), numbers, True)


# ---- rules -----------------------------------------------------------------------------------


def _argmax(sign: int) -> Callable[..., Node]:
    def apply(equation: JaxprEqn, operand: Value) -> Node:
        [axis] = map(int, equation.params["axes"])
        kind = aval(equation.invars[0]).dtype.kind
        if kind == "b":
            first = _first_holding(applied(_X if sign > 0 else 1 - _X, operand), axis)
        elif kind in "iu":
            first = compared(heads.equal, _rank([applied(-sign * _X, operand)], axis), nodes.filled(0), True)
        else:
            first = first_largest(applied(sign * _X, operand), axis)
        return chosen(first, _numbers(first.shape, axis), axis)

    return apply


def _sort(equation: JaxprEqn, *operands: Value) -> list[Node]:
    """Arrays in the order of the first, equal entries of which are in the order of the next."""
    parameters = equation.params
    found = [node_of(operand) for operand in operands]
    axis = int(parameters["dimension"])
    return _ordered(found, _rank(found[: int(parameters["num_keys"])], axis), axis)


def _top_k(equation: JaxprEqn, operand: Value) -> list[Node]:
    """The largest entries in descending order, equal ones in the order in which they stand; and their places."""
    node, count = node_of(operand), int(equation.params["k"])
    axis = int(equation.params.get("axis", -1)) % len(node.shape)
    order = _rank([applied(-_X, node)], axis)
    first = np.take(nodes.positions_of(node.shape), range(count), axis)
    return [nodes.gather(array, first) for array in _ordered([node, _numbers(node.shape, axis)], order, axis)]


def _numbers(shape: Sequence[int], axis: int) -> Node:
    """The place of every entry along an axis."""
    return nodes.constant(np.indices(tuple(shape))[axis])


def _ordered(arrays: Sequence[Node], order: Node, axis: int) -> list[Node]:
    """Arrays whose entries along an axis go to the places that `order` says."""
    last = len(order.shape)
    size = int(order.shape[axis])
    here = at_place(order, size)
    # The axis of the entries goes, and the axis of their places takes its place.
    labels = [label for label in range(last + 1) if label != axis]
    places = [last if label == axis else label for label in range(last)]
    return [sums.einsum([(chosen(here, repeated(array, last, size), axis), labels)], places) for array in arrays]


def _rank(keys: Sequence[Node], axis: int) -> Node:
    """How many entries along an axis come before each; of equal ones, those that stand before it.

    An entry is held against the others only: balls could not tell that it is not before itself.
    """
    shape = keys[0].shape
    size, last = int(shape[axis]), len(shape)
    if prod(shape) * size > MOST_PAIRS:
        raise NotLifted(f"jax sort of {size} entries that depend on the data")
    if size < 2:
        return nodes.filled(0, shape)
    others = np.array([[place for place in range(size) if place != own] for own in range(size)])
    earlier = nodes.constant(_along(others < np.arange(size)[:, None], shape, axis))
    rivals = np.moveaxis(np.moveaxis(nodes.positions_of(shape), axis, -1)[..., others], -2, axis)
    after: Node | None = None
    for key in reversed(keys):
        own, rival = repeated(key, last, size - 1), nodes.gather(key, rivals)
        above = compared(heads.greater, own, rival)
        if after is None:
            after = nodes.select(earlier, compared(heads.greater_equal, own, rival), above)
        else:
            after = nodes.select(compared(heads.equal, own, rival), after, above)
    assert after is not None
    return summed(after, (last,))


def _along(pairs: np.ndarray, shape: Sequence[int], axis: int) -> np.ndarray:
    """Truth values of pairs along an axis and a new last one, everywhere else the same."""
    spread = pairs.reshape([*(size if k == axis else 1 for k, size in enumerate(shape)), pairs.shape[1]])
    return np.broadcast_to(spread, (*shape, pairs.shape[1]))


RULES: dict[str, Callable[..., Any]] = {
    "argmax": _argmax(1),
    "argmin": _argmax(-1),
    "sort": _sort,
    "top_k": _top_k,
}
