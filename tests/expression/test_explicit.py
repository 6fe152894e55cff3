"""Explicit entries: a graph at small sizes, one SymPy scalar per entry, equal to what the graph computes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import sympy as sp
from flint import arb
from hypothesis import given, settings

from diffcheck.expression import heads, nodes
from diffcheck.expression.derive import pullback
from diffcheck.expression.evaluate import evaluate
from diffcheck.expression.explicit import choose, entry_symbol, entry_symbols, explicit
from diffcheck.expression.functions import NotCovered
from diffcheck.expression.heads import SLOTS
from diffcheck.expression.nodes import Node
from diffcheck.expression.scalar import fold
from diffcheck.expression.trace import trace
from diffcheck.namespace import array_namespace
from diffcheck.reference.ball import BallAlgebra, BallRules, exact_balls
from diffcheck.reference.precision import precision
from tests.programs import Program, matrices, programs

BITS = 256


def written(function: Any, **shapes: Any) -> list[str]:
    """The entries of a function."""
    [array] = explicit([trace(function, shapes).output])
    return [str(entry) for entry in array.ravel()]


# --- names ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("index", "name"), [((), "x"), ((0,), "x_0"), ((1, 12), "x_1_12")])
def test_an_entry_has_the_name_of_its_place(index: tuple[int, ...], name: str) -> None:
    """A real symbol, so that SymPy may use that |x|² is x²."""
    symbol = entry_symbol("x", index)
    assert str(symbol) == name
    assert symbol.is_real


def test_an_array_of_symbols_has_its_shape() -> None:
    """Also without axes, and with none of them long."""
    assert entry_symbols("x", ()).shape == ()
    assert entry_symbols("x", (0, 2)).shape == (0, 2)
    assert entry_symbols("x", (2, 1)).tolist() == [[sp.Symbol("x_0_0", real=True)], [sp.Symbol("x_1_0", real=True)]]


# --- what is written ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("function", "shapes", "expected"),
    [
        (lambda x: 5 * x**2 - 4 * x, {"x": ()}, ["5*x**2 - 4*x"]),
        (lambda x: x @ x, {"x": (2,)}, ["x_0**2 + x_1**2"]),
        (lambda x: x.T, {"x": (2, 1)}, ["x_0_0", "x_1_0"]),
        (lambda x: array_namespace(x).max(x), {"x": (3,)}, ["larger(larger(x_0, x_1), x_2)"]),
        (lambda x: array_namespace(x).tril(x), {"x": (2, 2)}, ["x_0_0", "0", "x_1_0", "x_1_1"]),
        (lambda x: array_namespace(x).where(x > 0, x, 2 * x), {"x": ()}, ["choose(greater(x, 0), x, 2*x)"]),
        (lambda x: array_namespace(x).sum(x * np.array([1.0, 0.5])), {"x": (2,)}, ["x_0 + x_1/2"]),
        (lambda x: array_namespace(x).eye(2) @ x, {"x": (2,)}, ["x_0", "x_1"]),
        (lambda x: array_namespace(x).relu(x) + 0.25, {"x": ()}, ["relu(x) + 1/4"]),
        (lambda x: array_namespace(x).cumulative_sum(x), {"x": (2,)}, ["x_0", "x_0 + x_1"]),
    ],
)
def test_a_function_is_written_entry_by_entry(function: Any, shapes: Any, expected: list[str]) -> None:
    """Kinked functions stay named, floats become the fractions they are."""
    assert written(function, **shapes) == expected


def test_a_winner_is_above_every_other() -> None:
    """As a product of steps, one for each rival; alone it always wins."""
    x = nodes.variable("x", (3,))
    [found] = explicit([nodes.winner(x, (0,))])
    assert str(found[1]) == "step(-x_0 + x_1)*step(x_1 - x_2)"
    [alone] = explicit([nodes.winner(nodes.variable("y", (1,)), (0,))])
    assert alone.tolist() == [1]


def test_several_nodes_are_written_at_once() -> None:
    """With the same symbols, or with what is given for them."""
    x = nodes.variable("x", ())
    square = nodes.mapped(SLOTS[0] ** 2, x)
    symbol = sp.Symbol("t")
    first, second = explicit([square, x], {"x": np.array(symbol, object)})
    assert (first.item(), second.item()) == (symbol**2, symbol)


# --- the same numbers as the graph ----------------------------------------------------------------


def in_balls(entry: sp.Expr, numbers: dict[sp.Symbol, arb]) -> arb:
    """A written entry at numbers; a choice is made by its condition, and what is not chosen is not looked at."""
    choices: dict[sp.Expr, arb] = dict(numbers)
    for choice in sorted(entry.atoms(choose), key=lambda part: len(list(sp.preorder_traversal(part)))):
        condition, chosen, other = choice.args
        decision = _folded(condition, choices)
        if decision.is_exact():
            choices[choice] = _folded(chosen if decision != 0 else other, choices)
        else:
            choices[choice] = _folded(chosen, choices).union(_folded(other, choices))
    return _folded(entry, choices)


def _folded(expression: sp.Expr, leaves: dict[sp.Expr, arb]) -> arb:
    found = fold(expression, leaves, BallRules(BallAlgebra(), nodes.filled(0)))
    return found if isinstance(found, arb) else found.item()


@settings(max_examples=80)
@given(program=programs(longest=3), point=matrices(largest=4))
def test_written_entries_are_what_the_graph_computes(program: Program, point: dict[str, np.ndarray]) -> None:
    """Of a random program and of its gradient: overlapping balls at the same numbers.

    SymPy may cancel what the graph keeps (0·∞), so only entries that are finite are compared.
    """
    cut = {name: array[:2, :2] for name, array in point.items()}
    traced = trace(program, {name: array.shape for name, array in cut.items()})
    gradients = pullback(traced.output, nodes.filled(1, traced.output.shape), traced.inputs.values())
    outputs: list[Node] = [traced.output, *(node for node in gradients.values() if node is not None)]
    with precision(BITS):
        inputs = {name: exact_balls(array) for name, array in cut.items()}
        computed = evaluate(outputs, inputs, BallAlgebra())
        numbers = {
            symbol: ball
            for name, balls in inputs.items()
            for symbol, ball in zip(entry_symbols(name, balls.shape).ravel(), balls.ravel(), strict=True)
        }
        for array, balls in zip(explicit(outputs), computed, strict=True):
            for entry, ball in zip(array.ravel(), balls.ravel(), strict=True):
                _compare(entry, ball, numbers)


def _compare(entry: sp.Expr, ball: arb, numbers: dict[sp.Symbol, arb]) -> None:
    try:
        there = in_balls(entry, numbers)
    except NotCovered:
        assert entry.has(sp.zoo, sp.nan, sp.I) or not ball.is_finite()
        return
    assert ball.overlaps(there) or not ball.is_finite() or not there.is_finite(), f"{ball} is not {there}: {entry}"


def test_a_difference_would_be_seen() -> None:
    """Another expression does not overlap."""
    x = sp.Symbol("x", real=True)
    with pytest.raises(AssertionError), precision(BITS):
        _compare(x**2 + sp.Rational(1, 10**20), arb(4), {x: arb(2)})


def test_decisions_are_never_folded_away() -> None:
    """A kinked function of a symbol keeps its name, in value and derivative."""
    x = nodes.variable("x", ())
    for head in (heads.relu, heads.absolute, heads.signum, heads.floored, heads.rounded):
        [entry] = explicit([nodes.mapped(head(SLOTS[0]), x)])
        assert entry.item().func is head
