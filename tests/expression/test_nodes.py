"""Nodes: shared, and simplified only where that changes no number and no rounding."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st

from diffcheck.expression import nodes, sums
from diffcheck.expression.heads import SLOTS
from diffcheck.expression.nodes import Node

A, B = SLOTS[:2]
X = nodes.variable("x", (2, 3))
Y = nodes.variable("y", (2, 3))
V = nodes.variable("v", (3,))


# --- sharing --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "build",
    [
        lambda: nodes.variable("x", (2,)),
        lambda: nodes.filled(0.1, (2,)),
        lambda: nodes.constant(np.array([1.0, 2.0])),
        lambda: nodes.delta(3),
        lambda: nodes.mapped(sp.exp(A), X),
        lambda: sums.einsum([(X, (0, 1)), (V, (1,))], (0,)),
        lambda: nodes.maximum(X, (1,)),
        lambda: nodes.winner(X, (1,)),
        lambda: nodes.gather(V, np.array([2, 0, -1])),
        lambda: nodes.scatter(V, np.array([0, 0, 1]), (2,)),
        lambda: nodes.select(nodes.mapped(A - B, X, Y), X, Y),
    ],
)
def test_equal_content_is_the_same_object(build: Any) -> None:
    """Whoever builds a node twice gets one node, so that it can be compared by identity."""
    first = build()
    assert build() is first


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (nodes.variable("x", (2,)), nodes.variable("x", (3,))),
        (nodes.variable("x", (2,)), nodes.variable("y", (2,))),
        (nodes.filled(1, (2,)), nodes.filled(1, (3,))),
        (nodes.constant(np.array([1.0, 2.0])), nodes.constant(np.array([2.0, 1.0]))),
        (nodes.constant(np.array([[1.0, 2.0]])), nodes.constant(np.array([1.0, 2.0]))),
        (nodes.constant(np.array([1, 2])), nodes.constant(np.array([1.0, 2.0]))),
        (nodes.maximum(X, (0,)), nodes.maximum(X, (1,))),
        (nodes.gather(V, np.array([0, 1])), nodes.gather(V, np.array([[0, 1]]))),
        (nodes.mapped(A - B, X, Y), nodes.mapped(A - B, Y, X)),
    ],
)
def test_different_content_is_never_shared(one: Node, other: Node) -> None:
    """A shape, a name, an order or a dtype makes another node."""
    assert one is not other


# --- numbers --------------------------------------------------------------------------------------


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_float_is_the_fraction_it_exactly_is(number: float) -> None:
    """0.1 stands for 3602879701896397/2^55 and not for one tenth."""
    assert nodes.exact(number) == sp.Rational(*number.as_integer_ratio())


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (True, 1),
        (np.int64(7), 7),
        (np.float32(0.1), sp.Rational(13421773, 2**27)),
        (float("inf"), sp.oo),
        (-np.inf, -sp.oo),
        (float("nan"), sp.nan),
        (sp.Float(0.5) * sp.pi, sp.pi / 2),
    ],
)
def test_other_numbers_are_exact_too(number: Any, expected: Any) -> None:
    """Booleans, NumPy's numbers, infinities and SymPy's own floats."""
    assert nodes.exact(number) == expected


@pytest.mark.parametrize("values", [np.ones((2, 3)), np.zeros(2), np.array(4.0), np.array([True, True])])
def test_a_uniform_array_is_one_number(values: np.ndarray) -> None:
    """It is filled with its first entry, whatever its shape."""
    node = nodes.constant(values)
    assert isinstance(node, nodes.Filled)
    assert node.shape == values.shape
    assert float(node.number) == float(values.flat[0])


def test_a_constant_is_a_copy_that_cannot_be_written() -> None:
    """What the caller does to an array later changes nothing."""
    values = np.array([1.0, 2.0])
    node = nodes.constant(values)
    values[0] = 5
    assert isinstance(node, nodes.Constant)
    assert node.values.tolist() == [1.0, 2.0]
    with pytest.raises(ValueError, match="read-only"):
        node.values[0] = 3


def test_an_empty_constant_is_allowed() -> None:
    """It has no first entry to be filled with."""
    assert nodes.constant(np.zeros((0, 3))).shape == (0, 3)


# --- maps -----------------------------------------------------------------------------------------


def test_numbers_are_put_into_a_map() -> None:
    """2·3 is 6, and x + 0·y needs no y."""
    two, three = nodes.filled(2, (2, 3)), nodes.filled(3, (2, 3))
    assert nodes.mapped(A * B, two, three) is nodes.filled(6, (2, 3))
    assert nodes.mapped(A + B * SLOTS[2], X, nodes.filled(0, (2, 3)), Y) is X


@pytest.mark.parametrize("scalar", [A - B, A / B, sp.atan2(A, B)], ids=str)
def test_an_operand_never_cancels_itself(scalar: sp.Expr) -> None:
    """x/x has a hole at 0 and x − x rounds: both keep two operands."""
    node = nodes.mapped(scalar, X, X)
    assert isinstance(node, nodes.Map)
    assert node.arguments == (X, X)


@pytest.mark.parametrize(("scalar", "kept"), [(A * B, A**2), (A + B, 2 * A), (A**2 * B, A**3)])
def test_an_operand_used_twice_is_kept_once_where_nothing_cancels(scalar: sp.Expr, kept: sp.Expr) -> None:
    """x·x is x²."""
    node = nodes.mapped(scalar, X, X)
    assert isinstance(node, nodes.Map)
    assert (node.scalar, node.arguments) == (kept, (X,))


@pytest.mark.parametrize(
    ("scalar", "number"), [(1 / A, 0), (sp.log(A), 0), (sp.log(A), -1), (sp.sqrt(A), -1), (1 / A, sp.nan)]
)
def test_poles_and_complex_numbers_are_not_folded(scalar: sp.Expr, number: Any) -> None:
    """SymPy would make zoo, iπ or i of them, which are no numbers of any dtype."""
    node = nodes.mapped(scalar, nodes.filled(number))
    assert isinstance(node, nodes.Map)
    assert node.scalar == scalar


def test_an_infinity_does_not_swallow_an_operand() -> None:
    """x + ∞ still depends on x; ∞ alone is folded."""
    infinite = nodes.filled(float("inf"), (2, 3))
    assert nodes.mapped(A + B, X, infinite).operands == (X, infinite)
    assert nodes.mapped(-A, infinite) is nodes.filled(-np.inf, (2, 3))


# --- positions ------------------------------------------------------------------------------------


def test_gathers_of_gathers_become_one() -> None:
    """Positions compose; −1 stays the number zero."""
    inner = nodes.gather(V, np.array([2, -1, 0]))
    outer = nodes.gather(inner, np.array([[0, 1], [-1, 2]]))
    assert isinstance(outer, nodes.Gather)
    assert outer.source is V
    assert outer.index.positions.tolist() == [[2, -1], [-1, 0]]


def test_a_gather_of_everything_in_order_is_the_source() -> None:
    """Only with the same shape: a reshape is a gather."""
    assert nodes.gather(X, np.arange(6).reshape(2, 3)) is X
    assert isinstance(nodes.gather(X, np.arange(6).reshape(3, 2)), nodes.Gather)


def test_a_gather_of_one_number_is_that_number_unless_it_pads() -> None:
    """Where −1 brings in a zero, positions matter."""
    ones = nodes.filled(1, (3,))
    assert nodes.gather(ones, np.array([0, 0])) is nodes.filled(1, (2,))
    assert isinstance(nodes.gather(ones, np.array([0, -1])), nodes.Gather)


def test_positions_cannot_be_written() -> None:
    """They are a key: equal positions are the same index."""
    index = nodes.StaticIndex(np.array([1, 2]))
    assert index == nodes.StaticIndex(np.array([1, 2]))
    assert hash(index) == hash(nodes.StaticIndex(np.array([1, 2])))
    assert index != nodes.StaticIndex(np.array([[1, 2]]))
    with pytest.raises(ValueError, match="read-only"):
        index.positions[0] = 0


# --- selections and order -------------------------------------------------------------------------


def test_a_constant_condition_selects_now() -> None:
    """So does a choice between a thing and itself."""
    condition = nodes.mapped(A - B, X, Y)
    assert nodes.select(nodes.filled(1, (2, 3)), X, Y) is X
    assert nodes.select(nodes.filled(0, (2, 3)), X, Y) is Y
    assert nodes.select(condition, X, X) is X
    assert nodes.select(condition, X, Y).operands == (condition, X, Y)


def test_operands_come_first_and_each_node_once() -> None:
    """An order to evaluate in, shared parts included."""
    shared = nodes.mapped(sp.exp(A), X)
    top = nodes.mapped(A * B, shared, nodes.mapped(A + B, shared, Y))
    order = nodes.topological([top, shared])
    assert len(order) == len(set(order)) == 5
    places = {node: place for place, node in enumerate(order)}
    assert all(places[operand] < places[node] for node in order for operand in node.operands)


def test_a_graph_may_be_deeper_than_the_stack() -> None:
    """A loop of many thousand steps is walked without recursion."""
    node: Node = V
    for _ in range(20_000):
        node = nodes.mapped(sp.sin(A), node)
    assert len(nodes.topological([node])) == 20_001
