"""Ways out of a point: directions along which to look for limits, the most telling first."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

# So many axes are tried; beyond them, generic directions must do.
_MOST_AXES = 8

_GENERIC = 8


def survey(size: int) -> Iterator[np.ndarray]:
    """Directions, opposite ones in turn: some without a pattern, then along the axes, then more without."""
    if size == 1:
        yield from (np.array([1.0]), np.array([-1.0]))
        return
    for k in range(3):
        yield from (generic(k, size), -generic(k, size))
    for axis in range(min(size, _MOST_AXES)):
        unit = np.eye(1, size, axis)[0]
        yield from (unit, -unit)
    for k in range(3, _GENERIC):
        yield from (generic(k, size), -generic(k, size))


def generic(k: int, size: int) -> np.ndarray:
    """A direction without a pattern: short dyadic numbers, the same in every run; the first one is positive."""
    numbers = np.random.default_rng(k).integers(1, 1024, size) / 1024.0
    signs = np.random.default_rng(k + 1000).integers(0, 2, size) * 2.0 - 1.0
    return numbers * (signs if k else 1.0)
