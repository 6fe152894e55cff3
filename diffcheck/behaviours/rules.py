"""Rules: whether evidence bears a statement out, and what is seen instead.

A rule runs no framework. Derivatives are held against the certified one, so that no rule needs a tolerance.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from diffcheck.backends.base import Derivative
from diffcheck.behaviours.evidence import Evidence
from diffcheck.dtype import is_floating, ulp
from diffcheck.evidence import ULPS_ALWAYS_ALLOWED
from diffcheck.judge import judge
from diffcheck.point import Point
from diffcheck.record import Judgement
from diffcheck.reference.reference import refer
from diffcheck.verdict import Verdict

RIGHT = (Verdict.AGREES, Verdict.CONVENTION)


@dataclass(frozen=True)
class Ruling:
    """What follows from evidence.

    Attributes:
        holds: whether the statement does.
        said: what is seen instead; where it holds, what else there is to say (what was picked at a kink).
    """

    holds: bool
    said: str = ""


@dataclass(frozen=True)
class Rule:
    """How evidence becomes a ruling.

    Attributes:
        decide: evidence in, ruling out.
        of_exceptions: whether it is about an exception; others never see one.
    """

    decide: Callable[[Evidence], Ruling]
    of_exceptions: bool = False


def equals(**expected: Any) -> Rule:
    """Every named value is this one, digit for digit; NaN is NaN."""

    def decide(evidence: Evidence) -> Ruling:
        wrong = [name for name, value in expected.items() if not _equal(evidence, name, value)]
        others = {name: evidence.values.get(name) for name in wrong}
        return Ruling(not others, ", ".join(f"{name} {value!r}" for name, value in others.items()))

    return Rule(decide)


def same(first: str, *others: str) -> Rule:
    """Some values are equal, digit for digit."""

    def decide(evidence: Evidence) -> Ruling:
        value = evidence.values[first]
        apart = [name for name in others if not _equal(evidence, name, value)]
        said = ", ".join(f"{name} {evidence.values[name]!r}" for name in [first, *apart])
        return Ruling(not apart, said if apart else "")

    return Rule(decide)


def differ(first: str, second: str) -> Rule:
    """Two values are not equal."""

    def decide(evidence: Evidence) -> Ruling:
        equal = _equal(evidence, second, evidence.values[first])
        return Ruling(not equal, f"{first} and {second} are both {evidence.values[first]!r}" if equal else "")

    return Rule(decide)


def raises(kind: str | tuple[str, ...], fragment: str = "") -> Rule:
    """The probe ends with an exception of this type, or of one of these, whose message holds these words."""
    kinds = (kind,) if isinstance(kind, str) else kind

    def decide(evidence: Evidence) -> Ruling:
        if not evidence.raised:
            return Ruling(False, "raises nothing: " + ", ".join(f"{n} {v!r}" for n, v in evidence.values.items()))
        is_meant = evidence.raised in kinds and fragment in evidence.message
        return Ruling(is_meant, "" if is_meant else evidence.exception)

    return Rule(decide, of_exceptions=True)


def is_derivative(name: str, function: Callable[..., Any], dtype: str = "float64", **arguments: Any) -> Rule:
    """A value is the gradient of an array-API function, by the certified one; at a kink, one of the admissible.

    Args:
        name: of the value: the gradient with respect to the first argument, pulled back along ones.
        function: for the array API.
        dtype: in which the framework computed.
        arguments: where; arrays of whole numbers are not differentiated.
    """
    wrt = next(iter(arguments))

    def decide(evidence: Evidence) -> Ruling:
        point = Point({n: _array(value, dtype) for n, value in arguments.items()})
        answer = Derivative(None, {wrt: np.asarray(evidence.values[name], float)})
        judgement = judge(answer, refer(function, point, (wrt,)))
        if judgement.verdict not in RIGHT:
            return Ruling(False, f"{judgement.verdict.name}: {_against(judgement)}")
        # What has no derivative is no reason to doubt a derivative: it does not show in the verdict.
        others = judgement.counts.keys() - {verdict.name for verdict in RIGHT}
        if others:
            return Ruling(False, f"{', '.join(sorted(others))} beside what is right")
        return Ruling(True, judgement.message if judgement.verdict is Verdict.CONVENTION else "")

    return Rule(decide)


def is_value(name: str, function: Callable[..., Any], dtype: str = "float64", **arguments: Any) -> Rule:
    """A value is that of an array-API function, up to what rounding can do to its formula.

    Args:
        name: of the value.
        function: for the array API.
        dtype: in which the framework computed.
        arguments: where, at least one of real numbers.
    """

    def decide(evidence: Evidence) -> Ruling:
        point = Point({n: _array(value, dtype) for n, value in arguments.items()})
        wrt = next(n for n, array in point.arguments.items() if is_floating(array.dtype))
        reference = refer(function, point, (wrt,))
        values = np.asarray(evidence.values[name], float)
        if values.shape != reference.value.shape:
            return Ruling(False, f"{name} has shape {values.shape}, its formula {reference.value.shape}")
        slight = ULPS_ALWAYS_ALLOWED * ulp(reference.value.high, point.dtype)
        error = reference.value.distance(values)
        apart = ~(error <= reference.rounded_value.worst + slight)
        places = [tuple(map(int, place)) for place in np.argwhere(apart)]
        said = [f"{name}{list(k)} is {values[k]:.6g}, {error[k]:.2g} off its formula" for k in places]
        return Ruling(not said, said[0] if said else "")

    return Rule(decide)


def is_among(name: str, values: range) -> Rule:
    """A whole number is one of some."""

    def decide(evidence: Evidence) -> Ruling:
        value = evidence.values[name]
        said = f"{name} {value}, not {values[0]} to {values[-1]}"
        return Ruling(value in values, "" if value in values else said)

    return Rule(decide)


def both(*rules: Rule) -> Rule:
    """Every rule is satisfied."""

    def decide(evidence: Evidence) -> Ruling:
        rulings = [rule.decide(evidence) for rule in rules]
        broken = [ruling for ruling in rulings if not ruling.holds]
        return Ruling(not broken, "; ".join(ruling.said for ruling in broken or rulings if ruling.said))

    return Rule(decide)


def _against(judgement: Judgement) -> str:
    """A number and what it ought to be, or why there is none."""
    if judgement.value is None or judgement.lower is None or judgement.upper is None:
        return judgement.message
    low, high = judgement.lower + 0.0, judgement.upper + 0.0
    is_one = np.nextafter(np.nextafter(low, high), high) >= high
    true = f"{low / 2 + high / 2:.15g}" if is_one else f"between {low!r} and {high!r}"
    return f"{judgement.value!r} where the derivative is {true}"


def _equal(evidence: Evidence, name: str, value: Any) -> bool:
    return name in evidence.values and equal(evidence.values[name], value)


def equal(first: Any, second: Any) -> bool:
    """Whether two plain values are the same; 0.0 is −0.0, and 1 is 1.0, but not `True`."""
    if isinstance(first, Sequence) and isinstance(second, Sequence) and not isinstance(first, str):
        return len(first) == len(second) and all(map(equal, first, second))
    if isinstance(first, bool) is not isinstance(second, bool):
        return False
    if isinstance(first, float) and isinstance(second, float) and math.isnan(first):
        return math.isnan(second)
    return bool(first == second)


def _array(value: Any, dtype: str) -> np.ndarray:
    array = np.asarray(value)
    return array if array.dtype.kind in "iub" else array.astype(dtype)
