"""sympy: fractions of 50 digits with a bound that holds, and a reason wherever it declines."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from diffcheck import special
from diffcheck.backends.base import BadOutput, Derivative, Task, Unsupported
from diffcheck.backends.sympy import SympyBackend
from diffcheck.case import Case
from diffcheck.namespace import array_namespace
from diffcheck.point import Point

MakeTask = Callable[..., Task]

BACKEND = SympyBackend()

SCALAR = Case("f", "tests", abs, {}, ("x",), (), "tests")


def derivative_at(function: Callable[..., Any], x: float) -> Derivative:
    """The derivative of a function of one number."""
    return BACKEND.differentiate(Task(function, Point({"x": np.array(x)}), ("x",), "R", "", SCALAR))


def listed(derivative: Derivative, name: str = "x") -> Any:
    """An argument's entries as fractions in lists."""
    array = derivative.entries[name]
    assert array is not None
    return array.tolist()


def entry(derivative: Derivative) -> Fraction:
    """The entry of the only, scalar, argument."""
    only: Fraction = listed(derivative)
    return only


def test_rational_derivatives_are_exact(make_task: MakeTask) -> None:
    """For y = Wx the entries are the exact fractions Wᵀc and c xᵀ, of the arguments' shapes."""
    task = make_task(
        lambda x, w: array_namespace(x).matmul(w, x), x=[1.0, 2.0], w=[[1.0, 2.0], [3.0, 0.1]], cotangent=[1.0, 0.5]
    )
    derivative = BACKEND.differentiate(task)
    assert listed(derivative) == [Fraction(5, 2), 2 + Fraction(0.1) / 2]
    assert listed(derivative, "w") == [[1, 2], [Fraction(1, 2), 1]]
    assert derivative.value is not None
    assert derivative.value.tolist() == [5.0, 3.2]
    assert derivative.bound is not None
    assert derivative.bound["w"].shape == (2, 2)


def test_a_cotangent_is_broadcast(make_task: MakeTask) -> None:
    """A cotangent without axes weighs every entry of the output, as in the other backends."""
    derivative = BACKEND.differentiate(make_task(lambda x: x**2, x=[1.0, 2.0], cotangent=0.5))
    assert listed(derivative) == [1, 2]


@given(st.floats(-20, 20))
def test_fifty_digits_are_right(x: float) -> None:
    """The derivative of x·erf(x) is within the stated bound of what mpmath computes to 80 digits."""
    xp_function = lambda x: x * special.erf(x)  # noqa: E731  (a new function each time: nothing is kept)
    derivative = derivative_at(xp_function, x)
    with mpmath.workdps(80):
        exact = mpmath.mpf(x)
        truth = mpmath.erf(exact) + 2 * exact * mpmath.exp(-(exact**2)) / mpmath.sqrt(mpmath.pi)
        error = abs(mpmath.mpf(entry(derivative).numerator) / entry(derivative).denominator - truth)
        assert derivative.bound is not None
        assert error <= max(derivative.bound["x"].item(), mpmath.mpf(10) ** -70)
        assert derivative.bound["x"].item() <= 1e-50 * max(abs(truth), mpmath.mpf(10) ** -250)


def test_cancellation_costs_no_digits() -> None:
    """(1 − cos x)/x² at 1e-9: the derivative is −x/12 to 16 digits, where float64 has none."""

    def quotient(x: Any) -> Any:
        return (1 - array_namespace(x).cos(x)) / x**2

    assert float(entry(derivative_at(quotient, 1e-9))) == pytest.approx(-1e-9 / 12, rel=1e-15)


def test_zero_in_disguise_is_certified() -> None:
    """Σ softmax(x) is 1: every entry is far below the smallest float64, and the bound says so."""
    function = lambda x: array_namespace(x).sum(special.softmax(x))  # noqa: E731
    point = Point({"x": np.array([1.0, 2.0, 3.0])})
    derivative = BACKEND.differentiate(Task(function, point, ("x",), "R", "", SCALAR))
    assert max(abs(number) for number in listed(derivative)) < Fraction(1, 2**1100)
    assert derivative.bound is not None
    assert derivative.bound["x"].max() <= math.ulp(0.0)


@pytest.mark.parametrize("x", [-800.0, 800.0])
def test_no_range_limits_the_answer(x: float) -> None:
    """exp(±800) is outside float64, and right as a fraction."""
    fraction = entry(derivative_at(lambda x: array_namespace(x).exp(x), x))
    with mpmath.workdps(60):
        ratio = mpmath.mpf(fraction.numerator) / fraction.denominator / mpmath.exp(x)
        assert abs(ratio - 1) < mpmath.mpf(10) ** -50


def test_a_kink_at_the_point_is_declined() -> None:
    """At a tie there is no derivative for SymPy to give; beside it there is."""
    with pytest.raises(Unsupported, match="a kink lies exactly at this point"):
        derivative_at(special.relu, 0.0)
    assert entry(derivative_at(special.relu, 5e-324)) == 1
    assert entry(derivative_at(special.relu, -5e-324)) == 0


def test_branches_are_told_apart_at_any_point() -> None:
    """One function on both sides of its kinks, in any order: each point gets its own branch."""
    clip = lambda x: array_namespace(x).clip(x, -1.0, 1.0) * x  # noqa: E731
    found = [entry(derivative_at(clip, x)) for x in (0.5, 3.0, -0.25, -2.0, 0.75)]
    assert found == [1, 1, Fraction(-1, 2), -1, Fraction(3, 2)]


@pytest.mark.parametrize(
    ("function", "x"),
    [
        (lambda x: array_namespace(x).sqrt(x), 0.0),
        (lambda x: array_namespace(x).log(x), -1.0),
        (lambda x: array_namespace(x).exp(array_namespace(x).exp(x)), 50.0),
        (lambda x: 1 / x, 0.0),
        (lambda x: special.relu(array_namespace(x).log(x)), -1.0),
    ],
)
def test_no_finite_derivative_is_declined(function: Callable[..., Any], x: float) -> None:
    """Outside the domain, at a pole, or beyond any memory: a sentence and no number."""
    with pytest.raises(Unsupported, match="at this point"):
        derivative_at(function, x)


def test_too_many_entries_are_declined(make_task: MakeTask) -> None:
    """The message says how many entries there are and how many may be."""
    task = make_task(lambda x: x**2, x=np.ones(101_000))
    with pytest.raises(Unsupported, match="101,000 entries; the limit is 128"):
        BACKEND.differentiate(task)


def test_large_constants_are_declined(make_task: MakeTask) -> None:
    """Data that is not differentiated counts too: it is in the scalars."""
    task = make_task(lambda x, data: x * data, x=[1.0], data=np.ones(1000), wrt=("x",))
    with pytest.raises(Unsupported, match="1,001 numbers"):
        BACKEND.differentiate(task)


def test_what_symbols_lack_is_declined() -> None:
    """A function outside the namespace is named."""
    with pytest.raises(Unsupported, match="'fft'"):
        derivative_at(lambda x: array_namespace(x).fft(x), 1.0)


def test_single_precision_and_forward_mode_are_not_declared(make_task: MakeTask) -> None:
    """The declaration and the refusal are the same thing."""
    with pytest.raises(Unsupported, match="float32"):
        BACKEND.differentiate(make_task(special.erf, x=1.0, dtype="float32"))
    with pytest.raises(Unsupported, match="mode F"):
        BACKEND.differentiate(make_task(special.erf, x=1.0, mode="F"))


def test_bad_outputs_are_named(make_task: MakeTask) -> None:
    """A pair of outputs is refused in the words of every backend."""
    with pytest.raises(BadOutput, match="2 outputs"):
        BACKEND.differentiate(make_task(lambda x: (x, x), x=1.0))


def test_integer_arguments_choose_the_derivation(make_task: MakeTask) -> None:
    """Another label is another scalar: what was kept for one is not used for the other."""
    picked = lambda x, label: x[label] ** 2  # noqa: E731
    for label in (0, 2, 0):
        derivative = BACKEND.differentiate(make_task(picked, x=[1.0, 2.0, 3.0], label=label))
        expected = [0, 0, 0]
        expected[label] = 2 * (label + 1)
        assert listed(derivative) == expected


def test_an_argument_that_plays_no_part_has_zero_entries(make_task: MakeTask) -> None:
    """SymPy's derivative with respect to an absent symbol is the number zero."""
    derivative = BACKEND.differentiate(make_task(lambda x, unused: x * 2, x=1.0, unused=[1.0, 1.0]))
    assert listed(derivative, "unused") == [0, 0]
