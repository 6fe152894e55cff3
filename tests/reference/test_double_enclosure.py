"""An enclosure of double-double numbers: the same as that of its balls."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from diffcheck.reference.double_double import DoubleDouble
from diffcheck.reference.double_enclosure import DoubleEnclosure
from diffcheck.reference.enclosure import Enclosure


@given(st.floats(-1e9, 1e9).filter(lambda x: x == 0 or abs(x) > 1e-9), st.sampled_from([0.0, 1e-30, 1e-8]))
def test_its_floats_are_those_of_its_balls(number: float, width: float) -> None:
    """Midpoint, ends, radius, and whether it is exact."""
    numbers = DoubleDouble.exact(np.array([number, 1.5])) * DoubleDouble.exact(np.array([0.1, 2.0]))
    ours = DoubleEnclosure(numbers.widened(width * np.abs(numbers.high)))
    theirs = Enclosure(ours.balls, ours.open, ours.wide)
    assert ours.shape == theirs.shape
    assert ours.high.tolist() == theirs.high.tolist()
    assert ours.exact.tolist() == theirs.exact.tolist()
    assert ours.infinite.tolist() == theirs.infinite.tolist() == [False, False]
    assert ours.radius.tolist() == pytest.approx(theirs.radius.tolist(), rel=1e-6)
    for end in ("lower", "upper"):
        assert getattr(ours, end).tolist() == pytest.approx(getattr(theirs, end).tolist(), rel=1e-15)
    assert (ours.lower <= ours.high).all()
    assert (ours.upper >= ours.high).all()
    assert ours.distance(np.array([number, 1.0])).tolist() == pytest.approx(theirs.distance(np.array([number, 1.0])))
