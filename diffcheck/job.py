"""A job, one case in one dtype, and what becomes of it: here or in a worker process."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path

from diffcheck.agreement import agreement
from diffcheck.backends import BACKENDS
from diffcheck.backends.base import first_line, installed
from diffcheck.backends.jax import forget_compiled
from diffcheck.case import Case
from diffcheck.describe import describe
from diffcheck.identity import record_id
from diffcheck.kink_points import kink_points
from diffcheck.known import Known, known_points
from diffcheck.loss import loss
from diffcheck.plan import Settings
from diffcheck.record import Cell, Judgement, Record
from diffcheck.reference.second_opinion import Disagreement
from diffcheck.registry import load
from diffcheck.search import search
from diffcheck.sheet import Agreement, Sheet, Trust
from diffcheck.verdict import Cause, Verdict
from diffcheck.workers import Done, Event, run_jobs

TORCH = "torch"


@dataclass(frozen=True)
class Job:
    """One case in one dtype: what a worker process does at a time.

    Attributes:
        cells: to fill; all of this case and dtype.
        sheet: whether the case's sheet is made along with it.
        tidy: whether what was compiled is dropped after it.
    """

    case: str
    dtype: str
    cells: tuple[Cell, ...]
    sheet: bool
    tidy: bool = False


@dataclass(frozen=True)
class Result:
    """What became of a job.

    Attributes:
        records: one per cell.
        sheet: the case's, where it was asked for.
        disagreement: what two certified opinions disagree on; then nothing else is here.
    """

    records: tuple[Record, ...]
    sheet: Sheet | None = None
    disagreement: str = ""


def results(
    cases: Mapping[str, Case],
    jobs: Sequence[Job],
    settings: Settings,
    known: Sequence[Known],
    folders: Sequence[Path],
) -> Iterator[tuple[Job, Result]]:
    """Do jobs.

    Args:
        cases: id → case.
        jobs: to do.
        settings: how, and in how many processes.
        known: findings whose points are replayed first.
        folders: where worker processes load the cases from.

    Yields:
        Each job with what became of it, as they end.

    Raises:
        Disagreement: diffcheck contradicts itself; no further job is begun.
    """
    uses_torch = any(job.sheet or any(cell.backend == TORCH for cell in job.cells) for job in jobs)
    uses_torch &= installed(BACKENDS[TORCH])
    if settings.jobs == 1 and settings.timeout is None:
        with _one_thread() if uses_torch else nullcontext():
            for job in jobs:
                yield job, _agreed(_guarded(cases[job.case], job, settings, known))
        return
    places = tuple(os.fspath(folder) for folder in folders)
    work = partial(_work, places, settings, tuple(known))
    setup = _set_one_thread if uses_torch else None
    for event in run_jobs(work, jobs, settings.jobs, setup=setup, timeout=settings.timeout):
        yield event.job, _agreed(_result(event, cases[event.job.case]))


def _agreed(result: Result) -> Result:
    """A result on which the two certified opinions do not disagree."""
    if result.disagreement:
        raise Disagreement(result.disagreement)
    return result


def _work(folders: tuple[str, ...], settings: Settings, known: tuple[Known, ...], job: Job) -> Result:
    """What a worker process does with a job."""
    return _guarded(_loaded(folders)[job.case], job, settings, known)


@cache
def _loaded(folders: tuple[str, ...]) -> dict[str, Case]:
    return {case.id: case for case in load(folders)}


def _guarded(case: Case, job: Job, settings: Settings, known: Sequence[Known]) -> Result:
    """Do a job; should diffcheck itself fail, say so in the job's records and go on."""
    try:
        return _do(case, job, settings, known)
    except Disagreement as error:
        return Result((), disagreement=str(error))
    except Exception as error:  # noqa: BLE001 - one case must not cost the others
        message = f"diffcheck failed here: {type(error).__name__}: {first_line(error)}"
        return _lost(case, job, Judgement(Verdict.CRASHED, Cause.EXCEPTION, message=message))
    finally:
        if job.tidy:
            forget_compiled()


def _do(case: Case, job: Job, settings: Settings, known: Sequence[Known]) -> Result:
    available = [cell for cell in job.cells if installed(BACKENDS[cell.backend])]
    absent = [cell for cell in job.cells if cell not in available]
    records = [_empty(case, cell, Judgement(Verdict.UNAVAILABLE, Cause.ABSENT)) for cell in absent]
    if available:
        points = known_points(known, case, job.dtype)
        kinks = kink_points(case, job.dtype, settings.seed, settings.effort.kink_points)
        records += search(case, job.dtype, available, settings.effort, settings.seed, points, kinks)
    order = max(settings.effort.second_opinion, *settings.chosen_orders)
    agreed = agreement(case, job.dtype, records, order)
    return Result(tuple(records), _sheet(case, agreed) if job.sheet else None)


def _result(event: Event, case: Case) -> Result:
    if isinstance(event, Done):
        result: Result = event.result
        return result
    return _lost(case, event.job, loss(event))


def _lost(case: Case, job: Job, judgement: Judgement) -> Result:
    """A job of which nothing came back: every cell says why."""
    records = tuple(_empty(case, cell, judgement) for cell in job.cells)
    return Result(records, Sheet(case.id, notes=(judgement.message,)) if job.sheet else None)


def _empty(case: Case, cell: Cell, judgement: Judgement) -> Record:
    return Record(record_id(case, cell, None), cell, judgement)


def _sheet(case: Case, agreed: Agreement) -> Sheet:
    """A case's sheet; where it cannot be made, that is a note on it."""
    try:
        sheet = describe(case)
        found = Trust(agreement=agreed)
        return sheet if found == Trust() else replace(sheet, trust=(sheet.trust or Trust()) + found)
    except Exception as error:  # noqa: BLE001 - a sheet is shown beside the records, which stand without it
        return Sheet(case.id, source=case.source, notes=(f"no sheet: {type(error).__name__}: {first_line(error)}",))


@contextmanager
def _one_thread() -> Iterator[None]:
    """One torch thread, so that a sum is added in the same order in every process."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _set_one_thread() -> None:
    import torch

    torch.set_num_threads(1)
