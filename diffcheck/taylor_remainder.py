"""The Taylor remainder: what values alone say about a slope, where nothing can be traced.

Along a line, R(t) = φ(t) − φ(0) − t·s falls like t² if s is the slope at 0, and like t if it is not
(the Taylor test of adjoint codes; Farrell, Ham, Funke, Rognes 2013, SIAM J. Sci. Comput. 35, sec. 6).
It proves nothing: how far φ is rounded is itself estimated from values, so that all that is said
here is how it looks.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from math import sqrt

import numpy as np

Line = Callable[[float], tuple[float, float]]
"""t → φ(t), and by how much the claimed derivative says that φ has changed there."""

RIGHT = "right"
WRONG = "wrong"
UNDECIDED = "undecided"

# Beside what is moved, so that the longest step stays near it and the shortest is lost in rounding.
STEPS = 2.0 ** -np.arange(1, 41)

# What is nearer to 1.5 than to 1 or 2 is not decided, nor what falls slower than any slope's error.
LOOKS_WRONG = (0.75, 1.25)
LOOKS_RIGHT = 1.75

# A remainder this many times above the noise has a logarithm good to 0.05.
ABOVE_NOISE = 32.0
FEWEST_RUNGS = 3
MOST_RUNGS = 6

# Differences of fourth order are free of anything smooth; of independent errors with deviation σ they
# have deviation √70·σ (Hamming 1962; Moré and Wild 2011, SIAM J. Sci. Comput. 33).
NOISE_ORDER = 4
NOISE_GAIN = sqrt(70.0)
NOISE_POINTS = 8
NOISE_STEP = 2.0**11  # units of round-off, beside what is moved

# Beside the value: float16's. What changes by more from one step to the next is no rounding.
COARSEST_GRAIN = 2.0**-10


@dataclass(frozen=True)
class Estimate:
    """A slope from differences, and how far it may be off: an estimate, not a bound."""

    slope: float
    error: float


@dataclass(frozen=True, eq=False)
class TaylorRemainder:
    """The remainders of a claimed slope, step by step: the evidence.

    Attributes:
        steps: h, each half of the one before.
        right, left: R(h) and R(−h); NaN outside the domain.
        slope: what is claimed.
        noise: the deviation that rounding gives a value, estimated.
        tolerated: by how much the claimed slope itself may be rounded.
        unit: the unit round-off in which values and moves are computed.
    """

    steps: np.ndarray
    right: np.ndarray
    left: np.ndarray
    slope: float
    noise: float
    tolerated: float
    unit: float

    @property
    def sizes(self) -> np.ndarray:
        """The larger of |R(h)| and |R(−h)|."""
        return np.maximum(np.abs(self.right), np.abs(self.left))

    @cached_property
    @np.errstate(all="ignore")
    def rate(self) -> float | None:
        """The exponent with which the remainder falls; `None` where rounding hides it."""
        return _rate(self.steps, self.sizes, ABOVE_NOISE * self.noise + self.tolerated * self.steps)

    @cached_property
    @np.errstate(all="ignore")
    def kinked(self) -> bool:
        """Whether the slopes on both sides differ, or the values: then no slope leaves a remainder that falls fast."""
        rate = _rate(self.steps, np.abs(self.right + self.left), np.full_like(self.steps, 2 * ABOVE_NOISE * self.noise))
        return rate is not None and rate < LOOKS_RIGHT

    @property
    def looks(self) -> str:
        """`right`, `wrong` or `undecided`."""
        if self.rate is None or self.kinked:
            return UNDECIDED
        if self.rate >= LOOKS_RIGHT:
            return RIGHT
        slowest, fastest = LOOKS_WRONG
        return WRONG if slowest <= self.rate <= fastest else UNDECIDED

    @property
    @np.errstate(all="ignore")
    def room(self) -> float:
        """The error of the slope that rounding could hide at the step where it hides least."""
        hidden = np.fmax(self.sizes, ABOVE_NOISE * self.noise) / self.steps + self.tolerated
        return float(np.min(hidden[np.isfinite(self.sizes)], initial=np.inf))

    @cached_property
    @np.errstate(all="ignore")
    def estimate(self) -> Estimate:
        """The slope by central differences, extrapolated (Richardson), at the step where both errors balance.

        Truncation is taken to be as large as what the last two halvings of the step changed: one
        alone may change little by accident, where the function oscillates.
        """
        quotients = self.slope + (self.right - self.left) / (2 * self.steps)
        better = (4 * quotients[1:] - quotients[:-1]) / 3
        changed = np.abs(better - quotients[1:])
        # Moves are rounded; the claimed slope makes up for that as far as it is right.
        rounding = 2 * (self.noise + self.unit * np.abs(better[1:] - self.slope)) / self.steps[2:]
        errors = changed[1:] + changed[:-1] + rounding
        best = int(np.argmin(np.where(np.isfinite(errors), errors, np.inf)))
        return Estimate(float(better[1 + best]), float(errors[best]))


def taylor_remainder(line: Line, slope: float, tolerated: float = 0.0, unit: float = 2.0**-53) -> TaylorRemainder:
    """Measure the remainders of a claimed slope.

    Args:
        line: φ, and the change that is claimed.
        slope: what is claimed: that change for t = 1, but for rounding.
        tolerated: by how much the claimed slope may be rounded.
        unit: the unit round-off in which φ is computed.
    """
    origin, _ = line(0.0)

    def measured(distances: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """How φ changes, and what the claim leaves of that."""
        values, claimed = np.array([line(float(t)) for t in distances], float).T
        return values - origin, (values - origin) - claimed

    changes, remainders = measured(np.concatenate([STEPS, -STEPS]))
    _, around = measured(np.arange(-NOISE_POINTS, NOISE_POINTS + 1) * NOISE_STEP * unit)
    noise = max(_deviation(around), _grain(changes, abs(origin)), unit * abs(origin))
    right, left = np.split(remainders, 2)
    return TaylorRemainder(STEPS, right, left, slope, noise, tolerated, unit)


def _deviation(values: np.ndarray) -> float:
    """How far values at equal distances deviate from something smooth."""
    differences = np.diff(values, NOISE_ORDER)
    deviation = float(np.sqrt(np.mean(differences**2))) / NOISE_GAIN
    return deviation if np.isfinite(deviation) else 0.0


def _grain(changes: np.ndarray, size: float) -> float:
    """The grain of values that a short step does not change at all: they are rounded in a narrower dtype."""
    seen = np.abs(changes[np.isfinite(changes) & (changes != 0)])
    if seen.size in (0, changes.size):
        return 0.0
    grain = float(seen.min())
    return grain if grain <= COARSEST_GRAIN * size else 0.0


def _rate(steps: np.ndarray, sizes: np.ndarray, floor: np.ndarray) -> float | None:
    """The slope of log size over log step, on the shortest steps in a row whose sizes are above a floor."""
    with np.errstate(invalid="ignore"):
        usable = np.isfinite(sizes) & (sizes > floor)
    rows = np.split(np.flatnonzero(usable), np.flatnonzero(np.diff(np.flatnonzero(usable)) > 1) + 1)
    long_enough = [row for row in rows if row.size >= FEWEST_RUNGS]
    if not long_enough:
        return None
    chosen = long_enough[-1][-MOST_RUNGS:]
    return float(np.polyfit(np.log(steps[chosen]), np.log(sizes[chosen]), 1)[0])
