"""Evaluation: every node kind in every arithmetic, each node once, operands first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
import sympy as sp

from diffcheck.expression import nodes, numeric, sums
from diffcheck.expression.evaluate import Algebra, evaluate
from diffcheck.expression.explicit import explicit
from diffcheck.expression.heads import SLOTS
from diffcheck.expression.nodes import Node
from diffcheck.reference.ball import BallAlgebra, exact_balls
from diffcheck.reference.range import in_range
from diffcheck.reference.rounded import Arithmetic
from diffcheck.reference.rounding import propagate

A, B = SLOTS[:2]


def einsum(factors: Any, output: Any, sizes: Any = None) -> Any:
    """`sums.einsum` with letters for labels."""
    return sums.einsum(factors, output, sizes)


X = nodes.variable("x", (2, 3))
V = nodes.variable("v", (3,))
ARRAYS = {"x": np.array([[1.0, -2.0, 3.0], [0.5, 4.0, -0.25]]), "v": np.array([2.0, -1.0, 0.5])}

# One node of each kind, beside what NumPy says it is.
KINDS: list[tuple[Node, Any]] = [
    (X, ARRAYS["x"]),
    (nodes.filled(0.1, (2,)), np.full(2, 0.1)),
    (nodes.constant(np.array([1.0, 2.0])), np.array([1.0, 2.0])),
    (nodes.delta(3), np.eye(3)),
    (nodes.mapped(A**2 - B, X, einsum([(V, "j")], "ij", {"i": 2})), ARRAYS["x"] ** 2 - ARRAYS["v"]),
    (einsum([(X, "ij"), (V, "j")], "i"), ARRAYS["x"] @ ARRAYS["v"]),
    (einsum([(V, "j")], "jk", {"k": 2}), np.stack([ARRAYS["v"]] * 2, 1)),
    (einsum([(V, "j")], "", {"k": 2}), 2 * ARRAYS["v"].sum()),
    (nodes.maximum(X, (1,)), ARRAYS["x"].max(1)),
    (nodes.maximum(X, (0, 1)), ARRAYS["x"].max()),
    (nodes.winner(X, (1,)), np.array([[0.0, 0, 1], [0, 1, 0]])),
    (nodes.gather(X, np.array([[5, -1], [0, 0]])), np.array([[-0.25, 0], [1, 1]])),
    (nodes.scatter(X, np.array([[0, 0, 1], [-1, 3, 3]]), (2, 2)), np.array([[-1, 3], [0, 3.75]])),
    (
        nodes.select(nodes.constant(np.array([1, 0, 1])), V, nodes.filled(7, (3,))),
        np.array([2.0, 7.0, 0.5]),
    ),
]
every_kind = pytest.mark.parametrize(
    ("node", "expected"), KINDS, ids=[f"{k} {type(node).__name__}" for k, (node, _) in enumerate(KINDS)]
)


def test_there_is_an_example_of_every_kind() -> None:
    """A new kind of node gets a row here."""
    kinds = {kind for kind in vars(nodes).values() if isinstance(kind, type) and issubclass(kind, Node)}
    assert kinds - {Node} == {type(node) for node, _ in KINDS}


@every_kind
def test_balls_contain_what_numpy_says(node: Node, expected: Any) -> None:
    """The exact result lies in the ball, which is as narrow as the precision."""
    [found] = evaluate([node], {name: exact_balls(array) for name, array in ARRAYS.items()}, BallAlgebra())
    assert found.shape == node.shape == np.shape(expected)
    for ball, value in zip(found.ravel(), np.ravel(expected), strict=True):
        assert abs(float(ball) - value) <= 1e-15
        assert ball.rad() < 1e-14


@every_kind
def test_rounding_and_range_are_centred_on_the_value(node: Node, expected: Any) -> None:
    """Both arithmetics of floats give NumPy's value, in the node's shape."""
    [rounded], _ = propagate([node], ARRAYS, Arithmetic.of("float64"))
    [ranged] = in_range([node], ARRAYS, np.dtype("float64"))
    for value in (rounded.value, ranged.value):
        assert np.shape(value) == node.shape
        np.testing.assert_allclose(value, expected, rtol=1e-15)
    assert np.shape(rounded.sigma) == np.shape(rounded.worst) == node.shape
    assert not ranged.left.any()


@every_kind
def test_explicit_entries_are_the_same_numbers(node: Node, expected: Any) -> None:
    """Written out and with numbers put in; decisions by their balls."""
    inputs = {name: _fractions(array) for name, array in ARRAYS.items()}
    [written] = explicit([node], inputs)
    assert written.shape == node.shape
    for entry, value in zip(written.ravel(), np.ravel(expected), strict=True):
        assert abs(_number(entry) - value) <= 1e-15


def _fractions(array: np.ndarray) -> np.ndarray:
    return np.vectorize(nodes.exact, otypes=[object])(array)


def _number(entry: sp.Expr) -> float:
    decided = entry.replace(lambda part: type(part).__name__ == "choose", lambda *a: a[0])
    if decided.func.__name__ == "choose":
        condition, chosen, other = decided.args
        return _number(chosen if condition != 0 else other)
    return float(numeric.value(decided, []))


# --- the walk -------------------------------------------------------------------------------------


class Counting(BallAlgebra):
    """Counts the maps that are evaluated."""

    def __init__(self) -> None:
        super().__init__()
        self.maps = 0

    def map(self, node: nodes.Map, arguments: Sequence[np.ndarray]) -> np.ndarray:
        self.maps += 1
        return super().map(node, arguments)


def test_each_node_is_evaluated_once() -> None:
    """However often it is used, and also if it is asked for twice."""
    shared = nodes.mapped(sp.exp(A), V)
    top = nodes.mapped(A * B, shared, nodes.mapped(sp.sin(A), shared))
    algebra = Counting()
    first, _second, third = evaluate([top, shared, top], {"v": exact_balls(ARRAYS["v"])}, algebra)
    assert algebra.maps == 3
    assert first is third


def test_what_is_known_already_is_not_evaluated_again() -> None:
    """A graph that grows, such as a loop that is being traced, is evaluated once."""
    known: dict[Node, np.ndarray] = {}
    inputs = {"v": exact_balls(ARRAYS["v"])}
    first = nodes.mapped(sp.exp(A), V)
    evaluate([first], inputs, BallAlgebra(), known)
    algebra = Counting()
    evaluate([nodes.mapped(sp.sin(A), first)], inputs, algebra, known)
    assert algebra.maps == 1


def test_a_graph_may_be_deeper_than_the_stack() -> None:
    """Five thousand additions in a row."""
    node: Node = V
    for _ in range(5_000):
        node = nodes.mapped(A + B, node, V)
    [found] = evaluate([node], {"v": exact_balls(ARRAYS["v"])}, BallAlgebra())
    assert [float(ball) for ball in found] == [10002.0, -5001.0, 2500.5]


def test_a_kind_of_node_that_nobody_knows_is_refused() -> None:
    """With its name."""

    class Stranger(Node):
        pass

    algebra: Algebra[np.ndarray] = BallAlgebra()
    with pytest.raises(TypeError, match="no rule for a Stranger node"):
        evaluate([Stranger(())], {}, algebra)
