"""Where the entries of windows stand."""

from __future__ import annotations

import pytest

from diffcheck.lift.aten_window import OUTSIDE, PADDING, Windows, adaptive_places

ROWS = {
    "side by side": (Windows.of(1, (2,)), 5, [[0, 1], [2, 3]]),
    "over the edge": (Windows.of(1, (2,), reaches_over=True), 5, [[0, 1], [2, 3], [4, OUTSIDE]]),
    "over the padding": (Windows.of(1, (2,), (), (1,)), 3, [[PADDING, 0], [1, 2]]),
    "spread": (Windows.of(1, (2,), (1,), (0,), (2,)), 4, [[0, 2], [1, 3]]),
    "none begins beyond the image": (Windows.of(1, (1,), (2,), (0,), (1,), reaches_over=True), 2, [[0]]),
}


@pytest.mark.parametrize("name", ROWS)
def test_windows_of_a_row(name: str) -> None:
    """The image, its padding, and what lies beyond are told from each other."""
    windows, size, expected = ROWS[name]
    assert windows.places((1, 1, size))[0, 0].tolist() == expected


def test_shares_of_a_row() -> None:
    """Neighbours may share an entry; the smaller share has a gap at its end."""
    assert adaptive_places((1, 1, 5), (2,))[0, 0].tolist() == [[0, 1, 2], [2, 3, 4]]
    assert adaptive_places((1, 1, 4), (3,))[0, 0].tolist() == [[0, 1], [1, 2], [2, 3]]
    assert adaptive_places((1, 1, 3), (2,))[0, 0].tolist() == [[0, 1], [1, 2]]
    assert adaptive_places((0, 1, 3), (2,)).shape == (0, 1, 2, 2)
