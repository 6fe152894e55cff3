"""Conditioning: a sensitive problem is told from a careless formula."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from diffcheck.dtype import limits, ulp
from diffcheck.evidence import ULPS_ALWAYS_ALLOWED
from diffcheck.namespace import array_namespace
from diffcheck.reference.conditioning import advice, conditioning
from diffcheck.reference.public import reference
from diffcheck.reference.reference import Reference
from diffcheck.reference.rounded import SIGMAS

Function = Callable[..., Any]
RANDOM = np.random.default_rng(0)


def xp(x: Any) -> Any:
    return array_namespace(x)


def referred(function: Function, x: Any, dtype: str = "float64") -> Reference:
    return reference(function, x=np.array(x, dtype))


def conditioned(found: Reference, index: tuple[int, ...]) -> float | None:
    """κ of an entry of the gradient in x."""
    node = found.closed_form.entries["x"]
    assert node is not None
    arguments = tuple(found.closed_form.traced.inputs.values())
    return conditioning(node, index, arguments, found.inputs, found.dtype)


def advised(function: Function, x: Any, dtype: str = "float64") -> str | None:
    """What is said about the first entry of the gradient in x, computed by its closed form."""
    found = referred(function, x, dtype)
    index = (0,) * len(found.entries["x"].shape)
    truth = found.entries["x"].high[index]
    rounded = found.rounded["x"]
    slight = ULPS_ALWAYS_ALLOWED * float(ulp(np.array(truth), found.dtype))
    allowance = min(SIGMAS * rounded.sigma[index], rounded.worst[index]) + slight
    return advice(allowance, conditioned(found, index), float(truth), found.dtype)


def careless(x: Any) -> Any:
    return (1 - xp(x).cos(x)) / x**2


def expanded(x: Any) -> Any:
    """(x − 1)⁷"""
    return x**7 - 7 * x**6 + 21 * x**5 - 35 * x**4 + 35 * x**3 - 21 * x**2 + 7 * x - 1


@pytest.mark.parametrize(
    ("function", "x", "index", "relative"),
    [
        (lambda x: x**3 / 3, 1.7, (), 2 * 1.7**2),  # g = x²
        (lambda x: xp(x).exp(x), 3.0, (), 3 * math.exp(3)),
        (lambda x: xp(x).sum(x), [1.0, 2.0], (1,), 0.0),  # g = 1
        (lambda x: xp(x).prod(x), [2.0, 3.0, 5.0], (0,), 2 * 15.0),  # g = x₁x₂
        (lambda x: xp(x).var(x), [1e8, 1e8 + 3], (0,), 1e8 + 1.5),  # g = (x₀ − x₁)/2
        (careless, 1e-3, (), 1e-3 / 12),  # g ≈ −x/12
        (lambda x: xp(x).where(x > 0, x**2, x * 0), [3.0, -3.0], (1,), 0.0),
    ],
)
def test_it_is_what_a_rounding_of_every_input_does(
    function: Function, x: Any, index: tuple[int, ...], relative: float
) -> None:
    """Σ|∂g/∂xᵢ||xᵢ| times the unit round-off, also where float64 loses every digit of it."""
    assert conditioned(referred(function, x), index) == pytest.approx(relative * 2.0**-53, rel=1e-6)


def test_it_is_counted_in_the_dtypes_own_unit() -> None:
    """A float32 input is off by more."""
    single, double = (conditioned(referred(careless, x=0.25, dtype=dtype), ()) for dtype in ("float32", "float64"))
    assert single is not None
    assert double is not None
    assert single == pytest.approx(double * 2.0**29)


def test_a_random_rounding_of_the_inputs_moves_the_truth_no_further() -> None:
    """κ bounds, to first order, what inputs off by one rounding each do."""
    x = RANDOM.standard_normal(5) + 1e3
    found = referred(lambda x: xp(x).var(x), x)
    for _ in range(5):
        moved = referred(lambda x: xp(x).var(x), x * (1 + 2.0**-40 * RANDOM.uniform(-1, 1, 5)))
        kappa = conditioned(found, (2,))
        assert kappa is not None
        assert abs(moved.entries["x"].high[2] - found.entries["x"].high[2]) <= 2.0**13 * kappa * 1.001


def test_an_entry_without_a_derivative_of_its_own_has_none() -> None:
    """√x at 0: the truth moves without bound."""
    assert conditioned(referred(lambda x: xp(x).sqrt(x), 0.0), ()) is None


@pytest.mark.parametrize(
    ("function", "x", "dtype", "sentence"),
    [
        (careless, 1e-3, "float64", "the formula loses 13 of 16 digits here, the problem itself 0"),
        (careless, 1e-3, "float32", "the formula loses 7 of 7 digits here, the problem itself 0"),
        (expanded, 1.01, "float64", "the formula loses 14 of 16 digits here, the problem itself 2"),
        (lambda x: xp(x).var(x), 1e8 + np.arange(5.0), "float64", "the problem itself loses 7 of 16 digits"),
    ],
)
def test_lost_digits_are_said(function: Function, x: Any, dtype: str, sentence: str) -> None:
    """Of the formula where it is careless, of the problem where it is sensitive."""
    said = advised(function, x, dtype)
    assert said is not None
    assert said.startswith(sentence)


@pytest.mark.parametrize(
    ("function", "x"),
    [
        (lambda x: (x - 1) ** 7, 1.01),
        (careless, 1.0),
        (lambda x: xp(x).var(x), RANDOM.standard_normal(50)),
        (lambda x: xp(x).var(x), 1e3 + RANDOM.standard_normal(50)),
        (lambda x: xp(x).sin(x), 1e10),
        (lambda x: xp(x).sum(xp(x).exp(x)), RANDOM.standard_normal(1000)),
    ],
)
@pytest.mark.parametrize("dtype", ["float64"])
def test_most_digits_kept_need_no_advice(function: Function, x: Any, dtype: str) -> None:
    """Nor does a formula that is exact where the problem is sensitive: its inputs are exact."""
    assert advised(function, x, dtype) is None


@pytest.mark.parametrize(("allowance", "truth"), [(1.0, 0.0), (math.inf, 1.0), (1.0, math.nan), (1.0, math.inf)])
def test_without_digits_to_count_nothing_is_said(allowance: float, truth: float) -> None:
    """The truth is zero or no number, or the allowance is not known."""
    assert advice(allowance, 0.0, truth, np.dtype(float)) is None


def test_without_conditioning_the_formula_alone_is_said() -> None:
    """What the problem loses is left out where it is not known."""
    unit = limits(np.float64).unit
    assert advice(1e10 * unit, None, 1.0, np.dtype(float)) == "the formula loses 10 of 16 digits here"
