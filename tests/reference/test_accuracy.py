"""An accuracy: constants by region, and the worst of several."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from diffcheck.reference.accuracy import Accuracy, worst_of

U = 2.0**-24
TWO_REGIONS = Accuracy((1.0, 5.0), (0.0, 2.0), (0.0, 0.5), (1.0,))


@pytest.mark.parametrize(
    ("x", "units"),
    [
        (0.9, 3.0),
        (1.0, 5 * 3.0 + 2 * 7.0 + 0.5),
        (-np.inf, 3.0),
        (np.inf, 5 * 3.0 + 2 * 7.0 + 0.5),
    ],
)
def test_a_region_holds_its_lower_end(x: float, units: float) -> None:
    """α|f| + β Σ|x ∂f/∂x| + γ of the region, with f = −3 and Σ|x ∂f/∂x| = 7."""
    assert TWO_REGIONS.bound(U, x, -3.0, 7.0 * U) == pytest.approx(units * U)


@pytest.mark.parametrize(("reach", "units"), [(0.05, 3.0), (0.2, 5 * 3.0 + 2 * 7.0 + 0.5)])
def test_an_argument_that_may_be_across_an_edge_has_the_worse_of_both(reach: float, units: float) -> None:
    """0.9 is below the edge at 1, but not by 0.2."""
    assert TWO_REGIONS.bound(U, 0.9, -3.0, 7.0 * U, reach) == pytest.approx(units * U)


def test_arrays_are_bounded_entry_by_entry() -> None:
    """Each entry by its own region."""
    bound = TWO_REGIONS.bound(1.0, np.array([0.0, 2.0]), np.array([2.0, 2.0]), np.array([1.0, 1.0]))
    assert bound.tolist() == [2.0, 12.5]


def test_an_infinite_slope_counts_only_where_a_beta_does() -> None:
    """asin at 1 is infinitely steep, and right to a few units."""
    assert TWO_REGIONS.bound(U, np.array([0.0]), np.array([1.0]), np.array([np.inf])) == U
    assert TWO_REGIONS.bound(U, np.array([2.0]), np.array([1.0]), np.array([np.inf])) == np.inf


def test_every_region_has_all_constants() -> None:
    """One edge, two regions."""
    with pytest.raises(AssertionError, match="one number for each region"):
        Accuracy((1.0,), edges=(0.0,))


constants = st.lists(st.sampled_from([0.5, 1.0, 2.0, 8.0]), min_size=3, max_size=3).map(tuple)


@st.composite
def accuracies(draw: st.DrawFn) -> Accuracy:
    edges = sorted(draw(st.sets(st.integers(-3, 3), min_size=2, max_size=2)))
    return Accuracy(draw(constants), draw(constants), draw(constants), tuple(map(float, edges)))


@given(st.lists(accuracies(), min_size=1, max_size=4), st.integers(-8, 8).map(lambda k: k / 2))
def test_the_worst_of_several_is_no_tighter_than_any(found: list[Accuracy], x: float) -> None:
    """Nowhere; and of one it is that one."""
    worst = worst_of(found)
    assert worst.bound(U, x, 2.0, 3.0 * U) >= max(accuracy.bound(U, x, 2.0, 3.0 * U) for accuracy in found)
    assert worst_of(found[:1]) == found[0]
