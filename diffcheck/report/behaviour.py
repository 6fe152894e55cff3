"""Statements about frameworks, and what each framework does, as reports show them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from diffcheck.observation import DIFFERS, HOLDS, NOT_APPLICABLE, RAISED, BehaviourRow, Observation
from diffcheck.report.number import counted

GLYPHS: Mapping[str, str] = {HOLDS: "✓", DIFFERS: "≠", NOT_APPLICABLE: "–", RAISED: "!"}

MEANINGS: Mapping[str, str] = {
    HOLDS: "what the statement says was seen",
    DIFFERS: "something else was seen",
    NOT_APPLICABLE: "the framework has no such notion",
    RAISED: "an exception where the statement speaks of none",
}


def glyph(outcome: str) -> str:
    """A sign for an outcome; its name where a later version wrote it."""
    return GLYPHS.get(outcome, outcome)


def frameworks(rows: Iterable[BehaviourRow]) -> tuple[str, ...]:
    """Everybody who was looked at, in the order of their first appearance."""
    return tuple(dict.fromkeys(one.framework for row in rows for one in row.observations))


def observation_of(row: BehaviourRow, framework: str) -> Observation | None:
    """What a framework does; `None` where it was not looked at."""
    return next((one for one in row.observations if one.framework == framework), None)


def counts(rows: Sequence[BehaviourRow]) -> dict[str, dict[str, int]]:
    """Framework → outcome → how many statements."""
    found: dict[str, dict[str, int]] = {}
    for framework in frameworks(rows):
        outcomes = [one.outcome for row in rows if (one := observation_of(row, framework)) is not None]
        found[framework] = {outcome: outcomes.count(outcome) for outcome in dict.fromkeys([*GLYPHS, *outcomes])}
    return found


def sentence(rows: Sequence[BehaviourRow]) -> str:
    """How many statements, and what became of them."""
    parts = [
        f"{framework}: {', '.join(f'{number} {outcome}' for outcome, number in outcomes.items() if number)}"
        for framework, outcomes in counts(rows).items()
    ]
    return f"{counted(len(rows), 'statement')} about frameworks; {'; '.join(parts)}"


def shown(seen: Observation | None) -> str:
    """The sign, and what else there is to say."""
    if seen is None:
        return ""
    return f"{glyph(seen.outcome)} {seen.said}".rstrip()


def short(rows: Sequence[BehaviourRow]) -> str:
    """Group by group, how many statements hold: a table for a page that links to the whole."""
    present = frameworks(rows)
    lines = [f"| group | statements | {' | '.join(present)} |", "|---|---|" + "---|" * len(present)]
    for group in dict.fromkeys(row.group for row in rows):
        own = [row for row in rows if row.group == group]
        cells = [
            ", ".join(f"{number} {glyph(outcome)}" for outcome, number in counts(own)[name].items() if number)
            for name in present
        ]
        lines.append(f"| {group} | {len(own)} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"
