"""What a method answered: floats stay what they are, fractions keep every digit."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from flint import arb

from diffcheck.answered import distance, in_floats, nearest_float
from diffcheck.reference.enclosure import Enclosure
from diffcheck.reference.precision import precision


def around(*balls: arb) -> Enclosure:
    array = np.empty(len(balls), object)
    array[:] = balls
    nowhere = np.zeros(len(balls), dtype=bool)
    return Enclosure(array, nowhere, nowhere)


@pytest.mark.parametrize(
    ("number", "expected"),
    [(Fraction(1, 3), 1 / 3), (Fraction(10**400), np.inf), (-Fraction(10**400), -np.inf), (2, 2.0), (0.1, 0.1)],
)
def test_the_nearest_float(number: Any, expected: float) -> None:
    """Beyond the range of floats an infinity."""
    assert nearest_float(number) == expected


def test_floats_of_every_dtype_are_exact() -> None:
    """float32 and float16 numbers are float64 numbers."""
    for dtype in (np.float16, np.float32, np.float64):
        numbers = np.array([0.1, -3.0], dtype)
        assert in_floats(numbers).tolist() == [float(number) for number in numbers]


def test_the_distance_of_a_fraction_has_no_rounding_of_its_own() -> None:
    """A third, known to a hundred digits, is 10⁻⁸⁰ from a third; as a float it would be 10⁻¹⁷ off."""
    with precision(400):
        third = around(arb(1) / 3)
    answered = np.array([Fraction(1, 3) + Fraction(1, 10**80)], dtype=object)
    assert distance(answered, third)[0] == pytest.approx(1e-80, rel=1e-9)
    assert distance(np.array([1 / 3]), third)[0] == pytest.approx(1.85e-17, rel=1e-2)
