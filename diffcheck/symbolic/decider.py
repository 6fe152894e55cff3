"""Deciders: on which side of a kink are we?

Every kink of a function has an argument z, a SymPy scalar whose sign decides the branch: a − b for
max(a, b), x for |x|. `AtPoint` answers for a point, `Pattern` for one of all combinations of signs.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Protocol

import sympy as sp
from flint import ctx

from diffcheck.symbolic.program import Program, Values, compiled

# A sign that this many bits do not show counts as zero: |z| is below 2⁻³⁰⁰⁰ beside its terms, and
# the smallest float64 is 2⁻¹⁰⁷⁴.
PRECISIONS = (128, 512, 3072)


class Undefined(ValueError):
    """A kink's argument has no value at the point, so no branch can be taken."""


class Decider(Protocol):
    """Says on which side of a kink we are."""

    def sign(self, argument: sp.Expr) -> int:
        """−1, 0 or 1: the sign of a kink's argument."""

    def tie(self, argument: sp.Expr) -> None:
        """Take note that the branch depends on an argument whose sign is 0."""

    def whole(self, argument: sp.Expr) -> None:
        """Take note of a jump at every whole number: a tie where the argument is one."""


class AtPoint:
    """Decides by evaluating at a point, in balls.

    Attributes:
        values: symbol → its exact value.
        ties: the arguments that are zero there and on which a branch depends.
        asked: every argument whose sign was asked for, with the answer, in order.
    """

    def __init__(self, values: Values) -> None:
        self.values = values
        self.ties: list[sp.Expr] = []
        self.asked: list[tuple[sp.Expr, int]] = []

    def sign(self, argument: sp.Expr) -> int:
        """The sign at the point; 0 where the argument is zero or not told from it.

        Raises:
            Undefined: the argument has no value there.
        """
        answer = sign_at(compiled((argument,)), self.values)
        self.asked.append((argument, answer))
        return answer

    def tie(self, argument: sp.Expr) -> None:
        """Keep the argument in `ties`."""
        self.ties.append(argument)

    def whole(self, argument: sp.Expr) -> None:
        """A whole number is a tie."""
        above = argument - sp.floor(argument)
        if self.sign(above) == 0:
            self.tie(argument)


def sign_at(program: Program, values: Values) -> int:
    """The sign of a program's only output, by increasing precision; 0 where none shows one.

    Raises:
        Undefined: the output has no value.
    """
    for bits in PRECISIONS:
        with ctx.workprec(bits):
            (ball,) = program.evaluate(values)
        if ball > 0:
            return 1
        if ball < 0:
            return -1
        if ball == 0:
            return 0
    if ball.is_nan():
        raise Undefined("the function compares something that has no value at this point")
    return 0


# --- the decider in charge, and frozen symbols ----------------------------------------------------


class SymbolicCall:
    """One run of a function on symbols: its decider, and what `stop_gradient` froze."""

    def __init__(self, decider: Decider) -> None:
        self.decider = decider
        self.frozen: dict[sp.Symbol, sp.Expr] = {}

    def freeze(self, expression: sp.Expr) -> sp.Expr:
        """A new symbol in place of an expression, so that differentiation sees a constant."""
        symbol = sp.Dummy("frozen", real=True)
        self.frozen[symbol] = expression
        return symbol

    def thaw(self, expression: sp.Expr) -> sp.Expr:
        """Put what was frozen back."""
        for symbol in reversed(self.frozen):
            expression = expression.xreplace({symbol: self.frozen[symbol]})
        return expression


_current: ContextVar[SymbolicCall] = ContextVar("call on symbols")


@contextmanager
def deciding(decider: Decider) -> Iterator[SymbolicCall]:
    """Let a decider answer at every kink that is met inside."""
    call = SymbolicCall(decider)
    token = _current.set(call)
    try:
        yield call
    finally:
        _current.reset(token)


def current() -> SymbolicCall:
    """The call in charge.

    Raises:
        LookupError: there is none, so nobody can say which branch to take.
    """
    return _current.get()


def freeze(expression: sp.Expr) -> sp.Expr:
    """A symbol that stands for an expression and is constant when differentiated."""
    return current().freeze(expression) if expression.free_symbols else expression


def sign_of(argument: sp.Expr) -> int:
    """The sign of a kink's argument, without saying that a branch depends on it."""
    if not argument.free_symbols:
        return _sign_of_number(argument)
    call = current()
    return call.decider.sign(call.thaw(argument))


def _sign_of_number(number: sp.Expr) -> int:
    if number.is_zero:
        return 0
    if number.is_extended_positive is None:
        return sign_at(compiled((number,)), {})
    return 1 if number.is_extended_positive else -1


def branch(argument: sp.Expr) -> int:
    """The sign of a kink's argument on which a branch depends: a zero is a tie."""
    sign = sign_of(argument)
    if sign == 0:
        note_tie(argument)
    return sign


def note_tie(argument: sp.Expr) -> None:
    """Tell the decider of a tie, unless the argument is zero everywhere."""
    if argument.free_symbols:
        call = current()
        call.decider.tie(call.thaw(argument))


def step_at_whole_numbers(argument: sp.Expr) -> sp.Expr:
    """⌊z⌋, frozen: constant between its jumps."""
    if not argument.free_symbols:
        return sp.floor(argument)
    call = current()
    call.decider.whole(call.thaw(argument))
    return call.freeze(sp.floor(argument))
