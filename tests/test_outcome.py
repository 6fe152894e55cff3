"""The exit code of a run."""

from __future__ import annotations

import pytest

from diffcheck.outcome import count_verdicts, outcome
from diffcheck.record import Cell, Judgement, Record
from diffcheck.verdict import Verdict

V = Verdict


def records(*verdicts: Verdict, known: str = "") -> list[Record]:
    """One record for each verdict."""
    return [Record("", Cell("a/b", "torch", "R", "", "float64"), Judgement(v), known=known) for v in verdicts]


@pytest.mark.parametrize(
    ("verdicts", "code"),
    [
        ([V.AGREES], 0),
        ([V.AGREES, V.INCONCLUSIVE, V.UNSUPPORTED, V.UNAVAILABLE, V.UNDEFINED], 0),
        ([V.CONVENTION, V.SELECTION, V.RANGE], 0),
        ([V.AGREES, V.WRONG], 1),
        ([V.RAISED], 1),
        ([V.MISSING, V.AGREES], 1),
        ([V.NOT_FINITE], 1),
        ([V.DIFFERENT], 1),
        ([V.WRONG, V.CRASHED], 3),
        ([V.AGREES, V.TIMED_OUT], 3),
        ([], 5),
        ([V.UNSUPPORTED, V.UNAVAILABLE, V.UNDEFINED], 5),
        ([V.INCONCLUSIVE, V.UNSUPPORTED], 4),
        ([V.INCONCLUSIVE], 4),
    ],
)
def test_the_first_that_applies(verdicts: list[Verdict], code: int) -> None:
    """Dead beats failing beats nothing judged beats only inconclusive."""
    assert outcome(records(*verdicts)) == code


def test_a_known_finding_does_not_fail() -> None:
    """A failing verdict that is known leaves the run in order; one that is not does not."""
    assert outcome(records(V.WRONG, known="seen")) == 0
    assert outcome(records(V.WRONG, known="seen") + records(V.WRONG)) == 1


def test_a_known_finding_that_is_gone_fails() -> None:
    """An entry that no longer occurs must be removed."""
    assert outcome(records(V.AGREES), gone=("it is gone",)) == 1


def test_a_missing_required_backend_comes_first() -> None:
    """Whatever was found, a required backend that is missing decides."""
    assert outcome(records(V.WRONG), missing=("jax",)) == 3
    assert outcome([], missing=("jax",)) == 3


def test_verdicts_are_counted_worst_first() -> None:
    """Counts name only what occurs."""
    counts = count_verdicts(records(V.AGREES, V.WRONG, V.AGREES, V.UNSUPPORTED))
    assert list(counts.items()) == [("WRONG", 1), ("AGREES", 2), ("UNSUPPORTED", 1)]
