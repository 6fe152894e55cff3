"""Over- and underflow: does it explain this entry?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from diffcheck.expression import nodes, numeric
from diffcheck.expression.evaluate import evaluate
from diffcheck.expression.nodes import Node
from diffcheck.reference.rounding import RoundingAlgebra, Arithmetic, exact


@dataclass(frozen=True, eq=False)
class Ranged:
    """An array, and where an ancestor of an entry left the dtype's range."""

    value: np.ndarray
    left: np.ndarray


def overflows(outputs: Sequence[Node], inputs: Mapping[str, np.ndarray], dtype: np.dtype) -> list[np.ndarray]:
    """Which entries of some nodes have an ancestor that overflows in a dtype.

    This is the causal proof that `RANGE` asks for: an overflow elsewhere in the graph proves
    nothing about an entry.
    """
    algebra = _RangeAlgebra(dtype)
    exact_inputs = {name: algebra.mark(np.asarray(values, dtype=float)) for name, values in inputs.items()}
    with np.errstate(all="ignore"):
        return [array.left for array in evaluate(outputs, exact_inputs, algebra)]


class _RangeAlgebra:
    """Evaluates nodes in float64 and carries along what left the dtype's range."""

    def __init__(self, dtype: np.dtype) -> None:
        self.largest = float(np.finfo(dtype).max)
        self.numbers = RoundingAlgebra(Arithmetic.of(dtype))

    def mark(self, value: np.ndarray, *ancestors: np.ndarray) -> Ranged:
        left = ~(np.abs(value) <= self.largest)
        for ancestor in ancestors:
            left = left | ancestor
        return Ranged(value, np.broadcast_to(left, value.shape))

    def filled(self, node: nodes.Filled) -> Ranged:
        return self.mark(self.numbers.filled(node).value)

    def constant(self, node: nodes.Constant) -> Ranged:
        return self.mark(np.asarray(node.values, dtype=float))

    def delta(self, node: nodes.Delta) -> Ranged:
        return self.mark(np.eye(node.shape[0]))

    def map(self, node: nodes.Map, arguments: Sequence[Ranged]) -> Ranged:
        value = numeric.value(node.scalar, [argument.value for argument in arguments])
        return self.mark(np.broadcast_to(value, node.shape), *(argument.left for argument in arguments))

    def einsum(self, node: nodes.Einsum, factors: Sequence[Ranged]) -> Ranged:
        value = self.numbers.einsum(node, [exact(factor.value) for factor in factors]).value
        reached = np.zeros(node.shape, dtype=bool)
        for k, factor in enumerate(factors):
            others = [np.ones(node.factors[j][0].shape) for j in range(len(factors))]
            others[k] = factor.left.astype(float)
            reached |= self.numbers.einsum(node, [exact(other) for other in others]).value > 0
        return self.mark(value, reached)

    def maximum(self, node: nodes.Maximum, source: Ranged) -> Ranged:
        return self.mark(source.value.max(axis=node.axes), source.left.any(axis=node.axes))

    def winner(self, node: nodes.Winner, source: Ranged) -> Ranged:
        return self.mark(self.numbers.winner(node, exact(source.value)).value, source.left)

    def gather(self, node: nodes.Gather, source: Ranged) -> Ranged:
        left = np.append(source.left.ravel(), False)[node.index.positions]
        return self.mark(self.numbers.gather(node, exact(source.value)).value, left)

    def scatter(self, node: nodes.Scatter, source: Ranged) -> Ranged:
        value, left = (
            self.numbers.scatter(node, exact(array)).value for array in (source.value, source.left.astype(float))
        )
        return self.mark(value, left > 0)

    def select(self, node: nodes.Select, condition: Ranged, chosen: Ranged, other: Ranged) -> Ranged:
        holds = condition.value > 0.5
        left = np.where(holds, chosen.left, other.left) | condition.left
        return self.mark(np.where(holds, chosen.value, other.value), left)
