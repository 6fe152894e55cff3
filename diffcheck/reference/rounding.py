"""How far rounding can move a computed derivative: a NumPy pass over the graph.

Every array carries, entry by entry, its value, the standard deviation of its rounding error and
a bound on it that holds whatever the order of the operations. The model of one rounding is an
error of at most u·|result|, independent and uniform: standard deviation u·|result|/√3 (Higham,
Accuracy and Stability of Numerical Algorithms, 2nd ed. 2002, §2.8; the growth of sums with √K:
Higham and Mary 2019). u is the unit round-off of the dtype, half its machine epsilon; a sum is
computed with that of its accumulator.

    allowance = min(6σ, worst case) + 2 ulp
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from math import prod
from typing import Any

import numpy as np

from diffcheck.expression import nodes
from diffcheck.expression.evaluate import evaluate
from diffcheck.expression.nodes import Node
from diffcheck.expression.scalar import fold
from diffcheck.reference.rounded import ROOT3, SIGMAS, Arithmetic, Rounded, exact, stored
from diffcheck.reference.rounding_of_maps import rounded_map
from diffcheck.reference.rounding_of_scalars import JUMPS, RoundingRules
from diffcheck.reference.rounding_of_shifts import shifted, shifting_maximum
from diffcheck.reference.rounding_of_sums import RoundedSum, summation_error


def propagate(
    outputs: Sequence[Node],
    inputs: Mapping[str, np.ndarray],
    arithmetic: Arithmetic,
    *,
    deviations: bool = True,
    steps_up: bool = False,
) -> tuple[list[Rounded], dict[Node, np.ndarray]]:
    """Carry rounding errors through a graph.

    Args:
        outputs: what is wanted.
        inputs: input name → values, exact.
        arithmetic: what rounding is.
        deviations: without, the standard deviation of a sum is a sixth of the bound on its error:
            enough where only the bound is wanted, and several times faster.
        steps_up: whether a step that rounding may push across zero is taken to be one: what it
            switches on is then rounded, too.

    Returns:
        each output as the dtype computes it; and the slack: node → how far each of its kink
        arguments may be from where it is, for the entries that rounding may push across.
    """
    algebra = RoundingAlgebra(arithmetic, deviations=deviations, steps_up=steps_up)
    with np.errstate(all="ignore"):
        arrays = evaluate(outputs, {name: exact(values) for name, values in inputs.items()}, algebra)
    return arrays, algebra.slack


@lru_cache(maxsize=256)
def decides(outputs: tuple[Node, ...]) -> bool:
    """Whether anything in a graph hangs on a decision, so that rounding may push it across."""
    return any(
        isinstance(node, nodes.Winner) or (isinstance(node, nodes.Map) and node.scalar.has(*JUMPS))
        for node in nodes.topological(outputs)
    )


class RoundingAlgebra:
    """Evaluates nodes in float64, together with their rounding errors in the dtype."""

    def __init__(self, arithmetic: Arithmetic, *, deviations: bool = True, steps_up: bool = False) -> None:
        self.arithmetic = arithmetic
        self.deviations = deviations
        self.steps_up = steps_up
        self.slack: dict[Node, np.ndarray] = {}

    # ---- leaves ----

    def filled(self, node: nodes.Filled) -> Rounded:
        number = fold(node.number, {}, RoundingRules(self, node))
        return Rounded(*(np.full(node.shape, part) for part in (number.value, number.sigma, number.worst)))

    def constant(self, node: nodes.Constant) -> Rounded:
        return stored(np.asarray(node.values, dtype=float), self.arithmetic)

    def delta(self, node: nodes.Delta) -> Rounded:
        return exact(np.eye(node.shape[0]))

    # ---- arithmetic ----

    def map(self, node: nodes.Map, arguments: Sequence[Rounded]) -> Rounded:
        result = rounded_map(node.scalar, arguments, RoundingRules(self, node))
        maximum = shifting_maximum(node)
        if maximum is not None:
            array, largest = arguments
            result = shifted(maximum, array, largest, result)
        return Rounded(*(_full(part, node.shape) for part in (result.value, result.sigma, result.worst)))

    def einsum(self, node: nodes.Einsum, factors: Sequence[Rounded]) -> Rounded:
        return RoundedSum(node, factors, self.arithmetic).rounded(self.deviations)

    def rounded(self, value: Any, sigma: Any, worst: Any, roundings: Any = 1.0) -> Rounded:
        """A result with the error of its operands, plus some roundings of its own.

        An infinity (a masked score, the log of zero) is not rounded.
        """
        return self.off_by(self.arithmetic.unit * roundings * np.abs(value), value, sigma, worst)

    def off_by(self, error: Any, value: Any, sigma: Any, worst: Any) -> Rounded:
        """A result with the error of its operands, plus one of its own."""
        own = error + self.arithmetic.underflow
        infinite = np.isinf(value)
        return Rounded(
            value, np.where(infinite, 0.0, np.hypot(sigma, own / ROOT3)), np.where(infinite, 0.0, worst + own)
        )

    # ---- rearranging ----

    def gather(self, node: nodes.Gather, source: Rounded) -> Rounded:
        def take(array: np.ndarray) -> np.ndarray:
            return np.append(array.ravel(), 0.0)[node.index.positions]

        return Rounded(take(source.value), take(source.sigma), take(source.worst))

    def scatter(self, node: nodes.Scatter, source: Rounded) -> Rounded:
        """Entries that are added up in place: torch and jax store every partial sum, in low precision too."""
        positions = node.index.positions.ravel()

        def add_up(array: np.ndarray) -> np.ndarray:
            size = prod(node.shape)
            return np.bincount(positions + 1, array.ravel(), size + 1)[1:].reshape(node.shape)

        value = add_up(source.value)
        terms = np.maximum(add_up(np.ones_like(source.value)), 1.0)
        own = summation_error(terms, add_up(source.value**2), value, self.arithmetic.unit)
        worst = add_up(source.worst) + self.arithmetic.unit * (terms - 1) * add_up(np.abs(source.value))
        return Rounded(value, np.hypot(np.sqrt(add_up(source.sigma**2)), own), worst)

    # ---- decisions ----

    def maximum(self, node: nodes.Maximum, source: Rounded) -> Rounded:
        return Rounded(
            np.max(source.value, axis=node.axes),
            np.max(source.sigma, axis=node.axes),
            np.max(source.worst, axis=node.axes),
        )

    def winner(self, node: nodes.Winner, source: Rounded) -> Rounded:
        best = np.max(source.value, axis=node.axes, keepdims=True)
        sigma = np.hypot(source.sigma, np.max(source.sigma, axis=node.axes, keepdims=True))
        self.note_slack(node, source.value - best, sigma, np.maximum(np.abs(source.value), np.abs(best)), node.axes)
        return exact((source.value == best).astype(float))

    def select(self, node: nodes.Select, condition: Rounded, chosen: Rounded, other: Rounded) -> Rounded:
        holds = condition.value > 0.5
        pairs = ((chosen.value, other.value), (chosen.sigma, other.sigma), (chosen.worst, other.worst))
        value, sigma, worst = (np.where(holds, first, second) for first, second in pairs)
        worst = np.where(condition.worst > 0, np.inf, worst)
        return self.off_by(self._for_the_other(value, chosen.value, other.value), value, sigma, worst)

    def _for_the_other(self, value: Any, chosen: Any, other: Any) -> Any:
        """The error of a program's branch that stands for another one within half an ulp: 1 for 1 − exp(−40)."""
        size = self.arithmetic.unit * np.abs(value)
        stands = self.arithmetic.lifted & (np.abs(chosen - other) <= size)
        return np.where(stands, size, 0.0)

    def note_slack(self, node: Node, kink: Any, sigma: Any, scale: Any, rivals: tuple[int, ...] = ()) -> np.ndarray:
        """Remember the kink arguments that rounding may push across zero, and say which they are.

        An argument computed without an error is decided as it stands. Among rivals along some axes,
        one that is alone near the largest has won.
        """
        reach = np.where(sigma > 0, SIGMAS * sigma + 4 * self.arithmetic.unit * scale, 0.0)
        near = (np.abs(kink) <= reach) & (reach > 0)
        if rivals:
            near &= np.sum(near, axis=rivals, keepdims=True) > 1
        if near.any():
            self.slack[node] = np.where(near, reach, 0.0)
        return np.asarray(near)


def _full(part: Any, shape: tuple[int, ...]) -> np.ndarray:
    """A part of a result in its shape: numbers are repeated."""
    return part if np.shape(part) == shape else np.broadcast_to(part, shape)
