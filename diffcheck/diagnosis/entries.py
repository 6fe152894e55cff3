"""Recognisers that look at every entry alone, and so also at the wrong ones among right ones.

Each says what it sees, or nothing. To add one, copy a neighbour and give it its place in `ENTRYWISE`.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from diffcheck.diagnosis.symptoms import Recogniser, Symptoms

LARGEST_DENOMINATOR = 12
"""A factor is written as a fraction up to this denominator, else in digits."""


def nothing(symptoms: Symptoms) -> str | None:
    """Zero."""
    if symptoms.is_multiple(0, 1):
        return (
            "zero: detached (stop_gradient, detach, a cast to integers), wrongly masked or clamped, or never written?"
        )
    return None


def opposite(symptoms: Symptoms) -> str | None:
    """The other sign."""
    return "the sign is opposite" if symptoms.is_multiple(-1, 1) else None


def doubled(symptoms: Symptoms) -> str | None:
    """Twice."""
    if symptoms.is_multiple(2, 1):
        return "twice the truth: accumulated twice, or a gradient that was not set to zero?"
    return None


def halved(symptoms: Symptoms) -> str | None:
    """Half."""
    return "half the truth: is the 2 of a square missing?" if symptoms.is_multiple(0.5, 1) else None


def counted(symptoms: Symptoms) -> str | None:
    """Multiplied or divided by the length of an axis."""
    for size in symptoms.sizes:
        if symptoms.is_multiple(1 / size, 2):
            return f"the truth divided by {size}: a mean where a sum is meant?"
        if symptoms.is_multiple(size, 2):
            return f"{size} times the truth: a sum where a mean is meant?"
    return None


def factor(symptoms: Symptoms) -> str | None:
    """Multiplied or divided by something at hand."""
    for name, values in symptoms.known.items():
        size = np.abs(values)
        if symptoms.match(symptoms.truth / values, symptoms.allowance / size, 2):
            return f"the factor {name} is missing"
        if symptoms.match(symptoms.truth * values, symptoms.allowance * size, 2):
            return f"there is a factor {name} too many"
    return None


def scaled(symptoms: Symptoms) -> str | None:
    """Multiplied by any one number."""
    k = symptoms.clearest(symptoms.truth)
    ratio = float(symptoms.answered[k] / symptoms.truth[k])
    # The ratio is off by what the clearest entry may be off, which every other may be more.
    if not symptoms.match(ratio * symptoms.truth, 2 * abs(ratio) * symptoms.allowance, 3):
        return None
    return f"{_shortest(symptoms, ratio)} times the truth: a constant factor"


def _shortest(symptoms: Symptoms, ratio: float) -> str:
    """A factor in as few words as explain the answer: a fraction, or so many digits."""
    fraction = Fraction(ratio).limit_denominator(LARGEST_DENOMINATOR)
    if symptoms.is_multiple(float(fraction), 3):
        return str(fraction)
    texts = (f"{ratio:.{digits}g}" for digits in range(2, 17))
    return next((text for text in texts if symptoms.is_multiple(float(text), 3)), repr(ratio))


ENTRYWISE: tuple[Recogniser, ...] = (nothing, opposite, doubled, halved, counted, factor, scaled)
