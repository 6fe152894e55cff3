"""An enclosure's floats: outward always, also where float64 over- or underflows."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from flint import arb
from hypothesis import given, settings
from hypothesis import strategies as st

from diffcheck.reference.enclosure import Enclosure
from diffcheck.reference.precision import precision

LARGEST = float(np.finfo(float).max)


def enclosure(*balls: arb) -> Enclosure:
    array = np.empty(len(balls), object)
    array[:] = balls
    nowhere = np.zeros(len(balls), bool)
    return Enclosure(array, nowhere, nowhere)


def exactly(number: arb) -> Fraction:
    """A number that a ball of radius zero holds."""
    mantissa, exponent = number.man_exp()
    return Fraction(int(mantissa)) * Fraction(2) ** int(exponent)


def at_or_below(number: float, bound: Fraction) -> bool:
    return number == -np.inf or (number != np.inf and Fraction(number) <= bound)


mantissas = st.integers(-(2**130), 2**130)
exponents = st.integers(-1300, 1000)


@settings(max_examples=400)
@given(mantissa=mantissas, exponent=exponents, radius=st.integers(0, 2**20), finer=st.integers(-40, 1300))
def test_the_ends_lie_outside_the_ball(mantissa: int, exponent: int, radius: int, finer: int) -> None:
    """For any midpoint and radius, in the range of float64 or beyond it."""
    with precision(256):
        ball = arb(mantissa) * arb(2) ** exponent
        ball = arb(ball, arb(radius) * arb(2) ** (exponent - finer))
        mid, rad = exactly(ball.mid()), exactly(ball.rad())
    found = enclosure(ball)
    assert at_or_below(found.lower[0], mid - rad)
    assert at_or_below(-found.upper[0], -(mid + rad))
    assert found.lower[0] <= found.upper[0]
    assert not np.isnan([found.lower[0], found.upper[0]]).any()


@given(st.floats(allow_nan=False))
def test_a_float_is_its_own_enclosure(number: float) -> None:
    """Both ends are the number itself, subnormal and infinite ones too."""
    found = enclosure(arb(number))
    assert found.lower[0] == found.upper[0] == found.high[0] == number
    assert found.radius[0] == found.low[0] == 0
    assert found.exact[0]


@given(mantissa=mantissas.filter(bool), exponent=st.integers(-200, 200))
def test_two_floats_hold_the_midpoint(mantissa: int, exponent: int) -> None:
    """`high + low` has 106 bits of it."""
    with precision(256):
        ball = arb(mantissa) * arb(2) ** exponent
    found = enclosure(ball)
    mid = exactly(ball.mid())
    assert abs(Fraction(found.high[0]) + Fraction(found.low[0]) - mid) <= abs(mid) / 2**105


@settings(max_examples=200)
@given(
    mantissa=mantissas, exponent=st.integers(-200, 200), ulps=st.integers(-50, 50), scale=st.sampled_from([1, 3, 1e6])
)
def test_a_distance_is_exact_to_a_part_in_a_billion_billion(
    mantissa: int, exponent: int, ulps: int, scale: float
) -> None:
    """Although the midpoint has more digits than a float: nothing is lost where a value is near."""
    with precision(256):
        ball = arb(mantissa) * arb(2) ** exponent
    found = enclosure(ball)
    value = found.high[0] + ulps * scale * np.spacing(found.high[0])
    distance = found.distance(np.array([value]))[0]
    true = abs(Fraction(value) - exactly(ball.mid()))
    assert abs(Fraction(distance) - true) <= true / 2**50 + abs(exactly(ball.mid())) / 2**105


@pytest.mark.parametrize(
    ("ball", "lower", "upper"),
    [
        (arb("1e400"), LARGEST, np.inf),
        (-arb("1e400"), -np.inf, -LARGEST),
        (arb(2) ** 2000, LARGEST, np.inf),
        (arb(2) ** -1080, 0.0, 5e-324),
        (-(arb(2) ** -1080), -5e-324, 0.0),
        (arb("inf"), np.inf, np.inf),
        (arb("-inf"), -np.inf, -np.inf),
        (arb(0, "inf"), -np.inf, np.inf),
        (arb(0), 0.0, 0.0),
    ],
    ids=str,
)
def test_the_ends_at_the_ends_of_the_range(ball: arb, lower: float, upper: float) -> None:
    """A number beyond the largest float is not infinite; one below the smallest is not zero."""
    found = enclosure(ball)
    assert (found.lower[0], found.upper[0]) == (lower, upper)


@pytest.mark.parametrize(
    ("ball", "infinite"),
    [(arb("inf"), True), (arb("-inf"), True), (arb("1e400"), False), (arb.nan(), False), (arb(0, "inf"), False)],
    ids=str,
)
def test_an_infinity_is_told_from_a_number_beyond_the_range(ball: arb, infinite: bool) -> None:
    """Both have an infinite float nearest to them."""
    assert enclosure(ball).infinite[0] == infinite


def test_what_is_not_a_number_has_no_ends() -> None:
    """And nothing is near it."""
    found = enclosure(arb.nan(), arb(1))
    assert np.isnan([found.lower[0], found.upper[0], found.distance(np.ones(2))[0]]).all()
    assert found.lower[1] == 1.0


def test_an_enclosure_keeps_its_shape() -> None:
    """Also without axes, and without entries."""
    for shape in ((), (0, 3), (2, 1, 2)):
        balls = np.full(shape, arb(1) / 3, object)
        nowhere = np.zeros(shape, bool)
        found = Enclosure(balls, nowhere, nowhere)
        parts = (found.lower, found.upper, found.high, found.low, found.radius, found.exact, found.infinite)
        assert found.shape == shape
        assert all(part.shape == shape for part in parts)
        assert found.distance(np.zeros(shape)).shape == shape
