"""Pooling: the largest entry of each window, or their mean."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import inf, prod
from typing import Any

import numpy as np

from diffcheck.expression import manipulation, nodes, reduction
from diffcheck.expression.elementwise import where
from diffcheck.expression.trace import Tracer
from diffcheck.lift.aten_choice import Choice, first_largest
from diffcheck.lift.aten_indexing import spread
from diffcheck.lift.aten_rearrangement import moved
from diffcheck.lift.aten_window import OUTSIDE, Windows, adaptive_places

Rule = Callable[..., Any]
Sizes = Sequence[int]


# ---- entries of windows ----------------------------------------------------------------------


def _pooled_places(shape: Sizes, windows: Windows) -> np.ndarray:
    """Places, N×C×windows…×entries of a window."""
    places = windows.places(shape)
    return places.reshape(*places.shape[: len(shape)], prod(windows.kernel))


def _entries(x: Tracer, places: np.ndarray, beyond: float) -> Tracer:
    gathered = Tracer(nodes.gather(x.node, np.maximum(places, -1)), x.context)
    return gathered if (places >= 0).all() else where(places >= 0, gathered, beyond)


def _batched(rank: int, rule: Rule) -> Rule:
    """The rule for images without a batch, too: all tensors get one, and the results lose it."""

    def of_any(*arguments: Any, **options: Any) -> Any:
        first = arguments[0]
        if first.ndim == rank + 2:
            return rule(rank, *arguments, **options)
        given = [moved("unsqueeze")(part, 0) if isinstance(part, (Tracer, Choice)) else part for part in arguments]
        result = rule(rank, *given, **options)
        strip = moved("select")
        return tuple(strip(part, 0, 0) for part in result) if isinstance(result, tuple) else strip(result, 0, 0)

    return of_any


# ---- largest entries -------------------------------------------------------------------------


def _largest(x: Tracer, places: np.ndarray) -> tuple[Tracer, Choice]:
    """The largest entries and, as torch counts them, their places in the image; at a tie the first."""
    entries = _entries(x, places, beyond=-inf)
    return reduction.max(entries, axis=-1), Choice(places % prod(x.shape[2:]), first_largest(entries))


def _max_pool(
    rank: int,
    x: Tracer,
    kernel: Sizes,
    stride: Sizes = (),
    padding: Sizes = (0,),
    dilation: Sizes = (1,),
    ceil_mode: bool = False,
) -> tuple[Tracer, Choice]:
    return _largest(x, _pooled_places(x.shape, Windows.of(rank, kernel, stride, padding, dilation, ceil_mode)))


def _max_pool_backward(
    rank: int,
    g: Tracer,
    x: Tracer,
    kernel: Sizes,
    stride: Sizes,
    padding: Sizes,
    dilation: Sizes,
    ceil_mode: bool,
    choice: Choice,
) -> Tracer:
    places = _pooled_places(x.shape, Windows.of(rank, kernel, stride, padding, dilation, ceil_mode))
    return spread(g, choice.chosen, np.maximum(places, -1), x.shape)


def _adaptive_max_pool(_: int, x: Tracer, counts: Sizes) -> tuple[Tracer, Choice]:
    return _largest(x, adaptive_places(x.shape, counts))


def _adaptive_max_pool_backward(rank: int, g: Tracer, x: Tracer, choice: Choice) -> Tracer:
    places = adaptive_places(x.shape, g.shape[-rank:])
    return spread(g, choice.chosen, np.maximum(places, -1), x.shape)


# ---- means -----------------------------------------------------------------------------------


def _counts(places: np.ndarray, with_padding: bool, divisor: int | None) -> Any:
    """How many entries each window's sum is divided by."""
    if divisor is not None:
        return divisor
    return (places > OUTSIDE if with_padding else places >= 0).sum(axis=-1)


def _shared(g: Tracer, places: np.ndarray, shape: Sizes) -> Tracer:
    """What comes to each entry of an image from the windows that it is in."""
    repeated = manipulation.broadcast_to(g[..., None], places.shape)
    return Tracer(nodes.scatter(repeated.node, np.maximum(places, -1), tuple(shape)), g.context)


def _avg_pool(
    rank: int,
    x: Tracer,
    kernel: Sizes,
    stride: Sizes = (),
    padding: Sizes = (0,),
    ceil_mode: bool = False,
    with_padding: bool = True,
    divisor: int | None = None,
) -> Tracer:
    places = _pooled_places(x.shape, Windows.of(rank, kernel, stride, padding, reaches_over=ceil_mode))
    return reduction.sum(_entries(x, places, beyond=0), axis=-1) / _counts(places, with_padding, divisor)


def _avg_pool_backward(
    rank: int,
    g: Tracer,
    x: Tracer,
    kernel: Sizes,
    stride: Sizes,
    padding: Sizes,
    ceil_mode: bool,
    with_padding: bool,
    divisor: int | None,
) -> Tracer:
    places = _pooled_places(x.shape, Windows.of(rank, kernel, stride, padding, reaches_over=ceil_mode))
    return _shared(g / _counts(places, with_padding, divisor), places, x.shape)


def _adaptive_avg_pool(_: int, x: Tracer, counts: Sizes) -> Tracer:
    places = adaptive_places(x.shape, counts)
    return reduction.sum(_entries(x, places, beyond=0), axis=-1) / (places >= 0).sum(axis=-1)


def _adaptive_avg_pool_backward(rank: int, g: Tracer, x: Tracer) -> Tracer:
    places = adaptive_places(x.shape, g.shape[-rank:])
    return _shared(g / (places >= 0).sum(axis=-1), places, x.shape)


_OF_TWO_OR_THREE: dict[str, Rule] = {
    "_adaptive_avg_pool{}d": _adaptive_avg_pool,
    "_adaptive_avg_pool{}d_backward": _adaptive_avg_pool_backward,
    "adaptive_max_pool{}d": _adaptive_max_pool,
    "adaptive_max_pool{}d_backward": _adaptive_max_pool_backward,
    "avg_pool{}d": _avg_pool,
    "avg_pool{}d_backward": _avg_pool_backward,
    "max_pool{}d_with_indices": _max_pool,
    "max_pool{}d_with_indices_backward": _max_pool_backward,
}

RULES: dict[str, Rule] = {
    name.format(rank): _batched(rank, rule) for name, rule in _OF_TWO_OR_THREE.items() for rank in (2, 3)
}
