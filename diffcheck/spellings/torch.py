"""torch: calls that differ from the names of `diffcheck.special` in their arguments or their range."""

from __future__ import annotations

from typing import Any

import torch
from torch.nn import functional

Array = Any
Axes = int | tuple[int, ...] | None

# torch returns x itself above a threshold of 20, where the definition is x + 2e-9. Above 40, x and
# the derivative 1 are right to less than half an ulp in float64.
SOFTPLUS_THRESHOLD = 40


def softplus(x: Array) -> Array:
    """log(1 + exp(x)) to the precision of float64."""
    return functional.softplus(x, threshold=SOFTPLUS_THRESHOLD)


def cbrt(x: Array) -> Array:
    """The real cube root, which torch lacks."""
    return x.sign() * x.abs() ** (1 / 3)


def logsumexp(x: Array, axis: Axes = None, keepdims: bool = False) -> Array:
    """All axes must be named."""
    axes = tuple(range(x.ndim)) if axis is None else axis
    return torch.logsumexp(x, dim=axes, keepdim=keepdims)


def softmax(x: Array, axis: int = -1) -> Array:
    """The axis is called dim."""
    return torch.softmax(x, dim=axis)


def log_softmax(x: Array, axis: int = -1) -> Array:
    """The axis is called dim."""
    return torch.log_softmax(x, dim=axis)
