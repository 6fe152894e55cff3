"""A framework's function as a definition: its value as an expression, whatever rules its derivative has."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import numpy as np

from diffcheck.dtype import is_floating
from diffcheck.expression import nodes
from diffcheck.expression.functions import NotCovered
from diffcheck.expression.nodes import Node
from diffcheck.expression.trace import Traced
from diffcheck.lift.aten import Path, torch_primal_along
from diffcheck.lift.aten_trace import state, tensor_of
from diffcheck.lift.jaxpr import jax_value, switches
from diffcheck.lift.program import NotLifted
from diffcheck.lift.stopped import Marked
from diffcheck.point import Point

Function = Callable[..., Any]

FRAMEWORKS = ("torch", "jax")
"""Whose functions are lifted."""

_VALUES: dict[str, Callable[[Function, Point, Sequence[bool]], tuple[Node, Path]]] = {
    "torch": lambda function, point, told: torch_primal_along(Marked(function), point, told),
    "jax": lambda function, point, _: (jax_value(function, point), ()),  # a branch on numbers is refused
}


def primal(function: Function, framework: str, point: Point, told: Sequence[bool] = ()) -> Traced:
    """The expression of a framework's function at a point.

    Args:
        function: the framework's arrays in, by name, one array out.
        framework: `torch` or `jax`.
        point: where; its integers are constants of the expression.
        told: answers for the first conditions that it branches on, whatever they are at the point.

    Raises:
        NotCovered: the function cannot be lifted; the message names what stands in the way.
    """
    try:
        output, path = _VALUES[framework](function, point, told)
    except NotLifted as error:
        raise NotCovered(str(error)) from error
    moving = {name: array for name, array in point.arguments.items() if is_floating(array.dtype)}
    return _traced(output, tuple((name, array.shape) for name, array in moving.items()), path)


@lru_cache(maxsize=512)
def _traced(output: Node, shapes: tuple[tuple[str, tuple[int, ...]], ...], path: Path) -> Traced:
    """The same object for the same expression: what follows from it is kept with it."""
    return Traced(output, {name: nodes.variable(name, shape) for name, shape in shapes}, path)


# ---- a framework's own arrays ------------------------------------------------------------------


def framework_of(value: object) -> str | None:
    """Whose array this is; `None` for anything else. A framework that nobody imported has no arrays."""
    torch, jax = sys.modules.get("torch"), sys.modules.get("jax")
    if torch is not None and isinstance(value, torch.Tensor):
        return "torch"
    if jax is not None and isinstance(value, jax.Array):
        return "jax"
    return None


def numpy_of(value: Any) -> np.ndarray:
    """A copy of a framework's array; the array itself is left alone.

    Raises:
        TypeError: its numbers cannot be copied; the framework's own words.
    """
    if framework_of(value) == "torch" and str(value.dtype) == "torch.bfloat16":
        return value.float().numpy(force=True).astype("bfloat16")
    return np.array(value.numpy(force=True) if framework_of(value) == "torch" else value)


def array_of(framework: str, array: np.ndarray) -> Any:
    """A framework's array with these numbers, and with memory of its own."""
    if framework == "torch":
        return tensor_of(array)
    import jax.numpy as jnp

    return jnp.asarray(array)


@contextmanager
def at_rest(framework: str, dtype: str) -> Iterator[None]:
    """A framework in a state of its own: the caller's switches and random numbers are as they were afterwards."""
    with state(dtype) if framework == "torch" else switches(np.dtype(dtype)):
        yield
