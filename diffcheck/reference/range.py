"""Over- and underflow: does it explain this entry?"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import sympy as sp
from flint import arb

from diffcheck.dtype import limits
from diffcheck.expression import nodes, numeric
from diffcheck.expression.evaluate import evaluate
from diffcheck.expression.nodes import Node
from diffcheck.reference.ball import BallAlgebra, exact_balls
from diffcheck.reference.rounded import Arithmetic, exact
from diffcheck.reference.rounding import RoundingAlgebra


@dataclass(frozen=True, eq=False)
class Ranged:
    """An array as a dtype's range allows it.

    Attributes:
        value: the entries; what overflows is infinite, what underflows is zero.
        left: where an ancestor of an entry left the range.
        flushed: where an entry is zero because it, or an ancestor, underflowed.
    """

    value: np.ndarray
    left: np.ndarray
    flushed: np.ndarray

    @classmethod
    def nothing(cls, shape: tuple[int, ...]) -> Ranged:
        """Zeros that nothing leads to."""
        nowhere = np.zeros(shape, dtype=bool)
        return cls(np.zeros(shape), nowhere, nowhere)


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

    def mark(self, value: np.ndarray, sources: Sequence[Marks] = (), brought: np.ndarray | bool = False) -> Ranged:
        """An array, with what its sources' marks and its own range say about it.

        Args:
            value: the entries.
            sources: the marks of what they are computed from.
            brought: where an infinity or a NaN is no overflow: the function brings it along.
        """
        left = np.logical_or.reduce([source.left for source in sources] or [np.zeros(value.shape, dtype=bool)])
        flushed = np.logical_or.reduce([source.flushed for source in sources] or [np.zeros(value.shape, dtype=bool)])
        endless = np.logical_or.reduce([source.endless for source in sources] or [np.zeros(value.shape, dtype=bool)])
        size = np.abs(value)
        underflows = (size < self.tiny) & (size > 0)
        saturated = np.where(size > self.largest, np.copysign(np.inf, value), np.where(underflows, 0.0, value))
        overflows = ~(size <= self.largest) & ~endless & ~np.asarray(brought)
        return Ranged(saturated, overflows | left, underflows | (flushed & (saturated == 0)))

    def filled(self, node: nodes.Filled) -> Ranged:
        return self.given(self.numbers.filled(node).value)

    def constant(self, node: nodes.Constant) -> Ranged:
        return self.given(np.asarray(node.values, dtype=float))

    def given(self, value: np.ndarray) -> Ranged:
        return self.mark(value, brought=True)

    def delta(self, node: nodes.Delta) -> Ranged:
        return self.mark(np.eye(node.shape[0]))

    def map(self, node: nodes.Map, arguments: Sequence[Ranged]) -> Ranged:
        values = [argument.value for argument in arguments]
        value = np.broadcast_to(numeric.value(node.scalar, values), node.shape)
        marks = [Marks.of(argument) for argument in arguments]
        finite = np.logical_and.reduce([np.isfinite(operand) for operand in values])
        flushed = np.logical_or.reduce([mark.flushed for mark in marks])
        exact_poles = _where(node, ~np.isfinite(value) & finite & ~flushed, values, lambda ball: not ball.is_finite())
        nonzero = np.logical_and.reduce([operand != 0 for operand in values])
        vanished = _where(node, (value == 0) & finite & nonzero, values, lambda ball: not ball.contains(0))
        marks.append(Marks(self._beyond_inside(node, values), vanished, np.zeros_like(vanished)))
        return self.mark(value, marks, exact_poles)

    def _beyond_inside(self, node: nodes.Map, values: Sequence[np.ndarray]) -> np.ndarray:
        """Where what a program may compute inside a map is beyond the range; infinities have reasons of their own."""
        beyond = np.zeros(node.shape, dtype=bool)
        for part in intermediates(node.scalar):
            size = np.abs(numeric.value(part, list(values)))
            beyond |= np.isfinite(size) & (size > self.largest)
        return beyond

    def einsum(self, node: nodes.Einsum, factors: Sequence[Ranged]) -> Ranged:
        value = self.numbers.einsum(node, [exact(factor.value) for factor in factors]).value
        marks = [Marks.of(factor) for factor in factors]
        reached = Marks(
            self._reached(node, [mark.left for mark in marks]),
            self._reached(node, [mark.flushed for mark in marks]),
            self._reached(node, [mark.endless for mark in marks]),
        )
        return self.mark(value, [reached])

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
        marks = [np.asarray(mark.any(axis=node.axes)) for mark in (source.left, source.flushed)]
        return Ranged(source.value.max(axis=node.axes), *marks)

    def winner(self, node: nodes.Winner, source: Ranged) -> Ranged:
        value = self.numbers.winner(node, exact(source.value)).value
        return Ranged(value, source.left, np.zeros(value.shape, dtype=bool))

    def gather(self, node: nodes.Gather, source: Ranged) -> Ranged:
        marks = [np.append(mark.ravel(), False)[node.index.positions] for mark in (source.left, source.flushed)]
        return Ranged(self.numbers.gather(node, exact(source.value)).value, *marks)

    def scatter(self, node: nodes.Scatter, source: Ranged) -> Ranged:
        marks = Marks.of(source)
        value, left, flushed, endless = (
            self.numbers.scatter(node, exact(array)).value
            for array in (source.value, marks.left, marks.flushed, marks.endless)
        )
        return self.mark(value, [Marks(left > 0, flushed > 0, endless > 0)])

    def select(self, node: nodes.Select, condition: Ranged, chosen: Ranged, other: Ranged) -> Ranged:
        holds = condition.value > 0.5
        value = np.where(holds, chosen.value, other.value)
        left = np.where(holds, chosen.left, other.left) | condition.left
        return Ranged(value, left, np.where(holds, chosen.flushed, other.flushed))


@dataclass(frozen=True, eq=False)
class Marks:
    """What is passed on from an array to those that are computed from it.

    Attributes:
        left, flushed: as in `Ranged`.
        endless: where it is no finite number.
    """

    left: np.ndarray
    flushed: np.ndarray
    endless: np.ndarray

    @classmethod
    def of(cls, array: Ranged) -> Marks:
        """The marks of an array."""
        return cls(array.left, array.flushed, ~np.isfinite(array.value))


@lru_cache(maxsize=1024)
def intermediates(scalar: sp.Expr) -> tuple[sp.Expr, ...]:
    """What a program of a scalar expression may compute on the way: its parts, and what it divides by.

    x/2²⁰ and 2⁻²⁰·x are one expression, and 2²⁰ is beyond float16; so is x² where jax computes x⁻² at 1,000.
    """
    parts = [part for part in sp.preorder_traversal(scalar) if not part.is_Symbol]
    numbers = [1 / part for part in parts if part.is_Rational and part != 0]
    powers = [1 / part for part in parts if part.is_Pow and part.exp.is_negative]
    return tuple(dict.fromkeys([*parts[1:], *numbers, *powers]))


def _where(
    node: nodes.Map, asked: np.ndarray, values: Sequence[np.ndarray], holds: Callable[[arb], bool]
) -> np.ndarray:
    """Where something holds for what a map is in exact arithmetic, among the entries that are asked for.

    1/0 is infinite for exact numbers, too, and no overflow; a product of numbers that are not zero is
    not zero, though a float64 says so.
    """
    found = np.zeros(asked.shape, dtype=bool)
    if asked.any():
        names = [f"operand {k}" for k in range(len(values))]
        entries = {name: exact_balls(operand[asked]) for name, operand in zip(names, values, strict=True)}
        line = nodes.mapped(node.scalar, *(nodes.variable(name, (int(asked.sum()),)) for name in names))
        [balls] = evaluate([line], entries, BallAlgebra())
        found[asked] = [holds(ball) for ball in balls]
    return found
