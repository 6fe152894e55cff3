"""A behaviour: a statement about frameworks that can be put to the test."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from diffcheck.behaviours.evidence import Evidence
from diffcheck.behaviours.rules import Rule

Probe = Callable[[], Evidence]
"""A few lines of a framework's own code, imports included, that end in `return seen(name=value)`."""


@dataclass(frozen=True)
class Absent:
    """A framework that lacks the notion, and why."""

    reason: str


@dataclass(frozen=True)
class Behaviour:
    """A statement about frameworks.

    A probe says what it saw and decides nothing; the rule decides and runs nothing. A probe that raises
    has seen the exception.

    Attributes:
        name: `group/name`.
        statement: what frameworks are said to do, in one sentence.
        why: why that matters, in one sentence.
        rule: whether evidence bears the statement out.
        probes: framework → what looks, or why there is nothing to look at.
        source: who says so; `""` where nobody in particular does.
    """

    name: str
    statement: str
    why: str
    rule: Rule
    probes: Mapping[str, Probe | Absent]
    source: str = ""
