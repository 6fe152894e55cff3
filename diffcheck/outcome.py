"""What a run comes to: one exit code, whatever the output format."""

from __future__ import annotations

from collections.abc import Sequence

from diffcheck.record import Record
from diffcheck.verdict import Verdict

OK = 0
FAILING = 1
USAGE = 2
MISSING_OR_DEAD = 3
INCONCLUSIVE = 4
NOTHING_JUDGED = 5


def outcome(
    records: Sequence[Record], *, gone: Sequence[str] = (), missing: Sequence[str] = (), observed: bool = False
) -> int:
    """The exit code of a run.

    Args:
        records: of the run.
        gone: known findings that no longer occur.
        missing: required backends that are not installed.
        observed: whether statements about frameworks were put to the test; what they do is no failure.

    Returns:
        The first that applies: 3 a required backend is missing, or something crashed or timed out;
        1 a failing verdict that is not known, or a known finding that is gone; 5 nothing judged;
        4 only inconclusive; 0. (2 is a usage error, and then there is no run.)
    """
    verdicts = [record.judgement.verdict for record in records]
    if missing or any(verdict.value.exit_code == MISSING_OR_DEAD for verdict in verdicts):
        return MISSING_OR_DEAD
    if gone or any(record.judgement.verdict.failure and not record.known for record in records):
        return FAILING
    judged = [verdict for verdict in verdicts if verdict.judged]
    if not judged:
        return OK if observed and not records else NOTHING_JUDGED
    if all(verdict.value.exit_code == INCONCLUSIVE for verdict in judged):
        return INCONCLUSIVE
    return OK


def count_verdicts(records: Sequence[Record]) -> dict[str, int]:
    """Verdict name → how many records, worst verdict first."""
    names = [record.judgement.verdict.name for record in records]
    order = {verdict.name: verdict.value.severity for verdict in Verdict}
    return {name: names.count(name) for name in sorted(set(names), key=lambda name: (-order.get(name, 0), name))}
