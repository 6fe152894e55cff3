"""One primitive in one framework and dtype: constants, and what a person should look at."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from diffcheck.measuring.fit import LARGE, SAFETY, Points, fit, is_hopeless
from diffcheck.measuring.measure import Exact, Measured
from diffcheck.measuring.primitive import Primitive
from diffcheck.reference.accuracy import Accuracy


@dataclass(frozen=True, eq=False)
class Result:
    """What was measured of one primitive in one framework and dtype.

    Attributes:
        primitive, dtype, framework: which.
        true: the true values.
        found: how far the framework is off, in the worst of all paths.
    """

    primitive: Primitive
    dtype: str
    framework: str
    true: Exact
    found: Measured

    @property
    def key(self) -> str:
        """What it is stored under."""
        return f"{self.primitive.name} {self.dtype} {self.framework}"

    @cached_property
    def accuracy(self) -> Accuracy:
        """The constants that cover all points but those where the framework is simply wrong."""
        true = self.true
        kept = np.flatnonzero(true.counts & ~self.found.missing & ~self._is_hopeless)
        order = kept[np.argsort(true.points[-1][kept], kind="stable")]
        columns = (true.points[-1], true.size, true.moved, self.found.error)
        x, size, moved, error = (column[order] for column in columns)
        points = Points(x, size, moved, error, true.row.unit)
        is_rounded = self.primitive.is_basic and self.worst_units <= 1 + 1e-9
        return fit(points, safety=1.0 if is_rounded else SAFETY, may_cut=len(true.points) == 1)

    @property
    def missing(self) -> int:
        """At how many points the framework has NaN or an infinity for a normal number."""
        return int(self.found.missing.sum())

    @property
    def hopeless(self) -> int:
        """At how many points its number is no rounding of the true one."""
        return int(self._is_hopeless.sum())

    @property
    def worst_units(self) -> float:
        """The largest error in units of round-off of |f|."""
        return float(self._units.max())

    @property
    def worst_point(self) -> tuple[float, ...]:
        """Where it is."""
        return self._point(int(np.argmax(self._units)))

    @property
    def is_finding(self) -> bool:
        """Whether a person should look at it."""
        return self.worst_units > LARGE or self.missing > 0

    @property
    def cells(self) -> tuple[str, ...]:
        """What a table of findings says."""
        worst = int(np.argmax(self.found.error))
        return (
            self.primitive.name,
            self.dtype,
            self.framework,
            f"{self.worst_units:.3g}",
            _text(self.worst_point),
            f"{self.found.error[worst]:.3g}",
            _text(self._point(worst)),
            self._extent(self.found.missing),
            self._extent(self._is_hopeless),
        )

    # ---- pieces ----

    @cached_property
    def _units(self) -> np.ndarray:
        """The errors in units of round-off of |f|; those at a root, where that is infinite, are left out."""
        with np.errstate(all="ignore"):
            ratio = self.found.error * self.true.ideal / self.true.size
        return np.where((self.found.error > 0) & (self.true.size > 0), ratio, 0.0)

    @cached_property
    def _is_hopeless(self) -> np.ndarray:
        return is_hopeless(self.found.error, self.true.ideal, self.true.row.unit)

    def _point(self, k: int) -> tuple[float, ...]:
        return tuple(float(column[k]) for column in self.true.points)

    def _extent(self, mask: np.ndarray) -> str:
        """How many points, and from where to where."""
        if not mask.any():
            return ""
        marked = self.true.points[-1][mask]
        return f"{mask.sum()} in [{marked.min():.6g}, {marked.max():.6g}]"


def _text(point: tuple[float, ...]) -> str:
    return ", ".join(f"{number:.6g}" for number in point)
