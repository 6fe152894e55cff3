"""Moving symbols around: NumPy's own functions on object arrays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import sympy as sp

from diffcheck.symbolic.array import SymbolArray, entries, exact, values_of, wrap

Axes = int | tuple[int, ...] | None


def reshape(x: Any, /, shape: int | Sequence[int], **_: Any) -> SymbolArray:
    """The same entries in another shape."""
    return wrap(np.reshape(values_of(x), shape))


def permute_dims(x: Any, /, axes: Sequence[int]) -> SymbolArray:
    """The axes in another order."""
    return wrap(np.transpose(values_of(x), axes))


def moveaxis(x: Any, source: Any, destination: Any, /) -> SymbolArray:
    """Some axes at other places."""
    return wrap(np.moveaxis(values_of(x), source, destination))


def matrix_transpose(x: Any, /) -> SymbolArray:
    """The last two axes exchanged."""
    return wrap(np.swapaxes(values_of(x), -2, -1))


def expand_dims(x: Any, /, *, axis: int | tuple[int, ...] = 0) -> SymbolArray:
    """A new axis of size one."""
    return wrap(np.expand_dims(values_of(x), axis))


def squeeze(x: Any, /, axis: int | tuple[int, ...]) -> SymbolArray:
    """Without some axes of size one."""
    return wrap(np.squeeze(values_of(x), axis))


def broadcast_to(x: Any, /, shape: Sequence[int]) -> SymbolArray:
    """Repeated along new and size-one axes."""
    return wrap(np.broadcast_to(values_of(x), tuple(shape)))


def concat(arrays: Sequence[Any], /, *, axis: int | None = 0) -> SymbolArray:
    """Arrays one after the other along an axis."""
    return wrap(np.concatenate([entries(array) for array in arrays], axis=axis))


def stack(arrays: Sequence[Any], /, *, axis: int = 0) -> SymbolArray:
    """Arrays side by side along a new axis."""
    return wrap(np.stack([entries(array) for array in arrays], axis=axis))


def unstack(x: Any, /, *, axis: int = 0) -> tuple[SymbolArray, ...]:
    """The slices along an axis."""
    return tuple(wrap(part) for part in np.moveaxis(values_of(x), axis, 0))


def flip(x: Any, /, *, axis: Axes = None) -> SymbolArray:
    """The entries in reverse order."""
    return wrap(np.flip(values_of(x), axis))


def roll(x: Any, /, shift: Any, *, axis: Axes = None) -> SymbolArray:
    """The entries shifted around."""
    return wrap(np.roll(values_of(x), shift, axis))


def tile(x: Any, repetitions: Sequence[int], /) -> SymbolArray:
    """The array repeated as a whole."""
    return wrap(np.tile(values_of(x), tuple(repetitions)))


def repeat(x: Any, repeats: int, /, *, axis: int | None = None) -> SymbolArray:
    """Each entry repeated."""
    return wrap(np.repeat(values_of(x), repeats, axis))


def take(x: Any, indices: Any, /, *, axis: int | None = None) -> SymbolArray:
    """The entries at some indices along an axis."""
    return wrap(np.take(values_of(x), values_of(indices), axis))


def tril(x: Any, /, *, k: int = 0) -> SymbolArray:
    """Zero above a diagonal."""
    values = entries(x)
    return wrap(np.where(_below(values, k), values, sp.S.Zero))


def triu(x: Any, /, *, k: int = 0) -> SymbolArray:
    """Zero below a diagonal."""
    values = entries(x)
    return wrap(np.where(_below(values, k - 1), sp.S.Zero, values))


def _below(values: np.ndarray, k: int) -> np.ndarray:
    """Where the last two axes are on or below a diagonal."""
    rows, columns = values.shape[-2:]
    return np.tri(rows, columns, k, bool)


def diagonal(x: Any, /, *, offset: int = 0) -> SymbolArray:
    """The diagonal of the last two axes."""
    return wrap(np.diagonal(values_of(x), offset, -2, -1))


# --- creation -------------------------------------------------------------------------------------


def full(shape: Any, fill_value: Any, *, dtype: Any = None, **_: Any) -> SymbolArray:
    """An array filled with one number."""
    return astype(broadcast_to(fill_value, (shape,) if isinstance(shape, int) else shape), dtype)


def zeros(shape: Any, *, dtype: Any = float, **_: Any) -> SymbolArray:
    """An array of zeros."""
    return full(shape, 0, dtype=dtype)


def ones(shape: Any, *, dtype: Any = float, **_: Any) -> SymbolArray:
    """An array of ones."""
    return full(shape, 1, dtype=dtype)


def full_like(x: Any, /, fill_value: Any, *, dtype: Any = None, **_: Any) -> SymbolArray:
    """One number in the shape of another array."""
    return full(x.shape, fill_value, dtype=dtype or x.dtype)


def zeros_like(x: Any, /, *, dtype: Any = None, **_: Any) -> SymbolArray:
    """Zeros in the shape of another array."""
    return full_like(x, 0, dtype=dtype)


def ones_like(x: Any, /, *, dtype: Any = None, **_: Any) -> SymbolArray:
    """Ones in the shape of another array."""
    return full_like(x, 1, dtype=dtype)


def arange(start: Any, /, stop: Any = None, step: Any = 1, *, dtype: Any = None, **_: Any) -> SymbolArray:
    """Numbers in steps; integers stay usable as indices."""
    return astype(np.arange(start, stop, step) if stop is not None else np.arange(0, start, step), dtype)


def linspace(start: float, stop: float, /, num: int, *, endpoint: bool = True, **_: Any) -> SymbolArray:
    """Numbers in equal steps, as float64 gives them."""
    return wrap(entries(np.linspace(start, stop, num, endpoint=endpoint)))


def eye(n_rows: int, n_cols: int | None = None, /, *, k: int = 0, dtype: Any = float, **_: Any) -> SymbolArray:
    """Ones on a diagonal."""
    return astype(np.eye(n_rows, n_cols, k, dtype=int), dtype)


def asarray(x: Any, /, *, dtype: Any = None, **_: Any) -> SymbolArray:
    """Numbers as an array; symbols stay themselves."""
    return astype(x, dtype)


def astype(x: Any, dtype: Any, /, **_: Any) -> SymbolArray:
    """Conditions and integers as numbers, or as each other; `None` leaves them as they are."""
    values = values_of(x)
    if dtype is None:
        return wrap(values)
    if np.dtype(dtype).kind == "f":
        return wrap(entries(values))
    if values.dtype == object:
        values = np.array([int(exact(value)) for value in values.flat]).reshape(values.shape)
    return wrap(values.astype(dtype))
