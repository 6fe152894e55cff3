"""Lower orders: a derivative can be differentiated again where it is one finite number.

The second derivative of |x| is 0 on both sides of 0, and at 0 there is none: the first one jumps. That
of x·|x| is −2 on the left and 2 on the right, where the first one is continuous: a kink of order 2.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from flint import arb

from diffcheck.reference.enclosure import Enclosure

if TYPE_CHECKING:
    from diffcheck.reference.reference import Reference

_ANY_NUMBER = arb(0, float("inf"))


@dataclass(frozen=True, eq=False)
class Gaps:
    """Where a derivative cannot be differentiated again.

    Attributes:
        nowhere: entry by entry, whether it is none, infinite, or not the same from all sides.
        unknown: whether that could not be found out.
    """

    nowhere: Mapping[str, np.ndarray]
    unknown: Mapping[str, np.ndarray]

    def left_out(self, entries: Mapping[str, Enclosure]) -> dict[str, Enclosure]:
        """The derivative of the next order, where it exists."""
        return {name: self._left_out(name, entry) for name, entry in entries.items()}

    def _left_out(self, name: str, entry: Enclosure) -> Enclosure:
        nowhere, unknown = self.nowhere[name], self.unknown[name]
        if not (nowhere | unknown).any():
            return entry
        balls = entry.balls.copy()
        balls[unknown] = _ANY_NUMBER
        balls[nowhere] = arb.nan()
        return Enclosure(balls, entry.open & ~nowhere & ~unknown, entry.wide | nowhere | unknown)


def is_smooth(entries: list[Enclosure]) -> bool:
    """Whether the derivatives of lower orders are numbers, whatever the open decisions are."""
    return all(bool((np.isfinite(entry.high) & ~entry.open & ~entry.wide).all()) for entry in entries)


def gaps(lower: Reference) -> Gaps:
    """Where the derivative of the order below cannot be differentiated again."""
    nowhere: dict[str, np.ndarray] = {}
    unknown: dict[str, np.ndarray] = {}
    for name, entry in lower.entries.items():
        none = np.isnan(entry.high) | entry.infinite
        parted, unseen = _at_kink(name, lower)
        nowhere[name] = none | parted
        unknown[name] = (entry.wide | unseen) & ~nowhere[name]
    return Gaps(nowhere, unknown)


def _at_kink(name: str, lower: Reference) -> tuple[np.ndarray, np.ndarray]:
    """The entries that a kink leaves open: which have several limits, and of which no limit was seen."""
    neither = np.zeros(lower.entries[name].shape, dtype=bool)
    kink = lower.kink
    if kink is None or name not in kink.asked.masks:
        return neither, neither
    asked = kink.asked.masks[name]
    is_single = np.isfinite(kink.asked.spread(kink.ends)[name])
    unseen = kink.asked.spread(kink.unsettled, otherwise=0.0)[name] == 1
    return asked & ~is_single & ~unseen, asked & unseen
