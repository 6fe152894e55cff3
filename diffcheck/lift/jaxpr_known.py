"""What is known while lifting: whole numbers and truth values, random keys and what is drawn with them.

Indices, masks, trip counts and random numbers stay arrays of the dtype that jax gives them, and are
computed at once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from diffcheck.expression import nodes, numeric
from diffcheck.expression.nodes import Node
from diffcheck.lift.program import NotLifted

if TYPE_CHECKING:
    from jax.extend.core import JaxprEqn


Value = Node | np.ndarray
"""What a variable of a jaxpr stands for: a known array, or a node.

A known array holds whole numbers or truth values; or numbers that were made of bits, which are random.
"""


@dataclass(frozen=True, eq=False)
class Bits(Node):
    """Numbers that are read as the whole numbers that their bits are; no expression says which."""

    number: Node


@dataclass(frozen=True, eq=False)
class Key(Node):
    """Random keys, as jax keeps them: no expression says what they are."""

    array: Any


def node_of(value: Value) -> Node:
    """A value as a node.

    Raises:
        NotLifted: it is read from the bits of a number.
    """
    if isinstance(value, Bits):
        raise NotLifted("the program reads the bits of a number that depends on the data")
    if isinstance(value, Key):
        raise NotLifted("the program returns a random key")
    if isinstance(value, Node):
        return value
    return nodes.constant(value if value.dtype.kind in "biu" else np.asarray(value, dtype=np.float64))


def aval(variable: Any) -> Any:
    """The shape and dtype of a variable of a jaxpr."""
    return variable.aval


def is_known(equation: JaxprEqn, operands: Sequence[Value]) -> bool:
    """Whether jax itself can compute something: of known arrays, of keys, of random numbers and constants."""
    if all(isinstance(operand, np.ndarray | Key) for operand in operands):
        return True
    has_no_expression = any(map(_is_random, operands)) or equation.primitive.name in UNWRITTEN
    return has_no_expression and not any(_depends(operand) for operand in operands)


def _is_random(value: Value) -> bool:
    return isinstance(value, np.ndarray) and value.dtype.kind not in "biu"


def _depends(value: Value) -> bool:
    return isinstance(value, Node) and not isinstance(value, nodes.Constant | nodes.Filled | Key)


def by_jax(equation: JaxprEqn, operands: Sequence[Value]) -> list[Value]:
    """What jax itself computes from what is known."""
    given = [_as_jax_takes(value, atom) for value, atom in zip(operands, equation.invars, strict=True)]
    results = equation.primitive.bind(*given, **equation.params)
    listed = results if equation.primitive.multiple_results else [results]
    is_random = equation.primitive.name == MAKES_NUMBERS or any(map(_is_random, operands))
    return [_known(result, is_random) for result in listed]


MAKES_NUMBERS = "bitcast_convert_type"

UNWRITTEN = ("nextafter",)
"""What no expression says."""


def _as_jax_takes(value: Value, atom: Any) -> Any:
    match value:
        case Key():
            return value.array
        case nodes.Constant():
            return np.asarray(value.values, atom.aval.dtype)
        case nodes.Filled():
            return np.full(value.shape, numeric.value(value.number, []), atom.aval.dtype)
        case _:
            return value


def _known(result: Any, is_random: bool) -> Value:
    if is_key(result.dtype):
        return Key(tuple(result.shape), result)
    array = np.asarray(result)
    return array if is_random else _value(array)


def is_key(dtype: Any) -> bool:
    """Whether a dtype is one of jax's own: that of random keys."""
    from jax.dtypes import extended
    from jax.numpy import issubdtype

    return bool(issubdtype(dtype, extended))


def _value(array: np.ndarray) -> Value:
    return array if array.dtype.kind in "biu" else node_of(array)


def _as_typed(function: Callable[..., Any]) -> Callable[..., Value]:
    """NumPy's function, with a result of the shape and dtype that jax says."""

    def apply(equation: JaxprEqn, *operands: np.ndarray) -> Value:
        wanted = aval(equation.outvars[0])
        with np.errstate(over="ignore"):  # whole numbers wrap around, in jax too
            result = np.asarray(function(*operands))
        return _value(np.array(np.broadcast_to(result, wanted.shape)).astype(wanted.dtype))

    return apply


def _iota(equation: JaxprEqn) -> Value:
    shape, along = equation.params["shape"], equation.params["dimension"]
    return _value(np.indices(shape)[along].astype(equation.params["dtype"]))


def _reshape(equation: JaxprEqn, operand: np.ndarray) -> Value:
    return operand.reshape(aval(equation.outvars[0]).shape)


def _broadcast_in_dim(equation: JaxprEqn, operand: np.ndarray) -> Value:
    shape, places = equation.params["shape"], equation.params["broadcast_dimensions"]
    spread = np.ones(len(shape), dtype=int)
    spread[list(places)] = operand.shape
    return np.array(np.broadcast_to(operand.reshape(spread), shape))


def _select_n(_: JaxprEqn, which: np.ndarray, *cases: np.ndarray) -> Value:
    return np.asarray(np.choose(which.astype(np.int64), cases, mode="clip"), dtype=cases[0].dtype)


# The usual ones; jax, which compiles each for each shape, computes the rest.
NUMPY: dict[str, Callable[..., Value]] = {
    "add": _as_typed(np.add),
    "sub": _as_typed(np.subtract),
    "mul": _as_typed(np.multiply),
    "max": _as_typed(np.maximum),
    "min": _as_typed(np.minimum),
    "eq": _as_typed(np.equal),
    "ne": _as_typed(np.not_equal),
    "lt": _as_typed(np.less),
    "le": _as_typed(np.less_equal),
    "gt": _as_typed(np.greater),
    "ge": _as_typed(np.greater_equal),
    "convert_element_type": _as_typed(lambda operand: operand),
    "copy": _as_typed(lambda operand: operand),
    "broadcast_in_dim": _broadcast_in_dim,
    "iota": _iota,
    "reshape": _reshape,
    "select_n": _select_n,
    "squeeze": _reshape,
}
