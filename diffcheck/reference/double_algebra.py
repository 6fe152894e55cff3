"""The algebra of double-double numbers: large graphs evaluated as certainly as in Arb's balls, and much faster.

It decides what is plain and leaves the rest to Arb: a tie, a sign that 106 bits leave open, an infinity
or an exponent beyond ±300 raise `NotInDoubles`. Functions that are neither powers nor kinks are asked of
Arb, entry by entry.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import prod
from typing import Any

import numpy as np
import sympy as sp
from flint import arb

from diffcheck.expression import heads, nodes
from diffcheck.expression.functions import ScalarFunction, row_of
from diffcheck.expression.heads import SLOTS
from diffcheck.expression.nodes import Node
from diffcheck.expression.scalar import Operators, fold
from diffcheck.reference.ball import ball_power
from diffcheck.reference.contraction import contract
from diffcheck.reference.decisions import decisions_in
from diffcheck.reference.double_double import DoubleDouble, NotInDoubles
from diffcheck.reference.literals import Literals, ball_of_number
from diffcheck.reference.sliced import added_up, matrix_products


class DoubleAlgebra:
    """Evaluates nodes in double-double numbers.

    Args:
        open_ties, literals: as for `BallAlgebra`.
    """

    def __init__(self, open_ties: frozenset[Node] = frozenset(), literals: Literals | None = None) -> None:
        self.open_ties = open_ties
        self.literals = literals

    # ---- leaves ----

    def filled(self, node: nodes.Filled) -> DoubleDouble:
        number = fold(node.number, {}, _DoubleRules(self))
        return number.rearranged(lambda part: np.broadcast_to(part, node.shape))

    def constant(self, node: nodes.Constant) -> DoubleDouble:
        if self.literals is None:
            return DoubleDouble.exact(node.values)
        return DoubleDouble.of_balls(np.asarray(np.frompyfunc(self.literals.meant, 1, 1)(node.values), object))

    def delta(self, node: nodes.Delta) -> DoubleDouble:
        return DoubleDouble.exact(np.eye(node.shape[0]))

    # ---- arithmetic ----

    def map(self, node: nodes.Map, arguments: Sequence[DoubleDouble]) -> DoubleDouble:
        leaves: dict[sp.Expr, Any] = dict(zip(SLOTS, arguments, strict=False))
        rules = _DoubleRules(self)
        for applied in decisions_in(node.scalar):
            sides = [fold(side, leaves, rules) for side in applied.args]
            is_open = applied.func in heads.STEPS or node in self.open_ties
            leaves[applied] = _decided(row_of(applied), sides, is_open)
        result = fold(node.scalar, leaves, rules)
        return result.rearranged(lambda part: np.broadcast_to(part, node.shape))

    def einsum(self, node: nodes.Einsum, factors: Sequence[DoubleDouble]) -> DoubleDouble:
        return contract(node, factors, DoubleProducts())

    # ---- rearranging ----

    def gather(self, node: nodes.Gather, source: DoubleDouble) -> DoubleDouble:
        return source.rearranged(lambda part: np.append(part.ravel(), 0.0)[node.index.positions])

    def scatter(self, node: nodes.Scatter, source: DoubleDouble) -> DoubleDouble:
        places = node.index.positions.ravel() + 1
        size = prod(node.shape)

        def add_up(part: np.ndarray) -> np.ndarray:
            return np.bincount(places, part.ravel(), size + 1)[1:].reshape(node.shape)

        return added_up(source, add_up, places.size)

    # ---- decisions ----

    def maximum(self, node: nodes.Maximum, source: DoubleDouble) -> DoubleDouble:
        return _largest(source, node.axes).rearranged(lambda part: part.reshape(node.shape))

    def winner(self, node: nodes.Winner, source: DoubleDouble) -> DoubleDouble:
        behind = source - _largest(source, node.axes)
        may_win = ~(behind.has_sign & (behind.high < 0))
        if not (may_win.sum(axis=node.axes) == 1).all():
            raise NotInDoubles("a tie")
        return DoubleDouble.exact(may_win)

    def select(
        self, node: nodes.Select, condition: DoubleDouble, chosen: DoubleDouble, other: DoubleDouble
    ) -> DoubleDouble:
        if condition.radius.any():
            raise NotInDoubles("an open condition")
        if self.literals is not None:
            chosen, other = self._as_one(chosen, other, self.literals.row.unit)
        return _where(condition.high != 0, chosen, other)

    def _as_one(self, chosen: DoubleDouble, other: DoubleDouble, unit: float) -> tuple[DoubleDouble, DoubleDouble]:
        """Branches that are within half an ulp of each other stand for one formula, as in balls."""
        apart = (chosen - other).size
        reach = np.where(apart <= unit * np.abs(chosen.high), apart, 0.0)
        return chosen.widened(reach), other.widened(reach)


class DoubleProducts:
    """Sums and products of double-double numbers, matrices in slices."""

    def rearranged(self, array: DoubleDouble, change: Callable[[np.ndarray], np.ndarray]) -> DoubleDouble:
        return array.rearranged(change)

    def multiplied(self, left: DoubleDouble, right: DoubleDouble) -> DoubleDouble:
        return left * right

    def matrix_products(self, left: DoubleDouble, right: DoubleDouble) -> DoubleDouble:
        return matrix_products(left, right)

    def summed(self, array: DoubleDouble, axes: tuple[int, ...]) -> DoubleDouble:
        terms = prod(array.shape[axis] for axis in axes)
        return added_up(array, lambda part: np.asarray(part.sum(axis=axes)), terms)

    def counted(self, array: DoubleDouble, count: int) -> DoubleDouble:
        return array * DoubleDouble.exact(np.asarray(count))


class _DoubleRules(Operators):
    """Scalar expressions in double-double numbers."""

    def __init__(self, algebra: DoubleAlgebra) -> None:
        self.algebra = algebra

    def number(self, number: sp.Expr) -> DoubleDouble:
        literals = self.algebra.literals
        ball = ball_of_number(number) if literals is None else literals.meant(number)
        return DoubleDouble.of_balls(np.asarray(ball, object))

    def power(self, base: DoubleDouble, exponent: sp.Rational) -> DoubleDouble:
        if exponent == sp.Rational(1, 2):
            return base.root()
        if exponent == sp.Rational(-1, 2):
            return base.root().reciprocal()
        if not exponent.is_Integer:
            return _by_entry(lambda x: ball_power(x, exponent), [base])
        power = base.power(abs(int(exponent)))
        return power if exponent > 0 else power.reciprocal()

    def call(self, row: ScalarFunction, arguments: list[DoubleDouble]) -> DoubleDouble:
        if row.head is heads.frozen:
            return arguments[0]
        if row.head in _CONTINUOUS:
            return _continued(row, arguments)
        return _by_entry(row.ball, arguments)


def _by_entry(function: Callable[..., arb], arguments: Sequence[DoubleDouble]) -> DoubleDouble:
    """A function that only Arb knows."""
    columns = (argument.balls() for argument in arguments)
    return DoubleDouble.of_balls(np.asarray(np.frompyfunc(function, len(arguments), 1)(*columns), object))


# ---- kinks -----------------------------------------------------------------------------------

_CONTINUOUS: Mapping[Any, tuple[Callable[..., DoubleDouble], Callable[..., DoubleDouble]]] = {
    heads.relu: (lambda x: x, lambda x: DoubleDouble.exact(np.zeros(x.shape))),
    heads.absolute: (lambda x: x, lambda x: -x),
    heads.larger: (lambda x, _: x, lambda _, y: y),
    heads.smaller: (lambda _, y: y, lambda x, _: x),
}
"""Continuous functions with a kink: what they are above it, and below."""


def _continued(row: ScalarFunction, arguments: list[DoubleDouble]) -> DoubleDouble:
    """A continuous function with a kink, at which both of its branches are the same."""
    assert row.kink is not None
    kink = row.kink(*arguments)
    if not (kink.has_sign | kink.is_zero).all():
        raise NotInDoubles("an open sign")
    above, below = _CONTINUOUS[row.head]
    return _where(kink.high > 0, above(*arguments), below(*arguments))


def _decided(row: ScalarFunction, sides: list[DoubleDouble], is_open: bool) -> DoubleDouble:
    """A comparison or a step: zero or one; a tie that is not open is decided as the program decides it."""
    assert row.kink is not None
    kink = row.kink(*sides)
    if not (kink.has_sign | (kink.is_zero & (not is_open))).all():
        raise NotInDoubles("a tie, or an open sign")
    return DoubleDouble.exact(row.numpy(kink.high, *(np.zeros(()) for _ in sides[1:])))


def _where(holds: np.ndarray, chosen: DoubleDouble, other: DoubleDouble) -> DoubleDouble:
    pairs = ((chosen.high, other.high), (chosen.low, other.low), (chosen.radius, other.radius))
    return DoubleDouble(*(np.where(holds, first, second) for first, second in pairs))


def _largest(source: DoubleDouble, axes: tuple[int, ...]) -> DoubleDouble:
    """The largest entries along some axes, which are kept; no entry is more than the widest radius above its middle."""
    high = source.high.max(axis=axes, keepdims=True)
    low = np.where(source.high == high, source.low, -np.inf).max(axis=axes, keepdims=True)
    return DoubleDouble(high, low, source.radius.max(axis=axes, keepdims=True))
