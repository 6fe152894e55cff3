"""A point: exact arrays, one dtype, and directions that default to ones."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from diffcheck.dtype import DTYPES
from diffcheck.point import Point

LABELS = np.array([0, 2])


def point(dtype: str = "float64") -> Point:
    """Two floating arguments and one of integers."""
    return Point({"labels": LABELS, "x": np.ones((2, 3), dtype), "w": np.array(2.0, dtype)})


@pytest.mark.parametrize("dtype", DTYPES)
def test_the_dtype_under_test_is_that_of_the_floating_arguments(dtype: str) -> None:
    """Integers say nothing about it, even where they come first."""
    assert point(dtype).dtype == np.dtype(dtype)


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        ({}, "none"),
        ({"labels": LABELS}, "none"),
        ({"x": np.ones(2), "labels": LABELS, "y": np.ones(2, np.float32)}, "x float64, y float32"),
    ],
)
def test_a_point_without_one_dtype_says_what_it_has(arguments: dict[str, np.ndarray], found: str) -> None:
    """No floating argument, or two of different dtypes, is refused in one line."""
    with pytest.raises(ValueError, match=f"must all have one dtype, but there are: {found}$"):
        _ = Point(arguments).dtype


@pytest.mark.parametrize("shape", [(), (3,), (2, 3)])
def test_without_a_cotangent_it_is_ones_of_the_outputs_shape(shape: tuple[int, ...]) -> None:
    """In the dtype under test, so that pulling it back widens nothing."""
    cotangent = point("float32").cotangent_for(shape)
    assert cotangent.dtype == np.float32
    assert cotangent.shape == shape
    assert (cotangent == 1).all()


def test_a_given_cotangent_is_broadcast_to_the_output() -> None:
    """A single number weighs every output alike."""
    given_one = replace(point(), cotangent=np.array(2.0))
    assert given_one.cotangent_for((2, 2)).tolist() == [[2.0, 2.0], [2.0, 2.0]]
    assert replace(point(), cotangent=np.array([1.0, 3.0])).cotangent_for((2,)).tolist() == [1.0, 3.0]


def test_a_cotangent_of_another_shape_is_an_error() -> None:
    """Three weights do not fit two outputs."""
    with pytest.raises(ValueError, match=r"the cotangent has shape \(3,\), the output \(2,\)"):
        replace(point(), cotangent=np.ones(3)).cotangent_for((2,))


def test_an_argument_without_a_tangent_moves_along_ones() -> None:
    """And one with a tangent along that."""
    moving = replace(point("float32"), tangents={"w": np.array(5.0, np.float32)})
    assert moving.tangent_for("w") == 5.0
    assert moving.tangent_for("x").tolist() == [[1.0, 1.0, 1.0], [1.0, 1.0, 1.0]]
    assert moving.tangent_for("x").dtype == np.float32


def test_casting_casts_everything_that_floats_and_nothing_else() -> None:
    """Arguments, cotangent and tangents become the new dtype; integers and the original stay."""
    wide = replace(point(), cotangent=np.array([0.1]), tangents={"w": np.array(0.1)})
    narrow = wide.astype(np.float32)
    assert narrow.dtype == np.float32
    assert narrow.arguments["labels"] is LABELS
    assert narrow.cotangent is not None
    assert narrow.cotangent.dtype == np.float32
    assert narrow.tangents["w"].dtype == np.float32
    assert narrow.tangents["w"] == np.float32(0.1)
    assert wide.dtype == np.float64
    assert list(narrow.arguments) == list(wide.arguments)


@given(hnp.arrays(np.float32, st.tuples(st.integers(0, 3)), elements=st.floats(width=32)))
def test_a_float32_point_is_the_same_point_in_float64(array: np.ndarray) -> None:
    """Widening is exact, so that the same point can be judged in both dtypes."""
    narrow = Point({"x": array})
    back = narrow.astype(np.float64).astype(np.float32)
    assert np.array_equal(back.arguments["x"], array, equal_nan=True)


def test_a_point_cannot_be_altered() -> None:
    """What was judged stays what is recorded."""
    with pytest.raises(FrozenInstanceError):
        point().cotangent = np.ones(2)  # type: ignore[misc]  # that is what is tested
