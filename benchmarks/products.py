"""The size of what is added up in an entry: a gradient that cancels is as hard to check as its products are large."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from diffcheck.expression import nodes, numeric
from diffcheck.expression.derive import scalar_derivative
from diffcheck.expression.evaluate import evaluate
from diffcheck.expression.heads import SLOTS
from diffcheck.reference.reference import Reference
from diffcheck.reference.rounded import Arithmetic, exact
from diffcheck.reference.rounding import RoundingAlgebra
from diffcheck.reference.rounding_of_sums import RoundedSum


def sizes(reference: Reference) -> dict[str, np.ndarray]:
    """For every entry of a derivative the larger of |g| and the root mean square of its products.

    The products are those of the last contraction on the way to the entry; what is applied to its
    sum afterwards, entry by entry, is applied to them by its slope.
    """
    graph = {name: node for name, node in reference.closed_form.entries.items() if node is not None}
    with np.errstate(all="ignore"):
        found = evaluate(graph.values(), _inputs(reference.inputs), _ProductAlgebra())
    return {
        name: np.maximum(np.abs(reference.entries[name].high), products.size)
        for name, products in zip(graph, found, strict=True)
    }


@dataclass(frozen=True, eq=False)
class _Products:
    """An array in float64, and the root mean square of what each entry was last added up from; 0 if it was not."""

    value: Any
    size: Any


def _inputs(inputs: Mapping[str, np.ndarray]) -> dict[str, _Products]:
    return {name: _plain(values) for name, values in inputs.items()}


def _plain(value: Any) -> _Products:
    value = np.asarray(value, dtype=float)
    return _Products(value, np.zeros_like(value))


class _ProductAlgebra:
    """Evaluates nodes in float64, together with the size of the products of the last contraction."""

    def __init__(self) -> None:
        self.values = RoundingAlgebra(Arithmetic.of("float64"), deviations=False)

    # ---- what is added up ----

    def einsum(self, node: nodes.Einsum, factors: Sequence[_Products]) -> _Products:
        total = RoundedSum(node, [exact(factor.value) for factor in factors], self.values.arithmetic)
        value = total.contract([factor.value for factor in factors])
        if node.is_view:
            return _Products(value, total.contract([factors[0].size]))
        squares = total.contract([factor.value**2 for factor in factors])
        return _Products(value, np.sqrt(squares / total.terms))

    def scatter(self, node: nodes.Scatter, source: _Products) -> _Products:
        def add_up(values: np.ndarray) -> np.ndarray:
            return np.asarray(self.values.scatter(node, exact(values)).value)

        terms = np.maximum(add_up(np.ones_like(source.value)), 1.0)
        here = add_up(source.value**2 + source.size**2)
        return _Products(add_up(source.value), np.sqrt(here / terms))

    # ---- what hands products on ----

    def map(self, node: nodes.Map, arguments: Sequence[_Products]) -> _Products:
        values = [argument.value for argument in arguments]
        size: Any = 0.0
        for k, argument in enumerate(arguments):
            slope = numeric.value(scalar_derivative(node.scalar, SLOTS[k]), values)
            size = np.hypot(size, np.where(argument.size == 0, 0.0, slope * argument.size))
        return _Products(*(np.broadcast_to(part, node.shape) for part in (numeric.value(node.scalar, values), size)))

    def gather(self, node: nodes.Gather, source: _Products) -> _Products:
        return _Products(*(self.values.gather(node, exact(part)).value for part in (source.value, source.size)))

    def select(self, node: nodes.Select, condition: _Products, chosen: _Products, other: _Products) -> _Products:
        holds = condition.value > 0.5
        pairs = ((chosen.value, other.value), (chosen.size, other.size))
        return _Products(*(np.where(holds, first, second) for first, second in pairs))

    # ---- what has none ----

    def filled(self, node: nodes.Filled) -> _Products:
        return _plain(self.values.filled(node).value)

    def constant(self, node: nodes.Constant) -> _Products:
        return _plain(node.values)

    def delta(self, node: nodes.Delta) -> _Products:
        return _plain(self.values.delta(node).value)

    def maximum(self, node: nodes.Maximum, source: _Products) -> _Products:
        return _plain(np.max(source.value, axis=node.axes))

    def winner(self, node: nodes.Winner, source: _Products) -> _Products:
        return _plain(self.values.winner(node, exact(source.value)).value)
