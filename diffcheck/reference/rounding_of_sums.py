"""The rounding of sums of products.

Products are stored, sums are computed in the accumulator of the dtype and then stored: torch and
jax add bfloat16 and float16 up in float32. Their own sums add up in blocks along one axis, and err
like a sum of few terms: of how many, `benchmarks/accuracy.py` has measured.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from math import prod
from typing import Any

import numpy as np

from diffcheck.expression import nodes
from diffcheck.expression.nodes import Label
from diffcheck.reference.accuracies import additions_of
from diffcheck.reference.contraction import contract
from diffcheck.reference.float_products import FloatProducts
from diffcheck.reference.repetition import along, repetitions, summed_label
from diffcheck.reference.rounded import ROOT3, SIGMAS, Arithmetic, Rounded, exact, is_whole


def summation_error(terms: Any, squares: Any, total: Any, unit: float) -> Any:
    """The standard deviation of the rounding of a sum of `terms` products, computed with this unit round-off.

    σ² = u²/3 · [(K−1)/2·‖p‖₂² + (K−1)/3·(Σp)²]: partial sums of independent terms grow like a
    random walk, those of terms with one sign like the sum itself.
    """
    return unit / ROOT3 * np.sqrt((terms - 1) / 2 * squares + (terms - 1) / 3 * total**2)


class RoundedSum:
    """The rounding of one einsum."""

    def __init__(self, node: nodes.Einsum, factors: Sequence[Rounded], arithmetic: Arithmetic) -> None:
        self.node = node
        self.factors = factors
        self.arithmetic = arithmetic
        self.terms = _terms(node)
        self.additions = self._additions()

    def rounded(self, deviations: bool) -> Rounded:
        """The value with its own rounding and that of its factors."""
        value = self.contract([factor.value for factor in self.factors])
        if self.node.is_view or (self.terms == 1 and len(self.factors) == 1):
            return Rounded(value, *(self.contract([part]) for part in (self.factors[0].sigma, self.factors[0].worst)))
        if self._counts():
            return exact(value)
        worst = self._worst(value)
        return Rounded(value, np.sqrt(self._variance(value)) if deviations else worst / SIGMAS, worst)

    def _counts(self) -> bool:
        """Whether a program adds whole numbers up, without any product, and no partial sum is longer than the dtype.

        Products of whole numbers are not trusted to be exact: a fast convolution multiplies others.
        """
        arithmetic = self.arithmetic
        if not arithmetic.lifted or len(self.factors) > 1 or not np.all(is_whole(self.factors[0])):
            return False
        largest = self.terms * np.max(np.abs(self.factors[0].value), initial=0.0)
        return bool(largest <= 1 / arithmetic.unit)

    def _additions(self) -> int:
        """As how many additions, one after another, the sum of a program errs."""
        arithmetic = self.arithmetic
        is_plain = arithmetic.lifted and self.node.in_blocks and summed_label(self.node) is not None
        return additions_of(arithmetic.framework if is_plain else None, arithmetic.dtype.name, self.terms)

    def _worst(self, value: np.ndarray) -> np.ndarray:
        """Every factor's error in turn, beside the others; what the sum itself rounds goes with the last."""
        arithmetic = self.arithmetic
        sizes = [np.abs(factor.value) for factor in self.factors]
        grown = [size + factor.worst for size, factor in zip(sizes, self.factors, strict=True)]
        errors = [factor.worst for factor in self.factors]
        roundings = arithmetic.accumulator * (self.terms - 1) + arithmetic.unit * (len(sizes) - 1)
        errors[-1] = errors[-1] + roundings * sizes[-1]
        worst = np.full(value.shape, self.terms * arithmetic.underflow)
        for k, error in enumerate(errors):
            if np.any(error):
                worst = worst + self.contract([*grown[:k], error, *sizes[k + 1 :]])
        return worst + arithmetic.storage * (np.abs(value) + worst)

    def _variance(self, value: np.ndarray) -> np.ndarray:
        """What the sum rounds, as `summation_error` says, what its products round, and what the factors bring."""
        arithmetic = self.arithmetic
        stored = arithmetic.unit / ROOT3 * np.abs(value) + arithmetic.underflow * np.sqrt(self.terms)
        added = arithmetic.accumulator**2 / 3 * self.additions
        of_squares = added / 2 + arithmetic.unit**2 / 3 * (len(self.factors) - 1)
        squares = [factor.value**2 for factor in self.factors]
        brought = [factor.sigma**2 for factor in self.factors]
        own = of_squares * squares[-1]
        of_total = added / 3 * value**2
        counts = repetitions(self.node, [factor.value for factor in self.factors])
        if counts is not None:
            if arithmetic.biased:
                of_total = of_total * self._mean_count(squares, counts)
            *brought, own = self._repeated([*brought, own], counts)
        variance = of_total + stored**2
        if not _repeats_a_factor(self.node):
            brought[-1] = brought[-1] + own
            found = [self.contract(_with(squares, k, part)) for k, part in enumerate(brought) if np.any(part)]
        else:
            found = [self._inherited(k, part) for k, part in enumerate(brought) if np.any(part)]
            found.append(self.contract([*squares[:-1], own]))
        return variance + sum(found)

    def _mean_count(self, squares: Sequence[np.ndarray], counts: np.ndarray) -> np.ndarray:
        """How often the terms of each sum occur, on average: so many roundings of its partial sums may be equal.

        A partial sum is a whole number of its own ulps, so that what adding one more term rounds
        depends on that term and on the binade alone.
        """
        label = summed_label(self.node)
        assert label is not None
        repeated = squares[-1] * along(counts, self.node.factors[-1][1], label)
        weighed, plain = self.contract([*squares[:-1], repeated]), self.contract(squares)
        mean = np.divide(weighed, plain, out=np.ones_like(plain), where=plain > 0)
        return np.minimum(mean, max(self.additions, 1))

    def _repeated(self, parts: Sequence[np.ndarray], counts: np.ndarray) -> list[np.ndarray]:
        """The variances of all factors, and of the sum's own roundings, times how often equal terms occur."""
        label = summed_label(self.node)
        assert label is not None
        labels = [labels for _, labels in self.node.factors]
        pairs = zip(parts, [*labels, labels[-1]], strict=True)
        return [part * along(counts, of_part, label) for part, of_part in pairs]

    def _inherited(self, k: int, variance: np.ndarray) -> np.ndarray:
        """What the variance of one factor brings.

        Along the labels it was broadcast over, the same error is repeated and adds up linearly:
        the other factors are summed over those first.
        """
        sizes = self.node.size_of
        labels = [labels for _, labels in self.node.factors]
        own = labels[k]
        kept = tuple(label for label in sizes if label in own or label in self.node.output)
        others = [(factor.value, labels[j]) for j, factor in enumerate(self.factors) if j != k]
        weights, weight_labels = _weights(others, kept, own, sizes)
        return _contract([(variance, own), (weights**2, weight_labels)], self.node.output, sizes)

    def contract(self, arrays: Sequence[np.ndarray]) -> np.ndarray:
        """This einsum of other arrays."""
        return contract(self.node, arrays, FloatProducts())


def _with(arrays: Sequence[np.ndarray], k: int, array: np.ndarray) -> list[np.ndarray]:
    return [*arrays[:k], array, *arrays[k + 1 :]]


@lru_cache(maxsize=4096)
def _terms(node: nodes.Einsum) -> int:
    """How many products each entry adds up."""
    sizes = node.size_of
    return prod(sizes[label] for label in node.summed)


@lru_cache(maxsize=4096)
def _repeats_a_factor(node: nodes.Einsum) -> bool:
    """Whether one entry of a factor occurs in several products of one sum."""
    return any(label not in labels for label in node.summed for _, labels in node.factors)


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


# So few products are added up before a better order of summation is found.
_FEW = 4096


def _contract(
    factors: Sequence[tuple[np.ndarray, Sequence[Label]]], output: Sequence[Label], sizes: Mapping[Label, int]
) -> np.ndarray:
    """`numpy.einsum`, with labels that no factor carries repeated (output) or counted (summed)."""
    labels = tuple(tuple(own) for _, own in factors)
    kept, shape, full, count, products = _plan(labels, tuple(output), tuple(sizes.items()))
    listed = [part for (array, _), own in zip(factors, labels, strict=True) for part in (array, own)]
    result = np.einsum(*listed, kept, optimize=len(factors) > 1 and products > _FEW)
    if count != 1:
        result = result * count
    return result if result.shape == full else np.broadcast_to(result.reshape(shape), full)


@lru_cache(maxsize=4096)
def _plan(
    labels: tuple[tuple[Label, ...], ...], output: tuple[Label, ...], sizes: tuple[tuple[Label, int], ...]
) -> tuple[tuple[Label, ...], tuple[int, ...], tuple[int, ...], int, int]:
    """Kept labels, shape before and after repeating, how often all is counted, how many products there are."""
    size_of = dict(sizes)
    carried = {label for own in labels for label in own}
    kept = tuple(label for label in output if label in carried)
    shape = tuple(size_of[label] if label in carried else 1 for label in output)
    full = tuple(size_of[label] for label in output)
    count = prod(size for label, size in sizes if label not in carried and label not in output)
    return kept, shape, full, count, prod(size_of[label] for label in carried)
