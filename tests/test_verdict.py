"""Verdicts and causes: each is one row, and everything that depends on a verdict is read from it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diffcheck.verdict import Cause, Verdict, worst

FAILURES = {"TIMED_OUT", "CRASHED", "RAISED", "MISSING", "NOT_FINITE", "DIFFERENT", "WRONG"}
COMPARED = {"AGREES", "CONVENTION", "SELECTION", "RANGE", "INCONCLUSIVE", "MISSING", "NOT_FINITE", "DIFFERENT", "WRONG"}
EXIT_CODES = {"passed": {0, 5}, "warned": {0}, "skipped": {4, 5}, "failed": {1, 3}}


def test_there_are_the_verdicts_of_the_mathematics() -> None:
    """The fifteen verdicts, from harmless to worst; a new one is a deliberate change."""
    assert [verdict.name for verdict in Verdict] == [
        "UNAVAILABLE",
        "UNSUPPORTED",
        "UNDEFINED",
        "AGREES",
        "CONVENTION",
        "INCONCLUSIVE",
        "SELECTION",
        "RANGE",
        "TIMED_OUT",
        "CRASHED",
        "RAISED",
        "MISSING",
        "NOT_FINITE",
        "DIFFERENT",
        "WRONG",
    ]


@pytest.mark.parametrize("verdict", Verdict)
def test_a_verdict_fails_exactly_where_the_mathematics_says_so(verdict: Verdict) -> None:
    """Agreement, conventions, warnings and refusals do not fail a run; the others do."""
    assert verdict.failure == (verdict.name in FAILURES)


@pytest.mark.parametrize("verdict", Verdict)
def test_a_verdict_is_judged_where_a_value_met_a_reference(verdict: Verdict) -> None:
    """A refusal, a crash or an exception compares nothing, and a run of those alone is not a success."""
    assert verdict.judged == (verdict.name in COMPARED)


@pytest.mark.parametrize("verdict", Verdict)
def test_exit_code_and_pytest_outcome_say_the_same(verdict: Verdict) -> None:
    """What passes in pytest exits with 0 or 5, what fails with 1 or 3."""
    assert verdict.value.exit_code in EXIT_CODES[verdict.value.pytest]


def test_no_two_verdicts_share_a_glyph_a_message_or_a_severity() -> None:
    """A matrix can be read back, and of two verdicts one is worse."""
    rows = [verdict.value for verdict in Verdict]
    for column in ("glyph", "message", "severity"):
        values = [getattr(row, column) for row in rows]
        assert len(set(values)) == len(values)


@pytest.mark.parametrize("verdict", Verdict)
def test_a_glyph_is_one_character_and_a_message_one_sentence(verdict: Verdict) -> None:
    """A cell of the matrix has room for one character; a message is not a paragraph."""
    assert len(verdict.value.glyph) == 1
    assert verdict.value.message
    assert "\n" not in verdict.value.message
    assert not verdict.value.message.endswith(".")


def test_verdicts_stand_in_the_order_of_their_severity() -> None:
    """Reading the table from top to bottom is reading from harmless to worst."""
    severities = [verdict.value.severity for verdict in Verdict]
    assert severities == sorted(severities)


@given(st.lists(st.sampled_from(list(Verdict)), min_size=1))
def test_the_worst_of_some_verdicts_is_one_of_them_and_no_other_is_worse(verdicts: list[Verdict]) -> None:
    """Whatever their order and number."""
    found = worst(verdicts)
    assert found in verdicts
    assert all(verdict.value.severity <= found.value.severity for verdict in verdicts)


def test_a_failure_outranks_everything_that_does_not_fail() -> None:
    """A single failing point cannot hide behind any number of others."""
    harmless = [verdict for verdict in Verdict if not verdict.failure]
    for verdict in Verdict:
        if verdict.failure:
            assert worst([*harmless, verdict, *harmless]) is verdict


def test_the_worst_of_nothing_is_an_error() -> None:
    """Nothing judged is not success."""
    with pytest.raises(ValueError, match="empty"):
        worst([])


@pytest.mark.parametrize("cause", [cause for cause in Cause if cause is not Cause.NONE])
def test_a_cause_is_a_sentence(cause: Cause) -> None:
    """It is printed as it stands."""
    assert cause.value
    assert "\n" not in cause.value


def test_no_two_causes_read_alike() -> None:
    """Equal sentences would make two causes one."""
    assert len({cause.value for cause in Cause}) == len(Cause.__members__)
