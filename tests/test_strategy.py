"""Points for the search: sizes, arguments, what is pulled back and pushed forward."""

from __future__ import annotations

from random import Random
from typing import Any

import hypothesis
import numpy as np
import pytest

from diffcheck.case import Case, case
from diffcheck.domain import integers, normal, real
from diffcheck.effort import settings
from diffcheck.point import Point
from diffcheck.strategy import Scope, arrays, dimensions, few_sizes, output_shape, points


@case(x=real("n"), w=real("m", "n"), labels=integers("m", low=0, high=2), dims={"m": (2, 3)}, source="none")
def layer(x: Any, w: Any, labels: Any) -> Any:
    """A function with two named dimensions and labels."""
    return w @ x + labels


@case(x=real("n"), source="none")
def broken(x: Any) -> Any:
    """A function that raises."""
    raise ValueError(f"no {x}")


def strategy(one: Case, dtype: str = "float64", extra: tuple[Point, ...] = ()) -> Any:
    """Points of a case."""
    return points(one, dtype, output_shape(one), extra=extra)


def drawn(one: Case, count: int = 30, seed: int = 0, extra: tuple[Point, ...] = ()) -> list[Point]:
    """The points that a search with this seed draws."""
    seen: list[Point] = []

    @hypothesis.seed(seed)
    @hypothesis.settings(settings(count))
    @hypothesis.given(strategy(one, extra=extra))
    def collect(point: Point) -> None:
        seen.append(point)

    collect()
    return seen


def smallest(one: Case, shows: Any, dtype: str = "float64") -> Point:
    """What a point with a property shrinks to."""
    random = Random(0)  # noqa: S311 - repeatable, not secret
    point: Point = hypothesis.find(strategy(one, dtype), shows, settings=settings(500), random=random)
    return point


def test_named_dimensions_agree() -> None:
    """Arguments that share a dimension have the same size there, within what the case allows."""
    for point in drawn(layer):
        m, n = point.arguments["w"].shape
        assert point.arguments["x"].shape == (n,)
        assert point.arguments["labels"].shape == (m,)
        assert 1 <= n <= 4
        assert 2 <= m <= 3


def test_every_size_is_drawn() -> None:
    """A search meets more than one size of each dimension."""
    sizes = {point.arguments["w"].shape for point in drawn(layer)}
    assert len(sizes) >= 4


def test_what_is_pulled_back_fits_the_output() -> None:
    """The cotangent has the output's shape and no zero; tangents go with the differentiated arguments."""
    for point in drawn(layer):
        assert point.cotangent is not None
        assert point.cotangent.shape == point.arguments["labels"].shape
        assert point.cotangent.all()
        assert set(point.tangents) == {"x", "w"}


def test_the_same_seed_draws_the_same_points() -> None:
    """Points depend on the seed, and on nothing else."""
    first, again, other = drawn(layer, seed=1), drawn(layer, seed=1), drawn(layer, seed=2)
    assert [repr(point) for point in first] == [repr(point) for point in again]
    assert [repr(point) for point in first] != [repr(point) for point in other]


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_findings_shrink_to_the_smallest_size_and_short_numbers(dtype: str) -> None:
    """A property of one entry shrinks to the smallest size; everything else becomes simplest."""
    point = smallest(layer, lambda point: bool((point.arguments["w"] > 0.5).any()), dtype)
    [[first], [second]] = point.arguments["w"].tolist()
    assert first == second
    assert (4 * first).is_integer()
    assert point.arguments["x"].tolist() == [0.0]
    assert point.cotangent is not None
    assert point.cotangent.tolist() == [1.0, 1.0]
    assert point.dtype == dtype


def test_ties_shrink_to_ties() -> None:
    """Two equal entries shrink to a vector of two zeros."""
    point = smallest(layer, lambda point: len(set(point.arguments["x"].tolist())) < point.arguments["x"].size)
    assert point.arguments["x"].tolist() == [0.0, 0.0]


def test_points_handed_in_are_drawn() -> None:
    """Extra points, such as kinks solved for elsewhere, turn up among the drawn ones."""
    kink = Point({"x": np.array([0.1]), "w": np.ones((2, 1)), "labels": np.zeros(2, int)})
    assert any(point is kink for point in drawn(layer, extra=(kink,)))
    assert not any(point is kink for point in drawn(layer))


def test_a_function_that_raises_still_gets_points() -> None:
    """What raises is told by the search, at a point, not by an exception while drawing one."""
    assert all(point.cotangent is None for point in drawn(broken, 5))


def test_arrays_of_a_domain() -> None:
    """A domain with its sizes given is a strategy of its own."""
    array = hypothesis.find(arrays(real("n", 2), {"n": 3}, "float32"), lambda array: array.sum() > 5)
    assert array.shape == (3, 2)
    assert array.dtype == np.float32


def test_few_sizes_are_those_of_the_example_unequal_ones_and_the_smallest() -> None:
    """A quick search meets the example's sizes, sizes that tell dimensions apart, and size 1."""
    assert few_sizes(layer) == ({"n": 2, "m": 2}, {"n": 1, "m": 2})
    assert few_sizes(broken) == ({"n": 2}, {"n": 1})
    with_example = case(x=real("n"), examples=[{"x": normal(99)}, {"x": [1.0, 2.0, 3.0]}], source="none")(lambda x: x)
    assert few_sizes(with_example) == ({"n": 3}, {"n": 2}, {"n": 1})


def test_a_scope_limits_sizes_and_numbers() -> None:
    """A narrow scope draws only the sizes it names, and simple numbers without directions."""
    narrow = points(layer, "float64", output_shape(layer), Scope(({"n": 1, "m": 3},), simple=True))
    point = hypothesis.find(narrow, lambda point: bool(point.arguments["x"] < 0), settings=settings(100))
    assert point.arguments["w"].shape == (3, 1)
    assert point.arguments["x"].tolist() == [-1.0]
    assert point.cotangent is None


def test_dimensions_in_order_of_appearance() -> None:
    """Dimensions are named once each, in the order of the arguments."""
    assert dimensions(layer) == ("n", "m")
