"""Control points: what the chain rule gives at a kink lies between them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diffcheck.namespace import array_namespace
from diffcheck.reference.cells import Cells
from diffcheck.reference.control_points import control_points
from diffcheck.special import relu
from tests.judging import referred

Function = Callable[..., Any]


def xp(x: Any) -> Any:
    return array_namespace(x)


def absolute(x: Any) -> Any:
    return xp(x).abs(x)


def cells_of(function: Function, x: Any, mode: str) -> Cells:
    return referred(function, {"x": x}, mode=mode).cells()


@pytest.mark.parametrize(
    ("function", "mode", "expected"),
    [
        (lambda x: relu(x) ** 2, "FR", [0.0, 0.0, 2.0]),  # 2s²
        (lambda x: x * absolute(x), "FR", [-2.0, 0.0, 2.0]),  # 4s − 2
        (lambda x: xp(x).cos(absolute(x)), "FR", [-1.0, 1.0, -1.0]),  # −(2s − 1)²
        (lambda x: relu(x) ** 3, "FFR", [0.0, 0.0, 0.0, 6.0]),  # 6s³
        (lambda x: xp(x).where(x > 0, x * x, -x * x), "FR", [-2.0, 2.0]),  # where takes the one or the other
    ],
)
def test_control_points_of_polynomials(function: Function, mode: str, expected: list[float]) -> None:
    """The Bernstein coefficients of what the chain rule makes of the slope s that is chosen."""
    found = control_points(cells_of(function, 0.0, mode), len(mode))
    assert found is not None
    assert np.allclose(found["x"], expected, rtol=0, atol=1e-12)


@given(st.floats(0, 1), st.floats(0, 1))
@settings(max_examples=25, deadline=None)
def test_every_choice_lies_between_them(s: float, t: float) -> None:
    """Two slopes, of |x| and of relu, in a second derivative that has squares and the product of both."""

    def function(x: Any) -> Any:
        return xp(x).cos(absolute(x)) + relu(x) * absolute(x) + xp(x).exp(relu(x)) - relu(x)

    cells = cells_of(function, 0.0, "FR")
    assert len(cells.ties) == 2
    found, chosen = control_points(cells, 2), cells.derivative(dict(zip(cells.ties, (s, t), strict=True)))
    assert found is not None
    assert chosen is not None
    assert found["x"].min() - 1e-12 <= chosen["x"] <= found["x"].max() + 1e-12


@pytest.mark.parametrize(
    ("function", "x"),
    [
        (lambda x: xp(x).max(x) ** 2, [0.0, 0.0]),  # which is the largest
        (lambda x: xp(x).sum(absolute(x) * x), np.zeros(12)),  # 3¹² of them
        (lambda x: x * x, 1.0),  # nothing is open
    ],
)
def test_where_there_are_none(function: Function, x: Any) -> None:
    """Then the box stands in for them."""
    assert control_points(cells_of(function, x, "FR"), 2) is None
