"""The reference: the true derivative at a point, in enclosures, and what kind of point it is."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import diffcheck as dc
from diffcheck.case import Case, case
from diffcheck.domain import integers, real
from diffcheck.expression.functions import NotCovered
from diffcheck.expression.trace import TraceError
from diffcheck.namespace import array_namespace
from diffcheck.point import Point
from diffcheck.reference.public import reference
from diffcheck.reference.reference import Reference, refer
from diffcheck.special import logsumexp, relu, softmax, stop_gradient


def xp(x: Any) -> Any:
    return array_namespace(x)


def middle(found: Reference, name: str = "x") -> Any:
    """The midpoints of narrow entries."""
    entry = found.entries[name]
    assert not entry.open.any()
    assert not entry.wide.any()
    return entry.high.tolist()


def ends(found: Reference, name: str = "x") -> list[tuple[float, float]]:
    """The ends of every entry, as near as two digits."""
    entry = found.entries[name]
    return [
        (round(a, 2) + 0.0, round(b, 2) + 0.0) for a, b in zip(entry.lower.ravel(), entry.upper.ravel(), strict=True)
    ]


# --- known derivatives ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("function", "x", "expected"),
    [
        (lambda x: 5 * x**2 - 4 * x, 1.0, 6.0),
        (lambda x: 2 * xp(x).vecdot(x, x), [0.0, 1.0, 2.0, 3.0], [0.0, 4.0, 8.0, 12.0]),
        (lambda x: xp(x).log(1 + xp(x).exp(x)), 800.0, 1.0),
        (lambda x: xp(x).log(1 + xp(x).exp(x)), -800.0, 0.0),
        (lambda x: xp(x).linalg.det(x), [[1.0, 1.0], [1.0, 1.0]], [[1.0, -1.0], [-1.0, 1.0]]),
        (lambda x: x + 1e10, 1e-300, 1.0),
        (lambda x: 1e-6 * xp(x).sin(x), 0.0, 1e-6),
        (lambda x: x**2, 1e300, 2e300),
        (lambda x: x**3, 1e-300, 0.0),
        (lambda x: 1 / x, 1e-300, -np.inf),
        (lambda x: xp(x).sqrt(x * x), 1e200, 1.0),
        (lambda x: xp(x).sqrt(x * x), 1e-200, 1.0),
        (lambda x: xp(x).linalg.vector_norm(x), [3e200, 4e200], [0.6, 0.8]),
        (lambda x: xp(x).where(x < 1, x, xp(x).sqrt(x)), 0.0, 1.0),
        (logsumexp, [-200.0, 1.0], [np.exp(-201.0), 1.0]),
        (lambda x: xp(x).sum(x**2) / x.shape[0], [1.0, 2.0], [1.0, 2.0]),
        (lambda x: xp(x).sum(x * x) * 0, [1.0, 2.0], [0.0, 0.0]),
        (lambda x: stop_gradient(x) * x, 3.0, 3.0),
        (lambda x: stop_gradient(x * x), 3.0, 0.0),
        (lambda x: xp(x).asarray(2.0), 3.0, 0.0),
        (lambda x: 7, 3.0, 0.0),
        (lambda x: xp(x).sum(x), np.zeros((0,)), []),
        (lambda x: xp(x).sum(x), np.zeros((2, 0)), [[], []]),
    ],
)
def test_a_known_derivative(function: Callable[..., Any], x: Any, expected: Any) -> None:
    """Ordinary ones, and those that frameworks get wrong: overflow on the way, singular matrices, unselected roots."""
    np.testing.assert_allclose(middle(reference(function, x=x)), expected, rtol=1e-15)


@given(st.floats(allow_nan=False, allow_infinity=False), st.floats(allow_nan=False, allow_infinity=False))
def test_a_polynomial_in_fractions(x: float, y: float) -> None:
    """f = x²y has the derivatives 2xy and x², which lie between the ends for any numbers whatever."""
    found = reference(lambda x, y: x * x * y, x=x, y=y)
    exact = {"x": 2 * Fraction(x) * Fraction(y), "y": Fraction(x) ** 2}
    for name, fraction in exact.items():
        low, high = found.lower[name].item(), found.upper[name].item()
        assert low == -np.inf or Fraction(low) <= fraction
        assert high == np.inf or Fraction(high) >= fraction


# --- what kind of point it is ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("function", "x", "expected"),
    [
        (relu, 0.0, [(0, 1)]),
        (lambda x: xp(x).maximum(x, 0), 0.0, [(0, 1)]),
        (lambda x: xp(x).clip(x, 0, None), 0.0, [(0, 1)]),
        (lambda x: xp(x).where(x > 0, x, 0), 0.0, [(0, 1)]),
        (lambda x: xp(x).where(x >= 0, x, 0), 0.0, [(0, 1)]),
        (lambda x: xp(x).abs(x), 0.0, [(-1, 1)]),
        (lambda x: xp(x).abs(x), -0.0, [(-1, 1)]),
        (lambda x: xp(x).max(x), [2.0, 2.0, 1.0], [(0, 1), (0, 1), (0, 0)]),
        (lambda x: relu(x) - relu(-x), 0.0, [(0, 2)]),
        (lambda x: xp(x).sum(xp(x).abs(x)), [0.0, 3.0], [(-1, 1), (1, 1)]),
        (lambda x: xp(x).where(x > 1, x**2, 2 * x - 1), 1.0, [(2, 2)]),
    ],
)
def test_a_kink_is_an_interval(function: Callable[..., Any], x: Any, expected: Any) -> None:
    """From branch to branch, in the entries that have it; where both branches agree there is none."""
    found = reference(function, x=x)
    assert ends(found) == expected
    assert found.entries["x"].open.ravel().tolist() == [low != high for low, high in expected]
    assert not found.jumps


@pytest.mark.parametrize(
    ("function", "x"),
    [
        (lambda x: xp(x).where(x > 0, x + 1, x), 0.0),
        (lambda x: xp(x).where(x >= 0, 1.0, -1.0) * x + xp(x).where(x > 0, 1, 0), 0.0),
    ],
)
def test_a_jump_is_told_from_a_kink(function: Callable[..., Any], x: float) -> None:
    """The function's own value differs between the branches."""
    assert reference(function, x=x).jumps
    assert not reference(function, x=x + 1).jumps


@pytest.mark.parametrize(
    ("function", "x"),
    [
        (lambda x: xp(x).sign(x), 0.0),
        (lambda x: xp(x).floor(x), 2.0),
        (lambda x: xp(x).round(x), 0.5),
        (lambda x: 1 / x, 0.0),
        (lambda x: xp(x).sqrt(x), -1.0),
        (lambda x: xp(x).asin(x), 2.0),
    ],
)
def test_without_a_derivative_there_is_nothing(function: Callable[..., Any], x: float) -> None:
    """Jumps, poles, points outside the domain."""
    assert np.isnan(reference(function, x=x).entries["x"].high).all()


@pytest.mark.parametrize(
    ("function", "slope", "removable"),
    [
        (lambda x: x / x, 0.0, True),
        (lambda x: xp(x).sin(x) / x, 0.0, True),
        (lambda x: (xp(x).exp(x) - 1) / x, 0.5, True),
        (lambda x: x * x * xp(x).log(x), 0.0, True),
        (lambda x: x * xp(x).log(x), -np.inf, True),
        (lambda x: xp(x).sqrt(x) ** 3, 0.0, False),
        (lambda x: xp(x).sqrt(x * x * x * x), 0.0, False),
        (lambda x: xp(x).where(x < 1, x, xp(x).sqrt(x)), 1.0, False),
        (lambda x: xp(x).maximum(x, 2 * (x / 2)), 1.0, False),
    ],
)
def test_where_the_closed_form_says_nothing_the_limits_do(
    function: Callable[..., Any], slope: float, removable: bool
) -> None:
    """Holes, 0·∞, domains that end here, branches that are one function."""
    found = reference(function, x=0.0)
    low, high = (float(end) for end in (found.entries["x"].lower, found.entries["x"].upper))
    if found.entries["x"].open:
        assert found.kink is not None
        [low] = [high] = found.kink.ends
    assert low <= slope <= high
    assert found.removable is removable


def test_outside_the_domain_the_value_is_nothing() -> None:
    """Although the slope of the logarithm, 1/x, would be a number there."""
    assert np.isnan(reference(lambda x: xp(x).log(x), x=-1.0).value.high)


@pytest.mark.parametrize(("power", "expected"), [(0.5, np.inf), (0.25, np.inf), (1.5, 0.0), (1, 1.0), (0, 0.0)])
def test_a_power_at_zero(power: float, expected: float) -> None:
    """Infinite with one sign, or the limit from within the domain."""
    found = reference(lambda x: x**power, x=0.0)
    assert found.entries["x"].high == expected
    assert found.entries["x"].infinite == np.isinf(expected)


def test_an_exact_zero_is_certified() -> None:
    """The softmax adds up to one, so the gradient of its sum is nothing, to below the smallest number."""
    found = reference(lambda x: xp(x).sum(softmax(x)), x=[1.0, -2.0, 30.0])
    assert middle(found) == [0.0, 0.0, 0.0]
    assert (found.upper["x"] <= 5e-324).all()


# --- arguments ------------------------------------------------------------------------------------


def test_only_what_is_asked_for_is_differentiated() -> None:
    """By name; by default everything but integers."""
    product = lambda x, y: x * y  # noqa: E731  # a function of two arguments, used three times
    assert set(reference(product, x=2.0, y=3.0).entries) == {"x", "y"}
    assert set(reference(product, wrt="y", x=2.0, y=3.0).entries) == {"y"}
    assert set(reference(product, wrt=["y", "x"], x=2.0, y=3.0).entries) == {"y", "x"}


def test_integers_are_constants_of_the_function() -> None:
    """NumPy's integer arrays index; lists of whole numbers are real numbers."""
    found = reference(lambda x, k: xp(x).sum(x[k] ** 2), x=[1.0, 2.0, 3.0], k=np.array([2, 0, 2]))
    assert set(found.entries) == {"x"}
    assert middle(found) == [2.0, 0.0, 12.0]
    assert middle(reference(lambda x: xp(x).sum(x * x), x=[1, 2])) == [2.0, 4.0]


def test_a_case_brings_its_own_domains_and_arguments() -> None:
    """Integers by the domain, `wrt` by the case."""

    @case(x=real("n"), k=integers(low=0, high=1), w=real(), wrt="x", source="tests")
    def picked(x: Any, k: Any, w: Any) -> Any:
        return w * x[k]

    assert isinstance(picked, Case)
    found = reference(picked, x=[1.0, 2.0], k=1, w=5)
    assert {name: middle(found, name) for name in found.entries} == {"x": [0.0, 5.0]}


def test_float32_arguments_are_the_numbers_they_are() -> None:
    """NumPy arrays keep their dtype: float32(0.1) is no tenth."""
    found = reference(lambda x: x**2, x=np.array(0.1, np.float32))
    assert found.dtype == np.float32
    assert middle(found) == 2 * float(np.float32(0.1))


def test_a_cotangent_weighs_the_outputs() -> None:
    """All ones by default, which is the gradient of the sum."""
    assert middle(reference(lambda x: x**2, x=[1.0, 2.0])) == [2.0, 4.0]
    assert middle(reference(lambda x: x**2, x=[1.0, 2.0], cotangent=[10, -1])) == [20.0, -4.0]
    assert middle(reference(lambda x: x**2, x=[1.0, 2.0], cotangent=3)) == [6.0, 12.0]


def test_forward_mode_answers_for_the_output() -> None:
    """Along all ones, or along the point's tangents; of arguments that are not asked for, nothing."""
    found = reference(lambda x, y: x * y, mode="F", x=[1.0, 2.0], y=[3.0, 4.0])
    assert middle(found, "output") == [4.0, 6.0]
    point = Point({"x": np.array([1.0, 2.0]), "y": np.array([3.0, 4.0])}, tangents={"x": np.array([1.0, 0.0])})
    assert middle(refer(lambda x, y: x * y, point, ("x",), "F"), "output") == [3.0, 0.0]
    assert middle(reference(lambda x, y: x * 1, wrt="y", mode="F", x=[1.0, 2.0], y=3.0), "output") == [0.0, 0.0]


def test_what_no_path_reaches_is_told_from_a_zero() -> None:
    """Zero by construction: a framework may answer nothing there."""
    found = reference(lambda x, y, z: x * x + 0 * z + xp(x).stop_gradient(y) * 1, x=0.0, y=1.0, z=2.0)
    assert found.unreached == {"y", "z"}
    assert {name: middle(found, name) for name in found.entries} == {"x": 0.0, "y": 0.0, "z": 0.0}


# --- branches on data -----------------------------------------------------------------------------


def doubling(x: Any) -> Any:
    """Double until the norm is at least 1,000."""
    y = 2 * x
    while xp(x).sum(y * y) < 1e6:
        y = 2 * y
    return y


@pytest.mark.parametrize(("x", "factor"), [([0.5, -1.0], 1024.0), ([300.0, 400.0], 2.0), ([1e-6, 0.0], 2.0**30)])
def test_a_loop_is_followed_at_the_point(x: list[float], factor: float) -> None:
    """As often as the data says, each time anew."""
    assert middle(reference(doubling, x=x)) == [factor, factor]


def test_both_sides_of_an_if() -> None:
    """One function, two points, two expressions."""
    function = lambda x: x**2 if x > 1 else 3 * x  # noqa: E731  # one function at two points
    assert [middle(reference(function, x=x)) for x in (0.5, 2.0, 1.0)] == [3.0, 4.0, 3.0]


def test_a_condition_that_cannot_be_decided_is_said_so() -> None:
    """sin² + cos² against 1: no precision tells."""
    function = lambda x: x if xp(x).sin(x) ** 2 + xp(x).cos(x) ** 2 > 1 else -x  # noqa: E731  # a branch
    with pytest.raises(TraceError, match="cannot be decided"):
        reference(function, x=1.0)


# --- messages -------------------------------------------------------------------------------------


def test_it_prints_as_a_person_reads_it() -> None:
    """Value and gradients, with their ends."""
    assert repr(reference(lambda x: 5 * x**2 - 4 * x, x=1.0)) == "value: [1.0, 1.0]\nx: [6.0, 6.0]"
    assert "lower [2.0, 4.0], upper [2.0, 4.0]" in repr(reference(lambda x: xp(x).sum(x * x), x=[1.0, 2.0]))


@pytest.mark.parametrize(
    ("function", "arguments", "error", "message"),
    [
        (lambda x: (x, x), {"x": 1.0}, TraceError, "return one array"),
        (lambda x: xp(x).sinc(x), {"x": 1.0}, NotCovered, "sinc"),
        (lambda x, y: x @ y, {"x": [1.0], "y": [1.0, 2.0]}, ValueError, "do not fit"),
        (lambda x, y: x, {"x": np.ones(1), "y": np.ones(1, np.float32)}, ValueError, "must all have one dtype"),
        (lambda x: x, {"x": np.array([1])}, ValueError, "nothing to differentiate"),
        (lambda x: x + 1, {"y": 1.0}, TypeError, "y"),
    ],
)
def test_what_cannot_be_referred_is_said(
    function: Callable[..., Any], arguments: Any, error: type[Exception], message: str
) -> None:
    """The function's own mistakes come through as they are."""
    with pytest.raises(error, match=message):
        reference(function, **arguments)


def test_it_is_public() -> None:
    """As in the docstring."""
    assert dc.reference(lambda x: 5 * x**2 - 4 * x, x=1.0).lower == {"x": np.array(6.0)}


def test_the_same_question_has_the_same_answer() -> None:
    """A function is traced and derived once, and found again."""

    def function(x: Any) -> Any:
        return xp(x).exp(x)

    first, second = (reference(function, x=x) for x in (1.0, 2.0))
    assert first.closed_form.entries["x"] is second.closed_form.entries["x"]
    assert middle(second) == pytest.approx(np.exp(2.0))
