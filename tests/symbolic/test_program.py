"""Programs: every whitelisted function contains mpmath's value, and nothing else is evaluated."""

from __future__ import annotations

from fractions import Fraction

import pytest
import sympy as sp
from flint import arb, ctx
from hypothesis import assume, given
from hypothesis import strategies as st

from diffcheck.symbolic.array import NotCovered
from diffcheck.symbolic.program import compiled

X = sp.Symbol("x", real=True)
Y = sp.Symbol("y", real=True)

FUNCTIONS = [
    X + Y + sp.pi,
    3 * X * Y / 7,
    X**3 / Y**2,
    sp.sqrt(X) * Y ** sp.Rational(-3, 2),
    sp.cbrt(X),
    X ** sp.Rational(1, 1000),
    X**Y,
    sp.exp(X) - sp.log(Y),
    sp.sin(X) * sp.cos(Y) + sp.tan(X),
    sp.asin(X / 2) + sp.acos(Y / 9) + sp.atan(X) + sp.atan2(X, Y),
    sp.sinh(X) + sp.cosh(Y) + sp.tanh(X),
    sp.asinh(X) + sp.acosh(Y + 1) + sp.atanh(X / 2),
    sp.erf(X) * sp.erfc(Y),
    sp.loggamma(X),
    sp.polygamma(0, X) + sp.polygamma(1, Y) + sp.polygamma(3, X),
    sp.floor(10 * X) + sp.E,
    sp.Abs(X - 7) * sp.sign(X - 7),
]


@pytest.mark.parametrize("expression", FUNCTIONS)
def test_balls_contain_what_mpmath_computes(expression: sp.Expr) -> None:
    """An independent library finds the same 40 digits."""
    values = {X: sp.Rational(5, 4), Y: sp.Rational(19, 8)}
    with ctx.workprec(256):
        (ball,) = compiled((expression,)).evaluate({symbol: arb(float(value)) for symbol, value in values.items()})
        expected = arb(str(expression.evalf(40, subs=values)))
        assert abs(ball - expected) <= abs(expected) * arb("1e-38")
        assert ball.rel_accuracy_bits() > 200


@given(st.integers(-50, 50), st.integers(1, 50))
def test_rational_arithmetic_contains_the_truth(numerator: int, denominator: int) -> None:
    """(x² − 1)/(x − 1/3) in balls contains its value in fractions."""
    x = Fraction(numerator, denominator)
    assume(x != Fraction(1, 3))
    expression = (X**2 - 1) / (3 * X - 1)
    expected = (x * x - 1) / (3 * x - 1)
    (ball,) = compiled((expression,)).evaluate({X: arb(numerator) / denominator})
    assert ball.overlaps(arb(expected.numerator) / expected.denominator)


def test_equal_parts_are_computed_once() -> None:
    """sin(x) in two expressions is one step."""
    program = compiled((sp.sin(X) + 1, sp.sin(X) * 2))
    assert sum(operation is arb.sin for operation, _ in program.steps) == 1


@pytest.mark.parametrize("expression", [sp.Heaviside(X), sp.Piecewise((X, X > 0), (0, True)), sp.zeta(X)])
def test_nothing_outside_the_whitelist_is_evaluated(expression: sp.Expr) -> None:
    """A function without a rule is an error that names it."""
    with pytest.raises(NotCovered, match=type(expression).__name__):
        compiled((expression,))


def test_deep_sums_do_not_exhaust_the_stack() -> None:
    """Five thousand nested operations compile: the order is found without recursion."""
    expression: sp.Expr = X
    for _ in range(2500):
        expression = sp.Mul(sp.Add(expression, 1, evaluate=False), Y, evaluate=False)
    assert len(compiled((expression,)).steps) == 5001
