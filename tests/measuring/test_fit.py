"""The fit: constants that cover every point, round, and no looser than the points ask."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diffcheck.measuring.fit import SAFETY, Points, fit, ideal, is_hopeless
from diffcheck.reference.accuracy import Accuracy

U = 2.0**-53
X = np.linspace(-20, 20, 1001)


def points(size: np.ndarray, moved: np.ndarray, error: np.ndarray) -> Points:
    """Points where |f|, Σ|x ∂f/∂x| and |computed − f| are some numbers of units."""
    return Points(X, U * size, U * moved, U * error / ideal(U * size, U * moved, U), U)


def covers(accuracy: Accuracy, found: Points) -> bool:
    """Whether the bound is SAFETY times the error everywhere."""
    bound = accuracy.bound(U, X, found.size / U, found.moved)
    return bool(np.all(bound * (1 + 1e-12) >= SAFETY * found.error * ideal(found.size, found.moved, U)))


ONES = np.ones_like(X)


@pytest.mark.parametrize(
    ("size", "moved", "error", "expected"),
    [
        (ONES, ONES, 1.2 * ONES, Accuracy((2.0,))),
        (np.exp(X), np.exp(X), 2.6 * np.exp(X), Accuracy((4.0,))),
        (ONES, 100 * np.abs(X), 20 * np.abs(X) + 1, Accuracy((1.5,), (0.5,))),
    ],
)
def test_the_simplest_constants_that_do(
    size: np.ndarray, moved: np.ndarray, error: np.ndarray, expected: Accuracy
) -> None:
    """A relative error is an α, an error of the argument a β."""
    assert fit(points(size, moved, error)) == expected


def test_a_loss_of_digits_has_a_region_of_its_own() -> None:
    """300 units between 4 and 6, 1 unit elsewhere: the others keep their 1.5."""
    lossy = (X >= 4) & (X < 6)
    accuracy = fit(points(ONES, 0 * ONES, np.where(lossy, 200.0, 1.0)))
    assert accuracy.bound(1.0, np.array([-10.0, 3.9, 5.0, 6.1]), 1.0, 0.0).tolist() == [1.5, 1.5, 300.0, 1.5]
    assert len(fit(points(ONES, 0 * ONES, np.where(lossy, 200.0, 1.0)), may_cut=False).alpha) == 1


def test_what_is_left_of_cancelling_numbers_is_a_gamma() -> None:
    """Near a root without slope no α and no β covers an absolute error."""
    size = X**2
    accuracy = fit(points(size, 0 * X, ONES), may_cut=False)
    assert accuracy.gamma[0] >= SAFETY


@settings(max_examples=6)
@given(st.integers(0, 10**6))
def test_every_point_is_covered(seed: int) -> None:
    """Whatever the sizes, slopes and errors."""
    random = np.random.default_rng(seed)
    size, moved = 10.0 ** random.uniform(-3, 3, (2, X.size))
    found = points(size, moved, random.uniform(0, 250, X.size) ** random.uniform(0, 1) * (size + moved) / 2)
    assert covers(fit(found), found)


def test_another_number_is_not_covered() -> None:
    """NaN-like garbage gets no constants; a small absolute error of a small number does."""
    error = np.array([1e6, 1e6, 100.0])
    scale = U * np.array([1.0, 1e-9, 1.0])
    assert is_hopeless(error, scale, U).tolist() == [True, False, False]
