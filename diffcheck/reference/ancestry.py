"""Ancestry: from which entries of every intermediate one entry is computed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from diffcheck.expression import nodes
from diffcheck.expression.nodes import Label, Node


def ancestry(output: Node, index: tuple[int, ...], chosen: Mapping[Node, np.ndarray]) -> dict[Node, np.ndarray]:
    """The ancestors of one entry.

    Args:
        output: the node that the entry is of.
        index: of the entry.
        chosen: condition of a selection → where it holds; both branches count where it is not given.

    Returns:
        node → where its entries are ancestors, operands first; nodes without any are left out.
    """
    reached = {output: np.zeros(output.shape, dtype=bool)}
    reached[output][index] = True
    order = nodes.topological([output])
    for node in reversed(order):
        if node not in reached or not reached[node].any():
            continue
        for operand, mask in _parents(node, reached[node], chosen):
            reached[operand] = reached[operand] | mask if operand in reached else mask
    return {node: reached[node] for node in order if node in reached and reached[node].any()}


def _parents(node: Node, mask: np.ndarray, chosen: Mapping[Node, np.ndarray]) -> Iterator[tuple[Node, np.ndarray]]:
    match node:
        case nodes.Map():
            yield from ((argument, mask) for argument in node.arguments)
        case nodes.Einsum():
            for factor, labels in node.factors:
                yield factor, _factors(node, mask, labels)
        case nodes.Maximum():
            yield node.source, np.broadcast_to(np.expand_dims(mask, node.axes), node.source.shape)
        case nodes.Winner():
            rivals = mask.any(axis=node.axes, keepdims=True)
            yield node.source, np.broadcast_to(rivals, mask.shape)
        case nodes.Gather():
            yield node.source, _at(node.index.positions[mask], node.source.shape)
        case nodes.Scatter():
            yield node.source, np.append(mask.ravel(), False)[node.index.positions]
        case nodes.Select():
            holds = chosen.get(node.condition)
            yield node.condition, mask
            yield node.chosen, mask if holds is None else mask & holds
            yield node.other, mask if holds is None else mask & ~holds


def _factors(node: nodes.Einsum, mask: np.ndarray, labels: tuple[Label, ...]) -> np.ndarray:
    """Which entries of a factor some entries of a sum of products are computed from."""
    if not labels:
        return np.array(mask.any())
    dropped = tuple(axis for axis, label in enumerate(node.output) if label not in labels)
    kept = [label for label in node.output if label in labels]
    distinct = [*kept, *dict.fromkeys(label for label in labels if label not in kept)]
    reached = np.zeros([node.size_of[label] for label in labels], dtype=bool)
    diagonal = np.einsum(reached, list(labels), distinct)  # a view: a label that stands twice is a diagonal
    found = mask.any(axis=dropped)
    diagonal[...] = found.reshape(found.shape + (1,) * (len(distinct) - len(kept)))
    return reached


def _at(positions: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """True at some flat positions; −1 is none."""
    mask = np.zeros(int(np.prod(shape, initial=1)), dtype=bool)
    mask[positions[positions >= 0]] = True
    return mask.reshape(shape)
