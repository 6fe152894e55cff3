"""The ball algebra: a graph evaluated so that every entry certainly contains the exact result.

Inputs are exact (floats are dyadic rationals); Arb carries the error of every operation along.
Arrays are NumPy object arrays of `flint.arb`. The working precision is Arb's process-wide
context, which `certify` sets.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import prod
from typing import Any

import numpy as np
import sympy as sp
from flint import arb, fmpq

from diffcheck.expression import balls, heads, nodes
from diffcheck.expression.functions import ScalarFunction
from diffcheck.expression.heads import SLOTS
from diffcheck.expression.nodes import Node
from diffcheck.expression.scalar import Operators, fold
from diffcheck.reference.ball_products import BallProducts
from diffcheck.reference.contraction import contract
from diffcheck.reference.decisions import Decisions, Tie, decisions_in
from diffcheck.reference.literals import Literals, ball_of_number

Balls = np.ndarray

JUMPS = (heads.signum, heads.floored, heads.rounded, sp.atan2)


def exact_balls(values: np.ndarray) -> Balls:
    """An array of numbers as balls of radius zero."""
    values = np.asarray(values)
    result = np.empty(values.size, object)
    result[:] = [arb(value) for value in values.ravel().tolist()]
    return result.reshape(values.shape)


class BallAlgebra:
    """Evaluates nodes in balls, and notes what it could not decide.

    Args:
        open_ties: conditions among these nodes are open where both sides are exactly equal:
            the result is then the hull of both branches. Elsewhere a tie is decided as the
            program decides it.
        slack: node → how far each kink argument may be from where it is (rounding).
        literals: of a program, so that a number that it brings along may be half an ulp from the one that was
            meant. So may a branch be that stands for another one: 1 for 1 − exp(−40).
        choices: an open decision → its answer, instead of the hull of both.

    Attributes:
        decisions: which decisions were open.
    """

    def __init__(
        self,
        open_ties: frozenset[Node] = frozenset(),
        slack: Mapping[Node, np.ndarray] | None = None,
        literals: Literals | None = None,
        choices: Mapping[Tie, float] | None = None,
    ) -> None:
        self.literals = literals
        self.decisions = Decisions(open_ties, slack or {}, choices or {})

    @property
    def tied(self) -> bool:
        """Whether a kink argument was exactly zero."""
        return self.decisions.tied

    @property
    def undecided(self) -> bool:
        """Whether the precision did not suffice to decide a sign."""
        return self.decisions.undecided

    # ---- leaves ----

    def filled(self, node: nodes.Filled) -> Balls:
        return np.full(node.shape, fold(node.number, {}, BallRules(self, node)), object)

    def constant(self, node: nodes.Constant) -> Balls:
        if self.literals is None:
            return exact_balls(node.values)
        return np.asarray(np.frompyfunc(self.literals.meant, 1, 1)(node.values), object)

    def delta(self, node: nodes.Delta) -> Balls:
        return exact_balls(np.eye(node.shape[0], dtype=np.int64))

    # ---- arithmetic ----

    def rules(self, node: Node) -> BallRules:
        """The arithmetic of a node's scalar expression."""
        return BallRules(self, node)

    def map(self, node: nodes.Map, arguments: Sequence[Balls]) -> Balls:
        leaves: dict[sp.Expr, Any] = dict(zip(SLOTS, arguments, strict=False))
        rules = self.rules(node)
        for applied in decisions_in(node.scalar):
            sides = [fold(side, leaves, rules) for side in applied.args]
            leaves[applied] = self.decisions.sign(node, node.arguments, applied, sides)
        return _as_array(fold(node.scalar, leaves, rules), node.shape)

    def einsum(self, node: nodes.Einsum, factors: Sequence[Balls]) -> Balls:
        return contract(node, factors, BallProducts())

    # ---- rearranging ----

    def gather(self, node: nodes.Gather, source: Balls) -> Balls:
        padded = np.append(source.ravel(), exact_balls(np.zeros(1)))
        return _as_array(padded[node.index.positions], node.shape)

    def scatter(self, node: nodes.Scatter, source: Balls) -> Balls:
        result = np.full(int(np.prod(node.shape, initial=1)) + 1, arb(0), object)
        for position, value in zip(node.index.positions.ravel().tolist(), source.ravel(), strict=True):
            result[position] = result[position] + value
        return result[:-1].reshape(node.shape)

    # ---- decisions ----

    def maximum(self, node: nodes.Maximum, source: Balls) -> Balls:
        return _reduced(source, node.axes, balls.larger)

    def winner(self, node: nodes.Winner, source: Balls) -> Balls:
        best = np.expand_dims(_reduced(source, node.axes, balls.larger), node.axes)
        return self.decisions.winner(node, np.asarray(source - best, object))

    def select(self, node: nodes.Select, condition: Balls, chosen: Balls, other: Balls) -> Balls:
        if self.literals is not None:
            chosen, other = self._as_one(chosen, other)
        return _as_array(_SELECT(condition, chosen, other), node.shape)

    def _as_one(self, chosen: Balls, other: Balls) -> tuple[Balls, Balls]:
        """Branches that are within half an ulp of each other stand for one formula: 1 for 1 − exp(−40)."""
        assert self.literals is not None
        unit = self.literals.row.unit

        def is_one(x: arb, y: arb) -> bool:
            return bool(abs(x - y) <= unit * abs(x))

        same = np.asarray(np.frompyfunc(is_one, 2, 1)(chosen, other), dtype=bool)
        both = np.frompyfunc(balls.hull, 2, 1)(chosen, other)
        return np.where(same, both, chosen), np.where(same, both, other)


class BallRules(Operators):
    """Scalar expressions in balls."""

    def __init__(self, algebra: BallAlgebra, node: Node) -> None:
        self.algebra = algebra
        self.node = node

    def number(self, number: sp.Expr) -> Any:
        literals = self.algebra.literals
        return ball_of_number(number) if literals is None else literals.meant(number)

    def power(self, base: Any, exponent: sp.Rational) -> Any:
        return np.frompyfunc(lambda x: ball_power(x, exponent), 1, 1)(base)

    def call(self, row: ScalarFunction, arguments: list[Any]) -> Any:
        if row.head in JUMPS:
            arguments = [self.algebra.decisions.moved(self.node, arguments[0]), *arguments[1:]]
        return np.frompyfunc(row.ball, len(arguments), 1)(*arguments)


def ball_power(base: arb, exponent: sp.Rational) -> arb:
    """A rational power; at exactly 0 the limit from within the domain."""
    if exponent.is_Integer and exponent > 0:
        return _whole_power(base, int(exponent))
    if exponent.is_Integer:
        return base ** int(exponent) if not base.is_zero() else arb.nan()
    if base.is_zero():
        return arb(0) if exponent > 0 else arb.pos_inf()
    if exponent == sp.Rational(1, 2):
        return base.sqrt()
    if exponent == sp.Rational(-1, 2):
        return base.rsqrt()
    return base ** arb(fmpq(int(exponent.p), int(exponent.q)))


def _whole_power(base: arb, exponent: int) -> arb:
    """Arb raises no ball whose middle is zero, unless it is zero itself."""
    if base.is_exact() or base.mid() != 0:
        return base**exponent
    largest = base.abs_upper() ** exponent
    return balls.hull(arb(0) if exponent % 2 == 0 else -largest, largest)


def _select_one(condition: arb, chosen: arb, other: arb) -> arb:
    """What is not selected has no effect, not even when it is NaN."""
    if condition.is_zero():
        return other
    return chosen if condition.is_exact() else balls.hull(chosen, other)


_SELECT = np.frompyfunc(_select_one, 3, 1)


def _as_array(value: Any, shape: Sequence[int]) -> Balls:
    """NumPy turns 0-d object results into scalars, and expressions without slots have no shape."""
    if isinstance(value, np.ndarray) and value.shape == tuple(shape):
        return value
    result = np.empty(tuple(shape), object)
    result[...] = value
    return result


def _reduced(source: Balls, axes: tuple[int, ...], pick: Callable[[arb, arb], arb]) -> Balls:
    """Fold two-argument `pick` along axes."""
    kept = [axis for axis in range(source.ndim) if axis not in axes]
    shape = tuple(source.shape[axis] for axis in kept)
    length = prod(source.shape[axis] for axis in axes)
    rows = source.transpose([*kept, *axes]).reshape(prod(shape), length)
    result = np.empty(rows.shape[0], object)
    for k, row in enumerate(rows):
        best = row[0]
        for entry in row[1:]:
            best = pick(best, entry)
        result[k] = best
    return result.reshape(shape)
