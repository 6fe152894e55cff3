"""Evidence: what a method answered about one argument, beside everything that is known about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
from flint import arb

from diffcheck import placement
from diffcheck.answered import distance, in_floats
from diffcheck.backends.base import Derivative
from diffcheck.dtype import limits, ulp
from diffcheck.ran import Ran, what_ran
from diffcheck.reference.conditioning import conditioning
from diffcheck.reference.enclosure import Enclosure
from diffcheck.reference.kink import Place
from diffcheck.reference.range import Ranged
from diffcheck.reference.reference import Reference
from diffcheck.reference.rounded import SIGMAS, Rounded

ULPS_ALWAYS_ALLOWED = 2.0
FLOAT64 = limits(np.float64)


@dataclass(frozen=True, eq=False)
class Evidence:
    """What a method answered about one argument, beside what is known about it.

    Attributes:
        name: the argument, or `output`.
        values: what the backend answered, in float64 (exact: dtypes under test are narrower).
        enclosure: where the true entries lie.
        error: |value − midpoint|.
        bound: the method's own bound on its error, or `None`.
        flushes: whether the method computes subnormal numbers as zero.
        has_value: whether the method gave the function a finite value.
        reference: everything else.
        together: the evidence about all arguments, since a kink concerns them jointly.
    """

    name: str
    values: np.ndarray
    enclosure: Enclosure
    error: np.ndarray
    bound: np.ndarray | None
    flushes: bool
    has_value: bool
    reference: Reference
    together: Together

    @property
    def near(self) -> Enclosure:
        """Where the entries lie on all branches that rounding may take."""
        return self.reference.nearby.entries[self.name]

    @cached_property
    def ran(self) -> Ran | None:
        """The program that ran, where it is known, and an entry is off by more than is always allowed."""
        with np.errstate(invalid="ignore"):
            matters = ~(self.error <= self.slight)
        return self.together.ran if matters.any() else None

    @cached_property
    def rounded(self) -> Rounded:
        """How the dtype computes these entries; exact zeros where nothing is computed."""
        return rounded_or_exact(self.reference.rounded if self.ran is None else self.ran.rounded, self)

    def rounded_with_underflow(self) -> Rounded:
        """How the dtype computes these entries when every operation may underflow."""
        of = self.reference if self.ran is None else self.ran
        return rounded_or_exact(_with_underflow(of, self.flushes), self)

    @property
    def ranged(self) -> Ranged:
        """These entries when what overflows becomes an infinity."""
        found = self.reference.ranged if self.ran is None else self.ran.ranged
        return found.get(self.name) or Ranged.nothing(self.values.shape)

    @cached_property
    def overflowed(self) -> np.ndarray:
        """Where something overflows on the way to an entry, or to the path that is taken."""
        return self.ranged.left | self.reference.path_overflowed

    @cached_property
    def ulp(self) -> np.ndarray:
        """One unit in the last place of the dtype, at the reference."""
        return ulp(self.enclosure.high, self.reference.dtype)

    @cached_property
    def slight(self) -> np.ndarray:
        """What is always allowed: two ulps, and the radius of the enclosure where it is narrow."""
        has_none = self.enclosure.open | np.isinf(self.enclosure.high)
        return ULPS_ALWAYS_ALLOWED * self.ulp + np.where(has_none, 0.0, self.enclosure.radius)

    @property
    def has_sign(self) -> np.ndarray:
        """Where the true entry is certainly not zero, be it smaller than any float64."""
        return self.enclosure.has_sign

    @cached_property
    def is_beyond(self) -> np.ndarray:
        """Where the true entry is too large for the dtype."""
        row = limits(self.reference.dtype)
        return (np.abs(self.enclosure.high) > row.largest * (1 + row.unit / 2)) & ~self.enclosure.open

    @cached_property
    def is_far_beyond(self) -> np.ndarray:
        """Where it is more than twice the largest number of the dtype."""
        far = np.array(self.is_beyond & (np.abs(self.enclosure.high) > 2 * limits(self.reference.dtype).largest))
        unseen = np.asarray(far & np.isinf(self.enclosure.high))
        far[unseen] = [bool(abs(ball) > 2 * arb(FLOAT64.largest)) for ball in self.enclosure.balls_at(unseen)]
        return far

    @cached_property
    def allowance(self) -> np.ndarray:
        """The largest error that still agrees."""
        if self.bound is not None:
            return self.bound + np.where(self.enclosure.open, 0.0, self.enclosure.radius)
        return self._allowed(self.rounded) + self.slight

    @cached_property
    def allowance_with_bias(self) -> np.ndarray:
        """The allowance where equal terms of a sum are rounded alike; the program that ran must be known."""
        assert self.ran is not None
        return self._allowed(rounded_or_exact(self.ran.rounded_with_bias, self)) + self.slight

    @cached_property
    def is_careless(self) -> np.ndarray:
        """Where the allowance takes half of the digits or more."""
        unit = limits(self.reference.dtype).unit
        return (self.allowance > np.sqrt(unit) * np.abs(self.enclosure.high)) & ~self.enclosure.open

    def conditioning(self, index: tuple[int, ...]) -> float:
        """How far a rounding of every argument moves one true entry; infinite where that is not known."""
        closed_form = self.reference.closed_form
        node = closed_form.entries[self.name]
        arguments = tuple(closed_form.traced.inputs.values())
        if node is None:
            return 0.0
        known = conditioning(node, index, arguments, self.reference.inputs, self.reference.dtype)
        return float("inf") if known is None else known

    @cached_property
    def margin(self) -> np.ndarray:
        """How far from an admissible derivative an entry may be at a kink, or near one."""
        size = np.maximum(np.abs(self.values), np.abs(self.enclosure.high))
        slight = np.fmax(self.slight, ULPS_ALWAYS_ALLOWED * ulp(size, self.reference.dtype))
        nearby = self._allowed(rounded_or_exact(self.reference.nearby.rounded, self)) if self.reference.slack else 0.0
        return np.where(np.isfinite(self.allowance), np.fmax(np.fmax(self.allowance, slight), nearby), slight)

    def _allowed(self, rounded: Rounded) -> np.ndarray:
        allowed = np.fmin(SIGMAS * rounded.sigma, rounded.worst)
        # A bound that overflowed on the way allows nothing: what exceeds it is then undecided.
        return np.where(np.isfinite(allowed), allowed, 0.0)

    @property
    def at_kink(self) -> np.ndarray:
        """Where each entry lies at a kink; `None` where there is none."""
        return self._place(self.together.at_kink)

    @property
    def near_kink(self) -> np.ndarray | None:
        """Where each entry lies among the branches that rounding may take; `None` if they are too many."""
        return None if self.together.near_kink is None else self._place(self.together.near_kink)

    def _place(self, places: Mapping[str, np.ndarray]) -> np.ndarray:
        return places.get(self.name, np.full(self.values.shape, None, dtype=object))

    def spread(self, of_kink: np.ndarray, otherwise: Any) -> np.ndarray:
        """A number for each entry that a kink leaves open, and another for the others."""
        kink = self.reference.kink
        assert kink is not None
        numbers = np.array(np.broadcast_to(otherwise, self.values.shape))
        if self.name in kink.asked.masks:
            mask = kink.asked.masks[self.name]
            numbers[mask] = kink.asked.spread(of_kink)[self.name][mask]
        return numbers

    @cached_property
    def ends(self) -> tuple[np.ndarray, np.ndarray]:
        """The lowest and highest admissible value of every entry, as far as they are known: an answer may be one."""
        low, high = self.enclosure.lower, self.enclosure.upper
        if self.reference.kink is None or self.reference.jumps:
            return low, high
        lowest, highest = self.reference.kink.ranges
        low, high = self.spread(lowest, low), self.spread(highest, high)
        further = (self.at_kink == Place.INSIDE) & ~self._is_single
        return np.where(further, np.fmin(low, self.values), low), np.where(further, np.fmax(high, self.values), high)

    @property
    def _is_single(self) -> np.ndarray:
        """Where a kink leaves one number."""
        assert self.reference.kink is not None
        return ~np.isnan(self.spread(self.reference.kink.ends, otherwise=np.nan))

    @cached_property
    def possible(self) -> np.ndarray:
        """The largest error that rounding can make in whatever order."""
        if self.bound is not None:
            return self.allowance
        return finite_or_huge(self.rounded.worst) + self.slight


@lru_cache(maxsize=8)
def _with_underflow(of: Reference | Ran, flushes: bool) -> Mapping[str, Rounded]:
    """All arguments' entries at once: what was propagated for one is found again for the next."""
    return of.rounded_with_underflow(flushes)


class Together:
    """The evidence about all arguments of a derivative."""

    def __init__(self, derivative: Derivative, reference: Reference) -> None:
        self.derivative = derivative
        self.reference = reference
        self.evidence: dict[str, Evidence] = {}

    @cached_property
    def ran(self) -> Ran | None:
        """The program that ran, where it is known."""
        return what_ran(self.derivative, self.reference)

    @property
    def is_opaque(self) -> bool:
        """Whether a program ran that cannot be known."""
        return self.derivative.program is not None and self.ran is None

    @cached_property
    def at_kink(self) -> dict[str, np.ndarray]:
        """Argument → where its entries lie at a kink."""
        return placement.at_kink(self._values, self._margins, self.reference)

    @cached_property
    def near_kink(self) -> dict[str, np.ndarray] | None:
        """Argument → where its entries lie among the branches that rounding may take."""
        return placement.near_kink(self._values, self._margins, self.reference)

    @property
    def _values(self) -> dict[str, np.ndarray]:
        return {name: evidence.values for name, evidence in self.evidence.items()}

    @property
    def _margins(self) -> dict[str, np.ndarray]:
        return {name: evidence.margin for name, evidence in self.evidence.items()}


def gather(answered: Mapping[str, np.ndarray], derivative: Derivative, reference: Reference) -> dict[str, Evidence]:
    """The evidence about the answered arguments of a derivative."""
    together = Together(derivative, reference)
    for name, values in answered.items():
        together.evidence[name] = _gather_one(name, values, derivative, reference, together)
    return together.evidence


def _gather_one(
    name: str, answered: np.ndarray, derivative: Derivative, reference: Reference, together: Together
) -> Evidence:
    enclosure = reference.entries[name]
    values = np.asarray(answered)
    bound = None if derivative.bound is None else np.asarray(derivative.bound[name], dtype=float)
    floats = in_floats(values)
    error = distance(values, enclosure)
    has_value = derivative.value is not None and bool(np.isfinite(np.asarray(derivative.value, dtype=float)).all())
    return Evidence(name, floats, enclosure, error, bound, derivative.flushes, has_value, reference, together)


def finite_or_huge(bound: np.ndarray) -> np.ndarray:
    """A bound that could not be computed bounds nothing."""
    return np.where(np.isnan(bound), np.inf, bound)


def rounded_or_exact(found: Mapping[str, Rounded], evidence: Evidence) -> Rounded:
    """How the dtype computes the entries; zeros without an error where nothing is computed."""
    zero = np.zeros(evidence.enclosure.shape)
    return found.get(evidence.name) or Rounded(zero, zero, zero)
