"""SymPy functions that stand in expressions for what SymPy lacks, folds or rewrites.

Where SymPy's own function has the derivative we need, expressions use it (`sin`, `exp`, …). Where
SymPy would fold, branch or rewrite (`relu`, `log1p`, `expit`), it is an opaque function of ours
with `fdiff`, so that an expression stays the program that was written. Kinks are never
`Piecewise` (SymPy pulls conditions on bound indices out of sums) and never `Heaviside` (which
carries ½ at 0): the only kinked derivative is `step`.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import sympy as sp

SLOTS = tuple(sp.Symbol(f"a{k}", real=True) for k in range(16))


# ---- heads that SymPy lacks, or would rewrite ------------------------------------------------


class log1p(sp.Function):
    """log(1 + x)"""

    def fdiff(self, argindex: int = 1) -> sp.Expr:
        return 1 / (1 + self.args[0])


class expm1(sp.Function):
    """exp(x) − 1; its derivative in the saved-output form that frameworks use"""

    def fdiff(self, argindex: int = 1) -> sp.Expr:
        return self + 1


class expit(sp.Function):
    """1/(1 + exp(−x)); its derivative in the saved-output form that frameworks use"""

    def fdiff(self, argindex: int = 1) -> sp.Expr:
        return self * (1 - self)


class logit(sp.Function):
    """log(x/(1 − x))"""

    def fdiff(self, argindex: int = 1) -> sp.Expr:
        return 1 / (self.args[0] * (1 - self.args[0]))


class softplus(sp.Function):
    """log(1 + exp(x)); its derivative in the saved-output form of jax, which rounds more than torch's"""

    def fdiff(self, argindex: int = 1) -> sp.Expr:
        return sp.exp(self.args[0] - self)


class log_expit(sp.Function):
    """−log(1 + exp(−x)); its derivative in the saved-output form, as softplus"""

    def fdiff(self, argindex: int = 1) -> sp.Expr:
        return sp.exp(self - self.args[0])


class logaddexp(sp.Function):
    """log(exp(x) + exp(y)); its derivative in the saved-output form, as softplus"""

    def fdiff(self, argindex: int = 1) -> sp.Expr:
        return sp.exp(self.args[argindex - 1] - self)


class xlogy(sp.Function):
    """x·log(y), 0 at x = 0"""

    def fdiff(self, argindex: int = 1) -> sp.Expr:
        x, y = self.args
        return sp.log(y) if argindex == 1 else x / y


class hypot(sp.Function):
    """√(x² + y²)"""

    def fdiff(self, argindex: int = 1) -> sp.Expr:
        return self.args[argindex - 1] / self


class power(sp.Function):
    """xʸ with a variable exponent"""

    def fdiff(self, argindex: int = 1) -> sp.Expr:
        x, y = self.args
        return y * power(x, y - 1) if argindex == 1 else self * sp.log(x)


class cbrt(sp.Function):
    """the real cube root"""

    def fdiff(self, argindex: int = 1) -> sp.Expr:
        return 1 / (3 * self**2)


class ndtr(sp.Function):
    """the standard normal distribution function"""

    def fdiff(self, argindex: int = 1) -> sp.Expr:
        return sp.exp(-(self.args[0] ** 2) / 2) / sp.sqrt(2 * sp.pi)


class gelu_ndtr(sp.Function):
    """ndtr, as torch's gelu has it: by an error function of its own, good to a few units of one"""

    def fdiff(self, argindex: int = 1) -> sp.Expr:
        return sp.exp(-(self.args[0] ** 2) / 2) / sp.sqrt(2 * sp.pi)


class gammaln(sp.Function):
    """log|Γ(x)|"""

    def fdiff(self, argindex: int = 1) -> sp.Expr:
        return digamma(self.args[0])


class digamma(sp.Function):
    """Γ′(x)/Γ(x)"""

    def fdiff(self, argindex: int = 1) -> sp.Expr:
        return polygamma(sp.Integer(1), self.args[0])


class polygamma(sp.Function):
    """the n-th derivative of digamma, n a number"""

    def fdiff(self, argindex: int = 2) -> sp.Expr:
        order, x = self.args
        return polygamma(order + 1, x) if argindex == 2 else sp.Integer(0)  # the order is held


# ---- kinks and jumps -------------------------------------------------------------------------


class step(sp.Function):
    """1 for x > 0, 0 for x < 0, an interval at 0; its derivative is 0: that there is none at 0, the interval says"""

    def fdiff(self, argindex: int = 1) -> sp.Expr:
        return sp.Integer(0)


class absolute_step(step):
    """the step of |x|; each primitive has its own, as its tie is its own to answer"""


class larger_step(step):
    """the step of max(x, y)"""


class smaller_step(step):
    """the step of min(x, y)"""


STEPS = (step, absolute_step, larger_step, smaller_step)


class impulse(sp.Function):
    """the derivative of a sign: 0 away from 0, nothing at 0"""

    def fdiff(self, argindex: int = 1) -> sp.Expr:
        return impulse(self.args[0])


class relu(sp.Function):
    """max(x, 0)"""

    def fdiff(self, argindex: int = 1) -> sp.Expr:
        return step(self.args[0])


class absolute(sp.Function):
    """|x|"""

    def fdiff(self, argindex: int = 1) -> sp.Expr:
        return 2 * absolute_step(self.args[0]) - 1


class larger(sp.Function):
    """max(x, y)"""

    def fdiff(self, argindex: int = 1) -> sp.Expr:
        x, y = self.args
        return larger_step(x - y) if argindex == 1 else 1 - larger_step(x - y)


class smaller(sp.Function):
    """min(x, y)"""

    def fdiff(self, argindex: int = 1) -> sp.Expr:
        x, y = self.args
        return smaller_step(y - x) if argindex == 1 else 1 - smaller_step(y - x)


class signum(sp.Function):
    """−1, 0 or 1"""

    def fdiff(self, argindex: int = 1) -> sp.Expr:
        return impulse(self.args[0])


class _Rounding(sp.Function):
    """A function that is constant between its jumps."""

    def fdiff(self, argindex: int = 1) -> sp.Expr:
        return type(self).impulse(self.args[0])


class floor_impulse(sp.Function):
    """0 where x is not an integer, nothing where it is"""

    def fdiff(self, argindex: int = 1) -> sp.Expr:
        return floor_impulse(self.args[0])


class rounded_impulse(sp.Function):
    """0 where x + ½ is not an integer, nothing where it is"""

    def fdiff(self, argindex: int = 1) -> sp.Expr:
        return rounded_impulse(self.args[0])


class floored(_Rounding):
    """⌊x⌋"""

    impulse = floor_impulse


class rounded(_Rounding):
    """x rounded to the nearest integer, ties to even"""

    impulse = rounded_impulse


class _Comparison(sp.Function):
    """A condition, 1 or 0, which has no derivative; of two fractions it is decided at once."""

    holds: Callable[..., Any]

    @classmethod
    def eval(cls, x: sp.Expr, y: sp.Expr) -> sp.Expr | None:
        if is_decided(x) and is_decided(y):
            return sp.Integer(bool(cls.holds(x, y)))
        return None

    def fdiff(self, argindex: int = 1) -> sp.Expr:
        return sp.Integer(0)


def is_decided(number: sp.Expr) -> bool:
    """Whether a number can be compared without computing: a fraction, or an infinity."""
    return bool(number.is_Rational or number in (sp.oo, -sp.oo))


class greater(_Comparison):
    """1 if x > y, else 0"""

    holds = operator.gt


class greater_equal(_Comparison):
    """1 if x ≥ y, else 0"""

    holds = operator.ge


class equal(_Comparison):
    """1 if x = y, else 0"""

    holds = operator.eq


class frozen(sp.Function):
    """x, with derivative zero: `stop_gradient`"""

    def fdiff(self, argindex: int = 1) -> sp.Expr:
        return sp.Integer(0)
