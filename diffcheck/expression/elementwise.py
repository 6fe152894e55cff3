"""Elementwise functions of traced arrays, comparisons and selections."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import sympy as sp

from diffcheck.expression import heads, nodes, sums
from diffcheck.expression.heads import SLOTS
from diffcheck.expression.nodes import Node, Shape
from diffcheck.expression.trace import Context, Tracer

_X, _Y = SLOTS[:2]


# ---- operands --------------------------------------------------------------------------------


def context_of(*operands: Any) -> Context:
    """The trace that some operands belong to."""
    return next((operand.context for operand in operands if isinstance(operand, Tracer)), Context())


def traced(operand: Any) -> Tracer:
    """A NumPy array or a number as a constant of the expression; a tracer stays itself."""
    return operand if isinstance(operand, Tracer) else Tracer(node_of(operand), context_of(operand))


def node_of(operand: Any) -> Node:
    """The node of a tracer, a NumPy array or a number."""
    if isinstance(operand, Tracer):
        return operand.node
    if isinstance(operand, (sp.Basic, int, float, bool)):
        return nodes.filled(operand)
    return nodes.constant(np.asarray(operand))


def broadcast_shape(*shapes: Shape) -> Shape:
    """The common shape of some shapes.

    Raises:
        ValueError: they do not broadcast.
    """
    rank = max(map(len, shapes))
    padded = [(1,) * (rank - len(shape)) + tuple(shape) for shape in shapes]
    result = []
    for sizes in zip(*padded, strict=True):
        distinct = {size for size in sizes if size != 1}
        if len(distinct) > 1:
            raise ValueError(f"shapes {', '.join(map(str, shapes))} do not broadcast")
        result.append(distinct.pop() if distinct else 1)
    return tuple(result)


def broadcast(node: Node, shape: Shape) -> Node:
    """Repeat the entries of a node along new and size-one axes.

    Raises:
        ValueError: the shape does not allow it.
    """
    if node.shape == tuple(shape):
        return node
    if broadcast_shape(node.shape, shape) != tuple(shape):
        raise ValueError(f"shape {node.shape} does not broadcast to {tuple(shape)}")
    offset = len(shape) - len(node.shape)
    sizes = dict(enumerate(shape))
    labels = []
    for axis, size in enumerate(node.shape, start=offset):
        repeated = size == 1 and shape[axis] != 1
        labels.append(len(shape) + axis if repeated else axis)
    return sums.einsum([(node, labels)], range(len(shape)), sizes)


def apply(scalar: sp.Expr, *operands: Any, condition: bool = False) -> Tracer:
    """Broadcast operands against each other and apply a scalar expression of the slots."""
    found = [node_of(operand) for operand in operands]
    shape = broadcast_shape(*[node.shape for node in found])
    node = nodes.mapped(scalar, *[broadcast(node, shape) for node in found])
    return Tracer(node, context_of(*operands), condition)


def _unary(scalar: sp.Expr) -> Callable[[Any], Tracer]:
    return lambda x: apply(scalar, x)


def _binary(scalar: sp.Expr) -> Callable[[Any, Any], Tracer]:
    return lambda x, y: apply(scalar, x, y)


def _comparison(scalar: sp.Expr) -> Callable[[Any, Any], Tracer]:
    return lambda x, y: apply(scalar, x, y, condition=True)


# ---- arithmetic ------------------------------------------------------------------------------

add = _binary(_X + _Y)
subtract = _binary(_X - _Y)
multiply = _binary(_X * _Y)
divide = _binary(_X / _Y)
negative = _unary(-_X)
positive = _unary(_X)
square = _unary(_X**2)
reciprocal = _unary(1 / _X)
sqrt = _unary(sp.sqrt(_X))


def pow(x: Any, y: Any) -> Tracer:
    """x to the power y; a numeric exponent keeps the power a single primitive."""
    exponent = node_of(y)
    if isinstance(exponent, nodes.Filled) and exponent.number.is_Rational:
        shape = broadcast_shape(node_of(x).shape, exponent.shape)
        return Tracer(nodes.mapped(_X**exponent.number, broadcast(node_of(x), shape)), context_of(x, y))
    return apply(heads.power(_X, _Y), x, y)


# ---- transcendental --------------------------------------------------------------------------

exp = _unary(sp.exp(_X))
log = _unary(sp.log(_X))
sin = _unary(sp.sin(_X))
cos = _unary(sp.cos(_X))
tan = _unary(sp.tan(_X))
asin = _unary(sp.asin(_X))
acos = _unary(sp.acos(_X))
atan = _unary(sp.atan(_X))
atan2 = _binary(sp.atan2(_X, _Y))
sinh = _unary(sp.sinh(_X))
cosh = _unary(sp.cosh(_X))
tanh = _unary(sp.tanh(_X))
asinh = _unary(sp.asinh(_X))
acosh = _unary(sp.acosh(_X))
atanh = _unary(sp.atanh(_X))
log1p = _unary(heads.log1p(_X))
expm1 = _unary(heads.expm1(_X))
log2 = _unary(sp.log(_X) / sp.log(2))
log10 = _unary(sp.log(_X) / sp.log(10))
logaddexp = _binary(heads.logaddexp(_X, _Y))
hypot = _binary(heads.hypot(_X, _Y))
cbrt = _unary(heads.cbrt(_X))
erf = _unary(sp.erf(_X))
erfc = _unary(sp.erfc(_X))
ndtr = _unary(heads.ndtr(_X))
gelu_ndtr = _unary(heads.gelu_ndtr(_X))
gammaln = _unary(heads.gammaln(_X))
digamma = _unary(heads.digamma(_X))
expit = _unary(heads.expit(_X))
logit = _unary(heads.logit(_X))
softplus = _unary(heads.softplus(_X))
log_expit = _unary(heads.log_expit(_X))
xlogy = _binary(heads.xlogy(_X, _Y))


def silu(x: Any) -> Tracer:
    """x·σ(x)"""
    return multiply(x, expit(x))


def gelu(x: Any) -> Tracer:
    """x·(1 + erf(x/√2))/2: the form that is meant by "exact", which loses the left tail to rounding"""
    return multiply(x, divide(add(1, erf(multiply(x, sp.sqrt(2) / 2))), 2))


# ---- kinks, jumps, selections ----------------------------------------------------------------

abs = _unary(heads.absolute(_X))
sign = _unary(heads.signum(_X))
floor = _unary(heads.floored(_X))
ceil = _unary(-heads.floored(-_X))
round = _unary(heads.rounded(_X))
maximum = _binary(heads.larger(_X, _Y))
minimum = _binary(heads.smaller(_X, _Y))
relu = _unary(heads.relu(_X))
stop_gradient = _unary(heads.frozen(_X))

greater = _comparison(heads.greater(_X, _Y))
greater_equal = _comparison(heads.greater_equal(_X, _Y))
less = _comparison(heads.greater(_Y, _X))
less_equal = _comparison(heads.greater_equal(_Y, _X))
equal = _comparison(heads.equal(_X, _Y))
not_equal = _comparison(1 - heads.equal(_X, _Y))
logical_and = _comparison(_X * _Y)
logical_or = _comparison(_X + _Y - _X * _Y)


def logical_not(x: Any) -> Tracer:
    """True where x is not."""
    return apply(1 - _X, x, condition=True)


def where(condition: Any, chosen: Any, other: Any) -> Tracer:
    """`chosen` where the condition holds, `other` elsewhere."""
    found = [node_of(operand) for operand in (condition, chosen, other)]
    shape = broadcast_shape(*[node.shape for node in found])
    node = nodes.select(*[broadcast(node, shape) for node in found])
    return Tracer(node, context_of(condition, chosen, other))


def trunc(x: Any) -> Tracer:
    """x rounded towards zero; no jump at 0."""
    return where(less(abs(x), 1), 0, where(less(x, 0), ceil(x), floor(x)))


def clip(x: Any, min: Any = None, max: Any = None) -> Tracer:
    """x moved into [min, max]; either end may be missing."""
    raised = x if min is None else maximum(x, min)
    return raised if max is None else minimum(raised, max)


def leaky_relu(x: Any) -> Tracer:
    """x for x > 0, else x/100"""
    return where(greater(x, 0), x, divide(x, 100))


def elu(x: Any) -> Tracer:
    """x for x > 0, else exp(x) − 1"""
    return where(greater(x, 0), x, expm1(x))


FUNCTIONS = (
    "abs acos acosh add asin asinh atan atan2 atanh cbrt ceil clip cos cosh digamma divide elu equal erf erfc exp "
    "expit expm1 floor gammaln gelu greater greater_equal hypot leaky_relu less less_equal log log10 log1p log2 "
    "log_expit logaddexp logical_and logical_not logical_or logit maximum minimum multiply ndtr negative not_equal "
    "positive pow reciprocal relu round sign silu sin sinh softplus sqrt square stop_gradient subtract tan tanh trunc "
    "where xlogy"
).split()
