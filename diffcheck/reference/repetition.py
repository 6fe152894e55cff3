"""Repetition: equal terms of a sum, whose errors are equal, too, and add up linearly.

Numbers that occur often, and rows of data that do, are rounded alike each time. A thousand equal terms
that are each off by σ are together off by 1000 σ, and not by √1000 σ.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from math import prod

import numpy as np

from diffcheck.expression.nodes import Einsum, Label

_MIX = np.uint64(0x9E3779B97F4A7C15)  # 2⁶⁴ over the golden ratio, whose multiples are spread evenly


def repetitions(node: Einsum, factors: Sequence[np.ndarray]) -> np.ndarray | None:
    """How often each term occurs among the terms of an einsum that sums along one axis of all its factors.

    Args:
        node: the einsum.
        factors: its factors.

    Returns:
        a count for each place along that axis; `None` where no term occurs twice, or the sum is another.
    """
    label = summed_label(node)
    if label is None:
        return None
    keys = np.zeros(node.size_of[label], np.uint64)
    for factor, (_, labels) in zip(factors, node.factors, strict=True):
        keys = keys * _MIX + _keys(np.moveaxis(factor, labels.index(label), 0))
    _, which, counts = np.unique(keys, return_inverse=True, return_counts=True)
    return None if counts.max(initial=1) == 1 else counts[which].astype(float)


@lru_cache(maxsize=4096)
def summed_label(node: Einsum) -> Label | None:
    """The one label that is summed over, if every factor carries it once."""
    sizes = node.size_of
    long = [label for label in node.summed if sizes[label] != 1]
    if len(long) != 1 or any(labels.count(long[0]) != 1 for _, labels in node.factors):
        return None
    return long[0]


def along(counts: np.ndarray, labels: Sequence[Label], label: Label) -> np.ndarray:
    """Counts in a shape that multiplies an array with these labels."""
    return counts.reshape([-1 if one == label else 1 for one in labels])


def _keys(rows: np.ndarray) -> np.ndarray:
    """A number for each row, the same for equal rows and hardly ever for others."""
    flat = rows.reshape(len(rows), prod(rows.shape[1:])) + 0.0  # −0 is 0
    bits = np.ascontiguousarray(flat).view(np.uint64)
    weights = (np.arange(1, bits.shape[1] + 1, dtype=np.uint64) * _MIX) | np.uint64(1)
    mixed = (bits ^ (bits >> np.uint64(29))) * weights
    return np.asarray(np.sum(mixed ^ (mixed >> np.uint64(32)), axis=1, dtype=np.uint64))
