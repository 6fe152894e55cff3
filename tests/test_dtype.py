"""What a dtype can hold, against NumPy's own statements where NumPy makes one."""

from __future__ import annotations

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diffcheck.dtype import DTYPES, LOW, ORDINARY, is_floating, limits, rounded_to, ulp

NUMPYS = ("float64", "float32", "float16")
NUMBERS = st.floats(allow_nan=False)


@pytest.mark.parametrize("name", NUMPYS)
def test_limits_are_numpys(name):
    """Every limit is what NumPy says."""
    row, info = limits(name), np.finfo(name)
    assert row.unit == float(info.eps) / 2
    assert row.largest == float(info.max)
    assert row.smallest_normal == float(info.tiny)
    assert row.smallest_subnormal == float(info.smallest_subnormal)


def test_limits_of_bfloat16():
    """bfloat16 has eight digits and the exponents of float32."""
    row = limits("bfloat16")
    assert row.unit == 2.0**-8
    assert row.smallest_normal == limits("float32").smallest_normal
    assert row.smallest_subnormal == 2.0**-133
    assert row.largest == (2 - 2.0**-7) * 2.0**127


@pytest.mark.parametrize("name", DTYPES)
def test_low_precision_is_computed_in_float32(name):
    """The 16-bit dtypes have the accumulator of float32, the others their own."""
    row = limits(name)
    assert row.accumulator == (limits("float32").unit if name in LOW else row.unit)
    assert row.is_low is (name not in ORDINARY)


@pytest.mark.parametrize("name", ["int64", "bool", "complex128", "float8_e5m2"])
def test_other_dtypes_are_refused(name):
    """Nothing else is differentiated, and the message says what is."""
    assert not is_floating(np.dtype(name))
    with pytest.raises(TypeError, match="float64, float32, bfloat16, float16"):
        limits(name)


@pytest.mark.parametrize("name", NUMPYS)
@given(number=NUMBERS)
@settings(max_examples=200, deadline=None, database=None)
def test_ulp_is_numpys_spacing(name, number):
    """At numbers of the dtype, the ulp is what NumPy calls their spacing; at its largest, that of the one before."""
    with np.errstate(over="ignore", under="ignore"):
        own = np.abs(np.float64(number).astype(name))
    last = np.nextafter(np.finfo(name).max, own.dtype.type(0))
    assert ulp(float(own), name) == float(np.spacing(np.minimum(own, last)))


@pytest.mark.parametrize("name", NUMPYS)
@given(number=st.floats())
@settings(max_examples=200, deadline=None, database=None)
def test_rounding_is_numpys(name, number):
    """A number rounds as NumPy converts it, infinities, NaN and zeros' signs included."""
    with np.errstate(over="ignore", under="ignore"):
        expected = np.float64(number).astype(name).astype(float)
    found = rounded_to(number, name)
    assert np.array_equal(found, expected, equal_nan=True)
    assert np.isnan(found) or np.signbit(found) == np.signbit(expected)


@given(number=st.floats(width=32))
@settings(max_examples=200, deadline=None, database=None)
def test_rounding_to_bfloat16_from_float32(number):
    """A float32 number rounds as `ml_dtypes` converts it."""
    expected = np.float32(number).astype(ml_dtypes.bfloat16).astype(float)
    assert np.array_equal(rounded_to(number, "bfloat16"), expected, equal_nan=True)


def test_rounding_to_bfloat16_happens_once():
    """A number just above halfway goes up, where a conversion by way of float32 goes down."""
    number = 1 + 2.0**-8 + 2.0**-40
    assert rounded_to(number, "bfloat16") == 1 + 2.0**-7
    assert np.float64(number).astype("bfloat16") == 1
