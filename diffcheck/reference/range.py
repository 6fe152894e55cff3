"""Over- and underflow: does it explain this entry?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from diffcheck.dtype import limits
from diffcheck.expression import nodes, numeric
from diffcheck.expression.evaluate import evaluate
from diffcheck.expression.nodes import Node
from diffcheck.reference.rounded import Arithmetic, exact
from diffcheck.reference.rounding import RoundingAlgebra


@dataclass(frozen=True, eq=False)
class Ranged:
    """An array as a dtype's range allows it.

    Attributes:
        value: the entries; what overflows is infinite, what underflows is zero.
        left: where an ancestor of an entry left the range.
    """

    value: np.ndarray
    left: np.ndarray


def in_range(outputs: Sequence[Node], inputs: Mapping[str, np.ndarray], dtype: np.dtype) -> list[Ranged]:
    """Evaluate some nodes in the range of a dtype, and say which entries have an ancestor that overflows.

    This is the causal proof that `RANGE` asks for: an overflow elsewhere in the graph proves
    nothing about an entry. An infinity that the function brings along is no overflow.
    """
    algebra = _RangeAlgebra(dtype)
    with np.errstate(all="ignore"):
        exact_inputs = {name: algebra.mark(np.asarray(values, dtype=float)) for name, values in inputs.items()}
        return evaluate(outputs, exact_inputs, algebra)


class _RangeAlgebra:
    """Evaluates nodes in float64 and carries along what left the dtype's range."""

    def __init__(self, dtype: np.dtype) -> None:
        self.largest = limits(dtype).largest
        self.tiny = limits(dtype).smallest_normal  # XLA flushes what is smaller to zero
        self.numbers = RoundingAlgebra(Arithmetic.of(dtype))

    def mark(self, value: np.ndarray, left: np.ndarray | bool = False, infinite: np.ndarray | bool = False) -> Ranged:
        """An array whose ancestors may have `left` the range, or brought an `infinite` number along."""
        size = np.abs(value)
        saturated = np.where(size > self.largest, np.copysign(np.inf, value), np.where(size < self.tiny, 0.0, value))
        overflows = ~(np.abs(value) <= self.largest) & ~(np.isinf(value) & infinite)
        return Ranged(saturated, overflows | left)

    def filled(self, node: nodes.Filled) -> Ranged:
        return self.given(self.numbers.filled(node).value)

    def constant(self, node: nodes.Constant) -> Ranged:
        return self.given(np.asarray(node.values, dtype=float))

    def given(self, value: np.ndarray) -> Ranged:
        return self.mark(value, infinite=True)

    def delta(self, node: nodes.Delta) -> Ranged:
        return self.mark(np.eye(node.shape[0]))

    def map(self, node: nodes.Map, arguments: Sequence[Ranged]) -> Ranged:
        value = numeric.value(node.scalar, [argument.value for argument in arguments])
        left = np.logical_or.reduce([argument.left for argument in arguments])
        infinite = np.logical_or.reduce([np.isinf(argument.value) for argument in arguments])
        return self.mark(np.broadcast_to(value, node.shape), left, infinite)

    def einsum(self, node: nodes.Einsum, factors: Sequence[Ranged]) -> Ranged:
        value = self.numbers.einsum(node, [exact(factor.value) for factor in factors]).value
        left = self._reached(node, [factor.left for factor in factors])
        infinite = self._reached(node, [np.isinf(factor.value) for factor in factors])
        return self.mark(value, left, infinite)

    def _reached(self, node: nodes.Einsum, marks: Sequence[np.ndarray]) -> np.ndarray:
        """Which entries of a sum of products a mark on one of the factors reaches."""
        reached = np.zeros(node.shape, dtype=bool)
        for k, mark in enumerate(marks):
            if not mark.any():
                continue
            ones = [exact(np.ones(other.shape)) for other in marks]
            ones[k] = exact(mark.astype(float))
            reached |= self.numbers.einsum(node, ones).value > 0
        return reached

    def maximum(self, node: nodes.Maximum, source: Ranged) -> Ranged:
        return Ranged(source.value.max(axis=node.axes), np.asarray(source.left.any(axis=node.axes)))

    def winner(self, node: nodes.Winner, source: Ranged) -> Ranged:
        return Ranged(self.numbers.winner(node, exact(source.value)).value, source.left)

    def gather(self, node: nodes.Gather, source: Ranged) -> Ranged:
        left = np.append(source.left.ravel(), False)[node.index.positions]
        return Ranged(self.numbers.gather(node, exact(source.value)).value, left)

    def scatter(self, node: nodes.Scatter, source: Ranged) -> Ranged:
        value, left, infinite = (
            self.numbers.scatter(node, exact(array)).value
            for array in (source.value, source.left, np.isinf(source.value))
        )
        return self.mark(value, left > 0, infinite > 0)

    def select(self, node: nodes.Select, condition: Ranged, chosen: Ranged, other: Ranged) -> Ranged:
        holds = condition.value > 0.5
        left = np.where(holds, chosen.left, other.left) | condition.left
        return Ranged(np.where(holds, chosen.value, other.value), left)
