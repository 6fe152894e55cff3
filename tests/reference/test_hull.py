"""The hull: inside, outside, or too near to tell; and directions that vectors have in common."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from diffcheck.reference import hull
from diffcheck.reference.hull import common_direction, corners, place


def slack_of(point: np.ndarray) -> np.ndarray:
    """Two units in the last place."""
    return 2 * np.spacing(np.abs(point))


def is_inside(point: Any, vertices: Any) -> bool | None:
    point = np.asarray(point, dtype=float)
    return place(point, np.asarray(vertices, dtype=float), slack_of(point)).inside


def cube(n: int) -> np.ndarray:
    return np.array(list(product([-1.0, 1.0], repeat=n)))


TRIANGLE = [[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, 1.0, 0.0]]


@pytest.mark.parametrize(
    ("point", "vertices"),
    [
        ([0.5], [[0.0], [1.0]]),
        ([0.0], [[0.0], [1.0]]),
        ([1.0], [[1.0]]),
        ([0.5, 0.5, 0.0], TRIANGLE),
        ([1 / 3, 1 / 3, 1 / 3], TRIANGLE),
        ([0.0, 1.0, 0.0], TRIANGLE),
        ([0.1, 0.2, 0.7], TRIANGLE),
        ([0.0, 0.0], [[1.0, 1.0], [-1.0, -1.0]]),
        ([0.0, 0.0], [[1e-200, 1e200], [-1e-200, -1e200]]),
        ([5e-324], [[0.0], [1e-323]]),
        ([-1e-300], [[0.0], [1.0]]),
        ([1e308, 0.0], [[1.7e308, 1.0], [-1.7e308, -1.0], [1.7e308, -1.0]]),
    ],
)
def test_what_is_inside(point: list[float], vertices: list[list[float]]) -> None:
    """Corners, edges and flat hulls too, whatever the scales; vertices are known to a rounding of the hull's size."""
    assert is_inside(point, vertices)


@pytest.mark.parametrize(
    ("point", "vertices"),
    [
        ([1.1], [[0.0], [1.0]]),
        ([-1e-15], [[0.0], [1.0]]),
        ([1 + 1e-14], [[0.0], [1.0]]),
        ([1.0, 1.0], [[1.0, 0.0], [0.0, 1.0]]),
        ([0.0, 0.0], [[1.0, 0.0], [0.0, 1.0]]),
        ([0.5, 0.5 + 1e-13, 0.0], TRIANGLE),
        ([1e-210, 0.0], [[1e-200, 1e200], [-1e-200, -1e200]]),
        ([1e-322], [[0.0], [1e-323]]),
    ],
)
def test_what_is_outside(point: list[float], vertices: list[list[float]]) -> None:
    """By more than the slack, however little that is; the direction leads away from every vertex."""
    array = np.array(point)
    placed = place(array, np.array(vertices), slack_of(array))
    assert placed.inside is not True
    if placed.inside is False:
        assert max((vertex - array) @ placed.away for vertex in np.array(vertices, np.longdouble)) < 0


@pytest.mark.parametrize("n", range(1, 9))
def test_a_cube(n: int) -> None:
    """Its middle, the middle of a face, a corner; and a little beyond each face."""
    corners = cube(n)
    assert is_inside(np.zeros(n), corners)
    assert is_inside(np.eye(n)[0], corners)
    assert is_inside(corners[0], corners)
    assert is_inside(corners[0] * (1 + 1e-13), corners) is False
    assert is_inside((1 + 1e-13) * np.eye(n)[-1], corners) is False


def test_many_dimensions_and_few_vertices() -> None:
    """The middle of a cube of 100 dimensions needs two opposite corners; another point needs more."""
    corner = np.random.default_rng(0).choice([-1.0, 1.0], 100)
    assert is_inside(np.zeros(100), [corner, -corner])
    assert is_inside(0.25 * corner, [corner, -corner])
    assert is_inside(np.eye(100)[0], np.array([corner, -corner])) is False


integers = st.integers(-4, 4).map(float)


@st.composite
def combinations(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    """Some vertices, and a convex combination of them, rounded."""
    n, k = draw(st.integers(1, 6)), draw(st.integers(1, 9))
    vertices = draw(arrays(float, (k, n), elements=integers)) * 10.0 ** draw(
        arrays(int, n, elements=st.integers(-9, 9))
    )
    weights = draw(arrays(float, k, elements=st.integers(0, 9).map(float)).filter(np.any))
    exact = np.asarray(weights, np.longdouble) @ vertices / weights.sum()
    return np.asarray(exact, dtype=float), vertices


@given(combinations())
def test_a_convex_combination_is_inside(drawn: tuple[np.ndarray, np.ndarray]) -> None:
    """Although rounding moves it off a flat hull."""
    point, vertices = drawn
    assert is_inside(point, vertices)


@given(combinations(), st.data())
def test_beyond_a_vertex_is_outside(drawn: tuple[np.ndarray, np.ndarray], data: st.DataObject) -> None:
    """Past the vertex that lies furthest in any direction."""
    _, vertices = drawn
    width = np.ptp(vertices, axis=0)
    way = data.draw(arrays(float, width.shape, elements=st.integers(-5, 5).map(float)).filter(np.any))
    scaled = way / np.where(width > 0, width, 1.0)
    furthest = vertices[np.argmax(vertices @ scaled)]
    step = way * np.where(width > 0, width, 1.0) * 10.0 ** data.draw(st.integers(-6, 1))
    assert is_inside(furthest + step, vertices) is False


def test_a_search_without_end_proves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where SciPy gives up, nobody is accused."""

    def gives_up(*_: object) -> None:
        raise RuntimeError("Maximum number of iterations reached.")

    monkeypatch.setattr(hull, "nnls", gives_up)
    assert is_inside([0.5, 0.5, 0.0], TRIANGLE) is None
    assert common_direction(np.eye(2) - 0.5)[0] is None


@given(st.integers(1, 5), st.integers(1, 8), st.data())
def test_vectors_have_a_direction_in_common_or_cancel(n: int, k: int, data: st.DataObject) -> None:
    """Gordan's alternative: one of the two is shown."""
    vectors = data.draw(arrays(float, (k, n), elements=integers).filter(lambda array: array.any(axis=1).all()))
    direction, cancel = common_direction(vectors)
    if direction is not None:
        assert (vectors @ direction > 0).all()
        assert not cancel.any()
    else:
        together = vectors[cancel] / np.abs(vectors[cancel]).max(axis=1, keepdims=True)
        assert place(np.zeros(n), together, np.full(n, 1e-7)).inside


@pytest.mark.parametrize(
    ("vectors", "cancel"),
    [
        ([[1.0], [-1.0]], [True, True]),
        ([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0]], [True, False, True]),
        ([[1.0, 0.0], [0.0, 1.0], [-1.0, -1.0]], [True, True, True]),
    ],
)
def test_which_vectors_cancel(vectors: list[list[float]], cancel: list[bool]) -> None:
    """No more than it takes."""
    direction, found = common_direction(np.array(vectors))
    assert direction is None
    assert found.tolist() == cancel


def test_a_wedge_has_a_direction() -> None:
    """However narrow, within the digits of the search."""
    direction, _ = common_direction(np.array([[1.0, 1000.0], [1.0, -1000.0]]))
    assert direction is not None
    assert direction[0] > 1000 * abs(direction[1])


def test_corners_make_up_what_lies_inside() -> None:
    """No others are needed; of what lies outside, those of the nearest point."""
    square = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0], [0.5, 0.5]])
    assert corners(np.array([1.0, 1.0]), square).tolist() == [3]
    assert set(corners(np.array([0.5, 0.0]), square)) == {0, 2}
    assert set(corners(np.array([2.0, 0.5]), square)) == {2, 3}
    simplex = np.eye(50)
    assert corners(np.full(50, 1 / 50), simplex).tolist() == list(range(50))
