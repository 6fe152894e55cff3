"""Comparisons of jax, and its decisions at ties."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from diffcheck.expression import heads, nodes
from diffcheck.expression.heads import SLOTS
from diffcheck.lift.jaxpr_comparison import equal
from diffcheck.lift.jaxpr_elementwise import applied
from tests.lift.jaxpr_agreement import MODES, disagreements


@pytest.mark.parametrize("mode", MODES)
def test_ties_are_decided_as_jax_does(mode: str) -> None:
    """Half to each of two equals, by rows to as many as there are, nothing at the kink of a rectifier."""

    def tied(x: Any) -> Any:
        return jnp.maximum(x, 1.0) + jnp.minimum(x, x[::-1]) + jnp.max(x) - jnp.min(x) + jax.nn.relu(x) + jnp.abs(x)

    assert disagreements({"tied": tied}, [1.0, 0.0, -0.0, 1.0, -2.0, -2.0], mode) == []


def test_equality_with_a_maximum_is_a_comparison() -> None:
    """Balls decide a comparison of operands; of two equal balls they could not say that they are equal."""
    x, y = nodes.variable("x", (3,)), nodes.variable("y", (3,))
    peak = nodes.maximum(x, (0,))
    assert isinstance(equal(x, peak), nodes.Winner)
    assert not isinstance(equal(y, peak), nodes.Winner)
    assert equal(x, y).operands == (x, y)
    count = nodes.constant(np.arange(3))
    most = applied(heads.larger(*SLOTS[:2]), applied(heads.floored(SLOTS[0]), x), count)
    found = equal(most, count)
    assert isinstance(found, nodes.Map)
    assert not found.scalar.has(heads.greater_equal)  # whole numbers are no tie
    larger = applied(heads.larger(*SLOTS[:2]), x, y)
    assert equal(x, larger) is applied(heads.greater_equal(*SLOTS[:2]), x, y)
    assert equal(larger, y) is applied(heads.greater_equal(*SLOTS[1::-1]), x, y)
