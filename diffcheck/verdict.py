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
    UNDEFINED = VerdictRow("there is no derivative here, so there is nothing to judge", "∄", "passed", 5, 2)
    AGREES = VerdictRow("the true derivative, up to rounding and the method's own error", "✓", "passed", 0, 3)
    CONVENTION = VerdictRow("at a kink several answers are right, and this is one of them", "∈", "passed", 0, 4)
    INCONCLUSIVE = VerdictRow("could be shown neither right nor wrong", "?", "skipped", 4, 5)
    SELECTION = VerdictRow(
        "not a right answer at this kink, though every step of the chain rule made a right choice",
        "σ",
        "warned",
        0,
        6,
    )
    RANGE = VerdictRow(
        "an intermediate number overflows or underflows, and that explains this answer", "↯", "warned", 0, 7
    )
    TIMED_OUT = VerdictRow("no answer within the time limit", "⏱", "failed", 3, 8)
    CRASHED = VerdictRow("the process died", "†", "failed", 3, 9)
    RAISED = VerdictRow("raised an exception where the derivative exists", "!", "failed", 1, 10)
    MISSING = VerdictRow("no gradient arrives (None), though the output depends on this argument", "∘", "failed", 1, 11)
    NOT_FINITE = VerdictRow("NaN or the wrong infinity where a derivative exists", "∞", "failed", 1, 12)
    DIFFERENT = VerdictRow(
        "the function's value is not the definition's, so its derivative is not judged", "≠", "failed", 1, 13
    )
    WRONG = VerdictRow("proved wrong: neither rounding, nor range, nor a kink explains it", "✗", "failed", 1, 14)

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
    ROUNDING = "rounding of the program that ran"
    BIAS = "rounding of the program that ran, which adds up many equal numbers; without any rounding it is exact"
    EXCESS = "an error larger than rounding is likely to be, but not larger than it can be"
    LOST_DIGITS = "digits are lost, but the error shrinks with the precision: the formula is right"
    FORMULA = "an error no rounding can make"
    GRAPH = "the program that ran computes another formula, even without any rounding"
    PERSISTS = "an error that does not shrink with the precision, as rounding would"
    VALUE = "the function itself has another value"
    TIE = "the point lies exactly on a kink"
    CHOICES = "several kinks meet here, and the choices made at them do not fit together"
    BEYOND_KINK = "a kink, and no choice between its branches gives this"
    NEAR_KINK = "a kink lies so near that rounding may step across it"
    JUMP = "a jump or a pole: there is no derivative"
    LOWER_ORDER = "the derivative of the order below jumps here, or is infinite: it has none of its own"
    HOLE = "the function has no value here, only a limit"
    DOMAIN = "the point lies outside the function's domain"
    OVERFLOW = "an intermediate number overflows"
    UNDERFLOW = "an intermediate number underflows"
    ROUNDS_AWAY = "the true derivative is outside the dtype's range and rounds to this value"
    INFINITE = "the true derivative is infinite"
    WIDE = "the true derivative could not be enclosed narrowly enough"
    OPAQUE = "the program that ran is not known, and no rounding of the inputs explains its error"
    NO_BOUND = "the method has no bound on its error here: its steps reach over a kink, or out of the domain"
    WEAK_BOUND = "the method's own error bound would also accept zero or the opposite sign"
    OWN_BOUND = "within the method's own error bound"
    REFUSED = "the framework refuses this mode"
    NOT_COVERED = "calls a function that has no rule here"
    ABSENT = "not installed"
    EXCEPTION = "an exception"
    TIME = "the time limit"
    DEATH = "the process died"


def worst(verdicts: list[Verdict]) -> Verdict:
    """Return the worst of some verdicts; at least one must be given."""
    return max(verdicts, key=lambda verdict: verdict.value.severity)
