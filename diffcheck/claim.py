"""A claim: a number that a source states, to be held against the reference."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Claim:
    """What a source says about a function at a point.

    The outcome (holds, refuted) is computed from the reference and never typed. A claimed
    number holds when its distance to the enclosure is at most half a unit of its last printed
    decimal: a source that prints 2.158751 claims no more than that.

    Attributes:
        statement: the source's sentence, in ours.
        at: the point, as in `examples`; empty means the case's first example.
        value: the claimed value, numbers or nested lists of numbers, or `None`.
        gradient: argument → claimed gradient, or `None`.
        source: who states it, where the case has several sources.
    """

    statement: str
    at: Mapping[str, Any] = field(default_factory=dict)
    value: Any = None
    gradient: Mapping[str, Any] | None = None
    source: str = ""
