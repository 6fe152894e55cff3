"""Cells: the derivative for every answer to the open decisions, and the ways into them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.optimize import linprog

from diffcheck.namespace import array_namespace
from diffcheck.reference.cells import MOST_CELLS, Cells
from diffcheck.special import relu
from tests.judging import referred


def xp(x: Any) -> Any:
    return array_namespace(x)


def absolute(x: Any) -> Any:
    return xp(x).abs(x)


def cells_of(function: Callable[..., Any], **arguments: Any) -> Cells:
    return referred(function, arguments).cells()


def gradients(cells: Cells) -> list[list[float]]:
    assert cells.derivatives is not None
    return sorted(arrays["x"].ravel().tolist() for _, arrays in cells.derivatives)


def ways_into(cells: Cells) -> list[np.ndarray]:
    """Ways into all cells that can be entered."""
    ways = []
    while (way := cells.way_up(np.zeros(cells.count), -1.0)) is not None:
        ways.append(way)
    return ways


@pytest.mark.parametrize(
    ("function", "x", "expected"),
    [
        (relu, 0.0, [[0.0], [1.0]]),
        (absolute, [0.0, 2.0], [[-1.0, 1.0], [1.0, 1.0]]),
        (lambda x: relu(x) - relu(-x), 0.0, [[0.0], [1.0], [1.0], [2.0]]),
        (lambda x: relu(relu(x)), 0.0, [[0.0], [0.0], [0.0], [1.0]]),
        (lambda x: xp(x).max(x), [1.0, 1.0], [[0.0, 1.0], [1.0, 0.0]]),
        (lambda x: absolute(x * x), 0.0, [[0.0], [0.0]]),
    ],
)
def test_the_derivative_in_every_cell(function: Callable[..., Any], x: Any, expected: list[list[float]]) -> None:
    """Whether or not there is a way into it."""
    assert gradients(cells_of(function, x=x)) == expected


@pytest.mark.parametrize(
    ("function", "x", "count"),
    [
        (relu, 0.0, 2),
        (lambda x: relu(x) - relu(-x), 0.0, 2),
        (lambda x: relu(2 * x) + relu(x) + relu(3 * x), 0.0, 2),
        (lambda x: xp(x).sum(absolute(x)), np.zeros(4), 16),
        (lambda x: xp(x).max(x), np.ones(5), 5),
        (lambda x: xp(x).max(x) - xp(x).min(x), np.ones(3), 6),
        (lambda x: absolute(xp(x).max(x)), np.zeros(3), 6),
    ],
)
def test_some_cells_can_be_entered(function: Callable[..., Any], x: Any, count: int) -> None:
    """relu(x) and relu(−x) are not both positive; of relu(2x) and relu(x) either both are, or none."""
    assert len(ways_into(cells_of(function, x=x))) == count


def test_a_flat_decision_shuts_no_cell() -> None:
    """relu(relu(x)) for negative x: to first order either answer of the outer one fits."""
    assert sorted(way.item() for way in ways_into(cells_of(lambda x: relu(relu(x)), x=0.0))) == [-1.0, -1.0, 1.0]


@settings(max_examples=12)
@given(st.integers(1, 6), st.data())
def test_the_cells_of_lines_through_a_point(count: int, data: st.DataObject) -> None:
    """k different lines through a point of the plane make 2k cells, of 2ᵏ sign patterns."""
    slopes = data.draw(st.lists(st.integers(-20, 20), min_size=count, max_size=count, unique=True))
    lines = np.array([[1.0, slope] for slope in slopes])

    def function(x: Any) -> Any:
        return xp(x).sum(absolute(xp(x).asarray(lines) @ x))

    cells = cells_of(function, x=np.zeros(2))
    ways = ways_into(cells)
    assert cells.count == 2**count
    assert len({tuple(np.sign(lines @ way)) for way in ways}) == len(ways) == 2 * count


@settings(max_examples=12)
@given(st.integers(1, 3), st.integers(1, 5), st.data())
def test_a_cell_can_be_entered_where_linear_programming_says_so(n: int, k: int, data: st.DataObject) -> None:
    """For whatever planes: the sign patterns with a direction are the cells with a way."""
    planes = data.draw(arrays(float, (k, n), elements=st.integers(-3, 3).map(float)))

    def function(x: Any) -> Any:
        return xp(x).sum(relu(xp(x).asarray(planes) @ x) * xp(x).arange(1, k + 1))

    cells = cells_of(function, x=np.zeros(n))
    used = planes[planes.any(axis=1)]
    signs = {tuple(np.sign(used @ way)) for way in ways_into(cells)} if len(used) else set()
    for pattern in np.ndindex(*(2,) * len(used)):
        wanted = 2.0 * np.array(pattern) - 1
        assert (tuple(wanted) in signs) == (len(used) > 0 and _has_direction(wanted[:, None] * used))


def _has_direction(rows: np.ndarray) -> bool:
    size = rows.shape[1]
    found = linprog(
        np.append(np.zeros(size), -1.0),
        A_ub=np.hstack([-rows, np.ones((len(rows), 1))]),
        b_ub=np.zeros(len(rows)),
        bounds=[(-1, 1)] * size + [(None, 1)],
    )
    return bool(found.x[-1] > 1e-6)


def test_the_highest_comes_first_and_none_twice() -> None:
    """Only cells above the height are entered."""
    cells = cells_of(lambda x: xp(x).sum(absolute(x)), x=np.zeros(2))
    assert cells.derivatives is not None
    heights = np.array([arrays["x"] @ [2.0, 1.0] for _, arrays in cells.derivatives])
    ways = []
    while (way := cells.way_up(heights, 0.0)) is not None:
        ways.append(np.sign(way).tolist())
    assert ways == [[1.0, 1.0], [1.0, -1.0]]


def test_decisions_within_decisions() -> None:
    """relu(relu(x) − y): which way the outer one goes hangs on the inner one."""
    cells = cells_of(lambda x: relu(relu(x[0]) - x[1]), x=np.zeros(2))
    assert gradients(cells) == [[0.0, -1.0], [0.0, 0.0], [0.0, 0.0], [1.0, -1.0]]
    ways = ways_into(cells)
    entered = {(bool(way[0] > 0), bool(max(way[0], 0) > way[1])) for way in ways}
    assert len(ways) == len(entered) == 4


def test_too_many_cells_are_not_listed() -> None:
    """But counted."""
    cells = cells_of(lambda x: xp(x).sum(absolute(x)), x=np.zeros(13))
    assert cells.count == 2**13 > MOST_CELLS
    assert cells.derivatives is None


def test_no_kink_no_cells() -> None:
    """Nothing is open at an ordinary point."""
    cells = cells_of(relu, x=1.0)
    assert (cells.count, cells.derivatives) == (1, None)


def test_cells_that_are_not_narrow_are_not_listed() -> None:
    """√(x²) has no derivative in closed form at 0, with or without a kink beside it."""
    assert cells_of(lambda x: xp(x).sqrt(x * x) + absolute(x), x=0.0).derivatives is None
