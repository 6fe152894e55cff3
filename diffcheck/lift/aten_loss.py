"""Losses: `reduction` is torch's 0 for entries as they are, 1 for their mean, 2 for their sum."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from diffcheck.expression import nodes, reduction
from diffcheck.expression.elementwise import abs as absolute
from diffcheck.expression.elementwise import exp, log1p, minimum, sign, where
from diffcheck.expression.trace import Tracer
from diffcheck.lift.program import NotLifted

if TYPE_CHECKING:
    from torch import Tensor

Rule = Callable[..., Any]

_MEAN, _SUM = 1, 2


def _reduced(entries: Tracer, how: int) -> Tracer:
    if how == _MEAN:
        return reduction.mean(entries)
    return reduction.sum(entries) if how == _SUM else entries


def _share(g: Tracer, x: Tracer, how: int) -> Tracer:
    """What of the cotangent comes to each entry."""
    return g / int(np.prod(x.shape, initial=1)) if how == _MEAN else g


# ---- of differences --------------------------------------------------------------------------


def _mse(x: Tracer, y: Tracer, how: int = _MEAN) -> Tracer:
    difference = x - y
    return _reduced(difference * difference, how)


def _mse_backward(g: Tracer, x: Tracer, y: Tracer, how: int) -> Tracer:
    scale = 2 / int(np.prod(x.shape, initial=1)) if how == _MEAN else 2
    return scale * (x - y) * g


def _huber(x: Tracer, y: Tracer, how: int = _MEAN, delta: float = 1) -> Tracer:
    size = absolute(x - y)
    return _reduced(where(size < delta, 0.5 * size * size, delta * (size - 0.5 * delta)), how)


def _huber_backward(g: Tracer, x: Tracer, y: Tracer, how: int, delta: float) -> Tracer:
    share, difference = _share(g, x, how), x - y
    far = where(difference >= delta, delta * share, share * difference)
    return where(difference <= -delta, -delta * share, far)


def _smooth_l1(x: Tracer, y: Tracer, how: int = _MEAN, beta: float = 1) -> Tracer:
    size = absolute(x - y)
    return _reduced(where(size < beta, 0.5 * size * size / beta, size - 0.5 * beta), how)


def _smooth_l1_backward(g: Tracer, x: Tracer, y: Tracer, how: int, beta: float) -> Tracer:
    share, difference = _share(g, x, how), x - y
    return where(absolute(difference) < beta, share * difference / beta, sign(difference) * share)


# ---- of probabilities ------------------------------------------------------------------------


def _cross_entropy_of_two(
    x: Tracer, y: Tracer, weight: Any = None, positive_weight: Any = None, how: int = _MEAN
) -> Tracer:
    if weight is not None or positive_weight is not None:
        raise NotLifted("binary_cross_entropy_with_logits: with weights")
    smaller = minimum(x, 0)
    return _reduced((1 - y) * x - (smaller - log1p(exp(-absolute(x)))), how)


def _nll(x: Tracer, labels: Tensor, weight: Any, how: int, ignored: int) -> tuple[Tracer, Tracer]:
    """The loss, and the total weight."""
    rows = _labelled(x, labels, weight, ignored)
    picked = -Tracer(nodes.gather(x.node, rows), x.context)
    return _reduced(picked, how), Tracer(nodes.filled(rows.size), x.context)


def _nll_backward(g: Tracer, x: Tracer, labels: Tensor, weight: Any, how: int, ignored: int, total: Tracer) -> Tracer:
    rows = _labelled(x, labels, weight, ignored)
    shares = -g / total if how == _MEAN else -g
    repeated = shares + Tracer(nodes.filled(0, rows.shape), x.context)
    return Tracer(nodes.scatter(repeated.node, rows, x.shape), x.context)


def _labelled(x: Tracer, labels: Tensor, weight: Any, ignored: int) -> np.ndarray:
    """The flat place of each row's label."""
    if weight is not None or x.ndim != 2 or (labels == ignored).any():
        raise NotLifted("nll_loss: with weights, ignored labels, or without a batch")
    return np.arange(x.shape[0]) * int(x.shape[1]) + labels.numpy()


RULES: dict[str, Rule] = {
    "binary_cross_entropy_with_logits": _cross_entropy_of_two,
    "huber_loss": _huber,
    "huber_loss_backward": _huber_backward,
    "mse_loss": _mse,
    "mse_loss_backward": _mse_backward,
    "nll_loss_backward": _nll_backward,
    "nll_loss_forward": _nll,
    "smooth_l1_loss": _smooth_l1,
    "smooth_l1_loss_backward": _smooth_l1_backward,
}
