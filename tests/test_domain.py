"""Domains: what case files say about where an argument comes from."""

from __future__ import annotations

import numpy as np
import pytest

from diffcheck.domain import integers, normal, one_hot, positive, probabilities, real


def test_positive_numbers_leave_out_zero() -> None:
    """The range of positive numbers begins at zero, which is not one of them."""
    domain = positive("n", high=3.0)
    assert (domain.low, domain.high, domain.open_low, domain.shape) == (0.0, 3.0, True, ("n",))


def test_labels_one_hot_rows_and_integers_are_not_differentiated() -> None:
    """Only real numbers and probabilities are differentiated unless the case says otherwise."""
    kinds = {
        "real": real(),
        "positive": positive(),
        "probabilities": probabilities(3),
        "integers": integers(low=0, high=3),
        "one_hot": one_hot(3),
    }
    differentiated = {name for name, domain in kinds.items() if domain.differentiable}
    assert differentiated == {"real", "positive", "probabilities"}


@pytest.mark.parametrize("rows", [one_hot, probabilities])
def test_rows_need_a_last_axis(rows: object) -> None:
    """A domain of rows without a shape is refused in one line that says why."""
    with pytest.raises(ValueError, match="needs a shape"):
        rows()  # type: ignore[operator]


def test_normal_numbers_are_the_same_point_in_both_dtypes() -> None:
    """Normal numbers are exact in float32, so that float64 gets the same ones."""
    numbers = normal(4, 5, seed=3)
    wide, narrow = numbers.array("float64"), numbers.array("float32")
    assert wide.shape == (4, 5)
    assert (wide.dtype.name, narrow.dtype.name) == ("float64", "float32")
    assert np.array_equal(wide, narrow)


def test_normal_numbers_follow_their_seed() -> None:
    """The same seed gives the same numbers, another seed others."""
    assert np.array_equal(normal(9, seed=1).array("float64"), normal(9, seed=1).array("float64"))
    assert not np.array_equal(normal(9, seed=1).array("float64"), normal(9, seed=2).array("float64"))
