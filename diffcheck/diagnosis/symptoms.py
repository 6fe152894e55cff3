"""Symptoms: what a method answered for one argument, beside the truth and everything at hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

Arrays = Mapping[str, np.ndarray]

LEAST_MASKED = 8
"""Entries that a mask must explain: one mask in 256 does so by chance."""

LEAST_EACH = 2
"""Entries that it must explain on either side."""


@dataclass(frozen=True, eq=False)
class Symptoms:
    """A wrong answer for one argument. All its arrays have one shape.

    Attributes:
        name: of the argument.
        answered: what the method answered.
        truth: the midpoints of the enclosure.
        allowance: how far rounding may move each entry.
        known: what a formula could contain, by the words for it: the arguments (`x`), `the cotangent`,
            `the function's value`; of the truth's shape, or of one entry.
        previous: the true gradient at the point before this, if there was one.
        sizes: the lengths and sizes above 2 of everything at hand.
        others: the symptoms of the other arguments of this shape.
    """

    name: str
    answered: np.ndarray
    truth: np.ndarray
    allowance: np.ndarray
    known: Arrays
    previous: np.ndarray | None
    sizes: tuple[int, ...]
    others: tuple[Symptoms, ...] = ()

    @cached_property
    def is_wrong(self) -> np.ndarray:
        """Where the answer is beyond the allowance of a finite truth."""
        with np.errstate(invalid="ignore"):
            return np.isfinite(self.truth) & ~(np.abs(self.answered - self.truth) <= self.allowance)

    @cached_property
    def is_zero(self) -> np.ndarray:
        """Where the truth is zero, as far as rounding lets one see."""
        return np.abs(self.truth) <= self.allowance

    @property
    def wrong_entries(self) -> Symptoms:
        """The wrong entries alone, as vectors."""

        def taken(array: np.ndarray) -> np.ndarray:
            return array[self.is_wrong] if array.shape == self.truth.shape else array

        return replace(
            self,
            answered=taken(self.answered),
            truth=taken(self.truth),
            allowance=taken(self.allowance),
            known={name: taken(array) for name, array in self.known.items()},
            previous=None,
            others=(),
        )

    def match(self, candidate: np.ndarray, allowance: np.ndarray, least: int) -> bool:
        """Whether a candidate explains the answer.

        It must equal the answer, within its own allowance, wherever it is a number, and differ
        from the truth, visibly, in some entries: these are the evidence.

        Args:
            candidate: what the answer would be.
            allowance: how far rounding may move that.
            least: pairs of a true and a candidate number, all different, that are enough evidence.
        """
        with np.errstate(invalid="ignore", over="ignore"):
            comparable = np.isfinite(candidate) & np.isfinite(self.truth) & np.isfinite(allowance)
            fits = np.abs(self.answered - candidate) <= allowance
            tells = comparable & (np.abs(candidate - self.truth) > allowance + self.allowance)
        if not fits[comparable].all() or self.is_wrong[~comparable].any():
            return False
        pairs = np.stack([self.truth[tells], candidate[tells]], axis=1)
        return len(np.unique(pairs, axis=0)) >= least

    def is_multiple(self, factor: float, least: int) -> bool:
        """Whether the answer is the truth times a number."""
        return self.match(factor * self.truth, abs(factor) * self.allowance, least)

    def clearest(self, values: np.ndarray) -> tuple[int, ...]:
        """The entry whose allowance is smallest relative to some values."""
        relative = np.where(np.isfinite(values) & (values != 0), self.allowance / np.abs(values), np.inf)
        return tuple(int(k) for k in np.unravel_index(int(np.argmin(relative)), values.shape))

    def mask(self, shown: np.ndarray, decisive: np.ndarray) -> str | None:
        """The sign of something at hand that tells where a mask is true: `x > 0`.

        Args:
            shown: the mask.
            decisive: where it can be seen.
        """
        sides = int(shown[decisive].sum()), int((~shown)[decisive].sum())
        if sum(sides) < LEAST_MASKED or min(sides) < LEAST_EACH:
            return None
        for name, values in self.shaped.items():
            for sign, holds in (("> 0", values > 0), ("< 0", values < 0)):
                if (holds == shown)[decisive].all():
                    return f"{name} {sign}"
        return None

    @property
    def shaped(self) -> Arrays:
        """What is known of every entry."""
        return {name: values for name, values in self.known.items() if values.shape == self.truth.shape}


Recogniser = Callable[[Symptoms], str | None]
"""Says what it sees, or nothing."""
