"""The rounding model: a bound that always holds, and a spread that nearly always does."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest
import sympy as sp
from hypothesis import given, settings

from diffcheck.dtype import DTYPES, limits, ulp
from diffcheck.expression import heads, nodes
from diffcheck.expression.heads import SLOTS
from diffcheck.expression.nodes import Node
from diffcheck.namespace import array_namespace
from diffcheck.point import Point
from diffcheck.reference.reference import Reference, refer
from diffcheck.reference.rounded import SIGMAS, Arithmetic, Rounded
from diffcheck.reference.rounding import propagate
from tests.programs import BINARY, UNARY, Program, matrices, programs

A, B = SLOTS[:2]


def xp(x: Any) -> Any:
    return array_namespace(x)


def rounded(node: Node, arrays: Mapping[str, Any], dtype: str = "float32") -> Rounded:
    """One node as a dtype computes it."""
    inputs = {name: np.asarray(array, float) for name, array in arrays.items()}
    [found], _ = propagate([node], inputs, Arithmetic.of(dtype))
    return found


def referred(function: Callable[..., Any], dtype: str = "float32", **arrays: Any) -> Reference:
    point = Point({name: np.array(array, dtype) for name, array in arrays.items()})
    return refer(function, point, tuple(arrays))


# --- properties of every program ------------------------------------------------------------------


def computed(program: Callable[..., Any], point: Mapping[str, np.ndarray]) -> np.ndarray:
    with np.errstate(all="ignore"):
        return np.asarray(program(**point), float)


def excess(
    program: Callable[..., Any], point: Mapping[str, np.ndarray], bound: Callable[[Reference, Rounded], Any]
) -> Any:
    """Where NumPy's result is further from the exact one than a bound allows: (error, allowed) or nothing.

    Entries that overflow, and programs that branch within rounding of the point, are left out; what underflow may do
    is allowed besides.
    """
    reference = refer(program, Point(point), tuple(point))
    if reference.slack:
        return None
    error = reference.value.distance(computed(program, point))
    counts = np.isfinite(error) & ~reference.value_overflowed & ~reference.value.wide
    with np.errstate(invalid="ignore"):
        underflow = reference.rounded_value_with_underflow(flushes=True).worst - reference.rounded_value.worst
        allowed = bound(reference, reference.rounded_value) + underflow
    outside = counts & np.isfinite(allowed) & (error > allowed)
    return (error[outside], allowed[outside]) if outside.any() else None


def worst_case(reference: Reference, found: Rounded) -> Any:
    return found.worst


def likely(reference: Reference, found: Rounded) -> Any:
    ulp = np.spacing(np.minimum(np.abs(reference.value.high), 1e38).astype(np.float32)).astype(float)
    return SIGMAS * found.sigma + 2 * ulp


@settings(max_examples=400)
@given(program=programs(), point=matrices(largest=1e4))
def test_float32_is_never_off_by_more_than_the_worst_case(program: Program, point: dict[str, np.ndarray]) -> None:
    """NumPy's float32 result of a random program lies within the order-free bound of the exact value: always."""
    assert excess(program, point, worst_case) is None


def test_float32_is_nearly_always_within_six_sigmas() -> None:
    """Of 400 random programs at random points, at most one lies outside 6σ + 2 ulp."""
    outside = 0
    for seed in range(400):
        random = np.random.default_rng(seed)
        program = Program(tuple(_random_step(random) for _ in range(random.integers(1, 6))))
        size = random.integers(1, 4)
        scale = 10.0 ** random.integers(-2, 3)
        point = {name: (scale * random.standard_normal((size, size))).astype(np.float32) for name in "xy"}
        outside += excess(program, point, likely) is not None
    assert outside <= 1


def _random_step(random: np.random.Generator) -> tuple[str, int, int]:
    names = [*UNARY, *BINARY]
    return names[random.integers(len(names))], int(random.integers(6)), int(random.integers(6))


def test_both_properties_can_fail() -> None:
    """With a hundredth of the bound, and a hundredth of the spread, programs lie outside."""

    def failures(bound: Callable[[Reference, Rounded], Any]) -> int:
        found = 0
        for seed in range(40):
            random = np.random.default_rng(seed)
            point = {name: random.standard_normal((3, 3)).astype(np.float32) for name in "xy"}
            found += excess(lambda x, y: xp(x).exp(x @ y) @ y, point, bound) is not None
        return found

    assert failures(worst_case) == failures(likely) == 0
    assert failures(lambda reference, found: found.worst / 100) > 20
    assert failures(lambda reference, found: found.sigma / 100) > 20


def test_a_view_rounds_nothing() -> None:
    """Transposes, broadcasts, slices, flips and paddings keep numbers and errors as they are."""

    def function(x: Any) -> Any:
        y = xp(x).flip(x.T, axis=0)[:, None, :]
        return xp(x).tril(xp(x).broadcast_to(y, (3, 3, 2)))

    found = referred(function, x=[[0.1, 0.2, 0.3], [0.4, 0.5, 0.6]]).rounded_value
    assert not np.any(found.sigma)
    assert not np.any(found.worst)


@pytest.mark.parametrize(
    "function",
    [
        lambda x, y: xp(x).concat([x, y, x]),
        lambda x, y: xp(x).stack([x, y]),
        lambda x, y: xp(x).stack([x, y, y], axis=1),
        lambda x, y: x + 0 * y,
    ],
)
def test_joining_arrays_rounds_nothing(function: Any) -> None:
    """Their padding is zero, which no sum notices."""
    found = referred(function, x=[0.1, 0.2, 0.3], y=[0.4, -0.5, 0.0])
    assert not found.rounded_value.worst.any()
    assert not found.rounded_value.sigma.any()


def test_a_sum_of_joined_arrays_is_rounded_where_both_are_something() -> None:
    """The zero that one entry happens to be is none of padding, but adds nothing either."""
    found = referred(lambda x, y: x + y, x=[0.1, 0.2, 0.3], y=[0.4, -0.5, 0.0])
    assert (found.rounded_value.worst > 0).tolist() == [True, True, False]


# --- kinks within rounding ------------------------------------------------------------------------


NEAR = [
    (lambda x: xp(x).relu(x - 0.1), 0.1),
    (lambda x: xp(x).maximum(x, 0.1), 0.1),
    (lambda x: xp(x).abs(x - 0.1), 0.1),
    (lambda x: xp(x).where(x > 0.1, 2 * x, x), 0.1),
    (lambda x: xp(x).where(x == 0.1, 2 * x, x), 0.1),
    (lambda x: xp(x).sign(x - 0.1) * x, 0.1),
    (lambda x: xp(x).floor(10 * x) * x, 0.7),
    (lambda x: xp(x).round(5 * x) * x, 0.1),
    (lambda x: xp(x).max(xp(x).stack([x, x * 0 + 0.1])), 0.1),
    (lambda x: xp(x).atan2(x - 0.1, -x), 0.1),
]


@pytest.mark.parametrize(("function", "x"), NEAR)
def test_a_kink_within_rounding_is_marked(function: Any, x: float) -> None:
    """float32(0.1) is above a tenth by less than the rounding of the literal: programs may branch either way."""
    assert referred(function, x=x).slack


@pytest.mark.parametrize(("function", "x"), NEAR)
@pytest.mark.parametrize("away", [0.93, 1.1])
def test_a_kink_further_away_is_not_marked(function: Any, x: float, away: float) -> None:
    """A tenth of the number away is no rounding."""
    assert not referred(function, x=x * away).slack


@pytest.mark.parametrize(
    ("function", "x"),
    [
        (lambda x: xp(x).relu(x), 0.0),
        (lambda x: xp(x).abs(x), 1e-30),
        (lambda x: xp(x).where(x > 0.5, 2 * x, x), 0.5),
        (lambda x: xp(x).max(x), [2.0, 2.0]),
        (lambda x: xp(x).floor(x), 3.0),
        (lambda x: xp(x).relu(2 * x), 0.0),
    ],
)
def test_an_exact_argument_is_decided_as_it_stands(function: Any, x: Any) -> None:
    """A tie of numbers that were not computed is a tie, and no rounding."""
    assert not referred(function, x=x).slack


@pytest.mark.parametrize(
    ("function", "x", "is_bounded"),
    [
        (lambda x: xp(x).where(xp(x).var(x) > 0, xp(x).sum(x), 0), [0.1] * 5, False),
        (lambda x: xp(x).where(xp(x).var(x) == 0, xp(x).sum(x), 0), [0.1] * 5, False),
        (lambda x: xp(x).where(xp(x).var(x) > 1e-3, xp(x).sum(x), 0), [0.1] * 5, True),
        (lambda x: xp(x).where(xp(x).var(x) > 0, xp(x).sum(x), 0), [0.0] * 5, True),
        (lambda x: xp(x).where(xp(x).var(x) > 0, xp(x).sum(x), 0), [0.1, 0.2, 0.3, 0.4, 0.5], True),
        (lambda x: xp(x).where(xp(x).sum(x * x) > 0, xp(x).sum(x), 0), [0.0] * 5, True),
    ],
)
def test_a_decision_on_an_error_that_first_order_does_not_see_bounds_nothing(
    function: Any, x: Any, is_bounded: bool
) -> None:
    """The variance of 0.1, 0.1, … is zero, the computed one not quite; of zeros it is computed exactly."""
    found = referred(function, x=x)
    assert np.isfinite(found.rounded_value.worst).all() == is_bounded


def test_in_float64_the_literal_is_what_was_typed() -> None:
    """The same functions at the same point are not near: 0.1 compares equal to 0.1."""
    function: Any = NEAR[3][0]
    assert not referred(function, "float64", x=0.1).slack


def test_only_the_entries_near_their_kink_have_slack() -> None:
    """The others are decided."""
    reference = referred(lambda x: xp(x).relu(x - 0.1), x=[0.1, 5.0, -3.0])
    [width] = reference.slack.values()
    assert [entry > 0 for entry in width] == [True, False, False]


# --- range ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("flushes", [False, True])
@pytest.mark.parametrize("dtype", DTYPES)
def test_with_underflow_every_operation_may_lose_what_is_too_small(dtype: str, flushes: bool) -> None:
    """Half the smallest subnormal; all below the smallest normal where a framework flushes subnormals."""
    x = nodes.variable("x", ())
    product = nodes.mapped(A * B, x, nodes.mapped(sp.exp(A), x))
    tiny = limits(dtype).smallest_subnormal
    lost = limits(dtype).smallest_normal if flushes else max(tiny / 2, 5e-324)
    [found], _ = propagate([product], {"x": np.array(tiny)}, Arithmetic.of(dtype, underflow=True, flushes=flushes))
    [without], _ = propagate([product], {"x": np.array(tiny)}, Arithmetic.of(dtype))
    assert found.worst >= lost > without.worst


@pytest.mark.parametrize("dtype", DTYPES)
def test_the_unit_is_half_an_epsilon(dtype: str) -> None:
    """Rounding to nearest is off by at most half the gap between two numbers."""
    assert Arithmetic.of(dtype).unit == ulp(1.0, dtype) / 2


@pytest.mark.parametrize(
    ("scale", "lifted", "rounds"), [(2.0**-60, True, 1.0), (2.0**-40, True, 0.0), (2.0**-60, False, 0.0)]
)
def test_a_branch_that_stands_for_another_is_off_by_a_rounding(scale: float, lifted: bool, rounds: float) -> None:
    """1 for 1 − exp(−40), in a program; a definition means what it says."""
    x = nodes.variable("x", ())
    one, other = nodes.filled(1), nodes.mapped(1 - A * nodes.exact(scale), x)
    node = nodes.Select((), nodes.mapped(heads.greater(A, 0), x), one, other)
    [found], _ = propagate([node], {"x": np.array(1.0)}, Arithmetic.of("float64", lifted=lifted))
    assert found.value == 1.0
    assert found.worst == rounds * 2.0**-53
