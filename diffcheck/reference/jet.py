"""Jets: a graph evaluated on Taylor series, whose coefficients are balls.

φ(t) = f(x + t·v) is computed forward, coefficient by coefficient, with no derivative rule
anywhere: an opinion on φ′, φ″, … that is independent of the closed form (Griewank and Walther,
Evaluating Derivatives, 2nd ed. 2008, ch. 13). Where x is an interval, the k-th coefficient times k!
contains φ⁽ᵏ⁾ at every point of it: the Lagrange remainder of a difference quotient.

Kinks are taken one-sidedly, for small t > 0. Where a ball leaves the side open, the value is the
hull of both branches and every derivative is NaN.

Arrays are NumPy object arrays of `flint.arb_series`. NumPy takes a series for a sequence and would
unpack it, so scalar expressions are evaluated on one-dimensional arrays, whose entries it leaves
alone, and arrays are filled entry by entry.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from math import prod
from typing import Any

import numpy as np
import sympy as sp
from flint import arb, arb_series, ctx

from diffcheck.expression import balls, nodes
from diffcheck.expression.evaluate import evaluate
from diffcheck.expression.functions import ScalarFunction
from diffcheck.expression.heads import SLOTS
from diffcheck.expression.nodes import Label, Node
from diffcheck.expression.scalar import Operators, fold
from diffcheck.reference import series as rules
from diffcheck.reference.ball import BallAlgebra, ball_power, exact_balls
from diffcheck.reference.literals import ball_of_number

Jets = np.ndarray
Balls = np.ndarray


def directional_derivatives(
    output: Node, inputs: Mapping[str, Balls], direction: Mapping[str, Balls], order: int
) -> list[Balls]:
    """φ, φ′, φ″, … of φ(t) = output(inputs + t·direction) at t = 0, at the working precision.

    Args:
        output: a graph.
        inputs: input name → balls; wide ones are intervals.
        direction: input name → balls of its shape; an input that is not named does not move.
        order: of the last derivative.

    Returns:
        order + 1 arrays of balls of the output's shape; NaN where a derivative does not exist or
        a kink is not decided.
    """
    with _truncation(order):
        jets = {name: _line(values, direction.get(name)) for name, values in inputs.items()}
        [result] = evaluate([output], jets, JetAlgebra())
        return [_derivative(result, k) for k in range(order + 1)]


@contextmanager
def _truncation(order: int) -> Iterator[None]:
    """Arb's process-wide length of series, set and restored."""
    before = ctx.cap
    ctx.cap = order + 1
    try:
        yield
    finally:
        ctx.cap = before


def _line(values: Balls, direction: Balls | None) -> Jets:
    if direction is None:
        return _filled((arb_series([value]) for value in values.ravel()), values.shape)
    pairs = zip(values.ravel(), direction.ravel(), strict=True)
    return _filled((arb_series([value, slope]) for value, slope in pairs), values.shape)


def _derivative(jets: Jets, order: int) -> Balls:
    factorial = arb(order).fac()
    return _filled((rules.coefficients(series)[order] * factorial for series in jets.ravel()), jets.shape)


def _filled(entries: Iterable[Any], shape: Sequence[int]) -> np.ndarray:
    """An object array; each entry is put in on its own, so that NumPy does not look inside."""
    result = np.empty(prod(shape), object)
    for k, entry in enumerate(entries):
        result[k] = entry
    return result.reshape(tuple(shape))


class JetAlgebra:
    """Evaluates nodes on Taylor series, as long as Arb's context says (`ctx.cap`)."""

    def __init__(self) -> None:
        self.balls = BallAlgebra()

    # ---- leaves ----

    def filled(self, node: nodes.Filled) -> Jets:
        return _line(self.balls.filled(node), None)

    def constant(self, node: nodes.Constant) -> Jets:
        return _line(self.balls.constant(node), None)

    def delta(self, node: nodes.Delta) -> Jets:
        return _line(self.balls.delta(node), None)

    # ---- arithmetic ----

    def map(self, node: nodes.Map, arguments: Sequence[Jets]) -> Jets:
        leaves = {SLOTS[k]: argument.ravel() for k, argument in enumerate(arguments)}
        return fold(node.scalar, leaves, _RULES).reshape(node.shape)

    def einsum(self, node: nodes.Einsum, factors: Sequence[Jets]) -> Jets:
        return _contract(node, factors)

    # ---- rearranging ----

    def gather(self, node: nodes.Gather, source: Jets) -> Jets:
        zero = _filled([arb_series([0])], (1,))
        padded: Jets = np.concatenate([source.ravel(), zero])
        return padded[node.index.positions.ravel()].reshape(node.shape)

    def scatter(self, node: nodes.Scatter, source: Jets) -> Jets:
        result = [arb_series([0])] * (prod(node.shape) + 1)
        for position, series in zip(node.index.positions.ravel().tolist(), source.ravel(), strict=True):
            result[position] = result[position] + series
        return _filled(result[:-1], node.shape)

    # ---- decisions ----

    def maximum(self, node: nodes.Maximum, source: Jets) -> Jets:
        rows = _rows(source, node.axes)
        return _filled((_largest(row) for row in rows), node.shape)

    def winner(self, node: nodes.Winner, source: Jets) -> Jets:
        kept = [axis for axis in range(source.ndim) if axis not in node.axes]
        order = [*kept, *node.axes]
        flags = [_wins(k, row) for row in _rows(source, node.axes) for k in range(len(row))]
        grouped = _filled(flags, [source.shape[axis] for axis in order])
        return grouped.transpose(np.argsort(order))

    def select(self, node: nodes.Select, condition: Jets, chosen: Jets, other: Jets) -> Jets:
        entries = zip(condition.ravel(), chosen.ravel(), other.ravel(), strict=True)
        return _filled((_selected(*entry) for entry in entries), node.shape)


class _JetRules(Operators):
    """Scalar expressions on one-dimensional arrays of series; numbers are balls."""

    def number(self, number: sp.Expr) -> Any:
        return ball_of_number(number)

    def power(self, base: Any, exponent: sp.Rational) -> Any:
        if isinstance(base, arb):
            return ball_power(base, exponent)
        return _by_entry(lambda entry: _power(entry, exponent), base)

    def call(self, row: ScalarFunction, arguments: list[Any]) -> Any:
        if all(isinstance(argument, arb) for argument in arguments):
            return row.ball(*arguments)
        size = next(argument.size for argument in arguments if not isinstance(argument, arb))
        arrays = [
            _filled([arb_series([argument])] * size, (size,)) if isinstance(argument, arb) else argument
            for argument in arguments
        ]
        return _by_entry(lambda *entries: rules.apply(row, entries), *arrays)


_RULES = _JetRules()


def _by_entry(function: Callable[..., arb_series], *arrays: Jets) -> Jets:
    result: Jets = np.frompyfunc(function, len(arrays), 1)(*arrays)
    return result


def _power(base: arb_series, exponent: sp.Rational) -> arb_series:
    constant = ball_power(base[0], exponent)
    if rules.is_constant(base):
        return arb_series([constant])
    return rules.with_constant(constant, lambda series: rules.rational_power(series, exponent), base)


# ---- choosing --------------------------------------------------------------------------------


def _rows(source: Jets, axes: tuple[int, ...]) -> Jets:
    """The entries along some axes, one row for each place on the other axes."""
    kept = [axis for axis in range(source.ndim) if axis not in axes]
    count = prod(source.shape[axis] for axis in kept)
    return source.transpose([*kept, *axes]).reshape(count, -1)


def _largest(row: Jets) -> arb_series:
    best = row[0]
    for entry in row[1:]:
        side = rules.sign(entry - best)
        if side is None:
            best = rules.undecided(balls.larger(best[0], entry[0]))
        elif side > 0:
            best = entry
    return best


def _wins(k: int, row: Jets) -> arb_series:
    """One for an entry larger than all others, zero for one that is not; open at a tie."""
    sides = [rules.sign(row[k] - other) for j, other in enumerate(row) if j != k]
    if any(side is not None and side < 0 for side in sides):
        return arb_series([0])
    return arb_series([1]) if all(sides) else rules.undecided(balls.either())


def _selected(condition: arb_series, chosen: arb_series, other: arb_series) -> arb_series:
    """What is not selected has no effect, not even when it is NaN."""
    holds = condition[0]
    if holds.is_zero():
        return other
    return chosen if holds.is_exact() else rules.undecided(balls.hull(chosen[0], other[0]))


# ---- sums of products ------------------------------------------------------------------------

_UNIT = 51  # the last label NumPy has, for an axis of size one that keeps every result an array


def _contract(node: nodes.Einsum, factors: Sequence[Jets]) -> Jets:
    """Evaluate an einsum, one factor after the other."""
    if any(size == 0 for _, size in node.sizes):
        return _line(exact_balls(np.zeros(node.shape)), None)
    terms = [(array, labels) for array, (_, labels) in zip(factors, node.factors, strict=True)]
    result, labels = terms[0][0][np.newaxis], (_UNIT, *terms[0][1])
    for k, (array, own) in enumerate(terms[1:], start=2):
        needed = set(node.output).union(*(later for _, later in terms[k:]))
        kept = tuple(label for label in dict.fromkeys(labels + own) if label in needed or label == _UNIT)
        result, labels = np.einsum(result, labels, array, own, kept), kept
    carried = [label for label in node.output if label in labels]
    return _repeated(np.einsum(result, labels, [_UNIT, *carried]), carried, node)


def _repeated(array: Jets, labels: Sequence[Label], node: nodes.Einsum) -> Jets:
    """Count the summed labels that no factor carries, and repeat entries along those of the output."""
    sizes = node.size_of
    carried = {label for _, own in node.factors for label in own}
    count = prod(sizes[label] for label in node.summed if label not in carried)
    counted = array if count == 1 else array * arb(count)
    shape = [sizes[label] if label in labels else 1 for label in node.output]
    return np.broadcast_to(counted.reshape(shape), node.shape)
