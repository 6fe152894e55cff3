"""The Taylor remainder: it falls like h² for a right slope and like h for a wrong one, unless rounding hides it."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from diffcheck.taylor_remainder import RIGHT, UNDECIDED, WRONG, TaylorRemainder, taylor_remainder

Function = Callable[[float], float]

TOLERATED = 2.0**-26


def remainder(function: Function, slope: float, x: float = 0.0, scale: float = 1.0) -> TaylorRemainder:
    """Of a function of one number; the claimed change is that of the move which floats can make."""

    def line(t: float) -> tuple[float, float]:
        moved = x + t * scale
        return function(moved), slope * (moved - x)

    with np.errstate(all="ignore"):
        return taylor_remainder(line, slope * scale, TOLERATED * abs(slope * scale))


# --- what rounding permits ------------------------------------------------------------------------

SLOPES: dict[str, tuple[Function, float, float, float]] = {
    "a sine": (np.sin, math.cos(0.7), 0.7, 1.0),
    "a faint sine": (lambda x: 1e-8 * np.sin(x), 1e-8 * math.cos(0.7), 0.7, 1.0),
    "the faintest sine": (lambda x: 1e-300 * np.sin(x), 1e-300 * math.cos(0.7), 0.7, 1.0),
    "a sine far up": (lambda x: np.sin(x) + 1e10, math.cos(0.7), 0.7, 1.0),
    "a fast sine": (np.sin, math.cos(1e6), 1e6, 1e6),
    "a logarithm": (np.log, 1e3, 1e-3, 1e-3),
    "a root near its edge": (np.sqrt, 5e3, 1e-8, 1e-8),
    "a large exponential": (np.exp, math.exp(700), 700.0, 700.0),
    "a high power": (lambda x: x**20, 20 * 1.1**19, 1.1, 1.0),
    "values in float32": (lambda x: float(np.sin(np.float32(x))), math.cos(0.7), 0.7, 1.0),
    "a square beside a kink": (lambda x: abs(x) * x, 2e-3, 1e-3, 1e-3),
}


@pytest.mark.parametrize("name", SLOPES)
def test_a_right_slope_leaves_a_square(name: str) -> None:
    """The rate is 2."""
    function, slope, x, scale = SLOPES[name]
    found = remainder(function, slope, x, scale)
    assert found.rate == pytest.approx(2, abs=0.05)
    assert found.looks == RIGHT


@pytest.mark.parametrize("factor", [0.0, -1.0, 0.9, 1.1, 2.0])
@pytest.mark.parametrize("name", SLOPES)
def test_a_wrong_slope_leaves_a_line(name: str, factor: float) -> None:
    """The rate is 1, and the estimate is the right slope, within what it may be off."""
    function, slope, x, scale = SLOPES[name]
    found = remainder(function, factor * slope, x, scale)
    assert found.rate == pytest.approx(1, abs=0.05)
    assert found.looks == WRONG
    assert abs(found.estimate.slope - slope * scale) <= found.estimate.error
    assert found.estimate.error < 0.01 * abs(slope * scale)


def test_small_errors_are_seen_down_to_what_is_tolerated() -> None:
    """One part in a million of a float64 slope is an error, one in a thousand million may be its rounding."""
    assert remainder(np.sin, (1 + 1e-6) * math.cos(0.7), 0.7).looks == WRONG
    assert remainder(np.sin, (1 + 1e-9) * math.cos(0.7), 0.7).looks == RIGHT


def test_what_falls_faster_is_right_too() -> None:
    """A sine has no second derivative at 0: h³."""
    found = remainder(np.sin, 1.0)
    assert found.rate == pytest.approx(3, abs=0.01)
    assert found.looks == RIGHT


@given(
    st.lists(st.floats(-4, 4), min_size=2, max_size=6),
    st.floats(-3, 3),
    st.sampled_from([0.0, 0.01, 1.0, -2.0]),
)
def test_polynomials_look_as_they_are(coefficients: list[float], x: float, error: float) -> None:
    """Or undecided, where nothing but rounding is left over: never the other way round."""
    polynomial = np.polynomial.Polynomial(coefficients)
    slope = float(polynomial.deriv()(x))
    size = 1 + abs(slope)
    assume(abs(polynomial.deriv(2)(x)) == 0 or abs(polynomial.deriv(2)(x)) > 0.01)
    found = remainder(lambda t: float(polynomial(t)), slope + error * size, x)
    assert found.looks != (RIGHT if error else WRONG)


# --- what it does not permit ----------------------------------------------------------------------


def test_a_line_leaves_nothing_but_rounding() -> None:
    """x + 10¹⁰ with its right slope: undecided, with room for an error of a ten-thousandth."""
    found = remainder(lambda x: x + 1e10, 1.0, 0.7)
    assert (found.rate, found.looks) == (None, UNDECIDED)
    assert 1e-6 < found.room < 1e-3


def test_a_wrong_slope_of_a_line_far_up_is_seen() -> None:
    """x + 10¹⁰ with 0.9 or 0: wrong."""
    assert remainder(lambda x: x + 1e10, 0.9, 0.7).looks == WRONG
    assert remainder(lambda x: x + 1e10, 0.0, 0.7).looks == WRONG


@pytest.mark.parametrize("slope", [math.cos(0.7), 2.0, 0.0])
def test_what_rounding_hides_is_undecided(slope: float) -> None:
    """sin x + 10¹⁶ has no digit left of the sine, right slope or not."""
    found = remainder(lambda x: np.sin(x) + 1e16, slope, 0.7)
    assert (found.rate, found.looks) == (None, UNDECIDED)
    assert found.room > 1


KINKS: dict[str, Function] = {
    "abs": abs,
    "relu": lambda x: max(x, 0.0),
    "a jump": lambda x: float(x > 0),
    "a jump and a line": lambda x: x + (x > 0),
    "a root of both signs": lambda x: float(np.cbrt(x)) ** 2,
}


@pytest.mark.parametrize("slope", [-1.0, 0.0, 0.3, 1.0])
@pytest.mark.parametrize("name", KINKS)
def test_a_kink_is_undecided(name: str, slope: float) -> None:
    """The remainder of every slope falls like h there, a subgradient's too."""
    found = remainder(KINKS[name], slope)
    assert found.looks == UNDECIDED


@pytest.mark.parametrize("function", [np.log, np.sqrt, np.reciprocal, lambda x: math.nan])
def test_the_edge_of_a_domain_is_undecided(function: Function) -> None:
    """Values on one side only, or none: nothing is said, and nothing raised."""
    found = remainder(function, 1.0)
    assert (found.rate, found.looks) == (None, UNDECIDED)
    assert math.isnan(found.estimate.slope)


def test_a_slope_that_is_not_finite_is_undecided() -> None:
    """Infinity and NaN leave no remainder."""
    for slope in (math.inf, math.nan):
        assert remainder(np.sin, slope, 0.7).looks == UNDECIDED


def test_the_ladder_is_the_evidence() -> None:
    """Steps are halved, and the remainders are those of the definition, on both sides."""
    found = remainder(np.sin, 0.5, 0.7)
    assert (found.steps[1:] * 2 == found.steps[:-1]).all()
    h = found.steps[3]
    assert found.right[3] == pytest.approx(math.sin(0.7 + h) - math.sin(0.7) - 0.5 * h)
    assert found.left[3] == pytest.approx(math.sin(0.7 - h) - math.sin(0.7) + 0.5 * h)


def test_noise_is_found_from_values() -> None:
    """Errors of 10⁻⁹ that are put in are found within a factor of three."""
    random = np.random.default_rng(0)
    found = remainder(lambda x: float(np.sin(x)) + random.normal(0, 1e-9), math.cos(0.7), 0.7)
    assert 3e-10 < found.noise < 3e-9
    assert found.looks == RIGHT
