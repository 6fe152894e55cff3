"""Placement: the answered entries at a kink, jointly; those at fault are told from the others."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from diffcheck import placement
from diffcheck.namespace import array_namespace
from diffcheck.reference.kink import Place
from diffcheck.special import relu
from tests.judging import referred

INSIDE, SELECTED, BEYOND = Place.INSIDE, Place.SELECTED, Place.BEYOND


def xp(x: Any) -> Any:
    return array_namespace(x)


def absolute(x: Any) -> Any:
    return xp(x).abs(x)


def at_kink(function: Callable[..., Any], point: dict[str, Any], answers: dict[str, Any]) -> dict[str, Any]:
    """The places of some answers, within a few ulps."""
    reference = referred(function, point)
    arrays = {name: np.asarray(answer, dtype=float) for name, answer in answers.items()}
    slack = {name: 4 * np.spacing(np.abs(array)) for name, array in arrays.items()}
    return {name: found.tolist() for name, found in placement.at_kink(arrays, slack, reference).items()}


def near_kink(function: Callable[..., Any], x: Any, answer: Any, dtype: str = "float32") -> Any:
    reference = referred(function, {"x": x}, dtype)
    array = np.asarray(answer, dtype=float)
    places = placement.near_kink({"x": array}, {"x": 1e-6 * np.ones(array.shape)}, reference)
    return None if places is None else places["x"].tolist()


def test_arguments_are_placed_jointly() -> None:
    """(1, 1) is no derivative of max(x, y), though 1 and 1 are entries of some; without y's, 1 is one for x."""

    def larger(x: Any, y: Any) -> Any:
        return xp(x).maximum(x, y)

    point = {"x": 1.0, "y": 1.0}
    assert at_kink(larger, point, {"x": 0.25, "y": 0.75}) == {"x": INSIDE, "y": INSIDE}
    assert at_kink(larger, point, {"x": 1.0, "y": 1.0}) == {"x": BEYOND, "y": BEYOND}
    assert at_kink(larger, point, {"x": 1.0}) == {"x": INSIDE, "y": None}
    assert at_kink(larger, point, {"x": 1.0, "y": np.nan}) == {"x": INSIDE, "y": None}


@pytest.mark.parametrize(
    ("answer", "places"),
    [
        ([0.0, 1.0, -1.0, 7.0], [INSIDE, INSIDE, INSIDE, None]),
        ([0.0, 1.1, -1.0, 1.0], [INSIDE, BEYOND, INSIDE, None]),
        ([2.0, 1.1, -1.0, 1.0], [BEYOND, BEYOND, INSIDE, None]),
        ([0.0, np.inf, -1.0, 1.0], [INSIDE, None, INSIDE, None]),
        ([np.nan, np.nan, np.nan, 1.0], [None, None, None, None]),
    ],
)
def test_entries_at_fault_are_told_from_the_others(answer: list[float], places: list[Place | None]) -> None:
    """Σ|x| with three zeros; what is not open, or not finite, is not placed here."""
    point = {"x": [0.0, 0.0, 0.0, 2.0]}
    assert at_kink(lambda x: xp(x).sum(absolute(x)), point, {"x": answer}) == {"x": places}


@pytest.mark.parametrize("n", [33, 100, 1000])
def test_few_at_fault_are_told_from_many(n: int) -> None:
    """By halves; the others are what they would be without them."""
    answer, places = np.zeros(n), np.full(n, INSIDE)
    answer[[7, n - 1]], places[[7, n - 1]] = (1.5, -2.0), BEYOND
    assert at_kink(lambda x: xp(x).sum(absolute(x)), {"x": np.zeros(n)}, {"x": answer})["x"] == places.tolist()


@pytest.mark.parametrize("n", [5, 200])
def test_a_pair_at_fault_is_told_from_other_pairs(n: int) -> None:
    """max(x, y) entry by entry: (1, 1) in one pair is no fault of the others."""
    answer, places = np.full((2, n), 0.5), np.full((2, n), INSIDE)
    answer[:, 3], places[:, 3] = 1.0, BEYOND
    found = at_kink(lambda x: xp(x).sum(xp(x).maximum(x[0], x[1])), {"x": np.ones((2, n))}, {"x": answer})
    assert found["x"] == places.tolist()


def test_many_that_only_fit_alone_are_all_at_fault() -> None:
    """All ones are no gradient of the largest of 100 equal numbers."""
    places = at_kink(lambda x: xp(x).max(x), {"x": np.ones(100)}, {"x": np.ones(100)})
    assert places == {"x": [BEYOND] * 100}


def test_entries_that_only_fit_alone_are_all_at_fault() -> None:
    """Which of two ones is wrong nobody knows."""
    found = at_kink(lambda x: xp(x).max(x[:2]) + absolute(x[2]), {"x": [1.0, 1.0, 0.0]}, {"x": [1.0, 1.0, 0.5]})
    assert found["x"] == [BEYOND, BEYOND, INSIDE]


def test_a_selection_is_told_from_an_error() -> None:
    """relu(x) − relu(−x) in one entry, an absolute value in the other."""

    def function(x: Any) -> Any:
        return relu(x[0]) - relu(-x[0]) + absolute(x[1])

    point = {"x": [0.0, 0.0]}
    assert at_kink(function, point, {"x": [0.0, 0.0]}) == {"x": [SELECTED, INSIDE]}
    assert at_kink(function, point, {"x": [2.1, 0.0]}) == {"x": [BEYOND, INSIDE]}
    assert at_kink(function, point, {"x": [1.0, 0.0]}) == {"x": [INSIDE, INSIDE]}


def test_entries_without_bound_are_not_placed() -> None:
    """Nor do they keep the others from their places; an entry with an infinite limit is another rule's."""

    def function(x: Any) -> Any:
        return xp(x).sqrt(absolute(x[0])) + absolute(x[1])

    assert at_kink(function, {"x": [0.0, 0.0]}, {"x": [5.0, 0.5]}) == {"x": [None, INSIDE]}
    assert at_kink(function, {"x": [0.0, 0.0]}, {"x": [5.0, 1.5]}) == {"x": [None, BEYOND]}


def test_where_there_is_no_kink_nothing_is_placed() -> None:
    """Nor where a jump leaves no entry open."""
    assert at_kink(lambda x: x * x, {"x": 1.0}, {"x": 2.0}) == {}
    assert at_kink(lambda x: xp(x).where(x > 0, x + 1, x), {"x": 0.0}, {"x": 1.0}) == {}


@pytest.mark.parametrize(
    ("answer", "places"),
    [
        ([0.1, 0.2], [INSIDE, INSIDE]),
        ([0.0, 0.0], [INSIDE, INSIDE]),
        ([0.05, 0.1], [INSIDE, INSIDE]),
        ([0.1, 0.0], [BEYOND, BEYOND]),
        ([0.3, 0.1], [BEYOND, INSIDE]),
        ([np.nan, 0.1], [None, INSIDE]),
    ],
)
def test_near_a_kink_the_branches_that_rounding_takes(answer: list[float], places: list[Place | None]) -> None:
    """relu(0.1x + 0.2y − 0.3) at (1, 1) in float32: both entries are on one branch, or on the other."""
    assert near_kink(lambda x: relu(0.1 * x[0] + 0.2 * x[1] - 0.3), [1.0, 1.0], answer) == places


def test_near_a_kink_with_too_many_branches() -> None:
    """They are not told apart."""
    found = near_kink(lambda x: xp(x).sum(relu(x - 0.1)), np.full(14, 0.1), np.zeros(14))
    assert found is None
