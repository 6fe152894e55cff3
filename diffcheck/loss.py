"""A loss: what is said of a job of which nothing came back."""

from __future__ import annotations

from diffcheck.record import Judgement
from diffcheck.verdict import Cause, Verdict
from diffcheck.workers import Died, Failed, TimedOut


def loss(event: Died | TimedOut | Failed) -> Judgement:
    """The judgement of everything that the job was to judge."""
    if isinstance(event, TimedOut):
        return Judgement(Verdict.TIMED_OUT, Cause.TIME, message=f"stopped after {event.timeout:g} s")
    if isinstance(event, Died):
        return Judgement(Verdict.CRASHED, Cause.DEATH, message=f"the process ended with exit code {event.exit_code}")
    return Judgement(Verdict.CRASHED, Cause.EXCEPTION, message=event.error)
