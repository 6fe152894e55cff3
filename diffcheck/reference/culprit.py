"""The culprit: which intermediate left the dtype's range, by name and exact magnitude.

Magnitudes are those of exact numbers, in balls, so that one far beyond float64 can be printed:
`exp(x) = 2.7e347 overflows float64`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import sympy as sp
from flint import arb

from diffcheck.dtype import limits
from diffcheck.expression import nodes
from diffcheck.expression.abbreviation import abbreviated
from diffcheck.expression.derive import depends_on
from diffcheck.expression.evaluate import evaluate
from diffcheck.expression.heads import SLOTS
from diffcheck.expression.nodes import Node
from diffcheck.reference.ancestry import ancestry
from diffcheck.reference.ball import BallAlgebra, Balls, exact_balls
from diffcheck.reference.certify import PRECISIONS
from diffcheck.reference.precision import precision

OVERFLOWS, UNDERFLOWS = "overflows", "underflows"

DIGITS = 2
"""Digits of a magnitude: what matters is its exponent."""


@dataclass(frozen=True)
class Culprit:
    """An intermediate outside the range of a dtype.

    Attributes:
        name: its formula, abbreviated: `exp(x[3])`.
        value: its exact value, to two digits: `2.7e347`.
        effect: `overflows` or `underflows`.
        dtype: the name of the dtype.
    """

    name: str
    value: str
    effect: str
    dtype: str

    def __str__(self) -> str:
        return f"{self.name} = {self.value} {self.effect} {self.dtype}"


@dataclass(frozen=True)
class Extent:
    """How far the intermediates of a computation reach.

    Attributes:
        largest, smallest: the largest magnitude, and the smallest that is not zero, to two digits.
        largest_name, smallest_name: the formulas of these intermediates, abbreviated.
    """

    largest: str
    smallest: str
    largest_name: str
    smallest_name: str


def overflowing(
    output: Node, index: tuple[int, ...], inputs: Mapping[str, np.ndarray], dtype: np.dtype
) -> Culprit | None:
    """The first ancestor of an entry that overflows; `None` if none does.

    Args:
        output: the node that the entry is of.
        index: of the entry.
        inputs: input name → its exact values.
        dtype: whose range counts.
    """
    row = limits(dtype)
    # Half an ulp above the largest number is where rounding to nearest gives an infinity.
    largest = arb(row.largest) * (1 + arb(row.unit) / 2)
    with precision(PRECISIONS[0]):
        computed = _Computed(inputs, [output])
        for node, mask in ancestry(output, index, computed.chosen).items():
            for step, balls in computed.steps(node):
                beyond = mask & _each(lambda ball: ball.is_finite() and abs(ball) > largest, balls)
                if beyond.any():
                    return _named(step, balls, _farthest(balls, beyond), OVERFLOWS, dtype)
    return None


def underflowing(
    output: Node, index: tuple[int, ...], inputs: Mapping[str, np.ndarray], dtype: np.dtype
) -> Culprit | None:
    """The first ancestor of an entry whose underflow changes the entry; `None` if there is none.

    Most underflows are harmless (a faint term of a sum), so each is tried: with it flushed to
    zero, and nothing else, the entry must differ by more than a rounding.

    Args:
        output: the node that the entry is of.
        index: of the entry.
        inputs: input name → its exact values.
        dtype: whose range counts: below its smallest normal number, as XLA has it.
    """
    row = limits(dtype)
    tiny = arb(row.smallest_normal)
    with precision(PRECISIONS[0]):
        computed = _Computed(inputs, [output])
        for node, mask in ancestry(output, index, computed.chosen).items():
            balls = computed.values[node]
            below = mask & _each(lambda ball: abs(ball) < tiny and not ball.contains(0), balls)
            if below.any() and computed.changes(output, index, node, below, 2 * row.unit):
                return _named(node, balls, _farthest(balls, below, -1), UNDERFLOWS, dtype)
    return None


def extent(outputs: Sequence[Node], inputs: Mapping[str, np.ndarray]) -> Extent | None:
    """The largest and the smallest nonzero magnitude among all intermediates of some nodes.

    Args:
        outputs: the function's value and its derivative.
        inputs: input name → its exact values.

    Returns:
        The extent; `None` where every intermediate is zero or not finite.
    """
    with precision(PRECISIONS[0]):
        computed = _Computed(inputs, outputs)
        found = []
        for node in nodes.topological(outputs):
            balls = computed.values[node]
            finite = _each(lambda ball: ball.is_finite() and not ball.contains(0), balls)
            if finite.any():
                found += [(node, _farthest(balls, finite, sign)) for sign in (1, -1)]
        if not found:
            return None
        largest, smallest = (_best(found, computed.values, sign) for sign in (1, -1))
        values = [text(abs(computed.values[node][index])) for node, index in (largest, smallest)]
        return Extent(*values, *(abbreviated(*one) for one in (largest, smallest)))


def text(ball: arb) -> str:
    """A number of any magnitude, to two digits: `2.7e347`."""
    return str(ball.mid().str(DIGITS, radius=False)).replace("e+", "e").replace(".0e", "e")


# ---- pieces ----------------------------------------------------------------------------------


class _Computed:
    """Every intermediate of some nodes, in balls.

    Attributes:
        values: node → its balls.
        chosen: condition of a selection → where it holds.
    """

    def __init__(self, inputs: Mapping[str, np.ndarray], outputs: Sequence[Node]) -> None:
        self.inputs = {name: exact_balls(values) for name, values in inputs.items()}
        self.algebra = BallAlgebra()
        self.values: dict[Node, Balls] = {}
        evaluate(outputs, self.inputs, self.algebra, self.values)
        conditions = (node.condition for node in self.values if isinstance(node, nodes.Select))
        self.chosen = {condition: _each(lambda ball: ball > 0, self.values[condition]) for condition in conditions}

    def steps(self, node: Node) -> Iterator[tuple[Node, Balls]]:
        """A node, after the operations of which its scalar expression consists."""
        if isinstance(node, nodes.Map):
            for part in _operations(node.scalar):
                step = nodes.mapped(part, *node.arguments)
                if isinstance(step, nodes.Map):
                    yield step, self.algebra.map(step, [self.values[argument] for argument in step.arguments])
        yield node, self.values[node]

    def changes(self, output: Node, index: tuple[int, ...], node: Node, below: np.ndarray, share: float) -> bool:
        """Whether an entry changes by more than a share of it with some entries of a node at zero."""
        later = depends_on(output, [node])
        known = {other: balls for other, balls in self.values.items() if other not in later}
        known[node] = np.where(below, exact_balls(np.zeros(())), self.values[node])
        [flushed] = evaluate([output], self.inputs, self.algebra, known)
        before, after = self.values[output][index], flushed[index]
        return not abs(after - before) <= share * abs(before)


def _operations(scalar: sp.Expr) -> Iterator[sp.Expr]:
    """The operations inside a scalar expression, innermost first, without the expression itself."""
    for part in sp.postorder_traversal(scalar):
        if part.args and part is not scalar and part.free_symbols & set(SLOTS):
            yield part


def _each(holds: Callable[[arb], bool], balls: Balls) -> np.ndarray:
    return np.asarray(np.frompyfunc(holds, 1, 1)(balls), dtype=bool)


def _farthest(balls: Balls, among: np.ndarray, sign: int = 1) -> tuple[int, ...]:
    """The index of the largest magnitude among some entries, or with sign −1 of the smallest."""
    indices = [tuple(int(k) for k in index) for index in np.argwhere(among)]
    best = indices[0]
    for index in indices[1:]:
        if sign * abs(balls[index]) > sign * abs(balls[best]):
            best = index
    return best


Found = tuple[Node, tuple[int, ...]]


def _best(found: Iterable[Found], values: Mapping[Node, Balls], sign: int) -> Found:
    first, *rest = found
    best = first
    for node, index in rest:
        if sign * abs(values[node][index]) > sign * abs(values[best[0]][best[1]]):
            best = node, index
    return best


def _named(node: Node, balls: Balls, index: tuple[int, ...], effect: str, dtype: np.dtype) -> Culprit:
    return Culprit(abbreviated(node, index), text(balls[index]), effect, np.dtype(dtype).name)
