"""Rearranging entries: what can be an einsum is one, the rest gathers static positions.

Several arrays that one operation puts together have their positions counted on from one to the
next; −1 is the number zero.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from diffcheck.expression import nodes, sums
from diffcheck.expression.nodes import Filled, Node
from diffcheck.lift.jaxpr_known import Value, aval, node_of

if TYPE_CHECKING:
    from jax.extend.core import JaxprEqn


# ---- helpers ---------------------------------------------------------------------------------


def is_zero(node: Node) -> bool:
    """Whether every entry is the number zero."""
    return isinstance(node, Filled) and node.number == 0


def joined(parts: Sequence[Node], positions: np.ndarray) -> Node:
    """An array of entries of several others, exactly: their positions are counted on; −1 is zero."""
    result: Node = nodes.filled(0, positions.shape)
    start = 0
    for part in parts:
        end = start + prod(part.shape)
        here = (positions >= start) & (positions < end)
        if here.any() and not is_zero(part):
            result = _laid_over(result, part, np.where(here, positions - start, -1))
        start = end
    return result


def _laid_over(below: Node, part: Node, positions: np.ndarray) -> Node:
    """Entries of `part` at flat positions, and what lies below where a position is −1."""
    if is_zero(below) and not isinstance(part, Filled):
        return nodes.gather(part, positions)
    everywhere = nodes.gather(part, np.maximum(positions, 0))
    return nodes.select(nodes.constant(positions >= 0), everywhere, below)


def counted(parts: Sequence[Node]) -> list[np.ndarray]:
    """The positions of the entries of several arrays, counted on from one to the next."""
    starts = np.cumsum([0, *(prod(part.shape) for part in parts)])
    return [nodes.positions_of(part.shape) + start for part, start in zip(parts, starts, strict=False)]


def slice_along(node: Node, axis: int, place: int) -> Node:
    """One slice along an axis, which is dropped."""
    return nodes.gather(node, np.take(nodes.positions_of(node.shape), place, axis))


def reshaped(node: Node, shape: Sequence[int]) -> Node:
    """The same entries in another shape; axes of size one come and go as in a broadcast."""
    shape = tuple(shape)
    kept = [axis for axis, size in enumerate(node.shape) if size != 1]
    places = [axis for axis, size in enumerate(shape) if size != 1]
    if [node.shape[axis] for axis in kept] != [shape[axis] for axis in places]:
        return nodes.gather(node, nodes.positions_of(node.shape).reshape(shape))
    labels = [len(shape) + axis for axis in range(len(node.shape))]
    for axis, place in zip(kept, places, strict=True):
        labels[axis] = place
    return sums.einsum([(node, labels)], range(len(shape)), dict(enumerate(shape)))


def padded(positions: np.ndarray, config: Sequence[tuple[int, int, int]], filler: int = -1) -> np.ndarray:
    """Fillers put before, after and between the entries of each axis; a negative number takes entries away."""
    for axis, (before, after, between) in enumerate(config):
        along = np.moveaxis(positions, axis, 0)
        size = along.shape[0]
        spread = np.full((max(size + (size - 1) * int(between), 0), *along.shape[1:]), filler)
        spread[:: int(between) + 1] = along
        widths = [(max(int(before), 0), max(int(after), 0)), *[(0, 0)] * (spread.ndim - 1)]
        wide = np.pad(spread, widths, constant_values=filler)
        ends = max(-int(before), 0), wide.shape[0] - max(-int(after), 0)
        positions = np.moveaxis(wide[slice(*ends)], 0, axis)
    return positions


# ---- rules -----------------------------------------------------------------------------------


def _broadcast_in_dim(equation: JaxprEqn, operand: Value, *_: Value) -> Node:
    node, shape = node_of(operand), equation.params["shape"]
    labels = [
        len(shape) + int(place) if size == 1 and shape[place] != 1 else int(place)
        for size, place in zip(node.shape, equation.params["broadcast_dimensions"], strict=True)
    ]
    return sums.einsum([(node, labels)], range(len(shape)), dict(enumerate(shape)))


def _reshape(equation: JaxprEqn, operand: Value, *_: Value) -> Node:
    node, order = node_of(operand), equation.params.get("dimensions")
    if order is not None:
        node = sums.einsum([(node, range(len(node.shape)))], [int(axis) for axis in order])
    return reshaped(node, aval(equation.outvars[0]).shape)


def _squeeze(equation: JaxprEqn, operand: Value) -> Node:
    return reshaped(node_of(operand), aval(equation.outvars[0]).shape)


def _transpose(equation: JaxprEqn, operand: Value) -> Node:
    node = node_of(operand)
    return sums.einsum([(node, range(len(node.shape)))], [int(axis) for axis in equation.params["permutation"]])


def _same(_: JaxprEqn, *operands: Value) -> list[Value]:
    return list(operands)


def _pad(equation: JaxprEqn, operand: Value, filler: Value) -> Node:
    parts = [node_of(operand), node_of(filler)]
    entries, place = counted(parts)
    return joined(parts, padded(entries, equation.params["padding_config"], int(place)))


def _slice(equation: JaxprEqn, operand: Value) -> Node:
    parameters = equation.params
    steps = parameters["strides"] or [1] * len(parameters["start_indices"])
    ranges = zip(parameters["start_indices"], parameters["limit_indices"], steps, strict=True)
    node = node_of(operand)
    return nodes.gather(node, nodes.positions_of(node.shape)[tuple(slice(*map(int, ends)) for ends in ranges)])


def _rev(equation: JaxprEqn, operand: Value) -> Node:
    node = node_of(operand)
    return nodes.gather(node, np.flip(nodes.positions_of(node.shape), tuple(map(int, equation.params["dimensions"]))))


def _concatenate(equation: JaxprEqn, *operands: Value) -> Node:
    parts = [node_of(operand) for operand in operands]
    return joined(parts, np.concatenate(counted(parts), axis=equation.params["dimension"]))


def _split(equation: JaxprEqn, operand: Value) -> list[Node]:
    node = node_of(operand)
    ends = np.cumsum([int(size) for size in equation.params["sizes"]])[:-1]
    pieces = np.split(nodes.positions_of(node.shape), ends, axis=equation.params["axis"])
    return [nodes.gather(node, piece) for piece in pieces]


def _stack(equation: JaxprEqn, *operands: Value) -> Node:
    parts = [node_of(operand) for operand in operands]
    return joined(parts, np.stack(counted(parts), axis=equation.params["axis"]))


def _unstack(equation: JaxprEqn, operand: Value) -> list[Node]:
    node, axis = node_of(operand), int(equation.params["axis"])
    return [slice_along(node, axis, place) for place in range(int(node.shape[axis]))]


def _tile(equation: JaxprEqn, operand: Value) -> Node:
    node = node_of(operand)
    return nodes.gather(node, np.tile(nodes.positions_of(node.shape), equation.params["reps"]))


RULES: dict[str, Callable[..., Any]] = {
    "broadcast_in_dim": _broadcast_in_dim,
    "concatenate": _concatenate,
    "copy": _same,
    "copy_p": _same,
    "name": _same,
    "optimization_barrier": _same,
    "pad": _pad,
    "reshape": _reshape,
    "rev": _rev,
    "slice": _slice,
    "split": _split,
    "squeeze": _squeeze,
    "stack": _stack,
    "tile": _tile,
    "transpose": _transpose,
    "unstack": _unstack,
}
