"""Double-double numbers: whatever is computed with them contains the exact result."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from flint import arb
from hypothesis import assume, given
from hypothesis import strategies as st

from diffcheck.reference.double_double import DoubleDouble, NotInDoubles
from diffcheck.reference.error_free import UNIT
from diffcheck.reference.precision import precision

mantissas = st.integers(-(2**60), 2**60)
exponents = st.integers(-80, 20)


@st.composite
def numbers(draw: Any) -> tuple[DoubleDouble, Fraction]:
    """A ball, and one exact number in it."""
    exact = Fraction(draw(mantissas)) * Fraction(2) ** draw(exponents)
    high = float(exact)
    low = float(exact - Fraction(high))
    off = draw(st.sampled_from([0.0, 2.0**-60, 2.0**-100])) * abs(high)
    inside = exact + Fraction(off) * draw(st.sampled_from([-1, 0, 1]))
    rest = abs(float(exact - Fraction(high) - Fraction(low))) * (1 + 2 * UNIT)
    return DoubleDouble(*(np.asarray(part) for part in (high, low, off + rest))), inside


def contains(ball: DoubleDouble, exact: Fraction) -> bool:
    middle = Fraction(float(ball.high)) + Fraction(float(ball.low))
    return abs(exact - middle) <= Fraction(float(ball.radius))


OPERATIONS: list[tuple[Callable[[Any, Any], Any], str]] = [
    (lambda x, y: x + y, "sum"),
    (lambda x, y: x - y, "difference"),
    (lambda x, y: x * y, "product"),
]


@pytest.mark.parametrize(("operation", "name"), OPERATIONS, ids=[name for _, name in OPERATIONS])
@given(x=numbers(), y=numbers())
def test_arithmetic_contains_the_exact_result(operation: Any, name: str, x: Any, y: Any) -> None:
    """Of whatever numbers lie in the two balls."""
    assert name
    assert contains(operation(x[0], y[0]), operation(x[1], y[1]))


@given(x=numbers())
def test_a_reciprocal_times_the_number_contains_one(x: Any) -> None:
    """Its error is that of a hundred bits, or that of the number."""
    ball, inside = x
    assume(ball.has_sign)
    found = ball.reciprocal()
    assert contains(found, 1 / inside)
    known = float(ball.radius) / abs(float(ball.high))
    assert float(found.radius) <= (2 * known + 2.0**-100) * abs(float(found.high))


@given(x=numbers())
def test_the_square_of_a_root_contains_the_number(x: Any) -> None:
    """√x, held against its neighbours in exact fractions."""
    ball, inside = x
    assume(ball.has_sign and ball.high > 0)
    found = ball.root()
    low, high = (
        Fraction(float(found.high)) + Fraction(float(found.low)) + s * Fraction(float(found.radius)) for s in (-1, 1)
    )
    assert low**2 <= inside <= high**2
    assert float(found.radius) <= (float(ball.radius) / float(ball.high) + 2.0**-100) * float(found.high)


@given(x=numbers(), exponent=st.integers(1, 6))
def test_a_power_contains_the_exact_power(x: Any, exponent: int) -> None:
    """By squaring."""
    try:
        found = x[0].power(exponent)
    except NotInDoubles:
        return
    assert contains(found, x[1] ** exponent)


@given(st.integers(-(2**26), 2**26), st.integers(-(2**26), 2**26))
def test_what_floats_hold_stays_exact(x: int, y: int) -> None:
    """No radius appears where nothing was rounded: an exact zero stays zero."""
    a, b = DoubleDouble.exact(np.asarray(x)), DoubleDouble.exact(np.asarray(y))
    for found in (a + b, a * b, a * b - b * a, a - a):
        assert not found.radius.any()


@given(x=numbers())
def test_balls_there_and_back_keep_everything(x: Any) -> None:
    """Arb's ball contains the number, and so does what is made of it again."""
    ball, inside = x
    with precision(200):
        [there] = ball.balls().reshape(1)
        exact = arb(int(inside.numerator)) / arb(int(inside.denominator))
        assert there.overlaps(exact)
    back = DoubleDouble.of_balls(np.asarray(there, object))
    assert contains(back, inside)


@given(x=numbers())
def test_a_sign_is_known_only_where_no_number_in_the_ball_has_another(x: Any) -> None:
    """And a ball without zero in it has one."""
    ball, inside = x
    if ball.has_sign:
        assert (inside > 0) == (ball.high > 0)
        assert inside != 0
    assert bool(ball.has_sign) or abs(float(ball.high)) <= 2 * (abs(float(ball.low)) + float(ball.radius))


@pytest.mark.parametrize("number", [np.inf, np.nan, 1e100, 1e-100, 5e-324])
def test_what_could_underflow_or_overflow_is_refused(number: float) -> None:
    """Arb's balls have no such limits."""
    with pytest.raises(NotInDoubles):
        DoubleDouble.exact(np.array([1.0, number]))


def test_a_product_that_leaves_the_range_is_refused() -> None:
    """Also where both factors are in it."""
    large = DoubleDouble.exact(np.array(1e60))
    with pytest.raises(NotInDoubles):
        _ = large * large


@pytest.mark.parametrize("number", [0.0, -1.0])
def test_no_root_and_no_reciprocal_at_zero(number: float) -> None:
    """Their limits are Arb's business."""
    ball = DoubleDouble.exact(np.array([1.0, number]))
    with pytest.raises(NotInDoubles):
        ball.root()
    if number == 0:
        with pytest.raises(NotInDoubles):
            ball.reciprocal()


def test_zeros_take_no_memory() -> None:
    """The low parts and radii of exact numbers are one zero."""
    assert DoubleDouble.exact(np.ones((1000, 1000))).low.strides == (0, 0)
