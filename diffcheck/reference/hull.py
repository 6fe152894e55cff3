"""Is a point in the convex hull of some others? Answered with a proof of either, or not at all.

The nearest point of the hull is found by non-negative least squares (SciPy). That it is near enough
is then checked entry by entry; that the point lies outside is shown by a plane between it and all
vertices. In between, where rounding of this search decides, there is no answer.

The same search tells whether some vectors have a direction in common (Gordan, 1873): either all make
an acute angle with one, or a combination of them is zero.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import nnls

# The weight of Σλ = 1 beside entries of size one: large enough to hold, small enough to lose no digits.
_SUM = 64.0
_POLISHES = 3

# A weight smaller than this may be one of rounding, and is found anew.
_SMALL = 2.0**-40

# What is further from the hull than this is not there for want of digits, and is not polished.
_ALMOST = 2.0**-20

# A direction whose angle to a vector is nearer to a right one than this may be one of rounding.
_CLEARLY = 1e-7

# An entry is near enough at a rounding of the hull's own size: its vertices are known no better.
_ROUNDING = 2.0**-52


@dataclass(frozen=True, eq=False)
class Placed:
    """Where a point lies.

    Attributes:
        inside: whether it is in the hull, as near as its slack; `None` where that is not decided.
        away: the direction from the hull to the point; its largest entry is ±1.
    """

    inside: bool | None
    away: np.ndarray


def place(point: np.ndarray, vertices: np.ndarray, slack: np.ndarray) -> Placed:
    """Place a point in or beside the convex hull of some vertices.

    Args:
        point: of shape (n,), finite.
        vertices: of shape (k, n), finite, k ≥ 1.
        slack: of shape (n,): how far from the hull each entry may be.
    """
    differences = np.asarray(vertices, np.longdouble) - np.asarray(point, np.longdouble)
    scale = np.maximum(np.max(np.abs(differences), axis=0), np.asarray(slack, np.longdouble))
    scale = np.where(scale == 0, 1.0, scale)
    rows = differences / scale
    margin = np.maximum(slack / scale, _ROUNDING)
    weights = _nearest(rows)
    near = _polished(rows / margin, weights) @ rows
    if np.all(np.abs(near) <= margin):
        return Placed(True, np.zeros(point.shape))
    away = -_polished(rows, weights) @ rows
    # Every vertex is behind the plane through the hull's nearest point; the slack must not reach it.
    behind = np.max(rows @ away)
    reach = np.sum(np.abs(away) * margin)
    separated = bool(behind < -reach)
    direction = away / scale
    return Placed(False if separated else None, np.asarray(direction / np.max(np.abs(direction)), dtype=float))


def corners(point: np.ndarray, vertices: np.ndarray) -> np.ndarray:
    """Which of some vertices make up the point of their hull that is nearest to another one."""
    differences = np.asarray(vertices, np.longdouble) - np.asarray(point, np.longdouble)
    scale = np.max(np.abs(differences), axis=0)
    weights = _nearest(differences / np.where(scale == 0, 1.0, scale))
    return np.flatnonzero(weights > _SMALL)


def common_direction(vectors: np.ndarray) -> tuple[np.ndarray | None, np.ndarray]:
    """A direction that makes an acute angle with every vector.

    Args:
        vectors: of shape (k, n), finite, none of them zero, k ≥ 1.

    Returns:
        the direction, or `None`; and which vectors leave none, so that their combination is zero.
    """
    rows = vectors / np.max(np.abs(vectors), axis=1, keepdims=True)
    weights = _nearest(rows)
    nearest = np.asarray(_polished(rows, weights) @ rows, dtype=float)
    length = np.max(np.abs(nearest))
    if length > 0 and np.min(rows @ nearest) > _CLEARLY * length:
        return nearest / length, np.zeros(len(rows), dtype=bool)
    return None, np.asarray(weights > 0)


def _nearest(rows: np.ndarray) -> np.ndarray:
    """The weights of the combination of some rows that is nearest to zero: λ ≥ 0, Σλ = 1."""
    floats = np.asarray(rows, dtype=float)
    system = np.vstack([floats.T, np.full(len(rows), _SUM)])
    target = np.zeros(len(system))
    target[-1] = _SUM
    weights = _non_negative(system, target)
    return np.asarray(weights / weights.sum(), np.longdouble)


def _polished(rows: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """The same combination, with what its rounding left: the search once more, for a change to it."""
    for _ in range(_POLISHES):
        weights = np.where(weights < _SMALL, 0, weights)
        weights = weights / weights.sum()
        residual = weights @ rows
        length = _length(residual)
        if not 0 < length <= _ALMOST * np.max(np.abs(rows)):
            break
        largest = np.argmax(weights)
        steps = np.asarray((rows - rows[largest]).T, dtype=float)
        is_free = weights > 0
        found = _non_negative(np.hstack([steps, -steps[:, is_free]]), np.asarray(-residual / length, dtype=float))
        change = length * found[: len(weights)]
        change[is_free] -= length * found[len(weights) :]
        change[largest] = -(change.sum() - change[largest])
        moved = np.maximum(weights + change, 0)
        moved /= moved.sum()
        if _length(moved @ rows) >= length:
            break
        weights = moved
    return weights


def _non_negative(system: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Non-negative least squares; equal numbers, which prove nothing, where the search does not end."""
    try:
        return np.asarray(nnls(system, target)[0])
    except RuntimeError:
        return np.ones(system.shape[1])


def _length(vector: np.ndarray) -> float:
    return float(np.sqrt(np.sum(vector * vector)))
