"""The rounding of what is left of an array less its own largest entry.

Softmax and logsumexp begin so. However far off the entries are, the largest less itself is zero
without an error, and its exponential is one.
"""

from __future__ import annotations

import numpy as np

from diffcheck.expression import heads, nodes
from diffcheck.expression.heads import SLOTS
from diffcheck.expression.nodes import Node
from diffcheck.reference.rounded import SIGMAS, Rounded


def shifting_maximum(node: nodes.Map) -> nodes.Maximum | None:
    """The maximum that an array is less of, where it is the array's own."""
    if node.scalar != SLOTS[0] - SLOTS[1]:
        return None
    array, largest = node.arguments
    while not isinstance(largest, nodes.Maximum):
        passed = _passed_on(largest)
        if passed is None:
            return None
        largest = passed
    return largest if largest.source is array else None


def _passed_on(node: Node) -> Node | None:
    """What a node shows as it is: frozen, repeated, or selected where it is finite."""
    match node:
        case nodes.Map() if node.scalar == heads.frozen(SLOTS[0]):
            return node.arguments[0]
        case nodes.Einsum() if node.is_view:
            return node.operands[0]
        case nodes.Select():
            return node.chosen
        case _:
            return None


def shifted(maximum: nodes.Maximum, array: Rounded, largest: Rounded, difference: Rounded) -> Rounded:
    """The difference, without an error where an entry stays the largest whatever the errors.

    Args:
        maximum: the node that shifts.
        array: its entries.
        largest: the largest, for each of them.
        difference: of the two, as if their errors were independent.
    """
    best = np.max(array.value, axis=maximum.axes, keepdims=True, initial=-np.inf)
    if not np.array_equal(np.broadcast_to(largest.value, array.value.shape), np.broadcast_to(best, array.value.shape)):
        return difference  # the largest entries of other rows
    sigma, worst = (
        np.where(_stays_largest(array.value, best, reach, maximum.axes), 0.0, error)
        for reach, error in ((SIGMAS * array.sigma, difference.sigma), (array.worst, difference.worst))
    )
    return Rounded(difference.value, sigma, worst)


def _stays_largest(values: np.ndarray, best: np.ndarray, reach: np.ndarray, axes: tuple[int, ...]) -> np.ndarray:
    """Where an entry is the largest, and no other can come up to it."""
    floor = np.max(np.where(values == best, values - reach, -np.inf), axis=axes, keepdims=True, initial=-np.inf)
    rivals = np.sum(values + reach >= floor, axis=axes, keepdims=True)
    return (values == best) & (rivals == 1)
