"""Influence: on which of the numbers that move each entry of a graph hangs.

Entries that hang on different numbers are independent: around a point each goes its own way, so that
their limits at a kink are all combinations, and a claim about them is placed part by part.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import or_
from typing import Any

import numpy as np

from diffcheck.expression import nodes
from diffcheck.expression.evaluate import evaluate
from diffcheck.expression.nodes import Node

# Object arrays of integers: bit k is set where an entry hangs on the k-th number.
Masks = np.ndarray

_EITHER = np.frompyfunc(or_, 2, 1)


def independent_parts(masks: Sequence[int]) -> list[list[int]]:
    """The positions of some entries, in groups that share no number."""
    parts: list[tuple[int, list[int]]] = []
    for k, mask in enumerate(masks):
        apart = [part for part in parts if not part[0] & mask]
        joined = [part for part in parts if part[0] & mask]
        union = mask
        members = [k]
        for other, positions in joined:
            union |= other
            members += positions
        parts = [*apart, (union, members)]
    return [sorted(positions) for _, positions in parts]


def influences(graph: Mapping[str, Node], inputs: Mapping[str, np.ndarray], moving: Sequence[str]) -> dict[str, Masks]:
    """On which of the numbers that move each entry hangs, as far as the graph tells.

    Args:
        graph: name → node.
        inputs: every input of the graph.
        moving: which of them move; their numbers are counted one after the other.
    """
    start = 0
    masks = {name: _nothing(np.shape(values)) for name, values in inputs.items()}
    for name in moving:
        size = int(np.size(inputs[name]))
        bits = np.array([1 << k for k in range(start, start + size)], dtype=object)
        masks[name] = bits.reshape(np.shape(inputs[name]))
        start += size
    return dict(zip(graph, evaluate(list(graph.values()), masks, _MaskAlgebra()), strict=True))


class _MaskAlgebra:
    """Whatever is computed from some entries hangs on all that they hang on."""

    def filled(self, node: nodes.Filled) -> Masks:
        return _nothing(node.shape)

    def constant(self, node: nodes.Constant) -> Masks:
        return _nothing(node.shape)

    def delta(self, node: nodes.Delta) -> Masks:
        return _nothing(node.shape)

    def map(self, node: nodes.Map, arguments: Sequence[Masks]) -> Masks:
        return _any_of(arguments, node.shape)

    def einsum(self, node: nodes.Einsum, factors: Sequence[Masks]) -> Masks:
        parts = [_along(node, labels, mask) for (_, labels), mask in zip(node.factors, factors, strict=True)]
        return _any_of(parts, node.shape)

    def maximum(self, node: nodes.Maximum, source: Masks) -> Masks:
        return _reduced(source, node.axes)

    def winner(self, node: nodes.Winner, source: Masks) -> Masks:
        return _any_of([np.expand_dims(_reduced(source, node.axes), node.axes)], node.shape)

    def gather(self, node: nodes.Gather, source: Masks) -> Masks:
        return np.asarray(np.append(source.ravel(), _nothing((1,)))[node.index.positions], object)

    def scatter(self, node: nodes.Scatter, source: Masks) -> Masks:
        result = _nothing((int(np.prod(node.shape, initial=1)) + 1,))
        for position, mask in zip(node.index.positions.ravel().tolist(), source.ravel(), strict=True):
            result[position] |= mask
        return result[:-1].reshape(node.shape)

    def select(self, node: nodes.Select, condition: Masks, chosen: Masks, other: Masks) -> Masks:
        return _any_of([condition, chosen, other], node.shape)


def _along(node: nodes.Einsum, labels: tuple[int, ...], mask: Masks) -> Masks:
    """What a factor of a sum of products leads to: what is summed over leads to every term."""
    first = [labels.index(label) for label in labels]
    for axis in range(len(labels) - 1, -1, -1):
        if first[axis] < axis:
            mask = np.asarray(np.diagonal(mask, axis1=first[axis], axis2=axis), object)
            mask = np.moveaxis(mask, -1, first[axis])
    own = list(dict.fromkeys(labels))
    mask = _reduced(mask, tuple(k for k, label in enumerate(own) if label not in node.output))
    kept = [label for label in own if label in node.output]
    order = [kept.index(label) for label in node.output if label in kept]
    added = tuple(k for k, label in enumerate(node.output) if label not in kept)
    return np.expand_dims(np.transpose(mask, order), added)


def _any_of(masks: Sequence[Masks], shape: Sequence[int]) -> Masks:
    result = _nothing(shape)
    for mask in masks:
        result = np.asarray(_EITHER(result, mask), object).reshape(tuple(shape))
    return result


def _reduced(mask: Masks, axes: tuple[int, ...]) -> Masks:
    for axis in sorted(axes, reverse=True):
        mask = np.asarray(_EITHER.reduce(mask, axis=axis), object)
    return mask


def _nothing(shape: Sequence[int]) -> Masks:
    result: Any = np.empty(tuple(shape), object)
    result[...] = 0
    return np.asarray(result, object)
