"""Elementwise functions of symbols; at a kink the decider in charge picks the branch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import sympy as sp

from diffcheck.symbolic.array import SymbolArray, entries, values_of, wrap
from diffcheck.symbolic.decider import branch, freeze, sign_of, step_at_whole_numbers

Scalar = Callable[..., sp.Expr]
Elementwise = Callable[..., SymbolArray]

HALF = sp.Rational(1, 2)


def _elementwise(scalar: Scalar, arity: int = 1) -> Elementwise:
    """A function of SymPy scalars, applied entry by entry."""
    universal = np.frompyfunc(scalar, arity, 1)

    def apply(*operands: Any) -> SymbolArray:
        return wrap(universal(*[entries(operand) for operand in operands]))

    return apply


def _arithmetic(operation: Callable[[Any, Any], Any]) -> Elementwise:
    """An operator that keeps plain integers plain, so that they can still be indices."""

    def apply(x: Any, y: Any) -> SymbolArray:
        operands = [values_of(x), values_of(y)]
        if any(operand.dtype.kind != "i" for operand in operands):
            operands = [entries(operand) for operand in operands]
        return wrap(operation(*operands))

    return apply


# --- arithmetic -----------------------------------------------------------------------------------


def _power(x: sp.Expr, y: sp.Expr) -> sp.Expr:
    return _without_abs(x**y)


def _without_abs(expression: sp.Expr) -> sp.Expr:
    """Take the branch where SymPy wrote √(u²) as |u|."""
    if isinstance(expression, sp.Abs):
        return branch(expression.args[0]) * expression.args[0]
    if expression.is_Pow:
        return sp.Pow(_without_abs(expression.base), expression.exp)
    if expression.is_Mul:
        return sp.Mul(*[_without_abs(factor) for factor in expression.args])
    return expression


add = _arithmetic(np.add)
subtract = _arithmetic(np.subtract)
multiply = _arithmetic(np.multiply)
pow = _elementwise(_power, 2)
divide = _elementwise(lambda x, y: x / y, 2)
reciprocal = _elementwise(lambda x: 1 / x)


def negative(x: Any, /) -> SymbolArray:
    """−x"""
    return wrap(-values_of(x))


def positive(x: Any, /) -> SymbolArray:
    """x"""
    return wrap(values_of(x))


def square(x: Any, /) -> SymbolArray:
    """x²"""
    return multiply(x, x)


# --- smooth functions -----------------------------------------------------------------------------

sqrt = _elementwise(lambda x: _power(x, HALF))
exp = _elementwise(sp.exp)
log = _elementwise(sp.log)
sin = _elementwise(sp.sin)
cos = _elementwise(sp.cos)
tan = _elementwise(sp.tan)
asin = _elementwise(sp.asin)
acos = _elementwise(sp.acos)
atan = _elementwise(sp.atan)
sinh = _elementwise(sp.sinh)
cosh = _elementwise(sp.cosh)
tanh = _elementwise(sp.tanh)
asinh = _elementwise(sp.asinh)
acosh = _elementwise(sp.acosh)
atanh = _elementwise(sp.atanh)
erf = _elementwise(sp.erf)
erfc = _elementwise(sp.erfc)
gammaln = _elementwise(sp.loggamma)
digamma = _elementwise(lambda x: sp.polygamma(0, x))
atan2 = _elementwise(sp.atan2, 2)
expm1 = _elementwise(lambda x: sp.exp(x) - 1)
log1p = _elementwise(lambda x: sp.log(1 + x))
log2 = _elementwise(lambda x: sp.log(x) / sp.log(2))
log10 = _elementwise(lambda x: sp.log(x) / sp.log(10))
logaddexp = _elementwise(lambda x, y: sp.log(sp.exp(x) + sp.exp(y)), 2)
hypot = _elementwise(lambda x, y: _power(x**2 + y**2, HALF), 2)
expit = _elementwise(lambda x: 1 / (1 + sp.exp(-x)))
logit = _elementwise(lambda x: sp.log(x) - sp.log(1 - x))
log_expit = _elementwise(lambda x: -sp.log(1 + sp.exp(-x)))
softplus = _elementwise(lambda x: sp.log(1 + sp.exp(x)))
ndtr = _elementwise(lambda x: sp.erfc(-x / sp.sqrt(2)) / 2)
gelu = _elementwise(lambda x: x * sp.erfc(-x / sp.sqrt(2)) / 2)
silu = _elementwise(lambda x: x / (1 + sp.exp(-x)))
xlogy = _elementwise(lambda x, y: sp.S.Zero if x == 0 else x * sp.log(y), 2)


# --- kinks and jumps ------------------------------------------------------------------------------


def _larger(x: sp.Expr, y: sp.Expr) -> sp.Expr:
    return x if branch(x - y) >= 0 else y


def _smaller(x: sp.Expr, y: sp.Expr) -> sp.Expr:
    return x if branch(x - y) <= 0 else y


def _signed_root(x: sp.Expr) -> sp.Expr:
    """The real cube root; SymPy's own is complex for negative x."""
    sign = branch(x)
    return sign * _power(sign * x, sp.Rational(1, 3))


def _towards_zero(x: sp.Expr) -> sp.Expr:
    sign = -1 if sign_of(x) < 0 else 1
    return sign * step_at_whole_numbers(sign * x)


def _nearest(x: sp.Expr) -> sp.Expr:
    """The nearest whole number; a tie, which only a constant can be, goes to the even one."""
    raised = step_at_whole_numbers(x + HALF)
    odd_tie = raised == x + HALF and raised.is_odd
    return raised - 1 if odd_tie else raised


maximum = _elementwise(_larger, 2)
minimum = _elementwise(_smaller, 2)
abs = _elementwise(lambda x: branch(x) * x)
sign = _elementwise(lambda x: sp.Integer(branch(x)))
relu = _elementwise(lambda x: x if branch(x) > 0 else sp.S.Zero)
leaky_relu = _elementwise(lambda x: x if branch(x) > 0 else x / 100)
elu = _elementwise(lambda x: x if branch(x) > 0 else sp.exp(x) - 1)
cbrt = _elementwise(_signed_root)
floor = _elementwise(step_at_whole_numbers)
ceil = _elementwise(lambda x: -step_at_whole_numbers(-x))
round = _elementwise(_nearest)
trunc = _elementwise(_towards_zero)
stop_gradient = _elementwise(freeze)


def clip(x: Any, /, min: Any = None, max: Any = None) -> SymbolArray:
    """x moved into [min, max]; either end may be missing."""
    raised = wrap(values_of(x)) if min is None else maximum(x, min)
    return raised if max is None else minimum(raised, max)


# --- conditions -----------------------------------------------------------------------------------


def _comparison(plain: Callable[[Any, Any], Any], holds: Callable[[int], bool]) -> Elementwise:
    """A comparison: NumPy's for plain numbers, the decider's for the sign of the difference of symbols."""
    decided = np.frompyfunc(lambda x, y: holds(branch(x - y)), 2, 1)

    def compare(x: Any, y: Any) -> SymbolArray:
        a, b = values_of(x), values_of(y)
        if object not in (a.dtype, b.dtype):
            return wrap(plain(a, b))
        return wrap(np.asarray(decided(entries(a), entries(b)), bool))

    return compare


greater = _comparison(np.greater, lambda sign: sign > 0)
greater_equal = _comparison(np.greater_equal, lambda sign: sign >= 0)
less = _comparison(np.less, lambda sign: sign < 0)
less_equal = _comparison(np.less_equal, lambda sign: sign <= 0)
equal = _comparison(np.equal, lambda sign: sign == 0)
not_equal = _comparison(np.not_equal, lambda sign: sign != 0)


def logical_and(x: Any, y: Any, /) -> SymbolArray:
    """Whether both hold."""
    return wrap(np.logical_and(values_of(x), values_of(y)))


def logical_or(x: Any, y: Any, /) -> SymbolArray:
    """Whether one of them holds."""
    return wrap(np.logical_or(values_of(x), values_of(y)))


def logical_not(x: Any, /) -> SymbolArray:
    """Whether it does not hold."""
    return wrap(np.logical_not(values_of(x)))


def where(condition: Any, chosen: Any, other: Any, /) -> SymbolArray:
    """`chosen` where the condition holds, `other` elsewhere: entries are picked, not blended."""
    return wrap(np.where(values_of(condition), entries(chosen), entries(other)))
