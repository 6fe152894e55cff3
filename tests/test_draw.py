"""Drawing arrays: inside their domain, exact in the dtype, simplest first."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import numpy as np
import pytest

from diffcheck.domain import Domain, integers, one_hot, positive, probabilities, real
from diffcheck.draw import SMALLEST, draw_array, draw_number, draw_weights, ends, simple_numbers
from diffcheck.dtype import DTYPES, limits, rounded_to

MANY = 300


def simplest(count: int) -> int:
    """The pick that Hypothesis shrinks to."""
    del count
    return 0


def seeded(seed: int) -> Callable[[int], int]:
    """Picks without Hypothesis."""
    return Random(seed).randrange  # noqa: S311 - repeatable, not secret


RANGES = {
    "ordinary": real(),
    "positive": positive(),
    "unit, open": real(low=0.0, high=1.0, open_low=True, open_high=True),
    "far from zero": real(low=1000.0, high=1001.0),
    "negative": real(low=-3.0, high=-1.0),
    "wide": real(low=-1e30, high=1e30),
    "one number": real(low=2.0, high=2.0),
    "decimal ends": real(low=0.1, high=0.3),
    "beyond float32": real(low=-1e300, high=1e300),
}


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", RANGES)
def test_numbers_lie_in_their_domain(name: str, dtype: str) -> None:
    """Every drawn number is in the range, not at an open end, and exact in the dtype."""
    domain = RANGES[name]
    pick = seeded(1)
    for _ in range(MANY):
        number = draw_number(pick, domain, dtype)
        assert domain.low <= number <= domain.high
        assert not (domain.open_low and number == domain.low)
        assert not (domain.open_high and number == domain.high)
        assert rounded_to(number, dtype) == number


@pytest.mark.parametrize("dtype", DTYPES)
def test_large_arrays_lie_in_their_domain(dtype: str) -> None:
    """The same holds for arrays that are drawn as a seed, a scale and a pattern."""
    for name, domain in RANGES.items():
        for seed in range(8):
            array = draw_array(seeded(seed), domain, (10, 10), dtype)
            assert array.dtype == dtype
            first, last = ends(domain, dtype)
            assert (first <= array).all(), name
            assert (array <= last).all(), name


@pytest.mark.parametrize(
    ("domain", "first"),
    [(real(), 0.0), (positive(), 1.0), (real(low=-3.0, high=-1.0), -1.0), (real(low=1000.0, high=1001.0), 1000.0)],
)
def test_the_simplest_number_comes_first(domain: Domain, first: float) -> None:
    """What Hypothesis shrinks to is 0, else 1, else −1, else an end of the range."""
    assert draw_number(simplest, domain, "float64") == first


def test_special_numbers_are_drawn() -> None:
    """A number that a domain names as special is among the simple ones, an outside one is not."""
    simple = simple_numbers(real(low=0.0, high=40.0, special=(37.0, 50.0)), "float64")
    assert 37.0 in simple
    assert 50.0 not in simple


def test_an_open_end_at_zero_begins_where_cubes_do_not_underflow() -> None:
    """Positive numbers begin at a number whose cube is a normal float32."""
    assert ends(positive(), "float32")[0] == SMALLEST
    assert np.float32(SMALLEST) ** 3 >= np.finfo(np.float32).tiny


def test_float16_begins_where_squares_do_not_underflow() -> None:
    """It has few exponents: cubes of its small numbers are lost."""
    first = ends(positive(), "float16")[0]
    assert first**2 == limits("float16").smallest_normal
    assert ends(positive(), "bfloat16") == ends(positive(), "float32")


def test_a_range_without_numbers_is_refused() -> None:
    """A range between two neighbouring float32 numbers says that it holds none."""
    with pytest.raises(ValueError, match="holds no float32 number"):
        ends(real(low=1.0, high=1.0, open_low=True), "float32")


def test_ties_are_likely() -> None:
    """At least a quarter of drawn vectors repeat a number, and at least a quarter do not."""
    pick = seeded(5)
    tied = [len(set(draw_array(pick, real(), (3,), "float64").tolist())) < 3 for _ in range(MANY)]
    assert MANY / 4 < sum(tied) < 3 * MANY / 4


def test_integers_include_both_ends() -> None:
    """Labels are int64 and reach from low to high, both included."""
    labels = draw_array(seeded(2), integers(50, low=2, high=4), (50,), "float32")
    assert labels.dtype == np.int64
    assert set(labels.tolist()) == {2, 3, 4}


def test_one_hot_rows_have_a_single_one() -> None:
    """Rows along the last axis hold a single 1 and zeros, whatever the shape."""
    for shape in [(3,), (4, 3), (2, 40, 3)]:
        rows = draw_array(seeded(3), one_hot(*shape), shape, "float32")
        assert rows.dtype == np.float32
        assert (rows.sum(axis=-1) == 1).all()
        assert set(rows.ravel().tolist()) <= {0.0, 1.0}


@pytest.mark.parametrize("open_low", [False, True])
def test_probabilities_add_up_to_exactly_one(open_low: bool) -> None:
    """Rows add up to 1 without rounding, in any order of summation, and leave out 0 where asked."""
    for seed in range(20):
        rows = draw_array(seeded(seed), probabilities(5, 7, open_low=open_low), (5, 7), "float32")
        assert (rows.sum(axis=-1) == 1).all()
        assert (rows[:, ::-1].sum(axis=-1) == 1).all()
        assert rows.min() > 0 if open_low else rows.min() >= 0


def test_weights_are_never_zero() -> None:
    """A cotangent of zeros would hide every error behind it."""
    for seed in range(20):
        assert draw_weights(seeded(seed), (3, 30), "float64").all()
        assert isinstance(draw_weights(seeded(seed), (), "float32"), np.ndarray)
    assert (draw_weights(simplest, (2,), "float64") == 1).all()
