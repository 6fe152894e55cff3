"""The V-curve as inline SVG."""

from __future__ import annotations

import math
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diffcheck.report.curve import HEIGHT, WIDTH, caption, v_curve
from diffcheck.sheet import StepRow, StepTable

STEPS = [10.0**-k for k in range(1, 17)]


def table(errors: list[float]) -> StepTable:
    """A step table of one scheme with these errors."""
    rows = (StepRow(step, {"forward": 1.0}, {"forward": error}) for step, error in zip(STEPS, errors, strict=False))
    return StepTable("x", (), 1.0, 1.0, tuple(rows))


def lines(picture: str) -> list[list[tuple[float, float]]]:
    """The points of every polyline."""
    found = [element.get("points") for element in ET.fromstring(picture).iter("polyline")]
    pairs = [text.split(",") for text in found if text]
    return [[(float(x), float(y)) for x, y in (pair.split() for pair in points)] for points in pairs]


@given(st.lists(st.floats(0, 1e300), min_size=2, max_size=16).filter(any))
def test_every_point_lies_in_the_picture(errors: list[float]) -> None:
    """Whatever the errors are, zero included, each is drawn and none leaves the frame."""
    [line] = lines(v_curve(table(errors)))
    assert len(line) == len(errors)
    assert all(0 <= x <= WIDTH and 0 <= y <= HEIGHT for x, y in line)


def test_a_larger_error_is_drawn_higher() -> None:
    """The picture is a V: it falls, and then it rises."""
    [line] = lines(v_curve(table([1e-1, 1e-3, 1e-5, 1e-3, 1e-1])))
    heights = [y for _, y in line]
    assert heights[0] < heights[1] < heights[2] > heights[3] > heights[4]


@pytest.mark.parametrize("errors", [[], [1.0], [0.0, 0.0, 0.0], [math.inf, math.inf]])
def test_nothing_to_draw(errors: list[float]) -> None:
    """One step, or no error that has a logarithm, gives no picture."""
    assert v_curve(table(errors)) == ""


def test_the_caption_says_where_the_best_step_is() -> None:
    """A reader who sees no picture learns what it shows."""
    assert caption(table([1e-1, 3e-3, 1e-1])) == "Smallest error: forward 3e-3 at h = 1e-2"
    assert 'aria-label="Smallest error' in v_curve(table([1e-1, 3e-3, 1e-1]))
