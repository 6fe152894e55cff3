"""Integers that depend on the data: which of several known places was chosen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from diffcheck.expression import nodes, reduction
from diffcheck.expression.elementwise import greater, where
from diffcheck.expression.trace import Tracer


@dataclass(frozen=True, eq=False)
class Choice:
    """An array of indices, each one of a few candidates.

    Attributes:
        candidates: shape of the array and one axis more: the indices that may have been chosen.
        chosen: the same shape; one where the candidate was chosen, else zero.
    """

    candidates: np.ndarray
    chosen: Tracer

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the array of indices."""
        return self.candidates.shape[:-1]


def first_largest(x: Tracer) -> Tracer:
    """One where the first of the largest entries along the last axis is, else zero."""
    largest = Tracer(nodes.winner(x.node, (x.ndim - 1,)), x.context)
    before = reduction.cumulative_sum(largest, axis=-1) - largest
    return where(greater(before, 0.5), 0, largest)  # half-way between whole numbers, so that it is no tie
