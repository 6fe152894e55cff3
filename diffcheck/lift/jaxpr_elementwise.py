"""The scalar primitives of jax, entry by entry: one map for each operation that ran."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import sympy as sp

from diffcheck.expression import elementwise, heads, nodes
from diffcheck.expression.heads import SLOTS
from diffcheck.expression.nodes import Filled, Node
from diffcheck.lift.jaxpr_known import Value, aval, node_of
from diffcheck.lift.jaxpr_whole import comparison
from diffcheck.lift.program import NotLifted

if TYPE_CHECKING:
    from jax.extend.core import JaxprEqn

_X, _Y, _Z = SLOTS[:3]

# jax name → the scalar expression that it is.
_REAL: dict[str, sp.Expr] = {
    "abs": heads.absolute(_X),
    "acos": sp.acos(_X),
    "acosh": sp.acosh(_X),
    "asin": sp.asin(_X),
    "asinh": sp.asinh(_X),
    "atan": sp.atan(_X),
    "atan2": sp.atan2(_X, _Y),
    "atanh": sp.atanh(_X),
    "cbrt": heads.cbrt(_X),
    "ceil": -heads.floored(-_X),
    "cos": sp.cos(_X),
    "cosh": sp.cosh(_X),
    "digamma": heads.digamma(_X),
    "erf": sp.erf(_X),
    "erfc": sp.erfc(_X),
    "exp": sp.exp(_X),
    "exp2": heads.power(sp.Integer(2), _X),
    "expm1": heads.expm1(_X),
    "floor": heads.floored(_X),
    "lgamma": heads.gammaln(_X),
    "log": sp.log(_X),
    "log1p": heads.log1p(_X),
    "logistic": heads.expit(_X),
    "pow": heads.power(_X, _Y),
    "rsqrt": 1 / sp.sqrt(_X),
    "sin": sp.sin(_X),
    "sinh": sp.sinh(_X),
    "sqrt": sp.sqrt(_X),
    "square": _X**2,
    "stop_gradient": heads.frozen(_X),
    "tan": sp.tan(_X),
    "tanh": sp.tanh(_X),
}

# These mean the same for whole numbers.
_REAL_OR_WHOLE: dict[str, sp.Expr] = {
    "add": _X + _Y,
    "add_any": _X + _Y,
    "clamp": heads.smaller(heads.larger(_Y, _X), _Z),
    # |x| = ∞ at an infinity, and no comparison holds at NaN.
    "is_finite": heads.greater(sp.oo, heads.absolute(_X)),
    "max": heads.larger(_X, _Y),
    "min": heads.smaller(_X, _Y),
    "mul": _X * _Y,
    "neg": -_X,
    "sign": heads.signum(_X),
    "sub": _X - _Y,
}

_LOGICAL: dict[str, sp.Expr] = {
    "and": _X * _Y,
    "not": 1 - _X,
    "or": _X + _Y - _X * _Y,
    "xor": _X + _Y - 2 * _X * _Y,
}


def applied(scalar: sp.Expr, *operands: Value) -> Node:
    """A scalar expression of the slots, entry by entry; axes of size one are repeated."""
    found = [node_of(operand) for operand in operands]
    shape = elementwise.broadcast_shape(*[node.shape for node in found])
    return nodes.mapped(scalar, *[elementwise.broadcast(node, shape) for node in found])


Rule = Callable[..., Any]


def _rule(scalar: sp.Expr, kinds: str) -> Rule:
    """The rule of one scalar expression, for results of some kinds."""

    def apply(equation: JaxprEqn, *operands: Value) -> Node:
        dtype = aval(equation.outvars[0]).dtype
        if dtype.kind in "biu" and dtype.kind not in kinds:
            raise NotLifted(f"no rule for jax {equation.primitive.name} of {dtype} that depend on the data")
        return applied(scalar, *operands)

    return apply


# ---- whole numbers ---------------------------------------------------------------------------


def truncated(node: Node, shift: sp.Rational = sp.S.Zero) -> Node:
    """x without its fraction; with a shift of ½, x rounded to the nearest whole number, halves away from zero.

    Near zero it is written as what it is there, zero: the sign of x jumps.
    """
    size = heads.absolute(_X)
    whole = applied(heads.signum(_X) * heads.floored(size + shift), node)
    return nodes.select(applied(heads.greater(1 - shift, size), node), nodes.filled(0, node.shape), whole)


# ---- others ----------------------------------------------------------------------------------


def _convert(equation: JaxprEqn, operand: Value) -> Node:
    """A change of dtype; what is coarser than the dtype under test was refused before."""
    node = node_of(operand)
    before = aval(equation.invars[0]).dtype
    after = aval(equation.outvars[0]).dtype
    if after.kind == "b" and before.kind != "b":
        zero = nodes.filled(0)
        return applied(1 - comparison(heads.equal, node, zero), node, zero)
    if after.kind in "iu" and before.kind not in "biu":
        return truncated(node)
    return node


def _div(equation: JaxprEqn, x: Value, y: Value) -> Node:
    return _whole_quotient(x, y) if aval(equation.outvars[0]).dtype.kind in "iu" else applied(_X / _Y, x, y)


def _rem(equation: JaxprEqn, x: Value, y: Value) -> Node:
    whole = aval(equation.outvars[0]).dtype.kind in "iu"
    quotient = _whole_quotient(x, y) if whole else truncated(applied(_X / _Y, x, y))
    return applied(_X - _Y * _Z, x, y, quotient)


def _whole_quotient(x: Value, y: Value) -> Node:
    """How often a whole number goes into another; half a number more, and it is never at a jump."""
    size = (heads.absolute(_X) + sp.Rational(1, 2)) / heads.absolute(_Y)
    return applied(heads.signum(_X) * heads.signum(_Y) * heads.floored(size), x, y)


def _integer_pow(equation: JaxprEqn, operand: Value) -> Node:
    return applied(_X ** int(equation.params["y"]), operand)


def _round(equation: JaxprEqn, operand: Value) -> Node:
    if int(equation.params["rounding_method"]) == 1:
        return applied(heads.rounded(_X), operand)
    return truncated(node_of(operand), sp.Rational(1, 2))


def _polygamma(_: JaxprEqn, order: Value, operand: Value) -> Node:
    number = node_of(order)
    if not isinstance(number, Filled) or not number.number.is_Integer or number.number < 1:
        raise NotLifted("jax polygamma of an order that is not one whole number")
    return applied(heads.polygamma(number.number, _X), operand)


RULES: dict[str, Rule] = {
    **{name: _rule(scalar, "") for name, scalar in _REAL.items()},
    **{name: _rule(scalar, "biu") for name, scalar in _REAL_OR_WHOLE.items()},
    **{name: _rule(scalar, "b") for name, scalar in _LOGICAL.items()},
    "convert_element_type": _convert,
    "div": _div,
    "integer_pow": _integer_pow,
    "polygamma": _polygamma,
    "rem": _rem,
    "round": _round,
}
