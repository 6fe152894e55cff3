"""Factorisations of small matrices."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import pytest
from jax.scipy import linalg

from diffcheck.lift.jaxpr import jax_program
from diffcheck.lift.program import NotLifted
from diffcheck.point import Point
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
