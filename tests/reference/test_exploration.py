"""Exploration: limits are found where they are looked for."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from diffcheck.namespace import array_namespace
from diffcheck.reference.exploration import Exploration
from diffcheck.reference.kink import Place
from diffcheck.special import relu
from tests.judging import referred


def xp(x: Any) -> Any:
    return array_namespace(x)


def absolute(x: Any) -> Any:
    return xp(x).abs(x)


def exploration_of(function: Callable[..., Any], x: Any, mode: str = "R") -> Exploration:
    kink = referred(function, {"x": x}, mode=mode).kink
    assert kink is not None
    kink.exploration.survey()
    return kink.exploration


def everything(exploration: Exploration) -> np.ndarray:
    return np.ones(exploration.asked.size, dtype=bool)


@pytest.mark.parametrize(
    ("function", "x", "expected"),
    [
        (relu, 0.0, [[0.0], [1.0]]),
        (lambda x: relu(x) - relu(-x), 0.0, [[1.0]]),
        (lambda x: xp(x).max(x), [1.0, 1.0], [[0.0, 1.0], [1.0, 0.0]]),
        (lambda x: xp(x).sum(absolute(x)), [0.0, 2.0], [[-1.0], [1.0]]),
    ],
)
def test_a_survey_finds_the_limits_of_a_simple_kink(
    function: Callable[..., Any], x: Any, expected: list[list[float]]
) -> None:
    """Each once, of the open entries only."""
    exploration = exploration_of(function, x)
    assert sorted(exploration.vertices(everything(exploration)).tolist()) == expected


def test_a_limit_is_found_along_the_direction_itself() -> None:
    """Among 2¹⁰⁰ corners of a cube."""
    exploration = exploration_of(lambda x: xp(x).sum(absolute(x)), np.zeros(100))
    corner = np.where(np.arange(100) % 3 == 0, 1.0, -1.0)
    assert not (exploration.vertices(everything(exploration)) == corner).all(axis=1).any()
    assert exploration.finds_further(corner, everything(exploration))
    assert (exploration.vertices(everything(exploration)) == corner).all(axis=1).any()
    assert not exploration.finds_further(corner, everything(exploration))


def wedge(x: Any) -> Any:
    """Zero but in a narrow wedge, where it is concave: no gradient points there."""
    return -relu(relu(x[0] - 3 * x[1]) - 4000 * absolute(x[0] * 7 - 20 * x[1]))


def test_a_limit_is_found_in_a_cell_that_no_direction_meets() -> None:
    """By the way into it."""
    exploration = exploration_of(wedge, [0.0, 0.0])
    chosen = everything(exploration)
    assert (exploration.vertices(chosen) == 0).all()
    away = np.array([7.0, -20.0])
    assert exploration.finds_further(away, chosen)
    assert exploration.finds_further(-away, chosen)
    assert sorted(exploration.vertices(chosen).tolist()) == [[-28001.0, 80003.0], [0.0, 0.0], [27999.0, -79997.0]]


def test_along_the_tangents_in_forward_mode() -> None:
    """The largest slope of |x| + |y| + … along all ones."""
    exploration = exploration_of(lambda x: xp(x).sum(absolute(x)), np.zeros(20), "F")
    chosen = everything(exploration)
    exploration.finds_further(np.array([1.0]), chosen)
    exploration.finds_further(np.array([-1.0]), chosen)
    assert exploration.vertices(chosen).max() == 20
    assert exploration.vertices(chosen).min() == -20


def test_nothing_is_looked_at_twice() -> None:
    """A limit that was asked for is known."""
    exploration = exploration_of(lambda x: xp(x).max(x), [1.0, 1.0])
    chosen = everything(exploration)
    assert not exploration.finds_further(np.array([1.0, 1.0]), chosen)
    count = len(exploration.limits)
    assert not exploration.finds_further(np.array([1.0, 1.0]), chosen)
    assert len(exploration.limits) == count


def test_entries_without_bound_leave_the_others() -> None:
    """√x grows, |y| has two limits."""
    exploration = exploration_of(lambda x: xp(x).sqrt(absolute(x[0])) + absolute(x[1]), [0.0, 0.0])
    assert exploration.vertices(np.array([True, False])).size == 0
    assert sorted(exploration.vertices(np.array([False, True])).ravel().tolist()) == [-1.0, 1.0]


def test_a_number_beyond_the_floats_is_no_infinity() -> None:
    """|x|·exp(800) has the slopes ±2.7e347."""
    exploration = exploration_of(lambda x: absolute(x[0]) * xp(x).exp(x[1]), [0.0, 800.0])
    largest = np.finfo(float).max
    assert sorted(exploration.vertices(everything(exploration)).ravel().tolist()) == [-largest, largest]


def test_a_search_that_is_given_up_decides_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether a claim lies beyond all limits is then not known, nor whether it is made of choices."""
    claim, slack = np.full(20, 0.05), np.full(20, 1e-12)
    settled = referred(lambda x: xp(x).max(x), {"x": np.zeros(20)}).kink
    assert settled is not None
    assert settled.place(claim, slack) is Place.INSIDE
    monkeypatch.setattr(sys.modules[Exploration.__module__], "_MOST_STEPS", 3)
    given_up = referred(lambda x: xp(x).max(x) + 0.0, {"x": np.zeros(20)}).kink
    assert given_up is not None
    assert given_up.place(claim, slack) is Place.UNKNOWN
    assert given_up.exploration.is_exhausted
