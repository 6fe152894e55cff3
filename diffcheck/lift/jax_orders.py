"""Derivatives of higher order, as jax computes them: `jax.jvp` or `jax.vjp` for each letter of a mode."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

Function = Callable[..., Any]


def entries_of_order(function: Function, inputs: Any, mode: str, cotangent: Any, tangents: Any) -> Any:
    """Differentiate a function as often as the mode has letters.

    Args:
        function: a mapping of arrays in, one array out.
        inputs: where.
        mode: a word over R and F, outermost first, of at least two letters.
        cotangent: weighs the outputs.
        tangents: of the inputs' shapes: pushed forward, and pulled back through a gradient.

    Returns:
        modes with an R: a mapping like the inputs; others: an array like the output.
    """
    program = function
    weights = cotangent
    for letter in reversed(mode):
        if letter == "F":
            program = partial(_pushed, program, tangents)
        else:
            program, weights = partial(_pulled, program, weights), tangents
    return program(inputs)


def _pushed(program: Function, tangents: Any, inputs: Any) -> Any:
    import jax

    return jax.jvp(program, (inputs,), (tangents,))[1]


def _pulled(program: Function, weights: Any, inputs: Any) -> Any:
    import jax

    _, pull = jax.vjp(program, inputs)
    return pull(weights)[0]
