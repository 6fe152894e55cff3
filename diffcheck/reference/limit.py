"""Limits: what value and derivative tend to, told from a few steps towards a point.

Each step is the square of the one before: a power of it shrinks or grows like an exponential, a
logarithm like 1, 2, 4.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from itertools import pairwise

import numpy as np
from flint import arb

Balls = np.ndarray

# Beside a smaller step a difference that tends to zero is smaller: by a quarter, if only like 1/log ε.
_SHRINKS = arb(0.75)

# So much smaller is a power of ε at its square: ε^(1/16) is by 2⁻⁶⁸.
_POWER = arb(2) ** -60

# Two numbers are one when 60 bits of them are.
_SAME = arb(2) ** -60


class Kind(Enum):
    """What becomes of a derivative on the way to a point."""

    SETTLED = "it tends to a number"
    UNBOUNDED = "it grows without bound"
    OUTSIDE = "the function is not defined there"
    TANGENT = "the way leads along a kink"
    UNSETTLED = "it is not seen to tend to anything"


@dataclass(frozen=True, eq=False)
class Beside:
    """Value and derivative at one step from a point."""

    value: Balls
    entries: Mapping[str, Balls]


@dataclass(frozen=True, eq=False)
class Limit:
    """What derivative and value tend to along a direction.

    Attributes:
        kind: whether there is a limit.
        value: the function's value at the smallest step.
        entries: what the derivative tends to, where it grows without bound an infinity.
        jumps: whether the value does not tend to the value at the point.
    """

    kind: Kind
    value: Balls
    entries: Mapping[str, Balls] = field(default_factory=dict)
    jumps: bool = False


def settled(steps: Sequence[Beside], here: Balls, smallest: arb) -> Limit | None:
    """The limit on which every entry has settled; `None` where one has not.

    Args:
        steps: from far to near.
        here: the function's value at the point.
        smallest: numbers nearer to each other than this are one.
    """
    if len(steps) < 2:
        return None
    entries = _by_entry(lambda *numbers: _end(numbers, smallest), steps)
    return Limit(Kind.SETTLED, steps[-1].value, entries, _jumps(here, steps)) if _all_known(entries) else None


def unsettled(steps: Sequence[Beside], here: Balls, smallest: arb) -> Limit:
    """What becomes of a derivative that does not settle: it grows without bound, or nothing is known."""

    def end_of(*numbers: arb) -> arb | None:
        end = _end(numbers, smallest)
        return _infinity(numbers) if end is None else end

    entries = _by_entry(end_of, steps)
    kind = Kind.UNBOUNDED if _all_known(entries) else Kind.UNSETTLED
    return Limit(kind, steps[-1].value, entries, _jumps(here, steps))


def same(x: arb, y: arb, smallest: arb) -> bool:
    """Whether two narrow numbers are one: to 60 bits, or as nearly as a tiny number."""
    distance = abs(x - y)
    return bool(distance < smallest or distance <= abs(y) * _SAME)


# ---- pieces ----------------------------------------------------------------------------------


def _by_entry(end_of: Callable[..., arb | None], steps: Sequence[Beside]) -> dict[str, Balls]:
    ends = np.frompyfunc(end_of, len(steps), 1)
    return {name: np.asarray(ends(*(step.entries[name] for step in steps)), object) for name in steps[0].entries}


def _all_known(entries: Mapping[str, Balls]) -> bool:
    return all(end is not None for array in entries.values() for end in array.flat)


def _end(numbers: Sequence[arb], smallest: arb) -> arb | None:
    """What some numbers settle on: the last, if it is the one before; zero, if they vanish all along."""
    if same(numbers[-2], numbers[-1], smallest):
        return numbers[-1]
    # Two steps do not tell what vanishes from what is small: the last may be past another kink.
    vanishes = len(numbers) > 2 and all(abs(y) <= abs(x) * _POWER for x, y in pairwise(numbers[-3:]))
    return arb(0) if vanishes else None


def _infinity(numbers: Sequence[arb]) -> arb | None:
    """The infinity towards which some numbers grow: their increments do not become smaller."""
    increments = [abs(y) - abs(x) for x, y in pairwise(numbers)]
    if not all(x > 0 for x in increments) or any(y < x for x, y in pairwise(increments)):
        return None
    signs = {bool(number > 0) for number in numbers}
    if len(signs) > 1:
        return None
    return arb.pos_inf() if signs.pop() else arb.neg_inf()


def _jumps(here: Balls, steps: Sequence[Beside]) -> bool:
    """Whether the value does not tend to that at the point; where it has none there, to nothing at all."""
    before, after = steps[-2:]
    triples = zip(here.ravel(), before.value.ravel(), after.value.ravel(), strict=True)
    return not all(_tends(*triple) for triple in triples)


def _tends(here: arb, before: arb, after: arb) -> bool:
    """Whether two numbers approach a third; or, where that is none, each other or zero."""
    if here.is_finite():
        return not abs(after - here) > abs(before - here) * _SHRINKS
    return bool(abs(after - before) <= abs(after) * _SAME or abs(after) <= abs(before) * _SHRINKS)
