"""What a source states about a framework, and what becomes of it: computed from evidence, never typed."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from diffcheck.behaviours.observe import Sights
from diffcheck.behaviours.rules import equal
from diffcheck.claims import DEPENDS, HOLDS, REFUTED, UNTESTED, holds
from diffcheck.sheet import ClaimRow

RAISED = "raised"
"""As a value's name: the type of the exception that a probe ended with."""

Where = tuple[str, str]
"""A behaviour, and the name of a value among its evidence."""


@dataclass(frozen=True)
class Stated:
    """Something that a source states, in a form that evidence can refute.

    Attributes:
        source: who says so.
        statement: the sentence, in ours.
        where: the value that it is held against; condition → value, where it may depend; or why nobody can look.
        claimed: what that value would be if the statement were true. A number is claimed to the decimals it
            is printed with, a text of digits too; everything else digit for digit.
        framework: of which it is stated.
        between: whether what was seen are two numbers, between which the claimed one is to lie.
    """

    source: str
    statement: str
    where: Where | Mapping[str, Where] | str
    claimed: Any = None
    framework: str = "torch"
    between: bool = False

    @property
    def places(self) -> tuple[Where, ...]:
        """All values that it is held against."""
        if isinstance(self.where, str):
            return ()
        return (self.where,) if isinstance(self.where, tuple) else tuple(self.where.values())


def claim_rows(stated: Iterable[Stated], sights: Sights) -> tuple[ClaimRow, ...]:
    """What became of every statement."""
    return tuple(claim_row(one, sights) for one in stated)


def claim_row(stated: Stated, sights: Sights) -> ClaimRow:
    """Hold one statement against what was seen.

    Returns:
        `holds` or `refuted`; `depends` where it is so under some conditions; `untested` where nobody could look.
    """
    outcome, true = _outcome(stated, sights)
    behaviours = ", ".join(dict.fromkeys(behaviour for behaviour, _ in stated.places))
    claimed = "" if isinstance(stated.where, str) else written(stated.claimed)
    return ClaimRow(stated.statement, outcome, claimed, true, stated.source, behaviours)


def _outcome(stated: Stated, sights: Sights) -> tuple[str, str]:
    """What became of it, and what is so."""
    try:
        true = _true(stated, sights)
    except _Unseen as reason:
        return UNTESTED, str(reason)
    if stated.between:
        least, most = map(float, true)
        return HOLDS if least <= float(stated.claimed) <= most else REFUTED, f"between {least} and {most}"
    if not isinstance(true, Mapping):
        return HOLDS if is_so(stated.claimed, true) else REFUTED, written(true)
    so = [is_so(stated.claimed, value) for value in true.values()]
    text = "; ".join(f"{condition}: {written(value)}" for condition, value in true.items())
    return HOLDS if all(so) else DEPENDS if any(so) else REFUTED, text


class _Unseen(Exception):
    """Nobody could look; the message says why."""


def _true(stated: Stated, sights: Sights) -> Any:
    """What was seen: a value, or condition → value."""
    if isinstance(stated.where, str):
        raise _Unseen(stated.where)
    if isinstance(stated.where, tuple):
        return _seen(stated.where, stated.framework, sights)
    return {condition: _seen(where, stated.framework, sights) for condition, where in stated.where.items()}


def _seen(where: Where, framework: str, sights: Sights) -> Any:
    behaviour, value = where
    found = sights.get((behaviour, framework))
    if found is None:
        raise _Unseen(f"there is no {framework} here to look at")
    if value == RAISED:
        return found.raised or "nothing is raised"
    if value not in found.values:
        raise _Unseen(f"the probe ended with {found.exception}")
    return found.values[value]


def is_so(claimed: Any, true: Any) -> bool:
    """Whether what is claimed is what was seen, to the decimals that are claimed."""
    if isinstance(claimed, list) and isinstance(true, list):
        return len(claimed) == len(true) and all(map(is_so, claimed, true))
    if isinstance(claimed, float | str) and _is_number(claimed) and _is_number(true):
        return holds(claimed, float(true), float(true))
    return equal(claimed, true)


def written(value: Any) -> str:
    """A value for a reader: as Python writes it, but for the quotation marks about text."""
    if isinstance(value, list):
        return f"[{', '.join(map(written, value))}]"
    return value if isinstance(value, str) else repr(value)


def _is_number(value: Any) -> bool:
    """Whether a value is a number that is not whole, or the digits of one."""
    try:
        return isinstance(value, float | str) and math.isfinite(float(value))
    except ValueError:
        return False
