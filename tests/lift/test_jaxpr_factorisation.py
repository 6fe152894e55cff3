"""Factorisations of small matrices."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.scipy import linalg

from diffcheck.expression.trace import Context, Tracer
from diffcheck.lift.jaxpr import jax_program, jax_value
from diffcheck.lift.program import NotLifted
from diffcheck.point import Point
from diffcheck.reference.reference import refer
from tests.lift.jaxpr_agreement import MODES, disagreements, matrix

FUNCTIONS: dict[str, Any] = {
    "determinant": jnp.linalg.det,
    "inverse": jnp.linalg.inv,
    "several systems": lambda x: jnp.linalg.solve(jnp.stack([x, x + jnp.eye(4)]), jnp.ones((2, 4, 3))),
    "triangular": lambda x: linalg.solve_triangular(x, jnp.ones((4, 2)), trans=1, lower=True),
    "Cholesky": lambda x: jnp.linalg.cholesky(x @ x.T + jnp.eye(4)),
}


@pytest.mark.parametrize("mode", MODES)
def test_factorisations_are_what_ran(mode: str) -> None:
    """Value and derivative are jax's; rows are exchanged as jax exchanges them."""
    assert disagreements(FUNCTIONS, matrix(), mode) == []


def test_large_matrices_have_no_program() -> None:
    """The operations would grow with the cube of the size."""
    with pytest.raises(NotLifted, match="jax lu of a 9×9 matrix"):
        jax_program(lambda x: jnp.linalg.inv(x * x), Point({"x": matrix(size=9)}), ("x",), "R")


SOLVED: dict[str, Any] = {
    "both move": lambda x: jnp.linalg.solve(x, x[:, :1] ** 2),
    "coefficients are held": lambda x: jnp.linalg.solve(jax.lax.stop_gradient(x), x[:, :1] ** 2),
}


@pytest.mark.parametrize("name", SOLVED)
def test_the_solution_of_a_system_moves_with_its_coefficients(name: str) -> None:
    """jax freezes them for its solver, as its rule differentiates the system instead; what the user froze stays so."""
    point = Point({"x": matrix(size=3)})
    lifted = jax_value(SOLVED[name], point)
    expected = refer(lambda x: Tracer(lifted, Context()), point, ("x",))
    program = jax_program(SOLVED[name], point, ("x",), "R")
    answered = refer(lambda x: Tracer(program.outputs["x"], Context()), point, ("x",)).value
    assert np.allclose(expected.lower["x"], answered.high, rtol=1e-12, atol=0)
