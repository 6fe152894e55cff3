"""Sums and products in slices: NumPy's, in exact fractions, however large their terms."""

from __future__ import annotations

from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from diffcheck.reference.double_double import DoubleDouble
from diffcheck.reference.sliced import added_up, matrix_products

SPREADS = (0, 10, 60)


def drawn(random: np.random.Generator, shape: tuple[int, ...], spread: int) -> DoubleDouble:
    """Numbers of two floats each, of sizes that are apart by so many bits."""
    high = random.standard_normal(shape) * 2.0 ** random.integers(-spread, spread + 1, shape)
    return DoubleDouble.exact(high) + DoubleDouble.exact(high * 2.0**-55 * random.standard_normal(shape))


def fractions(numbers: DoubleDouble) -> np.ndarray:
    """The middles, exactly."""
    to_fraction = np.frompyfunc(lambda high, low: Fraction(float(high)) + Fraction(float(low)), 2, 1)
    return np.asarray(to_fraction(numbers.high, numbers.low), object)


def assert_contains(found: DoubleDouble, exact: np.ndarray, bits: int, scale: np.ndarray) -> None:
    """Every exact number is inside, and the radius is as small as promised beside the sum of absolute values."""
    missed = np.abs(fractions(found) - exact)
    for off, radius, size in zip(missed.ravel(), found.radius.ravel().tolist(), scale.ravel(), strict=True):
        assert off <= Fraction(radius)
        assert radius <= float(size) * 2.0**-bits


@pytest.mark.parametrize("spread", SPREADS)
@given(seed=st.integers(0, 2**16), shape=st.tuples(*(st.integers(1, 4) for _ in range(3))), terms=st.integers(0, 40))
def test_matrix_products_contain_the_exact_ones(
    spread: int, seed: int, shape: tuple[int, int, int], terms: int
) -> None:
    """To 90 bits where the terms are of one size, and never less than a float would have."""
    random = np.random.default_rng(seed)
    batch, rows, columns = shape
    left, right = drawn(random, (batch, rows, terms), spread), drawn(random, (batch, terms, columns), spread)
    found = matrix_products(left, right)
    assert_contains(
        found,
        np.asarray(fractions(left) @ fractions(right), object),
        bits=90 if spread == 0 else 45,
        scale=np.asarray(abs(fractions(left)) @ abs(fractions(right)), object),
    )


@pytest.mark.parametrize("spread", SPREADS)
@given(seed=st.integers(0, 2**16), terms=st.integers(1, 60))
def test_sums_contain_the_exact_ones(spread: int, seed: int, terms: int) -> None:
    """Along an axis."""
    numbers = drawn(np.random.default_rng(seed), (terms, 2), spread)
    found = added_up(numbers, lambda part: np.asarray(part.sum(axis=0)), terms)
    exact = fractions(numbers)
    assert_contains(found, exact.sum(axis=0), bits=90, scale=np.abs(exact).sum(axis=0))


def test_a_hundred_thousand_terms() -> None:
    """The slices get thinner, the sum stays exact."""
    random = np.random.default_rng(0)
    left, right = (DoubleDouble.exact(random.standard_normal(shape)) for shape in ((1, 1, 10**5), (1, 10**5, 1)))
    found = matrix_products(left, right)
    exact = sum(x * y for x, y in zip(fractions(left).ravel(), fractions(right).ravel(), strict=True))
    assert abs(fractions(found).item() - exact) <= Fraction(found.radius.item())
    assert found.radius.item() < 2.0**-85 * 10**5


def test_the_radius_of_factors_is_carried_along() -> None:
    """At its worst: every corner of the factors' balls is inside."""
    random = np.random.default_rng(1)
    left, right = drawn(random, (1, 2, 3), 0), drawn(random, (1, 3, 2), 0)
    wide = left.widened(np.full(left.shape, 2.0**-30)), right.widened(np.full(right.shape, 2.0**-20))
    found = matrix_products(*wide)
    for signs in product((-1, 1), repeat=2):
        moved = [
            fractions(numbers) + sign * np.sign(numbers.high).astype(int) * Fraction(radius)
            for sign, numbers, radius in zip(signs, (left, right), (2.0**-30, 2.0**-20), strict=True)
        ]
        exact = np.asarray(moved[0] @ moved[1], object)
        assert (np.abs(fractions(found) - exact) <= np.vectorize(Fraction, otypes=[object])(found.radius)).all()


def test_a_zero_that_is_a_sum_of_zeros_is_exact() -> None:
    """Rows and columns that never meet leave nothing, whatever else they hold."""
    left = DoubleDouble.exact(np.array([[[1 / 3, 0.0], [0.1, 0.2]]])) * DoubleDouble.exact(np.asarray(0.1))
    right = DoubleDouble.exact(np.array([[[0.0, 1.0], [0.7, 1e-9]]])) * DoubleDouble.exact(np.asarray(0.3))
    found = matrix_products(left, right)
    assert found.high[0, 0, 0] == found.low[0, 0, 0] == found.radius[0, 0, 0] == 0
    assert (found.radius.ravel()[1:] > 0).all()
