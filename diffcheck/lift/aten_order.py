"""Order: sorting, and what is picked from a sorted array. All of it becomes decisions between entries."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from diffcheck.expression import manipulation, reduction
from diffcheck.expression.elementwise import equal, greater, greater_equal, less_equal, traced, where
from diffcheck.expression.trace import Tracer
from diffcheck.lift.aten_choice import Choice
from diffcheck.lift.aten_indexing import gathered
from diffcheck.lift.aten_rearrangement import moved
from diffcheck.lift.program import NotLifted

Rule = Callable[..., Any]
Picked = tuple[Tracer, Choice]

MOST_PAIRS = 65_536
"""Entries are held against each other up to so many pairs."""


def _sort(x: Tracer, dim: int = -1, descending: bool = False, **_: Any) -> Picked:
    """Entries in order, equal ones as they stand, and where each of them stood."""
    if x.ndim == 0:
        values, places = _sort(x[None], 0, descending)
        return values[0], moved("select")(places, 0, 0)
    last = manipulation.moveaxis(x, dim, -1)
    places = _places_in_order(-last if descending else last)
    return manipulation.moveaxis(gathered(last, -1, places), -1, dim), moved("movedim")(places, -1, dim)


def _places_in_order(x: Tracer) -> Choice:
    """Which entry along the last axis stands at each place when they are sorted."""
    size = int(x.shape[-1])
    ranks = _ranks(x)
    here = equal(ranks[..., None, :], np.arange(size)[:, None])
    return Choice(np.broadcast_to(np.arange(size), here.shape), here)


def _ranks(x: Tracer) -> Tracer:
    """How many entries along the last axis come before each; of equal ones, those that stand before it.

    An entry is held against the others only: balls could not tell that it is not before itself.
    """
    size = int(x.shape[-1])
    if x.size * size > MOST_PAIRS:
        raise NotLifted(f"sort: {size} entries that depend on the data")
    if size < 2:
        return traced(np.zeros(x.shape))
    others = np.array([[place for place in range(size) if place != own] for own in range(size)])
    earlier = others < np.arange(size)[:, None]
    own, rivals = x[..., None], moved("index")(x, [None] * (x.ndim - 1) + [_tensor(others)])
    after = where(earlier, greater_equal(own, rivals), greater(own, rivals))
    return reduction.sum(after, axis=-1)


def _tensor(array: np.ndarray) -> Any:
    import torch

    return torch.from_numpy(array)


def _each(rule: Rule, picked: Picked, *arguments: Any) -> Any:
    """A rule that moves entries, for values and places."""
    return tuple(rule(part, *arguments) for part in picked)


# ---- what is picked from it ------------------------------------------------------------------


def _top(x: Tracer, count: int, dim: int = -1, largest: bool = True, *_: Any, **__: Any) -> Any:
    picked = _sort(x, dim, largest)
    return _each(moved("slice"), picked, dim, 0, count) if x.ndim else picked


def _of_rank(x: Tracer, rank: int, dim: int = -1, keepdim: bool = False) -> Any:
    """The entry of a rank, counted from one."""
    picked = _sort(x, dim)
    if x.ndim == 0:
        return picked
    return (
        _each(moved("slice"), picked, dim, rank - 1, rank) if keepdim else _each(moved("select"), picked, dim, rank - 1)
    )


def _median(x: Tracer) -> Tracer:
    """The lower of the two entries in the middle."""
    flat = manipulation.reshape(x, -1)
    value: Tracer = _of_rank(flat, (int(flat.shape[0]) + 1) // 2)[0]
    return value


def _median_along(x: Tracer, dim: int = -1, keepdim: bool = False) -> Any:
    return _of_rank(x, (int(x.shape[dim]) + 1) // 2 if x.ndim else 1, dim, keepdim)


# ---- so far ----------------------------------------------------------------------------------


def _largest_so_far(x: Tracer, dim: int) -> Picked:
    """Of equal entries, torch picks the last."""
    return _best_so_far(x, dim, greater_equal)


def _smallest_so_far(x: Tracer, dim: int) -> Picked:
    return _best_so_far(x, dim, less_equal)


def _best_so_far(x: Tracer, dim: int, beats: Callable[[Any, Any], Tracer]) -> Picked:
    if x.ndim == 0:
        return x, Choice(np.zeros(1, dtype=int), traced(np.ones(1)))
    entries = manipulation.unstack(manipulation.moveaxis(x, dim, -1), axis=-1)
    identity = np.eye(len(entries))
    values, chosen = [entries[0]], [traced(np.broadcast_to(identity[0], (*entries[0].shape, len(entries))))]
    for entry, own in zip(entries[1:], identity[1:], strict=True):
        better = beats(entry, values[-1])
        values.append(where(better, entry, values[-1]))
        chosen.append(where(better[..., None], own, chosen[-1]))
    picked = manipulation.stack(chosen, axis=-2)
    places = Choice(np.broadcast_to(np.arange(len(entries)), picked.shape), picked)
    return moved("stack")(values, dim), moved("movedim")(places, -1, dim)


RULES: dict[str, Rule] = {
    "cummax": _largest_so_far,
    "cummin": _smallest_so_far,
    "kthvalue": _of_rank,
    "median.default": _median,
    "median.dim": _median_along,
    "nanmedian.default": _median,
    "nanmedian.dim": _median_along,
    "sort.default": _sort,
    "sort.stable": lambda x, *, dim=-1, descending=False, **_: _sort(x, dim, descending),
    "topk": _top,
}
