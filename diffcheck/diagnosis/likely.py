"""Likely causes: every recogniser asked in order, the plainest first.

A recogniser matches exactly, within the allowance of every entry, and asks for evidence: two
numbers that are both a fifth of the truth mean something; one that is the sum of two others does
not. The first that speaks is heard.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from diffcheck.diagnosis.arrangement import (
    clipped,
    flipped,
    masked,
    not_a_number,
    permuted,
    reduced,
    running,
    stale,
    swapped,
    term,
    transposed,
)
from diffcheck.diagnosis.entries import ENTRYWISE, counted, doubled, factor, halved, nothing, opposite, scaled
from diffcheck.diagnosis.symptoms import Arrays, Recogniser, Symptoms

RECOGNISERS: tuple[Recogniser, ...] = (
    not_a_number,
    nothing,
    opposite,
    doubled,
    halved,
    counted,
    transposed,
    flipped,
    swapped,
    stale,
    masked,
    factor,
    reduced,
    running,
    clipped,
    permuted,
    scaled,
    term,
)


def likely_causes(
    answered: Mapping[str, np.ndarray | None],
    truth: Arrays,
    allowance: Arrays,
    *,
    arguments: Arrays | None = None,
    value: np.ndarray | None = None,
    cotangent: np.ndarray | None = None,
    previous: Arrays | None = None,
) -> tuple[str, ...]:
    """What a wrong gradient looks like, in plain sentences.

    Args:
        answered: argument → what a method answered; `None` and other shapes than the truth's are passed over.
        truth: argument → the true gradient, the midpoints of its enclosure.
        allowance: argument → how far rounding may move each entry; nothing else is tolerated.
        arguments: argument → the point.
        value: of the function there.
        cotangent: that was pulled back, if it was not one.
        previous: argument → the true gradient at the point before this.

    Returns:
        One sentence for each way to be wrong that has a name; with several arguments it begins with
        the names of those that are wrong in this way.
    """
    known = dict(arguments or {})
    known |= {} if cotangent is None else {"the cotangent": cotangent}
    known |= {} if value is None else {"the function's value": value}
    symptoms = [
        _symptoms(name, answer, true, allowance[name], known, None if previous is None else previous.get(name))
        for name, true in truth.items()
        if (answer := answered.get(name)) is not None and np.shape(answer) == true.shape and true.size
    ]
    found: dict[str, list[str]] = {}
    for one in symptoms:
        others = tuple(other for other in symptoms if other is not one and other.truth.shape == one.truth.shape)
        if sentence := recognise(replace(one, others=others)):
            found.setdefault(sentence, []).append(one.name)
    return tuple(words if len(truth) == 1 else f"{', '.join(names)}: {words}" for words, names in found.items())


def recognise(symptoms: Symptoms) -> str | None:
    """What the answer for one argument looks like: as a whole, or else in its wrong entries."""
    if not symptoms.is_wrong.any():
        return None
    with np.errstate(all="ignore"):
        for recogniser in RECOGNISERS:
            if sentence := recogniser(symptoms):
                return sentence
        if symptoms.is_wrong.all():
            return None
        for recogniser in ENTRYWISE:
            if sentence := recogniser(symptoms.wrong_entries):
                return f"{_where(symptoms)}, {sentence}"
    return None


def _where(symptoms: Symptoms) -> str:
    """Which entries are wrong: those of a sign, or how many."""
    if mask := symptoms.mask(symptoms.is_wrong, ~symptoms.is_zero | symptoms.is_wrong):
        return f"where {mask}"
    return f"in {int(symptoms.is_wrong.sum())} of {symptoms.is_wrong.size} entries"


def _symptoms(
    name: str, answer: np.ndarray, true: np.ndarray, allowance: np.ndarray, known: Arrays, previous: np.ndarray | None
) -> Symptoms:
    lengths = [size for array in known.values() for size in (*array.shape, array.size) if size > 2]
    return Symptoms(
        name=name,
        answered=np.asarray(answer, dtype=float),
        truth=np.asarray(true, dtype=float),
        allowance=np.broadcast_to(allowance, true.shape),
        known={
            word: array if array.shape == true.shape else array.reshape(())
            for word, array in known.items()
            if array.shape == true.shape or array.size == 1
        },
        previous=previous,
        sizes=tuple(dict.fromkeys(lengths)),
    )
