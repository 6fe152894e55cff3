"""Paths: a torch function that branches on its numbers is read once for each path that answers lead along."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from diffcheck.expression.evaluate import evaluate
from diffcheck.expression.functions import NotCovered
from diffcheck.expression.nodes import Node
from diffcheck.expression.trace import Traced
from diffcheck.lift.asked import MOST_IN_MASK
from diffcheck.lift.paths import Paths
from diffcheck.lift.primal import primal
from diffcheck.point import Point
from diffcheck.reference.ball import BallAlgebra, exact_balls
from diffcheck.reference.tracing import decider

Function = Callable[..., torch.Tensor]


def at(*numbers: float) -> Point:
    return Point({"x": np.array(numbers)})


def balls(point: Point) -> dict[str, np.ndarray]:
    return {name: exact_balls(array) for name, array in point.arguments.items() if array.dtype.kind == "f"}


def along(paths: Paths, point: Point) -> Traced:
    """The expression on the path that the point itself decides."""
    return paths.along(point, decider(balls(point)))


def value(traced: Traced, point: Point) -> list[float]:
    [found] = evaluate([traced.output], balls(point), BallAlgebra())
    return [float(ball) for ball in found.ravel()]


def branching(x: torch.Tensor) -> torch.Tensor:
    if x.sum() > 0:
        return x * x if torch.any(x > 2) else 3 * x
    return -x


def picking(x: torch.Tensor) -> torch.Tensor:
    return x[x > 0].sum() + torch.masked_select(2 * x, x > 5).sum()


def looping(x: torch.Tensor) -> torch.Tensor:
    while bool((x.abs() < 8).all()):
        x = 2 * x
    return x


POINTS = [at(1.0, 1.5), at(3.0, 1.0), at(-1.0, 0.5), at(6.0, -2.0), at(0.25, 0.5)]


@pytest.mark.parametrize("function", [branching, picking, looping])
def test_the_value_is_that_of_the_path(function: Function) -> None:
    """At every point, whichever was read first."""
    paths = Paths(function, "torch")
    for point in POINTS:
        expected = function(torch.from_numpy(point.arguments["x"])).ravel().tolist()
        assert value(along(paths, point), point) == pytest.approx(expected)


def test_the_path_is_what_was_asked() -> None:
    """Each condition with its answer, in order; an entry of a mask is one."""
    for function, point, answers in (
        (branching, at(1.0, 1.5), [True, False]),
        (branching, at(-3.0, 1.0), [False]),
        (picking, at(6.0, -2.0), [True, False, True, False]),
    ):
        traced = along(Paths(function, "torch"), point)
        assert [answer for _, answer in traced.path] == answers
        decide = decider(balls(point))
        assert [decide(condition) for condition, _ in traced.path] == answers


def test_answers_that_are_told_lead_along_another_path() -> None:
    """What the point itself would answer does not count; each condition is asked for once."""
    asked: list[Node] = []

    def decide(condition: Node) -> bool:
        asked.append(condition)
        return True

    traced = Paths(branching, "torch").along(at(-1.0, 0.5), decide)
    assert value(traced, at(-1.0, 0.5)) == [1.0, 0.25]
    assert len(asked) == len(set(asked)) == 2


def test_a_path_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """For all points that lie on it; another path, another shape and other integers are read anew."""
    read: list[Point] = []

    def noted(function: Any, framework: str, point: Point, told: Any) -> Traced:
        read.append(point)
        return primal(function, framework, point, told)

    monkeypatch.setattr("diffcheck.lift.paths.primal", noted)
    paths = Paths(branching, "torch")
    for point in (at(1.0, 1.5), at(0.5, 0.25), at(2.0, 1.0)):
        along(paths, point)
    assert len(read) == 1
    along(paths, at(-1.0, 0.5))
    assert len(read) == 2
    along(paths, at(1.0))
    assert len(read) == 3


def test_what_else_is_read_makes_every_point_its_own() -> None:
    """A whole number that leaves the tensors, or a comparison as a whole, is no condition that could be told."""

    def counting(x: torch.Tensor) -> torch.Tensor:
        return x * int((x > 0).sum()) if x[0] > 0 else x

    def comparing(x: torch.Tensor) -> torch.Tensor:
        return x if torch.equal(x, x.abs()) and x[0] > 0 else -x

    for function in (counting, comparing):
        paths = Paths(function, "torch")
        for point in (at(-1.0, -1.0), at(1.0, 1.0), at(1.0, -1.0), at(2.0, 1.0)):
            traced = along(paths, point)
            assert traced.path == () or point.arguments["x"][0] < 0
            assert value(traced, point) == function(torch.from_numpy(point.arguments["x"])).tolist()


def test_conditions_that_cannot_be_read_leave_the_value() -> None:
    """Then there is no path, and the expression is that of the point."""

    def strange(x: torch.Tensor) -> torch.Tensor:
        return x * x if torch.fft.fft(x).abs().sum() > 1 else x

    traced = along(Paths(strange, "torch"), at(1.0, 2.0))
    assert traced.path == ()
    assert value(traced, at(1.0, 2.0)) == [1.0, 4.0]


def test_a_large_mask_is_named() -> None:
    """Its conditions would be too many."""
    with pytest.raises(NotCovered, match="mask that depends on the data"):
        along(Paths(picking, "torch"), at(*np.ones(MOST_IN_MASK + 1)))


def test_a_condition_on_integers_is_none_of_the_numbers() -> None:
    """It is decided before anything is traced."""

    def labelled(x: torch.Tensor, k: torch.Tensor) -> torch.Tensor:
        return x * x if bool((k > 0).all()) else x

    paths = Paths(labelled, "torch")
    for label, expected in ((1, [9.0]), (0, [3.0])):
        point = Point({"x": np.array([3.0]), "k": np.array([label])})
        assert value(along(paths, point), point) == expected
