"""How far a framework's own f may be from f, in units of round-off."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Accuracy:
    """|computed − f| ≤ u·(α|f| + β Σ|x ∂f/∂x| + γ), with numbers of their own in each region.

    α is a relative error. β is what rounding the argument would do: near a root of f, and for the
    exponential of a large number, no more can be asked of a function. γ is an absolute error: what
    is left of larger numbers that cancel.

    Attributes:
        alpha, beta, gamma: one number for each region.
        edges: where one region ends and the next begins, in the function's last argument, ascending.
            Region k is edges[k − 1] ≤ x < edges[k].
    """

    alpha: tuple[float, ...]
    beta: tuple[float, ...] = (0.0,)
    gamma: tuple[float, ...] = (0.0,)
    edges: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        regions = len(self.edges) + 1
        assert len(self.alpha) == len(self.beta) == len(self.gamma) == regions, "one number for each region"

    def bound(self, unit: float, x: Any, value: Any, moved: Any, reach: Any = 0.0) -> Any:
        """The largest error.

        Args:
            unit: the unit round-off u.
            x: the last argument.
            value: f.
            moved: u Σ|x ∂f/∂x| over all arguments.
            reach: how far the argument may be from x, and perhaps in a neighbouring region.
        """
        if not self.edges:
            return self._of_region(0, unit, value, moved)
        places = (x - reach, x, x + reach) if np.any(reach) else (x,)
        regions = [np.searchsorted(self.edges, place, side="right") for place in places]
        return np.maximum.reduce([self._of_region(region, unit, value, moved) for region in regions])

    def _of_region(self, region: Any, unit: float, value: Any, moved: Any) -> Any:
        alpha, beta, gamma = (numbers[region] for numbers in self._constants)
        own = unit * (alpha * np.abs(value) + gamma)
        # Without a β an infinite slope plays no part.
        return own + np.where(beta > 0, beta * moved, 0.0) if np.any(beta) else own

    @cached_property
    def _constants(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        return np.array(self.alpha), np.array(self.beta), np.array(self.gamma)


def worst_of(accuracies: Sequence[Accuracy]) -> Accuracy:
    """The accuracy that holds wherever one of several does."""
    edges = sorted({edge for accuracy in accuracies for edge in accuracy.edges})
    inside = [-np.inf, *edges]  # a region's lower end belongs to it

    def worst(name: str) -> tuple[float, ...]:
        return tuple(max(_at(getattr(accuracy, name), accuracy.edges, x) for accuracy in accuracies) for x in inside)

    return Accuracy(worst("alpha"), worst("beta"), worst("gamma"), tuple(edges))


def _at(numbers: Sequence[float], edges: Sequence[float], x: float) -> float:
    """The number of the region that holds x."""
    return numbers[int(np.searchsorted(np.asarray(edges), x, side="right"))]
