"""Ancestry: an entry's ancestors are what its number can depend on, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diffcheck.expression import nodes
from diffcheck.expression.evaluate import evaluate
from diffcheck.expression.trace import trace
from diffcheck.namespace import array_namespace
from diffcheck.reference.ancestry import ancestry
from diffcheck.reference.rounded import Arithmetic, exact
from diffcheck.reference.rounding import RoundingAlgebra
from tests.programs import Program, programs


def xp(x: Any) -> Any:
    return array_namespace(x)


def ancestors(function: Callable[..., Any], shape: tuple[int, ...], index: tuple[int, ...]) -> Any:
    """Which entries of the argument an entry of the function is computed from."""
    traced = trace(function, {"x": shape})
    found = ancestry(traced.output, index, {})
    return found.get(traced.inputs["x"], np.zeros(shape, dtype=bool)).tolist()


@pytest.mark.parametrize(
    ("function", "shape", "index", "expected"),
    [
        (lambda x: xp(x).exp(x), (3,), (1,), [False, True, False]),
        (lambda x: xp(x).flip(x), (3,), (0,), [False, False, True]),
        (lambda x: xp(x).sum(x), (3,), (), [True] * 3),
        (lambda x: xp(x).sum(x, axis=1), (2, 2), (1,), [[False, False], [True, True]]),
        (lambda x: xp(x).max(x, axis=0), (2, 2), (1,), [[False, True], [False, True]]),
        (lambda x: x.T, (2, 3), (2, 0), [[False, False, True], [False, False, False]]),
        (lambda x: xp(x).linalg.diagonal(x), (2, 2), (1,), [[False, False], [False, True]]),
        (lambda x: xp(x).linalg.trace(x), (2, 2), (), [[True, False], [False, True]]),
        (lambda x: xp(x).tril(x), (2, 2), (0, 1), [[False, False], [False, False]]),
        (lambda x: x[1:], (3,), (0,), [False, True, False]),
        (lambda x: xp(x).sum(x) + xp(x).zeros(3), (2,), (2,), [True, True]),
        (lambda x: x @ x, (2, 2), (0, 1), [[True, True], [False, True]]),
    ],
)
def test_an_entry_has_its_own_ancestors(
    function: Callable[..., Any], shape: tuple[int, ...], index: tuple[int, ...], expected: Any
) -> None:
    """Through maps, sums, choices and rearrangements."""
    assert ancestors(function, shape, index) == expected


def test_a_branch_that_is_not_taken_is_no_ancestor() -> None:
    """Where the condition is known; else both are."""
    traced = trace(lambda x: xp(x).where(x[:2] > 0, x[:2], x[1:]), {"x": (3,)})
    x = traced.inputs["x"]
    [choice] = [node for node in nodes.topological([traced.output]) if isinstance(node, nodes.Select)]
    assert ancestry(traced.output, (0,), {})[x].tolist() == [True, True, False]
    assert ancestry(traced.output, (1,), {choice.condition: np.array([True, True])})[x].tolist() == [False, True, False]
    assert ancestry(traced.output, (1,), {choice.condition: np.array([True, False])})[x].tolist() == [False, True, True]


@settings(max_examples=20, deadline=None)
@given(program=programs(longest=3), row=st.integers(0, 1), column=st.integers(0, 1), seed=st.integers(0, 99))
def test_what_is_no_ancestor_changes_nothing(program: Program, row: int, column: int, seed: int) -> None:
    """Other entries of the arguments may be any number: the entry stays, to the last bit."""
    traced = trace(program, {"x": (2, 2), "y": (2, 2)})
    if len(traced.output.shape) != 2:
        return
    index = (min(row, traced.output.shape[0] - 1), min(column, traced.output.shape[1] - 1))
    found = ancestry(traced.output, index, {})
    random = np.random.default_rng(seed)

    def value(moved: bool) -> Any:
        inputs = {}
        for name, node in traced.inputs.items():
            given = np.random.default_rng(1).standard_normal(node.shape)
            keep = found.get(node, np.zeros(node.shape, dtype=bool))
            inputs[name] = exact(np.where(keep | (not moved), given, random.standard_normal(node.shape)))
        with np.errstate(all="ignore"):
            return evaluate([traced.output], inputs, RoundingAlgebra(Arithmetic.of(float)))[0].value[index]

    np.testing.assert_array_equal(value(moved=False), value(moved=True))
