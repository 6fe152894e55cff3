"""Sorting, and what is picked from a sorted array."""

from __future__ import annotations

import numpy as np
import pytest

from diffcheck.lift.aten import torch_program
from diffcheck.lift.program import NotLifted
from diffcheck.point import Point
from tests.torch_runs import assert_as_torch

X = [[1.0, -2.0, 0.5, 4.0], [3.0, 0.25, -1.5, -2.0]]
TIED = [[1.0, 3.0, 3.0, 1.0], [2.0, 2.0, -1.0, -1.0]]

FUNCTIONS = {
    "sort": lambda x: x.sort(1).values ** 2,
    "sort of columns, descending": lambda x: x.sort(0, descending=True).values ** 3,
    "by the places of others": lambda x: (x**3).gather(1, x.sort(stable=True, dim=1).indices),
    "largest": lambda x: x.topk(2, 1).values ** 2,
    "smallest": lambda x: x.topk(2, 0, largest=False).values ** 2,
    "of a rank": lambda x: x.kthvalue(3, 1).values * x.kthvalue(1, 0, keepdim=True).values.sum(),
    "median": lambda x: x.median() * x.median(1).values + x.nanmedian(1, keepdim=True).values,
    "largest so far": lambda x: x.cummax(1).values ** 2,
    "smallest so far": lambda x: x.cummin(0).values ** 2,
    "of one number": lambda x: x[0, 0].sort().values * x[0, 1].topk(1).values * x[1, 0].cummax(0).values,
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_an_order_is_that_of_the_kernel(name: str) -> None:
    """Gradients go where the entries came from."""
    assert_as_torch(FUNCTIONS[name], {"x": X}, modes="RF" if "sort" in name else "R")


@pytest.mark.parametrize("name", ["sort", "by the places of others", "largest so far", "smallest so far"])
def test_equal_entries_stay_as_they_stand(name: str) -> None:
    """And of the largest so far the last counts, as torch has it."""
    assert_as_torch(FUNCTIONS[name], {"x": TIED})


def test_too_many_entries_are_refused() -> None:
    """Each is held against each other one: that grows with the square."""
    with pytest.raises(NotLifted, match=r"sort: 300 entries that depend on the data"):
        torch_program(lambda x: x.sort().values, Point({"x": np.arange(300.0)}), ("x",), "R")
