"""Whether what jax computes is within rounding of the program that was lifted from it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from diffcheck.expression.closed_form import tangent_name
from diffcheck.lift.jaxpr import jax_program, switches
from diffcheck.lift.program import Program
from diffcheck.point import Point
from diffcheck.reference.rounded import Arithmetic
from diffcheck.reference.rounding import propagate

MODES = ("R", "F")


def matrix(seed: int = 0, size: int = 4) -> np.ndarray:
    """Normal numbers."""
    return np.random.default_rng(seed).normal(size=(size, size))


def disagreements(
    functions: Mapping[str, Callable[[Any], Any]], x: Any, mode: str, dtype: str = "float64"
) -> list[str]:
    """Where a lifted value or derivative is not, within rounding, what jax computes: nowhere, if all is well.

    jax compiles all functions at once, which takes a fraction of the time.
    """
    array = np.asarray(x, dtype)
    tangent = (1.5 + np.cos(np.arange(array.size))).reshape(array.shape).astype(dtype)
    point = Point({"x": array}, tangents={"x": tangent})
    inputs = {"x": array, tangent_name("x"): tangent}

    def run(x: Any, tangent: Any) -> dict[str, tuple[Any, Any]]:
        return {name: _derived(function, x, tangent, mode) for name, function in functions.items()}

    with switches(point.dtype):
        computed = jax.jit(run)(jnp.asarray(array), jnp.asarray(tangent))
    found = []
    for name, function in functions.items():
        program = jax_program(_of_x(function), point, ("x",), mode)
        found += [f"{name}: {line}" for line in outside(program, inputs, [np.asarray(part) for part in computed[name]])]
    return found


def _derived(function: Callable[[Any], Any], x: Any, tangent: Any, mode: str) -> tuple[Any, Any]:
    """Value and derivative, ones pulled back or a tangent pushed forward."""
    if mode == "F":
        return jax.jvp(function, (x,), (tangent,))
    value, pull = jax.vjp(function, x)
    return value, pull(jnp.ones_like(value))[0]


def _of_x(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """The function with an argument of this name: jax's own take theirs by position."""

    def of_x(x: Any) -> Any:
        return function(x)

    return of_x


def outside(program: Program, inputs: Mapping[str, np.ndarray], computed: list[np.ndarray]) -> list[str]:
    """What of value and entries is further from the lifted program than rounding may move it."""
    names = ["value", *program.outputs]
    dtype = computed[0].dtype
    expected, _ = propagate([program.value, *program.outputs.values()], inputs, Arithmetic.of(dtype))
    found = []
    for name, rounded, actual in zip(names, expected, computed, strict=True):
        wide = actual.astype(float)
        slight = 2 * float(np.finfo(dtype).eps) * np.abs(wide) + 4 * float(np.finfo(dtype).tiny)
        with np.errstate(all="ignore"):
            known = np.asarray(rounded.value, float).astype(dtype).astype(float)
            same = (known == wide) | (np.isnan(known) & np.isnan(wide))
            near = np.abs(wide - rounded.value) <= rounded.worst + slight
        assert wide.shape == rounded.value.shape
        if not (same | near).all():
            found.append(f"{name}: lifted {rounded.value.tolist()}, jax {wide.tolist()}")
    return found
