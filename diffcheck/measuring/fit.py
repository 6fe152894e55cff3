"""From errors to constants: the tightest accuracy that covers the points of the grid.

Constants come from a ladder of round numbers. Of those that cover every point SAFETY times, the fit
takes what is tightest on the average, in bits above |f| + Σ|x ∂f/∂x|; a β must make the bound tighter
by WORTH_IT bits, and a γ by as much again, to be used. Where the best is still loose (α or β above
LARGE, or a γ), the line of arguments is cut, as long as that too saves WORTH_IT bits.

No constants cover what is no loss of digits but another number: `is_hopeless` says where.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from diffcheck.reference.accuracy import Accuracy

# Between the points of the grid the error is larger than on them; on other machines too.
SAFETY = 1.5

# An accuracy beyond so many units of round-off is a finding.
LARGE = 8.0

WORTH_IT = 0.5
"""Bits, on the average of the points that a constant or a cut is for."""

_FEWEST_POINTS = 50
_MOST_REGIONS = 7
_SAMPLE = 500

_MANTISSAS = (1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0)
_LADDER = np.array([mantissa * 10.0**k for k in range(4) for mantissa in _MANTISSAS])
_UP_TO_400 = _LADDER[_LADDER <= 400]  # SAFETY times what is not hopeless
_ALPHA, _BETA = (column.ravel() for column in np.meshgrid(_UP_TO_400, [0.0, 0.5, *_UP_TO_400], indexing="ij"))
_GAMMAS = np.array([0.1, 0.2, 0.5, *_LADDER])

_CUTS_ABOVE_ZERO = (
    *(1e-100, 1e-30, 1e-10, 1e-3),
    *(0.125, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 10.0, 30.0),
    *(1e3, 1e10, 1e30, 1e100),
)
CUTS = (
    (0.0,),
    *((cut,) for cut in _CUTS_ABOVE_ZERO),
    *((-cut,) for cut in _CUTS_ABOVE_ZERO),
    *((-cut, cut) for cut in _CUTS_ABOVE_ZERO),
)
"""Where the line may be cut at once; small numbers may be unlike those on both sides."""


@dataclass(frozen=True, eq=False)
class Points:
    """What a fit sees of some points, ascending in x; u is the unit round-off.

    Attributes:
        x: the last argument.
        size: u|f|.
        moved: u Σ|x ∂f/∂x|.
        error: what must be covered, over `ideal`.
        unit: u.
    """

    x: np.ndarray
    size: np.ndarray
    moved: np.ndarray
    error: np.ndarray
    unit: float

    @cached_property
    def shares(self) -> np.ndarray:
        """The rows |f|, Σ|x ∂f/∂x| and 1, all over |f| + Σ|x ∂f/∂x|: what α, β and γ are multiplied by."""
        scale = ideal(self.size, self.moved, self.unit)
        return np.stack([self.size / scale, self.moved / scale, self.unit / scale])

    def scaled(self, safety: float) -> Points:
        """The same points with larger errors."""
        return Points(self.x, self.size, self.moved, self.error * safety, self.unit)

    def split(self, edges: tuple[float, ...]) -> list[Points]:
        """The points between some edges."""
        at = np.searchsorted(self.x, edges)
        columns = zip(*(np.split(column, at) for column in (self.x, self.size, self.moved, self.error)), strict=True)
        return [Points(x, size, moved, error, self.unit) for x, size, moved, error in columns]


def ideal(size: np.ndarray, moved: np.ndarray, unit: float) -> np.ndarray:
    """u(|f| + Σ|x ∂f/∂x|): what rounding argument and result would leave; u where that is zero."""
    total = size + moved
    return np.where(total > 0, total, unit)


def is_hopeless(error: np.ndarray, scale: np.ndarray, unit: float) -> np.ndarray:
    """Where a number is no rounding of the true one: eight bits are lost, or all but four.

    Args:
        error: over the scale.
        scale: `ideal`; an error that is as small against u is what cancelling numbers leave.
        unit: u.
    """
    limit = min(2.0**8, 1 / (16 * unit))
    with np.errstate(over="ignore", invalid="ignore"):
        return (error > limit) & (error * (scale / unit) > limit)


@dataclass(frozen=True, eq=False)
class Region:
    """Some points, and the constants that cover them.

    Attributes:
        points: the points.
        alpha, beta, gamma: the constants.
        bits: by how many the bound is above |f| + Σ|x ∂f/∂x|, summed over the points; constants that
            had to be worth it count with what they had to save.
    """

    points: Points
    alpha: float
    beta: float
    gamma: float
    bits: float

    @property
    def is_loose(self) -> bool:
        """Whether the constants say little."""
        return max(self.alpha, self.beta) > LARGE or self.gamma > 0


def fit(points: Points, *, safety: float = SAFETY, may_cut: bool = True) -> Accuracy:
    """The accuracy that covers all points.

    Args:
        points: of the grid, none of them hopeless.
        safety: how many times every error is covered.
        may_cut: whether there may be several regions.
    """
    regions = [covered(points.scaled(safety))]
    edges: list[float] = []
    while may_cut:
        cuts = [(k, cut) for k, region in enumerate(regions) if (cut := best_cut(region)) is not None]
        k, cut = max(cuts, key=lambda found: found[1].saved, default=(0, None))
        if cut is None or len(regions) + len(cut.edges) > _MOST_REGIONS:
            break
        regions[k : k + 1] = cut.parts
        edges[k:k] = cut.edges
    constants = ((region.alpha, region.beta, region.gamma) for region in regions)
    alpha, beta, gamma = zip(*constants, strict=True)
    return Accuracy(alpha, beta, gamma, tuple(edges))


def covered(points: Points) -> Region:
    """The constants that cover some points, tightest on the average."""
    size, moved, one = (column[:, None] for column in _hardest(points))
    with np.errstate(over="ignore"):
        lacking = np.max((1 - _ALPHA * size - _BETA * moved) / one, axis=0, initial=0.0)
    possible = lacking <= _GAMMAS[-1]
    alpha, beta, lacking = _ALPHA[possible], _BETA[possible], lacking[possible]
    gamma = np.where(lacking > 0, _GAMMAS[np.searchsorted(_GAMMAS, lacking)], 0.0)
    sample = slice(None, None, max(1, points.x.size // _SAMPLE))
    size, moved, one = (share[sample, None] for share in points.shares)
    above = np.log2(np.maximum(alpha * size + beta * moved + gamma * one, 1e-3)).mean(axis=0)
    bits = (above + WORTH_IT * (beta > 0) + 2 * WORTH_IT * (gamma > 0)) * points.x.size
    best = int(np.argmin(bits))
    return Region(points, float(alpha[best]), float(beta[best]), float(gamma[best]), float(bits[best]))


def _hardest(points: Points) -> np.ndarray:
    """The shares over the error, of points that no other is harder than in every respect."""
    binding = points.error > points.shares[0]
    rows = (points.shares[:, binding] / points.error[binding]).T
    rows = rows[np.argsort(rows.sum(axis=1))]
    found: list[np.ndarray] = []
    while rows.size:
        found.append(rows[0])
        rows = rows[~(rows >= rows[0]).all(axis=1)]
    return np.array(found).reshape(-1, 3).T


@dataclass(frozen=True, eq=False)
class Cut:
    """A region in two or three parts.

    Attributes:
        edges: where.
        parts: one more.
        saved: bits.
    """

    edges: tuple[float, ...]
    parts: list[Region]
    saved: float


def best_cut(region: Region) -> Cut | None:
    """Where a loose region falls into parts that are tighter, if that is worth it."""
    if not region.is_loose:
        return None
    cuts = []
    for edges in CUTS:
        pieces = region.points.split(edges)
        if min(piece.x.size for piece in pieces) >= _FEWEST_POINTS:
            parts = [covered(piece) for piece in pieces]
            cuts.append(Cut(edges, parts, region.bits - sum(part.bits for part in parts)))
    best = max(cuts, key=lambda cut: cut.saved, default=None)
    return best if best is not None and best.saved > WORTH_IT * region.points.x.size else None
