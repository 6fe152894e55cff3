"""Measuring sums: an A that says how far some sums are off, whatever the framework adds up in."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from diffcheck.measuring import sums
from diffcheck.measuring.sums import additions, as_additions, exact_sums


def one_after_another(rows: np.ndarray) -> np.ndarray:
    """What a loop makes of the rows."""
    return np.array([np.add.accumulate(row)[-1] for row in rows])


@pytest.mark.parametrize("length", [100, 2_000])
def test_adding_one_after_another_errs_like_as_many_additions(length: int) -> None:
    """Of numbers with one sign: that is what A means."""
    rows = np.random.default_rng(0).random((400, length)).astype(np.float32)
    found = np.mean(as_additions(rows, one_after_another(rows), exact_sums(rows), "float32"))
    assert length / 3 < found < 1.5 * length


def test_halving_errs_like_a_few() -> None:
    """NumPy adds up in pairs of blocks."""
    rows = np.random.default_rng(0).random((40, 100_000)).astype(np.float32)
    found = np.mean(as_additions(rows, rows.sum(axis=1), exact_sums(rows), "float32"))
    assert found < 100


def test_what_float64_leaves_of_a_sum_counts() -> None:
    """The true sum of float64 numbers is no float64 number."""
    [high], [low] = exact_sums(np.array([[1.0, 2.0**-53, 2.0**-60]]))
    assert Fraction(high) + Fraction(low) == 1 + Fraction(2) ** -53 + Fraction(2) ** -60


def test_what_is_stored_is_a_round_number_above_what_was_seen() -> None:
    """One and a half times the error, which is more than twice the additions."""
    assert additions(0.0) == 10
    assert additions(100.0) == 300
    assert additions(416.3) == 1000


@pytest.mark.parametrize("framework", sums.WAYS)
def test_every_layout_adds_up_the_same_rows(framework: str) -> None:
    """Whole numbers, which no order rounds."""
    rows = np.arange(8.0 * 6, dtype=np.float32).reshape(8, 6)
    for way in sums.WAYS[framework]:
        assert way(rows).tolist() == rows.sum(axis=1).tolist()
