"""The rounding of scalar expressions: one rounding each, none where the result is exact."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
import sympy as sp

from diffcheck.expression import heads, nodes
from diffcheck.expression.heads import SLOTS
from diffcheck.expression.nodes import Node
from diffcheck.reference.rounded import Arithmetic, Rounded
from diffcheck.reference.rounding import propagate

A, B = SLOTS[:2]
U32 = 2.0**-24
U64 = 2.0**-53


def rounded(node: Node, arrays: Mapping[str, Any], dtype: str = "float32") -> Rounded:
    """One node as a dtype computes it."""
    inputs = {name: np.asarray(array, float) for name, array in arrays.items()}
    [found], _ = propagate([node], inputs, Arithmetic.of(dtype))
    return found


@pytest.mark.parametrize(
    ("scalar", "x", "units"),
    [
        (A + B, (1.0, 2.0), 3.0),
        (A * B, (3.0, 5.0), 15.0),
        (A / B, (3.0, 7.0), 3 / 7),
        (A**2, (3.0,), 9.0),
        (A**3, (3.0,), 2 * 27.0),
        (1 / A, (4.0,), 0.25),
        (-A, (3.0,), 0.0),
        (2 * A, (3.0,), 0.0),
        (A / 8, (3.0,), 0.0),
        (heads.relu(A), (3.0,), 0.0),
        (heads.larger(A, B), (3.0, 4.0), 0.0),
        (heads.floored(A), (3.5,), 0.0),
        (heads.frozen(A), (3.5,), 0.0),
    ],
)
def test_the_bound_of_one_operation(scalar: sp.Expr, x: tuple[float, ...], units: float) -> None:
    """One rounding of the result; none where the result is exact: signs, powers of two, choices."""
    arguments = {name: np.array(value) for name, value in zip("ab", x, strict=False)}
    node = nodes.mapped(scalar, *(nodes.variable(name, ()) for name in arguments))
    worst = rounded(node, arguments).worst
    assert units * U32 <= worst <= 2 * units * U32 + 1e-30


def test_truth_values_are_multiplied_exactly_and_whole_numbers_where_they_are_what_ran() -> None:
    """1·1 rounds nothing, nor does 3·5 in a program; a definition may be computed otherwise."""
    x, y = nodes.variable("x", ()), nodes.variable("y", ())
    for a, b, of_definition, of_program in (
        (1.0, 1.0, 0.0, 0.0),
        (3.0, 5.0, 15 * U32, 0.0),
        (3.5, 5.0, 17.5 * U32, 17.5 * U32),
    ):
        for lifted, expected in ((False, of_definition), (True, of_program)):
            arithmetic = Arithmetic.of("float32", lifted=lifted)
            [found], _ = propagate([nodes.mapped(A * B, x, y)], {"x": np.array(a), "y": np.array(b)}, arithmetic)
            assert found.worst == pytest.approx(expected)


def test_a_literal_that_the_dtype_lacks_is_off_by_a_rounding() -> None:
    """0.1 is no float32, 0.5 is, and in float64 both are what was typed."""
    x = nodes.variable("x", ())
    tenth, half = (nodes.mapped(A + nodes.exact(number), x) for number in (0.1, 0.5))
    assert rounded(tenth, {"x": 0.4}).worst == pytest.approx(0.6 * U32)
    assert rounded(half, {"x": 0.5}).worst == pytest.approx(1.0 * U32)
    assert rounded(nodes.filled(0.1), {"x": 0.0}).worst == pytest.approx(0.1 * U32)
    assert rounded(nodes.filled(0.1), {"x": 0.0}, "float64").worst == 0
    assert rounded(nodes.constant(np.array([0.1, 0.5])), {"x": 0.0}).worst.tolist() == pytest.approx([0.1 * U32, 0])


def test_an_exponent_that_the_dtype_lacks_moves_the_power() -> None:
    """(10³⁰)^0.3 moves by 69·0.3 units: torch raises to 0.3 in float64, jax in float32."""
    x = nodes.variable("x", ())
    power = nodes.mapped(A ** nodes.exact(0.3), x)
    assert rounded(power, {"x": 1e30}).worst > 20 * U32 * 1e9
    assert rounded(power, {"x": 1e30}, "float64").worst < 5 * U64 * 1e9


def test_an_infinity_is_not_rounded() -> None:
    """A masked score brings no error into a softmax."""
    node = nodes.mapped(A + B, nodes.variable("x", ()), nodes.filled(-np.inf))
    found = rounded(node, {"x": 1.0})
    assert (found.value, found.sigma, found.worst) == (-np.inf, 0, 0)


def test_a_function_is_off_by_what_its_framework_is() -> None:
    """torch's float32 lgamma is right to a few units at 1.46, where jax is off by a hundred times that."""
    node = nodes.mapped(heads.gammaln(A), nodes.variable("x", ()))

    def worst(framework: str | None) -> float:
        [found], _ = propagate([node], {"x": np.array(1.4616)}, Arithmetic.of("float32", framework=framework))
        return float(found.worst)

    assert worst("torch") < worst("jax") / 30
    assert worst(None) >= worst("jax")


def test_a_masked_score_has_no_error() -> None:
    """exp(−∞) is 0, exactly, although the argument's rounding knows no bound."""
    found = rounded(nodes.mapped(sp.exp(A), nodes.variable("x", ())), {"x": -np.inf})
    assert (found.value, found.sigma, found.worst) == (0, 0, 0)


@pytest.mark.parametrize("order", [1, 4, 6])
def test_polygamma_functions_have_an_accuracy_by_order(order: int) -> None:
    """Beyond the highest order that is measured, its own."""
    found = rounded(nodes.mapped(heads.polygamma(order, A), nodes.variable("x", ())), {"x": 2.5})
    assert 0 < found.worst < 1e3 * U32 * abs(float(found.value))
