"""Numbers as a reader sees them."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from diffcheck.dtype import LOW, rounded_to
from diffcheck.report.number import array, counted, decimal, enclosure, enclosures, entry, hexadecimal, ratio_bin, short
from tests.numbers import finite_numbers


@given(st.floats(allow_nan=False))
def test_decimal_and_hexadecimal_read_back_exactly(value: float) -> None:
    """Both spellings of a number are the number."""
    assert float(decimal(value)) == value
    assert float.fromhex(hexadecimal(value)) == value


@given(st.floats(allow_nan=False, width=32))
def test_decimal_of_a_narrow_dtype_reads_back_in_it(value: float) -> None:
    """A float32 is printed with the digits that float32 needs, and no more."""
    assert np.float32(decimal(value, "float32")) == np.float32(value)
    assert len(decimal(value, "float32")) <= len("-1.17549435e-38")


@pytest.mark.parametrize("dtype", LOW)
def test_decimal_of_low_precision_reads_back_in_it(dtype: str) -> None:
    """Every number of 16 bits, in five digits at most: 0.1 is 0.1, though no dtype holds it."""
    numbers = finite_numbers(dtype)[::7].astype(float).tolist()
    for number in numbers:
        text = decimal(number, dtype)
        assert rounded_to(float(text), dtype) == number
        assert len(text.lstrip("-").partition("e")[0].replace(".", "").strip("0")) <= 5
    assert decimal(float(rounded_to(0.1, dtype)), dtype) == "0.1"


def test_hexadecimal_has_no_trailing_zeros() -> None:
    """A short number is short in hexadecimal too."""
    assert hexadecimal(6.0) == "0x1.8p+2"
    assert hexadecimal(0.0) == "0x0p+0"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (0.5, "0.5"),
        (0.05, "5e-2"),
        (12.3, "12"),
        (0.001, "1e-3"),
        (4.5e15, "4e15"),
        (math.inf, "inf"),
        (9.96, "10"),
    ],
)
def test_short_fits_a_cell(value: float, text: str) -> None:
    """A few digits, whatever the magnitude."""
    assert short(value) == text


@pytest.mark.parametrize(
    ("ratio", "name"),
    [
        (0.0, "≪1"),
        (0.00099, "≪1"),
        (0.001, "<1"),
        (0.999, "<1"),
        (1.0, "≥1"),
        (10.0, "≥10"),
        (100.0, "≥100"),
        (1000.0, "≫1"),
        (math.inf, "≫1"),
        (math.nan, "≫1"),
    ],
)
def test_ratio_bins(ratio: float, name: str) -> None:
    """A bin is a power of ten; its lower end belongs to it."""
    assert ratio_bin(ratio) == name


def test_enclosure_of_one_number_is_that_number() -> None:
    """An exact reference does not look like an interval."""
    assert enclosure(6.0, 6.0) == "6.0"
    assert enclosure(0.1, 0.10000000000000002) == "0.1 … 0.10000000000000002"
    assert enclosure(-1.0000000074505813, 1.0000000074505813) == "-1 … 1"
    assert enclosure(None, None) == "unknown"


def test_small_arrays_are_printed_whole() -> None:
    """Brackets nest as the array does; a scalar has none."""
    assert array((), (1.0,)) == "1.0"
    assert array((2, 2), (1.0, 2.0, 3.0, 4.0)) == "[[1.0, 2.0], [3.0, 4.0]]"
    assert array((0,), ()) == "[]"
    assert array((2,), (1, 2)) == "[1, 2]"


def test_large_arrays_say_their_shape() -> None:
    """A thousand numbers help nobody: the shape and the first few do."""
    text = array((100, 1000), tuple(map(float, range(16))))
    assert text == "array of 100×1000: 0, 1, 2, 3, …"


def test_enclosures_are_intervals_only_where_one_sees_it() -> None:
    """The outward rounding of a narrow enclosure would only hide its digits."""
    assert enclosures((2,), (0.1, -1.0), (0.10000000000000002, 1.0)) == "[0.1, -1 … 1]"
    assert enclosures((1,), (-1.5e-323,), (1.5e-323,)) == "[0]"
    assert enclosures((20,), (1.0,) * 16, (3.0,) * 16) == "array of 20: 2, 2, 2, 2, …"


def test_entry_of_a_scalar_has_no_brackets() -> None:
    """`x` is one number, `w1[0, 3]` is one of many."""
    assert entry("x", ()) == "x"
    assert entry("w1", (0, 3)) == "w1[0, 3]"


def test_one_thing_is_not_several():
    """Nor is none."""
    assert [counted(count, "case") for count in (0, 1, 3)] == ["0 cases", "1 case", "3 cases"]
