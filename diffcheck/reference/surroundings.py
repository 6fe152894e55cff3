"""Surroundings: the derivative beside a point, at x + ε·d, and its limit as ε → 0.

Where a function has a kink, or its closed form says 0/0, the derivative at a point is what it tends
to on the way there. Steps are so small (2⁻⁵⁰⁰, then its square) that nothing of the point's own size
is near; a limit is taken when both steps agree.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from itertools import pairwise
from typing import Any

import numpy as np
from flint import arb

from diffcheck.dtype import limits
from diffcheck.expression import nodes
from diffcheck.expression.closed_form import ClosedForm, derive_closed_form
from diffcheck.expression.evaluate import evaluate
from diffcheck.expression.nodes import Node
from diffcheck.point import Point
from diffcheck.reference.ball import BallAlgebra, exact_balls
from diffcheck.reference.certify import narrow, precision
from diffcheck.reference.decisions import CONDITIONS, Tie, all_choices, branches
from diffcheck.reference.tracing import trace_at

Balls = np.ndarray
Direction = Mapping[str, np.ndarray]
Function = Callable[..., Any]

# ε = 2⁻ᵐ, for each m and its double: what is not settled after the last grows, or creeps.
EXPONENTS = (500, 1000, 2000, 4000)

# Beside a smaller step a difference that tends to zero is smaller: by a quarter, if only like 1/log ε.
_SHRINKS = arb(0.75)

# So much smaller is a power of ε at its square: ε^(1/8) is by 2⁻⁶².
_POWER = arb(2) ** -60

# Two numbers are one when 60 bits of them are.
_SAME = arb(2) ** -60

# Branches that stay tied beside the point are all tried, if they are so few.
_MOST_BRANCHES = 64


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
        entries: the derivative there; infinite where it grows without bound.
        jumps: whether the value does not tend to the value at the point.
    """

    kind: Kind
    value: Balls
    entries: Mapping[str, Balls]
    jumps: bool = False


def active_conditions(closed_form: ClosedForm) -> frozenset[Node]:
    """The conditions that move with what is differentiated: their ties are kinks."""
    return frozenset(
        node for node in closed_form.active if isinstance(node, nodes.Map) and node.scalar.has(*CONDITIONS)
    )


class Surroundings:
    """What a function and its derivative do around a point.

    Args:
        function: of arrays.
        point: where.
        closed_form: the derivative, as it is traced at the point.
        wrt: the arguments that move.
        inputs: every input of the expression, exact.
    """

    def __init__(
        self,
        function: Function,
        point: Point,
        closed_form: ClosedForm,
        wrt: tuple[str, ...],
        inputs: Mapping[str, np.ndarray],
    ) -> None:
        self.function = function
        self.point = point
        self.closed_form = closed_form
        self.wrt = wrt
        self.inputs = inputs
        self.smallest = arb(2) ** -10 * arb(limits(point.dtype).smallest_subnormal)

    @property
    def size(self) -> int:
        """How many numbers move."""
        return sum(self.inputs[name].size for name in self.wrt)

    def direction(self, numbers: np.ndarray) -> Direction:
        """One number for each that moves, as arrays."""
        parts = np.split(numbers, np.cumsum([self.inputs[name].size for name in self.wrt])[:-1])
        return {name: part.reshape(self.inputs[name].shape) for name, part in zip(self.wrt, parts, strict=True)}

    def limit(self, direction: Direction, value_here: Balls) -> Limit:
        """The limit along a direction.

        Args:
            direction: input → how it moves.
            value_here: the function's value at the point, to see whether it jumps.
        """
        steps: list[Beside] = []
        for exponent in EXPONENTS:
            beside = self._beside(direction, exponent)
            if isinstance(beside, Kind):
                return Limit(beside, value_here, {})
            steps.append(beside)
            if len(steps) > 1 and self._agree(steps[-2].entries, steps[-1].entries):
                ends = {name: _ended(steps[-2].entries[name], balls) for name, balls in steps[-1].entries.items()}
                return Limit(Kind.SETTLED, steps[-1].value, ends, _jumps(value_here, steps))
        jumps = _jumps(value_here, steps)
        grown = {name: _grown([step.entries[name] for step in steps]) for name in steps[0].entries}
        settled = self._agree(steps[-2].entries, steps[-1].entries, {name: ends != 0 for name, ends in grown.items()})
        kind = Kind.UNBOUNDED if settled else Kind.UNSETTLED
        ends = {name: _with_infinities(array, grown[name]) for name, array in steps[-1].entries.items()}
        return Limit(kind, steps[-1].value, ends, jumps)

    def _beside(self, direction: Direction, exponent: int) -> Beside | Kind:
        """Value and derivative at x + 2⁻ᵐ·d, narrow; or why there is none."""
        reason = Kind.UNSETTLED
        for bits in (2 * exponent + 512, 8 * exponent + 1024):
            with precision(bits):
                found = self._evaluated(self._moved(direction, exponent))
            if isinstance(found, Beside):
                return found
            reason = found
            if reason is not Kind.UNSETTLED:
                break
        return reason

    def _moved(self, direction: Direction, exponent: int) -> dict[str, Balls]:
        step = arb(2) ** -exponent
        moved = {name: exact_balls(values) for name, values in self.inputs.items()}
        for name, slopes in direction.items():
            moved[name] = np.asarray(moved[name] + exact_balls(slopes) * step, object)
        return moved

    def _evaluated(self, inputs: Mapping[str, Balls]) -> Beside | Kind:
        closed_form = self._closed_form(inputs)
        entries_of = {name: node for name, node in closed_form.entries.items() if node is not None}
        graph = [closed_form.traced.output, *entries_of.values()]
        open_ties = active_conditions(closed_form)
        algebra = BallAlgebra(open_ties)
        value, *entries = evaluate(graph, inputs, algebra)
        ties = tuple(algebra.decisions.found)
        if ties and not self._narrow([value, *entries]):
            agreed = self._common(open_ties, ties, graph, inputs)
            if agreed is None:
                return Kind.TANGENT
            value, *entries = agreed
        if not all(ball.is_finite() for ball in value.ravel()):
            return Kind.OUTSIDE
        if not self._narrow([value, *entries]):
            return Kind.UNSETTLED
        return Beside(value, dict(zip(entries_of, entries, strict=True)))

    def _closed_form(self, inputs: Mapping[str, Balls]) -> ClosedForm:
        """The derivative on the branches that the function takes there."""
        if not self.closed_form.traced.path:
            return self.closed_form
        traced = trace_at(self.function, self.point, inputs)
        plain = self.closed_form.mode == "R" and self.point.cotangent is None
        return derive_closed_form(traced, self.wrt, self.closed_form.mode, unit_cotangent=plain)

    def _common(
        self, open_ties: frozenset[Node], ties: tuple[Tie, ...], graph: list[Node], inputs: Mapping[str, Balls]
    ) -> list[Balls] | None:
        """What all branches agree on, where some stay tied: max(a, 2(a/2)) has one derivative."""
        if branches(ties) > _MOST_BRANCHES:
            return None
        first: list[Balls] | None = None
        for choices in all_choices(ties):
            found = evaluate(graph, inputs, BallAlgebra(open_ties, choices=choices))
            if not self._narrow(found) or (first is not None and not self._same(first, found)):
                return None
            first = first or found
        return first

    def _narrow(self, arrays: list[Balls]) -> bool:
        return all(bool(narrow(array, self.point.dtype).all()) for array in arrays)

    def _same(self, first: list[Balls], second: list[Balls]) -> bool:
        pairs = zip(first, second, strict=True)
        return all(self._close(x, y) for a, b in pairs for x, y in zip(a.ravel(), b.ravel(), strict=True))

    def _agree(
        self, before: Mapping[str, Balls], after: Mapping[str, Balls], but: Mapping[str, np.ndarray] | None = None
    ) -> bool:
        """Whether two steps have the same derivative, but for some entries."""
        for name, array in before.items():
            skipped = np.zeros(array.shape, dtype=bool) if but is None else but[name]
            entries = zip(array.ravel(), after[name].ravel(), skipped.ravel(), strict=True)
            if not all(skip or self._close(x, y) for x, y, skip in entries):
                return False
        return True

    def _close(self, x: arb, y: arb) -> bool:
        """Whether two narrow numbers are one, to 60 bits, or on their way to zero."""
        distance = abs(x - y)
        return bool(distance < self.smallest or distance <= abs(y) * _SAME or _vanishes(x, y))


def _jumps(here: Balls, steps: list[Beside]) -> bool:
    """Whether the value does not tend to that at the point; where it has none there, to nothing at all."""
    triples = zip(here.ravel(), steps[-2].value.ravel(), steps[-1].value.ravel(), strict=True)
    return not all(_tends(*triple) for triple in triples)


def _tends(here: arb, before: arb, after: arb) -> bool:
    """Whether two numbers approach a third; or, where that is none, each other or zero."""
    if here.is_finite():
        return not abs(after - here) > abs(before - here) * _SHRINKS
    return bool(abs(after - before) <= abs(after) * _SAME or abs(after) <= abs(before) * _SHRINKS)


def same_values(values: list[Balls]) -> bool:
    """Whether some values, each at a tiny step, are one as far as such a step can tell."""
    pairs = ((x, y) for value in values for x, y in zip(values[0].ravel(), value.ravel(), strict=True))
    return all(abs(x - y) <= abs(y) * _SAME or abs(x - y) < arb(2) ** -(EXPONENTS[0] // 2) for x, y in pairs)


def _vanishes(before: arb, after: arb) -> bool:
    """Whether a number tends to zero like some power of the step."""
    return bool(abs(after) <= abs(before) * _POWER)


def _ended(before: Balls, after: Balls) -> Balls:
    """The numbers at the smaller step, and zero for those that tend to it."""
    return np.asarray(np.frompyfunc(lambda x, y: arb(0) if _vanishes(x, y) else y, 2, 1)(before, after), object)


def _grown(arrays: list[Balls]) -> np.ndarray:
    """Where entries grow without bound as the step shrinks: the sign of infinity, else 0.

    Their increments do not become smaller from square to square of the step: a power of it grows like
    an exponential, a logarithm like 1, 2, 4.
    """

    def ends(*sequence: arb) -> int:
        sizes = [abs(ball) for ball in sequence]
        increments = [y - x for x, y in pairwise(sizes)]
        grows = all(x > 0 for x in increments) and all(not y < x for x, y in pairwise(increments))
        if not grows:
            return 0
        signs = {1 if ball > 0 else -1 for ball in sequence}
        return signs.pop() if len(signs) == 1 else 0

    return np.asarray(np.frompyfunc(ends, len(arrays), 1)(*arrays), dtype=int)


def _with_infinities(array: Balls, signs: np.ndarray) -> Balls:
    def end(ball: arb, sign: int) -> arb:
        return ball if sign == 0 else arb.pos_inf() if sign > 0 else arb.neg_inf()

    return np.asarray(np.frompyfunc(end, 2, 1)(array, signs), object)
