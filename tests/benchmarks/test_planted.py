"""Planted errors: each is what it says, and the smallest that is caught is found."""

from __future__ import annotations

from inspect import signature
from math import prod

import numpy as np
import pytest

from benchmarks.functions import PROBLEMS, SIZES, Problem
from benchmarks.planted import CERTIFIED, EVERYWHERE, METHODS, SIZES_OF_ERROR, Place, Question, smallest
from diffcheck.verdict import Verdict

NAMED = {problem.name: problem for problem in PROBLEMS}


@pytest.mark.parametrize("problem", PROBLEMS, ids=lambda problem: problem.name)
@pytest.mark.parametrize("size", SIZES)
def test_a_function_has_as_many_gradient_entries_as_the_size_says(problem: Problem, size: int) -> None:
    """The tables' column of sizes is true."""
    shapes = dict(zip(signature(problem.function).parameters, problem.shapes[size], strict=True))
    assert sum(prod(shapes[name]) for name in problem.wrt) == size


def test_half_of_the_functions_have_positive_data() -> None:
    """Sums of one sign round otherwise than sums that cancel."""
    assert sum(problem.positive for problem in PROBLEMS) * 2 == len(PROBLEMS)


@pytest.mark.parametrize("name", ["cubic sum", "two layer network"])
def test_one_entry_is_off_by_what_was_planted(name: str) -> None:
    """An error in one entry is δ times the larger of |g| and the size of its products, and leaves the others alone."""
    question = Question(NAMED[name], 3, 0)
    place = question.place(seed=0)
    right, wrong = (question.planted(CERTIFIED, "float64", place, delta).entries for delta in (0.0, 1e-3))
    assert place.index is not None
    for argument in right:
        entry = np.asarray(right[argument])
        difference = np.asarray(wrong[argument]) - entry
        expected = np.zeros_like(difference)
        if argument == place.argument:
            expected[place.index] = np.copysign(1e-3 * question.products[argument], entry)[place.index]
        assert difference == pytest.approx(expected, rel=1e-9, abs=0)


def test_an_error_is_no_smaller_than_its_share_of_the_entry() -> None:
    """What δ is relative to is at least the entry itself."""
    question = Question(NAMED["softmax cross entropy"], 3, 0)
    for name, entry in question.right(CERTIFIED, "float64").entries.items():
        assert (question.products[name] >= np.abs(np.asarray(entry))).all()


def test_a_share_of_nothing_is_no_error() -> None:
    """Among the small networks there is one whose hidden unit is off for every sample."""
    questions = [Question(NAMED["two layer network"], 3, seed) for seed in range(8)]
    dead = [question for question in questions if not any(size.any() for size in question.products.values())]
    assert dead
    for question in questions:
        assert question.has_size(EVERYWHERE) is (question not in dead)


def test_an_entry_is_drawn_by_its_seed() -> None:
    """The same seed draws the same entry, and other seeds draw others."""
    drawn = [Question(NAMED["cubic sum"], 100, 0).place(seed) for seed in (0, 0, *range(1, 9))]
    assert drawn[0] == drawn[1]
    assert len(set(drawn)) > 4


@pytest.mark.parametrize("boundary", [0, 1, 200, len(SIZES_OF_ERROR) - 1])
def test_bisection_finds_the_boundary(boundary: int) -> None:
    """The smallest error that is noticed, wherever it lies."""
    assert smallest(lambda delta: delta >= SIZES_OF_ERROR[boundary]) == SIZES_OF_ERROR[boundary]


def test_bisection_says_when_nothing_is_noticed() -> None:
    """A checker that never objects has no smallest error."""
    assert smallest(lambda _: False) == float("inf")


@pytest.mark.parametrize("method", METHODS)
def test_a_right_gradient_agrees_and_a_wrong_one_is_wrong(method: str) -> None:
    """Nothing planted passes; a millionth, in one entry or in all, is wrong whoever computed the rest."""
    question = Question(NAMED["cubic sum"], 3, 0)
    assert question.judgement(method, "float64", EVERYWHERE, 0.0).verdict is Verdict.AGREES
    for place in (EVERYWHERE, Place("x", (1,))):
        assert question.judgement(method, "float64", place, 1e-6).verdict is Verdict.WRONG
