"""Gather and scatter: entries at indices, which are known or depend on the data.

(The XLA operation semantics, https://openxla.org/xla/operation_semantics, sections Gather and Scatter.)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np
import sympy as sp

from diffcheck.expression import heads, nodes
from diffcheck.expression.heads import SLOTS
from diffcheck.expression.nodes import Node
from diffcheck.lift.jaxpr_comparison import compared
from diffcheck.lift.jaxpr_elementwise import applied
from diffcheck.lift.jaxpr_known import Value, aval, node_of
from diffcheck.lift.jaxpr_order import at_place, chosen, pick, repeated
from diffcheck.lift.jaxpr_rearrangement import counted, is_zero, joined
from diffcheck.lift.jaxpr_sums import summed
from diffcheck.lift.program import NotLifted

if TYPE_CHECKING:
    from jax.extend.core import JaxprEqn

_X, _Y, _Z = SLOTS[:3]


@dataclass(frozen=True)
class _Windows:
    """Where the windows of a gather or a scatter lie in an array, entry by entry.

    Attributes:
        base: the flat position of every entry of every window if all windows started at 0.
        sources: for each coordinate of an index, where in the index array it is, entry by entry.
        strides: for each coordinate, how far one step moves the flat position.
        limits: for each coordinate, the last start that keeps the window inside.
    """

    base: np.ndarray
    sources: tuple[np.ndarray, ...]
    strides: tuple[int, ...]
    limits: tuple[int, ...]

    def known(self, indices: np.ndarray, clip: bool) -> np.ndarray:
        """Flat positions at known indices; −1 where a window leaves the array and is not moved inside."""
        positions = self.base.copy()
        inside = np.ones(self.base.shape, dtype=bool)
        for source, stride, limit in zip(self.sources, self.strides, self.limits, strict=True):
            start = indices.ravel().astype(np.int64)[source]
            inside &= (start >= 0) & (start <= limit)
            positions += stride * np.clip(start, 0, limit)
        return positions if clip else np.where(inside, positions, -1)

    def dependent(self, indices: Node) -> tuple[Node, Node]:
        """Flat positions at indices that depend on the data, moved inside; and whether they were inside."""
        positions = nodes.constant(self.base)
        inside: Node = nodes.filled(1, self.base.shape)
        for source, stride, limit in zip(self.sources, self.strides, self.limits, strict=True):
            start = nodes.gather(indices, source)
            not_before = compared(heads.greater_equal, start, nodes.filled(0), True)
            not_beyond = compared(heads.greater_equal, nodes.filled(limit), start, True)
            inside = applied(_X * _Y * _Z, inside, not_before, not_beyond)
            moved = applied(heads.smaller(heads.larger(_X, sp.Integer(0)), sp.Integer(limit)), start)
            positions = applied(_X + stride * _Y, positions, moved)
        return positions, inside


@dataclass(frozen=True)
class _Axes:
    """Which axis plays which part, in the words of a gather.

    Attributes:
        offset: of the result: those that run inside a window.
        collapsed: of the array: those along which a window has one entry, and which the result lacks.
        indexed: of the array: those that the coordinates of an index name.
        batch: of the array, with those of the indices that run along with them.
    """

    offset: Sequence[int]
    collapsed: Sequence[int]
    indexed: Sequence[int]
    batch: tuple[Sequence[int], Sequence[int]]

    def windows(
        self, shape: Sequence[int], index_shape: Sequence[int], sizes: Sequence[int], result: Sequence[int]
    ) -> _Windows:
        """Lay windows of some sizes over an array of a shape; `result` is the shape of all of them."""
        strides = [prod(shape[axis + 1 :]) for axis in range(len(shape))]
        grid = np.indices(tuple(result))
        inside = [axis for axis in range(len(shape)) if axis not in (*self.collapsed, *self.batch[0])]
        base = np.zeros(tuple(result), dtype=np.int64)
        for axis, place in zip(inside, self.offset, strict=True):
            base += strides[axis] * grid[place]
        outside = [grid[axis] for axis in range(len(result)) if axis not in self.offset]
        for axis, place in zip(*self.batch, strict=True):
            base += strides[axis] * outside[place]
        first = np.zeros(tuple(result), dtype=np.int64)
        for coordinate, size in zip(outside, index_shape[:-1], strict=True):
            first = first * size + coordinate
        count = index_shape[-1]
        return _Windows(
            base,
            tuple(first * count + k for k in range(count)),
            tuple(strides[axis] for axis in self.indexed),
            tuple(int(shape[axis]) - int(sizes[axis]) for axis in self.indexed),
        )


def _gather(equation: JaxprEqn, operand: Value, indices: Value) -> Node:
    parameters, node = equation.params, node_of(operand)
    numbers = parameters["dimension_numbers"]
    axes = _Axes(
        numbers.offset_dims,
        numbers.collapsed_slice_dims,
        numbers.start_index_map,
        (numbers.operand_batching_dims, numbers.start_indices_batching_dims),
    )
    windows = axes.windows(node.shape, indices.shape, parameters["slice_sizes"], aval(equation.outvars[0]).shape)
    clip = not _drops(parameters["mode"])
    filler = nodes.filled(np.nan if parameters["fill_value"] is None else parameters["fill_value"])
    if isinstance(indices, np.ndarray):
        positions = windows.known(indices, clip)
        return joined([node, filler], np.where(positions < 0, prod(node.shape), positions))
    places, inside = windows.dependent(indices)
    picked = pick(node, places)
    return picked if clip else nodes.select(inside, picked, nodes.filled(filler.number, picked.shape))


def _scattered(equation: JaxprEqn, operand: Value, indices: Value, updates: Value) -> tuple[_Windows, bool]:
    """Where the updates go; and whether those that leave the array are moved inside."""
    numbers = equation.params["dimension_numbers"]
    shape, result = operand.shape, updates.shape
    axes = _Axes(
        numbers.update_window_dims,
        numbers.inserted_window_dims,
        numbers.scatter_dims_to_operand_dims,
        (numbers.operand_batching_dims, numbers.scatter_indices_batching_dims),
    )
    sizes = np.ones(len(shape), dtype=int)
    inside = [axis for axis in range(len(shape)) if axis not in (*axes.collapsed, *axes.batch[0])]
    sizes[inside] = [result[place] for place in axes.offset]
    windows = axes.windows(shape, indices.shape, sizes.tolist(), result)
    return windows, not _drops(equation.params["mode"])


def _scatter_add(equation: JaxprEqn, operand: Value, indices: Value, updates: Value) -> Node:
    windows, clip = _scattered(equation, operand, indices, updates)
    below, above = node_of(operand), node_of(updates)
    if isinstance(indices, np.ndarray):
        total = nodes.scatter(above, windows.known(indices, clip), below.shape)
    else:
        total = _added_at(above, *windows.dependent(indices), below.shape)
    return total if is_zero(below) else applied(_X + _Y, below, total)


def _added_at(updates: Node, places: Node, inside: Node, shape: Sequence[int]) -> Node:
    """Entries added up at places that depend on the data."""
    size = prod(shape)
    here = at_place(places, size)
    rank = len(places.shape)
    kept = applied(_X * _Y, here, repeated(inside, rank, size))
    added = nodes.select(kept, repeated(updates, rank, size), nodes.filled(0, here.shape))
    flat = summed(added, tuple(range(rank)))
    return nodes.gather(flat, nodes.positions_of(shape))


def _scatter(equation: JaxprEqn, operand: Value, indices: Value, updates: Value) -> Node:
    """Entries replaced; which of two that go to one place stays is not said."""
    if not isinstance(indices, np.ndarray):
        raise NotLifted("jax scatter goes to places that depend on the data")
    windows, clip = _scattered(equation, operand, indices, updates)
    return _replaced(node_of(operand), node_of(updates), windows.known(indices, clip))


def _replaced(below: Node, above: Node, places: np.ndarray) -> Node:
    """Entries put at known flat places; −1 drops them."""
    landing = places >= 0
    if np.unique(places[landing]).size < landing.sum():
        raise NotLifted("jax scatter puts two entries in one place")
    entries, replacing = counted([below, above])
    entries.ravel()[places[landing]] = replacing[landing]
    return joined([below, above], entries)


def _replaced_at(below: Node, above: Node, places: Node) -> Node:
    """Entries put at flat places that depend on the data, each at its own."""
    count, size = prod(above.shape), prod(below.shape)
    here = at_place(nodes.gather(places, np.arange(count)), size)
    entries = repeated(nodes.gather(above, np.arange(count)), 1, size)
    result = nodes.select(nodes.maximum(here, (0,)), chosen(here, entries, 0), nodes.gather(below, np.arange(size)))
    return nodes.gather(result, nodes.positions_of(below.shape))


# ---- one window ------------------------------------------------------------------------------


def _window(shape: Sequence[int], sizes: Sequence[int]) -> _Windows:
    """A window of some sizes, moved inside."""
    corner = tuple(slice(size) for size in sizes)
    base = nodes.positions_of(shape)[corner]
    return _Windows(
        base,
        tuple(np.full(base.shape, axis) for axis in range(len(shape))),
        tuple(prod(shape[axis + 1 :]) for axis in range(len(shape))),
        tuple(length - size for length, size in zip(shape, sizes, strict=True)),
    )


def _starts(starts: Sequence[Value]) -> Value:
    """The coordinates of a window's start, as one index."""
    if all(isinstance(start, np.ndarray) for start in starts):
        return np.array([int(start) for start in starts if isinstance(start, np.ndarray)], dtype=np.int64)
    return joined([node_of(start) for start in starts], np.arange(len(starts)))


def _dynamic_slice(equation: JaxprEqn, operand: Value, *starts: Value) -> Node:
    node, index = node_of(operand), _starts(starts)
    window = _window(node.shape, equation.params["slice_sizes"])
    if isinstance(index, np.ndarray):
        return nodes.gather(node, window.known(index, clip=True))
    return pick(node, window.dependent(index)[0])


def _dynamic_update_slice(_: JaxprEqn, operand: Value, update: Value, *starts: Value) -> Node:
    below, above, index = node_of(operand), node_of(update), _starts(starts)
    window = _window(below.shape, above.shape)
    if isinstance(index, np.ndarray):
        return _replaced(below, above, window.known(index, clip=True))
    return _replaced_at(below, above, window.dependent(index)[0])


def _drops(mode: Any) -> bool:
    """Whether what leaves the array is dropped; else it is moved inside, or promised not to occur."""
    return getattr(mode, "name", str(mode)) == "FILL_OR_DROP"


RULES: dict[str, Callable[..., Any]] = {
    "dynamic_slice": _dynamic_slice,
    "dynamic_update_slice": _dynamic_update_slice,
    "gather": _gather,
    "scatter": _scatter,
    "scatter-add": _scatter_add,
    "scatter_add": _scatter_add,
}
