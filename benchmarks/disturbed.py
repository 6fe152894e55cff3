"""What rounding can do, shown by doing it: a program of which every operation is off by one rounding.

The operations are carried out in balls, so nothing else is off, and what comes out is what a machine
with that unit round-off may answer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from flint import arb

from diffcheck.dtype import limits
from diffcheck.expression import nodes
from diffcheck.expression.evaluate import evaluate
from diffcheck.expression.nodes import Node
from diffcheck.reference.ball import BallAlgebra, exact_balls
from diffcheck.reference.precision import precision
from diffcheck.reference.reference import Reference

BITS = 512
"""A machine's rounding is so much larger than Arb's that the balls stay narrow."""

Balls = np.ndarray


class DisturbedAlgebra(BallAlgebra):
    """Evaluates nodes in balls, then moves every result of an operation by a rounding up or down.

    A sum counts as one operation, and so does a whole scalar expression: machines round more often.

    Args:
        unit: the unit round-off.
        seed: of what goes up and what down; every other seed moves an array as a whole, as constant
            data are rounded.
    """

    def __init__(self, unit: float, seed: int) -> None:
        super().__init__()
        self.factors = np.array([arb(1) - arb(unit), arb(1) + arb(unit)], dtype=object)
        self.random = np.random.default_rng(seed)
        self.as_a_whole = seed % 2 == 1

    def map(self, node: nodes.Map, arguments: Sequence[Balls]) -> Balls:
        return self._moved(super().map(node, arguments))

    def einsum(self, node: nodes.Einsum, factors: Sequence[Balls]) -> Balls:
        return self._moved(super().einsum(node, factors))

    def _moved(self, result: Balls) -> Balls:
        signs = self.random.integers(2, size=() if self.as_a_whole else np.shape(result))
        return np.asarray(result * self.factors[signs], object)


def disturbed(reference: Reference, seed: int) -> dict[str, Balls]:
    """The right derivative, every operation off by one rounding of the dtype, up or down."""
    graph: Mapping[str, Node] = {name: node for name, node in reference.closed_form.entries.items() if node is not None}
    with precision(BITS):
        algebra = DisturbedAlgebra(limits(reference.dtype).unit, seed)
        inputs = {name: exact_balls(values) for name, values in reference.inputs.items()}
        return dict(zip(graph, evaluate(list(graph.values()), inputs, algebra), strict=True))
