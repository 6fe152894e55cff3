"""Rearranging traced arrays. What can be an einsum is one; the rest gathers static positions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from diffcheck.expression import nodes, sums
from diffcheck.expression.axes import one_axis, several_axes
from diffcheck.expression.elementwise import broadcast, context_of, node_of
from diffcheck.expression.heads import SLOTS
from diffcheck.expression.nodes import Node
from diffcheck.expression.trace import TraceError, Tracer


class SymbolicSize(TraceError):
    """Positions are needed, but the sizes are symbols."""


def positions(node: Node) -> np.ndarray:
    """The flat position of every entry.

    Raises:
        SymbolicSize: the sizes are symbols.
    """
    if not all(isinstance(size, int) for size in node.shape):
        raise SymbolicSize("this rearrangement needs sizes that are numbers")
    return nodes.positions_of(node.shape)


def _gathered(x: Any, index: np.ndarray) -> Tracer:
    return Tracer(nodes.gather(node_of(x), index), context_of(x))


# ---- axes ------------------------------------------------------------------------------------


def permute_dims(x: Any, /, axes: Sequence[int]) -> Tracer:
    """The axes in another order.

    Raises:
        ValueError: an axis is missing, named twice, or out of range.
    """
    node = node_of(x)
    rank = len(node.shape)
    order = several_axes(tuple(axes), rank)
    if len(order) < rank:
        raise ValueError(f"permute_dims: {rank} axes cannot be ordered by {tuple(axes)}")
    return Tracer(sums.einsum([(node, range(rank))], order), context_of(x))


def moveaxis(x: Any, source: int | tuple[int, ...], destination: int | tuple[int, ...], /) -> Tracer:
    """Axes moved to other places."""
    rank = len(node_of(x).shape)
    moved, places = several_axes(source, rank), several_axes(destination, rank)
    order = [axis for axis in range(rank) if axis not in moved]
    for place, axis in sorted(zip(places, moved, strict=True)):
        order.insert(place, axis)
    return permute_dims(x, order)


def expand_dims(x: Any, /, *, axis: int = 0) -> Tracer:
    """A new axis of size one."""
    node = node_of(x)
    rank = len(node.shape) + 1
    new = one_axis(axis, rank)
    labels = [label for label in range(rank) if label != new]
    return Tracer(sums.einsum([(node, labels)], range(rank), {new: 1}), context_of(x))


def squeeze(x: Any, /, axis: int | tuple[int, ...]) -> Tracer:
    """Axes of size one dropped."""
    node = node_of(x)
    rank = len(node.shape)
    dropped = several_axes(axis, rank)
    if any(node.shape[k] != 1 for k in dropped):
        raise ValueError(f"squeeze: axis {axis} of shape {node.shape} is not of size one")
    labels = [label for label in range(rank) if label not in dropped]
    return Tracer(sums.einsum([(node, range(rank))], labels), context_of(x))


def broadcast_to(x: Any, /, shape: Sequence[int]) -> Tracer:
    """Entries repeated along new and size-one axes."""
    return Tracer(broadcast(node_of(x), tuple(shape)), context_of(x))


def reshape(x: Any, /, shape: int | Sequence[int], **_: Any) -> Tracer:
    """The same entries in another shape; one size may be −1."""
    wanted = (shape,) if isinstance(shape, int) else tuple(shape)
    node = node_of(x)
    if wanted == node.shape:
        return Tracer(node, context_of(x))
    return _gathered(x, positions(node).reshape(wanted))


# ---- order of entries ------------------------------------------------------------------------


def flip(x: Any, /, *, axis: int | tuple[int, ...] | None = None) -> Tracer:
    """Entries in reverse order along axes."""
    return _gathered(x, np.flip(positions(node_of(x)), axis))


def roll(x: Any, /, shift: int | tuple[int, ...], *, axis: int | tuple[int, ...] | None = None) -> Tracer:
    """Entries moved along axes, re-entering at the other end."""
    return _gathered(x, np.roll(positions(node_of(x)), shift, axis))


def tile(x: Any, repetitions: tuple[int, ...], /) -> Tracer:
    """The array repeated as a whole."""
    return _gathered(x, np.tile(positions(node_of(x)), repetitions))


def repeat(x: Any, repeats: int, /, *, axis: int | None = None) -> Tracer:
    """Each entry repeated."""
    return _gathered(x, np.repeat(positions(node_of(x)), repeats, axis))


# ---- selection by position -------------------------------------------------------------------


def take(x: Any, indices: Any, /, *, axis: int | None = None) -> Tracer:
    """Entries at static positions along an axis."""
    return _gathered(x, np.take(positions(node_of(x)), _static(indices), axis))


def get_item(x: Any, key: Any) -> Tracer:
    """`x[key]` for integers, slices, `None`, `...` and static integer arrays."""
    parts = key if isinstance(key, tuple) else (key,)
    if all(
        part is None or part is Ellipsis or part == slice(None) for part in parts if not _is_array(part)
    ) and not any(map(_is_array, parts)):
        return _with_new_axes(x, parts)
    static = tuple(_static(part) if _is_array(part) else part for part in parts)
    return _gathered(x, positions(node_of(x))[static])


def _with_new_axes(x: Any, parts: tuple[Any, ...]) -> Tracer:
    """`x[:, None]`: only new axes, which symbolic sizes allow too."""
    node = node_of(x)
    rank = len(node.shape)
    named = sum(part is not None and part is not Ellipsis for part in parts)
    rest = [slice(None)] * (rank - named)
    if Ellipsis in parts:
        at = parts.index(Ellipsis)
        full = [*parts[:at], *rest, *parts[at + 1 :]]
    else:
        full = [*parts, *rest]
    labels = [k for k, part in enumerate(full) if part is not None]
    new = {k: 1 for k, part in enumerate(full) if part is None}
    return Tracer(sums.einsum([(node, labels)], range(len(full)), new), context_of(x))


def _is_array(part: Any) -> bool:
    return isinstance(part, (np.ndarray, list, Tracer))


def _static(indices: Any) -> np.ndarray:
    if isinstance(indices, Tracer):
        raise TraceError("an index depends on the arguments; declare the argument with integers(...)")
    return np.asarray(indices)


# ---- joining and splitting -------------------------------------------------------------------


def concat(arrays: Sequence[Any], /, *, axis: int | None = 0) -> Tracer:
    """Arrays joined along an axis, or end to end: each padded with zeros, then added.

    Raises:
        ValueError: their shapes differ along another axis.
    """
    if axis is None:
        return concat([reshape(array, -1) for array in arrays])
    parts = [node_of(array) for array in arrays]
    along = one_axis(axis, len(parts[0].shape))
    before, after = parts[0].shape[:along], parts[0].shape[along + 1 :]
    if any((part.shape[:along], part.shape[along + 1 :]) != (before, after) for part in parts):
        raise ValueError(f"concat: shapes {', '.join(str(part.shape) for part in parts)} do not fit along axis {axis}")
    sizes = [int(part.shape[along]) for part in parts]
    shape = (*before, sum(sizes), *after)
    total: Node | None = None
    start = 0
    for part, size in zip(parts, sizes, strict=True):
        index = np.full(shape, -1)
        index[(slice(None),) * along + (slice(start, start + size),)] = positions(part)
        padded = nodes.gather(part, index)
        total = padded if total is None else nodes.mapped(SLOTS[0] + SLOTS[1], total, padded)
        start += size
    assert total is not None
    return Tracer(total, context_of(*arrays))


def stack(arrays: Sequence[Any], /, *, axis: int = 0) -> Tracer:
    """Arrays joined along a new axis."""
    return concat([expand_dims(array, axis=axis) for array in arrays], axis=axis)


def unstack(x: Any, /, *, axis: int = 0) -> tuple[Tracer, ...]:
    """The slices along an axis."""
    node = node_of(x)
    index = positions(node)
    return tuple(_gathered(x, np.take(index, k, axis)) for k in range(node.shape[axis]))


def _triangle(x: Any, keep: np.ndarray) -> Tracer:
    return _gathered(x, np.where(keep, positions(node_of(x)), -1))


def _below_diagonal(x: Any, k: int) -> np.ndarray:
    rows, columns = node_of(x).shape[-2:]
    return np.tri(rows, columns, k, dtype=bool)


def tril(x: Any, /, *, k: int = 0) -> Tracer:
    """Zero above the k-th diagonal."""
    return _triangle(x, _below_diagonal(x, k))


def triu(x: Any, /, *, k: int = 0) -> Tracer:
    """Zero below the k-th diagonal."""
    return _triangle(x, ~_below_diagonal(x, k - 1))


def count(shape: Sequence[int]) -> int:
    """The number of entries of an array of this shape."""
    return math.prod(shape)


FUNCTIONS = (
    "broadcast_to concat expand_dims flip get_item moveaxis permute_dims repeat reshape roll squeeze stack take tile "
    "tril triu unstack"
).split()
