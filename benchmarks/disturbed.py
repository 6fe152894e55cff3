"""What rounding can do, shown by doing it: a program of which every operation is off by one rounding.

The operations are carried out in balls, so nothing else is off, and what comes out is what a machine
with that unit round-off may answer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import sympy as sp
from flint import arb

from diffcheck.dtype import limits
from diffcheck.expression import nodes
from diffcheck.expression.evaluate import evaluate
from diffcheck.expression.functions import ScalarFunction
from diffcheck.expression.nodes import Node
from diffcheck.reference.ball import BallAlgebra, BallRules, exact_balls
from diffcheck.reference.precision import precision
from diffcheck.reference.reference import Reference
from diffcheck.reference.repetition import summed_label

BITS = 512
"""A machine's rounding is so much larger than Arb's that the balls stay narrow."""

Balls = np.ndarray


class DisturbedAlgebra(BallAlgebra):
    """Evaluates nodes in balls, then moves every result of an operation by a rounding up or down.

    A sum along one axis is added up one term after another, unless the array is moved as a whole.

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

    def rules(self, node: Node) -> BallRules:
        return DisturbedRules(self, node)

    def einsum(self, node: nodes.Einsum, factors: Sequence[Balls]) -> Balls:
        label = summed_label(node)
        if label is not None and not self.as_a_whole:
            factors = [*factors[:-1], self._of_partial_sums(factors[-1], node.factors[-1][1].index(label))]
        return self.moved(super().einsum(node, factors))

    def _of_partial_sums(self, terms: Balls, axis: int) -> Balls:
        """Terms with the roundings of the partial sums that they are part of: each of its own and of all later ones."""
        roundings = self.factors[self.random.integers(2, size=terms.shape)]
        later = np.flip(np.multiply.accumulate(np.flip(roundings, axis), axis), axis)
        return np.asarray(terms * later, object)

    def moved(self, result: Balls) -> Balls:
        """A result of an operation, a rounding up or down."""
        signs = self.random.integers(2, size=() if self.as_a_whole else np.shape(result))
        return np.asarray(result * self.factors[signs], object)


class DisturbedRules(BallRules):
    """Scalar expressions, of which every sum, product, power and function is an operation."""

    algebra: DisturbedAlgebra

    def add(self, terms: list[Any]) -> Any:
        return self.algebra.moved(super().add(terms))

    def multiply(self, factors: list[Any]) -> Any:
        product = super().multiply(factors)
        rounded = [factor for factor in factors if not _is_power_of_two(factor)]
        return self.algebra.moved(product) if len(rounded) > 1 else product

    def power(self, base: Any, exponent: sp.Rational) -> Any:
        return self.algebra.moved(super().power(base, exponent))

    def call(self, row: ScalarFunction, arguments: list[Any]) -> Any:
        return self.algebra.moved(super().call(row, arguments))


def _is_power_of_two(factor: Any) -> bool:
    """Whether a product with this number is exact: a sign, a half."""
    return isinstance(factor, arb) and factor.is_exact() and abs(factor.man_exp()[0]) == 1


def disturbed(reference: Reference, seed: int) -> dict[str, Balls]:
    """The right derivative, every operation off by one rounding of the dtype, up or down."""
    graph: Mapping[str, Node] = {name: node for name, node in reference.closed_form.entries.items() if node is not None}
    with precision(BITS):
        algebra = DisturbedAlgebra(limits(reference.dtype).unit, seed)
        inputs = {name: exact_balls(values) for name, values in reference.inputs.items()}
        return dict(zip(graph, evaluate(list(graph.values()), inputs, algebra), strict=True))
