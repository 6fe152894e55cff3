"""Arrays that a function brings along. They are NumPy arrays: constants of the expression."""

from __future__ import annotations

from typing import Any

import numpy as np
import sympy as sp

from diffcheck.expression import nodes
from diffcheck.expression.elementwise import context_of, node_of, traced
from diffcheck.expression.trace import TraceError, Tracer


def _full(shape: Any, value: Any) -> Tracer:
    sizes = (shape,) if isinstance(shape, (int, sp.Basic)) else tuple(shape)
    return Tracer(nodes.filled(value, sizes), context_of())


def zeros(shape: Any, **_: Any) -> Tracer:
    """An array of zeros."""
    return _full(shape, 0)


def ones(shape: Any, **_: Any) -> Tracer:
    """An array of ones."""
    return _full(shape, 1)


def full(shape: Any, fill_value: Any, **_: Any) -> Tracer:
    """An array filled with one number."""
    return _full(shape, fill_value)


def zeros_like(x: Any, /, **_: Any) -> Tracer:
    """Zeros in the shape of another array."""
    return _full(node_of(x).shape, 0)


def ones_like(x: Any, /, **_: Any) -> Tracer:
    """Ones in the shape of another array."""
    return _full(node_of(x).shape, 1)


def full_like(x: Any, /, fill_value: Any, **_: Any) -> Tracer:
    """One number in the shape of another array."""
    return _full(node_of(x).shape, fill_value)


def asarray(x: Any, /, **_: Any) -> Tracer:
    """Numbers as an array; a traced array stays itself.

    Raises:
        TraceError: a list holds traced arrays.
    """
    if _holds_tracers(x):
        raise TraceError("asarray: a list holds arrays that are traced; join them with stack")
    return traced(x)


def _holds_tracers(x: Any) -> bool:
    return isinstance(x, (list, tuple)) and any(isinstance(part, Tracer) or _holds_tracers(part) for part in x)


def astype(x: Any, dtype: Any, /, **_: Any) -> Tracer:
    """The same numbers: expressions hold exact ones. A condition becomes 0 and 1."""
    return Tracer(node_of(x), context_of(x), is_condition=dtype is bool)


def arange(start: int, /, stop: int | None = None, step: int = 1, **_: Any) -> np.ndarray:
    """Integers in steps, usable as an index."""
    return np.arange(start, stop, step) if stop is not None else np.arange(0, start, step)


def linspace(start: float, stop: float, /, num: int, *, endpoint: bool = True, **_: Any) -> np.ndarray:
    """Numbers in equal steps, as float64 gives them."""
    return np.linspace(start, stop, num, endpoint=endpoint)


def eye(n_rows: int, n_cols: int | None = None, /, *, k: int = 0, **_: Any) -> Tracer:
    """Ones on a diagonal."""
    if n_cols in (None, n_rows) and k == 0:
        return Tracer(nodes.delta(n_rows), context_of())
    return Tracer(nodes.constant(np.eye(n_rows, n_cols, k, dtype=np.int64)), context_of())


FUNCTIONS = (
    "arange",
    "asarray",
    "astype",
    "eye",
    "full",
    "full_like",
    "linspace",
    "ones",
    "ones_like",
    "zeros",
    "zeros_like",
)
