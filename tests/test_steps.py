"""The step-size table."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from flint import arb

from diffcheck.case import Function
from diffcheck.namespace import array_namespace
from diffcheck.point import Point
from diffcheck.sheet import StepTable
from diffcheck.special import stop_gradient
from diffcheck.steps import DRAWN, STEPS, step_table

T1_PRINTS = [6.5000000000000036, 6.050000000000021, 6.004999999999148, 6.00050000000074, 6.000050000043442]


class Exact:
    """An enclosure of known numbers."""

    def __init__(self, values: list[float] | float) -> None:
        self.lower = self.upper = np.asarray(values, dtype=float)
        self.balls = np.empty(self.lower.shape, dtype=object)
        for index in np.ndindex(self.balls.shape):
            self.balls[index] = arb(float(self.lower[index]))


def quadratic(x: Any) -> Any:
    """T1's function, written as T1 writes it."""
    return 5 * x**2 - 4 * x


def table_of(
    function: Function, x: float | list[float], true: float | list[float], index: tuple[int, ...] = ()
) -> StepTable:
    """The step table at a point whose derivative is known."""
    return step_table(function, Point({"x": np.asarray(x, dtype=float)}), "x", index, Exact(true))


def test_t1_prints_exactly_these_numbers() -> None:
    """Source T1's five quotients, digit by digit, each beside its true error."""
    rows = table_of(quadratic, 1.0, 6.0).rows[:5]
    assert [row.quotients["forward"] for row in rows] == T1_PRINTS
    assert [row.errors["forward"] for row in rows] == pytest.approx([number - 6 for number in T1_PRINTS], rel=1e-15)


def test_steps_are_multiplied_as_t1_multiplies_them() -> None:
    """h ← h · 0.1 in floating point, which is not 10⁻ᵏ."""
    steps = [row.step for row in table_of(quadratic, 1.0, 6.0).rows]
    assert len(steps) == STEPS
    assert steps[:3] == [0.1, 0.1 * 0.1, 0.1 * 0.1 * 0.1]
    assert steps[2] != 1e-3


def test_the_error_is_a_v() -> None:
    """It falls until about 1e-8, and then rounding wins: "the smaller h, the more accurate" is not so."""
    rows = table_of(quadratic, 1.0, 6.0).rows
    errors = [row.errors["forward"] for row in rows]
    best = errors.index(min(errors))
    assert 1e-9 < rows[best].step < 1e-7
    assert errors[-1] > errors[0] > errors[best]


@pytest.mark.parametrize("scheme", DRAWN)
def test_every_scheme_finds_the_derivative(scheme: str) -> None:
    """At its best step each is right to six digits; of exp at 0 the derivative is 1."""
    table = table_of(lambda x: array_namespace(x).exp(x), 0.0, 1.0)
    assert min(row.errors[scheme] for row in table.rows) < 1e-6


def test_an_error_of_nothing_is_exactly_zero() -> None:
    """A quotient that is the derivative is not blamed for an ulp."""
    table = table_of(lambda x: 2 * x, 0.0, 2.0)
    assert all(row.errors["forward"] == 0 for row in table.rows)


def test_a_wrong_derivative_shows_no_v() -> None:
    """Against the wrong number the error stops falling."""
    table = table_of(quadratic, 1.0, 7.0)
    assert min(row.errors["forward"] for row in table.rows) > 0.4


def test_one_entry_moves() -> None:
    """The others stay, and the output is summed as the cotangent of ones asks."""
    table = table_of(lambda x: x * x, [1.0, 3.0], [2.0, 6.0], (1,))
    assert (table.lower, table.upper, table.index) == (6.0, 6.0, (1,))
    assert table.rows[5].errors["central"] < 1e-8


def test_the_cotangent_weighs_the_outputs() -> None:
    """⟨c, f⟩ is differentiated, not Σf."""
    point = Point({"x": np.array(3.0)}, cotangent=np.array([1.0, 10.0]))
    table = step_table(lambda x: np.stack([x, x * x]), point, "x", (), Exact(61.0))
    assert table.rows[5].errors["central"] < 1e-6


def test_what_stops_a_gradient_is_held_still() -> None:
    """u = x² is a constant of u·x: the derivative is x², and the quotients tend to it and not to 3x²."""
    table = table_of(lambda x: stop_gradient(x * x) * x, 2.0, 4.0)
    assert min(row.errors["central"] for row in table.rows) < 1e-12
    assert min(row.errors["complex-step"] for row in table.rows) == 0


def test_a_function_that_takes_no_complex_numbers_has_no_complex_step() -> None:
    """The scheme is absent, and the others are there."""

    def real_only(x: Any) -> Any:
        if x.dtype.kind == "c":
            raise TypeError("real numbers only")
        return x * x

    assert "complex-step" not in table_of(real_only, 1.0, 2.0).schemes
    assert "central" in table_of(real_only, 1.0, 2.0).schemes


def test_a_step_out_of_the_domain_has_no_number() -> None:
    """sqrt at 0.05: x - 0.1 is negative, and no warning is shown."""
    rows = table_of(lambda x: np.sqrt(x) + 0, 0.05, 0.5 / np.sqrt(0.05)).rows
    assert "central" not in rows[0].quotients
    assert "forward" in rows[0].quotients
    assert "central" in rows[1].quotients
