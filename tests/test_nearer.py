"""Numbers nearer to zero: as near as it shows, within the domain, and everywhere at once."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from diffcheck import array_namespace, case, integers, positive, real
from diffcheck.domain import Domain
from diffcheck.nearer import nearer
from diffcheck.point import Point


def squares(x: Any) -> Any:
    """Σx²"""
    return array_namespace(x).sum(x * x)


def labelled(k: Any, x: Any, y: Any) -> Any:
    """Σx² + Σy², with a label that it does not use."""
    return squares(x) + squares(y)


def moved(domain: Domain, numbers: Any, threshold: float, dtype: str = "float64") -> Any:
    """Where a point goes at which something shows from a threshold on, away from zero."""
    point = Point({"x": np.array(numbers, dtype)})
    found = nearer(
        case(x=domain, source="a test")(squares),
        point,
        lambda other: bool(np.abs(other.arguments["x"]).max() >= threshold),
    )
    assert found.dtype == dtype
    return found.arguments["x"].tolist()


@pytest.mark.parametrize("dtype", ["float64", "float32", "bfloat16"])
@pytest.mark.parametrize(
    ("numbers", "threshold", "expected"),
    [
        ([10.0], 3.5, [4.0]),
        ([-10.0], 5.0, [-5.0]),
        ([10.0, 10.0], 6.5, [7.0, 7.0]),
        ([1.0, 10.0], 6.5, [1.0, 7.0]),
        (9.5, 0.0, 1.0),
        ([1e6], 5e3, [1e4]),
        ([10.0], 9.5, [10.0]),
        ([0.75], 0.7, [0.75]),
    ],
)
def test_the_first_whole_number_that_shows_it(numbers: Any, threshold: float, expected: Any, dtype: str) -> None:
    """On the same side of zero; what no whole number shows stays."""
    expected = np.array(expected, dtype).tolist()
    assert moved(real(*np.shape(numbers), low=-1e9, high=1e9), numbers, threshold, dtype) == expected


def test_a_domain_is_not_left() -> None:
    """Nor are whole numbers taken from below its range."""
    assert moved(real(1, low=5.0, high=10.0), [10.0], 0.0) == [5.0]
    assert moved(positive(1), [8.5], 0.0) == [1.0]


def test_labels_and_large_arrays_stay() -> None:
    """A label is no number, and nobody reads a hundred numbers."""
    one = case(k=integers(1, low=0, high=9), x=real(17), y=real(1), source="a test")(labelled)
    point = Point({"k": np.array([7]), "x": np.full(17, 10.0), "y": np.array([10.0])})
    found = nearer(one, point, lambda _: True).arguments
    assert (found["k"].tolist(), found["x"][0], found["y"][0]) == ([7], 10.0, 1.0)
