"""The normal form: it proves identities of real numbers, and never a difference away."""

from __future__ import annotations

from functools import reduce
from operator import add, mul

import pytest
import sympy as sp
from flint import arb, ctx
from hypothesis import assume, given
from hypothesis import strategies as st

from diffcheck.reference.normal_form import is_zero
from diffcheck.symbolic.array import NotCovered
from diffcheck.symbolic.program import compiled

X, Y, Z = sp.symbols("x y z", real=True)
THIRD = sp.Rational(1, 3)
TENTH = sp.Rational(*(0.1).as_integer_ratio())

IDENTITIES = [
    ((X + Y) ** 3, X**3 + 3 * X**2 * Y + 3 * X * Y**2 + Y**3),
    (1 / X + 1 / Y, (X + Y) / (X * Y)),
    (1 / (1 + sp.exp(-X)), sp.exp(X) / (1 + sp.exp(X))),
    (sp.exp(X - Y) / (sp.exp(X - Y) + 1), sp.exp(X) / (sp.exp(X) + sp.exp(Y))),
    (sp.exp(X / 3) ** 2 * sp.exp(THIRD * X), sp.exp(X)),
    (sp.exp(TENTH * X) * sp.exp(-TENTH * X), 1),
    (sp.log(sp.exp(X) + sp.exp(Y)), X + sp.log(1 + sp.exp(Y - X))),
    (sp.log(X / (1 - X)), sp.log(X) - sp.log(1 - X)),
    (sp.log(X**2 * (1 + Y**2)), 2 * sp.log(X) + sp.log(1 + Y**2)),
    (sp.log(8) - sp.log(6), 2 * sp.log(2) - sp.log(3)),
    (sp.sqrt((X + 1) ** 2 + Y), sp.sqrt(X**2 + 2 * X + 1 + Y)),
    ((sp.sqrt(X) + 1) * (sp.sqrt(X) - 1), X - 1),
    (X / sp.sqrt(X**2 + Y**2) / sp.sqrt(X**2 + Y**2), X / (X**2 + Y**2)),
    (sp.sqrt(1 + sp.sqrt(X)) ** 4, (1 + sp.sqrt(X)) ** 2),
    (X**THIRD * X ** (2 * THIRD), X),
    (X**Y * Y / X, Y * X ** (Y - 1)),
    (X**TENTH / X, X ** (TENTH - 1)),
    (sp.erfc(X), 1 - sp.erf(X)),
    (sp.erf((X - Y) / 2), -sp.erf((Y - X) / 2)),
    (sp.cos((X - Y) * Z), sp.cos((Y - X) * Z)),
    (sp.tanh((X + Y) ** 2), sp.tanh(X**2 + 2 * X * Y + Y**2)),
    (sp.polygamma(1, X * (Y + 1)), sp.polygamma(1, X * Y + X)),
    (sp.sin((X + 1) ** 2 - X**2 - 2 * X - 1), 0),
]

DIFFERENT = [
    (X, Y),
    (sp.exp(X), 1 + X),
    (sp.sqrt(X**2 + 1), X + 1),
    (sp.tanh(X), sp.sin(X)),
    (X * (1 + sp.Rational(1, 10**30)), X),
    (sp.log(X * Y), sp.log(X) - sp.log(Y)),
    (sp.cos(X), -sp.cos(X)),
    (sp.erf(X), sp.erf(-X)),
    (X**Y, Y**X),
]


@pytest.mark.parametrize(("left", "right"), IDENTITIES)
def test_identities_are_proved(left: sp.Expr, right: sp.Expr) -> None:
    """Two forms of one number have the difference zero."""
    assert is_zero(left - right, seconds=5)


@pytest.mark.parametrize(("left", "right"), DIFFERENT)
def test_different_numbers_are_not(left: sp.Expr, right: sp.Expr) -> None:
    """What differs anywhere is not proved equal."""
    assert not is_zero(left - right, seconds=5)


def test_the_absolute_value_is_kept_where_the_sign_is_not_known() -> None:
    """exp(log(xy) − log(y²)/2) is |x|, not x: both x and y may be negative."""
    disguised = sp.exp(sp.log(X * Y) - sp.log(Y * Y) / 2)
    assert not is_zero(disguised - X, seconds=5)


def test_a_logarithm_tells_the_sign_of_what_it_is_taken_of() -> None:
    """Where log x has a value, exp(log x) is x."""
    assert is_zero(sp.exp(sp.log(X, evaluate=False), evaluate=False) - X + sp.log(X) - sp.log(X), seconds=5)


def test_what_takes_too_long_is_not_proved() -> None:
    """Without time, and with powers that nobody can write out, the answer is: not proved."""
    assert not is_zero((X + Y) ** 2 - X**2 - 2 * X * Y - Y**2, seconds=0)
    assert not is_zero((X + Y + Z + 1) ** 200 - (X + Y + Z + 1) ** 199 * (X + Y + Z + 1 + 1), seconds=5)


@pytest.mark.parametrize("scalar", [sp.oo - X, sp.zoo * X, sp.nan])
def test_infinities_prove_nothing(scalar: sp.Expr) -> None:
    """Infinity minus infinity is not zero."""
    assert not is_zero(scalar, seconds=1)


def scalars() -> st.SearchStrategy[sp.Expr]:
    """Small scalars of two symbols, built from what derivatives are made of."""
    leaves = st.sampled_from([X, Y, sp.Integer(2), sp.Rational(-1, 3), sp.Integer(-1)])
    functions = [
        sp.exp,
        sp.tanh,
        sp.erf,
        lambda z: sp.sqrt(1 + z**2),
        lambda z: sp.log(1 + sp.exp(z)),
        lambda z: 1 / (2 + z**2),
    ]

    def extend(inner: st.SearchStrategy[sp.Expr]) -> st.SearchStrategy[sp.Expr]:
        several = st.lists(inner, min_size=2, max_size=3)
        return st.one_of(
            several.map(lambda terms: reduce(add, terms)),
            several.map(lambda factors: reduce(mul, factors)),
            st.builds(lambda function, z: function(z), st.sampled_from(functions), inner),
        )

    return st.recursive(leaves, extend, max_leaves=6)


@given(scalars(), scalars(), scalars())
def test_expanded_products_are_proved_equal(a: sp.Expr, b: sp.Expr, c: sp.Expr) -> None:
    """(a + b)·c is a·c + b·c for any scalars."""
    assert is_zero(sp.expand((a + b) * c) - (a + b) * c, seconds=5)


@given(scalars(), scalars())
def test_nothing_is_proved_that_balls_refute(a: sp.Expr, b: sp.Expr) -> None:
    """Whatever is proved equal overlaps at a point."""
    assume(a != b)
    if not is_zero(a - b, seconds=2):
        return
    try:
        program = compiled((a, b))
    except NotCovered:
        return
    with ctx.workprec(256):
        left, right = program.evaluate({X: arb(0.8125), Y: arb(-1.3125)})
    assert left.overlaps(right)
