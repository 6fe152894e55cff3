"""Operations that read and write at indices: indices that are known, and indices that were chosen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from diffcheck.expression import creation, nodes
from diffcheck.expression.elementwise import add, broadcast, maximum, minimum, multiply, where
from diffcheck.expression.nodes import Node, positions_of
from diffcheck.expression.trace import Tracer
from diffcheck.lift.aten_choice import Choice
from diffcheck.lift.aten_rearrangement import moved
from diffcheck.lift.program import NotLifted

if TYPE_CHECKING:
    from torch import Tensor

Rule = Callable[..., Any]


def _places_along(shape: Sequence[int], dim: int, index: Any) -> np.ndarray:
    """The flat places that an array of indices along an axis names."""
    import torch

    return torch.gather(torch.from_numpy(positions_of(shape)), dim, torch.as_tensor(index)).numpy()


def _known(index: Any) -> np.ndarray:
    """An index that does not depend on the data."""
    if isinstance(index, Choice):
        raise NotLifted("adds up at indices that depend on the data")
    return np.asarray(index)


def _candidates(shape: Sequence[int], dim: int, index: Choice) -> np.ndarray:
    """The flat places that were to choose from, along the last axis."""
    count = index.candidates.shape[-1]
    return np.stack([_places_along(shape, dim, index.candidates[..., k].copy()) for k in range(count)], axis=-1)


def gathered(x: Tracer, dim: int, index: Any, **_: Any) -> Any:
    """The entries at known or chosen indices along an axis."""
    if not isinstance(index, Choice):
        return moved("gather")(x, dim, index)
    places = _candidates(x.shape, dim, index)
    result: Any = 0
    for k in range(places.shape[-1]):
        candidate = Tracer(nodes.gather(x.node, places[..., k]), x.context)
        result = where(index.chosen[..., k], candidate, result)
    return result


def _scatter(x: Tracer, dim: int, index: Any, source: Any) -> Any:
    if not isinstance(index, Choice):
        return moved("scatter")(x, dim, index, source)
    if not _is_zero(x.node):
        raise NotLifted("scatter: at indices that depend on the data, into something else than zeros")
    numbers = source if isinstance(source, Tracer) else creation.full(index.shape, source)
    return spread(numbers, index.chosen, _candidates(x.shape, dim, index), x.shape)


def spread(g: Tracer, chosen: Tracer, places: np.ndarray, shape: Sequence[int]) -> Tracer:
    """Entries added up at the places that were chosen for them."""
    contributions = where(chosen, g[..., None], 0)
    return Tracer(nodes.scatter(contributions.node, places, shape), g.context)


def _put(x: Tracer, indices: Sequence[Any], values: Tracer, accumulate: bool = False) -> Any:
    if not accumulate:
        return moved("index_put")(x, indices, values)
    known = tuple(slice(None) if index is None else _known(index) for index in indices)
    places = positions_of(x.shape)[known]
    return _added(x, places, broadcast(values.node, places.shape))


def _put_flat(x: Tracer, places: Tensor, source: Tracer, accumulate: bool = False) -> Any:
    if not accumulate:
        return moved("put")(x, places, source)
    size = prod(x.shape)
    return _added(x, _known(places) % size, source.node)


def _add_along(x: Tracer, dim: int, index: Tensor, source: Tracer, *, alpha: float = 1) -> Tracer:
    places = np.take(positions_of(x.shape), _known(index), axis=dim)
    return _added(x, places, (source if alpha == 1 else source * alpha).node)


def _scatter_add(x: Tracer, dim: int, index: Tensor | Choice, source: Tracer) -> Tracer:
    if isinstance(index, Choice):
        return x + spread(source, index.chosen, _candidates(x.shape, dim, index), x.shape)
    used = positions_of(source.shape)[tuple(slice(size) for size in index.shape)]
    return _added(x, _places_along(x.shape, dim, index), nodes.gather(source.node, used))


def _added(x: Tracer, places: np.ndarray, source: Node) -> Tracer:
    """Entries added up at places, on top of what is there."""
    added = Tracer(nodes.scatter(source, places, x.shape), x.context)
    return added if _is_zero(x.node) else x + added


def _is_zero(node: Node) -> bool:
    return isinstance(node, nodes.Filled) and node.number == 0


# ---- combined at indices ---------------------------------------------------------------------


def _scatter_reduced(
    x: Tracer, dim: int, index: Tensor, source: Tracer, how: str, *, include_self: bool = True
) -> Tracer:
    used = positions_of(source.shape)[tuple(slice(size) for size in index.shape)]
    return _combined(x, _places_along(x.shape, dim, _known(index)), nodes.gather(source.node, used), how, include_self)


def _index_reduced(
    x: Tracer, dim: int, index: Tensor, source: Tracer, how: str, *, include_self: bool = True
) -> Tracer:
    return _combined(x, np.take(positions_of(x.shape), _known(index), axis=dim), source.node, how, include_self)


_COMBINE: dict[str, Callable[[Any, Any], Tracer]] = {
    "amax": maximum,
    "amin": minimum,
    "mean": add,
    "prod": multiply,
    "sum": add,
}


def _combined(x: Tracer, places: np.ndarray, source: Node, how: str, include_self: bool) -> Tracer:
    """Entries combined at the places where they go, one after the other, with what is there."""
    rounds = _rounds(places.ravel(), prod(x.shape))
    result = x
    for number, row in enumerate(rounds):
        own = row.reshape(x.shape)
        entries = Tracer(nodes.gather(source, own), x.context)
        fresh = number == 0 and not include_self
        result = where(own >= 0, entries if fresh else _COMBINE[how](result, entries), result)
    if how != "mean":
        return result
    counts = (rounds >= 0).sum(axis=0).reshape(x.shape) + include_self
    return result / np.maximum(counts, 1)


def _rounds(places: np.ndarray, size: int) -> np.ndarray:
    """For each of some rounds and each place, which entry goes there; −1 where none does any more."""
    seen = np.zeros(size, dtype=int)
    most = np.bincount(places, minlength=size).max(initial=0)
    rounds = np.full((most, size), -1)
    for entry, place in enumerate(places):
        rounds[seen[place], place] = entry
        seen[place] += 1
    return rounds


def _embedding_gradient(g: Tracer, indices: Tensor, count: int, padding: int, scaled: bool) -> Tracer:
    if scaled:
        raise NotLifted("embedding_dense_backward: gradients scaled by frequency")
    width = int(g.shape[-1])
    rows = _known(indices)[..., None]
    places = np.where(rows == padding, -1, rows * width + np.arange(width))
    return Tracer(nodes.scatter(g.node, places, (count, width)), g.context)


RULES: dict[str, Rule] = {
    "_unsafe_index_put": _put,
    "embedding": lambda weight, indices, *_: moved("embedding")(weight, indices),
    "embedding_dense_backward": _embedding_gradient,
    "gather": gathered,
    "index_add": _add_along,
    "index_put": _put,
    "index_reduce": _index_reduced,
    "put": _put_flat,
    "scatter": _scatter,
    "scatter_add": _scatter_add,
    "scatter_reduce": _scatter_reduced,
}
