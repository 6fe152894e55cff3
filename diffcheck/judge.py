"""The judge: a computed derivative and its reference in, a judgement out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from diffcheck.backends.base import BadOutput, Derivative, Unsupported
from diffcheck.dtype import ulp
from diffcheck.evidence import ULPS_ALWAYS_ALLOWED, Evidence, finite_or_huge, gather
from diffcheck.record import Judgement
from diffcheck.reference.enclosure import Enclosure
from diffcheck.reference.reference import Reference
from diffcheck.rules import RULES, Decision
from diffcheck.verdict import Cause, Verdict


def judge(derivative: Derivative, reference: Reference) -> Judgement:
    """Judge a computed derivative: the function's value first, then every entry.

    Args:
        derivative: what a backend answered.
        reference: what is true, in the same mode and dtype.

    Returns:
        the judgement of the worst entry, with the counts of all.
    """
    return weigh(derivative, reference)[0]


def weigh(derivative: Derivative, reference: Reference) -> tuple[Judgement, Mapping[str, Evidence]]:
    """Judge a computed derivative, and give the evidence about each of its arguments, too."""
    if not reference.is_undefined:
        stopped = _missing_entry(derivative, reference) or _different_value(derivative, reference)
        if stopped is not None:
            return stopped, {}
    evidence = gather(_judgeable(derivative, reference), derivative, reference)
    judged = [
        _worst_entry(evidence[name], _decide(evidence[name]))
        if name in evidence
        else _not_judgeable(name, derivative, reference)
        for name in reference.entries
        if name in derivative.entries
    ]
    if not judged:
        return Judgement(Verdict.MISSING, Cause.NONE, message="no entry was answered"), {}
    counts: dict[str, int] = {}
    for judgement in judged:
        for name, count in judgement.counts.items():
            counts[name] = counts.get(name, 0) + count
    worst = max(judged, key=lambda judgement: (judgement.verdict.value.severity, judgement.ratio))
    return replace(worst, counts=counts), evidence


def judge_failure(error: BaseException, reference: Reference | None = None) -> Judgement:
    """Judge a backend that answered nothing.

    Args:
        error: what it raised: `Unsupported` is a refusal, anything else a failure, unless
            there is nothing to find at this point.
        reference: what is true there, if that is known.
    """
    message = f"{type(error).__name__}: {error}".splitlines()[0] if not isinstance(error, Unsupported) else str(error)
    if isinstance(error, Unsupported):
        return Judgement(Verdict.UNSUPPORTED, Cause.REFUSED, message=message)
    if isinstance(error, BadOutput):
        return Judgement(Verdict.RAISED, Cause.EXCEPTION, message=str(error))
    if reference is not None and reference.is_undefined:
        return Judgement(Verdict.UNDEFINED, Cause.DOMAIN, message=message)
    return Judgement(Verdict.RAISED, Cause.EXCEPTION, message=message)


# ---- the function's value --------------------------------------------------------------------


def _different_value(derivative: Derivative, reference: Reference) -> Judgement | None:
    """A function with another value is not the definition: its derivative is not judged."""
    if derivative.value is None:
        return None
    values = np.asarray(derivative.value, dtype=float)
    if values.shape != reference.value.shape:
        message = f"the function's value has shape {values.shape}, the definition's {reference.value.shape}"
        return Judgement(Verdict.DIFFERENT, Cause.VALUE, argument="value", message=message)
    enclosure = reference.value
    error = enclosure.distance(values)
    slight = ULPS_ALWAYS_ALLOWED * ulp(enclosure.high, reference.dtype) + enclosure.radius
    beyond = ~enclosure.open & ~enclosure.wide & np.isfinite(values) & (error > slight)
    if not beyond.any():
        return None
    possible = finite_or_huge(reference.rounded_value.worst) + slight
    beyond &= error > possible
    if not beyond.any() or reference.nearby.has_path:
        return None
    beyond &= ~_value_explained(values, derivative.flushes, reference, possible)
    if not beyond.any():
        return None
    with np.errstate(all="ignore"):
        ratio = error / possible
        ulps = error / ulp(enclosure.high, reference.dtype)
    index = _largest(np.where(beyond, ratio, -1.0))
    return Judgement(
        verdict=Verdict.DIFFERENT,
        cause=Cause.VALUE,
        ratio=float(ratio[index]),
        ulps=float(ulps[index]),
        argument="value",
        index=index,
        value=float(values[index]),
        lower=float(enclosure.lower[index]),
        upper=float(enclosure.upper[index]),
        allowance=float(possible[index]),
        counts={Verdict.DIFFERENT.name: int(beyond.sum())},
        message="the function's own value is not the definition's",
    )


def _value_explained(values: np.ndarray, flushes: bool, reference: Reference, possible: np.ndarray) -> np.ndarray:
    """Whether over- or underflow, or a jump within rounding of the point, explains another value."""
    with np.errstate(invalid="ignore"):
        worst = finite_or_huge(reference.rounded_value_with_underflow(flushes).worst)
        underflow = reference.value.distance(values) <= worst + possible
        near = reference.nearby.value
        jump = ~((values < near.lower - possible) | (values > near.upper + possible))
    return reference.value_overflowed | underflow | (jump & bool(reference.slack))


# ---- its derivative --------------------------------------------------------------------------


def _judgeable(derivative: Derivative, reference: Reference) -> dict[str, np.ndarray]:
    """The answered entries that have the shape of the truth."""
    return {
        name: answered
        for name, enclosure in reference.entries.items()
        if (answered := derivative.entries.get(name)) is not None and np.shape(answered) == enclosure.shape
    }


def _not_judgeable(name: str, derivative: Derivative, reference: Reference) -> Judgement:
    answered = derivative.entries[name]
    enclosure = reference.entries[name]
    if answered is None:
        return _missing(name, enclosure, reference)
    return judge_failure(BadOutput(f"{name} has shape {enclosure.shape}, its derivative {np.shape(answered)}"))


def _missing_entry(derivative: Derivative, reference: Reference) -> Judgement | None:
    """The first argument at which no gradient arrives, though its derivative is not zero by construction."""
    for name, enclosure in reference.entries.items():
        if name in derivative.entries and derivative.entries[name] is None:
            judgement = _missing(name, enclosure, reference)
            if judgement.verdict is Verdict.MISSING:
                return judgement
    return None


def _missing(name: str, enclosure: Enclosure, reference: Reference) -> Judgement:
    """No gradient arrived: right where no path leads to the output, else a failure."""
    size = int(np.prod(enclosure.shape, initial=1))
    if reference.is_undefined or (size and np.isnan(enclosure.high).all()):
        return Judgement(Verdict.UNDEFINED, Cause.JUMP, argument=name, counts={Verdict.UNDEFINED.name: size})
    if name in reference.unreached:
        return Judgement(Verdict.AGREES, Cause.NONE, argument=name, counts={Verdict.AGREES.name: size})
    return Judgement(
        Verdict.MISSING,
        Cause.NONE,
        argument=name,
        counts={Verdict.MISSING.name: size},
        message=f"no gradient arrives at {name}, whose derivative is not zero by construction",
    )


def _decide(evidence: Evidence) -> list[Decision]:
    """Apply the rules in order; each entry goes to the first decision that takes it."""
    undecided = np.ones(evidence.values.shape, dtype=bool)
    decisions: list[Decision] = []
    with np.errstate(all="ignore"):
        for rule in RULES:
            for verdict, cause, mask in rule(evidence):
                taken = undecided & mask
                if taken.any():
                    decisions.append((verdict, cause, taken))
                    undecided = undecided & ~taken
                if not undecided.any():
                    return decisions
    return decisions


def _worst_entry(evidence: Evidence, decisions: list[Decision]) -> Judgement:
    counts: dict[str, int] = {}
    for verdict, _, mask in decisions:
        counts[verdict.name] = counts.get(verdict.name, 0) + int(mask.sum())
    if not decisions:
        return Judgement(Verdict.AGREES, Cause.NONE, argument=evidence.name, counts=counts)
    ratio = _ratio(evidence)
    best = max(decisions, key=lambda d: (d[0].value.severity, float(np.max(ratio[d[2]]))))
    verdict, cause, mask = best
    index = _largest(np.where(mask, ratio, -1.0))
    return _judgement(evidence, verdict, cause, index, float(ratio[index]), counts)


def _ratio(evidence: Evidence) -> np.ndarray:
    """|error| / allowance; at a kink, how far beyond all that is admissible for the entry alone."""
    with np.errstate(all="ignore"):
        ratio = np.where(evidence.error == 0, 0.0, evidence.error / evidence.allowance)
        several = evidence.enclosure.open
        if evidence.reference.kink is not None:
            several = several | evidence.at_kink.astype(bool)
        if several.any():
            low, high = evidence.ends
            beyond = np.maximum(low - evidence.values, evidence.values - high) / evidence.margin
            ratio = np.where(several, np.maximum(beyond, 0.0), ratio)
        return np.where(np.isnan(ratio), 0.0, ratio)


def _judgement(
    evidence: Evidence, verdict: Verdict, cause: Cause, index: tuple[int, ...], ratio: float, counts: Mapping[str, int]
) -> Judgement:
    enclosure = evidence.enclosure
    allowance = float(evidence.allowance[index])
    if cause is Cause.BIAS:
        allowance = float(evidence.allowance_with_bias[index])
        ratio = float(evidence.error[index]) / allowance
    has_ulps = enclosure.high[index] != 0 and not enclosure.open[index] and np.isfinite(evidence.error[index])
    return Judgement(
        verdict=verdict,
        cause=cause,
        ratio=ratio,
        ulps=float(evidence.error[index]) / float(evidence.ulp[index]) if has_ulps else None,
        argument=evidence.name,
        index=index,
        value=float(evidence.values[index]),
        lower=float(evidence.ends[0][index]),
        upper=float(evidence.ends[1][index]),
        allowance=allowance,
        counts=counts,
        message=_picked(verdict, cause, evidence, index) or cause.value,
    )


def _picked(verdict: Verdict, cause: Cause, evidence: Evidence, index: tuple[int, ...]) -> str:
    """At a kink: what was picked, and what there was to pick from."""
    value, low, high = (f"{ends[index] + 0.0:g}" for ends in (evidence.values, *evidence.ends))
    if verdict is Verdict.CONVENTION and cause is Cause.TIE:
        return f"picks {value} of [{low}, {high}]"
    if verdict is Verdict.SELECTION:
        right = f"the true derivative is {low}" if low == high else f"any number in [{low}, {high}] is right"
        return f"{right}, the choices at the kinks give {value}"
    return ""


def _largest(ratios: np.ndarray) -> tuple[int, ...]:
    return tuple(int(k) for k in np.unravel_index(int(np.argmax(ratios)), ratios.shape))
