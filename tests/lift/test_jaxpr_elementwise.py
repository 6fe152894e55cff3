"""The scalar primitives of jax."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import sympy as sp
from jax.scipy import special

from diffcheck.expression.trace import Tracer
from diffcheck.lift.jaxpr_elementwise import truncated
from diffcheck.point import Point
from diffcheck.reference.reference import refer
from tests.lift.jaxpr_agreement import MODES, disagreements, matrix

FUNCTIONS: dict[str, Any] = {
    "activations": lambda x: jax.nn.gelu(x) + jax.nn.silu(x) * jax.nn.selu(x) - jax.nn.log_sigmoid(x),
    "powers": lambda x: jnp.abs(x) ** x + jnp.exp2(x) + jnp.power(jnp.abs(x), 1.3) + jnp.cbrt(x) + jax.lax.rsqrt(x * x),
    "angles": lambda x: jnp.arctan2(x, x.T + 0.1) + jnp.arcsinh(x) - jnp.tan(x) * jnp.arctan(x),
    "gamma": lambda x: special.gammaln(jnp.abs(x) + 0.5) + special.digamma(jnp.abs(x)) + special.erfc(x),
    "logarithms": lambda x: jnp.logaddexp(x, x.T) + jnp.log1p(jnp.abs(x)) * jnp.expm1(x),
    "steps": lambda x: x * (jnp.floor(x) + jnp.ceil(3 * x) + jnp.round(2 * x) + jnp.sign(x) + jnp.trunc(x)),
    "remainder": lambda x: jnp.mod(x, 0.7) * jnp.fmod(x, 0.3) + x * jnp.floor_divide(x, 0.7),
    "signs of bits": lambda x: x * jnp.copysign(x, x.T) * jnp.signbit(x) + special.gammasgn(x),
    "conditions": lambda x: jnp.where((x > 0) & ~(x >= 1) | jnp.isnan(x) | (x < -1), x, x * x) * jnp.isfinite(x),
    "clipped": lambda x: jnp.clip(x, -0.5, 0.5) + jnp.maximum(x, x.T) * jnp.minimum(x, 0.3),
    "whole numbers": lambda x: x * x.astype(int) * (jnp.arange(4) // 2),
    "whole quotients": lambda x: x * ((7 * x).astype(int) // 2 + (5 * x).astype(int) % 3),
}


@pytest.mark.parametrize("mode", MODES)
def test_scalar_functions_are_what_ran(mode: str) -> None:
    """Value and derivative are jax's."""
    assert disagreements(FUNCTIONS, matrix(), mode) == []


@pytest.mark.parametrize(("shift", "jump"), [(sp.Integer(0), -3.0), (sp.Rational(1, 2), 2.5)])
def test_truncation_jumps_where_the_whole_number_does(shift: sp.Rational, jump: float) -> None:
    """Not at zero, though the sign jumps there."""

    def whole(x: Tracer) -> Tracer:
        return Tracer(truncated(x.node, shift), x.context)

    smooth = refer(whole, Point({"x": np.array([0.0, 0.3, -0.3, 1.7, -1.7])}), ("x",))
    assert (smooth.lower["x"] == 0).all()
    assert (smooth.upper["x"] == 0).all()
    assert refer(whole, Point({"x": np.array([jump])}), ("x",)).is_undefined
