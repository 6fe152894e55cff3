"""A kink: what kind of point it is, and where a claim lies."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.optimize import linprog

from diffcheck.namespace import array_namespace
from diffcheck.reference import kink as kink_module
from diffcheck.reference.kink import Kink, Place
from diffcheck.special import relu
from tests.judging import referred

NAN, INF = float("nan"), float("inf")
INSIDE, SELECTED, BEYOND, UNKNOWN = Place.INSIDE, Place.SELECTED, Place.BEYOND, Place.UNKNOWN


def xp(x: Any) -> Any:
    return array_namespace(x)


def absolute(x: Any) -> Any:
    return xp(x).abs(x)


def norm(x: Any) -> Any:
    return xp(x).linalg.vector_norm(x)


def total(x: Any) -> Any:
    return xp(x).sum(absolute(x))


def kink_of(function: Callable[..., Any], x: Any, mode: str = "R", dtype: str = "float64", **more: Any) -> Kink:
    kink = referred(function, {"x": x, **more}, dtype, mode).kink
    assert kink is not None
    return kink


def placed(kink: Kink, claim: Any, ulps: float = 4.0) -> Place:
    """Where a claim lies, with a few ulps of slack."""
    numbers = np.atleast_1d(np.asarray(claim, dtype=float))
    return kink.place(numbers, ulps * np.spacing(np.abs(numbers)))


# --- what kind of point it is ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("function", "x"),
    [
        (lambda x: x * x, 0.0),
        (relu, 1e-300),
        (lambda x: relu(x * x), 0.0),
        (lambda x: x * absolute(x), 0.0),
        (lambda x: absolute(x) + relu(x - 1e-305), 1.0),
        (lambda x: xp(x).where(x > 1, x**2, 2 * x - 1), 1.0),
        (lambda x: xp(x).sum(xp(x).sign(x) * relu(absolute(x) - 0.1)), [0.0, 1.0]),
        (lambda x: absolute(x[0]) * absolute(x[1]), [0.0, 0.0]),
    ],
)
def test_no_kink(function: Callable[..., Any], x: Any) -> None:
    """Where all branches have one derivative, nothing is asked."""
    assert referred(function, {"x": x}).kink is None


@pytest.mark.parametrize(
    ("function", "x", "ends"),
    [
        (relu, 0.0, [NAN]),
        (lambda x: relu(x) - relu(-x), 0.0, [1.0]),
        (lambda x: absolute(x) - absolute(-x), 0.0, [0.0]),
        (lambda x: xp(x).maximum(x, 2 * (x / 2)), 3.0, [1.0]),
        (lambda x: relu(x) + xp(x).log(1 + xp(x).exp(-absolute(x))), 0.0, [0.5]),
        (lambda x: x * x if x > 0 else -x * x, 0.0, [0.0]),
        (lambda x: xp(x).sqrt(absolute(x[0])) + absolute(x[1]), [0.0, 0.0], [NAN, NAN]),
        (lambda x: xp(x).sqrt(x[0]) + absolute(x[1]), [0.0, 0.0], [NAN]),
    ],
)
def test_where_all_limits_are_one(function: Callable[..., Any], x: Any, ends: list[float]) -> None:
    """The kink is one of the program, not of the function."""
    np.testing.assert_allclose(kink_of(function, x).ends, ends, rtol=1e-15)


@pytest.mark.parametrize(
    ("function", "unbounded"),
    [
        (lambda x: xp(x).sqrt(absolute(x)), [True]),
        (lambda x: xp(x).sqrt(relu(x)), [True]),
        (lambda x: absolute(x) ** (1 / 3), [True]),
        (absolute, [False]),
        (lambda x: xp(x).sqrt(x * x), [False]),
        (lambda x: 1e200 * absolute(x), [False]),
    ],
)
def test_limits_without_bound(function: Callable[..., Any], unbounded: list[bool]) -> None:
    """Infinite, but not with one sign on all sides."""
    kink = kink_of(function, 0.0)
    assert kink.unbounded.tolist() == unbounded
    assert not kink.jumps


@pytest.mark.parametrize(
    ("function", "x", "jumps"),
    [
        (lambda x: xp(x).where(x > 0, x + 1, x), 0.0, True),
        (lambda x: xp(x).floor(x), 2.0, True),
        (lambda x: 2 * x + 1 if x > 0 else 3 * x, 0.0, True),
        (lambda x: 1 / x, 0.0, True),
        (lambda x: 1 / (x * x), 0.0, True),
        (lambda x: absolute(x) / x, 0.0, True),
        (lambda x: xp(x).log(x), 0.0, True),
        (lambda x: xp(x).sign(x) * x, 0.0, False),
        (lambda x: xp(x).floor(x) * x, 0.0, False),
        (lambda x: xp(x).floor(x) * x, 1.0, True),
        (lambda x: absolute(x - xp(x).round(x)), 0.5, False),
        (lambda x: 2 * x if x > 0 else 3 * x, 0.0, False),
        (lambda x: x[0] + 0 if x[0] > x[1] else x[1] + 0, [1.0, 1.0], False),
        (lambda x: x[0] + 1 if x[0] > x[1] else x[1] + 0, [1.0, 1.0], True),
    ],
)
def test_jumps_and_poles(function: Callable[..., Any], x: Any, jumps: bool) -> None:
    """The value on some side is not that at the point, or there is none."""
    assert kink_of(function, x).jumps is jumps


def test_outside_of_the_domain() -> None:
    """log(x − 1) is defined nowhere near 0."""
    kink = kink_of(lambda x: xp(x).log(x - 1), 0.0)
    assert kink.is_outside
    assert not kink_of(relu, 0.0).is_outside


def test_what_does_not_settle() -> None:
    """x·sin(1/x), filled up at 0, has no limit of the slope, and none is made up."""
    kink = kink_of(lambda x: absolute(x) + xp(x).where(x == 0, 0 * x, x * xp(x).sin(1 / x)), 0.0)
    assert kink.unsettled.all()
    assert np.isnan(kink.ends).all()
    assert placed(kink, 0.0) is UNKNOWN


# --- where a claim lies ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("function", "x", "claim", "place"),
    [
        *((relu, 0.0, slope, INSIDE) for slope in (0.0, 0.3, 1.0, 1 + 1e-16, -0.0)),
        *((relu, 0.0, slope, BEYOND) for slope in (-1e-14, 1 + 1e-14, 2.0, -1e300)),
        *((lambda x: relu(relu(x)), 0.0, slope, INSIDE) for slope in (0.0, 1.0)),
        (lambda x: relu(relu(x)), 0.0, -0.5, BEYOND),
        (lambda x: relu(x) - relu(-x), 0.0, 1.0, INSIDE),
        *((lambda x: relu(x) - relu(-x), 0.0, slope, SELECTED) for slope in (0.0, 0.5, 2.0)),
        (lambda x: relu(x) - relu(-x), 0.0, 2.1, BEYOND),
        *((lambda x: absolute(x) - absolute(-x), 0.0, slope, SELECTED) for slope in (-2.0, 1.0, 2.0)),
        (lambda x: xp(x).maximum(x, 2 * (x / 2)), 1.0, 0.9, BEYOND),
        (lambda x: xp(x).clip(x, 0, 0), 0.0, 1.0, SELECTED),
        (lambda x: xp(x).sqrt(x * x), 0.0, 1.0, INSIDE),
        (lambda x: xp(x).sqrt(x * x), 0.0, 1.1, BEYOND),
        (lambda x: 2 * x if x > 0 else 3 * x, 0.0, 2.5, INSIDE),
        (lambda x: 2 * x if x > 0 else 3 * x, 0.0, 1.9, BEYOND),
        (lambda x: (x * 1 if x > 0 else 2 * x) + absolute(x), 0.0, 2.0, INSIDE),
        (lambda x: (x * 1 if x > 0 else 2 * x) + absolute(x), 0.0, 0.9, BEYOND),
        (lambda x: absolute(x - xp(x).round(x)), 0.5, -1.0, INSIDE),
        (lambda x: 1e-200 * absolute(x), 0.0, -0.99e-200, INSIDE),
        (lambda x: 1e-200 * absolute(x), 0.0, 1.01e-200, BEYOND),
        (lambda x: 1e200 * absolute(x), 0.0, -0.99e200, INSIDE),
        (lambda x: 1e200 * absolute(x), 0.0, 1.01e200, BEYOND),
        (lambda x: relu(x - 1e-160) * 1e160, 1e-160, 0.99e160, INSIDE),
        (lambda x: relu(x - 1e-160) * 1e160, 1e-160, 1.01e160, BEYOND),
        (lambda x: absolute(x) + relu(x - 1e-305), 0.0, 1.5, BEYOND),
        (lambda x: xp(x).maximum(x, 0 * x + 1e-300), 1e-300, 0.5, INSIDE),
        (lambda x: relu(x - 1e200), 1e200, 0.5, INSIDE),
        (lambda x: xp(x).max(x), [1.0, 1.0], [0.5, 0.5], INSIDE),
        (lambda x: xp(x).max(x), [1.0, 1.0], [1.0, 1.0], BEYOND),
        (lambda x: xp(x).max(x), [1.0, 1.0], [0.0, 0.0], BEYOND),
        (lambda x: xp(x).max(x), [1.0] * 3, [0.5, 0.5, 0.0], INSIDE),
        (lambda x: xp(x).max(x), [1.0] * 3, [1 / 3] * 3, INSIDE),
        (lambda x: xp(x).max(x), [1.0] * 3, [0.5, 0.6, 0.0], BEYOND),
        (lambda x: xp(x).sum(x) - xp(x).max(x) - xp(x).min(x), [1.0] * 3, [1 / 3] * 3, INSIDE),
        (lambda x: xp(x).sum(x) - xp(x).max(x) - xp(x).min(x), [1.0] * 3, [1.0, 1.0, -1.0], SELECTED),
        (lambda x: absolute(xp(x).max(x)), [0.0, 0.0], [0.5, -0.5], INSIDE),
        (lambda x: absolute(xp(x).max(x)), [0.0, 0.0], [1.0, 1.0], BEYOND),
        (total, [0.0, 0.0, 3.0], [0.0, 0.0], INSIDE),
        (total, [0.0, 0.0, 3.0], [1.0, 1.01], BEYOND),
        (norm, [0.0, 0.0], [0.0, 0.0], INSIDE),
        (norm, [0.0, 0.0, 0.0], [0.0, 0.0, 0.0], INSIDE),
        (norm, [0.0, 0.0], [0.5, -0.5], INSIDE),
        (norm, [0.0, 0.0], [1.0, 0.0], INSIDE),
        (lambda x: norm(relu(x)), [0.0, 0.0], [0.0, 0.0], INSIDE),
        (lambda x: xp(x).sqrt(x[0]) + absolute(x[1]), [0.0, 0.0], [0.5], INSIDE),
        (lambda x: norm(relu(x)), [0.0, 0.0], [1.0, 0.9], BEYOND),
        (lambda x: xp(x).hypot(x[0], 2 * x[1]), [0.0, 0.0], [0.0, 2.0], INSIDE),
        (lambda x: xp(x).hypot(x[0], 2 * x[1]), [0.0, 0.0], [0.5, 2.0], BEYOND),
        (lambda x: xp(x).std(x), [0.1] * 3, [1.0, 0.0, -1.0], BEYOND),
        (lambda x: xp(x).std(x), [0.1] * 3, [0.3, 0.0, -0.3], INSIDE),
        (lambda x: xp(x).std(x), [0.1] * 3, [0.3, 0.3, 0.3], BEYOND),
        (lambda x: x[0] * 1 if x[0] > x[1] else x[1] * 1, [1.0, 1.0], [0.5, 0.5], INSIDE),
        (lambda x: x[0] * 1 if x[0] > x[1] else x[1] * 1, [1.0, 1.0], [1.0, 1.0], BEYOND),
        (lambda x: x[0] * 1 if x[0] > x[1] else x[1] * 1, [1.0, 1.0], [0.0, 0.0], BEYOND),
    ],
)
def test_a_claim(function: Callable[..., Any], x: Any, claim: Any, place: Place) -> None:
    """In the hull of the limits, among the choices, or beyond both; at whatever scale."""
    kink = kink_of(function, x)
    if np.ndim(claim) == 1 and kink.asked.size != len(claim):
        pytest.fail(f"{kink.asked.size} entries are open")
    chosen = np.isnan(kink.ends) | np.isfinite(kink.ends)
    numbers = np.atleast_1d(np.asarray(claim, dtype=float))
    assert kink.place(numbers, 4 * np.spacing(np.abs(numbers)), chosen) is place


@pytest.mark.parametrize(
    ("function", "claim", "place"),
    [
        (lambda x: xp(x).max(x), 1.0, INSIDE),
        (lambda x: xp(x).max(x), 0.5, BEYOND),
        (total, 3.0, INSIDE),
        (total, -3.0, INSIDE),
        (total, 3.01, BEYOND),
        (lambda x: xp(x).sum(relu(x) - relu(-x)), 3.0, INSIDE),
        (lambda x: xp(x).sum(relu(x) - relu(-x)), 0.0, SELECTED),
        (norm, 0.0, INSIDE),
        (norm, 1.7, INSIDE),
    ],
)
def test_a_claim_about_a_directional_derivative(function: Callable[..., Any], claim: float, place: Place) -> None:
    """Along all ones, at three zeros."""
    assert placed(kink_of(function, [0.0] * 3, mode="F"), claim) is place


@pytest.mark.parametrize("n", [2, 3, 10, 40])
def test_the_unit_ball(n: int) -> None:
    """All within it are derivatives of the norm at 0, and none beyond; so near to its edge that few are in between."""
    kink = kink_of(norm, [0.0] * n)
    claim = np.random.default_rng(n).standard_normal(n)
    claim /= np.linalg.norm(claim)
    assert all(placed(kink, claim * size) is INSIDE for size in (0.0, 0.5, 0.999, 1.0))
    assert all(placed(kink, claim * size) is BEYOND for size in (1 + 1e-7, 1.001, 2.0, 1e300))
    assert placed(kink, claim * (1 + 1e-12)) is UNKNOWN


def test_a_kink_on_each_side_of_a_difference() -> None:
    """‖x‖ − ‖y‖ has a product of two balls; each is placed on its own, and both together."""
    kink = kink_of(lambda x, y: norm(x) - norm(y), [0.0, 0.0], y=[0.0, 0.0])
    assert placed(kink, [0.6, 0.6, -0.6, 0.6]) is INSIDE
    assert placed(kink, [0.8, 0.8, 0.0, 0.0]) is BEYOND
    assert placed(kink, [0.6, 0.6, -0.8, 0.8]) is BEYOND


def test_a_branch_that_is_taken_nowhere_else() -> None:
    """x² at 0 and x beside it is the function x: the chain rule says 0, and nothing says 2."""

    def identity(x: Any) -> Any:
        return x * x if x == 0 else x

    kink = kink_of(identity, 0.0)
    assert placed(kink, 1.0) is INSIDE
    assert placed(kink, 0.0) is SELECTED
    assert placed(kink, 0.5) is BEYOND
    assert placed(kink, 2.0) is BEYOND


def test_a_constant_branch_is_asked_about_its_surroundings() -> None:
    """0 at 0 and x beside it has the slope 1, though no path leads from x to the branch that is taken."""
    kink = kink_of(lambda x: 0 * x if x == 0 else x, 0.0)
    assert placed(kink, 1.0) is INSIDE
    assert placed(kink, 0.0) is SELECTED
    assert placed(kink, 2.0) is BEYOND


def test_some_entries_can_be_placed_without_the_others() -> None:
    """(1, 1) is no derivative of max(x, y); either 1 is an entry of one."""
    kink = kink_of(lambda x, y: xp(x).maximum(x, y), 1.0, y=1.0)
    ones = np.ones(2)
    assert kink.place(ones, 0 * ones) is BEYOND
    assert kink.place(ones, 0 * ones, np.array([True, False])) is INSIDE


def test_an_argument_without_a_kink_is_not_asked() -> None:
    """|x|·y at x = 0, y = 3: the slope along y is 0."""
    kink = kink_of(lambda x, y: absolute(x) * y, 0.0, y=3.0)
    assert set(kink.asked.masks) == {"x"}
    assert placed(kink, -3.0) is INSIDE


def test_slack_is_the_callers() -> None:
    """A claim beside the hull is inside within its own allowance."""
    kink = kink_of(relu, 0.0)
    claim = np.array([1.05])
    assert kink.place(claim, np.array([0.1])) is INSIDE
    assert kink.place(claim, np.array([0.01])) is BEYOND


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_kink_does_not_depend_on_the_dtype(dtype: str) -> None:
    """Exact zeros are exact in every dtype."""
    kink = kink_of(total, [0.0, 0.0, 1.0], dtype=dtype)
    assert placed(kink, [0.5, -1.0]) is INSIDE


# --- a hundred dimensions -------------------------------------------------------------------------


def test_the_middle_of_a_cube_of_a_hundred_dimensions_takes_no_plane(monkeypatch: pytest.MonkeyPatch) -> None:
    """Σ|x| at 0: opposite limits come in pairs; sampled ones alone leave 0 outside from n = 32 on."""
    monkeypatch.setattr(kink_module, "_MOST_PLANES", 1)
    assert placed(kink_of(total, np.zeros(100)), np.zeros(100)) is INSIDE


def test_an_inner_point_of_a_hundred_dimensions() -> None:
    """About 60 planes where all entries hang together; what is beyond a face is outside of the box at once."""
    kink = kink_of(lambda x: total(x) + xp(x).sum(x) ** 2, np.zeros(100))
    claim = np.random.default_rng(0).uniform(-0.9, 0.9, 100)
    assert placed(kink, claim) is INSIDE
    assert 30 < len(kink.exploration.limits) < 130
    outside = np.where(np.arange(100) == 3, 1.01, claim)
    assert placed(kink, outside) is BEYOND
    assert placed(kink, np.sign(claim)) is INSIDE
    assert placed(kink, 1.01 * np.sign(claim)) is BEYOND


def test_a_simplex_of_a_hundred_corners() -> None:
    """max over a tie of 100: one percent more than a mean is beyond, though no entry of it is."""
    kink = kink_of(lambda x: xp(x).max(x), np.ones(100))
    mean = np.random.default_rng(0).dirichlet(np.ones(100))
    assert placed(kink, mean) is INSIDE
    assert placed(kink, 1.01 * mean) is BEYOND
    assert placed(kink, 0.99 * mean) is BEYOND


def test_the_middle_of_many_corners() -> None:
    """Where frameworks share a tie of 300 evenly, every corner is needed."""
    kink = kink_of(lambda x: xp(x).max(x), np.full(300, 0.3))
    assert placed(kink, np.full(300, 1 / 300)) is INSIDE
    assert placed(kink, np.full(300, 1.001 / 300)) is BEYOND


# --- what is shown --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("function", "x", "low", "high"),
    [
        (relu, 0.0, [0.0], [1.0]),
        (lambda x: relu(relu(x)), 0.0, [0.0], [1.0]),
        (lambda x: relu(x) - relu(-x), 0.0, [1.0], [1.0]),
        (total, [0.0, 0.0, 1.0], [-1.0, -1.0], [1.0, 1.0]),
        (norm, [0.0, 0.0], [-1.0, -1.0], [1.0, 1.0]),
        (lambda x: norm(relu(x)), [0.0, 0.0], [0.0, 0.0], [1.0, 1.0]),
        (lambda x: xp(x).sqrt(absolute(x)), 0.0, [-INF], [INF]),
        (lambda x: xp(x).sqrt(relu(x)), 0.0, [0.0], [INF]),
        (lambda x: 2 * x if x > 0 else 3 * x, 0.0, [2.0], [3.0]),
    ],
)
def test_the_ranges_that_are_shown(function: Callable[..., Any], x: Any, low: list[float], high: list[float]) -> None:
    """Of the limits where they are all known, or nothing else is; else of what the chain rule gives."""
    found = kink_of(function, x).ranges
    assert [ends.tolist() for ends in found] == [low, high]


# --- against a computation of their own -----------------------------------------------------------


@st.composite
def planes(draw: st.DrawFn, n: int, most: int = 5) -> tuple[np.ndarray, np.ndarray]:
    """The slopes and offsets of some affine functions; the largest at 0 is that with offset 0."""
    count = draw(st.integers(1, most))
    slopes = draw(arrays(float, (count, n), elements=st.integers(-3, 3).map(float)))
    offsets = draw(arrays(float, count, elements=st.sampled_from([0.0, 0.0, 0.0, -1.0])))
    offsets[0] = 0.0
    return slopes, offsets


def largest(x: Any, slopes: np.ndarray, offsets: np.ndarray) -> Any:
    return xp(x).max(xp(x).asarray(slopes) @ x + xp(x).asarray(offsets))


def distance(claim: np.ndarray, vertices: np.ndarray) -> float:
    """How far a claim is from a convex hull, by linear programming."""
    k, n = vertices.shape
    one = np.ones((n, 1))
    found = linprog(
        np.append(np.zeros(k), 1.0),
        A_ub=np.vstack([np.hstack([vertices.T, -one]), np.hstack([-vertices.T, -one])]),
        b_ub=np.concatenate([claim, -claim]),
        A_eq=[[1.0] * k + [0.0]],
        b_eq=[1.0],
    )
    return float(found.fun)


def has_inside(rows: np.ndarray) -> bool:
    """Whether there is a direction along which all of some linear functions increase."""
    rows = rows[rows.any(axis=1)]
    n = rows.shape[1]
    found = linprog(
        np.append(np.zeros(n), -1.0),
        A_ub=np.hstack([-rows, np.ones((len(rows), 1))]),
        b_ub=np.zeros(len(rows)),
        bounds=[(-1, 1)] * n + [(None, 1)],
    )
    return bool(found.x[-1] > 1e-6)


def claims(vertices: np.ndarray, draw: Callable[[Any], Any]) -> list[np.ndarray]:
    """A convex combination of some vertices, zero, and something beside them."""
    weights = draw(arrays(float, len(vertices), elements=st.integers(0, 5).map(float)).filter(np.any))
    combination = weights @ vertices / weights.sum()
    shift = draw(arrays(float, combination.shape, elements=st.sampled_from([-1.0, -0.1, 0.0, 0.0, 0.5])))
    return [combination, 0 * combination, combination + shift]


@settings(max_examples=15)
@given(st.integers(1, 4), st.data())
def test_the_largest_of_affine_functions(n: int, data: st.DataObject) -> None:
    """Its subdifferential is the hull of the slopes of those that are largest; nothing else is a choice."""
    slopes, offsets = data.draw(planes(n))
    active = np.unique(slopes[offsets == 0], axis=0)
    found = referred(lambda x: largest(x, slopes, offsets), {"x": np.zeros(n)}).kink
    assume(found is not None)
    kink = found
    assert kink is not None
    open_ones = kink.asked.masks["x"]
    for claim in claims(active[:, open_ones], data.draw):
        inside = distance(claim, active[:, open_ones]) < 1e-8
        assert placed(kink, claim) is (INSIDE if inside else BEYOND)


@settings(max_examples=15)
@given(st.integers(1, 3), st.data())
def test_a_difference_of_two_such_functions(n: int, data: st.DataObject) -> None:
    """The limits are the differences of slopes that are active together; any differences are choices."""
    (one, its), (other, theirs) = data.draw(planes(n, 4)), data.draw(planes(n, 4))

    def function(x: Any) -> Any:
        return largest(x, one, its) - largest(x, other, theirs)

    kink = referred(function, {"x": np.zeros(n)}).kink
    assume(kink is not None)
    assert kink is not None
    first, second = np.unique(one[its == 0], axis=0), np.unique(other[theirs == 0], axis=0)
    open_ones = kink.asked.masks["x"]
    choices = np.array([(a - b)[open_ones] for a in first for b in second])
    limits = np.array(
        [(a - b)[open_ones] for a in first for b in second if has_inside(np.vstack([a - first, b - second]))]
    )
    for claim in claims(limits, data.draw):
        inside = distance(claim, limits) < 1e-8
        selected = distance(claim, choices) < 1e-8
        assert placed(kink, claim) is (INSIDE if inside else SELECTED if selected else BEYOND)


def test_half_of_all_networks_without_bias_select() -> None:
    """Σ vⱼ·relu(wⱼ·x) at 0: 0 is what every framework says, and often no subgradient (4 to 20 of 24 here)."""
    rng = np.random.default_rng(0)
    found = []
    for _ in range(24):
        w, v = rng.normal(size=(4, 2)), rng.normal(size=4)
        kink = kink_of(lambda x, w=w, v=v: xp(x).sum(xp(x).asarray(v) * relu(xp(x).asarray(w) @ x)), np.zeros(2))
        found.append(placed(kink, np.zeros(2)))
        angles = np.linspace(0, 2 * np.pi, 2001)
        ways = np.array([np.cos(angles), np.sin(angles)])
        limits = np.unique(((w @ ways > 0) * v[:, None]).T @ w, axis=0)
        assert (found[-1] is INSIDE) == (distance(np.zeros(2), limits) < 1e-8)
    assert set(found) == {INSIDE, SELECTED}
    assert 4 < found.count(SELECTED) < 20


def test_two_layers_against_sampled_directions() -> None:
    """Kinks in kinks: relu of sums of |·|, in the plane, where 4,000 directions meet every cell."""
    for seed in range(6):
        rng = np.random.default_rng(seed)
        w, u, v = rng.integers(-3, 4, (3, 2)), rng.integers(-3, 4, (2, 3)), rng.choice([-1.0, 2.0, 0.5], 2)

        def function(x: Any, w: Any = w * 1.0, u: Any = u * 1.0, v: Any = v) -> Any:
            inner = absolute(xp(x).asarray(w) @ x)
            return xp(x).sum(xp(x).asarray(v) * relu(xp(x).asarray(u) @ inner))

        angles = np.linspace(0, 2 * np.pi, 4001) + 1e-4
        before = w @ np.array([np.cos(angles), np.sin(angles)])
        after = u @ np.abs(before)
        limits = np.unique(np.einsum("jk,ji,ik,id->kd", (after > 0) * v[:, None], u, np.sign(before), w), axis=0)
        kink = kink_of(function, np.zeros(2))
        for claim in (np.zeros(2), limits.mean(axis=0), limits[0], limits[0] + 1, limits.mean(axis=0) - 0.5):
            assert (placed(kink, claim) is INSIDE) == (distance(claim, limits) < 1e-8)
