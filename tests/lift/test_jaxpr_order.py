"""Sorting and searching of jax, as decisions."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import pytest

from diffcheck.expression import heads, nodes
from diffcheck.expression.heads import SLOTS
from diffcheck.expression.trace import Context, Tracer
from diffcheck.lift.jaxpr import jax_value
from diffcheck.point import Point
from diffcheck.reference.reference import refer
from tests.lift.jaxpr_agreement import MODES, disagreements, matrix

FUNCTIONS: dict[str, Any] = {
    "sorted": lambda x: jnp.sort(x, axis=0) ** 2 + jnp.sort(x, axis=1, descending=True),
    "median": lambda x: jnp.median(x, axis=0) * jnp.quantile(x, 0.3),
    "largest": lambda x: jax.lax.top_k(x, 2)[0] * jax.lax.top_k(x * x, 2)[1],
    "two keys": lambda x: jax.lax.sort((jnp.sign(x), -x, x * x), num_keys=2)[2],
    "looked up": lambda x: jnp.interp(x[0], jnp.array([-1.0, 0.0, 1.0]), x[:3, 1]),
    "places": lambda x: x * jnp.argmax(x, axis=1) - x * jnp.argmin(x, axis=0)[:, None],
    "truth values": lambda x: x * (jnp.argmax(x > 0, axis=1) + jnp.argmin(x < 1, axis=0) + jnp.argmax(x > 9, axis=1)),
    "whole numbers": lambda x: x * jnp.argmax((2 * x).astype(int), axis=1) - x * jnp.argmin(x.astype(int), axis=1),
    "equal ones": lambda x: jnp.sort(jnp.concatenate([x, x], axis=0), axis=0) ** 2 * jnp.argmax(x[:1] * 0, axis=1),
}


@pytest.mark.parametrize("mode", MODES)
def test_order_is_what_ran(mode: str) -> None:
    """Value and derivative are jax's."""
    assert disagreements(FUNCTIONS, matrix(), mode) == []


def test_no_entry_is_held_against_itself() -> None:
    """That would be a tie at every point."""
    graph = nodes.topological([jax_value(jnp.sort, Point({"a": matrix()[0]}))])
    compared = [node for node in graph if isinstance(node, nodes.Map) and node.scalar.has(heads.greater)]
    assert (4, 3) in [node.shape for node in compared]
    assert (4, 4) not in [node.shape for node in compared if node.scalar.has(heads.greater(*SLOTS[:2]))]


@pytest.mark.parametrize("name", ["sorted", "largest", "truth values", "whole numbers", "places"])
def test_places_are_no_kinks(name: str) -> None:
    """A place that is the one asked for stays so around the point: the derivative is one number."""
    point = Point({"x": matrix()})
    lifted = jax_value(FUNCTIONS[name], point)
    assert refer(lambda x: Tracer(lifted, Context()), point, ("x",)).kink is None
