"""The culprit: the first intermediate of an entry that left the range, by name and magnitude."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from diffcheck.expression.nodes import Node
from diffcheck.namespace import array_namespace
from diffcheck.reference.culprit import Culprit, Extent, extent, overflowing, underflowing
from diffcheck.reference.public import reference
from diffcheck.reference.reference import Reference
from diffcheck.special import logsumexp, softmax

Function = Callable[..., Any]


def xp(x: Any) -> Any:
    return array_namespace(x)


def referred(function: Function, x: Any, dtype: str) -> tuple[Reference, Node]:
    """The reference at a point, and the gradient in x."""
    found = reference(function, x=np.array(x, dtype))
    gradient = found.closed_form.entries["x"]
    assert gradient is not None
    return found, gradient


def naive_logsumexp(x: Any) -> Any:
    return xp(x).log(xp(x).sum(xp(x).exp(x)))


def sigmoid(x: Any) -> Any:
    return 1 / (1 + xp(x).exp(-x))


@pytest.mark.parametrize(
    ("function", "x", "index", "dtype", "sentence"),
    [
        (lambda x: xp(x).exp(x), 800.0, (), "float64", "exp(x) = 2.7e347 overflows float64"),
        (lambda x: -xp(x).exp(x), 100.0, (), "float32", "exp(x) = 2.7e43 overflows float32"),
        (lambda x: xp(x).exp(x), 12.0, (), "float16", "exp(x) = 1.6e5 overflows float16"),
        (naive_logsumexp, [1.0, 800.0], (0,), "float64", "exp(x[1]) = 2.7e347 overflows float64"),
        (sigmoid, -800.0, (), "float64", "exp(-x) = 2.7e347 overflows float64"),
        (lambda x: xp(x).linalg.vector_norm(x), [1.0, 1e200], (0,), "float64", "x[1]**2 = 1e400 overflows float64"),
        (lambda x: xp(x).sum(x[:1] * 1e200 * x[1:]), [-1e200, 2.0], (1,), "float64", "1e+200*x[0] = -1e400 overflows"),
        (lambda x: xp(x).sum(1 / x), [1e-200], (0,), "float64", "x[0]**(-2) = 1e400 overflows float64"),
    ],
)
def test_what_overflows_is_named(function: Function, x: Any, index: tuple[int, ...], dtype: str, sentence: str) -> None:
    """The earliest ancestor beyond the largest number, also where it lies inside a scalar expression."""
    found, gradient = referred(function, x, dtype)
    assert str(overflowing(gradient, index, found.inputs, found.dtype)).startswith(sentence)


@pytest.mark.parametrize(
    ("function", "x", "index", "dtype"),
    [
        (logsumexp, [-200.0, 800.0], (0,), "float64"),
        (softmax, [-1e4, 1e4], (0,), "float64"),
        (lambda x: xp(x).exp(x), [800.0, 1.0], (1,), "float64"),
        (lambda x: xp(x).exp(x), [100.0], (0,), "float64"),
        (lambda x: xp(x).where(x > 10, x, xp(x).exp(x)), [800.0], (0,), "float64"),
        (lambda x: xp(x).sum(xp(x).exp(xp(x).where(x > 0, x, -xp(x).inf))), [1.0, -1.0], (0,), "float64"),
    ],
)
def test_a_neighbour_is_no_culprit(function: Function, x: Any, index: tuple[int, ...], dtype: str) -> None:
    """Nor is a stable formula, a branch that is not taken, or an infinity that the function brings along."""
    found, _ = referred(lambda x: xp(x).sum(function(x)), x, dtype)
    gradient = found.closed_form.entries["x"]
    assert gradient is not None
    assert overflowing(gradient, index, found.inputs, found.dtype) is None


@pytest.mark.parametrize(
    ("function", "x", "dtype", "sentence"),
    [
        (naive_logsumexp, [-800.0, -801.0], "float64", "exp(x[1]) = 1.3e-348 underflows float64"),
        (lambda x: xp(x).linalg.vector_norm(x), [1e-200, 2e-200], "float64", "x[0]**2 = 1e-400 underflows float64"),
        (lambda x: xp(x).linalg.vector_norm(x), [1e-30, 2e-30], "float32", "x[0]**2 = 1e-60 underflows float32"),
    ],
)
def test_what_underflows_is_named(function: Function, x: Any, dtype: str, sentence: str) -> None:
    """The earliest ancestor below the smallest normal number that matters."""
    found, gradient = referred(function, x, dtype)
    assert str(underflowing(gradient, (0,), found.inputs, found.dtype)) == sentence


@pytest.mark.parametrize(
    ("function", "x"),
    [
        (logsumexp, [-800.0, 1.0]),
        (lambda x: xp(x).sum(xp(x).exp(x) + x**2), [-800.0, 1.0]),
        (lambda x: xp(x).linalg.vector_norm(x), [1e-200, 1.0]),
    ],
)
def test_a_harmless_underflow_is_no_culprit(function: Function, x: Any) -> None:
    """A faint term of a sum changes no digit: it is flushed, and the entry stays."""
    found, gradient = referred(function, x, "float64")
    assert underflowing(gradient, (1,), found.inputs, found.dtype) is None


def test_the_extent_is_over_all_intermediates() -> None:
    """Of the value and of the derivative, far beyond float64; zero counts for nothing."""
    found, gradient = referred(sigmoid, -800.0, "float64")
    outputs = [found.closed_form.traced.output, gradient]
    assert extent(outputs, found.inputs) == Extent("2.7e347", "1.3e-695", "exp(-x)", "-1/(1 + exp(-x))**2")
    assert extent([found.closed_form.traced.inputs["x"]], {"x": np.array(0.0)}) is None


def test_a_culprit_is_a_sentence() -> None:
    """What, how large, and what it does to which dtype."""
    assert str(Culprit("exp(x)", "2.7e347", "overflows", "float64")) == "exp(x) = 2.7e347 overflows float64"


def test_precision_is_restored() -> None:
    """Arb's working precision is process-wide: naming a culprit leaves it as it was."""
    from flint import ctx

    before = ctx.prec
    found, gradient = referred(sigmoid, -800.0, "float64")
    overflowing(gradient, (), found.inputs, found.dtype)
    assert ctx.prec == before
