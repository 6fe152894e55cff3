"""The tape of a jax run: every equation on what moves, with its operands and the adjoint of its results."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from diffcheck.point import Point
from diffcheck.subject import Call, Slot
from diffcheck.tape.jax import jax_tape

POINT = Point({"x": np.array([0.5, 2.0], np.float32)})


def record(function):
    return jax_tape(Call(function, (Slot("x"),)), POINT, ("x",))


def test_adjoints_are_those_of_the_one_backward_pass():
    """Of the product it is the derivative of the exponential; constants do not move."""
    product, exponential = record(lambda x: jnp.exp(x * jnp.cos(jnp.ones(2)))).steps
    assert (product.name, exponential.name) == ("mul", "exp")
    np.testing.assert_array_equal(exponential.adjoint, np.ones(2))
    np.testing.assert_allclose(product.adjoint, np.exp(POINT.arguments["x"] * np.cos(1)), rtol=1e-6)
    assert product.wrt == ("x1",)


def test_a_program_within_has_a_tape_of_its_own():
    """Its adjoints go on where those of the outer program end."""
    [step, _] = record(lambda x: 3 * jax.jit(lambda y: jnp.sin(jnp.exp(y)))(x)).steps
    assert step.within is not None
    exponential, sine = step.within().steps
    np.testing.assert_array_equal(sine.adjoint, [3, 3])
    np.testing.assert_allclose(exponential.adjoint, 3 * np.cos(np.exp(POINT.arguments["x"])), rtol=1e-5)


def test_stops_are_noted():
    """What is stopped does not move."""
    tape = record(lambda x: jnp.exp(jax.lax.stop_gradient(x)) * x)
    assert [stop.name for stop in tape.stops] == ["stop_gradient"]
    assert [step.name for step in tape.steps] == ["mul"]
    assert "stop_gradient(x)" in str(tape.stops[0])
