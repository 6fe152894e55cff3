"""Sorting and searching of jax, as decisions."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import pytest

from tests.lift.jaxpr_agreement import MODES, disagreements, matrix

FUNCTIONS: dict[str, Any] = {
    "sorted": lambda x: jnp.sort(x, axis=0) ** 2 + jnp.sort(x, axis=1, descending=True),
    "median": lambda x: jnp.median(x, axis=0) * jnp.quantile(x, 0.3),
    "places": lambda x: x * jnp.argmax(x, axis=1) - x * jnp.argmin(x, axis=0)[:, None],
    "equal ones": lambda x: jnp.sort(jnp.concatenate([x, x], axis=0), axis=0) ** 2 * jnp.argmax(x[:1] * 0, axis=1),
}


@pytest.mark.parametrize("mode", MODES)
def test_order_is_what_ran(mode: str) -> None:
    """Value and derivative are jax's."""
    assert disagreements(FUNCTIONS, matrix(), mode) == []
