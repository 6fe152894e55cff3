"""Softmax and its relatives, convolution and pooling of traced arrays."""

from __future__ import annotations

from typing import Any

import numpy as np

from diffcheck.expression import elementwise, linear, manipulation, nodes, reduction
from diffcheck.expression.axes import Axis
from diffcheck.expression.elementwise import context_of, node_of
from diffcheck.expression.trace import Tracer


def _shift(x: Tracer, axis: Axis) -> Any:
    """The largest entry, frozen: it cancels from the value and the derivative, and keeps exp in range.

    An expression for reading goes without it.
    """
    if context_of(x).symbolic:
        return 0
    return elementwise.stop_gradient(reduction.max(x, axis=axis, keepdims=True))


def logsumexp(x: Tracer, axis: Axis = None, keepdims: bool = False) -> Tracer:
    """log Σ exp(xᵢ) along axes."""
    shift = _shift(x, axis)
    total = reduction.sum(elementwise.exp(elementwise.subtract(x, shift)), axis=axis, keepdims=True)
    result = elementwise.add(elementwise.log(total), shift)
    return result if keepdims else reduction.sum(result, axis=axis)


def softmax(x: Tracer, axis: int = -1) -> Tracer:
    """exp(xᵢ)/Σⱼ exp(xⱼ) along an axis."""
    raised = elementwise.exp(elementwise.subtract(x, _shift(x, axis)))
    return elementwise.divide(raised, reduction.sum(raised, axis=axis, keepdims=True))


def log_softmax(x: Tracer, axis: int = -1) -> Tracer:
    """xᵢ − log Σⱼ exp(xⱼ) along an axis."""
    shifted = elementwise.subtract(x, _shift(x, axis))
    total = reduction.sum(elementwise.exp(shifted), axis=axis, keepdims=True)
    return elementwise.subtract(shifted, elementwise.log(total))


def conv2d(x: Any, w: Any) -> Tracer:
    """Cross-correlation, N×C×H×W with O×C×K×L, stride 1, no padding: windows times kernels."""
    kernel = node_of(w).shape
    windows = np.lib.stride_tricks.sliding_window_view(manipulation.positions(node_of(x)), kernel[2:], axis=(2, 3))
    patches = nodes.gather(node_of(x), windows)
    return linear.einsum("nchwkl,ockl->nohw", Tracer(patches, context_of(x, w)), w)


def max_pool2d(x: Tracer, size: int) -> Tracer:
    """The largest entry of each size×size window, windows side by side."""
    return reduction.max(_blocks(x, size), axis=(4, 5))


def avg_pool2d(x: Tracer, size: int) -> Tracer:
    """The mean of each size×size window, windows side by side."""
    return reduction.mean(_blocks(x, size), axis=(4, 5))


def _blocks(x: Tracer, size: int) -> Tracer:
    """N×C×H×W → N×C×(H/size)×(W/size)×size×size; what does not fill a window is left out."""
    node = node_of(x)
    windows = np.lib.stride_tricks.sliding_window_view(manipulation.positions(node), (size, size), axis=(2, 3))
    return Tracer(nodes.gather(node, windows[:, :, ::size, ::size]), context_of(x))


FUNCTIONS = ("avg_pool2d", "conv2d", "log_softmax", "logsumexp", "max_pool2d", "softmax")
