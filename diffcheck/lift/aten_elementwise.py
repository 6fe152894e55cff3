"""Elementwise operations, comparisons and selections."""

from __future__ import annotations

from collections.abc import Callable
from math import inf, pi
from typing import Any

import sympy as sp

from diffcheck.expression import elementwise as ew
from diffcheck.expression import heads, nodes
from diffcheck.expression.heads import SLOTS
from diffcheck.expression.nodes import Node
from diffcheck.expression.trace import Tracer
from diffcheck.lift.program import NotLifted

Rule = Callable[..., Any]

_X, _Y = SLOTS[:2]


# ---- arithmetic ------------------------------------------------------------------------------


def _scaled(x: Any, alpha: float) -> Any:
    return x if alpha == 1 else ew.multiply(x, alpha)


def _add(x: Any, y: Any, alpha: float = 1) -> Tracer:
    """A sum; of truth values, whether one holds."""
    if ew.traced(x).is_condition and ew.traced(y).is_condition:
        return ew.logical_or(x, y)
    return ew.add(x, _scaled(y, alpha))


def _subtract(x: Any, y: Any, alpha: float = 1) -> Tracer:
    return ew.subtract(x, _scaled(y, alpha))


def _subtract_from(x: Any, y: Any, alpha: float = 1) -> Tracer:
    return _subtract(y, x, alpha)


def _divide(x: Any, y: Any, *, rounding_mode: str | None = None) -> Tracer:
    rounded = {None: ew.positive, "floor": ew.floor, "trunc": ew.trunc}[rounding_mode]
    return rounded(ew.divide(x, y))


def _add_product(x: Any, y: Any, z: Any, *, value: float = 1) -> Tracer:
    return ew.add(x, _scaled(ew.multiply(y, z), value))


def _add_quotient(x: Any, y: Any, z: Any, *, value: float = 1) -> Tracer:
    return ew.add(x, _scaled(ew.divide(y, z), value))


def _between(start: Any, end: Any, weight: Any) -> Tracer:
    """torch starts from the nearer end."""
    step = ew.subtract(end, start)
    from_start = ew.add(start, ew.multiply(weight, step))
    from_end = ew.subtract(end, ew.multiply(step, ew.subtract(1, weight)))
    return ew.where(ew.less(ew.abs(weight), 0.5), from_start, from_end)


def _power(x: Any, exponent: Any) -> Tracer:
    """A whole or half power is one of products and roots; any other is a function of two numbers."""
    if isinstance(exponent, (int, float)) and float(2 * exponent).is_integer():
        return ew.pow(x, exponent)
    return ew.apply(heads.power(_X, _Y), x, exponent)


def _polygamma(order: int, x: Any) -> Tracer:
    if order == 0:
        return ew.digamma(x)
    return ew.apply(heads.polygamma(sp.Integer(order), _X), x)


def _logit(x: Any, eps: float | None = None) -> Tracer:
    return ew.logit(x if eps is None else ew.clip(x, eps, 1 - eps))


def _rounded(x: Any, *, decimals: int = 0) -> Tracer:
    scale = 10 ** abs(decimals)
    if decimals < 0:
        return ew.multiply(ew.round(ew.divide(x, scale)), scale)
    return ew.divide(ew.round(_scaled(x, scale)), scale)


def _remainder(rounded: Rule) -> Rule:
    """x less a multiple of y; the multiple is the quotient, rounded."""
    return lambda x, y: ew.subtract(x, ew.multiply(rounded(ew.divide(x, y)), y))


def _with_sign(x: Any, y: Any) -> Tracer:
    """|x| with the sign of y; −0 is 0."""
    size = ew.abs(x)
    return ew.where(ew.less(y, 0), ew.negative(size), size)


def _angle(x: Any) -> Tracer:
    """The argument of a real number."""
    return ew.where(ew.less(x, 0), pi, 0)


# ---- decisions -------------------------------------------------------------------------------


def equal(x: Any, y: Any) -> Tracer:
    """x = y; an entry that equals the largest is a winner, and what does not equal itself is NaN."""
    if ew.node_of(x) is ew.node_of(y):
        return _is_number(x)
    shape = ew.broadcast_shape(tuple(x.shape), tuple(getattr(y, "shape", ())))
    left, right = (ew.broadcast(ew.node_of(operand), shape) for operand in (x, y))
    for entries, extreme in ((left, right), (right, left), (_negated(left), _negated(right))):
        axes = _largest_along(entries, extreme)
        if axes is not None:
            return Tracer(nodes.winner(entries, axes), ew.context_of(x, y), is_condition=True)
    return ew.equal(x, y)


def _negated(node: Node) -> Node:
    """−x for x, and x for −x; a view of −x is the view of −x negated."""
    match node:
        case nodes.Map(scalar=scalar, arguments=(source,)) if scalar == -_X:
            return source
        case nodes.Einsum(factors=((nodes.Map(scalar=scalar, arguments=(source,)), labels),)) if scalar == -_X:
            return nodes.interned(nodes.Einsum, node.shape, ((source, labels),), node.output, node.sizes)
    return nodes.mapped(-_X, node)


def _largest_along(entries: Node, extreme: Node) -> tuple[int, ...] | None:
    """The axes along which `extreme` is the largest of the entries, repeated; `None` if it is not."""
    labels: tuple[int, ...] = tuple(range(len(extreme.shape)))
    largest = extreme
    if isinstance(extreme, nodes.Einsum) and extreme.is_view:
        [(largest, carried)] = extreme.factors
        labels = tuple(extreme.output.index(label) if label in extreme.output else -1 for label in carried)
    if not isinstance(largest, nodes.Maximum) or largest.source is not entries:
        return None
    kept = tuple(axis for axis in range(len(entries.shape)) if axis not in largest.axes)
    fits = all(label in (axis, -1) for label, axis in zip(labels, kept, strict=True))
    return largest.axes if fits else None


def truth(x: Any) -> Tracer:
    """A condition: of numbers, that they are not zero."""
    traced = ew.traced(x)
    return traced if traced.is_condition else ew.not_equal(traced, 0)


def _and(x: Any, y: Any) -> Tracer:
    return ew.logical_and(truth(x), truth(y))


def _or(x: Any, y: Any) -> Tracer:
    return ew.logical_or(truth(x), truth(y))


def _not(x: Any) -> Tracer:
    return ew.logical_not(truth(x))


def _differ(x: Any, y: Any) -> Tracer:
    return ew.logical_not(equal(x, y))


def _is_number(x: Any) -> Tracer:
    """What is at most ∞. It is chosen, not counted: there is no jump where it changes."""
    return ew.where(ew.less_equal(x, inf), 1, 0)


def _is_nan(x: Any) -> Tracer:
    return ew.logical_not(_is_number(x))


def _is_infinite(x: Any) -> Tracer:
    return ew.logical_or(ew.greater_equal(x, inf), ew.less_equal(x, -inf))


def _where(condition: Any, chosen: Any, other: Any) -> Tracer:
    return ew.where(condition, chosen, other)


def _filled_where(x: Any, mask: Any, value: Any) -> Tracer:
    return ew.where(mask, value, x)


def _clamped(x: Any, min: Any = None, max: Any = None) -> Tracer:
    return ew.clip(x, min, max)


def _converted(x: Any, *, dtype: Any = None, **_: Any) -> Tracer:
    """More digits or fewer; truth values as numbers, and numbers as truth values."""
    traced = ew.traced(x)
    if dtype is None or dtype.is_floating_point or traced.is_condition:
        return traced
    if str(dtype) == "torch.bool":
        return truth(traced)
    raise NotLifted("_to_copy: numbers become integers")


_NAMED = (
    "abs acos acosh asin asinh atan atan2 atanh ceil cos cosh digamma erf erfc exp expm1 floor hypot log log10 log1p "
    "log2 logaddexp maximum minimum reciprocal relu sign sin sinh sqrt square tan tanh trunc xlogy"
).split()

RULES: dict[str, Rule] = {
    **{name: getattr(ew, name) for name in _NAMED},
    "_to_copy": _converted,
    "add": _add,
    "addcdiv": _add_quotient,
    "addcmul": _add_product,
    "angle": _angle,
    "bitwise_and": _and,
    "bitwise_not": _not,
    "bitwise_or": _or,
    "clamp": _clamped,
    "clamp_max": ew.minimum,
    "clamp_min": ew.maximum,
    "copysign": _with_sign,
    "div": _divide,
    "eq": equal,
    "exp2": lambda x: ew.apply(heads.power(_Y, _X), x, 2),
    "fmax": ew.maximum,
    "fmin": ew.minimum,
    "fmod": _remainder(ew.trunc),
    "ge": ew.greater_equal,
    "gt": ew.greater,
    "isinf": _is_infinite,
    "isnan": _is_nan,
    "isneginf": lambda x: ew.less_equal(x, -inf),
    "isposinf": lambda x: ew.greater_equal(x, inf),
    "le": ew.less_equal,
    "lerp": _between,
    "lgamma": ew.gammaln,
    "logical_and": _and,
    "logical_not": _not,
    "logical_or": _or,
    "logit": _logit,
    "lt": ew.less,
    "masked_fill": _filled_where,
    "mul": ew.multiply,
    "ne": _differ,
    "neg": ew.negative,
    "polygamma": _polygamma,
    "pow": _power,
    "remainder": _remainder(ew.floor),
    "round": _rounded,
    "rsqrt": lambda x: ew.apply(1 / sp.sqrt(_X), x),
    "rsub": _subtract_from,
    "sgn": ew.sign,
    "special_ndtr": ew.ndtr,
    "sub": _subtract,
    "where": _where,
}
