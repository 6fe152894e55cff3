"""Worked examples: exact points, and one line about what does not fit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from diffcheck import integers, normal, one_hot, positive, probabilities, real
from diffcheck.case import Case, CaseError
from diffcheck.example import check_example, example_point


def summed(**domains: Any) -> Case:
    """A case with these domains; its function is never called."""
    names = tuple(domains)
    return Case("f", "g", lambda: 0, domains, wrt=names, examples=(), source="T1")


MATRIX_AND_VECTOR = summed(a=real("m", "n"), x=real("n"))


def test_typed_numbers_become_arrays_of_the_dtype() -> None:
    """Decimals are rounded to the dtype under test, each argument with its own shape."""
    point = example_point(MATRIX_AND_VECTOR, {"a": [[0.1, 2]], "x": [3, 4]}, np.float32)
    assert point.arguments["a"].dtype == point.arguments["x"].dtype == np.float32
    assert point.arguments["a"][0, 0] == np.float32(0.1)
    assert point.arguments["x"].shape == (2,)
    assert point.cotangent is None


def test_integers_stay_integers() -> None:
    """Labels are int64 in every dtype, while one-hot rows are floating."""
    labelled = summed(z=real("n", 3), y=integers("n", low=0, high=2), t=one_hot("n", 3))
    point = example_point(labelled, {"z": [[1, 2, 3]], "y": [2], "t": [[0, 1, 0]]}, np.float32)
    assert point.arguments["y"].dtype == np.int64
    assert point.arguments["t"].dtype == np.float32


def test_normal_values_are_generated() -> None:
    """`normal(...)` gives the same numbers each time, the same point in both dtypes."""
    example = {"a": normal(3, 2, seed=1), "x": normal(2, seed=2)}
    double = example_point(MATRIX_AND_VECTOR, example, np.float64).arguments["a"]
    single = example_point(MATRIX_AND_VECTOR, example, np.float32).arguments["a"]
    assert double.shape == (3, 2)
    np.testing.assert_array_equal(double, single.astype(np.float64))


def test_the_cotangent_is_kept() -> None:
    """A worked example may say what is pulled back."""
    point = example_point(summed(x=real(2)), {"x": [1, 2], "cotangent": [0.5, 1]}, np.float64)
    assert point.cotangent is not None
    np.testing.assert_array_equal(point.cotangent, [0.5, 1.0])


@pytest.mark.parametrize(
    ("domains", "example", "what"),
    [
        ({"x": real()}, {}, "has no value for argument 'x'"),
        ({"x": real()}, {"x": 1.0, "y": 2.0}, "names 'y', which is not an argument"),
        ({"x": real()}, {"x": float("nan")}, "'x' holds a NaN"),
        ({"x": real(2)}, {"x": [1.0, 2.0], "cotangent": [1.0, float("nan")]}, "'cotangent' holds a NaN"),
        ({"x": real("n")}, {"x": "one"}, "not an array of numbers"),
        ({"x": real("m", "n")}, {"x": [[1.0], [2.0, 3.0]]}, "rows of equal length"),
        ({"x": real("n")}, {"x": 1.0}, "'x' has shape (), but its domain has shape (n)"),
        ({"x": real("n", 3)}, {"x": [[1.0, 2.0]]}, "'x' has shape (1, 2), but its domain has shape (n, 3)"),
        ({"x": real("n"), "y": real("n")}, {"x": [1.0], "y": [1.0, 2.0]}, "dimension n is 1 in 'x' and 2 in 'y'"),
        ({"x": real(low=0.0)}, {"x": -1.0}, "'x' holds -1.0, outside its domain from 0.0 to 10.0"),
        ({"x": positive()}, {"x": 0.0}, "outside its domain"),
        ({"x": real(high=1.0, open_high=True)}, {"x": 1.0}, "outside its domain"),
        ({"x": real()}, {"x": float("inf")}, "outside its domain"),
        ({"x": integers("n", low=0, high=2)}, {"x": [0.5]}, "whole numbers"),
        ({"x": one_hot("n")}, {"x": [1.0, 1.0]}, "a single 1"),
        ({"x": one_hot("n")}, {"x": [0.5, 0.5]}, "a single 1"),
        ({"x": probabilities("n")}, {"x": [0.5, 0.25]}, "add up to 1"),
        ({"x": real("n", low=0.0)}, {"x": normal(10, seed=0)}, "outside its domain"),
    ],
)
def test_what_does_not_fit_is_said_in_one_line(domains: dict[str, Any], example: dict[str, Any], what: str) -> None:
    """Each contradiction between an example and its domains is named, with the place first."""
    with pytest.raises(CaseError) as caught:
        check_example(summed(**domains), example, "case g/f, example 1")
    text = str(caught.value)
    assert text.startswith("case g/f, example 1: ")
    assert what in text
    assert "\n" not in text


@pytest.mark.parametrize(
    ("domains", "example"),
    [
        ({"x": real()}, {"x": 1}),
        ({"x": real(low=0.0)}, {"x": 0.0}),
        ({"x": real("n")}, {"x": []}),
        ({"x": real("n"), "y": real("n", "n")}, {"x": [1.0, 2.0], "y": [[1.0, 2.0], [3.0, 4.0]]}),
        ({"x": one_hot("n", 2)}, {"x": [[0, 1], [1, 0]]}),
        ({"x": probabilities("n")}, {"x": [0.1] * 10}),
        ({"x": real("n", low=-5.0)}, {"x": normal(10, seed=0), "cotangent": [1.0] * 10}),
    ],
)
def test_what_fits_is_silent(domains: dict[str, Any], example: dict[str, Any]) -> None:
    """Ends of a range, empty arrays, typed decimals that add up to nearly 1: no complaint."""
    check_example(summed(**domains), example, "case g/f, example 1")
