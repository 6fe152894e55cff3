"""Rearrangements of jax, entry by entry."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import pytest
from jax import lax

from tests.lift.jaxpr_agreement import MODES, disagreements, matrix

FUNCTIONS: dict[str, Any] = {
    "axes": lambda x: jnp.squeeze(jnp.transpose(x[:, None, :], (2, 1, 0)), 1) @ jnp.broadcast_to(x[0], (4, 4)),
    "shape": lambda x: jnp.reshape(x, (2, 8)).reshape(4, 4, order="F") * x,
    "order": lambda x: jnp.roll(jnp.flip(x, 0), 1, 1) * jnp.tile(x[:2, :2], (2, 2)),
    "slices": lambda x: x[::2, 1:3] * x[1::2, -1:0:-2],
    "joined": lambda x: jnp.concatenate([x, x[:1] * 2]) @ jnp.stack([x[0], x[2]], axis=1),
    "split": lambda x: jnp.split(x, [1, 3], axis=1)[1] ** 2,
    "padding": lambda x: lax.pad(x, x[0, 0], ((1, -1, 0), (-1, 2, 1))) ** 2,
    "triangle": lambda x: jnp.triu(x) @ jnp.tril(x, -1) + jnp.diag(jnp.diag(x)),
}


@pytest.mark.parametrize("mode", MODES)
def test_rearrangements_are_what_ran(mode: str) -> None:
    """Value and derivative are jax's."""
    assert disagreements(FUNCTIONS, matrix(), mode) == []
