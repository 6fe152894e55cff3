"""Numbers and arrays as text: reading it gives every bit back."""

from __future__ import annotations

import base64
import zlib
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from diffcheck.dtype import DTYPES
from diffcheck.script import literal

READ: dict[str, Any] = {"np": np, "zlib": zlib, "base64": base64}


def read(text: str, dtype: np.dtype) -> np.ndarray:
    return np.array(eval(text, dict(READ)), dtype)  # noqa: S307  # text that we wrote


def same_bits(first: np.ndarray, second: np.ndarray) -> bool:
    return first.shape == second.shape and first.tobytes() == second.tobytes()


@given(st.sampled_from(DTYPES), st.floats(allow_nan=False))
def test_a_number_is_read_as_it_was(dtype: str, drawn: float) -> None:
    """Zeros keep their sign, infinities are no names that a script would have to import."""
    with np.errstate(over="ignore"):
        number = np.array(drawn, dtype)
    assert same_bits(read(literal.number(float(number), dtype), number.dtype), number)


def test_a_number_is_short_where_that_is_enough() -> None:
    """The digits of its dtype, not those of float64."""
    assert literal.number(float(np.float32(0.1)), "float32") == "0.1"
    assert literal.number(float("nan")) == "float('nan')"


@pytest.mark.parametrize("dtype", [*DTYPES, "int64"])
@pytest.mark.parametrize("shape", [(), (0, 3), (2, 3), (9, 9)])
def test_an_array_is_read_as_it_was(dtype: str, shape: tuple[int, ...]) -> None:
    """Written out where it is small, packed where it is not."""
    numbers = (100 * np.random.default_rng(0).standard_normal(shape)).astype(dtype)
    assert same_bits(read(literal.array(numbers), numbers.dtype), numbers)


def test_equal_numbers_are_written_once() -> None:
    """A shrunk point is mostly that."""
    assert literal.array(np.full((10, 10), 2.0)) == "np.full((10, 10), 2.0)"
