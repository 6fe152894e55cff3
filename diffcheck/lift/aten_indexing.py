"""Operations that read and write at indices: indices that are known, and indices that were chosen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from diffcheck.expression import creation, nodes
from diffcheck.expression.elementwise import broadcast, where
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


def _gather(x: Tracer, dim: int, index: Any, **_: Any) -> Any:
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


def _embedding_gradient(g: Tracer, indices: Tensor, count: int, padding: int, scaled: bool) -> Tracer:
    if scaled:
        raise NotLifted("embedding_dense_backward: gradients scaled by frequency")
    width = int(g.shape[-1])
    rows = _known(indices)[..., None]
    places = np.where(rows == padding, -1, rows * width + np.arange(width))
    return Tracer(nodes.scatter(g.node, places, (count, width)), g.context)


RULES: dict[str, Rule] = {
    "embedding": lambda weight, indices, *_: moved("embedding")(weight, indices),
    "embedding_dense_backward": _embedding_gradient,
    "gather": _gather,
    "index_add": _add_along,
    "index_put": _put,
    "scatter": _scatter,
    "scatter_add": _scatter_add,
}
