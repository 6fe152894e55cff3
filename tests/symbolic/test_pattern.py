"""Sign patterns: every combination once, one sign for all multiples of an argument."""

from __future__ import annotations

import pytest
import sympy as sp
from flint import arb

from diffcheck.symbolic.pattern import Indeterminate, Pattern, TooManyPatterns, patterns

X = sp.Symbol("x", real=True)
Y = sp.Symbol("y", real=True)
WITNESSES = ({X: arb(0.4375), Y: arb(0.203125)}, {X: arb(0.21875), Y: arb(0.453125)})


def signs_of(pattern: Pattern, *arguments: sp.Expr) -> tuple[int, ...]:
    """The signs that a pattern gives."""
    return tuple(pattern.sign(argument) for argument in arguments)


def test_every_combination_comes_once() -> None:
    """Two independent arguments have four patterns, the one of the first witness first."""
    found = [signs_of(pattern, X - Y, X + Y - 1) for pattern in patterns(WITNESSES, limit=4)]
    assert found == [(1, -1), (1, 1), (-1, -1), (-1, 1)]


def test_later_arguments_may_depend_on_earlier_signs() -> None:
    """Depth first: an argument that is met on one branch only doubles that branch only."""

    def run(pattern: Pattern) -> tuple[int, ...]:
        first = pattern.sign(X)
        return (first, pattern.sign(Y)) if first > 0 else (first,)

    assert [run(pattern) for pattern in patterns(WITNESSES, limit=8)] == [(1, 1), (1, -1), (-1,)]


@pytest.mark.parametrize(
    ("same", "sign"),
    [(Y - X, -1), (2 * X - 2 * Y, 1), ((X**2 - Y**2) / (X + Y), 1), ((X - Y) * (sp.exp(1) - 3), -1)],
)
def test_multiples_share_one_sign(same: sp.Expr, sign: int) -> None:
    """An argument is known again when it is asked for turned around, scaled or in another form."""
    for pattern in patterns(WITNESSES, limit=2):
        assert pattern.sign(same) == sign * pattern.sign(X - Y)
        assert len(pattern.trail) == 1


@pytest.mark.parametrize("other", [X - 2 * Y, X - Y + sp.Rational(1, 10**20), X**3 - Y**3])
def test_other_arguments_have_signs_of_their_own(other: sp.Expr) -> None:
    """What is not a multiple is another argument, however close."""
    pattern = Pattern(WITNESSES)
    signs_of(pattern, X - Y, other)
    assert len(pattern.trail) == 2


def test_zero_everywhere_has_no_sign() -> None:
    """An argument that is zero in another form is 0 and doubles nothing."""
    pattern = Pattern(WITNESSES)
    assert pattern.sign((X + Y) ** 2 - X**2 - 2 * X * Y - Y**2) == 0
    assert pattern.trail == ()


def test_too_many_patterns_are_an_error() -> None:
    """Nothing is silently left out."""
    generator = patterns(WITNESSES, limit=3)

    def use_all() -> None:
        for pattern in generator:
            signs_of(pattern, X, Y)

    with pytest.raises(TooManyPatterns, match="3"):
        use_all()


def test_an_undefined_argument_is_an_error() -> None:
    """log(−x) has no value at the witnesses, so nothing would recognise it."""
    with pytest.raises(Indeterminate):
        Pattern(WITNESSES).sign(sp.log(-X) + 1)
