"""All combinations of the signs of a function's kink arguments, one after the other.

A kink argument is known again by its values at some fixed points, up to a factor: x − y, y − x and
2(x − y) have one sign between them, whoever asks and in whatever form.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import sympy as sp
from flint import arb, ctx

from diffcheck.symbolic.program import Values, compiled

# Values agree when this many digits of balls of so many bits do: two different arguments whose
# ratios agree by chance to 30 digits at two points are not expected in the life of a computer.
DIGITS = 30
BITS = 256


class TooManyPatterns(ValueError):
    """More sign patterns than were allowed."""


class Indeterminate(ValueError):
    """A kink argument has no finite value at a witness, so it cannot be known again."""


@dataclass(frozen=True)
class _Identity:
    """What is common to all positive and negative multiples of an argument, and which kind this one is."""

    ratios: tuple[str, ...]
    orientation: int


class Pattern:
    """One combination of signs: every argument is strictly positive or strictly negative.

    Attributes:
        asked: every argument that was met for the first time, with its sign, in order.
    """

    def __init__(self, witnesses: Sequence[Values], prefix: tuple[int, ...] = ()) -> None:
        self._witnesses = witnesses
        self._prefix = prefix
        self._signs: dict[tuple[str, ...], int] = {}
        self.asked: list[tuple[sp.Expr, int]] = []

    @property
    def trail(self) -> tuple[int, ...]:
        """The signs given so far, relative to those at the first witness, in order."""
        return tuple(self._signs.values())

    def sign(self, argument: sp.Expr) -> int:
        """The argument's sign in this pattern; 0 for one that is zero at every witness."""
        identity = _identity(argument, self._witnesses)
        if identity.orientation == 0:
            return 0
        if identity.ratios not in self._signs:
            met = len(self._signs)
            self._signs[identity.ratios] = self._prefix[met] if met < len(self._prefix) else 1
            self.asked.append((argument, identity.orientation * self._signs[identity.ratios]))
        return identity.orientation * self._signs[identity.ratios]

    def tie(self, argument: sp.Expr) -> None:
        """An argument that is zero everywhere decides nothing."""

    def whole(self, argument: sp.Expr) -> None:
        """Between two whole numbers nothing depends on which."""

    def next_prefix(self) -> tuple[int, ...] | None:
        """The first signs of the next pattern, depth first; `None` after the last."""
        trail = list(self.trail)
        while trail and trail[-1] == -1:
            trail.pop()
        return (*trail[:-1], -1) if trail else None


def patterns(witnesses: Sequence[Values], limit: int) -> Iterator[Pattern]:
    """Every pattern of a function; use each on the function before asking for the next.

    Args:
        witnesses: at least two points with a value for every symbol, at which the kink
            arguments are defined; the first pattern is the one of the first witness.
        limit: how many patterns there may be.

    Raises:
        TooManyPatterns: there are more.
    """
    prefix: tuple[int, ...] | None = ()
    for _ in range(limit):
        if prefix is None:
            return
        pattern = Pattern(witnesses, prefix)
        yield pattern
        prefix = pattern.next_prefix()
    if prefix is not None:
        raise TooManyPatterns(f"more than {limit} sign patterns")


def _identity(argument: sp.Expr, witnesses: Sequence[Values]) -> _Identity:
    with ctx.workprec(BITS):
        values = [_value(argument, witness) for witness in witnesses]
        if all(value.contains(0) for value in values):
            return _Identity((), 0)
        if values[0].contains(0):
            raise Indeterminate("a kink argument is zero at the first witness")
        ratios = tuple((value / values[0]).str(DIGITS, radius=False) for value in values[1:])
    return _Identity(ratios, 1 if values[0] > 0 else -1)


def _value(argument: sp.Expr, witness: Values) -> arb:
    (value,) = compiled((argument,)).evaluate(witness)
    if not value.is_finite():
        raise Indeterminate("a kink argument has no finite value at a witness")
    return value
