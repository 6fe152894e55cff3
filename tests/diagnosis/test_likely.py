"""Likely causes: each mistake that people make is recognised, and chance is not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from diffcheck.diagnosis import likely_causes
from diffcheck.diagnosis.entries import ENTRYWISE
from diffcheck.diagnosis.likely import RECOGNISERS

Array = np.ndarray
EPS = 2.0**-52


def random(*shape: int, seed: int = 0) -> Array:
    return np.random.default_rng(seed).standard_normal(shape)


def allowed(truth: Array) -> Array:
    """Two ulp."""
    return 2 * np.spacing(np.abs(truth))


def causes(answered: Any, truth: Any, steps: int = 1, **known: Any) -> tuple[str, ...]:
    """For one argument x, computed in so many steps, of which the known words say more."""
    truth = np.asarray(truth, dtype=float)
    return likely_causes({"x": np.asarray(answered)}, {"x": truth}, {"x": steps * allowed(truth)}, **known)


G = random(6)
M = random(3, 4)
X = random(20, seed=1)
H = random(20, seed=2)
T = random(20, seed=3)

TRIPS: list[tuple[str, Any, Any, dict[str, Any]]] = [
    ("zero: detached", 0 * G, G, {}),
    ("zero: detached", 0.0, -2.0, {}),
    ("the sign is opposite", -G, G, {}),
    ("the sign is opposite", 3.0, -3.0, {}),
    ("twice the truth: accumulated twice", 2 * G, G, {}),
    ("twice the truth", 4.0, 2.0, {}),
    ("half the truth", G / 2, G, {}),
    ("the truth divided by 5: a mean where a sum is meant?", G / 5, G, {"arguments": {"y": random(5)}}),
    ("the truth divided by 20", G / 20, G, {"arguments": {"y": random(5, 4)}}),
    ("5 times the truth: a sum where a mean is meant?", 5 * G, G, {"value": random(5)}),
    ("transposed", M[:, :3].T, M[:, :3], {}),
    ("transposed", M.T.reshape(M.shape), M, {}),
    ("reversed along axis 0", G[::-1], G, {}),
    ("reversed along axis 1", M[:, ::-1], M, {}),
    ("shifted by one along axis 0", np.roll(G, 1), G, {}),
    ("the right numbers in another order", G[[2, 0, 1, 5, 4, 3]], G, {}),
    ("this is the gradient at the point before", G, random(6, seed=9), {"previous": {"x": G}}),
    ("0 except where x > 0: masked by the wrong thing?", T * (X > 0), T * (H > 0), {"arguments": {"x": X}}),
    ("0 except where x > 0: masked by the wrong thing?", T * (X > 0), T, {"arguments": {"x": X}}),
    ("0 except where the function's value < 0: masked", T * (H < 0), T, {"arguments": {"x": X}, "value": H}),
    ("the gradient itself is cut off at 0: a clamp", np.maximum(T, 0), T, {}),
    ("should be 0 and are not: is a mask missing?", T, T * (X > 0), {}),
    ("no entry is beyond ±0.5: is the gradient clipped?", np.clip(T, -0.5, 0.5), T, {}),
    ("the factor x is missing", T, T * X, {"arguments": {"x": X}}),
    ("there is a factor x too many", T * X, T, {"arguments": {"x": X}}),
    ("the factor the cotangent is missing", G, G * 0.7, {"cotangent": np.array(0.7)}),
    ("there is a factor the function's value too many", G * 3.7, G, {"value": np.array(3.7)}),
    ("every entry is the sum over axis 0", np.broadcast_to(M.sum(0), M.shape), M, {}),
    ("every entry is the mean over axis 1", np.broadcast_to(M.mean(1)[:, None], M.shape), M, {}),
    ("every entry is the sum over all entries", np.full(M.shape, M.sum()), M, {}),
    ("every entry is the sum over axis 0", np.full(6, G.sum()), G, {}),
    ("every entry is a partial sum along axis 0", np.cumsum(G), G, {}),
    ("3/2 times the truth: a constant factor", 1.5 * G, G, {}),
    ("0.7071067811865475 times the truth: a constant factor", G / np.sqrt(2), G, {}),
    ("2.000000000002 times the truth: a constant factor", 2 * G * (1 + 1e-12), G, {}),
    ("the term 0.01·x is missing", T, T + 0.01 * X, {"arguments": {"x": X}}),
    ("the term 1·x is one too many", T + X, T, {"arguments": {"x": X}}),
    ("the term 0.25 is missing", T - 0.25, T, {}),
    ("every entry is NaN", np.full(3, np.nan), random(3), {}),
    ("NaN where x = 0: 0/0 or 0·∞", [np.nan, 1.0], [2.0, 1.0], {"arguments": {"x": np.array([0.0, 3.0])}}),
    ("1 of 6 entries are not finite", np.where(G[2] == G, np.inf, G), G, {}),
    ("in 1 of 6 entries, zero: detached", np.where(G[2] == G, 0, G), G, {}),
    ("in 1 of 6 entries, the sign is opposite", np.where(G[2] == G, -G, G), G, {}),
    ("in 3 of 20 entries, 2/7 times the truth", np.where(np.arange(20) < 3, T * 2 / 7, T), T, {}),
    ("where x < 0, 1/3 times the truth", np.where(X < 0, T / 3, T), T, {"arguments": {"x": X}}),
]


@pytest.mark.parametrize(("sentence", "answered", "truth", "known"), TRIPS)
def test_a_mistake_has_a_name(sentence: str, answered: Any, truth: Any, known: dict[str, Any]) -> None:
    """One sentence, about exactly that."""
    [said] = causes(answered, truth, **known)
    assert sentence in said


@pytest.mark.parametrize(("sentence", "answered", "truth", "known"), TRIPS)
def test_a_mistake_keeps_its_name_after_rounding(sentence: str, answered: Any, truth: Any, known: Any) -> None:
    """The method answers in its own precision: an ulp more or less, and it is the same mistake."""
    answered = np.asarray(answered, dtype=float)
    moved = np.where(answered == 0, answered, answered * (1 + EPS))
    if not sentence.startswith(("no entry is beyond", "the term", "0.707", "2.00")):  # whose numbers move too
        [said] = causes(moved, truth, 4, **known)
        assert sentence in said


SILENT: list[tuple[str, Any, Any, dict[str, Any]]] = [
    ("right", G, G, {}),
    ("right within rounding", G * (1 + EPS), G, {}),
    ("random", random(6, seed=7), G, {"arguments": {"x": random(6, seed=8)}}),
    ("one number", 0.3, 0.7, {"arguments": {"x": np.array(0.9), "y": random(5)}, "value": np.array(0.2)}),
    ("one number, a fifth by chance", 0.2, 1.0, {"arguments": {"y": random(5)}}),
    ("one number, x missing by chance", 2.0, 6.0, {"arguments": {"x": np.array(3.0)}}),
    ("equal numbers, a fifth by chance", [0.2, 0.2], [1.0, 1.0], {"arguments": {"y": random(5)}}),
    ("two numbers and a factor of no name", 1.234 * G[:2], G[:2], {}),
    ("two numbers in another place", [3.0, 5.0], [4.0, 3.0], {}),
    ("a vector is its own transpose", random(4, seed=6), random(4, seed=6) + random(4, seed=5), {}),
    ("two numbers that are almost twice", 2 * G[:2] * (1 + 1e-12), G[:2], {}),
    ("a truth that is zero", [1.7, -0.3], [0.0, 0.0], {}),
    ("the truth is no number", [1.0], [np.nan], {}),
    ("no entries", np.zeros(0), np.zeros(0), {}),
    ("another shape", np.zeros(3), G, {}),
]


@pytest.mark.parametrize(("answered", "truth", "known"), [pytest.param(*row[1:], id=row[0]) for row in SILENT])
def test_chance_has_no_name(answered: Any, truth: Any, known: dict[str, Any]) -> None:
    """What fits by accident, or not quite, is not said."""
    assert causes(answered, truth, **known) == ()


@settings(max_examples=60, deadline=None)
@given(shape=st.sampled_from([(), (1,), (2,), (5,), (2, 2), (3, 4), (30,)]), seed=st.integers(0, 10**6))
def test_random_wrong_answers_have_no_name(shape: tuple[int, ...], seed: int) -> None:
    """Whatever is at hand: arguments, cotangent, value, the point before."""
    truth, answered, x, y, value, before = (random(*shape, seed=seed + k) for k in range(6))
    known = {"arguments": {"x": x, "y": y}, "value": value, "previous": {"x": before}, "cotangent": value + x}
    assert causes(answered, truth, **known) == ()


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10**6), size=st.integers(2, 12), wrong=st.integers(1, 6))
def test_random_wrong_entries_have_no_name(seed: int, size: int, wrong: int) -> None:
    """Nor have a few random numbers among right ones."""
    truth, x = random(size, seed=seed), random(size, seed=seed + 1)
    assume(wrong < size)
    answered = truth.copy()
    answered[:wrong] = random(wrong, seed=seed + 2)
    assert causes(answered, truth, arguments={"x": x}) == ()


def both(answered: dict[str, Any], truth: dict[str, Any]) -> tuple[str, ...]:
    arrays = {name: np.asarray(array, dtype=float) for name, array in truth.items()}
    return likely_causes(answered, arrays, {name: allowed(array) for name, array in arrays.items()})


def test_swapped_arguments_are_named() -> None:
    """Each by the other; two numbers suffice where both are the other's."""
    a, b = random(4, seed=1), random(4, seed=2)
    assert both({"a": b, "b": a}, {"a": a, "b": b}) == (
        "a: this is the gradient of b: are two arguments swapped?",
        "b: this is the gradient of a: are two arguments swapped?",
    )
    assert len(both({"a": np.array(3.1), "b": np.array(0.7)}, {"a": 0.7, "b": 3.1})) == 2
    assert both({"a": np.array(3.1), "b": np.array(3.1)}, {"a": 0.7, "b": 3.1}) == ()


def test_arguments_that_are_wrong_in_one_way_share_a_sentence() -> None:
    """Their names stand before it; an argument that is right has none, nor has one without an answer."""
    truth = {"a": random(3), "b": random(2), "c": random(4), "d": random(2)}
    answered = {"a": -truth["a"], "b": -truth["b"], "c": truth["c"], "d": None}
    assert both(answered, truth) == ("a, b: the sign is opposite",)


def test_float32_is_matched_within_its_own_allowance() -> None:
    """Its rounding is the allowance, not a tolerance of the recogniser."""
    truth = random(20)
    allowance = {"x": 2 * np.spacing(np.abs(truth).astype(np.float32)).astype(float)}
    answered = (2 * truth.astype(np.float32)).astype(np.float32)
    [said] = likely_causes({"x": answered}, {"x": truth}, allowance)
    assert said.startswith("twice")
    assert likely_causes({"x": answered}, {"x": truth}, {"x": allowed(truth)}) == ()


@pytest.mark.parametrize("recogniser", [*RECOGNISERS, *ENTRYWISE])
def test_a_recogniser_says_in_a_line_what_it_recognises(recogniser: Callable[..., Any]) -> None:
    """As its docstring, for whoever reads the table; and each has something that trips it."""
    assert recogniser.__doc__
    assert "\n" not in recogniser.__doc__.strip()
