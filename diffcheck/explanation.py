"""Explanation: what a person wants to know about a judgement beyond its numbers.

Nothing here decides anything, and it costs more than judging: it is asked for what a report shows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from diffcheck.diagnosis import likely_causes
from diffcheck.evidence import Evidence
from diffcheck.expression.closed_form import COTANGENT
from diffcheck.record import Judgement
from diffcheck.reference.conditioning import advice, conditioning
from diffcheck.reference.culprit import overflowing, underflowing
from diffcheck.reference.rounded import SIGMAS
from diffcheck.verdict import Cause, Verdict

_NAMING = {Cause.OVERFLOW: overflowing, Cause.UNDERFLOW: underflowing}


def explained(judgement: Judgement, evidence: Mapping[str, Evidence]) -> Judgement:
    """A judgement with the culprit, likely causes, advice, and what the allowance is made of.

    Args:
        judgement: of a derivative.
        evidence: argument → what the judgement was made from.
    """
    about = evidence.get(judgement.argument)
    if about is None:
        return judgement
    return replace(
        judgement,
        culprit=culprit_of(judgement, about),
        causes=causes_of(evidence) if judgement.verdict in (Verdict.WRONG, Verdict.NOT_FINITE) else (),
        advice=advice_of(judgement, about),
        allowed_for=allowed_for(judgement, about),
    )


def culprit_of(judgement: Judgement, evidence: Evidence) -> str:
    """The intermediate that left the range; nothing where range is not the cause."""
    naming, node = _NAMING.get(judgement.cause), evidence.reference.closed_form.entries[evidence.name]
    if naming is None or node is None:
        return ""
    return str(naming(node, judgement.index, evidence.reference.inputs, evidence.reference.dtype) or "")


def causes_of(evidence: Mapping[str, Evidence]) -> tuple[str, ...]:
    """What the wrong numbers look like."""
    reference = next(iter(evidence.values())).reference
    inputs = {name: np.asarray(values, dtype=float) for name, values in reference.inputs.items()}
    return likely_causes(
        {name: one.values for name, one in evidence.items()},
        {name: one.enclosure.high for name, one in evidence.items()},
        {name: one.allowance for name, one in evidence.items()},
        arguments={name: inputs[name] for name in reference.closed_form.traced.inputs},
        value=reference.value.high,
        cotangent=_direction(reference.closed_form.mode, inputs),
    )


def _direction(mode: str, inputs: Mapping[str, np.ndarray]) -> np.ndarray | None:
    """The cotangent, where it says something."""
    cotangent = inputs.get(COTANGENT)
    return None if "R" not in mode or cotangent is None or (cotangent == 1).all() else cotangent


def advice_of(judgement: Judgement, evidence: Evidence) -> str:
    """Where digits are lost; nothing for a method with a bound of its own."""
    reference = evidence.reference
    node = reference.closed_form.entries[evidence.name]
    is_settled = judgement.cause is Cause.GRAPH  # digits are no matter beside another formula
    if node is None or evidence.bound is not None or judgement.allowance is None or is_settled:
        return ""
    arguments = tuple(reference.closed_form.traced.inputs.values())
    kappa = conditioning(node, judgement.index, arguments, reference.inputs, reference.dtype)
    truth = float(evidence.enclosure.high[judgement.index])
    return advice(float(evidence.allowance[judgement.index]), kappa, truth, reference.dtype) or ""


def allowed_for(judgement: Judgement, evidence: Evidence) -> str:
    """What the allowance of an entry is made of."""
    if evidence.bound is not None:
        return "the method's own error bound"
    if judgement.cause is Cause.GRAPH:
        return "nothing: without any rounding the program computes another number"
    sigma, worst = (np.asarray(part)[judgement.index] for part in (evidence.rounded.sigma, evidence.rounded.worst))
    if not np.isfinite(np.fmin(sigma, worst)):
        return "2 ulp: no bound on its rounding holds here"
    if SIGMAS * sigma < worst:
        return "6 standard deviations of its rounding, and 2 ulp"
    return "its rounding in whatever order, and 2 ulp" if worst > 0 else "2 ulp: nothing is rounded here"
