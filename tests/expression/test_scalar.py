"""Folding: a scalar expression in any arithmetic, through a strict whitelist."""

from __future__ import annotations

from typing import Any

import pytest
import sympy as sp

from diffcheck.expression import heads
from diffcheck.expression.functions import FUNCTIONS, NotCovered, ScalarFunction
from diffcheck.expression.heads import SLOTS
from diffcheck.expression.scalar import fold

A, B = SLOTS[:2]


class Spoken:
    """An arithmetic of words: says which rule was used on what, and how often."""

    def __init__(self) -> None:
        self.calls = 0

    def number(self, number: sp.Expr) -> str:
        return str(number)

    def add(self, terms: list[str]) -> str:
        return f"({' + '.join(sorted(terms))})"

    def multiply(self, factors: list[str]) -> str:
        return f"({' * '.join(sorted(factors))})"

    def power(self, base: str, exponent: sp.Rational) -> str:
        return f"{base}^{exponent}"

    def call(self, row: ScalarFunction, arguments: list[str]) -> str:
        self.calls += 1
        return f"{row.name}{tuple(arguments)}"


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        (A, "x"),
        (sp.Rational(1, 3), "1/3"),
        (sp.pi, "pi"),
        (sp.E, "E"),
        (sp.oo, "oo"),
        (sp.nan, "nan"),
        (A + B + 1, "(1 + x + y)"),
        (3 * A * B, "(3 * x * y)"),
        (A / B, "(x * y^-1)"),
        (sp.sqrt(A), "x^1/2"),
        (A**-3, "x^-3"),
        (sp.sqrt(2), "2^1/2"),
        (sp.exp(A), "exp('x',)"),
        (sp.exp(2), "exp('2',)"),
        (sp.sin(1), "sin('1',)"),
        (heads.larger(A, B), "larger('x', 'y')"),
        (heads.polygamma(1, A), "polygamma('1', 'x')"),
    ],
    ids=str,
)
def test_each_kind_of_expression_goes_to_its_rule(expression: sp.Expr, said: str) -> None:
    """Sums, products, rational powers, exact numbers, and functions that have a row."""
    assert fold(expression, {A: "x", B: "y"}, Spoken()) == said


@pytest.mark.parametrize(
    "expression",
    [
        sp.Piecewise((A, A > 0), (0, True)),
        sp.gamma(A),
        sp.Heaviside(A),
        sp.Abs(A),
        A**B,
        A**sp.pi,
        sp.Max(A, B),
        sp.Symbol("stranger"),
        sp.Sum(A, (SLOTS[2], 1, 3)),
    ],
    ids=str,
)
def test_nothing_outside_the_whitelist_is_evaluated(expression: sp.Expr) -> None:
    """SymPy's own functions of the same meaning are refused: they simplify as they please."""
    with pytest.raises(NotCovered):
        fold(expression, {A: "x", B: "y"}, Spoken())


def test_a_refusal_names_the_function() -> None:
    """A person can look for it, or add a row."""
    with pytest.raises(NotCovered, match="gamma"):
        fold(sp.gamma(A), {A: "x"}, Spoken())


def test_equal_parts_are_evaluated_once() -> None:
    """exp(x) occurs three times in this expression."""
    rules = Spoken()
    fold(sp.exp(A) ** 2 + sp.sin(sp.exp(A)) * sp.exp(A), {A: "x"}, rules)
    assert rules.calls <= 3  # exp(x), exp(2x) as SymPy writes the square, and the sine


def test_a_leaf_may_be_any_expression() -> None:
    """What has a value already is not looked into."""
    leaves: dict[sp.Expr, Any] = {heads.step(A): "chosen"}
    assert fold(2 * heads.step(A), leaves, Spoken()) == "(2 * chosen)"


def test_every_row_is_found_by_its_head() -> None:
    """The table is keyed by what stands in expressions, and names are unique."""
    assert all(row.head is head for head, row in FUNCTIONS.items())
    names = [row.name for row in FUNCTIONS.values()]
    assert len(set(names)) == len(names)


def test_an_infinity_of_the_complex_plane_is_no_real_number() -> None:
    """SymPy writes log(0) as one; every arithmetic is told that it is not a number."""
    assert fold(sp.zoo * A, {A: "x"}, Spoken()) == fold(sp.Mul(sp.nan, A, evaluate=False), {A: "x"}, Spoken())
