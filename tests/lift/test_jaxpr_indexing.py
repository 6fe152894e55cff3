"""Gather and scatter of jax, at known places and at places that depend on the data."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import pytest
from jax import lax

from diffcheck.lift.jaxpr import jax_value
from diffcheck.lift.program import NotLifted
from diffcheck.point import Point
from tests.lift.jaxpr_agreement import MODES, disagreements, matrix

FUNCTIONS: dict[str, Any] = {
    "known": lambda x: x[jnp.array([0, 2, 2]), jnp.array([1, 1, -1])] ** 2,
    "added": lambda x: x.at[jnp.array([1, 1, 3])].add(x[:3] ** 2),
    "replaced": lambda x: x.at[1, 2].set(x[0, 0] ** 2) * x,
    "outside is dropped": lambda x: x.at[jnp.array([1, 7])].add(x[:2] ** 2, mode="drop"),
    "outside is filled": lambda x: jnp.take(x, jnp.array([1, 7]), axis=0, mode="fill", fill_value=3.0) ** 2,
    "along": lambda x: jnp.take_along_axis(x, jnp.argsort(x, axis=1), axis=1) ** 2,
    "row of the largest": lambda x: x[jnp.argmax(x[:, 0])] ** 2,
    "window": lambda x: lax.dynamic_slice(x, (5, 1), (2, 2)) @ lax.dynamic_update_slice(x, x[:2, :2] * 3, (1, 1))[:2],
}


@pytest.mark.parametrize("mode", MODES)
def test_indexing_is_what_ran(mode: str) -> None:
    """Value and derivative are jax's."""
    assert disagreements(FUNCTIONS, matrix(), mode) == []


def test_two_entries_in_one_place_have_no_program() -> None:
    """Which of them stays is not said."""
    with pytest.raises(NotLifted, match="two entries in one place"):
        jax_value(lambda x: x.at[jnp.array([1, 1])].set(x[:2] ** 2), Point({"x": matrix()}))
