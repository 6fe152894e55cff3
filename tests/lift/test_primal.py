"""A framework's function as a definition: its value, whatever rules its derivative has."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import torch

from diffcheck.expression.functions import NotCovered
from diffcheck.lift.departures import departures
from diffcheck.lift.primal import array_of, at_rest, framework_of, numpy_of, primal
from diffcheck.point import Point

POINT = Point({"x": np.array([1.0, 2.0])})


class Wrong(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x * x

    @staticmethod
    def backward(ctx, cotangent):
        return 0 * cotangent


@jax.custom_jvp
def wrong(x):
    return x * x


wrong.defjvp(lambda primals, tangents: (primals[0] ** 2, 0 * tangents[0]))


@pytest.mark.parametrize(("function", "framework"), [(Wrong.apply, "torch"), (wrong, "jax")])
def test_rules_of_the_derivative_are_not_read(function, framework):
    """The expression is that of the forward; it is the same object at another point."""

    def named(x):
        return function(x)

    traced = primal(named, framework, POINT)
    assert list(traced.inputs) == ["x"]
    assert traced.output.shape == (2,)
    assert primal(named, framework, Point({"x": np.array([3.0, 4.0])})) is traced


@pytest.mark.parametrize("framework", ["torch", "jax"])
def test_what_cannot_be_lifted_says_so(framework):
    """The message is the lifter's."""
    with pytest.raises(NotCovered):
        primal(lambda x: float(x.sum()) * x, framework, POINT)


@pytest.mark.parametrize("dtype", ["float64", "float32", "bfloat16", "float16"])
@pytest.mark.parametrize("framework", ["torch", "jax"])
def test_numbers_cross_over_and_back(framework, dtype):
    """Bit by bit, in every dtype, into memory of their own."""
    numbers = np.array([1.0, 3.0]).astype(Point({"x": np.ones(1)}).astype(dtype).dtype)
    with at_rest(framework, dtype):
        array = array_of(framework, numbers)
        assert framework_of(array) == framework
        back = numpy_of(array)
    assert back.dtype == numbers.dtype
    back[0] = 7
    assert np.array_equal(numpy_of(array), numbers)


def test_only_arrays_belong_to_a_framework():
    """NumPy's and Python's do not."""
    assert [framework_of(value) for value in (np.ones(1), 1.0, None, [torch.ones(1)])] == [None] * 4


def test_departures_are_noted():
    """Every way out of torch, and nothing else."""
    x = torch.ones(2)
    with departures("torch") as left:
        assert (x * x).sum().item() == 2
        assert left == []
        x.numpy()
        x.tolist()
        np.asarray(x)
    assert {"numpy", "tolist"} <= set(left)
    with departures("jax") as left:
        jnp.ones(1).tolist()
    assert left == []
