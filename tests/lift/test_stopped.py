"""A stopped gradient is part of a torch function; what a rule does within its forward is not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from diffcheck.lift.primal import primal
from diffcheck.lift.stopped import Marked
from diffcheck.point import Point
from diffcheck.reference.reference import refer


class Subject:
    """A torch function as the reference takes it."""

    def __init__(self, function):
        self.function = function

    def traced_at(self, point, beside):
        return primal(self.function, "torch", point)


class Kernel(torch.autograd.Function):
    """Works on tensors that carry no gradient, as many forwards do."""

    @staticmethod
    def forward(ctx, x):
        with torch.enable_grad():
            y = x.detach() * 1.0
        with torch.no_grad():
            z = x.data + y
        return z.detach() * x

    @staticmethod
    def backward(ctx, cotangent):
        return cotangent


def no_grad(x):
    with torch.no_grad():
        y = x * x
    return x * y


def no_grad_and_on_again(x):
    with torch.no_grad():
        y = x * x
        with torch.enable_grad():
            z = x * x
    return z + y


def in_place(x):
    y = x.clone()
    y += x.detach()
    return y * x


FUNCTIONS = {
    "detach": (lambda x: x * x.detach(), 3.0),
    "data": (lambda x: x * x.data, 3.0),
    "no_grad": (no_grad, 9.0),
    "on again": (no_grad_and_on_again, 6.0),
    "straight through": (lambda x: x * x + (torch.round(x) - x * x).detach(), 6.0),
    "in place": (in_place, 9.0),
    "nothing": (lambda x: x * x, 6.0),
}

RULES = {
    "within a rule": (Kernel.apply, 12.0),
    "after a rule": (lambda x: Kernel.apply(x) + x * x.detach(), 15.0),
}


def assert_derivative_at_3(function, derivative):
    subject: Any = Subject(function)
    reference = refer(subject, Point({"x": np.array(3.0)}), ("x",))
    assert reference.lower["x"] <= derivative <= reference.upper["x"]


@pytest.mark.parametrize(("function", "derivative"), FUNCTIONS.values(), ids=FUNCTIONS)
def test_what_stops_gradients_is_read(function, derivative):
    """The derivative at 3 is the one that torch itself gives."""
    assert_derivative_at_3(function, derivative)
    x = torch.tensor(3.0, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.grad(function(x), x)[0] == derivative


@pytest.mark.parametrize(("function", "derivative"), RULES.values(), ids=RULES)
def test_a_rule_is_judged_by_its_forward(function, derivative):
    """Gradients are off in there anyway: what it detaches is no part of the function."""
    assert_derivative_at_3(function, derivative)


def test_values_stay_what_they_are():
    """A mark changes no number, and switches are as before."""
    x = torch.tensor([1.0, 2.0])
    for function, _ in FUNCTIONS.values():
        assert torch.equal(Marked(function)(x=x), function(x=x))
    assert torch.is_grad_enabled()


def test_the_same_function_is_found_again():
    """What is kept for a function is kept for its marked form."""
    assert Marked(no_grad) == Marked(no_grad)
    assert hash(Marked(no_grad)) == hash(Marked(no_grad))
    assert Marked(no_grad) != Marked(in_place)
