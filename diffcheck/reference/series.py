"""Scalar functions of Taylor series on balls: one rule for every row of the table of functions.

A series is a `flint.arb_series` in t. No rule differentiates: a function that Arb lacks on series
is composed of those that it has, or (digamma) its Taylor coefficients at the constant term are
known in closed form and the rest of the argument is put in. A kinked function takes a branch by
the sign of the first coefficient that is not zero: what holds for small t > 0.

To add a function, give its head a line in `SMOOTH`, or in `KINKED` where it has branches.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import sympy as sp
from flint import arb, arb_series, ctx

from diffcheck.expression import balls, heads
from diffcheck.expression.functions import ScalarFunction

Series = arb_series


def coefficients(series: Series) -> list[arb]:
    """All coefficients up to the truncation; those that a series no longer knows are NaN."""
    known = min(series.prec, ctx.cap)
    return [series[k] if k < known else arb.nan() for k in range(ctx.cap)]


def is_constant(series: Series) -> bool:
    """Whether nothing moves: every coefficient beyond the first is exactly zero.

    On an interval this is certain, since what moves there has a wide coefficient. At an exact point
    it holds up to the order of the series.
    """
    return bool(series.length() <= 1)


def undecided(constant: arb) -> Series:
    """A value without derivatives: a kink that the balls do not place on one side."""
    return arb_series([constant] + [arb.nan()] * (ctx.cap - 1))


def sign(series: Series) -> int | None:
    """The sign for small t > 0, that of the first coefficient that is not zero.

    Zero where all are; `None` where a ball contains zero and more.
    """
    for coefficient in coefficients(series):
        if coefficient > 0:
            return 1
        if coefficient < 0:
            return -1
        if not coefficient.is_zero():
            return None
    return 0


def apply(row: ScalarFunction, arguments: Sequence[Series]) -> Series:
    """One function of one entry."""
    constant = row.ball(*[argument[0] for argument in arguments])
    if row.head is heads.frozen or (row.head in SMOOTH and all(is_constant(argument) for argument in arguments)):
        return arb_series([constant])
    if row.head in KINKED:
        branch = KINKED[row.head](*arguments)
        return undecided(constant) if branch is None else branch
    return with_constant(constant, SMOOTH[row.head], *arguments)


def with_constant(constant: arb, rule: Callable[..., Series], *arguments: Series) -> Series:
    """A rule's series with a constant term that is known better; without derivatives at a pole."""
    try:
        series = rule(*arguments)
    except (ValueError, ZeroDivisionError):  # division by a series that may be zero
        return undecided(constant)
    return arb_series([constant, *coefficients(series)[1:]])


# ---- powers ----------------------------------------------------------------------------------


def whole_power(base: Series, exponent: int) -> Series:
    """A product of equal factors, or its reciprocal, by squaring."""
    if exponent < 0:
        return 1 / whole_power(base, -exponent)
    result = arb_series([1])
    while exponent:
        if exponent % 2:
            result = result * base
        base = base * base
        exponent //= 2
    return result


def rational_power(base: Series, exponent: sp.Rational) -> Series:
    """A rational power of a series with a positive constant term, a whole one of any."""
    if exponent.is_Integer:
        return whole_power(base, int(exponent))
    if exponent == sp.Rational(1, 2):
        return base.sqrt()
    if exponent == sp.Rational(-1, 2):
        return base.rsqrt()
    return (base.log() * (arb(int(exponent.p)) / int(exponent.q))).exp()


def _power(base: Series, exponent: Series) -> Series:
    if is_constant(exponent) and exponent[0].is_exact() and exponent[0].is_integer():
        return whole_power(base, int(float(exponent[0])))
    return (exponent * base.log()).exp()


def _cbrt(x: Series) -> Series:
    return -_cbrt(-x) if x[0] < 0 else (x.log() / 3).exp()


def _hypot(x: Series, y: Series) -> Series:
    return (x * x + y * y).sqrt()


# ---- exponentials and logarithms -------------------------------------------------------------


def _log1p(x: Series) -> Series:
    return (1 + x).log()


def _expm1(x: Series) -> Series:
    return x.exp() - 1


def _expit(x: Series) -> Series:
    return 1 / (1 + (-x).exp())


def _logit(x: Series) -> Series:
    return x.log() - (1 - x).log()


def _softplus(x: Series) -> Series:
    return x + _log1p((-x).exp()) if x[0] > 0 else _log1p(x.exp())


def _log_expit(x: Series) -> Series:
    return -_softplus(-x)


def _logaddexp(x: Series, y: Series) -> Series:
    return x + _softplus(y - x)


def _xlogy(x: Series, y: Series) -> Series:
    return x if x.length() == 0 else x * y.log()


# ---- trigonometric and hyperbolic functions --------------------------------------------------


def _atan2(y: Series, x: Series) -> Series:
    """Up to its constant term, which differs between quadrants."""
    if abs(x[0]) > abs(y[0]):
        return (y / x).atan()
    return -(x / y).atan()


def _sinh(x: Series) -> Series:
    return (x.exp() - (-x).exp()) / 2


def _cosh(x: Series) -> Series:
    return (x.exp() + (-x).exp()) / 2


def _tanh(x: Series) -> Series:
    return 1 - 2 / (1 + (2 * x).exp()) if x[0] > 0 else 2 / (1 + (-2 * x).exp()) - 1


def _asinh(x: Series) -> Series:
    return -_asinh(-x) if x[0] < 0 else (x + (x * x + 1).sqrt()).log()


def _acosh(x: Series) -> Series:
    return (x + ((x - 1) * (x + 1)).sqrt()).log()


def _atanh(x: Series) -> Series:
    return ((1 + x).log() - (1 - x).log()) / 2


# ---- error and gamma functions ---------------------------------------------------------------


def _ndtr(x: Series) -> Series:
    return (-x / arb(2).sqrt()).erfc() / 2


def _gammaln(x: Series) -> Series:
    """log|Γ(x)|; left of zero by the reflection Γ(x)·Γ(1 − x)·sin(πx) = π."""
    if x[0] > 0:
        return x.lgamma()
    sine = (x * arb.pi()).sin()
    return arb.pi().log() - (-sine if sine[0] < 0 else sine).log() - (1 - x).lgamma()


def _polygamma(order: Series, x: Series) -> Series:
    return _polygamma_series(int(float(order[0])), x)


def _digamma(x: Series) -> Series:
    return _polygamma_series(0, x)


def _polygamma_series(order: int, x: Series) -> Series:
    """Σ ψ⁽ⁿ⁺ᵏ⁾(x₀)·wᵏ/k!, where w is x without its constant term x₀."""
    taylor = [_polygamma_ball(order + k, x[0]) / arb(k).fac() for k in range(ctx.cap)]
    moving = arb_series([0, *coefficients(x)[1:]])
    result = arb_series([taylor[-1]])
    for coefficient in reversed(taylor[:-1]):
        result = result * moving + coefficient
    return result


def _polygamma_ball(order: int, x: arb) -> arb:
    return balls.polygamma(arb(order), x) if order else x.digamma()


# ---- kinks and jumps -------------------------------------------------------------------------


def _zero() -> Series:
    return arb_series([0])


def _one() -> Series:
    return arb_series([1])


def _relu(x: Series) -> Series | None:
    return _larger(x, _zero())


def _absolute(x: Series) -> Series | None:
    return _larger(x, -x)


def _larger(x: Series, y: Series) -> Series | None:
    side = sign(x - y)
    if side is None:
        return None
    return y if side < 0 else x


def _smaller(x: Series, y: Series) -> Series | None:
    side = sign(x - y)
    if side is None:
        return None
    return x if side < 0 else y


def _step(x: Series) -> Series | None:
    side = sign(x)
    return arb_series([int(side > 0)]) if side else None


def _impulse(x: Series) -> Series | None:
    return _zero() if x[0] > 0 or x[0] < 0 else None


def _signum(x: Series) -> Series | None:
    side = sign(x)
    return None if side is None else arb_series([side])


def _floored(x: Series) -> Series | None:
    below = x[0].floor()
    if not below.is_exact():
        return None
    if not x[0].is_exact() or not x[0].is_integer():
        return arb_series([below])
    side = sign(x - below)
    return None if side is None else arb_series([below - int(side < 0)])


def _rounded(x: Series) -> Series | None:
    """Half up, but at a tie that does not move as the table's own ball function decides it."""
    if is_constant(x):
        nearest = balls.rounded(x[0])
        return arb_series([nearest]) if nearest.is_exact() else None
    return _floored(x + balls.HALF)


def _floor_impulse(x: Series) -> Series | None:
    return None if x[0].contains_integer() else _zero()


def _rounded_impulse(x: Series) -> Series | None:
    return _floor_impulse(x + balls.HALF)


def _greater(x: Series, y: Series) -> Series | None:
    side = sign(x - y)
    return None if side is None else arb_series([int(side > 0)])


def _greater_equal(x: Series, y: Series) -> Series | None:
    side = sign(x - y)
    return None if side is None else arb_series([int(side >= 0)])


def _equal(x: Series, y: Series) -> Series | None:
    side = sign(x - y)
    return None if side is None else arb_series([int(side == 0)])


# ---- the tables ------------------------------------------------------------------------------

SMOOTH: dict[object, Callable[..., Series]] = {
    sp.exp: arb_series.exp,
    sp.log: arb_series.log,
    sp.sin: arb_series.sin,
    sp.cos: arb_series.cos,
    sp.tan: arb_series.tan,
    sp.asin: arb_series.asin,
    sp.acos: arb_series.acos,
    sp.atan: arb_series.atan,
    sp.atan2: _atan2,
    sp.sinh: _sinh,
    sp.cosh: _cosh,
    sp.tanh: _tanh,
    sp.asinh: _asinh,
    sp.acosh: _acosh,
    sp.atanh: _atanh,
    sp.erf: arb_series.erf,
    sp.erfc: arb_series.erfc,
    heads.log1p: _log1p,
    heads.expm1: _expm1,
    heads.expit: _expit,
    heads.logit: _logit,
    heads.softplus: _softplus,
    heads.log_expit: _log_expit,
    heads.logaddexp: _logaddexp,
    heads.xlogy: _xlogy,
    heads.hypot: _hypot,
    heads.power: _power,
    heads.cbrt: _cbrt,
    heads.ndtr: _ndtr,
    heads.gelu_ndtr: _ndtr,
    heads.gammaln: _gammaln,
    heads.digamma: _digamma,
    heads.polygamma: _polygamma,
}

KINKED: dict[object, Callable[..., Series | None]] = {
    **dict.fromkeys(heads.STEPS, _step),
    heads.impulse: _impulse,
    heads.relu: _relu,
    heads.absolute: _absolute,
    heads.larger: _larger,
    heads.smaller: _smaller,
    heads.signum: _signum,
    heads.floored: _floored,
    heads.rounded: _rounded,
    heads.floor_impulse: _floor_impulse,
    heads.rounded_impulse: _rounded_impulse,
    heads.greater: _greater,
    heads.greater_equal: _greater_equal,
    heads.equal: _equal,
}
