"""Saved outputs: a backward pass of what a kernel computed is read, and what nobody can follow is not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from scipy.special import expit

import diffcheck as dc
from diffcheck.expression import nodes
from diffcheck.expression.heads import SLOTS
from diffcheck.lift.aten import torch_program
from diffcheck.lift.program import NotLifted
from diffcheck.lift.saved import with_saved_output
from diffcheck.point import Point
from diffcheck.verdict import Verdict

X = nodes.variable("x", (2,))
OUTPUT = nodes.mapped(1 / (1 + SLOTS[0]), X)
POINT = Point({"x": np.array([0.5, -3.0])})


def compiled(slope: Callable[[Any], Any]) -> Callable[..., Any]:
    """A sigmoid that SciPy computes, with a backward pass by hand."""

    class Compiled(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: torch.Tensor) -> torch.Tensor:
            y = torch.from_numpy(expit(x.detach().numpy()))
            ctx.save_for_backward(y)
            return y

        @staticmethod
        def backward(ctx: Any, *cotangents: torch.Tensor) -> torch.Tensor:
            (y,) = ctx.saved_tensors
            return cotangents[0] * slope(y)

    return Compiled.apply


RIGHT = compiled(lambda y: y * (1 - y))


def by_name(x: torch.Tensor) -> torch.Tensor:
    return torch.sigmoid(x)


def test_what_a_kernel_computed_is_held_as_an_input() -> None:
    """So is everything else that the function brings along; of a function that does not depart nothing is."""
    program = torch_program(RIGHT, POINT, ("x",), "R")
    assert [numbers.tolist() for numbers in program.held.values()] == [expit(POINT.arguments["x"]).tolist()]
    assert not torch_program(by_name, POINT, ("x",), "R").held


def test_the_output_takes_the_place_of_what_was_saved() -> None:
    """The backward pass is then one of the arguments; what else is held is a constant."""
    program = torch_program(RIGHT, POINT, ("x",), "R")
    whole = with_saved_output(program, expit(POINT.arguments["x"]), OUTPUT)
    assert whole.value is OUTPUT
    assert not whole.held
    inputs = {node.name for node in nodes.topological(whole.outputs.values()) if isinstance(node, nodes.Input)}
    assert inputs == {"x"}


@pytest.mark.parametrize("function", [lambda x: x + RIGHT(x), lambda x: 2 * RIGHT(x)])
def test_what_goes_on_with_numbers_that_came_back_is_not_known(function: Callable[..., Any]) -> None:
    """Nobody knows how these hang on the arguments."""
    program = torch_program(function, POINT, ("x",), "R")
    with pytest.raises(NotLifted, match="goes on with what comes back"):
        with_saved_output(program, function(torch.tensor(POINT.arguments["x"])).numpy(), OUTPUT)


@pytest.mark.parametrize(
    ("slope", "verdicts"),
    [
        (lambda y: y * (1 - y), {Verdict.AGREES}),
        (lambda y: y * (1 - y) * (1 + 1e-6), {Verdict.WRONG}),
        (lambda y: y * (1 + y), {Verdict.WRONG}),
    ],
)
def test_an_opaque_rule_is_judged_by_what_it_saved(slope: Callable[[Any], Any], verdicts: set[Verdict]) -> None:
    """Where 1 − y keeps no digit its own formula excuses it, and no other."""
    domain = dc.real(3, low=-40, high=40)
    report = dc.check(compiled(slope), domain, definition=torch.sigmoid, backend="torch", modes=["R"], max_examples=30)
    assert {record.judgement.verdict for record in report.records} == verdicts
