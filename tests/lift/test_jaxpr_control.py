"""Calls, branches and loops of jax, written out."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

from diffcheck.lift.jaxpr import jax_program
from diffcheck.lift.program import NotLifted
from diffcheck.point import Point
from tests.lift.jaxpr_agreement import MODES, disagreements, matrix

FUNCTIONS: dict[str, Any] = {
    "compiled": jax.jit(lambda x: jnp.sin(x) * x),
    "checkpointed": jax.checkpoint(lambda x: jnp.sin(jnp.sin(x))),
    "scan": lambda x: lax.scan(lambda c, row: (c * row + jnp.sin(c), c), x[0], x)[1],
    "scan backwards": lambda x: lax.scan(lambda c, row: (c * row, c), x[0], x, reverse=True)[1],
    "counted loop": lambda x: lax.fori_loop(0, 4, lambda k, y: jnp.sin(y) * x[k], x),
    "branch on the data": lambda x: lax.cond(x[0, 0] > 0, jnp.sin, jnp.cos, x),
    "branch by number": lambda x: lax.switch(jnp.argmax(x[:, 0]), [jnp.sin, jnp.cos, jnp.exp, jnp.tanh], x),
    "branch that is known": lambda x: lax.cond(jnp.arange(3)[1] > 0, jnp.sin, jnp.cos, x),
    "linear solve": lambda x: jnp.linalg.solve(x, jnp.ones(4)),
}


@pytest.mark.parametrize("mode", MODES)
def test_control_flow_is_what_ran(mode: str) -> None:
    """Value and derivative are jax's."""
    assert disagreements(FUNCTIONS, matrix(), mode) == []


def test_a_loop_that_ends_on_its_data_has_no_program() -> None:
    """Its length is not known while lifting."""

    def loop(x: Any) -> Any:
        return lax.while_loop(lambda y: y < 9, lambda y: 2 * y, x)

    with pytest.raises(NotLifted, match="while ends on its data"):
        jax_program(loop, Point({"x": np.array(1.0)}), ("x",), "F")
