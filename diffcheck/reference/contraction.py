"""Sums of products in any arithmetic: pairs of factors at a time, as matrix products."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import combinations
from math import prod
from typing import Generic, Protocol, TypeVar

import numpy as np

from diffcheck.expression.nodes import Einsum, Label

Array = TypeVar("Array")


class Products(Protocol[Array]):
    """What an arithmetic says of sums and products of its arrays."""

    def rearranged(self, array: Array, change: Callable[[np.ndarray], np.ndarray]) -> Array:
        """The same entries in another order or shape."""

    def multiplied(self, left: Array, right: Array) -> Array:
        """Products entry by entry, with NumPy's broadcasting."""

    def matrix_products(self, left: Array, right: Array) -> Array:
        """A batch of matrix products, of shapes (b, m, k) and (b, k, n)."""

    def summed(self, array: Array, axes: tuple[int, ...]) -> Array:
        """Sums along some axes, which are dropped."""

    def counted(self, array: Array, count: int) -> Array:
        """So many times every entry."""


@dataclass(frozen=True, eq=False)
class _Term(Generic[Array]):
    """An array with one distinct label for each axis."""

    array: Array
    labels: tuple[Label, ...]


class Contraction(Generic[Array]):
    """One einsum in one arithmetic."""

    def __init__(self, node: Einsum, products: Products[Array]) -> None:
        self.node = node
        self.products = products
        self.sizes: Mapping[Label, int] = node.size_of

    def of(self, factors: Sequence[Array]) -> Array:
        """Evaluate it."""
        node = self.node
        terms = [self._on_diagonal(array, labels) for array, (_, labels) in zip(factors, node.factors, strict=True)]
        while len(terms) > 1:
            first, second, kept = self._cheapest_pair(terms)
            rest = [term for term in terms if term is not first and term is not second]
            terms = [*rest, self._product(first, second, kept)]
        return self._arranged(terms[0])

    def _on_diagonal(self, array: Array, labels: tuple[Label, ...]) -> _Term[Array]:
        """Take the diagonal over every label that occurs twice."""
        for k, label in enumerate(labels):
            if label in labels[:k]:
                first = labels.index(label)
                taken = self.products.rearranged(array, partial(_diagonal, first=first, second=k))
                return self._on_diagonal(taken, labels[:k] + labels[k + 1 :])
        return _Term(array, labels)

    def _cheapest_pair(self, terms: Sequence[_Term[Array]]) -> tuple[_Term[Array], _Term[Array], tuple[Label, ...]]:
        """The pair whose product is smallest, with the labels that are still needed after it."""
        best = None
        for first, second in combinations(terms, 2):
            others = (term.labels for term in terms if term not in (first, second))
            needed = set(self.node.output).union(*others)
            kept = tuple(label for label in dict.fromkeys(first.labels + second.labels) if label in needed)
            cost = self._size(kept)
            if best is None or cost < best[0]:
                best = (cost, first, second, kept)
        assert best is not None
        return best[1:]

    def _product(self, first: _Term[Array], second: _Term[Array], kept: tuple[Label, ...]) -> _Term[Array]:
        """The sum of products of two terms over the labels that are no longer needed."""
        first = self._summed(first, [x for x in first.labels if x not in kept and x not in second.labels])
        second = self._summed(second, [x for x in second.labels if x not in kept and x not in first.labels])
        batch = tuple(x for x in first.labels if x in second.labels and x in kept)
        inner = tuple(x for x in first.labels if x in second.labels and x not in kept)
        rows = tuple(x for x in first.labels if x not in second.labels)
        columns = tuple(x for x in second.labels if x not in first.labels)
        left = self._as_matrices(first, batch, rows, inner)
        right = self._as_matrices(second, batch, inner, columns)
        multiply = self.products.matrix_products if inner else self.products.multiplied
        labels = batch + rows + columns
        shape = [self.sizes[label] for label in labels]
        return _Term(self.products.rearranged(multiply(left, right), lambda x: x.reshape(shape)), labels)

    def _as_matrices(self, term: _Term[Array], *groups: tuple[Label, ...]) -> Array:
        """The entries with one axis for each group of labels."""
        order = [term.labels.index(label) for group in groups for label in group]
        shape = [self._size(group) for group in groups]
        return self.products.rearranged(term.array, lambda x: x.transpose(order).reshape(shape))

    def _summed(self, term: _Term[Array], labels: Sequence[Label]) -> _Term[Array]:
        if not labels:
            return term
        axes = tuple(term.labels.index(label) for label in labels)
        kept = tuple(label for label in term.labels if label not in labels)
        return _Term(self.products.summed(term.array, axes), kept)

    def _arranged(self, term: _Term[Array]) -> Array:
        """Sum what is left, order the axes, repeat along new ones; what no factor carries is counted."""
        output = self.node.output
        term = self._summed(term, [label for label in term.labels if label not in output])
        carried = {label for _, labels in self.node.factors for label in labels}
        count = self._size([label for label in self.sizes if label not in carried and label not in output])
        array = term.array if count == 1 else self.products.counted(term.array, count)
        order = [term.labels.index(label) for label in output if label in term.labels]
        shape = [self.sizes[label] if label in term.labels else 1 for label in output]
        full = [self.sizes[label] for label in output]
        return self.products.rearranged(array, lambda x: np.broadcast_to(x.transpose(order).reshape(shape), full))

    def _size(self, labels: Sequence[Label]) -> int:
        return prod(self.sizes[label] for label in labels)


def _diagonal(array: np.ndarray, first: int, second: int) -> np.ndarray:
    return np.moveaxis(np.diagonal(array, 0, first, second), -1, first)
