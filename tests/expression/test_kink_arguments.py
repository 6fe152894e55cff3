"""Kink arguments: every number that decides a branch or ends a domain, at many points at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diffcheck.expression import array_api as xp
from diffcheck.expression import heads
from diffcheck.expression.functions import FUNCTIONS
from diffcheck.expression.kink_arguments import kink_arguments
from diffcheck.expression.trace import Traced, trace
from diffcheck.special import relu, softmax, stop_gradient
from tests.programs import Program, matrices, programs

ROWS = np.array([[-2.0, 1.0], [0.0, 0.0], [0.5, 3.0]])


def kinks(function: Callable[..., Any], rows: Any = ROWS) -> list[list[float]]:
    """The kink arguments of a function of one vector at some of them, a list for each."""
    rows = np.asarray(rows)
    traced = trace(function, {"x": rows.shape[1:]})
    return kink_arguments(traced, ("x",), {"x": rows}).values.tolist()


FOUND: dict[str, tuple[Callable[..., Any], list[list[float]]]] = {
    "relu": (relu, ROWS.tolist()),
    "absolute": (lambda x: xp.abs(3 * x), (3 * ROWS).tolist()),
    "larger": (lambda x: xp.maximum(x[0], x[1]), [[-3], [0], [-2.5]]),
    "smaller": (lambda x: xp.minimum(x[0], 1), [[-3], [-1], [-0.5]]),
    "largest entry": (lambda x: xp.max(x, axis=0), [[-3, 3], [0, 0], [-2.5, 2.5]]),
    "where": (lambda x: xp.where(x[0] > 1, x[0], x[1]), [[-3], [-1], [-0.5]]),
    "rounded": (lambda x: xp.round(x[0]), [[-0.5], [-0.5], [0]]),
    "floored": (lambda x: xp.floor(x[0]), [[0], [0], [0.5]]),
    "root": (lambda x: xp.sqrt(x[0] + 2), [[0], [2], [2.5]]),
    "norm": (lambda x: xp.linalg.vector_norm(x, axis=0), [[5], [0], [9.25]]),
    "logarithm": (lambda x: xp.log(x[1]), [[1], [0], [3]]),
    "arcsine": (lambda x: xp.asin(x[0]), [[-3], [1], [0.75]]),
    "two in a row": (lambda x: relu(xp.abs(x[0]) - 2), [[-2, 0], [0, -2], [0.5, -1.5]]),
}


@pytest.mark.parametrize("name", FOUND)
def test_what_vanishes_at_a_kink_is_found(name: str) -> None:
    """Every kinked function and every edge of a domain says its argument, in the order of the program."""
    function, expected = FOUND[name]
    assert kinks(function) == expected


SMOOTH: dict[str, Callable[..., Any]] = {
    "polynomial": lambda x: x**3 - 2 / x,
    "root of a number": lambda x: x * xp.sqrt(xp.asarray(2.0)),
    "another argument's": lambda x: x + xp.abs(xp.asarray([1.0, 0.0])),
    "frozen": lambda x: x * stop_gradient(xp.abs(x)),
    "softmax": softmax,
    "one entry": lambda x: xp.max(x[:1]),
}


@pytest.mark.parametrize("name", [name for name in SMOOTH if name != "one entry"])
def test_what_is_smooth_has_none(name: str) -> None:
    """Neither smooth functions, nor kinks of constants and of frozen numbers, nor a shift that cancels."""
    assert kinks(SMOOTH[name]) == [[], [], []]


def test_the_only_entry_leads_by_far() -> None:
    """A maximum over one entry never ties."""
    assert kinks(SMOOTH["one entry"]) == [[np.inf]] * 3


def test_every_kinked_function_has_an_argument() -> None:
    """No comparison, jump or kink has been forgotten in the table of functions."""
    kinked = {heads.relu, heads.absolute, heads.larger, heads.smaller, heads.signum, heads.floored, heads.rounded}
    kinked |= {heads.greater, heads.greater_equal, heads.equal, heads.step}
    assert all(FUNCTIONS[head].kink is not None for head in kinked)


def test_arguments_of_one_primitive_have_one_owner() -> None:
    """The entries of an array belong together; two primitives have two owners, whatever their sizes."""
    traced = trace(lambda x: xp.sum(relu(x)) + xp.abs(x[0]), {"x": (2,)})
    assert kink_arguments(traced, ("x",), {"x": ROWS}).owners.tolist() == [0, 0, 1]


def test_what_is_not_differentiated_has_no_kinks() -> None:
    """A kink in an argument that is a constant of the derivative is none; one that moves with another is."""
    traced = trace(lambda x, y: relu(x - y) + xp.abs(y), {"x": (), "y": ()})
    inputs = {"x": np.array([1.0, 2.0]), "y": np.array([2.0, 2.0])}
    assert kink_arguments(traced, ("x",), inputs).values.tolist() == [[-1], [0]]


def test_past_a_branch_nothing_is_said() -> None:
    """Where a condition no longer holds, the traced path is another function's; its own argument is known."""

    def function(x: Any) -> Any:
        return xp.abs(x) if x > 1 else x

    traced = trace(function, {"x": ()}, decide=lambda _: True)
    found = kink_arguments(traced, ("x",), {"x": np.array([2.0, 1.0, -1.0])}).values
    assert np.array_equal(found, np.array([[1, 2], [0, np.nan], [-2, np.nan]]), equal_nan=True)


@settings(max_examples=40, deadline=None)
@given(programs(longest=4), matrices(), st.integers(2, 4))
def test_points_do_not_see_each_other(program: Program, arrays: dict[str, np.ndarray], count: int) -> None:
    """Many rows at once give what each row gives alone, whatever the graph."""
    traced: Traced = trace(program, {name: array.shape for name, array in arrays.items()})
    rows = {name: np.stack([array * k for k in range(1, count + 1)]) for name, array in arrays.items()}
    together = kink_arguments(traced, ("x", "y"), rows).values
    for k in range(count):
        alone = kink_arguments(traced, ("x", "y"), {name: array[k : k + 1] for name, array in rows.items()}).values
        assert alone.shape == (1, together.shape[1])
        assert np.allclose(
            alone[0], together[k], rtol=1e-9, atol=1e-9 * np.max(np.abs(together), initial=1), equal_nan=True
        )
