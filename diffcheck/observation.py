"""What frameworks do where a statement says what they should: data only, for run files and reports."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

HOLDS = "holds"
DIFFERS = "differs"
NOT_APPLICABLE = "not applicable"
RAISED = "raised"

OUTCOMES = (HOLDS, DIFFERS, NOT_APPLICABLE, RAISED)


@dataclass(frozen=True)
class Observation:
    """What one framework does.

    Attributes:
        framework: whose behaviour.
        outcome: one of `OUTCOMES`.
        said: what it does instead, what it picks, why it has no such notion; empty where that says nothing new.
        evidence: name → what was seen, as Python writes it; an exception's type and message among it.
        probe: the code that saw it.
        version: of the framework.
    """

    framework: str
    outcome: str
    said: str = ""
    evidence: Mapping[str, str] = field(default_factory=dict)
    probe: str = ""
    version: str = ""


@dataclass(frozen=True)
class BehaviourRow:
    """One statement, and what every framework does.

    Attributes:
        name: `group/name`.
        statement: what frameworks are said to do, in one sentence.
        why: why that matters.
        source: who says so; `""` where nobody in particular does.
        observations: one per framework.
    """

    name: str
    statement: str
    why: str
    source: str
    observations: tuple[Observation, ...]

    @property
    def group(self) -> str:
        """The part of the name before the stroke."""
        return self.name.partition("/")[0]
