"""Random numbers of a fixed key are constants: those of the dtype, drawn by jax itself while lifting."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from diffcheck.expression.nodes import Constant
from diffcheck.lift.primal import primal
from diffcheck.point import Point
from diffcheck.reference.rounded import Arithmetic
from diffcheck.reference.rounding import propagate

KEY = jax.random.key(0)
OLD = jax.random.PRNGKey(3)

FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    "a key of its own": lambda x: x * jax.random.normal(jax.random.key(0), x.shape, x.dtype),
    "a key that it holds": lambda x: x + jax.random.uniform(KEY, x.shape, x.dtype),
    "an old key": lambda x: x * jax.random.gumbel(OLD, x.shape, x.dtype),
    "dropout": lambda x: jnp.where(jax.random.bernoulli(jax.random.split(OLD)[0], 0.5, x.shape), x / 0.5, 0.0),
    "a permutation": lambda x: x[jax.random.permutation(KEY, 3)] * x,
    "a choice": lambda x: jax.random.categorical(KEY, jnp.zeros(3)) * x,
    "a truncated normal": lambda x: x * jax.random.truncated_normal(KEY, -1.0, 1.0, x.shape, x.dtype),
}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("function", FUNCTIONS.values(), ids=FUNCTIONS)
def test_random_numbers_are_those_that_ran(function: Callable[[Any], Any], dtype: str) -> None:
    """Of this dtype: those of another are others."""
    point = Point({"x": np.array([0.5, -1.25, 2.0], dtype)})
    traced = primal(function, "jax", point)
    [found], _ = propagate(
        [traced.output], {"x": point.arguments["x"].astype(float)}, Arithmetic.of(dtype, lifted=True)
    )
    with jax.enable_x64(dtype == "float64"):
        ran = np.asarray(function(jnp.asarray(point.arguments["x"])))
    assert ran.dtype == dtype
    assert np.all(np.abs(found.value - ran.astype(float)) <= found.worst + np.finfo(dtype).eps * np.abs(ran))


def test_what_is_drawn_is_one_constant() -> None:
    """Nothing of how it is made is left in the expression."""
    traced = primal(lambda x: x * jax.random.normal(KEY, x.shape, x.dtype), "jax", Point({"x": np.ones(3)}))
    assert {type(node) for node in traced.output.operands} >= {Constant}
    assert len(traced.output.operands) == 2
