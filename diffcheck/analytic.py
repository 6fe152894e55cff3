"""NumPy for the complex step: what conjugates or takes real numbers only, written analytically.

`vecdot` conjugates and `vector_norm` takes |x|, which is right for complex numbers and wrong for a
real function that is continued into the complex plane. Functions without a complex version get
their definition; factorisations are declined, since no bound on their error is known here.
Everything else is NumPy's own.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, NoReturn

import array_api_compat.numpy as xp
import numpy as np

Array = Any


class NotAnalytic(NotImplementedError):
    """The complex step cannot pass through a function; the message says why."""


def vecdot(x: Array, y: Array, /, *, axis: int = -1) -> Array:
    """Σ xᵢ·yᵢ, without conjugation."""
    return np.sum(x * y, axis=axis)


def vector_norm(x: Array, /, *, axis: Any = None, keepdims: bool = False, ord: float = 2) -> Array:
    """√Σ xᵢ²; other norms have kinks."""
    if ord != 2:
        raise NotAnalytic(f"uses the {ord}-norm, which is not analytic")
    return np.sqrt(np.sum(x * x, axis=axis, keepdims=keepdims))


def var(x: Array, /, *, axis: Any = None, correction: float = 0.0, keepdims: bool = False) -> Array:
    """Σ (xᵢ − x̄)² / (n − correction), without conjugation."""
    centred = x - np.mean(x, axis=axis, keepdims=True)
    squares = np.sum(centred * centred, axis=axis, keepdims=keepdims)
    count = x.size / squares.size
    return squares / (count - correction)


def std(x: Array, /, *, axis: Any = None, correction: float = 0.0, keepdims: bool = False) -> Array:
    """√var(x)"""
    return np.sqrt(var(x, axis=axis, correction=correction, keepdims=keepdims))


def matrix_norm(x: Array, /, *, keepdims: bool = False, ord: Any = "fro") -> Array:
    """√Σ xᵢⱼ² over the last two axes."""
    if ord != "fro":
        raise NotAnalytic(f"uses the {ord}-norm of a matrix, which is not analytic")
    return vector_norm(x, axis=(-2, -1), keepdims=keepdims)


def hypot(x: Array, y: Array) -> Array:
    """√(x² + y²)"""
    return np.sqrt(x * x + y * y)


def logaddexp(x: Array, y: Array) -> Array:
    """log(exp(x) + exp(y))"""
    larger: Array = np.where(np.real(x) > np.real(y), x, y)
    smaller: Array = np.where(np.real(x) > np.real(y), y, x)
    return larger + np.log1p(np.exp(smaller - larger))


def atan2(y: Array, x: Array) -> Array:
    """The angle of a point, continued from the real plane."""
    steep = np.abs(np.real(y)) > np.abs(np.real(x))
    part = np.where(steep, -np.arctan(x / np.where(steep, y, 1)), np.arctan(y / np.where(steep, 1, x)))
    return part + (np.arctan2(np.real(y), np.real(x)) - np.real(part))


def _declined(name: str) -> Any:
    def refuse(*_: Any, **__: Any) -> NoReturn:
        raise NotAnalytic(f"NumPy's {name} factorises a matrix, and no bound on that error is known here")

    return refuse


linalg = SimpleNamespace(
    vector_norm=vector_norm,
    matrix_norm=matrix_norm,
    vecdot=vecdot,
    outer=xp.linalg.outer,
    trace=xp.linalg.trace,
    diagonal=xp.linalg.diagonal,
    matmul=np.matmul,
    tensordot=np.tensordot,
    matrix_transpose=np.matrix_transpose,
    **{name: _declined(name) for name in ("det", "inv", "solve")},
)


def __getattr__(name: str) -> Any:
    return getattr(xp, name)
