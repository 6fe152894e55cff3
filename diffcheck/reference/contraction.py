"""Sums of products of balls: pairs of factors at a time, through Arb's matrix product."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import prod

import numpy as np
from flint import arb, arb_mat

from diffcheck.expression.nodes import Einsum, Label


@dataclass(frozen=True, eq=False)
class _Term:
    """An object array of balls with one distinct label for each axis."""

    array: np.ndarray
    labels: tuple[Label, ...]


def contract(node: Einsum, factors: Sequence[np.ndarray]) -> np.ndarray:
    """Evaluate an einsum on object arrays of balls."""
    sizes = node.size_of
    terms = [_on_diagonal(array, labels) for array, (_, labels) in zip(factors, node.factors, strict=True)]
    while len(terms) > 1:
        first, second, kept = _cheapest_pair(terms, node.output, sizes)
        rest = [term for term in terms if term is not first and term is not second]
        terms = [*rest, _product(first, second, kept, sizes)]
    carried = {label for _, labels in node.factors for label in labels}
    count = prod(size for label, size in sizes.items() if label not in carried and label not in node.output)
    return _arranged(terms[0], node.output, sizes, count)


def _on_diagonal(array: np.ndarray, labels: tuple[Label, ...]) -> _Term:
    """Take the diagonal over every label that occurs twice."""
    for k, label in enumerate(labels):
        if label in labels[:k]:
            first = labels.index(label)
            taken = np.moveaxis(np.diagonal(array, 0, first, k), -1, first)
            return _on_diagonal(taken, labels[:k] + labels[k + 1 :])
    return _Term(array, labels)


def _cheapest_pair(
    terms: Sequence[_Term], output: Sequence[Label], sizes: Mapping[Label, int]
) -> tuple[_Term, _Term, tuple[Label, ...]]:
    """The pair whose product is smallest, with the labels that are still needed after it."""
    best = None
    for first, second in combinations(terms, 2):
        needed = set(output).union(*(term.labels for term in terms if term not in (first, second)))
        kept = tuple(label for label in dict.fromkeys(first.labels + second.labels) if label in needed)
        cost = prod(sizes[label] for label in kept)
        if best is None or cost < best[0]:
            best = (cost, first, second, kept)
    assert best is not None
    return best[1:]


def _product(first: _Term, second: _Term, kept: tuple[Label, ...], sizes: Mapping[Label, int]) -> _Term:
    """The sum of products of two terms over the labels that are no longer needed."""
    first = _summed(first, [x for x in first.labels if x not in kept and x not in second.labels])
    second = _summed(second, [x for x in second.labels if x not in kept and x not in first.labels])
    batch = tuple(x for x in first.labels if x in second.labels and x in kept)
    inner = tuple(x for x in first.labels if x in second.labels and x not in kept)
    rows = tuple(x for x in first.labels if x not in second.labels)
    columns = tuple(x for x in second.labels if x not in first.labels)

    def size(labels: Sequence[Label]) -> int:
        return prod(sizes[label] for label in labels)

    left = _transposed(first, batch + rows + inner).reshape(size(batch), size(rows), size(inner))
    right = _transposed(second, batch + inner + columns).reshape(size(batch), size(inner), size(columns))
    result = _matrix_products(left, right) if inner else left * right
    labels = batch + rows + columns
    return _Term(result.reshape([sizes[label] for label in labels]), labels)


def _matrix_products(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """A batch of matrix products."""
    result = np.empty((left.shape[0], left.shape[1], right.shape[2]), object)
    for k in range(left.shape[0]):
        result[k] = _entries(_matrix(left[k]) * _matrix(right[k]), result.shape[1:])
    return result


def _matrix(array: np.ndarray) -> arb_mat:
    rows, columns = array.shape
    return arb_mat(rows, columns, array.ravel().tolist())


def _entries(matrix: arb_mat, shape: tuple[int, ...]) -> np.ndarray:
    flat = np.empty(prod(shape), object)
    flat[:] = matrix.entries()
    return flat.reshape(shape)


def _summed(term: _Term, labels: Sequence[Label]) -> _Term:
    if not labels:
        return term
    axes = tuple(term.labels.index(label) for label in labels)
    kept = tuple(label for label in term.labels if label not in labels)
    shape = [term.array.shape[term.labels.index(label)] for label in kept]
    return _Term(np.asarray(term.array.sum(axis=axes) if term.array.size else np.full(shape, arb(0)), object), kept)


def _transposed(term: _Term, labels: Sequence[Label]) -> np.ndarray:
    return term.array.transpose([term.labels.index(label) for label in labels])


def _arranged(term: _Term, output: tuple[Label, ...], sizes: Mapping[Label, int], count: int) -> np.ndarray:
    """Sum what is left, order the axes, repeat along new ones; `count` equal sums are added up."""
    term = _summed(term, [label for label in term.labels if label not in output])
    array = _transposed(term, [label for label in output if label in term.labels])
    if count != 1:
        array = np.asarray(array * arb(count), object)
    shape = [sizes[label] if label in term.labels else 1 for label in output]
    return np.broadcast_to(array.reshape(shape), [sizes[label] for label in output])
