"""What sources claim, about numbers and about frameworks, in one list."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from diffcheck.record import Run

OUTCOMES: Mapping[str, str] = {"holds": "passed", "refuted": "failed", "depends": "warned", "untested": "skipped"}
"""Outcome → the colour it is shown in."""


@dataclass(frozen=True)
class Said:
    """A claim as a report shows it.

    Attributes:
        source: who says so.
        statement: what.
        outcome: what became of it.
        claimed, true: what is claimed and what is so.
        about: the case, or the statement about frameworks, that it was held against.
    """

    source: str
    statement: str
    outcome: str
    claimed: str
    true: str
    about: str


def claims(run: Run) -> list[Said]:
    """All claims of a run, source by source."""
    found = [
        Said(claim.source or sheet.source, claim.statement, claim.outcome, claim.claimed, claim.true, sheet.case)
        for sheet in run.sheets
        for claim in sheet.claims
    ]
    found += [Said(one.source, one.statement, one.outcome, one.claimed, one.true, one.behaviour) for one in run.claims]
    return sorted(found, key=lambda said: said.source)


def tally(said: list[Said]) -> str:
    """How many hold, and how many do not."""
    outcomes = [one.outcome for one in said]
    return ", ".join(f"{outcomes.count(name)} {name}" for name in OUTCOMES if name in outcomes)
