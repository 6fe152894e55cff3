"""Over- and underflow: an entry is explained by its own ancestors, and by nothing else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from diffcheck.expression.trace import trace
from diffcheck.namespace import array_namespace
from diffcheck.reference.range import Ranged, in_range
from diffcheck.special import logsumexp, softmax


def xp(x: Any) -> Any:
    return array_namespace(x)


def ranged(function: Callable[..., Any], x: Any, dtype: str = "float64") -> Ranged:
    array = np.array(x, float)
    traced = trace(function, {"x": array.shape})
    [found] = in_range([traced.output], {"x": array}, np.dtype(dtype))
    assert np.shape(found.value) == np.shape(found.left) == traced.output.shape
    return found


@pytest.mark.parametrize(
    ("function", "x", "dtype", "left", "value"),
    [
        (lambda x: xp(x).exp(x), [1.0, 800.0], "float64", [False, True], [np.e, np.inf]),
        (lambda x: xp(x).exp(x), [80.0, 90.0], "float32", [False, True], [np.exp(80.0), np.inf]),
        (lambda x: -xp(x).exp(x), [800.0], "float64", [True], [-np.inf]),
        (lambda x: 1 / xp(x).exp(x), [800.0], "float64", [True], [0.0]),
        (lambda x: x / xp(x).sqrt(x * x), [1e200], "float64", [True], [0.0]),
        (lambda x: x / xp(x).sqrt(x * x), [1e30], "float32", [True], [0.0]),
        (lambda x: 1 / (x * x), [1e-30], "float32", [True], [np.inf]),
        (lambda x: 1 / (x * x), [1e-30], "float64", [False], [1e60]),
        (lambda x: xp(x).exp(x) - xp(x).exp(x), [800.0], "float64", [True], [np.nan]),
        (lambda x: xp(x).flip(xp(x).exp(x)), [800.0, 1.0], "float64", [False, True], [np.e, np.inf]),
        (lambda x: xp(x).tril(xp(x).exp(x)), [[1.0, 800.0], [0.0, 0.0]], "float64", [[False] * 2] * 2, None),
        (lambda x: xp(x).exp(x)[1:], [800.0, 1.0], "float64", [False], [np.e]),
        (lambda x: xp(x).sum(xp(x).exp(x), axis=1), [[800.0, 0.0], [0.0, 0.0]], "float64", [True, False], [np.inf, 2]),
        (lambda x: xp(x).max(xp(x).exp(x), axis=1), [[0.0, 800.0], [0.0, 0.0]], "float64", [True, False], [np.inf, 1]),
        (lambda x: xp(x).where(x > 10, x, xp(x).exp(x)), [800.0, 1.0], "float64", [False, False], [800.0, np.e]),
        (lambda x: xp(x).where(xp(x).exp(x) > 10, x, x + 1), [800.0, 1.0], "float64", [True, False], [800.0, 2.0]),
        (lambda x: x @ x, [1e200, 1.0], "float64", True, np.inf),
        (lambda x: x / 2**20, [1.0], "float16", [True], [0.0]),
        (lambda x: x / 2**20, [1.0], "bfloat16", [False], [2.0**-20]),
        (lambda x: 0.1 * x, [1.0], "float16", [False], [0.1]),
        (lambda x: x**-2, [1000.0, 100.0], "float16", [True, False], None),
        (lambda x: x**-2, [0.0, 1e-3], "float16", [False, True], [np.inf, np.inf]),
        (lambda x: 2 * x + xp(x).ones_like(x), [1.0], "float16", [False], [3.0]),
    ],
)
def test_an_overflow_reaches_what_is_computed_from_it(
    function: Callable[..., Any], x: Any, dtype: str, left: Any, value: Any
) -> None:
    """Entry by entry: through maps, sums, choices and rearrangements, and not to a neighbour."""
    found = ranged(function, x, dtype)
    assert found.left.dtype == bool
    assert found.left.tolist() == left
    if value is not None:
        np.testing.assert_allclose(found.value, value, rtol=1e-12)


@pytest.mark.parametrize(
    ("function", "x"),
    [
        (logsumexp, [-200.0, 1.0]),
        (softmax, [-1e4, 1e4]),
        (lambda x: xp(x).exp(-x), [800.0]),
        (lambda x: xp(x).logaddexp(x, 2 * x), [800.0]),
        (lambda x: xp(x).tanh(x), [800.0]),
    ],
)
def test_a_harmless_underflow_proves_nothing(function: Callable[..., Any], x: Any) -> None:
    """A stable formula has no overflow to excuse a wrong number with."""
    assert not ranged(function, x).left.any()


@pytest.mark.parametrize(
    "function",
    [
        lambda x: softmax(xp(x).where(x > 0, x, -xp(x).inf)),
        lambda x: xp(x).max(xp(x).where(x > 0, x, -xp(x).inf)),
        lambda x: xp(x).exp(xp(x).where(x > 0, x, -xp(x).inf)),
        lambda x: xp(x).sum(xp(x).stack([x, -xp(x).inf * xp(x).ones(2)])),
        lambda x: x + xp(x).inf,
    ],
)
def test_an_infinity_that_the_function_brings_along_is_no_overflow(function: Callable[..., Any]) -> None:
    """A masked score is not out of range: a NaN beside it is nobody's excuse."""
    assert not ranged(function, [1.0, -1.0]).left.any()


def test_an_argument_beyond_the_dtype_has_left_its_range() -> None:
    """1e300 is no float32."""
    assert ranged(lambda x: x, [1e300, 1.0], "float32").left.tolist() == [True, False]


def test_what_is_below_the_smallest_normal_is_zero() -> None:
    """As where subnormals are flushed; zero itself and normal numbers stay."""
    found = ranged(lambda x: x, [1e-40, 1e-37, 0.0], "float32")
    assert found.value.tolist() == [0.0, 1e-37, 0.0]
    assert not found.left.any()


@pytest.mark.parametrize(
    ("function", "x", "value"),
    [
        (lambda x: 1 / x, [0.0, 1.0], [np.inf, 1.0]),
        (lambda x: xp(x).log(x), [0.0], [-np.inf]),
        (lambda x: 1 / xp(x).sqrt(x), [0.0, 1.0], [np.inf, 1.0]),
        (lambda x: x * (1 / x), [0.0], [np.nan]),
        (lambda x: 1 / x - 1 / x, [0.0], [np.nan]),
        (lambda x: 1 / (x - x), [3.0], [np.inf]),
        (lambda x: xp(x).sum(1 / x), [0.0, 1.0], np.inf),
        (lambda x: xp(x).max(1 / x), [0.0, 1.0], np.inf),
    ],
)
def test_a_pole_is_no_overflow(function: Callable[..., Any], x: Any, value: Any) -> None:
    """1/0 is infinite for exact numbers too, and so is what is computed from it."""
    found = ranged(function, x)
    assert not found.left.any()
    np.testing.assert_array_equal(found.value, value)


@pytest.mark.parametrize(
    ("function", "x", "dtype", "left"),
    [
        (lambda x: 1 / (x * x), [1e-200, 1.0], "float64", [True, False]),
        (lambda x: xp(x).log(x * x), [1e-30, 1.0], "float32", [True, False]),
        (lambda x: xp(x).log(xp(x).exp(x)), [-1000.0, 1.0], "float64", [True, False]),
        (lambda x: 1 / xp(x).exp(-x), [1000.0, 1.0], "float64", [True, False]),
        (lambda x: 1 / x + xp(x).exp(x + 800), [0.0], "float64", [True]),
        (lambda x: 1 / xp(x).sum(x * x), [1e-200, 1e-200], "float64", True),
        (lambda x: 1 / xp(x).sum(x * x), [1e-200, 1.0], "float64", False),
        (lambda x: xp(x).flip(1 / (x * x)), [1e-200, 1.0], "float64", [False, True]),
    ],
)
def test_a_pole_that_an_underflow_made_is_one(function: Callable[..., Any], x: Any, dtype: str, left: Any) -> None:
    """x² is not zero for x = 1e-200, though the dtype says so."""
    assert ranged(function, x, dtype).left.tolist() == left


@pytest.mark.parametrize(
    ("function", "x", "flushed"),
    [
        (lambda x: x, [1e-310, 0.0, 1.0], [True, False, False]),
        (lambda x: x * x, [1e-200, 0.0, 1.0], [True, False, False]),
        (lambda x: xp(x).flip(x * x), [1e-200, 1.0], [False, True]),
        (lambda x: xp(x).where(x > 1, x, x * x), [1e-200, 2.0], [True, False]),
        (lambda x: xp(x).sum(x * x), [1e-200, 1e-200], True),
        (lambda x: xp(x).sum(x * x), [1e-200, 1.0], False),
        (lambda x: 1 + x * x, [1e-200], [False]),
    ],
)
def test_a_zero_that_an_underflow_made_is_told_from_a_true_one(
    function: Callable[..., Any], x: Any, flushed: Any
) -> None:
    """Through maps, sums, choices and rearrangements, as long as it is zero."""
    assert ranged(function, x).flushed.tolist() == flushed
