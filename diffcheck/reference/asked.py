"""Asked: some entries of some arrays, as one vector, so that they can be judged jointly."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True, eq=False)
class Asked:
    """Which entries of which arrays.

    Attributes:
        masks: name → where. The entries follow each other in this order.
    """

    masks: Mapping[str, np.ndarray]

    @property
    def size(self) -> int:
        """How many entries there are."""
        return int(sum(mask.sum() for mask in self.masks.values()))

    def gathered(self, arrays: Mapping[str, np.ndarray]) -> np.ndarray:
        """The entries of some arrays, one after the other; a missing array is zero."""
        parts = [arrays[name][mask] if name in arrays else np.zeros(mask.sum()) for name, mask in self.masks.items()]
        return np.concatenate(parts or [np.zeros(0)])

    def spread(self, vector: np.ndarray, otherwise: Any = np.nan) -> dict[str, np.ndarray]:
        """A vector of entries as arrays, with something else where nothing was asked."""
        arrays = {}
        start = 0
        for name, mask in self.masks.items():
            arrays[name] = np.full(mask.shape, otherwise, object if vector.dtype == object else float)
            arrays[name][mask] = vector[start : start + mask.sum()]
            start += int(mask.sum())
        return arrays
