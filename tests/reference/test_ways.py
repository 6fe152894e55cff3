"""Ways out of a point."""

from __future__ import annotations

import numpy as np
import pytest

from diffcheck.reference.ways import generic, survey


def test_one_number_has_two_ways() -> None:
    """To the right and to the left."""
    assert [way.tolist() for way in survey(1)] == [[1.0], [-1.0]]


@pytest.mark.parametrize("size", [2, 3, 8, 100])
def test_ways_come_in_opposite_pairs(size: int) -> None:
    """None is zero, none comes twice, and the first axes are among them."""
    ways = list(survey(size))
    assert all(np.array_equal(one, -other) for one, other in zip(ways[::2], ways[1::2], strict=True))
    assert len({way.tobytes() for way in ways}) == len(ways)
    assert any(np.array_equal(way, np.eye(1, size)[0]) for way in ways)
    assert all(way.any() for way in ways)


def test_a_generic_way_has_no_pattern() -> None:
    """No zero, few equal entries, short numbers; the first way is positive; the same each time."""
    first, second = generic(0, 100), generic(1, 100)
    assert (first > 0).all()
    assert (second < 0).any()
    assert (second > 0).any()
    assert len(set(np.abs(second).tolist())) > 80
    assert np.array_equal(second * 1024, np.round(second * 1024))
    assert np.array_equal(second, generic(1, 100))
