"""Scalar functions on balls that Arb lacks or that need a decision at a kink.

Every function returns a ball that contains all values of the function over its argument balls.
A decision that the balls do not settle gives the hull of both branches; one that has no answer
(the derivative of a jump, at the jump) gives the indeterminate ball.
"""

from __future__ import annotations

from flint import arb

HALF = arb(0.5)

MOST_NEGATIVE = 1000
"""Polygamma functions are enclosed above minus this."""


def either() -> arb:
    """The interval [0, 1]: a step that is not decided."""
    return arb(0.5, 0.5)


def hull(x: arb, y: arb) -> arb:
    """A ball that contains two others."""
    return x.union(y)


def log(x: arb) -> arb:
    """log x; −∞ at exactly 0, its limit from within the domain."""
    return arb.neg_inf() if x.is_zero() else x.log()


def expit(x: arb) -> arb:
    """1/(1 + exp(−x)), without overflow of either side."""
    return 1 / (1 + (-x).exp())


def logit(x: arb) -> arb:
    """log(x/(1 − x))"""
    return x.log() - (1 - x).log()


def softplus(x: arb) -> arb:
    """log(1 + exp(x))"""
    if x > 0:
        return x + (-x).exp().log1p()
    return x.exp().log1p()


def log_expit(x: arb) -> arb:
    """−log(1 + exp(−x))"""
    return -softplus(-x)


def logaddexp(x: arb, y: arb) -> arb:
    """log(exp(x) + exp(y))"""
    return x + softplus(y - x)


def xlogy(x: arb, y: arb) -> arb:
    """x·log(y), 0 at x = 0"""
    return arb(0) if x.is_zero() else x * log(y)


def hypot(x: arb, y: arb) -> arb:
    """√(x² + y²)"""
    return (x * x + y * y).sqrt()


def power(x: arb, y: arb) -> arb:
    """xʸ, with its limits from within the domain at x = 0."""
    if x.is_zero():
        if y.is_zero():
            return arb(1)
        if y > 0:
            return arb(0)
        if y.is_integer():
            return arb.nan()
        return arb.pos_inf() if y < 0 else arb.nan()
    return x**y


def atan2(y: arb, x: arb) -> arb:
    """The angle of (x, y); ±π at y = 0, x ≤ 0, where floats know the sign of a zero."""
    if y.is_zero() and not x > 0:
        return arb(0, 1) * arb.pi()
    return arb.atan2(y, x)


def cbrt(x: arb) -> arb:
    """The real cube root."""
    if x.is_zero():
        return arb(0)
    return x.root(3) if not x < 0 else -((-x).root(3))


def ndtr(x: arb) -> arb:
    """The standard normal distribution function, from the side that does not cancel."""
    return (-x / arb(2).sqrt()).erfc() / 2


def gammaln(x: arb) -> arb:
    """log|Γ(x)|"""
    return x.lgamma() if x > 0 else abs(x.gamma()).log()


def polygamma(order: arb, x: arb) -> arb:
    """The n-th derivative of digamma, by the Hurwitz zeta function; n ≥ 1."""
    n = int(float(order))
    factorial = arb(n).fac()
    return (factorial if n % 2 else -factorial) * _hurwitz_zeta(n + 1, x)


def _hurwitz_zeta(s: int, x: arb) -> arb:
    """Σ 1/(x + k)ˢ over k ≥ 0; terms with x + k < 0 are added one by one."""
    if not x > -MOST_NEGATIVE:
        return arb.nan()
    total = arb(0)
    while not x > 0:
        total = total + x**-s
        x = x + 1
    return total + arb(s).zeta(x)


# ---- decisions -------------------------------------------------------------------------------


def step(x: arb) -> arb:
    """1 for x > 0, 0 for x < 0, [0, 1] where that is open."""
    if x > 0:
        return arb(1)
    return arb(0) if x < 0 else either()


def impulse(x: arb) -> arb:
    """The derivative of a jump at 0."""
    return arb(0) if (x > 0 or x < 0) else arb.nan()


def floor_impulse(x: arb) -> arb:
    """The derivative of ⌊x⌋."""
    return arb.nan() if x.contains_integer() else arb(0)


def rounded_impulse(x: arb) -> arb:
    """The derivative of x rounded to the nearest integer."""
    return floor_impulse(x + HALF)


def relu(x: arb) -> arb:
    """max(x, 0)"""
    if x >= 0:
        return x
    return arb(0) if x < 0 else x.nonnegative_part()


def larger(x: arb, y: arb) -> arb:
    """max(x, y)"""
    if x >= y:
        return x
    return y if y >= x else hull(x, y)


def smaller(x: arb, y: arb) -> arb:
    """min(x, y)"""
    return -larger(-x, -y)


def signum(x: arb) -> arb:
    """−1, 0 or 1; between them where that is open."""
    return x.sgn()


def rounded(x: arb) -> arb:
    """x rounded to the nearest integer, ties to even."""
    above = (x + HALF).floor()
    if x.is_exact() and (x + HALF - above).is_zero() and not (above / 2).is_integer():
        return above - 1
    return above


def greater(x: arb, y: arb) -> arb:
    """1 if x > y, 0 if x ≤ y, [0, 1] where that is open."""
    if x > y:
        return arb(1)
    return arb(0) if x <= y else either()


def greater_equal(x: arb, y: arb) -> arb:
    """1 if x ≥ y, 0 if x < y, [0, 1] where that is open."""
    if x >= y:
        return arb(1)
    return arb(0) if x < y else either()


def equal(x: arb, y: arb) -> arb:
    """1 if x = y, 0 if not, [0, 1] where that is open."""
    if x < y or x > y:
        return arb(0)
    return arb(1) if x.is_exact() and y.is_exact() else either()
