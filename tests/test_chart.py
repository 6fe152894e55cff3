"""Charts: the points around one, as vectors of what may move."""

from __future__ import annotations

from typing import Any

import numpy as np

from diffcheck import array_namespace
from diffcheck.case import case
from diffcheck.chart import MOST_TIES, Chart
from diffcheck.domain import integers, one_hot, positive, real
from diffcheck.point import Point


@case(
    x=real("n"),
    label=integers("n", low=0, high=3),
    rows=one_hot("n"),
    w=positive(),
    wrt="w",
    source="none",
)
def weighted(x: Any, label: Any, rows: Any, w: Any) -> Any:
    """f = |w|·Σ|x|·rows·label"""
    xp = array_namespace(x)
    return xp.abs(w) * xp.sum(xp.abs(x) * rows * xp.astype(label, x.dtype))


BASE = Point(
    {
        "x": np.array([1.5, -2.0], "float32"),
        "label": np.array([3, 1]),
        "rows": np.array([0.0, 1.0], "float32"),
        "w": np.array(4.0, "float32"),
    }
)


def test_what_is_differentiated_comes_first() -> None:
    """Real entries move, those of what is differentiated first; labels and one-hot rows do not."""
    assert Chart(weighted, BASE).origin.tolist() == [4.0, 1.5, -2.0]


def test_a_vector_is_a_point_again() -> None:
    """The origin is the base, to the last bit and dtype; another vector differs from it only where it should."""
    chart = Chart(weighted, BASE)
    for vector, w in ((chart.origin, 4.0), (np.array([0.5, 1.5, -2.0]), 0.5)):
        arguments = chart.point(vector).arguments
        assert list(arguments) == list(BASE.arguments)
        for name, array in BASE.arguments.items():
            assert isinstance(arguments[name], np.ndarray)
            assert arguments[name].dtype == array.dtype
            assert arguments[name].tolist() == (w if name == "w" else array.tolist())


def test_candidates_stay_in_the_domain() -> None:
    """What is there comes first, then simple numbers and ties; a positive number gets no others."""
    chart = Chart(weighted, BASE)
    here, *others = chart.candidates(0)
    assert here == 4.0
    assert {1.0, 0.5, 1.5, 2.0} <= set(others)
    assert min(others) > 0
    assert {0.0, -4.0, 4.0, 2.0} <= set(chart.candidates(1))


def test_a_long_vector_is_tied_with_some_entries() -> None:
    """The number of candidates does not grow with the point."""
    total = case(x=real("n"), source="none")(lambda x: array_namespace(x).sum(x))
    chart = Chart(total, Point({"x": np.linspace(-9.3, 9.1, 60)}))
    assert len(chart.candidates(59)) <= 1 + 11 + 2 * MOST_TIES
