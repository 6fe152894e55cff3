"""How far rounding can move a computed derivative: a NumPy pass over the graph.

Every array carries, entry by entry, its value, the standard deviation of its rounding error and
a bound on it that holds whatever the order of the operations. The model of one rounding is an
error of at most u·|result|, independent and uniform: standard deviation u·|result|/√3 (Higham,
Accuracy and Stability of Numerical Algorithms, 2nd ed. 2002, §2.8; the growth of sums with √K:
Higham and Mary 2019). u is the unit round-off of the dtype, half its machine epsilon.

    allowance = min(6σ, worst case) + 2 ulp
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import prod
from typing import Any

import numpy as np
import sympy as sp

from diffcheck.expression import heads, nodes, numeric
from diffcheck.expression.evaluate import evaluate
from diffcheck.expression.functions import Accuracy, ScalarFunction
from diffcheck.expression.heads import SLOTS
from diffcheck.expression.nodes import Label, Node
from diffcheck.expression.scalar import fold

ROOT3 = float(np.sqrt(3.0))
SIGMAS = 6.0

_CONDITIONS = (heads.greater, heads.greater_equal, heads.equal)
_LOCALLY_CONSTANT = (heads.step, heads.signum, heads.floored, heads.rounded, *_CONDITIONS)
_JUMPS = (*_LOCALLY_CONSTANT, sp.atan2)
_LIPSCHITZ = (heads.relu, heads.absolute, heads.larger, heads.smaller)


@dataclass(frozen=True, eq=False)
class Rounded:
    """An array as a dtype computes it.

    Attributes:
        value: the entries, in float64.
        sigma: the standard deviation of each entry's error.
        worst: a bound on each entry's error.
    """

    value: Any
    sigma: Any
    worst: Any


@dataclass(frozen=True)
class Arithmetic:
    """What rounding is in one dtype.

    Attributes:
        dtype: the dtype.
        unit: the unit round-off, half the machine epsilon.
        underflow: the absolute error of one operation whose result may be subnormal.
    """

    dtype: np.dtype
    unit: float
    underflow: float = 0.0

    @classmethod
    def of(cls, dtype: Any, *, underflow: bool = False) -> Arithmetic:
        """The arithmetic of a dtype.

        With `underflow`, every operation may also lose what is below the smallest normal
        number: XLA flushes subnormals to zero.
        """
        info = np.finfo(dtype)
        return cls(np.dtype(dtype), float(info.eps) / 2, float(info.tiny) if underflow else 0.0)


def exact(values: Any) -> Rounded:
    """Numbers without an error."""
    values = np.asarray(values, dtype=float)
    return Rounded(values, np.zeros_like(values), np.zeros_like(values))


def propagate(
    outputs: Sequence[Node], inputs: Mapping[str, np.ndarray], arithmetic: Arithmetic, *, deviations: bool = True
) -> tuple[list[Rounded], dict[Node, np.ndarray]]:
    """Carry rounding errors through a graph.

    Args:
        outputs: what is wanted.
        inputs: input name → values, exact.
        arithmetic: what rounding is.
        deviations: without, the standard deviation of a sum is a sixth of the bound on its error:
            enough where only the bound is wanted, and several times faster.

    Returns:
        each output as the dtype computes it; and the slack: node → how far each of its kink
        arguments may be from where it is, for the entries that rounding may push across.
    """
    algebra = RoundingAlgebra(arithmetic, deviations=deviations)
    with np.errstate(all="ignore"):
        arrays = evaluate(outputs, {name: exact(values) for name, values in inputs.items()}, algebra)
    return arrays, algebra.slack


class RoundingAlgebra:
    """Evaluates nodes in float64, together with their rounding errors in the dtype."""

    def __init__(self, arithmetic: Arithmetic, *, deviations: bool = True) -> None:
        self.arithmetic = arithmetic
        self.deviations = deviations
        self.slack: dict[Node, np.ndarray] = {}

    # ---- leaves ----

    def filled(self, node: nodes.Filled) -> Rounded:
        number = fold(node.number, {}, _RoundingRules(self, node))
        return Rounded(*(np.full(node.shape, part) for part in (number.value, number.sigma, number.worst)))

    def constant(self, node: nodes.Constant) -> Rounded:
        return self.stored(np.asarray(node.values, dtype=float))

    def delta(self, node: nodes.Delta) -> Rounded:
        return exact(np.eye(node.shape[0]))

    # ---- arithmetic ----

    def map(self, node: nodes.Map, arguments: Sequence[Rounded]) -> Rounded:
        leaves = dict(zip(SLOTS, arguments, strict=False))
        result = fold(node.scalar, leaves, _RoundingRules(self, node))
        return Rounded(*(np.broadcast_to(part, node.shape) for part in (result.value, result.sigma, result.worst)))

    def einsum(self, node: nodes.Einsum, factors: Sequence[Rounded]) -> Rounded:
        return _Sum(node, factors, self.arithmetic).rounded(self.deviations)

    def rounded(self, value: Any, sigma: Any, worst: Any, roundings: float = 1.0) -> Rounded:
        """A result with the error of its operands, plus some roundings of its own.

        An infinity (a masked score, the log of zero) is not rounded.
        """
        own = self.arithmetic.unit * roundings * np.abs(value) + self.arithmetic.underflow
        infinite = np.isinf(value)
        return Rounded(
            value, np.where(infinite, 0.0, np.hypot(sigma, own / ROOT3)), np.where(infinite, 0.0, worst + own)
        )

    def stored(self, value: Any) -> Rounded:
        """Numbers that the program brings along: off by a rounding where the dtype lacks them."""
        missing = np.asarray(value).astype(self.arithmetic.dtype).astype(float) != value
        error = np.where(missing, self.arithmetic.unit * np.abs(value), 0.0)
        return Rounded(np.asarray(value), error / ROOT3, error)

    # ---- rearranging ----

    def gather(self, node: nodes.Gather, source: Rounded) -> Rounded:
        def take(array: np.ndarray) -> np.ndarray:
            return np.append(array.ravel(), 0.0)[node.index.positions]

        return Rounded(take(source.value), take(source.sigma), take(source.worst))

    def scatter(self, node: nodes.Scatter, source: Rounded) -> Rounded:
        positions = node.index.positions.ravel()

        def add_up(array: np.ndarray) -> np.ndarray:
            size = prod(node.shape)
            return np.bincount(positions + 1, array.ravel(), size + 1)[1:].reshape(node.shape)

        value = add_up(source.value)
        terms = np.maximum(add_up(np.ones_like(source.value)), 1.0)
        own = _summation_error(terms, add_up(source.value**2), value, self.arithmetic)
        worst = add_up(source.worst) + self.arithmetic.unit * (terms - 1) * add_up(np.abs(source.value))
        return Rounded(value, np.hypot(np.sqrt(add_up(source.sigma**2)), own), worst)

    # ---- decisions ----

    def maximum(self, node: nodes.Maximum, source: Rounded) -> Rounded:
        return Rounded(
            np.max(source.value, axis=node.axes),
            np.max(source.sigma, axis=node.axes),
            np.max(source.worst, axis=node.axes),
        )

    def winner(self, node: nodes.Winner, source: Rounded) -> Rounded:
        best = np.max(source.value, axis=node.axes, keepdims=True)
        sigma = np.hypot(source.sigma, np.max(source.sigma, axis=node.axes, keepdims=True))
        self.note_slack(node, source.value - best, sigma, np.maximum(np.abs(source.value), np.abs(best)))
        return exact((source.value == best).astype(float))

    def select(self, node: nodes.Select, condition: Rounded, chosen: Rounded, other: Rounded) -> Rounded:
        holds = condition.value > 0.5
        pairs = ((chosen.value, other.value), (chosen.sigma, other.sigma), (chosen.worst, other.worst))
        return Rounded(*(np.where(holds, first, second) for first, second in pairs))

    def note_slack(self, node: Node, kink: Any, sigma: Any, scale: Any) -> None:
        """Remember the kink arguments that rounding may push across zero.

        An argument computed without an error is decided as it stands.
        """
        reach = np.where(sigma > 0, SIGMAS * sigma + 4 * self.arithmetic.unit * scale, 0.0)
        near = (np.abs(kink) <= reach) & (reach > 0)
        if near.any():
            self.slack[node] = np.where(near, reach, 0.0)


def _summation_error(terms: Any, squares: Any, total: Any, arithmetic: Arithmetic) -> Any:
    """The standard deviation of the rounding of a sum of `terms` products.

    σ² = u²/3 · [(K−1)/2·‖p‖₂² + (K−1)/3·(Σp)²]: partial sums of independent terms grow like a
    random walk, those of terms with one sign like the sum itself.
    """
    return arithmetic.unit / ROOT3 * np.sqrt((terms - 1) / 2 * squares + (terms - 1) / 3 * total**2)


class _Sum:
    """The rounding of one einsum."""

    def __init__(self, node: nodes.Einsum, factors: Sequence[Rounded], arithmetic: Arithmetic) -> None:
        self.node = node
        self.factors = factors
        self.arithmetic = arithmetic
        self.sizes = node.size_of
        self.labels = [labels for _, labels in node.factors]
        self.terms = prod(self.sizes[label] for label in node.summed)

    def rounded(self, deviations: bool) -> Rounded:
        """The value with its own rounding and that of its factors."""
        values = [factor.value for factor in self.factors]
        value = self.contract(values)
        if self.node.is_view or (self.terms == 1 and len(values) == 1):
            return Rounded(value, *(self.contract([part]) for part in (self.factors[0].sigma, self.factors[0].worst)))
        sizes = [np.abs(factor) for factor in values]
        largest = self.contract(sizes)
        unit = self.arithmetic.unit
        worst = unit * (self.terms - 1 + len(values) - 1) * largest + self.terms * self.arithmetic.underflow
        worst = worst + sum(
            self.contract([*sizes[:k], factor.worst, *sizes[k + 1 :]]) for k, factor in enumerate(self.factors)
        )
        return Rounded(value, self._sigma(values, value) if deviations else worst / SIGMAS, worst)

    def _sigma(self, values: list[np.ndarray], value: np.ndarray) -> np.ndarray:
        arithmetic = self.arithmetic
        squares = self.contract([factor**2 for factor in values])
        own = _summation_error(self.terms, squares, value, arithmetic)
        products = arithmetic.unit / ROOT3 * np.sqrt((len(values) - 1) * squares)
        stored = arithmetic.unit / ROOT3 * np.abs(value) + arithmetic.underflow * np.sqrt(self.terms)
        inherited = sum(self._inherited(k, values) for k in range(len(values)))
        return np.asarray(np.sqrt(own**2 + products**2 + stored**2 + inherited))

    def _inherited(self, k: int, values: list[np.ndarray]) -> Any:
        """The variance that one factor's errors bring.

        Along the labels it was broadcast over, the same error is repeated and adds up linearly:
        the other factors are summed over those first.
        """
        factor = self.factors[k]
        if not np.any(factor.sigma):
            return 0.0
        own = self.labels[k]
        kept = tuple(label for label in self.sizes if label in own or label in self.node.output)
        others = [(values[j], self.labels[j]) for j in range(len(values)) if j != k]
        weights, weight_labels = _weights(others, kept, own, self.sizes)
        return _contract([(factor.sigma**2, own), (weights**2, weight_labels)], self.node.output, self.sizes)

    def contract(self, arrays: Sequence[np.ndarray]) -> np.ndarray:
        """This einsum of other arrays."""
        return _contract(list(zip(arrays, self.labels, strict=True)), self.node.output, self.sizes)


def _weights(
    others: list[tuple[np.ndarray, tuple[Label, ...]]],
    kept: tuple[Label, ...],
    own: tuple[Label, ...],
    sizes: Mapping[Label, int],
) -> tuple[np.ndarray, tuple[Label, ...]]:
    """The other factors, summed over what the one factor does not carry."""
    carried = {label for _, labels in others for label in labels}
    labels = tuple(label for label in kept if label in carried)
    repeated = [label for label in sizes if label not in carried and label not in kept and label not in own]
    count = float(prod(sizes[label] for label in repeated))
    weights = _contract(others, labels, {label: sizes[label] for label in carried}) if others else np.ones(())
    return count * weights, labels


def _contract(
    factors: Sequence[tuple[np.ndarray, Sequence[Label]]], output: Sequence[Label], sizes: Mapping[Label, int]
) -> np.ndarray:
    """`numpy.einsum`, with labels that no factor carries repeated (output) or counted (summed)."""
    carried = {label for _, labels in factors for label in labels}
    listed = [part for array, labels in factors for part in (array, list(labels))]
    kept = [label for label in output if label in carried]
    result = np.einsum(*listed, kept, optimize=len(factors) > 1)
    count = prod(size for label, size in sizes.items() if label not in carried and label not in output)
    shape = [sizes[label] if label in carried else 1 for label in output]
    return np.broadcast_to(result.reshape(shape) * count, [sizes[label] for label in output])


class _RoundingRules:
    """Scalar expressions with their rounding errors."""

    def __init__(self, algebra: RoundingAlgebra, node: Node) -> None:
        self.algebra = algebra
        self.node = node

    def number(self, number: sp.Expr) -> Rounded:
        return self.algebra.stored(np.asarray(float(number)))

    def add(self, terms: list[Rounded]) -> Rounded:
        total = terms[0]
        for term in terms[1:]:
            sigma = np.hypot(total.sigma, term.sigma)
            total = self.algebra.rounded(total.value + term.value, sigma, total.worst + term.worst)
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
        return self.algebra.rounded(first.value * second.value, sigma, worst, 0.0 if exact_factor else 1.0)

    def power(self, base: Rounded, exponent: sp.Rational) -> Rounded:
        result = self._smooth(SLOTS[0] ** exponent, [base], Accuracy(_roundings_of_power(exponent)))
        stored = self.algebra.stored(np.asarray(float(exponent)))
        if stored.worst == 0:
            return result
        # xʸ moves by |ln x|·|xʸ| with y: 0.3 is not a float32 number.
        slope = np.where(result.value == 0, 0.0, np.abs(np.log(np.abs(base.value)) * result.value))
        sigma = np.hypot(result.sigma, slope * stored.sigma)
        return Rounded(result.value, sigma, result.worst + slope * stored.worst)

    def call(self, row: ScalarFunction, arguments: list[Rounded]) -> Rounded:
        if row.head in _JUMPS:
            self._note(row, arguments)
        if row.head is heads.frozen:
            return arguments[0]
        applied = row.head(*SLOTS[: len(arguments)])
        if row.head in _LOCALLY_CONSTANT or row.head.__name__.endswith("impulse"):
            return exact(numeric.value(applied, [argument.value for argument in arguments]))
        if row.head in _LIPSCHITZ:
            return self._lipschitz(applied, arguments)
        return self._smooth(applied, arguments, row.accuracy)

    def _smooth(self, expression: sp.Expr, arguments: list[Rounded], accuracy: Accuracy) -> Rounded:
        """A differentiable function: errors grow by its slope, the worst over where they may be."""
        values = [argument.value for argument in arguments]
        value = numeric.value(expression, values)
        sigma: Any = 0.0
        worst: Any = 0.0
        sensitive: Any = 0.0
        for k, argument in enumerate(arguments):
            slope = _derivative(expression, SLOTS[k])
            size = np.abs(numeric.value(slope, values))
            largest = size
            for end in (-1, 1) if np.any(argument.worst) else ():
                moved = [other.value + end * other.worst for other in arguments]
                largest = np.fmax(largest, np.abs(numeric.value(slope, moved)))
            sigma = np.hypot(sigma, _no_error_stays_none(size, argument.sigma))
            worst = worst + _no_error_stays_none(largest, argument.worst)
            sensitive = sensitive + np.where(size == 0, 0.0, np.abs(argument.value) * size)
        result = self.algebra.rounded(value, sigma, worst, accuracy.alpha)
        if accuracy.beta == 0 and accuracy.gamma == 0:
            return result
        extra = self.algebra.arithmetic.unit * (accuracy.beta * sensitive + accuracy.gamma)
        return Rounded(value, np.hypot(result.sigma, extra / ROOT3), result.worst + extra)

    def _lipschitz(self, expression: sp.Expr, arguments: list[Rounded]) -> Rounded:
        """A kinked function of slope at most one: exact, and no error grows."""
        value = numeric.value(expression, [argument.value for argument in arguments])
        sigma = np.max(np.broadcast_arrays(*[argument.sigma for argument in arguments]), axis=0)
        worst = np.max(np.broadcast_arrays(*[argument.worst for argument in arguments]), axis=0)
        return Rounded(value, sigma, worst)

    def _note(self, row: ScalarFunction, arguments: list[Rounded]) -> None:
        assert row.kink is not None
        kink = row.kink(*[argument.value for argument in arguments])
        sigma, scale = 0.0, 0.0
        for argument in arguments:
            sigma = np.hypot(sigma, argument.sigma)
            scale = np.maximum(scale, np.abs(argument.value))
        shape = self.node.shape
        self.algebra.note_slack(self.node, *(np.broadcast_to(part, shape) for part in (kink, sigma, scale)))


def _no_error_stays_none(slope: Any, error: Any) -> Any:
    """slope·error, where no error stays none however steep the slope."""
    return np.where(error == 0, 0.0, slope * error)


@lru_cache(maxsize=1024)
def _derivative(expression: sp.Expr, slot: sp.Symbol) -> sp.Expr:
    return sp.diff(expression, slot)


def _roundings_of_power(exponent: sp.Rational) -> float:
    """Roundings of xⁿ by repeated products, one more for a reciprocal; other powers as a function."""
    if exponent.is_Integer:
        return float(max(abs(int(exponent)) - 1, 0) + (1 if exponent < 0 else 0))
    if abs(exponent) == sp.Rational(1, 2):
        return 2.0 if exponent > 0 else 3.0  # torch's float32 root is off by up to 1.4 units
    return 4.0


def _is_power_of_two(value: Any) -> bool:
    """Whether a single number is ±2ᵏ: multiplying by it rounds nothing."""
    return np.ndim(value) == 0 and abs(np.frexp(float(value))[0]) == 0.5
