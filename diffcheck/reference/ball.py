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
from diffcheck.reference.contraction import contract

Balls = np.ndarray

_COMPARISONS = (heads.greater, heads.greater_equal, heads.equal)
_DECISIONS = (heads.step, *_COMPARISONS)
_JUMPS = (heads.signum, heads.floored, heads.rounded, sp.atan2)


def exact_balls(values: np.ndarray) -> Balls:
    """An array of numbers as balls of radius zero."""
    values = np.asarray(values)
    result = np.empty(values.size, object)
    result[:] = [arb(value) for value in values.ravel().tolist()]
    return result.reshape(values.shape)


class BallAlgebra:
    """Evaluates nodes in balls, and notes what it could not decide.

    Attributes:
        open_ties: conditions among these nodes are open where both sides are exactly equal:
            the result is then the hull of both branches. Elsewhere a tie is decided as the
            program decides it.
        slack: node → how far each kink argument may be from where it is (rounding).
        literals: how far, relative to it, a number that the graph brings along may be from the one
            that was meant: half an ulp where 0.2 stands for 1/5. Short numbers (½, 3) are meant.
        tied: whether a kink argument was exactly zero.
        undecided: whether the precision did not suffice to decide a sign.
    """

    def __init__(
        self,
        open_ties: frozenset[Node] = frozenset(),
        slack: Mapping[Node, np.ndarray] | None = None,
        literals: float = 0.0,
    ) -> None:
        self.open_ties = open_ties
        self.slack = slack or {}
        self.literals = literals
        self.tied = False
        self.undecided = False

    # ---- leaves ----

    def filled(self, node: nodes.Filled) -> Balls:
        return np.full(node.shape, fold(node.number, {}, _BallRules(self, node)), object)

    def constant(self, node: nodes.Constant) -> Balls:
        return np.asarray(np.frompyfunc(self.meant, 1, 1)(exact_balls(node.values)), object)

    def meant(self, literal: arb) -> arb:
        """A ball around every number that a literal may stand for."""
        if self.literals == 0 or not literal.is_finite() or is_short(literal):
            return literal
        return literal * arb(1, self.literals)

    def delta(self, node: nodes.Delta) -> Balls:
        return exact_balls(np.eye(node.shape[0], dtype=np.int64))

    # ---- arithmetic ----

    def map(self, node: nodes.Map, arguments: Sequence[Balls]) -> Balls:
        leaves = dict(zip(SLOTS, arguments, strict=False))
        return _as_array(fold(node.scalar, leaves, _BallRules(self, node)), node.shape)

    def einsum(self, node: nodes.Einsum, factors: Sequence[Balls]) -> Balls:
        return contract(node, factors)

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
        behind = np.asarray(source - best, object)
        if node in self.slack:
            behind = behind + _around_zero(self.slack[node])
        candidates = np.broadcast_to(_count_of_candidates(behind, node.axes), source.shape)
        return _as_array(np.frompyfunc(self._wins, 2, 1)(behind, candidates), node.shape)

    def _wins(self, behind: arb, candidates: int) -> arb:
        """One for the only entry that may be the largest, zero for one that is not, else open."""
        if behind < 0:
            return arb(0)
        if candidates == 1:
            return arb(1)
        if behind.is_zero():
            self.tied = True
        else:
            self.undecided = True
        return balls.either()

    def select(self, node: nodes.Select, condition: Balls, chosen: Balls, other: Balls) -> Balls:
        return _as_array(_SELECT(condition, chosen, other), node.shape)

    def decide(self, node: Node, row: ScalarFunction, arguments: list[Any]) -> Any:
        """A comparison or a step, where ties and slack leave it open."""
        if row.kink is None:
            raise TypeError(f"{row.name} decides nothing")
        kink = row.kink(*arguments)
        if node in self.slack:
            kink = kink + _around_zero(self.slack[node])
        is_open = row.head is heads.step or node in self.open_ties
        return np.frompyfunc(lambda z: self._decided(z, row, is_open), 1, 1)(kink)

    def _decided(self, kink: arb, row: ScalarFunction, is_open: bool) -> arb:
        if kink.is_zero():
            self.tied = self.tied or is_open
        elif kink.contains(0):
            self.undecided = True
        if is_open and kink.contains(0):
            return balls.either()
        return row.ball(kink) if row.head is heads.step else row.ball(kink, arb(0))


class _BallRules(Operators):
    """Scalar expressions in balls."""

    def __init__(self, algebra: BallAlgebra, node: Node) -> None:
        self.algebra = algebra
        self.node = node

    def number(self, number: sp.Expr) -> Any:
        return self.algebra.meant(ball_of_number(number))

    def power(self, base: Any, exponent: sp.Rational) -> Any:
        return np.frompyfunc(lambda x: ball_power(x, exponent), 1, 1)(base)

    def call(self, row: ScalarFunction, arguments: list[Any]) -> Any:
        if row.head in _DECISIONS:
            return self.algebra.decide(self.node, row, arguments)
        if row.head in _JUMPS and self.node in self.algebra.slack:
            arguments = [arguments[0] + _around_zero(self.algebra.slack[self.node]), *arguments[1:]]
        return np.frompyfunc(row.ball, len(arguments), 1)(*arguments)


def ball_of_number(number: sp.Expr) -> arb:
    """A SymPy number as a ball at the working precision."""
    if number.is_Rational:
        return arb(fmpq(int(number.p), int(number.q)))
    if number is sp.pi:
        return arb.pi()
    if number is sp.E:
        return arb.const_e()
    if number in (sp.oo, -sp.oo):
        return arb.pos_inf() if number is sp.oo else arb.neg_inf()
    return arb.nan()


LITERAL_BITS = 12  # a literal exact in so many is the number that was meant


def is_short(number: arb) -> bool:
    """Whether a number is exact in a few bits."""
    if not number.is_exact():
        return False
    mantissa, _ = number.man_exp()
    return abs(int(mantissa)).bit_length() <= LITERAL_BITS


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


def _around_zero(slack: np.ndarray) -> Balls:
    return np.frompyfunc(lambda width: arb(0, width), 1, 1)(slack)


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


def _count_of_candidates(behind: Balls, axes: tuple[int, ...]) -> np.ndarray:
    """How many entries along the axes may be the largest."""
    may_win = np.asarray(np.frompyfunc(lambda z: not z < 0, 1, 1)(behind), dtype=bool)
    return np.asarray(may_win.sum(axis=axes, keepdims=True))
