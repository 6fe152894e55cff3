"""Literals: numbers of a program, and what was meant by them."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
import sympy as sp
from flint import arb

from diffcheck.dtype import limits, rounded_to
from diffcheck.expression import nodes
from diffcheck.expression.heads import SLOTS
from diffcheck.reference.literals import Literals, ball_of_number, is_short_fraction, written_in
from diffcheck.reference.precision import precision


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (sp.Rational(3, 8), 0.375),
        (sp.Integer(10) ** 400, np.inf),
        (sp.oo, np.inf),
        (-sp.oo, -np.inf),
        (sp.pi, np.pi),
        (sp.E, np.e),
        (sp.nan, np.nan),
        (sp.zoo, np.nan),
    ],
)
def test_a_number_is_its_ball(number: sp.Expr, expected: float) -> None:
    """Exact where it is dyadic; a pole is indeterminate."""
    ball = ball_of_number(number)
    assert float(ball) == expected or np.isnan(expected)
    assert ball.is_nan() == np.isnan(expected)


def test_a_third_is_as_narrow_as_the_precision() -> None:
    """A fraction that is not dyadic is not exact."""
    with precision(128):
        ball = ball_of_number(sp.Rational(1, 3))
        assert not ball.is_exact()
        assert (3 * ball).contains(1)
        assert ball.rel_accuracy_bits() > 120


@pytest.mark.parametrize(
    ("dtype", "literal", "narrow"),
    [
        ("float64", 0.1, False),
        ("float64", 2.5, True),
        ("float64", float("-inf"), True),
        ("float16", float(np.float16(0.1)), False),
        ("bfloat16", float(rounded_to(0.1, "bfloat16")), False),
        ("bfloat16", 3.0, True),
        ("bfloat16", float("-inf"), True),
    ],
)
def test_a_literal_is_meant_where_it_is_short_for_its_dtype(dtype: str, literal: float, narrow: bool) -> None:
    """0.1 is never what it says, in however few bits it was stored."""
    meant = Literals(limits(dtype)).meant(literal)
    assert meant.is_exact() is narrow
    assert meant.contains(arb(literal))
    assert narrow or meant.contains(arb("0.1"))


@pytest.mark.parametrize("number", [0.1, sp.Rational(0.1)])
def test_what_the_definition_says_is_meant(number: float | sp.Rational) -> None:
    """The very number; its neighbour is not."""
    row = limits("float64")
    said = frozenset([Fraction(0.1)])
    assert Literals(row, said).meant(number).is_exact()
    assert not Literals(row, frozenset([Fraction(np.nextafter(0.1, 1))])).meant(number).is_exact()


def test_a_fraction_that_the_definition_says_is_as_narrow_as_the_precision() -> None:
    """The reciprocal of a number that was written down is no float64 number."""
    third = sp.Rational(1, 3)
    row = limits("float32")
    assert Literals(row, frozenset([Fraction(1, 3)])).meant(third).rel_accuracy_bits() > 50
    assert Literals(row).meant(third).rel_accuracy_bits() < 25


def test_numbers_are_found_in_maps_fills_and_constants() -> None:
    """Wherever they stand in a graph; infinities and π are no fractions."""
    x = nodes.variable("x", (2,))
    scaled = nodes.mapped(sp.Rational(1, 5) * SLOTS[0] + sp.pi, x)
    total = nodes.mapped(SLOTS[0] + SLOTS[1] * SLOTS[2], scaled, nodes.constant(np.array([0.3, -np.inf])), scaled)
    found = written_in([total, nodes.filled(sp.Rational(2, 7), (2,)), nodes.filled(sp.oo, (2,))])
    assert {Fraction(1, 5), Fraction(0.3), Fraction(2, 7)} <= found
    assert Fraction(3, 10) not in found


@pytest.mark.parametrize(
    ("number", "short"),
    [(Fraction(1, 2), True), (Fraction(3), True), (Fraction(1, 3), False), (Fraction(2**0.5), False)],
)
def test_a_short_number_is_told_from_one_that_stands_for_another(number: Fraction, short: bool) -> None:
    """√2 as a float64 is none of the program's own."""
    assert is_short_fraction(number) is short
