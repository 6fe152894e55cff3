"""The scalar functions: one frozen row each says everything diffcheck knows about it.

A row's `head` is a SymPy function. Where SymPy's own has the derivative we need, it is SymPy's
(`sin`, `exp`, …); where SymPy would fold, branch or rewrite (`relu`, `log1p`, `expit`), it is an
opaque function of ours with `fdiff`, so that an expression stays the program that was written.
Kinks are never `Piecewise` (SymPy pulls conditions on bound indices out of sums) and never
`Heaviside` (which carries ½ at 0): the only kinked derivative is `step`.

To add a function, copy a row.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import sympy as sp
from flint import arb
from scipy import special

from diffcheck.expression import balls

SLOTS = tuple(sp.Symbol(f"a{k}", real=True) for k in range(16))


# ---- heads that SymPy lacks, or would rewrite ------------------------------------------------


class log1p(sp.Function):
    """log(1 + x)"""

    def fdiff(self, argindex: int = 1) -> sp.Expr:
        return 1 / (1 + self.args[0])


class expm1(sp.Function):
    """exp(x) − 1"""

    def fdiff(self, argindex: int = 1) -> sp.Expr:
        return sp.exp(self.args[0])


class expit(sp.Function):
    """1/(1 + exp(−x)); its derivative in the saved-output form that frameworks use"""

    def fdiff(self, argindex: int = 1) -> sp.Expr:
        return self * (1 - self)


class logit(sp.Function):
    """log(x/(1 − x))"""

    def fdiff(self, argindex: int = 1) -> sp.Expr:
        return 1 / (self.args[0] * (1 - self.args[0]))


class softplus(sp.Function):
    """log(1 + exp(x))"""

    def fdiff(self, argindex: int = 1) -> sp.Expr:
        return expit(self.args[0])


class log_expit(sp.Function):
    """−log(1 + exp(−x))"""

    def fdiff(self, argindex: int = 1) -> sp.Expr:
        return expit(-self.args[0])


class logaddexp(sp.Function):
    """log(exp(x) + exp(y))"""

    def fdiff(self, argindex: int = 1) -> sp.Expr:
        x, y = self.args
        return expit(x - y) if argindex == 1 else expit(y - x)


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
        return polygamma(order + 1, x)


# ---- kinks and jumps -------------------------------------------------------------------------


class step(sp.Function):
    """1 for x > 0, 0 for x < 0, an interval at 0"""

    def fdiff(self, argindex: int = 1) -> sp.Expr:
        return impulse(self.args[0])


class impulse(sp.Function):
    """the derivative of a jump: 0 away from 0, nothing at 0"""

    def fdiff(self, argindex: int = 1) -> sp.Expr:
        return impulse(self.args[0])


class relu(sp.Function):
    """max(x, 0)"""

    def fdiff(self, argindex: int = 1) -> sp.Expr:
        return step(self.args[0])


class absolute(sp.Function):
    """|x|"""

    def fdiff(self, argindex: int = 1) -> sp.Expr:
        return 2 * step(self.args[0]) - 1


class larger(sp.Function):
    """max(x, y)"""

    def fdiff(self, argindex: int = 1) -> sp.Expr:
        x, y = self.args
        return step(x - y) if argindex == 1 else step(y - x)


class smaller(sp.Function):
    """min(x, y)"""

    def fdiff(self, argindex: int = 1) -> sp.Expr:
        x, y = self.args
        return step(y - x) if argindex == 1 else step(x - y)


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


class greater(sp.Function):
    """1 if x > y, else 0: a condition, which has no derivative"""

    def fdiff(self, argindex: int = 1) -> sp.Expr:
        return sp.Integer(0)


class greater_equal(sp.Function):
    """1 if x ≥ y, else 0"""

    def fdiff(self, argindex: int = 1) -> sp.Expr:
        return sp.Integer(0)


class equal(sp.Function):
    """1 if x = y, else 0"""

    def fdiff(self, argindex: int = 1) -> sp.Expr:
        return sp.Integer(0)


class frozen(sp.Function):
    """x, with derivative zero: `stop_gradient`"""

    def fdiff(self, argindex: int = 1) -> sp.Expr:
        return sp.Integer(0)


# ---- the table -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Accuracy:
    """How far a dtype's own f may be from f: u·(alpha·|f| + beta·|x·f′|), in units of round-off.

    The default of 4 units is the bound that both frameworks' elementary functions keep on the
    ranges of the case collection; gamma-type functions lose digits near their roots, where
    the error is relative to x·f′ rather than to f.
    """

    alpha: float = 4.0
    beta: float = 0.0


EXACT = Accuracy(0.0, 0.0)
ONE_ROUNDING = Accuracy(1.0, 0.0)


@dataclass(frozen=True)
class ScalarFunction:
    """Everything about one scalar function.

    Attributes:
        head: the SymPy function that stands for it in expressions.
        numpy: float arrays in, float array out.
        ball: `arb` scalars in, an `arb` that contains every value out.
        elementary: the same function in SymPy's own terms, for printing and proofs; `None`
            where the head is SymPy's already.
        kink: the number whose sign decides the branch, from the arguments; `None` if smooth.
        accuracy: how exact frameworks compute it.
        analytic: whether the complex step may pass through it.
    """

    head: Any
    numpy: Callable[..., Any]
    ball: Callable[..., arb]
    elementary: Callable[..., sp.Expr] | None = None
    kink: Callable[..., Any] | None = None
    accuracy: Accuracy = Accuracy()
    analytic: bool = True

    @property
    def name(self) -> str:
        """The head's name."""
        return str(self.head.__name__)


def _first(x: Any) -> Any:
    return x


def _difference(x: Any, y: Any) -> Any:
    return x - y


def _kinked(head: Any, numpy: Callable[..., Any], ball: Callable[..., arb], kink: Callable[..., Any]) -> ScalarFunction:
    return ScalarFunction(head, numpy, ball, kink=kink, accuracy=EXACT, analytic=False)


def _indicator(x: Any, y: Any, compare: Callable[[Any, Any], Any]) -> Any:
    return np.asarray(compare(x, y), dtype=float)


_ROWS = (
    ScalarFunction(sp.exp, np.exp, arb.exp),
    ScalarFunction(sp.log, np.log, balls.log),
    ScalarFunction(sp.sin, np.sin, arb.sin),
    ScalarFunction(sp.cos, np.cos, arb.cos),
    ScalarFunction(sp.tan, np.tan, arb.tan),
    ScalarFunction(sp.asin, np.arcsin, arb.asin),
    ScalarFunction(sp.acos, np.arccos, arb.acos),
    ScalarFunction(sp.atan, np.arctan, arb.atan),
    ScalarFunction(sp.atan2, np.arctan2, lambda y, x: arb.atan2(y, x)),
    ScalarFunction(sp.sinh, np.sinh, arb.sinh),
    ScalarFunction(sp.cosh, np.cosh, arb.cosh),
    ScalarFunction(sp.tanh, np.tanh, arb.tanh),
    ScalarFunction(sp.asinh, np.arcsinh, arb.asinh),
    ScalarFunction(sp.acosh, np.arccosh, arb.acosh),
    ScalarFunction(sp.atanh, np.arctanh, arb.atanh),
    ScalarFunction(sp.erf, special.erf, arb.erf),
    ScalarFunction(sp.erfc, special.erfc, arb.erfc),
    ScalarFunction(log1p, np.log1p, arb.log1p, elementary=lambda x: sp.log(1 + x)),
    ScalarFunction(expm1, np.expm1, arb.expm1, elementary=lambda x: sp.exp(x) - 1),
    ScalarFunction(expit, special.expit, balls.expit, elementary=lambda x: 1 / (1 + sp.exp(-x))),
    ScalarFunction(
        logit, special.logit, balls.logit, elementary=lambda x: sp.log(x / (1 - x)), accuracy=Accuracy(4.0, 4.0)
    ),
    ScalarFunction(
        softplus, lambda x: np.logaddexp(x, 0.0), balls.softplus, elementary=lambda x: sp.log(1 + sp.exp(x))
    ),
    ScalarFunction(
        log_expit, lambda x: -np.logaddexp(-x, 0.0), balls.log_expit, elementary=lambda x: -sp.log(1 + sp.exp(-x))
    ),
    ScalarFunction(
        logaddexp,
        np.logaddexp,
        balls.logaddexp,
        elementary=lambda x, y: sp.log(sp.exp(x) + sp.exp(y)),
        accuracy=Accuracy(4.0, 4.0),
    ),
    ScalarFunction(xlogy, special.xlogy, balls.xlogy, elementary=lambda x, y: x * sp.log(y)),
    ScalarFunction(hypot, np.hypot, balls.hypot, elementary=lambda x, y: sp.sqrt(x**2 + y**2)),
    ScalarFunction(power, np.power, balls.power, elementary=lambda x, y: x**y, accuracy=Accuracy(4.0, 1.0)),
    ScalarFunction(cbrt, np.cbrt, balls.cbrt, elementary=lambda x: sp.cbrt(x)),
    ScalarFunction(
        ndtr,
        special.ndtr,
        balls.ndtr,
        elementary=lambda x: (1 + sp.erf(x / sp.sqrt(2))) / 2,
        accuracy=Accuracy(4.0, 4.0),
    ),
    ScalarFunction(gammaln, special.gammaln, balls.gammaln, elementary=sp.loggamma, accuracy=Accuracy(4.0, 8.0)),
    ScalarFunction(
        digamma, special.digamma, arb.digamma, elementary=lambda x: sp.polygamma(0, x), accuracy=Accuracy(4.0, 8.0)
    ),
    ScalarFunction(polygamma, special.polygamma, balls.polygamma, elementary=sp.polygamma, accuracy=Accuracy(8.0, 8.0)),
    ScalarFunction(frozen, _first, _first, elementary=None, accuracy=EXACT, analytic=False),
    _kinked(step, lambda x: np.heaviside(x, 0.5), balls.step, _first),
    _kinked(impulse, lambda x: np.zeros_like(x), balls.impulse, _first),
    _kinked(relu, lambda x: np.maximum(x, 0.0), balls.relu, _first),
    _kinked(absolute, np.abs, abs, _first),
    _kinked(larger, np.maximum, balls.larger, _difference),
    _kinked(smaller, np.minimum, balls.smaller, _difference),
    _kinked(signum, np.sign, balls.signum, _first),
    _kinked(floored, np.floor, arb.floor, lambda x: x - np.rint(x)),
    _kinked(rounded, np.rint, balls.rounded, lambda x: x - np.floor(x) - 0.5),
    _kinked(floor_impulse, lambda x: np.zeros_like(x), balls.floor_impulse, lambda x: x - np.rint(x)),
    _kinked(rounded_impulse, lambda x: np.zeros_like(x), balls.rounded_impulse, lambda x: x - np.floor(x) - 0.5),
    _kinked(greater, lambda x, y: _indicator(x, y, np.greater), balls.greater, _difference),
    _kinked(greater_equal, lambda x, y: _indicator(x, y, np.greater_equal), balls.greater_equal, _difference),
    _kinked(equal, lambda x, y: _indicator(x, y, np.equal), balls.equal, _difference),
)

FUNCTIONS: dict[Any, ScalarFunction] = {row.head: row for row in _ROWS}


class NotCovered(NotImplementedError):
    """A function diffcheck has no row for; the message names it."""


def row_of(expression: sp.Expr) -> ScalarFunction:
    """The row of an applied function.

    Raises:
        NotCovered: there is none.
    """
    row = FUNCTIONS.get(expression.func)
    if row is None:
        raise NotCovered(f"no rule for the scalar function {expression.func.__name__}")
    return row
