"""Zeros: what lies on a kink exactly, and what lies on both sides of one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diffcheck import array_namespace
from diffcheck.case import Case, case
from diffcheck.chart import Chart
from diffcheck.domain import real
from diffcheck.point import Point
from diffcheck.special import relu
from diffcheck.zeros import ABOVE, BELOW, ON, Zero, zeros

Function = Callable[..., Any]


def around(function: Function, x: Any, dtype: str = "float64") -> list[Zero]:
    """The zeros around a point of a function of one array."""
    base = np.array(x, dtype)
    one: Case = case(x=real(*base.shape), source="none")(function)
    return list(zeros(Chart(one, Point({"x": base}))))


def numbers(found: list[Zero], side: int = ON) -> list[Any]:
    """The places of zeros as numbers, or lists of them."""
    return [zero.vector.tolist() for zero in found if zero.side == side]


def test_a_simple_zero_is_found_exactly() -> None:
    """Zeros at simple numbers come out as they are, whatever the point."""
    assert numbers(around(lambda x: array_namespace(x).abs(x), 3.7)) == [[0.0]]
    assert sorted(numbers(around(lambda x: array_namespace(x).clip(x, -1.0, 2.0), 3.7))) == [[-1.0], [2.0]]


def test_a_zero_that_no_number_of_the_dtype_is_has_two_sides() -> None:
    """relu(x − 0.1) in float32: the two numbers around 0.1, which are neighbours; in float64 the zero itself."""
    found = around(lambda x: relu(x - 0.1), 2.0, "float32")
    [[below]], [[above]] = numbers(found, BELOW), numbers(found, ABOVE)
    assert below < 0.1 < above
    assert np.nextafter(np.float32(below), np.float32(1)) == np.float32(above)
    assert numbers(found) == []
    assert numbers(around(lambda x: relu(x - 0.1), 2.0)) == [[0.1]]


ROOTS = st.floats(-9.9, 9.9).filter(lambda root: root == 0 or abs(root) > 1e-30)


@settings(max_examples=30, deadline=None)
@given(ROOTS, st.floats(0.125, 8), st.sampled_from(["float64", "float32"]))
def test_a_zero_anywhere_is_narrowed_down_to_neighbours(root: float, slope: float, dtype: str) -> None:
    """Wherever a kink lies, the nearest numbers of the dtype are found, and none farther away."""
    found = around(lambda x: relu(slope * (x - root)), 9.95, dtype)
    assert found
    assert {zero.side for zero in found} in ({ON}, {BELOW, ABOVE})
    for zero in found:
        number = np.dtype(dtype).type(zero.vector[0])
        assert float(number) == zero.vector[0]
        assert abs(float(number) - root) <= np.spacing(np.abs(number))


def test_ties_are_found() -> None:
    """An entry that equals the largest, or another one's size."""
    assert [4.0, 4.0, 1.0] in numbers(around(lambda x: array_namespace(x).max(x), [2.0, 4.0, 1.0]))
    assert [2.0, -2.0] in numbers(around(lambda x: relu(x[0] + x[1]), [2.0, 7.3]))


def test_several_kinks_at_the_point_are_told_together() -> None:
    """What vanishes at the point still does when an entry moves that it does not see."""
    found = around(lambda x: array_namespace(x).sum(array_namespace(x).abs(x)), [0.0, 5.0])
    assert {zero.vanishing for zero in found} == {(0,), (0, 1)}


SILENT: dict[str, tuple[Function, Any]] = {
    "smooth": (lambda x: x**3 - x, 0.0),
    "never zero": (lambda x: array_namespace(x).abs(x * x + 1), 0.0),
    "a pole": (lambda x: array_namespace(x).abs(1 / x), 3.0),
    "a tie everywhere": (lambda x: array_namespace(x).maximum(x, 2 * (x / 2)), 3.0),
    "no entries": (lambda x: array_namespace(x).sum(array_namespace(x).abs(x)), []),
}


@pytest.mark.parametrize("name", SILENT)
def test_where_nothing_kinks_nothing_is_found(name: str) -> None:
    """Smooth functions, arguments of one sign, poles and ties that never end have no place to show."""
    function, x = SILENT[name]
    assert around(function, x) == []


def test_a_jump_of_the_argument_is_no_zero() -> None:
    """|⌊x⌋ − ½| changes the sign of its argument at 1 without a zero there: 1 is the floor's place alone."""
    found = around(lambda x: array_namespace(x).abs(array_namespace(x).floor(x) - 0.5), 2.5)
    assert all(zero.vector[0] == round(zero.vector[0]) for zero in found)
    assert {zero.vanishing for zero in found} == {(0,)}


def test_a_number_that_a_relu_cut_off_is_at_no_further_kink() -> None:
    """relu(relu(x)) has one kink, though the outer argument is zero for every x below."""
    assert numbers(around(lambda x: relu(relu(x)), -3.0)) == [[0.0]]


def test_a_large_point_is_looked_at_alone() -> None:
    """Through a large point no lines are drawn; at a kink it says so."""
    assert around(relu, np.ones(1000)) == []
    [zero] = around(relu, np.zeros(1000))
    assert zero.vanishing == tuple(range(1000))
