"""The rules of judgement, in the order in which they are asked; the first that decides an entry wins.

Each rule is a generator of decisions: a verdict, its cause, and the entries it is about. No rule
has a tolerance: every bound comes from the evidence, which has it from the graph and the dtype.
To add a rule, copy a neighbour and give it its place in `RULES`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from diffcheck.dtype import limits, ulp
from diffcheck.evidence import ULPS_ALWAYS_ALLOWED, Evidence
from diffcheck.reference.enclosure import Enclosure
from diffcheck.reference.kink import Place
from diffcheck.reference.rounded import SIGMAS
from diffcheck.verdict import Cause, Verdict

# The conditioning of an entry takes a pullback of its own.
MOST_CONDITIONED = 32

Decision = tuple[Verdict, Cause, np.ndarray]


def undefined(evidence: Evidence) -> Iterator[Decision]:
    """There is no derivative here: outside the domain, at a jump (also of a lower order) or a pole, in a hole."""
    reference = evidence.reference
    indeterminate = np.isnan(evidence.enclosure.high)
    outside = np.isnan(reference.value.high)
    yield (
        Verdict.UNDEFINED,
        Cause.DOMAIN,
        np.ones_like(indeterminate) if outside.all() else indeterminate & outside.any(),
    )
    if reference.gaps is not None and not reference.jumps:
        yield Verdict.UNDEFINED, Cause.LOWER_ORDER, reference.gaps.nowhere[evidence.name]
    yield Verdict.UNDEFINED, Cause.JUMP, indeterminate | reference.jumps
    if reference.kink is not None:
        yield Verdict.UNDEFINED, Cause.JUMP, evidence.spread(reference.kink.unbounded, otherwise=False) == 1
    silent = reference.removable and not evidence.has_value
    yield Verdict.UNDEFINED, Cause.HOLE, silent & ~np.isfinite(evidence.values)


def infinite(evidence: Evidence) -> Iterator[Decision]:
    """The true derivative is infinite with one sign."""
    is_infinite = evidence.enclosure.infinite
    if evidence.bound is not None:
        yield Verdict.INCONCLUSIVE, Cause.NO_BOUND, is_infinite & ~np.isfinite(evidence.bound)
    yield Verdict.AGREES, Cause.INFINITE, is_infinite & (evidence.values == evidence.enclosure.high)
    yield Verdict.NOT_FINITE, Cause.INFINITE, is_infinite & ~np.isfinite(evidence.values)
    yield Verdict.WRONG, Cause.FORMULA, is_infinite


def too_wide(evidence: Evidence) -> Iterator[Decision]:
    """The reference could not be made narrow: what lies inside it is not yet right."""
    yield Verdict.INCONCLUSIVE, Cause.WIDE, evidence.enclosure.wide


def rounds_away(evidence: Evidence) -> Iterator[Decision]:
    """The true derivative is a number that the dtype rounds to zero or to an infinity."""
    row = limits(evidence.reference.dtype)
    high = evidence.enclosure.high
    below = (np.abs(high) < row.smallest_subnormal) & evidence.has_sign
    same_infinity = np.isinf(evidence.values) & (np.sign(evidence.values) == np.sign(high))
    yield Verdict.AGREES, Cause.ROUNDS_AWAY, evidence.is_beyond & same_infinity
    yield Verdict.AGREES, Cause.ROUNDS_AWAY, below & (evidence.values == 0) & ~evidence.enclosure.open


def own_bound(evidence: Evidence) -> Iterator[Decision]:
    """A method with a bound of its own is judged by that bound."""
    if evidence.bound is None:
        return
    narrow = ~evidence.enclosure.open
    yield Verdict.INCONCLUSIVE, Cause.NO_BOUND, narrow & ~np.isfinite(evidence.allowance)
    within = evidence.error <= evidence.allowance
    size = _told_from_zero(evidence)
    says_little = (evidence.allowance >= size) & (evidence.error > evidence.slight) & (size > 0)
    yield Verdict.INCONCLUSIVE, Cause.WEAK_BOUND, narrow & within & says_little
    yield Verdict.AGREES, Cause.OWN_BOUND, narrow & within
    yield Verdict.WRONG, Cause.FORMULA, narrow & np.isfinite(evidence.error)


def _told_from_zero(evidence: Evidence) -> np.ndarray:
    """What a bound must be below: an entry's size; where that may be zero, the largest size; zero where all may be."""
    known = evidence.together.evidence.values()
    largest = max(float(np.max(np.abs(about.enclosure.high[about.has_sign]), initial=0.0)) for about in known)
    return np.where(evidence.has_sign, np.abs(evidence.enclosure.high), largest)


def at_kink(evidence: Evidence) -> Iterator[Decision]:
    """A kink lies exactly here: the derivatives between its limits are admissible, jointly."""
    kink = evidence.reference.kink
    if kink is None:
        return
    is_open = evidence.enclosure.open
    places = evidence.at_kink
    is_single = ~np.isnan(evidence.spread(kink.ends, otherwise=np.nan))
    yield Verdict.AGREES, Cause.ROUNDING, (places == Place.INSIDE) & is_single
    yield Verdict.CONVENTION, Cause.TIE, places == Place.INSIDE
    yield from near_kink(evidence)
    if evidence.bound is not None:
        yield Verdict.INCONCLUSIVE, Cause.NO_BOUND, is_open & ~np.isfinite(evidence.bound)
    overflows = evidence.ranged.left
    yield Verdict.RANGE, Cause.OVERFLOW, is_open & ~np.isfinite(evidence.values) & overflows
    yield Verdict.NOT_FINITE, Cause.TIE, is_open & ~np.isfinite(evidence.values)
    yield Verdict.SELECTION, Cause.CHOICES, places == Place.SELECTED
    yield Verdict.INCONCLUSIVE, Cause.OVERFLOW, (places == Place.BEYOND) & overflows
    near_root = evidence.reference.nearby.has_root if np.any(places == Place.BEYOND) else False
    yield Verdict.INCONCLUSIVE, Cause.NEAR_KINK, (places == Place.BEYOND) & near_root
    yield Verdict.WRONG, Cause.BEYOND_KINK, places == Place.BEYOND
    yield Verdict.INCONCLUSIVE, Cause.TIE, is_open | (places == Place.UNKNOWN)


def near_kink(evidence: Evidence) -> Iterator[Decision]:
    """A kink lies within rounding: the derivatives of the branches that rounding may take are admissible."""
    if not evidence.reference.slack:
        return
    for entries in evidence.reference.nearby.paths:
        path = entries[evidence.name]
        reached = _inside(evidence.values, path, evidence.margin)
        yield Verdict.CONVENTION, Cause.NEAR_KINK, np.full(reached.shape, reached.all())
    places = evidence.near_kink
    inside = _inside(evidence.values, evidence.near, evidence.margin) if places is None else places == Place.INSIDE
    yield Verdict.CONVENTION, Cause.NEAR_KINK, inside


def agrees(evidence: Evidence) -> Iterator[Decision]:
    """Within the allowance, on the branch of the exact point or on one that rounding may take."""
    yield from another_formula(evidence)
    yield from unexcused(evidence)
    yield Verdict.AGREES, Cause.ROUNDING, np.isfinite(evidence.error) & (evidence.error <= evidence.allowance)
    yield from near_kink(evidence)
    if evidence.reference.nearby.has_more_paths:
        yield Verdict.INCONCLUSIVE, Cause.NEAR_KINK, np.ones(evidence.values.shape, dtype=bool)


def another_formula(evidence: Evidence) -> Iterator[Decision]:
    """No allowance excuses a formula that is wrong without any rounding, where that makes most of the error.

    Such is the gradient of a determinant by elimination at a singular matrix: rounding may do anything
    to it, and exactly computed it is zero. Where rounding may take another branch, its formula is another, too:
    there only an allowance that takes half of the digits is asked about.
    """
    doubtful = evidence.error > evidence.slight
    if evidence.reference.slack:
        doubtful &= evidence.is_careless
    if doubtful.any() and evidence.ran is not None:
        yield Verdict.WRONG, Cause.GRAPH, doubtful & evidence.ran.accounts_for(evidence.name, evidence.error)


def unexcused(evidence: Evidence) -> Iterator[Decision]:
    """A careless definition excuses no program that is not known: what no input's rounding explains is open."""
    allowed = evidence.is_careless & (evidence.error > evidence.slight) & (evidence.error <= evidence.allowance)
    if not allowed.any() or not evidence.together.is_opaque:
        return
    open_entries = np.zeros(allowed.shape, dtype=bool)
    furthest_first = np.argsort(-(evidence.error / evidence.slight)[allowed], kind="stable")
    for index in map(tuple, np.argwhere(allowed)[furthest_first[:MOST_CONDITIONED]]):
        open_entries[index] = evidence.error[index] > evidence.slight[index] + evidence.conditioning(index)
    yield Verdict.INCONCLUSIVE, Cause.OPAQUE, open_entries


def out_of_range(evidence: Evidence) -> Iterator[Decision]:
    """An over- or underflow among the ancestors of this entry explains it.

    After an overflow, a number is explained if it is what the rest of the program makes of the
    infinity (1/∞ = 0), or where computing stops short of it.
    """
    finite = np.isfinite(evidence.values)
    excess = finite & (evidence.is_beyond | ~(evidence.error <= evidence.possible))
    if finite.all() and not excess.any():
        return
    row = limits(evidence.reference.dtype)
    saturated = evidence.ranged.value
    opposite = np.isinf(evidence.values) & (evidence.values == -saturated)
    explained = np.abs(evidence.values - saturated) <= ULPS_ALWAYS_ALLOWED * ulp(saturated, row.dtype)
    stopped = evidence.is_beyond & (evidence.values == np.copysign(row.largest, evidence.enclosure.high))
    if evidence.ran is not None:
        yield Verdict.WRONG, Cause.GRAPH, evidence.overflowed & evidence.ran.leads_beyond_range(evidence.name)
    yield Verdict.RANGE, Cause.OVERFLOW, evidence.overflowed & ((~finite & ~opposite) | (excess & explained))
    yield Verdict.RANGE, Cause.OVERFLOW, stopped
    yield Verdict.RANGE, Cause.UNDERFLOW, excess & ~evidence.is_beyond & _underflow_covers(evidence)


def _underflow_covers(evidence: Evidence) -> np.ndarray:
    """Whether rounding covers the error when every operation may underflow."""
    rounded = evidence.rounded_with_underflow()
    allowed = np.fmin(SIGMAS * rounded.sigma, rounded.worst)
    return np.isfinite(allowed) & (evidence.error <= allowed + evidence.slight)


def not_finite(evidence: Evidence) -> Iterator[Decision]:
    """NaN or an infinity where a derivative exists."""
    yield Verdict.NOT_FINITE, Cause.NONE, ~np.isfinite(evidence.values)


def wrong(evidence: Evidence) -> Iterator[Decision]:
    """Another formula than the derivative's, or more than rounding can do in whatever order; less is a suspicion.

    After an overflow no bound on rounding holds; but where the overflow leads to the infinity that is right,
    a number is not what it leads to.
    """
    if evidence.ran is not None:
        yield Verdict.WRONG, Cause.GRAPH, evidence.ran.excludes(evidence.name)
    beyond_rounding = evidence.error > evidence.possible
    leads_to_infinity = evidence.ranged.value == np.copysign(np.inf, evidence.enclosure.high)
    missed = evidence.is_beyond & leads_to_infinity & (beyond_rounding | evidence.is_far_beyond)
    yield Verdict.WRONG, Cause.FORMULA, missed & (evidence.ran is None)
    yield Verdict.INCONCLUSIVE, Cause.OVERFLOW, evidence.overflowed & (evidence.is_beyond | beyond_rounding)
    yield Verdict.WRONG, Cause.FORMULA, beyond_rounding
    yield from biased(evidence)
    yield Verdict.INCONCLUSIVE, Cause.EXCESS, np.ones(evidence.values.shape, dtype=bool)


def biased(evidence: Evidence) -> Iterator[Decision]:
    """A program that is right without any rounding may add equal numbers up, each of which is rounded the same way."""
    if evidence.ran is not None:
        within = evidence.error <= evidence.allowance_with_bias
        yield Verdict.AGREES, Cause.BIAS, within & evidence.ran.is_right(evidence.name, evidence.error)


def _inside(values: np.ndarray, enclosure: Enclosure, slack: np.ndarray) -> np.ndarray:
    return (values >= enclosure.lower - slack) & (values <= enclosure.upper + slack)


RULES: tuple[Callable[[Evidence], Iterator[Decision]], ...] = (
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
