"""Asked entries: gathered in a vector, and spread again."""

from __future__ import annotations

import numpy as np

from diffcheck.reference.asked import Asked

ASKED = Asked({"x": np.array([True, False, True]), "y": np.array([[False], [True]]), "z": np.array(True)})
ARRAYS = {"x": np.array([1.0, 2.0, 3.0]), "y": np.array([[4.0], [5.0]]), "z": np.array(6.0)}


def test_entries_are_gathered_in_order() -> None:
    """One after the other, array after array."""
    assert ASKED.size == 4
    assert ASKED.gathered(ARRAYS).tolist() == [1.0, 3.0, 5.0, 6.0]


def test_a_missing_array_is_zero() -> None:
    """No path leads to it."""
    assert ASKED.gathered({"y": ARRAYS["y"]}).tolist() == [0.0, 0.0, 5.0, 0.0]


def test_spread_undoes_gathered() -> None:
    """With something else where nothing was asked."""
    found = ASKED.spread(ASKED.gathered(ARRAYS), otherwise=0.0)
    assert {name: array.tolist() for name, array in found.items()} == {
        "x": [1.0, 0.0, 3.0],
        "y": [[0.0], [5.0]],
        "z": 6.0,
    }
    assert np.isnan(ASKED.spread(ASKED.gathered(ARRAYS))["x"][1])


def test_objects_stay_objects() -> None:
    """And whether something holds becomes a number."""
    words = ASKED.spread(np.array(["a", "b", "c", "d"], dtype=object), otherwise=None)
    assert words["x"].tolist() == ["a", None, "b"]
    assert ASKED.spread(np.array([True, False, True, True]))["y"][1, 0] == 1.0


def test_nothing_may_be_asked() -> None:
    """A jump of a constant leaves no entry open."""
    assert Asked({}).size == 0
    assert Asked({}).gathered(ARRAYS).shape == (0,)
