"""Nearby: the branches, values and paths that rounding may take."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from diffcheck.backends.base import Derivative
from diffcheck.judge import judge
from diffcheck.point import Point
from diffcheck.reference.public import reference
from diffcheck.reference.reference import refer
from diffcheck.special import relu
from diffcheck.verdict import Verdict
from tests.spelled import xp


@pytest.mark.parametrize(
    ("function", "near"),
    [
        (lambda x: x if x > 0.1 else 2 * x, True),
        (lambda x: x if (x > 0.1) & (x < 3) else 2 * x, True),
        (lambda x: x if ~(x <= 0.1) else 2 * x, True),
        (lambda x: x if 3 * x != 0.3 else 2 * x, True),
        (lambda x: x if x > 0.2 else 2 * x, False),
        (lambda x: x if x > 0 else 2 * x, False),
    ],
)
def test_a_branch_within_rounding_is_noticed(function: Callable[..., Any], near: bool) -> None:
    """Also where the condition is made of several."""
    assert reference(function, x=np.array(0.1, np.float32)).nearby.has_path is near


def test_near_a_kink_the_hull_of_both_branches_is_known() -> None:
    """relu(x − 0.1) at float32(0.1): the exact slope is 1, and programs may answer 0."""
    found = reference(lambda x: relu(x - 0.1), x=np.array([0.1, 5.0], np.float32))
    assert found.entries["x"].high.tolist() == [1.0, 1.0]
    assert found.nearby.entries["x"].lower[0] <= 0
    assert found.nearby.entries["x"].upper[0] >= 1
    assert found.nearby.entries["x"].lower[1] == 1


def test_near_a_jump_the_hull_of_both_values_is_known() -> None:
    """x·⌊10x⌋ at float32(0.7), where 10x rounds to 7."""
    found = reference(lambda x: x * xp(x).floor(10 * x), x=np.array(0.7, np.float32))
    assert found.value.upper < 4.3
    assert found.nearby.value.lower < 4.3
    assert found.nearby.value.upper > 4.8


def test_away_from_kinks_near_is_here() -> None:
    """Nothing is computed twice."""
    found = reference(relu, x=2.0)
    assert found.nearby.entries is found.entries


def test_the_derivative_on_the_path_that_a_turned_condition_leads_to() -> None:
    """2 beside 1, at float32(0.1)."""
    found = reference(lambda x: x if x > 0.1 else 2 * x, x=np.array(0.1, np.float32)).nearby
    assert [path["x"].high.item() for path in found.paths] == [2.0]
    assert not found.has_more_paths


@pytest.mark.parametrize(("x", "near"), [([0.1, 0.1], True), ([0.5, -2.0], False)])
def test_a_root_that_rounding_moves_off_its_zero_is_noticed(x: list[float], near: bool) -> None:
    """The root of (3x − 0.3)², whose slope is ±3 or anything."""
    squares = lambda x: xp(x).sum(xp(x).sqrt((3 * x - 0.3) ** 2))  # noqa: E731  # one function
    assert reference(squares, x=np.array(x)).nearby.has_root is near


def test_what_a_step_within_rounding_switches_on_is_rounded() -> None:
    """Exactly computed the slope is 0 on both sides: a sum of deviations from a mean, which float32 does not make 0."""

    def switched(x: Any, y: Any, z: Any, v: Any) -> Any:
        return relu(x - y * z) * xp(v).sum(v - xp(v).mean(v))

    y, z = np.float32(0.1), np.float32(0.7)
    numbers = {"y": y, "z": z, "v": np.array([0.1, 0.7, 1e3], np.float32)}
    below = np.nextafter(y * z, np.float32(0))
    found = refer(switched, Point({"x": np.array(below), **{k: np.array(v) for k, v in numbers.items()}}), ("x",))
    assert found.rounded["x"].worst == 0
    assert found.nearby.rounded["x"].worst > 1e-4
    for answer, verdict in ((0.0, Verdict.AGREES), (3e-5, Verdict.CONVENTION), (1e-3, Verdict.WRONG)):
        assert judge(Derivative(None, {"x": np.array(answer, np.float32)}), found).verdict is verdict
