"""Sums of products, reductions and running sums of jax."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import pytest
from jax import lax

from tests.lift.jaxpr_agreement import MODES, disagreements, matrix

FUNCTIONS: dict[str, Any] = {
    "products": lambda x: (
        jnp.einsum("ij,kj,kl->il", x, x, x) + jnp.einsum("bij,bjk->bik", x[None] * x, x[:, None] * x)[0]
    ),
    "reductions": lambda x: jnp.prod(x, axis=0) + jnp.max(x, axis=1) - jnp.min(x, axis=(0, 1)) + jnp.std(x),
    "whole conditions": lambda x: jnp.where((x > -9).all(1, keepdims=True) & (x > 1).any(), x, 2 * x),
    "running": lambda x: lax.cumsum(x, 1) + lax.cumprod(x, 0, reverse=True) + lax.cummax(x, 1) - lax.cummin(x, 0),
    "running logsumexp": lambda x: lax.cumlogsumexp(x, axis=1) + lax.cumsum(x, 0, reverse=True),
}


@pytest.mark.parametrize("mode", MODES)
def test_sums_are_what_ran(mode: str) -> None:
    """Value and derivative are jax's."""
    assert disagreements(FUNCTIONS, matrix(), mode) == []
