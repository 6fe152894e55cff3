"""Contradictions: signs that no point has are proved impossible, possible ones never."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp
from flint import arb

from diffcheck.reference.contradiction import Signed, contradict

X, Y, Z = sp.symbols("x y z", real=True)
RARE = sp.Rational(11, 4)
RANDOM = np.random.default_rng(0)
POINTS = [{symbol: arb(RANDOM.uniform(-3, 3)) for symbol in (X, Y, Z)} for _ in range(32)]

IMPOSSIBLE: list[list[Signed]] = [
    [(X - Y, 1), (Y - Z, 1), (Z - X, 1)],
    [(X, -1), (X - 1, 1)],
    [(X + Y, 1), (X, -1), (Y, -1), (Z, 1)],
    [(sp.exp(X) - Y, 1), (Y - 2 * sp.exp(X), 1), (sp.exp(X), 1)],
]

POSSIBLE: list[list[Signed]] = [
    [(X - Y, 1), (Y - Z, 1), (X - Z, 1)],
    [(X, 1), (X - 1, -1)],
    [(X - RARE, 1), (Y - RARE, 1), (Z + RARE, -1)],
    [],
]


@pytest.mark.parametrize("signed", IMPOSSIBLE)
def test_impossible_signs_are_proved_so(signed: list[Signed]) -> None:
    """A sum of the signed arguments that is zero everywhere is found and proved."""
    assert contradict(signed, POINTS)


@pytest.mark.parametrize("signed", POSSIBLE)
def test_possible_signs_are_left_alone(signed: list[Signed]) -> None:
    """No weights make arguments cancel that some point gives these signs, even a rare one."""
    assert not contradict(signed, POINTS)


def test_what_no_sum_shows_is_not_claimed() -> None:
    """x² + 1 is never negative, which no sum with weights shows: it stays open."""
    assert not contradict([(X**2 + 1, -1)], POINTS)


def test_few_points_prove_nothing() -> None:
    """With fewer points than arguments anything seems to cancel, so nothing is concluded."""
    assert not contradict([(X - Y, 1), (Y - Z, 1), (Z - X, 1)], POINTS[:3])
