"""Cells: what the chain rule gives when every open decision at a kink is answered one way or the other.

The limits of the derivative at a kink are among them, since beside it every decision has an answer.
There may be more: relu(x) − relu(−x) has slope 1, and 0 or 2 when both decisions at 0 are made alike.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from diffcheck.expression import derive, nodes
from diffcheck.expression.closed_form import COTANGENT, ClosedForm
from diffcheck.expression.evaluate import evaluate
from diffcheck.expression.functions import row_of
from diffcheck.expression.nodes import Node
from diffcheck.reference.ball import BallAlgebra, exact_balls
from diffcheck.reference.certify import narrow
from diffcheck.reference.decisions import Tie, all_choices, branches
from diffcheck.reference.enclosure import floats
from diffcheck.reference.hull import common_direction
from diffcheck.reference.precision import precision

Balls = np.ndarray
Choices = Mapping[Tie, int]

MOST_CELLS = 4096

_BITS = 256


class Cells:
    """The derivatives of all cells at one point.

    Args:
        closed_form: the derivative.
        wrt: the arguments that move.
        inputs: every input of the expression, exact.
        dtype: the dtype under test.
        open_ties: the conditions whose ties are open.
        slack: node → how far rounding may push its kink arguments.
    """

    def __init__(
        self,
        closed_form: ClosedForm,
        wrt: tuple[str, ...],
        inputs: Mapping[str, np.ndarray],
        dtype: np.dtype,
        open_ties: frozenset[Node],
        slack: Mapping[Node, np.ndarray] | None = None,
    ) -> None:
        self.graph = {name: node for name, node in closed_form.entries.items() if node is not None}
        self.traced = closed_form.traced
        self.wrt = wrt
        self.inputs = inputs
        self.dtype = dtype
        self.open_ties = open_ties
        self.slack = slack or {}
        self._hangs_on: dict[tuple[Tie, int], tuple[Tie, ...]] = {}
        self._known_slopes: dict[tuple[Any, ...], np.ndarray] = {}

    @cached_property
    def ties(self) -> tuple[Tie, ...]:
        """The open decisions."""
        algebra = BallAlgebra(self.open_ties, self.slack)
        self._evaluated(list(self.graph.values()), algebra)
        return tuple(algebra.decisions.found)

    @property
    def count(self) -> int:
        """How many cells there are."""
        return branches(self.ties)

    @cached_property
    def derivatives(self) -> list[tuple[Choices, dict[str, np.ndarray]]] | None:
        """The derivative in each cell, as floats; `None` where they are too many, or not narrow."""
        if not self.ties or self.count > MOST_CELLS:
            return None
        found: list[tuple[Choices, dict[str, np.ndarray]]] = []
        for choices in all_choices(self.ties):
            derivative = self.derivative(choices)
            if derivative is None:
                return None
            found.append((choices, derivative))
        return found

    def derivative(self, choices: Mapping[Tie, float]) -> dict[str, np.ndarray] | None:
        """The derivative for some answers, of slopes also in between, as floats; `None` where it is not narrow."""
        arrays = self._evaluated(list(self.graph.values()), self._algebra(choices))
        if not all(bool(narrow(array, self.dtype).all()) for array in arrays):
            return None
        return dict(zip(self.graph, map(floats, arrays), strict=True))

    def way_up(self, heights: np.ndarray, above: float) -> np.ndarray | None:
        """A direction that leads, to first order, into the highest cell into which one leads.

        No cell is entered twice. Decisions that contradict each other shut all cells that make them.

        Args:
            heights: one number for each cell.
            above: cells that are not higher are not asked for.
        """
        while (wanted := (heights > above) & ~self._shut).any():
            cell = int(np.argmax(np.where(wanted, heights, -np.inf)))
            self._shut[cell] = True
            way, contradiction = self._way_into(cell)
            if way is not None:
                return way
            alike = self._answers[:, contradiction] == self._answers[cell, contradiction]
            self._shut |= alike.all(axis=1)
        return None

    @cached_property
    def _shut(self) -> np.ndarray:
        return np.zeros(self.count, dtype=bool)

    @cached_property
    def _answers(self) -> np.ndarray:
        return np.array([list(choices.values()) for choices, _ in self.derivatives or ()])

    def _way_into(self, cell: int) -> tuple[np.ndarray | None, list[int]]:
        """A direction into a cell, or the decisions of which it contradicts one."""
        assert self.derivatives is not None
        choices, _ = self.derivatives[cell]
        slopes = [slope for slope in self._slopes(choices) if np.isfinite(slope.numbers).all() and slope.numbers.any()]
        if not slopes:
            return None, list(range(len(self.ties)))
        way, leave_none = common_direction(np.array([slope.numbers for slope in slopes]))
        decisions = {
            tie for slope, is_needed in zip(slopes, leave_none, strict=True) if is_needed for tie in slope.ties
        }
        return way, [k for k, tie in enumerate(self.ties) if tie in decisions]

    def _slopes(self, choices: Choices) -> Iterator[_Slope]:
        """The gradients, in this cell, of what must be positive for its decisions."""
        for tie, answer in choices.items():
            if tie.applied is None:
                [winner] = tie.operands
                assert isinstance(winner, nodes.Winner)
                slopes = {rival: self._slope(tie, winner.source, rival, choices) for rival in tie.rivals}
                best = slopes.pop(tie.rivals[answer])
                yield from (best.minus(other) for other in slopes.values())
            else:
                kink = row_of(tie.applied).kink
                assert kink is not None
                node = nodes.mapped(kink(*tie.applied.args), *tie.operands)
                yield self._slope(tie, node, tie.index, choices).times(2 * answer - 1)

    def _slope(self, tie: Tie, node: Node, index: int, choices: Choices) -> _Slope:
        """The gradient of one entry of a node; the same in all cells that make the decisions on which it hangs."""
        if (tie, index) not in self._hangs_on:
            algebra = self._algebra({})
            self._gradient(node, index, algebra)
            self._hangs_on[tie, index] = tuple(inner for inner in algebra.decisions.found if inner in choices)
        inner = self._hangs_on[tie, index]
        key = (tie, index, tuple(choices[other] for other in inner))
        if key not in self._known_slopes:
            self._known_slopes[key] = self._gradient(node, index, self._algebra(choices))
        return _Slope(self._known_slopes[key], {tie, *inner})

    def _gradient(self, node: Node, index: int, algebra: BallAlgebra) -> np.ndarray:
        moving = tuple(self.traced.inputs[name] for name in self.wrt)
        cotangent = nodes.variable(COTANGENT, node.shape)
        found = derive.pullback(node, cotangent, moving)
        unit = np.zeros(node.shape)
        unit.flat[index] = 1.0
        graph = [part for part in found.values() if part is not None]
        arrays = iter(self._evaluated(graph, algebra, {COTANGENT: unit}))
        parts = [np.zeros(part.shape) if found[part] is None else floats(next(arrays)) for part in moving]
        return np.concatenate([part.ravel() for part in parts])

    def _algebra(self, choices: Mapping[Tie, float]) -> BallAlgebra:
        return BallAlgebra(self.open_ties, self.slack, choices=choices)

    def _evaluated(
        self, graph: list[Node], algebra: BallAlgebra, more: Mapping[str, np.ndarray] | None = None
    ) -> list[Balls]:
        with precision(_BITS):
            exact = {name: exact_balls(values) for name, values in {**self.inputs, **(more or {})}.items()}
            return evaluate(graph, exact, algebra)


@dataclass(frozen=True, eq=False)
class _Slope:
    """The gradient of a kink argument, and the decisions on which it and its sign hang."""

    numbers: np.ndarray
    ties: set[Tie]

    def minus(self, other: _Slope) -> _Slope:
        return _Slope(self.numbers - other.numbers, self.ties | other.ties)

    def times(self, sign: int) -> _Slope:
        return _Slope(sign * self.numbers, self.ties)
