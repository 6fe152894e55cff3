"""Numbers and arrays as Python text that reads back to the same bits."""

from __future__ import annotations

import base64
import math
import zlib

import numpy as np

from diffcheck.dtype import is_floating, rounded_to
from diffcheck.report.number import decimal, nested

WRITTEN_OUT = 64
"""Entries of an array that a person still wants to see; a larger one is packed."""


def number(value: float, dtype: str = "float64") -> str:
    """A number of a dtype: the shortest text that a float64 reader rounds to it."""
    if not math.isfinite(value):
        return f"float('{float(value)}')"
    text = decimal(value, dtype)
    return text if rounded_to(float(text), dtype) == value else repr(float(value))


def array(values: np.ndarray) -> str:
    """An array: nested lists, or an expression with `np`, `zlib` and `base64`; its dtype is the reader's to say."""
    words = [_word(value, values.dtype) for value in values.ravel()[:WRITTEN_OUT].tolist()]
    if values.size == 0:
        return f"np.zeros({values.shape})"
    if values.size <= WRITTEN_OUT:
        return nested(values.shape, words)
    if (values == values.flat[0]).all():
        return f"np.full({values.shape}, {words[0]})"
    return _packed(values)


def _word(value: float, dtype: np.dtype) -> str:
    return number(value, dtype.name) if is_floating(dtype) else repr(value)


def _packed(values: np.ndarray) -> str:
    """All bits of an array; those of the 16-bit dtypes as float32, which holds them all."""
    wide = values.astype(np.float32) if is_floating(values.dtype) and values.dtype.itemsize == 2 else values
    little = wide.dtype.newbyteorder("<")
    content = base64.b85encode(zlib.compress(np.ascontiguousarray(wide, little).tobytes(), level=9)).decode()
    return f"np.frombuffer(zlib.decompress(base64.b85decode({content!r})), {little.str!r}).reshape({values.shape})"
