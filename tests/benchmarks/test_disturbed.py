"""Disturbed programs: every operation is off by a rounding, inside expressions too; what is exact stays exact."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from benchmarks.disturbed import disturbed
from diffcheck import array_namespace, special
from diffcheck.point import Point
from diffcheck.reference.reference import refer

UNIT = 2.0**-24


def moved(function: Any, x: float, seeds: int = 8) -> float:
    """By how many roundings of one the derivative is moved at most, relative to its size."""
    truth = refer(function, Point({"x": np.array([x], np.float32)}), ("x",))
    true = truth.entries["x"].high[0]
    found = [float(disturbed(truth, seed)["x"][0].mid()) for seed in range(seeds)]
    return max(abs(one - true) for one in found) / abs(true) / UNIT


def test_a_rounding_inside_an_expression_counts() -> None:
    """exp(x − softplus x) at 500: a rounding of softplus is one of 500, and exp makes it relative."""
    assert moved(lambda x: array_namespace(x).sum(special.softplus(x)), 500.0) > 100


def test_a_short_expression_is_moved_by_its_few_operations() -> None:
    """exp x: the exponential, and its product with what comes from above."""
    assert 0.5 < moved(lambda x: array_namespace(x).sum(array_namespace(x).exp(x)), 1.0) < 4


@pytest.mark.parametrize("factor", [-1.0, 2.0, 0.5, -4.0])
def test_signs_and_powers_of_two_are_exact(factor: float) -> None:
    """A product with one of them is not rounded."""
    assert moved(lambda x: array_namespace(x).sum(factor * x), 3.0) == 0


def test_a_long_sum_is_moved_by_its_partial_sums() -> None:
    """The derivative of (Σx)² is 2Σx: of a thousand ones it is moved like a sum, one after another."""
    truth = refer(lambda x: array_namespace(x).sum(x) ** 2, Point({"x": np.ones(1000, np.float32)}), ("x",))
    found = [float(disturbed(truth, seed)["x"][0].mid()) for seed in range(0, 16, 2)]
    reached = max(abs(one - 2000) for one in found) / 2000 / UNIT
    assert 10 < reached < 1000
