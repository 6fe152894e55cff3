"""What follows for one value, and why: never a bool.

Each verdict and each cause is one row. Everything that depends on a verdict (the glyph in a
matrix, whether a run fails, what pytest reports, the sentence a person reads) is read from
its row, so that a new verdict is a new row and nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Literal

PytestOutcome = Literal["passed", "warned", "failed", "skipped"]


@dataclass(frozen=True)
class VerdictRow:
    """One verdict, described.

    Attributes:
        message: one sentence for a reader who did not write the test.
        glyph: one character, for a matrix.
        pytest: what a pytest item with this verdict reports.
        exit_code: what a run with only this verdict exits with (0 ok, 1 a failing verdict,
            3 a backend missing or dead, 4 inconclusive, 5 nothing judged).
        severity: orders verdicts, worst last; a cell shows the worst of its points.
    """

    message: str
    glyph: str
    pytest: PytestOutcome
    exit_code: int
    severity: int


class Verdict(Enum):
    """What follows for one value. Ordered from harmless to worst."""

    UNAVAILABLE = VerdictRow("the backend is not installed", "∅", "skipped", 5, 0)
    UNSUPPORTED = VerdictRow("the backend does not do this", "–", "skipped", 5, 1)
    UNDEFINED = VerdictRow("there is no derivative and no subgradient here", "∄", "passed", 5, 2)
    AGREES = VerdictRow("within the allowance of the enclosure", "✓", "passed", 0, 3)
    CONVENTION = VerdictRow("a kink, and the value is one of those allowed there", "∈", "passed", 0, 4)
    INCONCLUSIVE = VerdictRow("the question could not be decided", "?", "skipped", 4, 5)
    SELECTION = VerdictRow(
        "no subgradient, yet what the chain rule gives with an admissible choice at every kink",
        "σ",
        "warned",
        0,
        6,
    )
    RANGE = VerdictRow("an intermediate over- or underflows, and that explains this entry", "↯", "warned", 0, 7)
    TIMED_OUT = VerdictRow("no answer within the time limit", "⏱", "failed", 3, 8)
    CRASHED = VerdictRow("the process died", "†", "failed", 3, 9)
    RAISED = VerdictRow("raised an exception where the derivative exists", "!", "failed", 1, 10)
    MISSING = VerdictRow("no gradient arrives where the derivative is not zero by construction", "∘", "failed", 1, 11)
    NOT_FINITE = VerdictRow("NaN or the wrong infinity where a derivative exists", "∞", "failed", 1, 12)
    DIFFERENT = VerdictRow(
        "the function's value is not the definition's, so its derivative is not judged", "≠", "failed", 1, 13
    )
    WRONG = VerdictRow("proved not to be the derivative, nor rounding, range or a kink", "✗", "failed", 1, 14)

    @property
    def failure(self) -> bool:
        """Whether a run with this verdict fails."""
        return self.value.pytest == "failed"

    @property
    def judged(self) -> bool:
        """Whether a value was compared with a reference at all."""
        return self.value.exit_code in (0, 1, 4) and self is not Verdict.RAISED


class Cause(Enum):
    """Why a verdict was given. The value is the sentence a person reads."""

    NONE = ""
    ROUNDING = "rounding of the derivative that ran"
    EXCESS = "more than rounding is likely to do, not more than it can do"
    LOST_DIGITS = "digits are lost, but the error shrinks with the precision: the formula is right"
    FORMULA = "an error no rounding can make"
    GRAPH = "another formula than the derivative's, whatever the rounding"
    PERSISTS = "an error that does not shrink with the precision"
    VALUE = "the function itself has another value"
    TIE = "a kink: the point lies exactly on it"
    CHOICES = "choices at several kinks that no way out of the point makes together"
    BEYOND_KINK = "a kink, and no choice between its branches gives this"
    NEAR_KINK = "a kink within rounding of the point"
    JUMP = "a jump or a pole: there is no derivative"
    HOLE = "the function has no value here, only a limit"
    DOMAIN = "the point lies outside the function's domain"
    OVERFLOW = "an intermediate overflows"
    UNDERFLOW = "an intermediate underflows"
    ROUNDS_AWAY = "the true derivative is outside the dtype's range and rounds to this value"
    INFINITE = "the true derivative is infinite"
    WIDE = "the reference could not be made narrow enough"
    WEAK_BOUND = "the method's own error bound would also accept zero or the opposite sign"
    OWN_BOUND = "within the method's own error bound"
    SIZE = "too large for this method"
    REFUSED = "the framework refuses this mode"
    NOT_COVERED = "a function this method does not know"
    ABSENT = "not installed"
    EXCEPTION = "an exception"
    TIME = "the time limit"
    DEATH = "the process died"


def worst(verdicts: list[Verdict]) -> Verdict:
    """Return the worst of some verdicts; at least one must be given."""
    return max(verdicts, key=lambda verdict: verdict.value.severity)
