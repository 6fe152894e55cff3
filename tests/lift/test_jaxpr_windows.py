"""Convolutions and poolings of jax."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import pytest
from jax import lax

from tests.lift.jaxpr_agreement import MODES, disagreements, matrix

FUNCTIONS: dict[str, Any] = {
    "strided": lambda x: lax.conv_general_dilated(
        x[None, None], jnp.arange(12.0).reshape(2, 1, 2, 3), (2, 1), [(1, 0), (2, 1)], rhs_dilation=(1, 2)
    ),
    "transposed": lambda x: lax.conv_general_dilated(
        x[None, None],
        x[None, None, :2, :3],
        (1, 1),
        [(1, 1), (-1, 1)],
        lhs_dilation=(2, 3),
        dimension_numbers=("NCHW", "OIHW", "NHWC"),
    ),
    "by groups": lambda x: lax.conv_general_dilated(
        x[None], x.reshape(4, 2, 2), (1,), [(0, 0)], feature_group_count=2, dimension_numbers=("NCH", "OIH", "NCH")
    ),
    "largest": lambda x: lax.reduce_window(x, -jnp.inf, lax.max, (2, 2), (1, 2), ((1, 0), (0, 1))) ** 2,
    "smallest": lambda x: lax.reduce_window(x, jnp.inf, lax.min, (2, 3), (2, 1), "VALID") ** 2,
    "mean": lambda x: lax.reduce_window(x, 0.0, lax.add, (2, 3), (2, 1), "SAME") ** 2,
    "largest of equals": lambda x: lax.reduce_window(
        jnp.sign(x) * 0 + x[:1], -jnp.inf, lax.max, (2, 2), (1, 1), "VALID"
    ),
}


@pytest.mark.parametrize("mode", MODES)
def test_windows_are_what_ran(mode: str) -> None:
    """Value and derivative are jax's."""
    assert disagreements(FUNCTIONS, matrix(), mode) == []
