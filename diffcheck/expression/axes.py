"""Axes by their number."""

from __future__ import annotations

from collections.abc import Iterable
from operator import index

Axis = int | tuple[int, ...] | None


def one_axis(axis: int, rank: int) -> int:
    """An axis of an array with `rank` axes, counted from the front.

    Raises:
        ValueError: there is no such axis.
    """
    if not -rank <= index(axis) < rank:
        raise ValueError(f"axis {axis} is out of range for an array with {rank} axes")
    return index(axis) % rank


def several_axes(axis: Axis, rank: int) -> tuple[int, ...]:
    """One axis or several, in the order given; `None` is all of them.

    Raises:
        ValueError: there is no such axis, or one is named twice.
    """
    if axis is None:
        return tuple(range(rank))
    listed = axis if isinstance(axis, Iterable) else (axis,)
    found = tuple(one_axis(k, rank) for k in listed)
    if len(set(found)) < len(found):
        raise ValueError(f"axes {axis} name an axis twice")
    return found
