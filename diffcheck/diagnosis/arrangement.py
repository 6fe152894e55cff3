"""Recognisers that look at how the entries stand together.

Each says what it sees, or nothing. To add one, copy a neighbour and give it its place in
`diffcheck.diagnosis.likely.RECOGNISERS`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from diffcheck.diagnosis.symptoms import LEAST_EACH, LEAST_MASKED, Symptoms


def not_a_number(symptoms: Symptoms) -> str | None:
    """NaN or an infinity."""
    bad = ~np.isfinite(symptoms.answered) & np.isfinite(symptoms.truth)
    if not bad.any():
        return None
    what = "NaN" if np.isnan(symptoms.answered[bad]).all() else "not finite"
    if bad.all():
        return f"every entry is {what}" if bad.size > 1 else None
    for name, values in symptoms.shaped.items():
        if ((values == 0) == bad).all():
            return f"{what} where {name} = 0: 0/0 or 0·∞, perhaps in a branch that is not taken?"
    return f"{int(bad.sum())} of {bad.size} entries are {what}"


def transposed(symptoms: Symptoms) -> str | None:
    """Rows for columns, also where the numbers are read in the old shape."""

    def turned(array: np.ndarray) -> np.ndarray:
        return np.swapaxes(array, -1, -2).reshape(array.shape)

    if symptoms.truth.ndim < 2:
        return None
    return "transposed" if symptoms.match(turned(symptoms.truth), turned(symptoms.allowance), 2) else None


def flipped(symptoms: Symptoms) -> str | None:
    """The entries of an axis in the opposite order, or shifted by one."""
    for axis in range(symptoms.truth.ndim):
        if symptoms.match(np.flip(symptoms.truth, axis), np.flip(symptoms.allowance, axis), 2):
            return f"reversed along axis {axis}"
        for step in (1, -1):
            if symptoms.match(np.roll(symptoms.truth, step, axis), np.roll(symptoms.allowance, step, axis), 2):
                return f"shifted by one along axis {axis}"
    return None


def permuted(symptoms: Symptoms) -> str | None:
    """The right numbers in the wrong places."""
    order, given = np.argsort(symptoms.truth, axis=None), np.argsort(symptoms.answered, axis=None)
    candidate, allowance = np.empty_like(symptoms.truth), np.empty_like(symptoms.truth)
    candidate.flat[given] = symptoms.truth.flat[order]
    allowance.flat[given] = symptoms.allowance.flat[order]
    return "the right numbers in another order" if symptoms.match(candidate, allowance, 3) else None


def swapped(symptoms: Symptoms) -> str | None:
    """The gradient of another argument."""
    for other in symptoms.others:
        is_mutual = other.match(symptoms.truth, symptoms.allowance, 1)
        if symptoms.match(other.truth, other.allowance, 1 if is_mutual else 2):
            return f"this is the gradient of {other.name}: are two arguments swapped?"
    return None


def stale(symptoms: Symptoms) -> str | None:
    """The gradient at the point before this."""
    previous = symptoms.previous
    if previous is None or previous.shape != symptoms.truth.shape:
        return None
    if symptoms.match(previous, symptoms.allowance, 2):
        return "this is the gradient at the point before: is something kept from an earlier call?"
    return None


def masked(symptoms: Symptoms) -> str | None:
    """Right or zero, by the sign of the wrong thing."""
    shown = symptoms.answered != 0
    hidden, bare = symptoms.is_wrong & ~shown, symptoms.is_wrong & shown
    if (bare & ~symptoms.is_zero).any():
        return None
    decisive = shown | ~symptoms.is_zero
    if not bare.any() and _is_clamp(symptoms.truth[decisive & shown], symptoms.truth[hidden]):
        return "the gradient itself is cut off at 0: a clamp where a mask is meant?"
    if place := symptoms.mask(shown, decisive):
        return f"0 except where {place}: masked by the wrong thing?"
    if bare.any() and not hidden.any() and (decisive & ~symptoms.is_wrong).any():
        return f"{int(bare.sum())} of {bare.size} entries should be 0 and are not: is a mask missing?"
    return None


def _is_clamp(kept: np.ndarray, cut: np.ndarray) -> bool:
    """Whether all that is kept has one sign, and all that is cut the other."""
    if min(kept.size, cut.size) < LEAST_EACH or kept.size + cut.size < LEAST_MASKED:
        return False
    return bool((kept > 0).all() and (cut < 0).all()) or bool((kept < 0).all() and (cut > 0).all())


def clipped(symptoms: Symptoms) -> str | None:
    """No entry beyond some magnitude."""
    most = float(np.abs(symptoms.answered).max())
    beyond = np.abs(symptoms.truth) > most + symptoms.allowance
    if min(beyond.sum(), (~beyond & ~symptoms.is_zero).sum()) < 2:
        return None
    if symptoms.match(np.clip(symptoms.truth, -most, most), symptoms.allowance, 2):
        return f"no entry is beyond ±{most:.6g}: is the gradient clipped?"
    return None


def reduced(symptoms: Symptoms) -> str | None:
    """One number, repeated along an axis."""
    ways: tuple[tuple[str, Callable[..., np.ndarray]], ...] = (("sum", np.sum), ("mean", np.mean))
    for axis in _axes(symptoms.truth.ndim):
        for word, reduce in ways:
            candidate = reduce(symptoms.truth, axis=axis, keepdims=True)
            allowance = reduce(symptoms.allowance, axis=axis, keepdims=True)
            shape = symptoms.truth.shape
            if symptoms.match(np.broadcast_to(candidate, shape), np.broadcast_to(allowance, shape), 2):
                place = "all entries" if axis is None else f"axis {axis}"
                return f"every entry is the {word} over {place}: reduced once too often?"
    return None


def running(symptoms: Symptoms) -> str | None:
    """Partial sums."""
    for axis in range(symptoms.truth.ndim):
        if symptoms.match(np.cumsum(symptoms.truth, axis), np.cumsum(symptoms.allowance, axis), 3):
            return f"every entry is a partial sum along axis {axis}: is something accumulated that is not set to zero?"
    return None


def term(symptoms: Symptoms) -> str | None:
    """A multiple of something at hand, or one number, is added or left out."""
    lacking = symptoms.truth - symptoms.answered
    for name, values in {**symptoms.shaped, "": np.ones(symptoms.truth.shape)}.items():
        k = symptoms.clearest(values)
        share = float(lacking[k] / values[k])
        extra = np.abs(values) * symptoms.allowance[k] / np.abs(values[k])
        if symptoms.match(symptoms.truth - share * values, symptoms.allowance + extra, 3):
            words = f"{abs(share):.6g}" + (f"·{name}" if name else "")
            return f"the term {words} is {'missing' if share > 0 else 'one too many'}"
    return None


def _axes(rank: int) -> Iterator[int | None]:
    yield from range(rank)
    if rank != 1:
        yield None
