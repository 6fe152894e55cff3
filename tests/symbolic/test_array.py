"""Arrays of symbols: exact numbers, plain integers where those are needed, clear refusals."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st

from diffcheck.namespace import array_namespace, is_own
from diffcheck.symbolic.array import NotCovered, SymbolArray, entries, exact, wrap
from diffcheck.symbolic.gradient import symbols

X: Any = wrap(symbols("x", (2, 3)))


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_float_is_its_exact_dyadic_value(number: float) -> None:
    """0.1 means 3602879701896397/2⁵⁵, what float64 computes with, and never 1/10."""
    rational = exact(number)
    assert Fraction(int(rational.p), int(rational.q)) == Fraction(number)


@pytest.mark.parametrize(("number", "expected"), [(3, 3), (True, 1), (np.int64(2), 2), (np.float32(0.5), sp.S.Half)])
def test_other_numbers_are_exact_too(number: Any, expected: Any) -> None:
    """Integers, truth values and NumPy's scalars become the SymPy numbers they are."""
    assert exact(number) == expected


def test_what_is_no_number_is_refused() -> None:
    """A string among symbols is an error that names its type."""
    with pytest.raises(NotCovered, match="a str"):
        exact("x")


def test_the_namespace_is_our_own() -> None:
    """`array_namespace` finds the namespace of symbols, also beside NumPy constants."""
    assert is_own(array_namespace(X))
    assert array_namespace(np.ones(3), X) is array_namespace(X)


def test_operators_reach_past_numpy() -> None:
    """A NumPy array on the left leaves the operation to the symbols."""
    total: Any = np.arange(3) + X
    assert isinstance(total, SymbolArray)
    assert total.values[1, 2] == sp.Symbol("x_1_2", real=True) + 2


def test_indexing_follows_numpy() -> None:
    """Slices, new axes, integer arrays of both kinds pick what NumPy picks."""
    index = wrap(np.array([1, 0]))
    assert X[0].shape == (3,)
    assert X[..., None, 1:].shape == (2, 1, 2)
    assert (X[index].values == X.values[[1, 0]]).all()
    assert (X[np.arange(2), [0, 2]].values == X.values[[0, 1], [0, 2]]).all()


def test_iterating_goes_over_the_first_axis() -> None:
    """Unpacking gives rows."""
    first, second = X
    assert len(X) == 2
    assert (first.values == X.values[0]).all()
    assert second.shape == (3,)


def test_integers_stay_plain() -> None:
    """A sum of integer arrays is still an index, and becomes symbols' company only where needed."""
    xp = array_namespace(X)
    shifted = xp.arange(2) + 1
    assert shifted.dtype == np.int64
    assert X[:, shifted].shape == (2, 2)
    assert (X.mT * shifted).values[0, 0] == X.values[0, 0]
    assert (shifted / 2).values[0] == sp.S.Half
    assert [int(number) for number in shifted] == [1, 2]


def test_dtypes_are_what_a_framework_would_say() -> None:
    """Symbols are float64, comparisons of plain numbers are bool, integers int64."""
    xp = array_namespace(X)
    assert X.dtype == xp.float64
    assert xp.equal(xp.arange(2), 1).dtype == xp.bool
    assert xp.astype(xp.arange(2) > 0, X.dtype).dtype == xp.float64


@pytest.mark.parametrize("convert", [float, int, lambda x: [1, 2][x]])
def test_a_symbol_is_no_plain_number(convert: Any) -> None:
    """float(x) and x as an index are refused: they would cut the derivative off."""
    with pytest.raises(NotCovered):
        convert(X[0, 0])


def test_several_entries_have_no_truth_value() -> None:
    """bool() of an array with several entries is an error, as in NumPy."""
    with pytest.raises(ValueError, match="several entries"):
        bool(X)


def test_an_unknown_function_is_named() -> None:
    """A function that symbols lack raises one error that names it."""
    with pytest.raises(NotCovered, match="'fft'"):
        _ = array_namespace(X).fft


def test_sums_of_lists_are_arrays() -> None:
    """`asarray` takes nested lists of numbers and symbols."""
    xp = array_namespace(X)
    mixed = xp.asarray([[1, 2.5], [X.values[0, 0], 0]])
    assert mixed.shape == (2, 2)
    assert (entries(mixed)[:, 0] == [1, X.values[0, 0]]).all()
