"""Abbreviations: a formula as far back as there is room, in the notation of a textbook."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

from diffcheck.expression import nodes
from diffcheck.expression.abbreviation import LONGEST, abbreviated
from diffcheck.expression.closed_form import derive_closed_form
from diffcheck.expression.trace import trace
from diffcheck.namespace import array_namespace
from diffcheck.special import logsumexp, relu
from tests.programs import Program, programs


def xp(x: Any) -> Any:
    return array_namespace(x)


@pytest.mark.parametrize(
    ("function", "shapes", "index", "text"),
    [
        (lambda x: xp(x).exp(x), {"x": ()}, (), "exp(x)"),
        (lambda x: xp(x).exp(x), {"x": (4,)}, (3,), "exp(x[3])"),
        (lambda a, b: a * b, {"a": (2, 2), "b": (2, 2)}, (0, 1), "a[0, 1]*b[0, 1]"),
        (lambda x: xp(x).sum(xp(x).exp(x)), {"x": (3,)}, (), "Σ(exp(x[i]), i=0..2)"),
        (lambda x, w: x @ w, {"x": (2, 5), "w": (5, 3)}, (1, 2), "Σ(w[i, 2]*x[1, i], i=0..4)"),
        (lambda x: xp(x).flip(x) * 0.1, {"x": (3,)}, (0,), "0.1*x[2]"),
        (relu, {"x": (3,)}, (1,), "max(x[1], 0)"),
        (lambda x: xp(x).where(x > 0, x, -x), {"x": (3,)}, (1,), "(x[1] if x[1] > 0 else -x[1])"),
        (lambda x: x - logsumexp(x), {"x": (3,)}, (0,), "-max over j of x[j] - log(Σ(exp(-… + x[i]), i=0..2)) + x[0]"),
    ],
)
def test_an_entry_is_written_with_its_numbers(
    function: Callable[..., Any], shapes: dict[str, Any], index: tuple[int, ...], text: str
) -> None:
    """Arguments by name and index, sums with their range, and an ellipsis for what is too long."""
    assert abbreviated(trace(function, shapes).output, index) == text


def test_more_room_says_more() -> None:
    """An ellipsis is opened where there is room for what it stands for."""
    output = trace(lambda x: xp(x).tanh(xp(x).exp(x) * xp(x).sin(x)), {"x": (3,)}).output
    assert [abbreviated(output, (2,), longest) for longest in (8, 15, 60)] == [
        "tanh(…)",
        "tanh(…*…)",
        "tanh(exp(x[2])*sin(x[2]))",
    ]


def test_a_step_that_is_too_long_itself_is_cut() -> None:
    """Its beginning stays."""
    output = trace(lambda x: xp(x).exp(x), {"x": ()}).output
    assert abbreviated(output, (), 4) == "exp…"


def test_what_sympy_would_cancel_stays() -> None:
    """x/x is not 1, nor is an ellipsis divided by another."""
    output = trace(lambda x: xp(x).exp(x + 1) / xp(x).sin(x + 2), {"x": ()}).output
    assert abbreviated(output, (), 3) == "…/…"


def test_a_long_loop_ends_soon() -> None:
    """No more of a deep graph is written than there is room for."""

    def function(x: Any) -> Any:
        for _ in range(300):
            x = xp(x).sin(x) * xp(x).cos(x)
        return x

    assert len(abbreviated(trace(function, {"x": ()}).output, ())) <= LONGEST


@settings(max_examples=15, deadline=None)
@given(program=programs(longest=4))
def test_every_intermediate_has_a_name(program: Program) -> None:
    """Of the value and of the derivative, in one line, never longer than it may be."""
    traced = trace(program, {"x": (2, 2), "y": (2, 2)})
    closed_form = derive_closed_form(traced, ("x", "y"), "R")
    outputs = [traced.output, *(entry for entry in closed_form.entries.values() if entry is not None)]
    for node in nodes.topological(outputs):
        if not node.shape or np.prod(node.shape) > 0:
            text = abbreviated(node, (0,) * len(node.shape))
            assert 0 < len(text) <= LONGEST
            assert "\n" not in text
