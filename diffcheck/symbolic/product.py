"""Sums of products of symbols: contractions, convolution, pooling."""

from __future__ import annotations

from typing import Any

import numpy as np

from diffcheck.symbolic import reduction
from diffcheck.symbolic.array import SymbolArray, entries, wrap
from diffcheck.symbolic.elementwise import multiply


def matmul(x: Any, y: Any, /) -> SymbolArray:
    """The matrix product over the last two axes."""
    return wrap(np.matmul(entries(x), entries(y)))


def tensordot(x: Any, y: Any, /, *, axes: Any = 2) -> SymbolArray:
    """The sum of products over some axes of both."""
    return wrap(np.tensordot(entries(x), entries(y), axes))


def vecdot(x: Any, y: Any, /, *, axis: int = -1) -> SymbolArray:
    """The sum of products along an axis."""
    return reduction.sum(multiply(x, y), axis=axis)


def einsum(subscripts: str, /, *operands: Any) -> SymbolArray:
    """Einstein's summation."""
    return wrap(np.einsum(subscripts, *[entries(operand) for operand in operands]))


# --- images ---------------------------------------------------------------------------------------


def conv2d(x: Any, w: Any) -> SymbolArray:
    """Cross-correlation of (N, C, H, W) with (O, C, K, L): stride 1, no padding."""
    kernels = entries(w)
    patches = np.lib.stride_tricks.sliding_window_view(entries(x), kernels.shape[2:], axis=(2, 3))
    return einsum("nchwkl,ockl->nohw", patches, kernels)


def _windows(x: Any, size: int) -> np.ndarray:
    """The pooling windows of (N, C, H, W): shape (N, C, H//size, W//size, size, size)."""
    windows = np.lib.stride_tricks.sliding_window_view(entries(x), (size, size), axis=(2, 3))
    return windows[:, :, ::size, ::size]


def max_pool2d(x: Any, size: int) -> SymbolArray:
    """The largest entry of each size × size window."""
    return reduction.max(_windows(x, size), axis=(-2, -1))


def avg_pool2d(x: Any, size: int) -> SymbolArray:
    """The mean of each size × size window."""
    return reduction.mean(_windows(x, size), axis=(-2, -1))
