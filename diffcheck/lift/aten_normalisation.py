"""Normalisation over a layer or a batch, by the formulas of torch's CPU kernels."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import Any

from diffcheck.expression import elementwise, manipulation, reduction
from diffcheck.expression.trace import Tracer
from diffcheck.lift.program import NotLifted

Rule = Callable[..., Any]
Optional = Tracer | None


def _times(x: Tracer, weight: Optional) -> Tracer:
    return x if weight is None else x * weight


def _plus(x: Tracer, bias: Optional) -> Tracer:
    return x if bias is None else x + bias


def _root_reciprocal(x: Tracer) -> Tracer:
    return 1 / elementwise.sqrt(x)


# ---- over a layer ----------------------------------------------------------------------------


def _layer_norm(
    x: Tracer, shape: Sequence[int], weight: Optional, bias: Optional, eps: float
) -> tuple[Tracer, Tracer, Tracer]:
    """The value, the mean, and one over the deviation."""
    axes = tuple(range(x.ndim - len(shape), x.ndim))
    mean = reduction.mean(x, axis=axes, keepdims=True)
    scale = _root_reciprocal(reduction.var(x, axis=axes, keepdims=True) + eps)
    return _plus(_times((x - mean) * scale, weight), bias), mean, scale


def _layer_norm_backward(
    g: Tracer,
    x: Tracer,
    shape: Sequence[int],
    mean: Tracer,
    scale: Tracer,
    weight: Optional,
    _: Optional,
    wanted: Sequence[bool],
) -> tuple[Optional, Optional, Optional]:
    """The gradients of entries, weight and bias, as far as they are wanted."""
    axes = tuple(range(x.ndim - len(shape), x.ndim))
    batch = tuple(range(x.ndim - len(shape)))
    weighted = _times(g, weight)
    along_x = reduction.sum(weighted * x, axis=axes, keepdims=True)
    along_ones = reduction.sum(weighted, axis=axes, keepdims=True)
    share = 1 / elementwise.traced(prod(shape))
    factor = (along_ones * mean - along_x) * scale * scale * scale * share
    offset = -factor * mean - along_ones * scale * share
    of_entries = scale * weighted + factor * x + offset
    of_weight = reduction.sum(g * (scale * x - scale * mean), axis=batch)
    of_bias = reduction.sum(g, axis=batch)
    found = (of_entries, of_weight, of_bias)
    return tuple(part if want else None for part, want in zip(found, wanted, strict=True))  # type: ignore[return-value]  # three


# ---- over a batch ----------------------------------------------------------------------------


def _batch_norm(
    x: Tracer,
    weight: Optional,
    bias: Optional,
    kept_mean: Optional,
    kept_variance: Optional,
    training: bool,
    _: float,
    eps: float,
) -> tuple[Tracer, Tracer, Tracer]:
    """The value, the mean, and one over the deviation, both by channel."""
    if training:
        axes = _all_but_channels(x)
        mean, variance = reduction.mean(x, axis=axes), reduction.var(x, axis=axes)
    else:
        mean, variance = _kept(kept_mean, kept_variance)
    scale = _root_reciprocal(variance + eps)
    factor = _times(scale, weight)
    offset = -mean * factor if bias is None else bias - mean * factor
    return x * _channels(factor, x.ndim) + _channels(offset, x.ndim), mean, scale


def _kept(mean: Optional, variance: Optional) -> tuple[Tracer, Tracer]:
    """Statistics that a module keeps."""
    if mean is None or variance is None:
        raise NotLifted("native_batch_norm: neither statistics of the batch nor any that are kept")
    return mean, variance


def _batch_norm_backward(
    g: Tracer,
    x: Tracer,
    weight: Optional,
    kept_mean: Optional,
    kept_variance: Optional,
    mean: Tracer,
    scale: Tracer,
    training: bool,
    eps: float,
    wanted: Sequence[bool],
) -> tuple[Optional, Optional, Optional]:
    axes = _all_but_channels(x)
    if not training:
        mean, variance = _kept(kept_mean, kept_variance)
        scale = _root_reciprocal(variance + eps)
    count = prod(x.shape[axis] for axis in axes)
    centred = x - _channels(mean, x.ndim)
    total = reduction.sum(g, axis=axes)
    along = reduction.sum(g * centred, axis=axes)
    slope = along * scale * scale / count
    rest = g - _channels(total / count, x.ndim) - centred * _channels(slope, x.ndim) if training else g
    of_entries = rest * _channels(_times(scale, weight), x.ndim)
    found = (of_entries, along * scale, total)
    return tuple(part if want else None for part, want in zip(found, wanted, strict=True))  # type: ignore[return-value]  # three


def _all_but_channels(x: Tracer) -> tuple[int, ...]:
    return tuple(axis for axis in range(x.ndim) if axis != 1)


def _channels(x: Tracer, rank: int) -> Tracer:
    """Numbers by channel, against arrays of a rank."""
    return manipulation.reshape(x, (-1, *[1] * (rank - 2)))


RULES: dict[str, Rule] = {
    "native_batch_norm": _batch_norm,
    "native_batch_norm_backward": _batch_norm_backward,
    "native_layer_norm": _layer_norm,
    "native_layer_norm_backward": _layer_norm_backward,
}
