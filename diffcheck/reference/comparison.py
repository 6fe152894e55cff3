"""One number of two programs compared: proved equal, seen to be equal, or different."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

import sympy as sp
from flint import ctx

from diffcheck.reference.contradiction import contradict
from diffcheck.reference.normal_form import is_zero
from diffcheck.symbolic.decider import AtPoint, Undefined
from diffcheck.symbolic.pattern import Pattern
from diffcheck.symbolic.program import Values, compiled

BITS = 256
# With fewer points at which both sides are finite, agreement means little.
FEWEST_POINTS = 8


class Outcome(Enum):
    """What is known of an entry, from best to worst. The value is the sentence a person reads."""

    PROVED = "the difference to SymPy's derivative is zero, symbolically"
    CHECKED = "equal to SymPy's derivative in balls at random points"
    OPEN = "could not be compared"
    REFUTED = "differs from SymPy's derivative"


@dataclass(frozen=True)
class Comparison:
    """Two scalars that must be equal, on one branch.

    Attributes:
        part, index: which number of a case.
        claimed, true: of the side in question, and of the side that is believed.
    """

    part: str
    index: tuple[int, ...]
    claimed: sp.Expr
    true: sp.Expr


def compare(comparison: Comparison, values: Sequence[Values], decider: Pattern | AtPoint, seconds: float) -> Outcome:
    """What is known of the difference of the two.

    Args:
        comparison: the two.
        values: symbol → number, at some points.
        decider: the branch.
        seconds: how long to try to prove it.
    """
    if comparison.claimed == comparison.true or is_zero(comparison.claimed - comparison.true, seconds):
        return Outcome.PROVED
    if comparison.claimed.has(sp.nan, sp.zoo) or not set(compiled((comparison.claimed,)).symbols) <= set(values[0]):
        return Outcome.PROVED if contradict(tuple(decider.asked), values) else Outcome.OPEN
    equal = [_overlap(comparison, point) for point in values]
    if False in equal:
        return _difference(decider, values)
    return Outcome.CHECKED if equal.count(True) >= FEWEST_POINTS else Outcome.OPEN


def _overlap(comparison: Comparison, values: Values) -> bool | None:
    """Whether both scalars may be equal at a point; `None` where one of them is not finite."""
    with ctx.workprec(BITS):
        claimed, true = compiled((comparison.claimed, comparison.true)).evaluate(values)
    if not (claimed.is_finite() and true.is_finite()):
        return None
    return bool(claimed.overlaps(true))


def _difference(decider: Pattern | AtPoint, values: Sequence[Values]) -> Outcome:
    """What a difference on a branch means: nothing where no point at all takes that branch."""
    signs = tuple(decider.asked)
    if any(_is_on_branch(signs, point) for point in values):
        return Outcome.REFUTED
    return Outcome.PROVED if contradict(signs, values) else Outcome.OPEN


def _is_on_branch(signs: tuple[tuple[sp.Expr, int], ...], values: Values) -> bool:
    """Whether every kink argument has its sign at a point."""
    there = AtPoint(values)
    try:
        return all(there.sign(argument) == sign for argument, sign in signs)
    except Undefined:
        return False


def worst(outcomes: Sequence[Outcome]) -> Outcome:
    """The least that is known of some."""
    return max(outcomes, key=list(Outcome).index)
