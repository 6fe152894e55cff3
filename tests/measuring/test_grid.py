"""The grid: numbers of the dtype, the same on every machine, everywhere that matters."""

from __future__ import annotations

import numpy as np
import pytest

from diffcheck.dtype import DTYPES, limits, rounded_to
from diffcheck.measuring import grid


@pytest.mark.parametrize("dtype", DTYPES)
def test_every_point_is_a_normal_number_of_the_dtype(dtype: str) -> None:
    """Or zero; nothing is rounded when it is handed to a framework."""
    row = limits(dtype)
    for column in (grid.line(dtype), *grid.plane(dtype)):
        assert np.array_equal(rounded_to(column, dtype), column)
        assert np.all((column == 0) | (np.abs(column) >= row.smallest_normal))
        assert not np.any(np.signbit(column[column == 0]))


@pytest.mark.parametrize("dtype", DTYPES)
def test_the_line_holds_both_ends_and_the_special_numbers(dtype: str) -> None:
    """With both signs, and neighbours one unit in the last place away."""
    line = set(grid.line(dtype).tolist())
    row = limits(dtype)
    for number in (row.smallest_normal, row.largest, 0.5, 1.0, 2.0, 1 + 2 * row.unit, 1 - 2 * row.unit):
        assert {number, -number} <= line
    assert 0.0 in line


def test_every_octave_of_float64_is_visited() -> None:
    """Between two powers of two from one end to the other there is a point at least every other octave."""
    positive = grid.line("float64")[grid.line("float64") > 0]
    assert np.max(np.diff(np.log2(positive))) < 3


def test_pairs_cancel_and_tie() -> None:
    """log(eˣ + eʸ) is near zero somewhere, and x is next to y."""
    x, y = grid.plane("float64")
    assert np.min(np.abs(np.logaddexp(x, y))) < 1e-15
    assert np.any((x != y) & (np.abs(x - y) <= 2 * np.spacing(np.abs(x))))
