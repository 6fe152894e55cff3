"""The tape of a torch run: every operation on what moves, with its arguments as they were and its adjoint."""

from __future__ import annotations

import numpy as np
import torch

from diffcheck.point import Point
from diffcheck.subject import Call, Slot
from diffcheck.tape.torch import torch_tape

POINT = Point({"x": np.array([0.5, 2.0])})


def record(function):
    return torch_tape(Call(function, (Slot("x"),)), POINT, ("x",))


def test_steps_are_in_the_order_of_the_run():
    """What does not move, and what the cotangent does not reach, is no step."""

    def function(x):
        torch.ones(2).exp()
        x.cos()
        return (x * x).exp()

    tape = record(function)
    assert [step.name for step in tape.steps] == ["torch.Tensor.mul", "torch.Tensor.exp"]
    assert [str(step.line).split(",")[0] for step in tape.steps] == ["in `return (x * x).exp()`"] * 2
    assert tape.is_whole


def test_adjoints_are_those_of_the_one_backward_pass():
    """Of the product it is the derivative of the exponential."""
    product, exponential = record(lambda x: (x * x).exp()).steps
    np.testing.assert_array_equal(exponential.adjoint, np.ones(2))
    np.testing.assert_allclose(product.adjoint, np.exp(POINT.arguments["x"] ** 2))
    assert product.wrt == ("x1", "x2")


def test_arguments_are_as_they_were_before_the_call():
    """In place, too."""
    steps = record(lambda x: x.clone().mul_(3)).steps
    assert steps[1].name == "torch.Tensor.mul_"
    np.testing.assert_array_equal(steps[1].arguments[0], [0.5, 2.0])


def test_stops_are_noted_and_judged_by_nobody():
    """A stop is no step."""
    tape = record(lambda x: x.detach() * x)
    assert [stop.name for stop in tape.stops] == ["torch.Tensor.detach"]
    assert [step.name for step in tape.steps] == ["torch.Tensor.mul"]


def test_a_long_run_keeps_the_rules_that_somebody_wrote():
    """And it says that it is not whole."""

    class Same(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x.clone()

        @staticmethod
        def backward(ctx, cotangent):
            return cotangent

    short = record(lambda x: Same.apply(x.exp()).sin()).shortened(2)
    assert [step.name for step in short.steps] == ["Same"]
    assert not short.is_whole
