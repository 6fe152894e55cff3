"""The bits of numbers that depend on the data: their sign can be read from them, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from diffcheck.expression import heads, nodes
from diffcheck.expression.heads import SLOTS
from diffcheck.expression.nodes import Node
from diffcheck.lift.jaxpr_elementwise import applied
from diffcheck.lift.jaxpr_known import Bits, Value, aval, node_of
from diffcheck.lift.program import NotLifted

if TYPE_CHECKING:
    from jax.extend.core import JaxprEqn

_X = SLOTS[0]


def _bitcast(equation: JaxprEqn, operand: Value) -> Node:
    before, after = aval(equation.invars[0]).dtype, aval(equation.outvars[0]).dtype
    if before.kind != "f" or after.kind not in "iu" or before.itemsize != after.itemsize:
        raise NotLifted(f"jax bitcast_convert_type makes {after} of {before} that depend on the data")
    node = node_of(operand)
    return nodes.interned(Bits, node.shape, node)


def _shift_right(of_negative: int) -> Callable[..., Node]:
    """The last bit that is left is the sign: no float is −0 but the point 0."""

    def apply(equation: JaxprEqn, operand: Value, distance: Value) -> Node:
        last = 8 * aval(equation.outvars[0]).dtype.itemsize - 1
        if isinstance(operand, Bits) and isinstance(distance, np.ndarray) and (distance == last).all():
            return applied(of_negative * heads.greater(0, _X), operand.number)
        raise NotLifted(f"no rule for jax {equation.primitive.name} of what depends on the data")

    return apply


RULES: dict[str, Callable[..., Any]] = {
    "bitcast_convert_type": _bitcast,
    "shift_right_arithmetic": _shift_right(-1),
    "shift_right_logical": _shift_right(1),
}
