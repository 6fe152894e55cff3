"""Influence: no entry moves with a number on which it is said not to hang."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diffcheck import array_namespace as xp
from diffcheck.expression import nodes
from diffcheck.expression.nodes import Node
from diffcheck.expression.trace import trace
from diffcheck.reference.influence import independent_parts, influences
from diffcheck.special import logsumexp, softmax

X = np.arange(6.0).reshape(2, 3) / 7
Function = Callable[..., Any]


def masks_of(node: Node, **inputs: np.ndarray) -> np.ndarray:
    return influences({"node": node}, inputs, tuple(inputs))["node"]


def traced(function: Function) -> Node:
    return trace(function, {"x": X.shape}).output


@pytest.mark.parametrize(
    ("function", "masks"),
    [
        (lambda x: xp(x).sin(x), [[1, 2, 4], [8, 16, 32]]),
        (lambda x: xp(x).sum(x, axis=0), [9, 18, 36]),
        (lambda x: xp(x).max(x, axis=1), [7, 56]),
        (lambda x: xp(x).flip(x, axis=1), [[4, 2, 1], [32, 16, 8]]),
        (lambda x: x[:, :2] @ x[:2, :2], [[11, 19], [25, 26]]),
        (lambda x: xp(x).where(x > 0, 1.0, 2.0), [[1, 2, 4], [8, 16, 32]]),
        (lambda x: x[0, :1] * xp(x).ones((2, 1)), [[1], [1]]),
        (lambda x: xp(x).tril(x), [[1, 0, 0], [8, 16, 0]]),
    ],
)
def test_on_what_entries_hang(function: Function, masks: Any) -> None:
    """Bit k stands for the k-th number; factors of a product of matrices lead on with all that is summed."""
    found = masks_of(traced(function), x=X)
    exact = np.array(masks, dtype=object)
    assert found.shape == exact.shape
    assert all(int(mask) & int(least) == least for mask, least in zip(found.ravel(), exact.ravel(), strict=True))
    assert (found == exact).all() or "@" in str(function) or found.shape == (2, 2)


FUNCTIONS: list[Function] = [
    lambda x: softmax(x, axis=1),
    lambda x: xp(x).cumulative_sum(x[0]),
    lambda x: x @ x.T,
    lambda x: logsumexp(x, axis=0) - xp(x).max(x[:, ::-1], axis=0),
    lambda x: xp(x).linalg.trace(x[:, :2]) * x[1],
    lambda x: xp(x).where(x[0] > x[1], x[0], xp(x).roll(x[1], 1)),
]


@pytest.mark.parametrize("function", FUNCTIONS)
@settings(max_examples=20, deadline=None)
@given(k=st.integers(0, 5), size=st.floats(-3, 3))
def test_what_does_not_hang_on_a_number_stays(function: Function, k: int, size: float) -> None:
    """Whatever becomes of that number."""
    moved = X.copy()
    moved.flat[k] += size
    masks = masks_of(traced(function), x=X)
    changed = np.asarray(function(moved)) != np.asarray(function(X))
    hangs = np.array([bool(int(mask) >> k & 1) for mask in masks.ravel()]).reshape(masks.shape)
    assert not (changed & ~hangs).any()


def test_a_diagonal_and_a_scatter() -> None:
    """Both of a repeated label, and what adds up in one place."""
    square = nodes.variable("x", (2, 2))
    assert masks_of(nodes.scatter(square, np.array([[0, 1], [1, -1]]), (3,)), x=np.eye(2)).tolist() == [1, 6, 0]
    diagonal = trace(lambda x: xp(x).linalg.diagonal(x), {"x": (2, 2)}).output
    assert masks_of(diagonal, x=np.eye(2)).tolist() == [1, 8]


@pytest.mark.parametrize(
    ("masks", "parts"),
    [
        ([], []),
        ([1, 2, 4], [[0], [1], [2]]),
        ([1, 2, 3], [[0, 1, 2]]),
        ([1, 2, 1, 6, 8], [[0, 2], [1, 3], [4]]),
        ([0, 0, 1], [[0], [1], [2]]),
    ],
)
def test_parts_share_no_number(masks: list[int], parts: list[list[int]]) -> None:
    """Directly, or by others."""
    assert sorted(independent_parts(masks)) == parts
