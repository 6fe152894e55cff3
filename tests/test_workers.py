"""Worker processes: what is lost when one dies, hangs or raises."""

from __future__ import annotations

import os
import time

from diffcheck.workers import Died, Done, Failed, TimedOut, run_jobs


def _work(job: str) -> str:
    if job == "die":
        os._exit(7)
    if job == "raise":
        raise ValueError("no such thing")
    if job == "hang":
        time.sleep(600)
    return job.upper()


def _die_at_once() -> None:
    os._exit(3)


def test_only_the_job_of_a_dead_process_is_lost() -> None:
    """A process that dies loses its own job; the jobs before and after it are done."""
    events = list(run_jobs(_work, ["a", "die", "b", "raise", "c"], 1))
    assert events == [
        Done("a", "A"),
        Died("die", 7),
        Done("b", "B"),
        Failed("raise", "ValueError: no such thing"),
        Done("c", "C"),
    ]


def test_a_job_that_hangs_is_ended() -> None:
    """A job that takes longer than it may is killed, and the next job gets a process of its own."""
    events = list(run_jobs(_work, ["hang", "a"], 1, timeout=1.0))
    assert events == [TimedOut("hang", 1.0), Done("a", "A")]


def test_every_job_is_done_once_by_several_processes() -> None:
    """Several processes share the jobs, and each job ends once."""
    events = list(run_jobs(_work, list("abcdef"), 2))
    assert sorted(event.job for event in events) == list("abcdef")
    assert all(isinstance(event, Done) for event in events)


def test_a_setup_that_dies_is_told_for_every_job() -> None:
    """Processes that do not even start are reported, and the run comes to an end."""
    events = list(run_jobs(_work, ["a", "b"], 1, setup=_die_at_once))
    assert events == [Died("a", 3), Died("b", 3)]


def test_nothing_to_do_starts_no_process() -> None:
    """Without jobs nothing is started and nothing is yielded."""
    assert list(run_jobs(_work, [], 2)) == []
