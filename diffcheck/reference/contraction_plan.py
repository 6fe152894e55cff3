"""How an einsum is evaluated in any arithmetic: which pairs of factors are multiplied, as which matrices."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations
from math import prod

import numpy as np

from diffcheck.expression.nodes import Einsum, Label

View = Callable[[np.ndarray], np.ndarray]
Labels = tuple[Label, ...]


@dataclass(frozen=True)
class Pair:
    """The product of two terms, summed over the labels that are no longer needed.

    Attributes:
        first, second: their places among the terms that are left; the second is the later one.
        first_summed, second_summed: the axes that are summed before.
        left, right: make matrices of them, with one axis for each group of labels.
        is_inner: whether the product sums over labels that both have.
        result: gives the product an axis for each label.
    """

    first: int
    second: int
    first_summed: tuple[int, ...]
    second_summed: tuple[int, ...]
    left: View
    right: View
    is_inner: bool
    result: View


@dataclass(frozen=True)
class Plan:
    """How an einsum is evaluated.

    Attributes:
        diagonals: for each factor the view of its diagonals; `None` for one without a label that occurs twice.
        pairs: products, one after another, until one term is left; each is put last.
        summed: the axes of that term that are summed.
        count: how often all of it is counted, for summed labels that no factor carries.
        result: orders its axes, and repeats it along those that it lacks.
    """

    diagonals: tuple[View | None, ...]
    pairs: tuple[Pair, ...]
    summed: tuple[int, ...]
    count: int
    result: View


@lru_cache(maxsize=4096)
def plan_of(node: Einsum) -> Plan:
    """Made once for every einsum."""
    return _Planner(node).plan()


class _Planner:
    """Keeps the labels of the terms that are left."""

    def __init__(self, node: Einsum) -> None:
        self.node = node
        self.sizes = node.size_of
        self.terms = [tuple(dict.fromkeys(labels)) for _, labels in node.factors]

    def plan(self) -> Plan:
        node = self.node
        diagonals = tuple(_diagonals(labels) for _, labels in node.factors)
        pairs = []
        while len(self.terms) > 1:
            pairs.append(self._pair())
        [labels] = self.terms
        kept = tuple(label for label in labels if label in node.output)
        carried = {label for _, own in node.factors for label in own}
        return Plan(
            diagonals=diagonals,
            pairs=tuple(pairs),
            summed=_places(labels, [label for label in labels if label not in kept]),
            count=self._size([label for label in self.sizes if label not in carried and label not in node.output]),
            result=self._repeated(kept),
        )

    def _pair(self) -> Pair:
        """Take two terms, and leave their product."""
        first, second = self._cheapest_pair()
        ours, theirs = self.terms[first], self.terms[second]
        del self.terms[second], self.terms[first]
        kept = self._kept(ours, theirs, self.terms)
        alone = [x for x in ours if x not in kept and x not in theirs]
        others_alone = [x for x in theirs if x not in kept and x not in ours]
        batch = tuple(x for x in ours if x in theirs and x in kept)
        inner = tuple(x for x in ours if x in theirs and x not in kept)
        rows = tuple(x for x in ours if x not in theirs and x in kept)
        columns = tuple(x for x in theirs if x not in ours and x in kept)
        self.terms.append(batch + rows + columns)
        shape = [self.sizes[label] for label in self.terms[-1]]
        return Pair(
            first=first,
            second=second,
            first_summed=_places(ours, alone),
            second_summed=_places(theirs, others_alone),
            left=self._as_matrices(tuple(x for x in ours if x not in alone), batch, rows, inner),
            right=self._as_matrices(tuple(x for x in theirs if x not in others_alone), batch, inner, columns),
            is_inner=bool(inner),
            result=lambda x: x.reshape(shape),
        )

    def _cheapest_pair(self) -> tuple[int, int]:
        """The pair whose product is smallest."""

        def cost(pair: tuple[int, int]) -> int:
            others = [labels for k, labels in enumerate(self.terms) if k not in pair]
            return self._size(self._kept(self.terms[pair[0]], self.terms[pair[1]], others))

        return min(combinations(range(len(self.terms)), 2), key=cost)

    def _kept(self, first: Labels, second: Labels, others: Sequence[Labels]) -> Labels:
        """The labels that are still needed after a product."""
        needed = set(self.node.output).union(*others)
        return tuple(label for label in dict.fromkeys(first + second) if label in needed)

    def _as_matrices(self, labels: Labels, *groups: Labels) -> View:
        order = _places(labels, [label for group in groups for label in group])
        return _view(order, [self._size(group) for group in groups])

    def _repeated(self, labels: Labels) -> View:
        output = self.node.output
        order = _places(labels, [label for label in output if label in labels])
        full = [self.sizes[label] for label in output]
        if len(labels) == len(output):
            return _view(order, full)
        arranged = _view(order, [self.sizes[label] if label in labels else 1 for label in output])
        return lambda x: np.broadcast_to(arranged(x), full)

    def _size(self, labels: Iterable[Label]) -> int:
        return prod(self.sizes[label] for label in labels)


def _places(labels: Labels, wanted: Iterable[Label]) -> tuple[int, ...]:
    return tuple(labels.index(label) for label in wanted)


def _view(order: tuple[int, ...], shape: list[int]) -> View:
    """The axes in some order, then the entries in some shape."""
    if order == tuple(range(len(order))):
        return lambda x: x.reshape(shape)
    return lambda x: x.transpose(order).reshape(shape)


def _diagonals(labels: Labels) -> View | None:
    """The view of the entries at which labels that occur twice are equal, where their first axes were."""
    if len(set(labels)) == len(labels):
        return None

    def view(array: np.ndarray) -> np.ndarray:
        left = list(labels)
        for label in labels:
            while left.count(label) > 1:
                first = left.index(label)
                again = left.index(label, first + 1)
                array = np.moveaxis(np.diagonal(array, 0, first, again), -1, first)
                del left[again]
        return array

    return view
