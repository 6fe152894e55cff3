"""Whole numbers that are known while lifting are computed as jax computes them."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from diffcheck.lift.jaxpr import switches
from diffcheck.lift.jaxpr_interpreter import Interpreter
from tests.lift.jaxpr_agreement import disagreements

COMPUTATIONS: dict[str, Any] = {
    "arithmetic": lambda k: (k * 3 - 2) // 2 + jnp.maximum(k, 1) % 3,
    "wraps around": lambda k: k.astype(jnp.uint32) * jnp.uint32(4_000_000_000) + jnp.uint32(7),
    "conditions": lambda k: jnp.where((k > 1) & (k <= 3) | (k != 2), k, -k),
    "rearranged": lambda k: jnp.broadcast_to(k[::-1, None], (4, 2)).reshape(2, 4) + jnp.arange(4),
    "bits": lambda k: (k << 2) ^ (k >> 1),
}


@pytest.mark.parametrize("name", COMPUTATIONS)
def test_known_numbers_stay_known(name: str) -> None:
    """The same numbers of the same dtype, and no node."""
    k = np.arange(4)
    with switches(np.dtype("float64")):
        expected = np.asarray(COMPUTATIONS[name](jnp.asarray(k)))
        [found] = Interpreter(np.dtype("float64")).run(jax.make_jaxpr(COMPUTATIONS[name])(k), [k])
    assert isinstance(found, np.ndarray)
    assert found.dtype == expected.dtype
    assert found.tolist() == expected.tolist()


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_numbers_made_of_known_ones_are_exact(dtype: str) -> None:
    """A mask, a ramp and a table become constants."""
    weights = np.array([0.1, 0.2, 0.3, 0.4])

    def masked(x: Any) -> Any:
        return x * weights * jnp.arange(4.0) * (jnp.arange(4) < 2)

    assert disagreements({"masked": masked}, [1.0, 2.0, 3.0, 4.0], "R", dtype) == []
