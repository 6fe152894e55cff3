"""Deciders: the branch at a point is proved, ties are noticed, frozen stays frozen."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
import sympy as sp
from flint import arb

from diffcheck.symbolic import elementwise, reduction
from diffcheck.symbolic.array import wrap
from diffcheck.symbolic.decider import AtPoint, Undefined, branch, current, deciding, sign_of
from diffcheck.symbolic.gradient import symbols

X = sp.Symbol("x", real=True)
Y = sp.Symbol("y", real=True)


def at(**values: float) -> AtPoint:
    """A decider at a point."""
    return AtPoint({sp.Symbol(name, real=True): arb(number) for name, number in values.items()})


@pytest.mark.parametrize(
    ("argument", "sign"),
    [
        (X - 1, 0),
        (X - 1 + sp.Rational(1, 10**300), 1),
        (sp.exp(X) - sp.Rational(27, 10), 1),
        (sp.log(X) - sp.Rational(1, 10**500), -1),
        (sp.sin(X) ** 2 + sp.cos(X) ** 2 - 1, 0),
    ],
)
def test_signs_are_proved_by_increasing_precision(argument: sp.Expr, sign: int) -> None:
    """A difference of 10⁻⁵⁰⁰ has a sign; what no precision tells from zero counts as zero."""
    assert at(x=1.0).sign(argument) == sign


def test_what_has_no_value_has_no_sign() -> None:
    """log(−1) is no tie: a comparison with it is an error of its own."""
    with pytest.raises(Undefined, match="no value"):
        at(x=-1.0).sign(sp.log(X) - 1)


def test_a_tie_is_noticed_only_where_a_branch_depends_on_it() -> None:
    """`branch` records a zero; `sign_of` only asks."""
    decider = at(x=1.0)
    with deciding(decider):
        assert sign_of(X - 1) == 0
        assert decider.ties == []
        assert branch(X - 1) == 0
    assert decider.ties == [X - 1]


def test_what_is_zero_everywhere_is_no_tie() -> None:
    """max(x, x) is x, and no kink."""
    decider = at(x=1.0)
    with deciding(decider):
        assert elementwise.maximum(X, X).values.item() == X
    assert decider.ties == []


@pytest.mark.parametrize(
    ("values", "winner", "ties"),
    [
        ({"x_0": 1.0, "x_1": 1.0, "x_2": 3.0}, 2, 0),
        ({"x_0": 3.0, "x_1": 1.0, "x_2": 1.0}, 0, 0),
        ({"x_0": 1.0, "x_1": 3.0, "x_2": 3.0}, 1, 1),
        ({"x_0": 2.0, "x_1": 2.0, "x_2": 2.0}, 0, 2),
    ],
)
def test_only_ties_with_the_largest_entry_count(values: Mapping[str, float], winner: int, ties: int) -> None:
    """max(1, 1, 3) has a derivative; max(1, 3, 3) has none."""
    vector = symbols("x", (3,))
    decider = at(**values)
    with deciding(decider):
        assert reduction.max(wrap(vector)).values.item() == vector[winner]
    assert len(decider.ties) == ties


@pytest.mark.parametrize(("number", "ties"), [(2.5, 0), (2.0, 1), (-0.5, 0)])
def test_floor_has_ties_at_whole_numbers(number: float, ties: int) -> None:
    """⌊x⌋ is constant between whole numbers, and jumps at them."""
    decider = at(x=number)
    with deciding(decider) as call:
        floor = elementwise.floor(X).values.item()
        assert sp.diff(floor, X) == 0
        assert call.thaw(floor) == sp.floor(X)
    assert len(decider.ties) == ties


@pytest.mark.parametrize("name", ["abs", "relu", "leaky_relu", "elu", "sign", "sqrt", "round", "trunc", "cbrt"])
def test_no_kinked_sympy_function_is_left(name: str) -> None:
    """No Piecewise, Heaviside, Max, Abs or sign comes out, not even from √(x²)."""
    with deciding(at(x=-0.75)):
        result = getattr(elementwise, name)(X if name != "sqrt" else X**2).values.item()
    assert not result.has(sp.Piecewise, sp.Heaviside, sp.Max, sp.Min, sp.Abs, sp.sign)


def test_frozen_expressions_are_constants_and_come_back() -> None:
    """d(stop(x²)·x) is x²; a frozen expression may hold another one."""
    with deciding(at(x=2.0)) as call:
        inner = elementwise.stop_gradient(X**2)
        outer = elementwise.stop_gradient(inner * X).values.item()
        assert call.thaw(sp.diff(outer * X, X)) == X**3


def test_questions_see_through_frozen_expressions() -> None:
    """A comparison of something frozen is decided by its value."""
    decider = at(x=2.0)
    with deciding(decider):
        assert bool(elementwise.greater(elementwise.stop_gradient(X), 1))
    assert decider.asked == [(X - 1, 1)]


def test_without_a_decider_nobody_answers() -> None:
    """Outside of a call a comparison of symbols is an error."""
    with pytest.raises(LookupError):
        current()
