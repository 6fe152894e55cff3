"""Decisions: which signs are open, and what follows from answering them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from diffcheck.expression.evaluate import evaluate
from diffcheck.expression.nodes import Node
from diffcheck.expression.trace import trace
from diffcheck.namespace import array_namespace
from diffcheck.reference.ball import BallAlgebra, exact_balls
from diffcheck.reference.decisions import Tie, all_choices, branches, decisions_in
from diffcheck.special import relu
from tests.judging import referred


def xp(x: Any) -> Any:
    return array_namespace(x)


def absolute(x: Any) -> Any:
    return xp(x).abs(x)


def ties_of(function: Callable[..., Any], x: Any) -> tuple[Tie, ...]:
    """The open decisions of a function's derivative."""
    reference = referred(function, {"x": x})
    return reference.cells().ties


@pytest.mark.parametrize(
    ("function", "x", "options"),
    [
        (relu, 0.0, [2]),
        (absolute, 0.0, [2]),
        (lambda x: xp(x).where(x > 0, x, 0), 0.0, [2]),
        (lambda x: relu(x) - relu(-x), 0.0, [2, 2]),
        (lambda x: relu(x) + absolute(x), 0.0, [2, 2]),
        (lambda x: xp(x).sum(absolute(x)), [0.0, 1.0, 0.0], [2, 2]),
        (lambda x: xp(x).max(x), [2.0, 2.0, 1.0, 2.0], [3]),
        (lambda x: xp(x).sum(xp(x).max(x, axis=1)), [[2.0, 2.0], [1.0, 3.0], [5.0, 5.0]], [2, 2]),
        (relu, 1.0, []),
        (relu, 5e-324, []),
        (lambda x: xp(x).max(x), [2.0, 2.0 + 1e-15], []),
    ],
)
def test_what_is_open(function: Callable[..., Any], x: Any, options: list[int]) -> None:
    """Each primitive, each entry and each group of equal entries decides for itself; clear signs are not asked."""
    assert [tie.options for tie in ties_of(function, x)] == options


def test_the_same_decision_is_asked_once() -> None:
    """relu(x)·relu(x) has one kink, however often its sign is used."""
    assert len(ties_of(lambda x: relu(x) + 3 * relu(x), 0.0)) == 1


def test_all_choices_are_all() -> None:
    """No and yes, or which of the rivals."""
    ties = ties_of(lambda x: xp(x).max(x) + relu(x[0] - 2), [2.0, 2.0, 2.0])
    assert branches(ties) == 6
    assert len({tuple(choices.values()) for choices in all_choices(ties)}) == 6
    assert list(all_choices(())) == [{}]
    assert branches(()) == 1


def test_decisions_within_decisions_come_first() -> None:
    """where(relu(x) > 0, …): the inner sign is answered before the outer one."""
    traced = trace(lambda x: xp(x).where(relu(x) > 1, x, 2 * x), {"x": ()})
    found = [part for node in _maps(traced.output) for part in decisions_in(node)]
    assert found
    for k, outer in enumerate(found):
        assert not any(outer in inner.args for inner in found[:k])


def _maps(node: Node) -> list[Any]:
    inner = [scalar for operand in node.operands for scalar in _maps(operand)]
    return [*inner, node.scalar] if hasattr(node, "scalar") else inner


@pytest.mark.parametrize(
    ("function", "x", "chosen", "slope"),
    [
        (relu, 0.0, (0,), [0.0]),
        (relu, 0.0, (1,), [1.0]),
        (absolute, 0.0, (0,), [-1.0]),
        (absolute, 0.0, (1,), [1.0]),
        (lambda x: relu(x) - relu(-x), 0.0, (0, 0), [0.0]),
        (lambda x: relu(x) - relu(-x), 0.0, (1, 1), [2.0]),
        (lambda x: xp(x).max(x), [2.0, 2.0, 2.0], (1,), [0.0, 1.0, 0.0]),
    ],
)
def test_a_choice_decides(function: Callable[..., Any], x: Any, chosen: tuple[int, ...], slope: list[float]) -> None:
    """One branch instead of the hull of both."""
    cells = referred(function, {"x": x}).cells()
    [arrays] = [arrays for choices, arrays in cells.derivatives or () if tuple(choices.values()) == chosen]
    assert arrays["x"].ravel().tolist() == slope


def test_a_tie_that_is_not_open_is_decided_as_the_program_decides_it() -> None:
    """A condition on what does not move is no kink: where(0 > 0, …) takes the other branch."""
    traced = trace(lambda x: xp(x).where(x > 0, x + 1, 2 * x - 3), {"x": ()})
    conditions = frozenset(node for node in _below(traced.output) if hasattr(node, "scalar"))
    inputs = {"x": exact_balls(np.array(0.0))}
    assert _value(traced.output, BallAlgebra(), inputs) == (-3.0, -3.0)
    low, high = _value(traced.output, BallAlgebra(conditions), inputs)
    assert (low, high) == pytest.approx((-3.0, 1.0))


def _below(node: Node) -> list[Node]:
    return [node, *(below for operand in node.operands for below in _below(operand))]


def _value(node: Node, algebra: BallAlgebra, inputs: Any) -> tuple[float, float]:
    [array] = evaluate([node], inputs, algebra)
    ball = array.item()
    return float(ball.lower()), float(ball.upper())


def test_rounding_opens_decisions() -> None:
    """relu(x − 0.1) at float32(0.1): clear in exact numbers, open within rounding."""
    reference = referred(lambda x: relu(x - 0.1), {"x": [0.1, 5.0]}, "float32")
    assert reference.cells().ties == ()
    assert [tie.index for tie in reference.nearby.cells.ties] == [0]
