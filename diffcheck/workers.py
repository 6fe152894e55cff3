"""Worker processes that may die or hang without taking the rest of a run with them.

A pool from `concurrent.futures` breaks as a whole when one of its processes dies, and cannot end a
process that hangs. Here each worker is one spawned process with one pipe: when it dies, only the
job it had is lost, and when it takes too long it is killed and replaced.
"""

from __future__ import annotations

import multiprocessing
import signal
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from typing import Any

# What a worker process says about its job.
BEGUN = "begun"
RETURNED = "returned"
RAISED = "raised"

# Spawned, never forked: torch and jax deadlock in a forked process.
SPAWN = multiprocessing.get_context("spawn")


@dataclass(frozen=True)
class Done:
    """What a job returned."""

    job: Any
    result: Any


@dataclass(frozen=True)
class Failed:
    """A job that raised; the text is the exception's."""

    job: Any
    error: str


@dataclass(frozen=True)
class Died:
    """A job whose process died, with this exit code."""

    job: Any
    exit_code: int | None


@dataclass(frozen=True)
class TimedOut:
    """A job that took longer than it may, in seconds; its process was killed."""

    job: Any
    timeout: float


Event = Done | Failed | Died | TimedOut


@dataclass
class _Worker:
    """A process and the job it has; the time for a job begins when the process says so."""

    process: SpawnProcess
    pipe: Connection
    job: Any = None
    deadline: float | None = None

    def start(self, job: Any) -> None:
        self.job = job
        self.deadline = None
        with suppress(OSError):  # a process that is dead already is noticed when it is waited for
            self.pipe.send(job)

    def stop(self) -> None:
        self.process.kill()
        self.process.join()
        self.pipe.close()


def run_jobs(
    work: Callable[[Any], Any],
    jobs: Sequence[Any],
    count: int,
    *,
    setup: Callable[[], None] | None = None,
    timeout: float | None = None,
) -> Iterator[Event]:
    """Do jobs in worker processes.

    Args:
        work: what a worker does with a job; importable, as is what it takes and returns.
        jobs: in the order in which they are begun.
        count: of worker processes.
        setup: called once in each process before its first job.
        timeout: seconds per job, without the start of its process.

    Yields:
        One event per job, as they end.
    """
    waiting = deque(jobs)
    workers = [_spawn(work, setup) for _ in range(min(count, len(waiting)))]
    try:
        for worker in workers:
            worker.start(waiting.popleft())
        while workers:
            for worker in _ready(workers):
                event = _event(worker, timeout)
                if event is None:
                    continue
                lost = isinstance(event, Died | TimedOut)
                if lost or not waiting:
                    workers.remove(worker)
                    worker.stop()
                if lost and waiting:
                    workers.append(_spawn(work, setup))
                if waiting:
                    (workers[-1] if lost else worker).start(waiting.popleft())
                yield event
    finally:
        for worker in workers:
            worker.stop()


def _spawn(work: Callable[[Any], Any], setup: Callable[[], None] | None) -> _Worker:
    ours, theirs = SPAWN.Pipe()
    process = SPAWN.Process(target=_serve, args=(theirs, work, setup), daemon=True)
    process.start()
    theirs.close()
    return _Worker(process, ours)


def _ready(workers: list[_Worker]) -> list[_Worker]:
    """The workers that answered, died or are late; waits until there is one."""
    deadlines = [worker.deadline for worker in workers if worker.deadline is not None]
    patience = max(0.0, min(deadlines) - time.monotonic()) if deadlines else None
    answered = wait([worker.pipe for worker in workers], patience)
    now = time.monotonic()
    return [
        worker
        for worker in workers
        if worker.pipe in answered or (worker.deadline is not None and worker.deadline <= now)
    ]


def _event(worker: _Worker, timeout: float | None) -> Event | None:
    """How a worker's job ended; `None` where it has only begun."""
    if not worker.pipe.poll():
        return TimedOut(worker.job, timeout or 0.0)
    try:
        state, result = worker.pipe.recv()
    except (EOFError, OSError):
        worker.process.join()
        return Died(worker.job, worker.process.exitcode)
    if state == BEGUN:
        worker.deadline = None if timeout is None else time.monotonic() + timeout
        return None
    return Done(worker.job, result) if state == RETURNED else Failed(worker.job, result)


def _serve(pipe: Connection, work: Callable[[Any], Any], setup: Callable[[], None] | None) -> None:
    """What a worker process runs: jobs in, results out, until the pipe closes or it is killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # an interrupted parent ends its workers itself
    if setup is not None:
        setup()
    with suppress(EOFError):
        while True:
            job = pipe.recv()
            pipe.send((BEGUN, None))
            pipe.send(_answer(work, job))


def _answer(work: Callable[[Any], Any], job: Any) -> tuple[str, Any]:
    try:
        return RETURNED, work(job)
    except Exception as error:  # noqa: BLE001 - whatever a job raises is told to the parent
        return RAISED, f"{type(error).__name__}: {error}"
