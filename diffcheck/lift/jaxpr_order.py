"""Order: where the largest entry is, sorting, and picking at places that depend on the data.

All of it becomes decisions between entries, so that nothing is rounded that jax does not round.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from diffcheck.expression import heads, nodes, sums
from diffcheck.expression.heads import SLOTS
from diffcheck.expression.nodes import Node
from diffcheck.lift.jaxpr_elementwise import applied
from diffcheck.lift.jaxpr_known import Value, node_of
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
    winners = nodes.winner(node, (axis,))
    earlier = cumulative_sum(winners, axis, strict=True)
    return applied(heads.greater(_X, _Y), winners, earlier)


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
    return applied(heads.equal(_X, _Y), repeated(places, rank, size), numbers)


# ---- rules -----------------------------------------------------------------------------------


def _position_of_largest(node: Node, axis: int) -> Node:
    first = first_largest(node, axis)
    shape = [-1 if k == axis else 1 for k in range(len(node.shape))]
    numbers = np.broadcast_to(np.arange(node.shape[axis]).reshape(shape), node.shape)
    return chosen(first, nodes.constant(numbers), axis)


def _argmax(sign: int) -> Callable[..., Node]:
    def apply(equation: JaxprEqn, operand: Value) -> Node:
        [axis] = equation.params["axes"]
        return _position_of_largest(applied(sign * _X, operand), int(axis))

    return apply


def _sort(equation: JaxprEqn, *operands: Value) -> list[Node]:
    """Arrays in the order of the first."""
    parameters = equation.params
    if parameters["num_keys"] != 1:
        raise NotLifted(f"no rule for jax sort by {parameters['num_keys']} keys")
    found = [node_of(operand) for operand in operands]
    axis = int(parameters["dimension"])
    return _ordered(found, _rank(found[0], axis), axis)


def _ordered(arrays: Sequence[Node], order: Node, axis: int) -> list[Node]:
    """Arrays whose entries along an axis go to the places that `order` says."""
    last = len(order.shape)
    size = int(order.shape[axis])
    here = at_place(order, size)
    # The axis of the entries goes, and the axis of their places takes its place.
    labels = [label for label in range(last + 1) if label != axis]
    places = [last if label == axis else label for label in range(last)]
    return [sums.einsum([(chosen(here, repeated(array, last, size), axis), labels)], places) for array in arrays]


def _rank(keys: Node, axis: int) -> Node:
    """How many entries along an axis come before each; of equal ones, those that stand before it."""
    size, last = int(keys.shape[axis]), len(keys.shape)
    if prod(keys.shape) * size > MOST_PAIRS:
        raise NotLifted(f"jax sort of {size} entries that depend on the data")
    labels = list(range(last))
    own = repeated(keys, last, size)
    rival = sums.einsum(
        [(keys, [last if k == axis else k for k in labels])], range(last + 1), dict(enumerate(own.shape))
    )
    places = [size if k in (axis, last) else 1 for k in range(last + 1)]

    def everywhere(pairs: np.ndarray) -> Node:
        return nodes.constant(np.broadcast_to(pairs.reshape(places), own.shape))

    not_after = applied(heads.greater_equal(_X, _Y), own, rival)
    before = applied(heads.greater(_X, _Y), own, rival)
    ordered = nodes.select(everywhere(np.tri(size, k=-1, dtype=bool)), not_after, before)
    # An entry is not before itself, which balls could not tell.
    itself = everywhere(np.eye(size, dtype=bool))
    return summed(nodes.select(itself, nodes.filled(0, own.shape), ordered), (last,))


RULES: dict[str, Callable[..., Any]] = {
    "argmax": _argmax(1),
    "argmin": _argmax(-1),
    "sort": _sort,
}
