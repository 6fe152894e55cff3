"""Explicit entries: a graph at small sizes as one SymPy scalar per entry."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod

import numpy as np
import sympy as sp

from diffcheck.expression import heads, nodes
from diffcheck.expression.evaluate import evaluate
from diffcheck.expression.heads import SLOTS
from diffcheck.expression.nodes import Node


class choose(sp.Function):
    """choose(condition, x, y): x where the condition is 1, y where it is 0"""


def entry_symbol(name: str, index: Sequence[int]) -> sp.Symbol:
    """The symbol of one entry: `x`, `x_0`, `x_1_2`."""
    return sp.Symbol("_".join([name, *map(str, index)]), real=True)


def entry_symbols(name: str, shape: Sequence[int]) -> np.ndarray:
    """An array of the symbols of all entries."""
    symbols = np.empty(tuple(shape), object)
    for index in np.ndindex(*symbols.shape):
        symbols[index] = entry_symbol(name, index)
    return symbols


def explicit(outputs: Sequence[Node], inputs: Mapping[str, np.ndarray] | None = None) -> list[np.ndarray]:
    """Write some nodes out: object arrays of SymPy scalars.

    Kinked functions stay named (`step`, `larger`, `choose`, …) and are never folded.

    Args:
        outputs: the nodes; their sizes must be numbers.
        inputs: input name → object array; by default each input's entry symbols.
    """
    known = dict(inputs or {})
    for node in nodes.topological(outputs):
        if isinstance(node, nodes.Input) and node.name not in known:
            known[node.name] = entry_symbols(node.name, node.shape)
    return evaluate(outputs, known, _ExplicitAlgebra())


class _ExplicitAlgebra:
    """Evaluates nodes on object arrays of SymPy scalars."""

    def filled(self, node: nodes.Filled) -> np.ndarray:
        return _filled(node.shape, node.number)

    def constant(self, node: nodes.Constant) -> np.ndarray:
        return _each(nodes.exact, node.shape, node.values)

    def delta(self, node: nodes.Delta) -> np.ndarray:
        return _each(nodes.exact, node.shape, np.eye(node.shape[0], dtype=np.int64))

    def map(self, node: nodes.Map, arguments: Sequence[np.ndarray]) -> np.ndarray:
        def substituted(*entries: sp.Expr) -> sp.Expr:
            return node.scalar.xreplace(dict(zip(SLOTS, entries, strict=False)))

        return _each(substituted, node.shape, *arguments)

    def einsum(self, node: nodes.Einsum, factors: Sequence[np.ndarray]) -> np.ndarray:
        carried = {label for _, labels in node.factors for label in labels}
        sizes = node.size_of
        for label, size in sizes.items():
            if label not in carried:
                factors = [*factors, _filled((size,), sp.Integer(1))]
        labels = [*(labels for _, labels in node.factors), *((x,) for x in sizes if x not in carried)]
        listed = [part for array, own in zip(factors, labels, strict=True) for part in (array, list(own))]
        return _each(sp.sympify, node.shape, np.asarray(np.einsum(*listed, list(node.output)), object))

    def maximum(self, node: nodes.Maximum, source: np.ndarray) -> np.ndarray:
        rows = _rows(source, node.axes)
        result = _filled(rows.shape[:1], sp.Integer(0))
        for k, row in enumerate(rows):
            largest = row[0]
            for entry in row[1:]:
                largest = heads.larger(largest, entry)
            result[k] = largest
        return result.reshape(node.shape)

    def winner(self, node: nodes.Winner, source: np.ndarray) -> np.ndarray:
        """Each entry wins where it is above every other."""
        positions = _rows(nodes.positions_of(source.shape), node.axes)
        flat = source.ravel()
        result = _filled((source.size,), sp.Integer(0))
        for row in positions:
            for k in row:
                result[k] = sp.Mul(*[heads.step(flat[k] - flat[j]) for j in row if j != k])
        return result.reshape(node.shape)

    def gather(self, node: nodes.Gather, source: np.ndarray) -> np.ndarray:
        padded = np.append(source.ravel(), sp.Integer(0))
        return _each(sp.sympify, node.shape, padded[node.index.positions])

    def scatter(self, node: nodes.Scatter, source: np.ndarray) -> np.ndarray:
        result = _filled((int(np.prod(node.shape, initial=1)) + 1,), sp.Integer(0))
        for position, entry in zip(node.index.positions.ravel().tolist(), source.ravel(), strict=True):
            result[position] = result[position] + entry
        return result[:-1].reshape(node.shape)

    def select(self, node: nodes.Select, condition: np.ndarray, chosen: np.ndarray, other: np.ndarray) -> np.ndarray:
        return _each(choose, node.shape, condition, chosen, other)


def _filled(shape: Sequence[int], value: sp.Expr) -> np.ndarray:
    result = np.empty(tuple(shape), object)
    result[...] = value
    return result


def _each(function: object, shape: Sequence[int], *arrays: np.ndarray) -> np.ndarray:
    """Apply a function entry by entry; the result is an array even without axes."""
    result = np.empty(tuple(shape), object)
    for index in np.ndindex(*result.shape):
        result[index] = function(*(np.asarray(array, object)[index] for array in arrays))  # type: ignore[operator]
    return result


def _rows(array: np.ndarray, axes: tuple[int, ...]) -> np.ndarray:
    """The entries along some axes, one row for each place along the others."""
    kept = [axis for axis in range(array.ndim) if axis not in axes]
    rows, length = (prod(array.shape[axis] for axis in some) for some in (kept, axes))
    return array.transpose([*kept, *axes]).reshape(rows, length)
