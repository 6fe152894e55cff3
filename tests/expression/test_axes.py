"""Axes by their number: from either end, each once, and none that is not there."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from diffcheck.expression.axes import one_axis, several_axes


@pytest.mark.parametrize(("axis", "found"), [(0, 0), (2, 2), (-1, 2), (-3, 0), (np.int64(1), 1)])
def test_an_axis_is_counted_from_the_front(axis: int, found: int) -> None:
    """Negative ones from the back; NumPy's integers are integers."""
    assert one_axis(axis, 3) == found


@pytest.mark.parametrize("axis", [3, -4])
def test_an_axis_that_is_not_there_is_refused(axis: int) -> None:
    """It never wraps around."""
    with pytest.raises(ValueError, match=f"axis {axis} is out of range for an array with 3 axes"):
        one_axis(axis, 3)


@pytest.mark.parametrize(("axis", "found"), [(None, (0, 1, 2)), (1, (1,)), ((2, 0), (2, 0)), ([-1], (2,)), ((), ())])
def test_several_axes_keep_their_order(axis: Any, found: tuple[int, ...]) -> None:
    """`None` is all of them, and nothing is none."""
    assert several_axes(axis, 3) == found


def test_an_axis_is_named_once() -> None:
    """Also by two names."""
    with pytest.raises(ValueError, match="name an axis twice"):
        several_axes((0, -3), 3)
