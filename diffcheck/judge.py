"""The judge: a computed derivative and its reference in, a verdict out.

The rules are applied in the order in which they stand in `RULES`; for each entry the first one
that has something to say decides. No rule has a tolerance: every bound comes from the
reference, which derived it from the graph and the dtype.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np
from flint import arb, fmpq

from diffcheck.backends.base import BadOutput, Derivative, Unsupported
from diffcheck.record import Judgement
from diffcheck.reference.certify import precision
from diffcheck.reference.enclosure import Enclosure
from diffcheck.reference.reference import Reference
from diffcheck.reference.rounding import SIGMAS, Rounded
from diffcheck.verdict import Cause, Verdict

ULPS_ALWAYS_ALLOWED = 2.0

DISTANCE_BITS = 2**14
"""Precision in which a fraction is held against a midpoint: beyond the bits that either comes with (4096 and 8192),
so that a distance of 0 is not rounded to one above the method's own bound."""

Decision = tuple[Verdict, Cause, np.ndarray]


@dataclass(frozen=True, eq=False)
class Claim:
    """What a backend says about one argument, beside what is known about it.

    Attributes:
        name: the argument, or `output`.
        values: what the backend answered, in float64 (exact: dtypes under test are narrower).
        enclosure: where the true entries lie.
        near: where they lie on all branches that rounding may take.
        rounded: how the dtype computes them.
        error: |value − midpoint|.
        bound: the method's own bound on its error, or `None`.
        reference: everything else.
    """

    name: str
    values: np.ndarray
    enclosure: Enclosure
    error: np.ndarray
    bound: np.ndarray | None
    reference: Reference

    @property
    def near(self) -> Enclosure:
        """Where the entries lie on all branches that rounding may take."""
        return self.reference.near[self.name]

    @property
    def rounded(self) -> Rounded:
        """How the dtype computes these entries; exact zeros where nothing is computed."""
        return _rounded(self.reference.rounded, self)

    @cached_property
    def ulp(self) -> np.ndarray:
        """One unit in the last place of the dtype, at the reference."""
        return ulp(self.enclosure.high, self.reference.dtype)

    @cached_property
    def slight(self) -> np.ndarray:
        """What is always allowed: two ulps, and the radius of the enclosure where it is narrow."""
        radius = np.where(self.enclosure.open, 0.0, self.enclosure.radius)
        return ULPS_ALWAYS_ALLOWED * self.ulp + radius

    @cached_property
    def allowance(self) -> np.ndarray:
        """The largest error that still agrees."""
        if self.bound is not None:
            return self.bound + np.where(self.enclosure.open, 0.0, self.enclosure.radius)
        allowed = np.fmin(SIGMAS * self.rounded.sigma, self.rounded.worst)
        # A bound that overflowed on the way allows nothing: what exceeds it is then undecided.
        return np.where(np.isfinite(allowed), allowed, 0.0) + self.slight

    @cached_property
    def possible(self) -> np.ndarray:
        """The largest error that rounding can make in whatever order."""
        if self.bound is not None:
            return self.allowance
        return _finite_or_huge(self.rounded.worst) + self.slight


def ulp(values: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """One unit in the last place of a dtype at some numbers; of its largest beyond its range."""
    # NumPy's spacing of the largest number is infinite; that of the number before it is the same ulp.
    last = np.nextafter(np.finfo(dtype).max, np.zeros((), dtype))
    with np.errstate(over="ignore", invalid="ignore"):
        inside = np.minimum(np.abs(values), float(last))
        return np.spacing(inside.astype(dtype)).astype(float)


def _finite_or_huge(bound: np.ndarray) -> np.ndarray:
    """A bound that could not be computed bounds nothing."""
    return np.where(np.isnan(bound), np.inf, bound)


def _rounded(found: Mapping[str, Rounded], claim: Claim) -> Rounded:
    zero = np.zeros(claim.enclosure.shape)
    return found.get(claim.name) or Rounded(zero, zero, zero)


# ---- the rules, in order ---------------------------------------------------------------------


def undefined(claim: Claim) -> Iterator[Decision]:
    """There is no derivative here: outside the domain, at a jump or a pole."""
    indeterminate = np.isnan(claim.enclosure.high) | (claim.enclosure.open & ~np.isfinite(claim.enclosure.radius))
    outside = bool(np.isnan(claim.reference.value.high).any())
    yield Verdict.UNDEFINED, Cause.DOMAIN if outside else Cause.JUMP, indeterminate | claim.reference.jumps


def infinite(claim: Claim) -> Iterator[Decision]:
    """The true derivative is infinite with one sign."""
    is_infinite = claim.enclosure.infinite
    if claim.bound is not None:
        yield Verdict.INCONCLUSIVE, Cause.WEAK_BOUND, is_infinite & ~np.isfinite(claim.bound)
    yield Verdict.AGREES, Cause.INFINITE, is_infinite & (claim.values == claim.enclosure.high)
    yield Verdict.NOT_FINITE, Cause.INFINITE, is_infinite & ~np.isfinite(claim.values)
    yield Verdict.WRONG, Cause.FORMULA, is_infinite


def too_wide(claim: Claim) -> Iterator[Decision]:
    """The reference could not be made narrow: what lies inside it is not yet right."""
    yield Verdict.INCONCLUSIVE, Cause.WIDE, claim.enclosure.wide


def rounds_away(claim: Claim) -> Iterator[Decision]:
    """The true derivative is a number that the dtype rounds to zero or to an infinity."""
    info = np.finfo(claim.reference.dtype)
    high = claim.enclosure.high
    size = np.abs(high)
    beyond = size > float(info.max) * (1 + float(info.eps) / 4)
    below = (size < float(info.smallest_subnormal)) & (high != 0)
    same_infinity = np.isinf(claim.values) & (np.sign(claim.values) == np.sign(high))
    yield Verdict.AGREES, Cause.ROUNDS_AWAY, beyond & same_infinity & ~claim.enclosure.open
    yield Verdict.AGREES, Cause.ROUNDS_AWAY, below & (claim.values == 0) & ~claim.enclosure.open


def own_bound(claim: Claim) -> Iterator[Decision]:
    """A method with a bound of its own is judged by that bound."""
    if claim.bound is None:
        return
    narrow = ~claim.enclosure.open
    yield Verdict.INCONCLUSIVE, Cause.WEAK_BOUND, narrow & ~np.isfinite(claim.allowance)
    size = np.abs(claim.enclosure.high)
    within = claim.error <= claim.allowance
    says_little = (claim.allowance >= size) & (claim.error > claim.slight) & (size > 0)
    yield Verdict.INCONCLUSIVE, Cause.WEAK_BOUND, narrow & within & says_little
    yield Verdict.AGREES, Cause.OWN_BOUND, narrow & within
    yield Verdict.WRONG, Cause.FORMULA, narrow & np.isfinite(claim.error)


def at_kink(claim: Claim) -> Iterator[Decision]:
    """A kink lies exactly here: every value between its branches is admissible."""
    open_entries = claim.enclosure.open
    if not open_entries.any():
        return
    slack = np.where(np.isfinite(claim.allowance), claim.allowance, claim.slight)
    yield Verdict.CONVENTION, Cause.TIE, open_entries & _inside(claim.values, claim.enclosure, slack)
    yield Verdict.NOT_FINITE, Cause.TIE, open_entries & np.isnan(claim.values)
    yield Verdict.INCONCLUSIVE, Cause.TIE, open_entries


def agrees(claim: Claim) -> Iterator[Decision]:
    """Within the allowance, on the branch of the exact point or on one that rounding may take."""
    yield Verdict.AGREES, Cause.ROUNDING, np.isfinite(claim.error) & (claim.error <= claim.allowance)
    if not claim.reference.slack:
        return
    yield Verdict.CONVENTION, Cause.NEAR_KINK, _inside(claim.values, claim.near, claim.allowance)
    if claim.reference.path_is_near:
        yield Verdict.INCONCLUSIVE, Cause.NEAR_KINK, np.ones(claim.values.shape, dtype=bool)


def out_of_range(claim: Claim) -> Iterator[Decision]:
    """An over- or underflow among the ancestors of this entry explains it.

    After an overflow, a number is explained if it is what the rest of the program makes of the
    infinity (1/∞ = 0); any other number is not, but then no bound on rounding holds either.
    """
    finite = np.isfinite(claim.values)
    excess = finite & ~(claim.error <= claim.possible)
    if finite.all() and not excess.any():
        return
    overflowed = claim.reference.overflowed[claim.name]
    saturated = claim.reference.saturated[claim.name]
    opposite = np.isinf(claim.values) & (claim.values == -saturated)
    explained = np.abs(claim.values - saturated) <= ULPS_ALWAYS_ALLOWED * ulp(saturated, claim.reference.dtype)
    yield Verdict.RANGE, Cause.OVERFLOW, overflowed & ((~finite & ~opposite) | (excess & explained))
    yield Verdict.RANGE, Cause.UNDERFLOW, excess & _underflow_covers(claim)
    yield Verdict.INCONCLUSIVE, Cause.OVERFLOW, overflowed & excess


def _underflow_covers(claim: Claim) -> np.ndarray:
    """Whether rounding covers the error when every operation may underflow."""
    rounded = _rounded(claim.reference.rounded_with_underflow, claim)
    allowed = np.fmin(SIGMAS * rounded.sigma, rounded.worst)
    return np.isfinite(allowed) & (claim.error <= allowed + claim.slight)


def not_finite(claim: Claim) -> Iterator[Decision]:
    """NaN or an infinity where a derivative exists."""
    yield Verdict.NOT_FINITE, Cause.NONE, ~np.isfinite(claim.values)


def wrong(claim: Claim) -> Iterator[Decision]:
    """More than rounding can do in whatever order proves the formula wrong; less does not."""
    yield Verdict.WRONG, Cause.FORMULA, claim.error > claim.possible
    yield Verdict.INCONCLUSIVE, Cause.EXCESS, np.ones(claim.values.shape, dtype=bool)


RULES: tuple[Callable[[Claim], Iterator[Decision]], ...] = (
    undefined,
    infinite,
    too_wide,
    rounds_away,
    own_bound,
    at_kink,
    agrees,
    out_of_range,
    not_finite,
    wrong,
)


# ---- judging ---------------------------------------------------------------------------------


def judge(derivative: Derivative, reference: Reference) -> Judgement:
    """Judge a computed derivative: the function's value first, then every entry.

    Args:
        derivative: what a backend answered.
        reference: what is true, in the same mode and dtype.

    Returns:
        the judgement of the worst entry, with the counts of all.
    """
    different = _different_value(derivative, reference)
    if different is not None:
        return different
    judged = [_judge_argument(name, derivative, reference) for name in reference.entries if name in derivative.entries]
    if not judged:
        return Judgement(Verdict.MISSING, Cause.NONE, message="no entry was answered")
    counts: dict[str, int] = {}
    for judgement in judged:
        for name, count in judgement.counts.items():
            counts[name] = counts.get(name, 0) + count
    worst = max(judged, key=lambda judgement: (judgement.verdict.value.severity, judgement.ratio))
    return _with_counts(worst, counts)


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
    if reference is not None and all(np.isnan(entry.high).all() for entry in reference.entries.values()):
        return Judgement(Verdict.UNDEFINED, Cause.DOMAIN, message=message)
    return Judgement(Verdict.RAISED, Cause.EXCEPTION, message=message)


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
    possible = _finite_or_huge(reference.rounded_value.worst) + slight
    beyond = ~enclosure.open & ~enclosure.wide & np.isfinite(values) & (error > possible)
    if not beyond.any() or reference.path_is_near:
        return None
    beyond &= ~_value_explained(values, reference, possible)
    if not beyond.any():
        return None
    index = _largest(np.where(beyond, error / possible, -1.0))
    return Judgement(
        verdict=Verdict.DIFFERENT,
        cause=Cause.VALUE,
        ratio=float((error / possible)[index]),
        ulps=float((error / ulp(enclosure.high, reference.dtype))[index]),
        argument="value",
        index=index,
        value=float(values[index]),
        lower=float(enclosure.lower[index]),
        upper=float(enclosure.upper[index]),
        allowance=float(possible[index]),
        counts={Verdict.DIFFERENT.name: int(beyond.sum())},
        message="the function's own value is not the definition's",
    )


def _value_explained(values: np.ndarray, reference: Reference, possible: np.ndarray) -> np.ndarray:
    """Whether over- or underflow, or a jump within rounding of the point, explains another value."""
    with np.errstate(invalid="ignore"):
        underflow = reference.value.distance(values) <= reference.rounded_value_with_underflow.worst + possible
        near = reference.near_value
        jump = ~((values < near.lower - possible) | (values > near.upper + possible))
    return reference.value_overflowed | underflow | (jump & bool(reference.slack))


def _judge_argument(name: str, derivative: Derivative, reference: Reference) -> Judgement:
    answered = derivative.entries[name]
    enclosure = reference.entries[name]
    if answered is None:
        return _missing(name, enclosure, reference)
    if np.shape(answered) != enclosure.shape:
        return judge_failure(BadOutput(f"{name} has shape {enclosure.shape}, its derivative {np.shape(answered)}"))
    claim = _claim(name, answered, derivative, enclosure, reference)
    codes = _decide(claim)
    return _worst_entry(claim, codes)


def _missing(name: str, enclosure: Enclosure, reference: Reference) -> Judgement:
    """No gradient arrived: right where no path leads to the output, else a failure."""
    size = int(np.prod(enclosure.shape, initial=1))
    if size and np.isnan(enclosure.high).all():
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


def _claim(
    name: str, answered: np.ndarray, derivative: Derivative, enclosure: Enclosure, reference: Reference
) -> Claim:
    values = np.asarray(answered)
    error = _exact_distance(values, enclosure) if values.dtype == object else enclosure.distance(values.astype(float))
    bound = None if derivative.bound is None else np.asarray(derivative.bound[name], dtype=float)
    floats = np.asarray(np.frompyfunc(_nearest_float, 1, 1)(values), dtype=float)
    return Claim(name, floats, enclosure, error, bound, reference)


def _nearest_float(value: Any) -> float:
    try:
        return float(value)
    except OverflowError:  # Python refuses fractions beyond the range of a float
        return float("inf") if value > 0 else float("-inf")


def _exact_distance(values: np.ndarray, enclosure: Enclosure) -> np.ndarray:
    """The distance of exact fractions to the midpoints, as much of it as is certain."""

    def distance(value: Any, ball: arb) -> float:
        fraction = Fraction(value)
        difference = arb(fmpq(fraction.numerator, fraction.denominator)) - ball.mid()
        return float(difference.abs_lower())

    with precision(DISTANCE_BITS):
        return np.asarray(np.frompyfunc(distance, 2, 1)(values, enclosure.balls), dtype=float)


def _decide(claim: Claim) -> list[Decision]:
    """Apply the rules in order; each entry goes to the first decision that takes it."""
    undecided = np.ones(claim.values.shape, dtype=bool)
    decisions: list[Decision] = []
    with np.errstate(all="ignore"):
        for rule in RULES:
            for verdict, cause, mask in rule(claim):
                taken = undecided & mask
                if taken.any():
                    decisions.append((verdict, cause, taken))
                    undecided = undecided & ~taken
                if not undecided.any():
                    return decisions
    return decisions


def _worst_entry(claim: Claim, decisions: list[Decision]) -> Judgement:
    counts: dict[str, int] = {}
    for verdict, _, mask in decisions:
        counts[verdict.name] = counts.get(verdict.name, 0) + int(mask.sum())
    if not decisions:
        return Judgement(Verdict.AGREES, Cause.NONE, argument=claim.name, counts=counts)
    with np.errstate(all="ignore"):
        ratio = np.where(claim.error == 0, 0.0, claim.error / claim.allowance)
        # At a kink the distance to the middle of an interval says nothing.
        ratio = np.where(np.isnan(ratio) | claim.enclosure.open, 0.0, ratio)
    best = max(decisions, key=lambda d: (d[0].value.severity, float(np.max(ratio[d[2]]))))
    verdict, cause, mask = best
    index = _largest(np.where(mask, ratio, -1.0))
    return _judgement(claim, verdict, cause, index, float(ratio[index]), counts)


def _judgement(
    claim: Claim, verdict: Verdict, cause: Cause, index: tuple[int, ...], ratio: float, counts: Mapping[str, int]
) -> Judgement:
    enclosure = claim.enclosure
    has_ulps = enclosure.high[index] != 0 and not enclosure.open[index] and np.isfinite(claim.error[index])
    return Judgement(
        verdict=verdict,
        cause=cause,
        ratio=ratio,
        ulps=float(claim.error[index] / claim.ulp[index]) if has_ulps else None,
        argument=claim.name,
        index=index,
        value=float(claim.values[index]),
        lower=float(enclosure.lower[index]),
        upper=float(enclosure.upper[index]),
        allowance=float(claim.allowance[index]),
        counts=counts,
        message=cause.value,
    )


def _with_counts(judgement: Judgement, counts: Mapping[str, int]) -> Judgement:
    from dataclasses import replace

    return replace(judgement, counts=dict(counts))


def _inside(values: np.ndarray, enclosure: Enclosure, slack: np.ndarray) -> np.ndarray:
    return (values >= enclosure.lower - slack) & (values <= enclosure.upper + slack)


def _largest(ratios: np.ndarray) -> tuple[int, ...]:
    return tuple(int(k) for k in np.unravel_index(int(np.argmax(ratios)), ratios.shape))
