"""The branches of a function, each with the decider that takes it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from diffcheck.expression.trace import Traced
from diffcheck.symbolic.decider import AtPoint
from diffcheck.symbolic.pattern import Pattern, TooManyPatterns, patterns
from diffcheck.symbolic.program import Values

PATTERNS = 64


class Branches:
    """Deciders for the branches of a function: all sign patterns, or one point's branch.

    A function that loops or branches on its data was traced at a point, so its expression holds on
    that point's branch only.

    Attributes:
        count: how many branches were gone through.
        complete: whether these are all.
    """

    def __init__(self, traced: Traced, values: Sequence[Values]) -> None:
        self._traced = traced
        self._values = values
        self.count = 0
        self.complete = True

    def __iter__(self) -> Iterator[Pattern | AtPoint]:
        if self._traced.path:
            self.count, self.complete = 1, False
            yield AtPoint(self._values[0])
            return
        try:
            for pattern in patterns(self._values[:2], PATTERNS):
                self.count += 1
                yield pattern
        except TooManyPatterns:
            self.complete = False
