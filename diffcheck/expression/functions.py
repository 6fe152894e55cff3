"""The scalar functions: one frozen row each says everything diffcheck knows about it.

A row's `head` is the SymPy function that stands for it in expressions, SymPy's own or one of
`heads`. To add a function, copy a row.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import sympy as sp
from flint import arb
from scipy import special

from diffcheck.expression import balls, heads


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
        edge: the number that is zero where the domain ends, or where the slope is infinite; `None`
            if there is no such place.
        analytic: whether the complex step may pass through it.
    """

    head: Any
    numpy: Callable[..., Any]
    ball: Callable[..., arb]
    elementary: Callable[..., sp.Expr] | None = None
    kink: Callable[..., Any] | None = None
    edge: Callable[..., Any] | None = None
    analytic: bool = True

    @property
    def name(self) -> str:
        """The head's name."""
        return str(self.head.__name__)


def _first(x: Any) -> Any:
    return x


def _branch_cut(y: Any, x: Any) -> Any:
    """What changes sign where atan2 jumps from −π to π: y, left of zero."""
    return np.where(x < 0, y, np.inf)


def _difference(x: Any, y: Any) -> Any:
    return x - y


def _second(_: Any, y: Any) -> Any:
    return y


def _to_unit(x: Any) -> Any:
    """What is zero at both ends of [−1, 1]."""
    return (1 - x) * (1 + x)


def _kinked(head: Any, numpy: Callable[..., Any], ball: Callable[..., arb], kink: Callable[..., Any]) -> ScalarFunction:
    return ScalarFunction(head, numpy, ball, kink=kink, analytic=False)


def _indicator(x: Any, y: Any, compare: Callable[[Any, Any], Any]) -> Any:
    return np.asarray(compare(x, y), dtype=float)


_ROWS = (
    ScalarFunction(sp.exp, np.exp, arb.exp),
    ScalarFunction(sp.log, np.log, balls.log, edge=_first),
    ScalarFunction(sp.sin, np.sin, arb.sin),
    ScalarFunction(sp.cos, np.cos, arb.cos),
    ScalarFunction(sp.tan, np.tan, arb.tan),
    ScalarFunction(sp.asin, np.arcsin, arb.asin, edge=_to_unit),
    ScalarFunction(sp.acos, np.arccos, arb.acos, edge=_to_unit),
    ScalarFunction(sp.atan, np.arctan, arb.atan),
    ScalarFunction(sp.atan2, np.arctan2, balls.atan2, kink=_branch_cut),
    ScalarFunction(sp.sinh, np.sinh, arb.sinh),
    ScalarFunction(sp.cosh, np.cosh, arb.cosh),
    ScalarFunction(sp.tanh, np.tanh, arb.tanh),
    ScalarFunction(sp.asinh, np.arcsinh, arb.asinh),
    ScalarFunction(sp.acosh, np.arccosh, arb.acosh, edge=lambda x: x - 1),
    ScalarFunction(sp.atanh, np.arctanh, arb.atanh, edge=_to_unit),
    ScalarFunction(sp.erf, special.erf, arb.erf),
    ScalarFunction(sp.erfc, special.erfc, arb.erfc),
    ScalarFunction(heads.log1p, np.log1p, arb.log1p, elementary=lambda x: sp.log(1 + x), edge=lambda x: 1 + x),
    ScalarFunction(heads.expm1, np.expm1, arb.expm1, elementary=lambda x: sp.exp(x) - 1),
    ScalarFunction(heads.expit, special.expit, balls.expit, elementary=lambda x: 1 / (1 + sp.exp(-x))),
    ScalarFunction(
        heads.logit,
        special.logit,
        balls.logit,
        elementary=lambda x: sp.log(x / (1 - x)),
        edge=lambda x: x * (1 - x),
    ),
    ScalarFunction(
        heads.softplus, lambda x: np.logaddexp(x, 0.0), balls.softplus, elementary=lambda x: sp.log(1 + sp.exp(x))
    ),
    ScalarFunction(
        heads.log_expit, lambda x: -np.logaddexp(-x, 0.0), balls.log_expit, elementary=lambda x: -sp.log(1 + sp.exp(-x))
    ),
    ScalarFunction(
        heads.logaddexp,
        np.logaddexp,
        balls.logaddexp,
        elementary=lambda x, y: sp.log(sp.exp(x) + sp.exp(y)),
    ),
    ScalarFunction(heads.xlogy, special.xlogy, balls.xlogy, elementary=lambda x, y: x * sp.log(y), edge=_second),
    ScalarFunction(heads.hypot, np.hypot, balls.hypot, elementary=lambda x, y: sp.sqrt(x**2 + y**2), edge=np.hypot),
    ScalarFunction(
        heads.power,
        np.power,
        balls.power,
        elementary=lambda x, y: x**y,
        edge=lambda x, _: x,
    ),
    ScalarFunction(heads.cbrt, np.cbrt, balls.cbrt, elementary=sp.cbrt, edge=_first),
    ScalarFunction(
        heads.ndtr,
        special.ndtr,
        balls.ndtr,
        elementary=lambda x: (1 + sp.erf(x / sp.sqrt(2))) / 2,
    ),
    ScalarFunction(
        heads.gelu_ndtr,
        special.ndtr,
        balls.ndtr,
        elementary=lambda x: (1 + sp.erf(x / sp.sqrt(2))) / 2,
    ),
    ScalarFunction(heads.gammaln, special.gammaln, balls.gammaln, elementary=sp.loggamma),
    ScalarFunction(
        heads.digamma,
        special.digamma,
        arb.digamma,
        elementary=lambda x: sp.polygamma(0, x),
    ),
    ScalarFunction(heads.polygamma, special.polygamma, balls.polygamma, elementary=sp.polygamma),
    ScalarFunction(heads.frozen, _first, _first, elementary=None, analytic=False),
    *(_kinked(head, lambda x: np.heaviside(x, 0.5), balls.step, _first) for head in heads.STEPS),
    _kinked(heads.impulse, np.zeros_like, balls.impulse, _first),
    _kinked(heads.relu, lambda x: np.maximum(x, 0.0), balls.relu, _first),
    _kinked(heads.absolute, np.abs, abs, _first),
    _kinked(heads.larger, np.maximum, balls.larger, _difference),
    _kinked(heads.smaller, np.minimum, balls.smaller, _difference),
    _kinked(heads.signum, np.sign, balls.signum, _first),
    _kinked(heads.floored, np.floor, arb.floor, lambda x: x - np.rint(x)),
    _kinked(heads.rounded, np.rint, balls.rounded, lambda x: x - np.floor(x) - 0.5),
    _kinked(heads.floor_impulse, np.zeros_like, balls.floor_impulse, lambda x: x - np.rint(x)),
    _kinked(heads.rounded_impulse, np.zeros_like, balls.rounded_impulse, lambda x: x - np.floor(x) - 0.5),
    _kinked(heads.greater, lambda x, y: _indicator(x, y, np.greater), balls.greater, _difference),
    _kinked(heads.greater_equal, lambda x, y: _indicator(x, y, np.greater_equal), balls.greater_equal, _difference),
    _kinked(heads.equal, lambda x, y: _indicator(x, y, np.equal), balls.equal, _difference),
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
