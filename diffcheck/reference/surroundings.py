"""Surroundings: the derivative beside a point, at x + ε·d, and its limit as ε → 0.

Where a function has a kink, or its closed form says 0/0, the derivative at a point is what it tends
to on the way there. Steps are so small (2⁻¹¹⁰⁰, then its square) that nothing of the point's own size
is near.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from flint import arb

from diffcheck.dtype import limits
from diffcheck.expression import nodes
from diffcheck.expression.closed_form import ClosedForm, derive_closed_form
from diffcheck.expression.evaluate import evaluate
from diffcheck.expression.nodes import Node
from diffcheck.expression.trace import Traced
from diffcheck.point import Point
from diffcheck.reference.ball import BallAlgebra, exact_balls
from diffcheck.reference.certify import narrow
from diffcheck.reference.decisions import CONDITIONS, Tie, all_choices, branches
from diffcheck.reference.limit import Beside, Kind, Limit, same, settled, unsettled
from diffcheck.reference.precision import precision
from diffcheck.reference.tracing import trace_at

Balls = np.ndarray
Direction = Mapping[str, np.ndarray]
Function = Callable[..., Any]

# ε = 2⁻ᵐ, for each m and its double: the first is smaller than any float64 is beside another, and
# what is not settled after the last grows, or creeps.
EXPONENTS = (1100, 2200, 4400, 8800)

# Branches that stay tied beside the point are all tried, if they are so few.
_MOST_BRANCHES = 64


def derived_for(traced: Traced, point: Point, wrt: tuple[str, ...], mode: str) -> ClosedForm:
    """The derivative that a point asks for: without a cotangent of its own, the gradient for ones."""
    return derive_closed_form(traced, wrt, mode, unit_cotangent="R" in mode and point.cotangent is None)


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
                return Limit(beside, value_here)
            steps.append(beside)
            if (found := settled(steps, value_here, self.smallest)) is not None:
                return found
        return unsettled(steps, value_here, self.smallest)

    def _beside(self, direction: Direction, exponent: int) -> Beside | Kind:
        """Value and derivative at x + 2⁻ᵐ·d, narrow; or why there is none."""
        for bits in (2 * exponent + 512, 8 * exponent + 1024):
            with precision(bits):
                found = self._evaluated(self._moved(direction, exponent))
                if found is not Kind.UNSETTLED:
                    return found
        with precision(bits):
            return self._constant(self._moved(direction, exponent, around=True)) or Kind.UNSETTLED

    def _moved(self, direction: Direction, exponent: int, around: bool = False) -> dict[str, Balls]:
        """The inputs at x + 2⁻ᵐ·d, or all those around it."""
        step = arb(2) ** -exponent
        width = arb(0, 2.0**-64) if around else arb(0)
        moved = {name: exact_balls(values) for name, values in self.inputs.items()}
        for name, slopes in direction.items():
            moved[name] = np.asarray(moved[name] + (exact_balls(slopes) + width) * step, object)
        return moved

    def _constant(self, around: Mapping[str, Balls]) -> Beside | None:
        """A derivative of zero, where the function has one value all around, whatever its closed form says."""
        traced = self.closed_form.traced
        if traced.path:
            return None
        [value] = evaluate([traced.output], around, BallAlgebra())
        if not all(ball.is_exact() and ball.is_finite() for ball in value.flat):
            return None
        return Beside(value, _zeros(self.closed_form))

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
        return Beside(value, {**_zeros(closed_form), **dict(zip(entries_of, entries, strict=True))})

    def _closed_form(self, inputs: Mapping[str, Balls]) -> ClosedForm:
        """The derivative on the branches that the function takes there."""
        if not self.closed_form.traced.path:
            return self.closed_form
        traced = trace_at(self.function, self.point, inputs)
        return derived_for(traced, self.point, self.wrt, self.closed_form.mode)

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
        return all(
            narrow(array, self.point.dtype).all() and all(ball.is_finite() for ball in array.flat) for array in arrays
        )

    def _same(self, first: list[Balls], second: list[Balls]) -> bool:
        pairs = zip(first, second, strict=True)
        return all(same(x, y, self.smallest) for a, b in pairs for x, y in zip(a.ravel(), b.ravel(), strict=True))


def _zeros(closed_form: ClosedForm) -> dict[str, Balls]:
    """A derivative of zero."""
    traced = closed_form.traced
    return {name: exact_balls(np.zeros(traced.inputs.get(name, traced.output).shape)) for name in closed_form.entries}


def same_values(values: list[Balls]) -> bool:
    """Whether some values, each at a tiny step, are one as far as such a step can tell."""
    smallest = arb(2) ** -(EXPONENTS[0] // 2)
    pairs = ((x, y) for value in values for x, y in zip(values[0].ravel(), value.ravel(), strict=True))
    return all(same(x, y, smallest) for x, y in pairs)
