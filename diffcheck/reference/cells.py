"""Cells: what the chain rule gives when every open decision at a kink is answered one way or the other.

The limits of the derivative at a kink are among them, since beside it every decision has an answer.
There may be more: relu(x) − relu(−x) has slope 1, and 0 or 2 when both decisions at 0 are made alike.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property

import numpy as np
from scipy.optimize import linprog

from diffcheck.expression import derive, nodes
from diffcheck.expression.closed_form import COTANGENT, ClosedForm
from diffcheck.expression.evaluate import evaluate
from diffcheck.expression.functions import row_of
from diffcheck.expression.nodes import Node
from diffcheck.reference.ball import BallAlgebra, exact_balls
from diffcheck.reference.certify import narrow, precision
from diffcheck.reference.decisions import Tie, all_choices, branches

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
            arrays = self._evaluated(list(self.graph.values()), self._algebra(choices))
            if not all(bool(narrow(array, self.dtype).all()) for array in arrays):
                return None
            found.append((choices, dict(zip(self.graph, map(_floats, arrays), strict=True))))
        return found

    def way_into(self, choices: Choices) -> np.ndarray | None:
        """A direction that leads into a cell, to first order; `None` if none does."""
        rows = list(self._slopes(choices))
        size = rows[0].size
        if not all(np.isfinite(row).all() for row in rows):
            return None
        scaled = np.array([row / (np.abs(row).max() or 1.0) for row in rows])
        # Maximise t with ⟨slope, d⟩ ≥ t for every decision, −1 ≤ d ≤ 1.
        found = linprog(
            np.append(np.zeros(size), -1.0),
            A_ub=np.hstack([-scaled, np.ones((len(rows), 1))]),
            b_ub=np.zeros(len(rows)),
            bounds=[(-1.0, 1.0)] * size + [(None, 1.0)],
        )
        leads = found.status == 0 and found.x[-1] > _CLEARLY
        return np.asarray(found.x[:-1]) if leads else None

    def _slopes(self, choices: Choices) -> Iterator[np.ndarray]:
        """The gradients, in this cell, of what must be positive for its decisions."""
        for tie, answer in choices.items():
            if tie.applied is None:
                gradients = {rival: self._gradient(_source(tie), rival, choices) for rival in tie.rivals}
                winner = gradients.pop(tie.rivals[answer])
                yield from (winner - other for other in gradients.values())
            else:
                kink = row_of(tie.applied).kink
                assert kink is not None
                node = nodes.mapped(kink(*tie.applied.args), *tie.operands)
                yield (2 * answer - 1) * self._gradient(node, tie.index, choices)

    def _gradient(self, node: Node, index: int, choices: Choices) -> np.ndarray:
        """The gradient of one entry of a node, in a cell."""
        moving = tuple(self.traced.inputs[name] for name in self.wrt)
        cotangent = nodes.variable(COTANGENT, node.shape)
        found = derive.pullback(node, cotangent, moving)
        unit = np.zeros(node.shape)
        unit.flat[index] = 1.0
        graph = [part for part in found.values() if part is not None]
        arrays = iter(self._evaluated(graph, self._algebra(choices), {COTANGENT: unit}))
        parts = [np.zeros(part.shape) if found[part] is None else _floats(next(arrays)) for part in moving]
        return np.concatenate([part.ravel() for part in parts])

    def _algebra(self, choices: Choices) -> BallAlgebra:
        return BallAlgebra(self.open_ties, self.slack, choices=choices)

    def _evaluated(
        self, graph: list[Node], algebra: BallAlgebra, more: Mapping[str, np.ndarray] | None = None
    ) -> list[Balls]:
        with precision(_BITS):
            exact = {name: exact_balls(values) for name, values in {**self.inputs, **(more or {})}.items()}
            return evaluate(graph, exact, algebra)


# A direction whose slopes are smaller than this may be one of the solver's rounding.
_CLEARLY = 1e-7


def _source(tie: Tie) -> Node:
    [winner] = tie.operands
    assert isinstance(winner, nodes.Winner)
    return winner.source


def _floats(balls: Balls) -> np.ndarray:
    return np.array([float(ball) for ball in balls.ravel()], dtype=float).reshape(balls.shape)
