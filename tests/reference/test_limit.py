"""Limits: what numbers tend to, told from a few steps."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest
from flint import arb

from diffcheck.reference.limit import Beside, Kind, Limit, same, settled, unsettled
from diffcheck.reference.precision import precision

EXPONENTS = (1100, 2200, 4400, 8800)
SMALLEST = arb(2) ** -1084


@pytest.fixture(autouse=True)
def _enough_bits() -> Iterator[None]:
    with precision(20000):
        yield


def ball(number: arb | float) -> np.ndarray:
    array = np.empty((), object)
    array[()] = arb(number)
    return array


def steps(derivative: Callable[[arb], arb], value: Callable[[arb], arb]) -> list[Beside]:
    ways = [arb(2) ** -exponent for exponent in EXPONENTS]
    return [Beside(ball(value(step)), {"x": ball(derivative(step))}) for step in ways]


def limit_of(derivative: Callable[[arb], arb], value: Callable[[arb], arb] = lambda e: e, here: float = 0.0) -> Limit:
    """The limit on as few steps as settle it."""
    found = steps(derivative, value)
    for count in range(1, len(found) + 1):
        if (limit := settled(found[:count], ball(here), SMALLEST)) is not None:
            return limit
    return unsettled(found, ball(here), SMALLEST)


@pytest.mark.parametrize(
    ("derivative", "end"),
    [
        (lambda e: arb(3), 3.0),
        (lambda e: 3 + e, 3.0),
        (lambda e: 3 + e.sqrt(), 3.0),
        (lambda e: 2 * e, 0.0),
        (lambda e: e.sqrt(), 0.0),
        (lambda e: -e.root(8), 0.0),
        (lambda e: e * e.log(), 0.0),
        (lambda e: arb(1) if e > arb(2) ** -2000 else arb("1e-30"), 1e-30),
        (lambda e: arb(1) if e > arb(2) ** -2000 else arb(-2), -2.0),
        (lambda e: arb("1e-300"), 1e-300),
        (lambda e: arb(1) / 3, 1 / 3),
    ],
)
def test_what_settles(derivative: Callable[[arb], arb], end: float) -> None:
    """Numbers, zeros, and what lies behind another kink; small is not zero."""
    limit = limit_of(derivative)
    assert limit.kind is Kind.SETTLED
    assert float(limit.entries["x"][()]) == pytest.approx(end, rel=1e-15, abs=1e-320)


@pytest.mark.parametrize(
    ("derivative", "end"),
    [
        (lambda e: 1 / e, np.inf),
        (lambda e: -1 / e, -np.inf),
        (lambda e: 1 / e.sqrt(), np.inf),
        (lambda e: 1 + e.log(), -np.inf),
        (lambda e: -e.log(), np.inf),
        (lambda e: 1 / (e * e.log()), -np.inf),
    ],
)
def test_what_grows_without_bound(derivative: Callable[[arb], arb], end: float) -> None:
    """Like a power or a logarithm, with one sign."""
    limit = limit_of(derivative)
    assert limit.kind is Kind.UNBOUNDED
    assert float(limit.entries["x"][()]) == end


@pytest.mark.parametrize(
    "derivative",
    [
        lambda e: (1 / e).sin(),
        lambda e: 1 + 1 / e.log(),
        lambda e: (1 / e) * (1 if e > arb(2) ** -3000 else -1),
        lambda e: (-e.log()).sqrt().sqrt().sin() * 5,
    ],
)
def test_what_does_not_settle(derivative: Callable[[arb], arb]) -> None:
    """Oscillation, a creeping limit, infinities of both signs."""
    assert limit_of(derivative).kind is Kind.UNSETTLED


@pytest.mark.parametrize(
    ("value", "here", "jumps"),
    [
        (lambda e: 2 + e, 2.0, False),
        (lambda e: 2 + e.sqrt(), 2.0, False),
        (lambda e: 2 - 1 / e.log(), 2.0, False),
        (lambda e: arb(2), 2.0, False),
        (lambda e: 3 + e, 2.0, True),
        (lambda e: 2 + arb("1e-300"), 2.0, True),
        (lambda e: 1 / e, 0.0, True),
        (lambda e: e.log(), 0.0, True),
        (lambda e: 1 + e, float("nan"), False),
        (lambda e: e * e.log(), float("nan"), False),
        (lambda e: e.log(), float("nan"), True),
        (lambda e: 1 / e, float("nan"), True),
    ],
)
def test_a_jump(value: Callable[[arb], arb], here: float, jumps: bool) -> None:
    """The value does not tend to that at the point; or, where it has none there, to nothing."""
    assert limit_of(lambda e: arb(1), value, here).jumps is jumps


def test_several_entries_settle_together() -> None:
    """One that grows does not keep the others from their limits; one that does neither does."""
    way = [arb(2) ** -exponent for exponent in EXPONENTS]

    def besides(*of: Callable[[arb], arb]) -> list[Beside]:
        return [Beside(ball(e), {"x": np.array([f(e) for f in of], object)}) for e in way]

    grows = unsettled(besides(lambda e: 1 / e, lambda e: arb(2)), ball(0), SMALLEST)
    assert (grows.kind, [float(end) for end in grows.entries["x"]]) == (Kind.UNBOUNDED, [np.inf, 2.0])
    swings = unsettled(besides(lambda e: (1 / e).sin(), lambda e: arb(2)), ball(0), SMALLEST)
    assert swings.kind is Kind.UNSETTLED


def test_one_step_tells_nothing() -> None:
    """There is nothing to hold it against."""
    assert settled(steps(lambda e: arb(1), lambda e: e)[:1], ball(0), SMALLEST) is None


def test_numbers_are_the_same_to_sixty_bits() -> None:
    """Or when they differ by less than the smallest number."""
    assert same(arb(1), 1 + arb(2) ** -61, SMALLEST)
    assert not same(arb(1), 1 + arb(2) ** -59, SMALLEST)
    assert same(arb(2) ** -1100, arb(2) ** -2200, SMALLEST)
