"""The rounding of scalar functions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import sympy as sp

from diffcheck.expression import heads, numeric
from diffcheck.expression.derive import scalar_derivative
from diffcheck.expression.functions import ScalarFunction
from diffcheck.expression.heads import SLOTS
from diffcheck.expression.nodes import Node
from diffcheck.reference.accuracies import HIGHEST_ORDER, accuracy_of
from diffcheck.reference.accuracy import Accuracy
from diffcheck.reference.rounded import Rounded, exact, is_whole, stored_number

if TYPE_CHECKING:
    from diffcheck.reference.rounding import RoundingAlgebra

_CONDITIONS = (heads.greater, heads.greater_equal, heads.equal)
_LOCALLY_CONSTANT = (*heads.STEPS, heads.signum, heads.floored, heads.rounded, *_CONDITIONS)
JUMPS = (*_LOCALLY_CONSTANT, sp.atan2)
_LIPSCHITZ = (heads.relu, heads.absolute, heads.larger, heads.smaller)
_ROOTS = {sp.Rational(1, 2): "sqrt", sp.Rational(-1, 2): "rsqrt"}


class RoundingRules:
    """Scalar expressions with their rounding errors."""

    def __init__(self, algebra: RoundingAlgebra, node: Node) -> None:
        self.algebra = algebra
        self.node = node

    def number(self, number: sp.Expr) -> Rounded:
        return stored_number(float(number), self.algebra.arithmetic)

    def add(self, terms: list[Rounded]) -> Rounded:
        total = terms[0]
        for term in terms[1:]:
            sigma = np.hypot(total.sigma, term.sigma)
            value = total.value + term.value
            is_exact = _is_exactly_zero(total) | _is_exactly_zero(term) | self._is_whole(value, total, term)
            total = self.algebra.rounded(value, sigma, total.worst + term.worst, np.where(is_exact, 0.0, 1.0))
        return total

    def multiply(self, factors: list[Rounded]) -> Rounded:
        product = factors[0]
        for factor in factors[1:]:
            product = self._times(product, factor)
        return product

    def _times(self, first: Rounded, second: Rounded) -> Rounded:
        sizes = np.abs(first.value), np.abs(second.value)
        sigma = np.hypot(first.sigma * sizes[1], sizes[0] * second.sigma)
        worst = first.worst * sizes[1] + sizes[0] * second.worst + first.worst * second.worst
        exact_factor = _is_power_of_two(first.value) or _is_power_of_two(second.value)
        value = first.value * second.value
        is_exact = exact_factor or self._is_whole(value, first, second)
        return self.algebra.rounded(value, sigma, worst, np.where(is_exact, 0.0, 1.0))

    def _is_whole(self, result: Any, first: Rounded, second: Rounded) -> Any:
        """Where whole numbers give one that the dtype holds: a count, a parity.

        Of a definition only truth values are certain: what runs for it may be another sum.
        """
        arithmetic = self.algebra.arithmetic
        largest = 1 / arithmetic.unit if arithmetic.lifted else 1.0
        return is_whole(first) & is_whole(second) & (np.abs(result) <= largest)

    def power(self, base: Rounded, exponent: sp.Rational) -> Rounded:
        result = self._smooth(SLOTS[0] ** exponent, [base], self._accuracy_of_power(exponent))
        stored = stored_number(float(exponent), self.algebra.arithmetic)
        if stored.worst == 0:
            return result
        # xʸ moves by |ln x|·|xʸ| with y: 0.3 is not a float32 number.
        slope = np.where(result.value == 0, 0.0, np.abs(np.log(np.abs(base.value)) * result.value))
        sigma = np.hypot(result.sigma, slope * stored.sigma)
        return Rounded(result.value, sigma, result.worst + slope * stored.worst)

    def call(self, row: ScalarFunction, arguments: list[Rounded]) -> Rounded:
        near = self._note(row, arguments) if row.head in JUMPS else np.False_
        if row.head is heads.frozen:
            return arguments[0]
        applied = row.head(*SLOTS[: len(arguments)])
        if row.head in _LOCALLY_CONSTANT or row.head.__name__.endswith("impulse"):
            decided = exact(numeric.value(applied, [argument.value for argument in arguments]))
            if self.algebra.steps_up and row.head in heads.STEPS:
                decided = exact(np.where(near, 1.0, decided.value))
            return self._perhaps_otherwise(row, arguments, decided) if row.head in JUMPS else decided
        if row.head in _LIPSCHITZ:
            return self._lipschitz(applied, arguments)
        return self._smooth(applied, arguments, self._accuracy(_primitive(row, arguments)))

    def _smooth(self, expression: sp.Expr, arguments: list[Rounded], accuracy: Accuracy) -> Rounded:
        """A differentiable function: errors grow by its slope, the worst over where they may be."""
        values = [argument.value for argument in arguments]
        value = numeric.value(expression, values)
        unit = self.algebra.arithmetic.unit
        sigma: Any = 0.0
        worst: Any = 0.0
        moved: Any = 0.0
        for k, argument in enumerate(arguments):
            slope = scalar_derivative(expression, SLOTS[k])
            size = np.abs(numeric.value(slope, values))
            largest = size
            for end in (-1, 1) if np.any(argument.worst) else ():
                around = [other.value + end * other.worst for other in arguments]
                largest = np.fmax(largest, np.abs(numeric.value(slope, around)))
            sigma = np.hypot(sigma, _no_error_stays_none(size, argument.sigma))
            worst = worst + _no_error_stays_none(largest, argument.worst)
            # A masked score is −∞, and exp is flat there.
            moved = moved + np.where(size == 0, 0.0, _no_error_stays_none(size, unit * np.abs(argument.value)))
        last = arguments[-1]
        own = accuracy.bound(unit, last.value, value, moved, last.worst)
        return self.algebra.off_by(own, value, sigma, worst)

    def _accuracy(self, name: str) -> Accuracy:
        arithmetic = self.algebra.arithmetic
        return accuracy_of(name, arithmetic.framework, arithmetic.dtype.name)

    def _accuracy_of_power(self, exponent: sp.Rational) -> Accuracy:
        """Repeated products and a reciprocal are rounded one by one; roots and other powers are functions."""
        if exponent.is_Integer:
            return Accuracy((float(max(abs(int(exponent)) - 1, 0) + (1 if exponent < 0 else 0)),))
        return self._accuracy(_ROOTS.get(exponent, "power"))

    def _lipschitz(self, expression: sp.Expr, arguments: list[Rounded]) -> Rounded:
        """A kinked function of slope at most one: exact, and no error grows."""
        value = numeric.value(expression, [argument.value for argument in arguments])
        sigma = np.max(np.broadcast_arrays(*[argument.sigma for argument in arguments]), axis=0)
        worst = np.max(np.broadcast_arrays(*[argument.worst for argument in arguments]), axis=0)
        return Rounded(value, sigma, worst)

    def _perhaps_otherwise(self, row: ScalarFunction, arguments: list[Rounded], decided: Rounded) -> Rounded:
        """A decision; without any bound where it hangs on an error of which first order says that there is none.

        So is a computed variance of constant data that is held against zero.
        """
        assert row.kink is not None
        kink = row.kink(*[argument.value for argument in arguments])
        worst = sum(argument.worst for argument in arguments)
        has_sigma = np.any(np.broadcast_arrays(*[argument.sigma > 0 for argument in arguments]), axis=0)
        unseen = ~has_sigma & (worst > 0) & ~(np.abs(kink) > worst)
        return Rounded(decided.value, decided.sigma, np.where(unseen, np.inf, decided.worst))

    def _note(self, row: ScalarFunction, arguments: list[Rounded]) -> np.ndarray:
        assert row.kink is not None
        kink = row.kink(*[argument.value for argument in arguments])
        sigma: Any = 0.0
        scale: Any = 0.0
        for argument in arguments:
            sigma = np.hypot(sigma, argument.sigma)
            scale = np.maximum(scale, np.abs(argument.value))
        parts = [np.broadcast_to(part, self.node.shape) for part in (kink, sigma, scale)]
        return self.algebra.note_slack(self.node, parts[0], parts[1], parts[2])


def _is_exactly_zero(term: Rounded) -> np.ndarray:
    """Where adding a term changes nothing, as in the padding of arrays that are joined."""
    return np.asarray((term.value == 0) & (term.worst == 0))


def _no_error_stays_none(slope: Any, error: Any) -> Any:
    """slope·error, where no error stays none however steep the slope."""
    return np.where(error == 0, 0.0, slope * error)


def _primitive(row: ScalarFunction, arguments: list[Rounded]) -> str:
    """The name that an accuracy is stored under: each order of the polygamma functions has its own."""
    if row.head is not heads.polygamma:
        return row.name
    return f"{row.name}{min(int(arguments[0].value), HIGHEST_ORDER)}"


def _is_power_of_two(value: Any) -> bool:
    """Whether a single number is ±2ᵏ: multiplying by it rounds nothing."""
    return np.ndim(value) == 0 and abs(np.frexp(float(value))[0]) == 0.5
