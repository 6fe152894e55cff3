"""Error-free transformations: nothing is lost, in exact fractions."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from diffcheck.reference.error_free import leading, two_product, two_sum

floats = st.floats(-(2.0**300), 2.0**300, allow_subnormal=False).filter(lambda x: x == 0 or abs(x) > 2.0**-300)


@given(floats, floats)
def test_a_sum_and_what_is_missing_are_the_exact_sum(x: float, y: float) -> None:
    """The first part is the rounded sum."""
    total, missing = two_sum(np.asarray(x), np.asarray(y))
    assert total == x + y
    assert Fraction(float(total)) + Fraction(float(missing)) == Fraction(x) + Fraction(y)


@given(floats, floats)
def test_a_product_and_what_is_missing_are_the_exact_product(x: float, y: float) -> None:
    """The first part is the rounded product."""
    product, missing = two_product(np.asarray(x), np.asarray(y))
    assert product == x * y
    assert Fraction(float(product)) + Fraction(float(missing)) == Fraction(x) * Fraction(y)


@given(st.lists(st.floats(-1, 1), min_size=1, max_size=5), st.integers(-250, 250), st.integers(1, 50))
def test_the_leading_bits_are_multiples_and_the_rest_is_small(xs: list[float], exponent: int, bits: int) -> None:
    """Of 2^(exponent − bits), and at most half of that."""
    numbers = np.ldexp(np.array(xs), exponent)
    found = leading(numbers, exponent, bits)
    grid = Fraction(2) ** (exponent - bits)
    for number, part in zip(numbers.tolist(), found.tolist(), strict=True):
        assert (Fraction(part) / grid).denominator == 1
        assert abs(Fraction(number) - Fraction(part)) <= grid / 2
