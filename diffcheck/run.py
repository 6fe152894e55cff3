"""Runs cases: plans the cells, executes them here or in worker processes, writes the run file."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from functools import cache, partial
from importlib import metadata
from pathlib import Path

from diffcheck.backends import BACKENDS
from diffcheck.backends.base import first_line, installed
from diffcheck.case import Case
from diffcheck.identity import definition_hash, record_id
from diffcheck.known import Known, check_known, gone, known_points, mark, read_known
from diffcheck.outcome import count_verdicts, outcome
from diffcheck.plan import Settings, jobs_of, missing_backends, plan
from diffcheck.record import Cell, Judgement, Record, Run
from diffcheck.registry import load
from diffcheck.run_file import Footer, Header, RunWriter, read_run
from diffcheck.search import search
from diffcheck.sheet import Sheet
from diffcheck.verdict import Cause, Verdict
from diffcheck.workers import Died, Done, Event, Failed, TimedOut, run_jobs

PACKAGES = ("diffcheck", "numpy", "sympy", "python-flint", "hypothesis", "torch", "jax")
TORCH = "torch"

Watch = Callable[[Record | Sheet], None]


@dataclass(frozen=True)
class Job:
    """One case in one dtype: what a worker process does at a time.

    Attributes:
        cells: to fill; all of this case and dtype.
        sheet: whether the case's sheet is made along with it.
    """

    case: str
    dtype: str
    cells: tuple[Cell, ...]
    sheet: bool


@dataclass(frozen=True)
class Result:
    """What became of a job."""

    records: tuple[Record, ...]
    sheet: Sheet | None = None


def run(
    cases: Sequence[Case],
    settings: Settings,
    path: Path,
    *,
    folders: Sequence[Path] = (),
    resume: bool = False,
    watch: Watch = lambda _: None,
) -> Run:
    """Run cases and write the run file as results arrive.

    Args:
        cases: to run.
        settings: what to do.
        path: of the run file.
        folders: the files and folders that the cases were loaded from; worker processes load them again.
        resume: skip what the run file holds already.
        watch: called with every record and sheet as it arrives, also with those that are there already.

    Returns:
        The run, as the run file holds it.

    Raises:
        SettingsError: a setting that nothing answers to.
        KnownError: a file of known findings that cannot be used.
        RunFileError: a run file that cannot be written, or was begun differently.
        KeyboardInterrupt: the run was interrupted; its file is readable and can be resumed.
    """
    cells = plan(cases, settings)
    known = () if settings.known is None else read_known(settings.known)
    check_known(known, cases)
    with RunWriter(path, header(cases, settings, known), resume=resume) as writer:
        done = read_run(path)
        already: list[Record | Sheet] = [*done.records, *done.sheets]
        for item in already:
            watch(item)
        for item in execute(cases, _left(cells, done, settings), settings, known, folders):
            _write(writer, item)
            watch(item)
        finished = read_run(path)
        writer.footer(_footer(finished, settings, known))
    return read_run(path)


def execute(
    cases: Sequence[Case],
    cells: Sequence[Cell],
    settings: Settings,
    known: Sequence[Known] = (),
    folders: Sequence[Path] = (),
) -> Iterator[Record | Sheet]:
    """Fill cells.

    Args:
        cases: whose cells they are.
        cells: to fill; whole jobs of them, as `plan` makes them.
        settings: what to do.
        known: known findings; their points are replayed first, their records marked.
        folders: where worker processes load the cases from.

    Yields:
        Records and sheets as they arrive, those of one case and dtype together.
    """
    by_id = {case.id: case for case in cases}
    for job, result in _results(by_id, _jobs(cells, settings), settings, known, folders):
        records = {record.cell: mark(record, known) for record in result.records}
        yield from (records[cell] for cell in job.cells)
        if result.sheet is not None:
            yield result.sheet


def header(cases: Sequence[Case], settings: Settings, known: Sequence[Known] = ()) -> Header:
    """The first line of a run file: everything that decides what the run finds."""
    asked = {
        "backends": " ".join(settings.backends) or "all",
        "modes": " ".join(settings.modes) or "all",
        "transforms": " ".join(name or "plain" for name in settings.transforms) or "all",
        "dtypes": " ".join(settings.dtypes) or "all",
        "examples": str(settings.effort.examples),
        "known": " ".join(sorted(f"{entry.title}: {entry.verdict}" for entry in known)),
        "required": " ".join(settings.required),
    }
    return Header(environment(settings), asked, {case.id: definition_hash(case) for case in cases})


def environment(settings: Settings) -> dict[str, str]:
    """Versions, switches, threads, seed and profile: what may change a number in the run."""
    versions = {name: _version(name) for name in PACKAGES}
    return {
        **{name: version for name, version in versions.items() if version},
        "python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}",
        "jax_enable_x64": "on for float64, off for float32",
        "threads": "1",
        "seed": str(settings.seed),
        "profile": settings.profile,
    }


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return ""


def _left(cells: Sequence[Cell], done: Run, settings: Settings) -> list[Cell]:
    """The cells of the jobs that a run file does not hold in full."""
    there = {record.cell for record in done.records}
    sheets = {sheet.case for sheet in done.sheets}
    left = []
    for (case, _), job in jobs_of(cells).items():
        lacks_sheet = settings.sheets and case not in sheets
        if lacks_sheet or not there.issuperset(job):
            left += job
    return left


def _jobs(cells: Sequence[Cell], settings: Settings) -> list[Job]:
    """One job per case and dtype; a case's first one makes its sheet."""
    jobs = []
    seen = set()
    for (case, dtype), job_cells in jobs_of(cells).items():
        jobs.append(Job(case, dtype, tuple(job_cells), sheet=settings.sheets and case not in seen))
        seen.add(case)
    return jobs


def _write(writer: RunWriter, item: Record | Sheet) -> None:
    if isinstance(item, Record):
        writer.record(item)
    else:
        writer.sheet(item)


def _footer(run: Run, settings: Settings, known: Sequence[Known]) -> Footer:
    farewells = gone(known, run.records)
    missing = missing_backends(settings)
    return Footer(
        verdicts=count_verdicts(run.records),
        gone=farewells,
        missing=missing,
        outcome=outcome(run.records, gone=farewells, missing=missing),
    )


# --- doing jobs ---------------------------------------------------------------------------------


def _results(
    cases: Mapping[str, Case],
    jobs: Sequence[Job],
    settings: Settings,
    known: Sequence[Known],
    folders: Sequence[Path],
) -> Iterator[tuple[Job, Result]]:
    uses_torch = any(job.sheet or any(cell.backend == TORCH for cell in job.cells) for job in jobs)
    uses_torch &= installed(BACKENDS[TORCH])
    if settings.jobs == 1 and settings.timeout is None:
        with _one_thread() if uses_torch else nullcontext():
            for job in jobs:
                yield job, _guarded(cases[job.case], job, settings, known)
        return
    places = tuple(os.fspath(folder) for folder in folders)
    work = partial(_work, places, settings, tuple(known))
    setup = _set_one_thread if uses_torch else None
    for event in run_jobs(work, jobs, settings.jobs, setup=setup, timeout=settings.timeout):
        yield event.job, _result(event, cases[event.job.case])


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
    except Exception as error:  # noqa: BLE001 - one case must not cost the others
        message = f"diffcheck failed here: {type(error).__name__}: {first_line(error)}"
        return _lost(case, job, Judgement(Verdict.CRASHED, Cause.EXCEPTION, message=message))


def _do(case: Case, job: Job, settings: Settings, known: Sequence[Known]) -> Result:
    available = [cell for cell in job.cells if installed(BACKENDS[cell.backend])]
    absent = [cell for cell in job.cells if cell not in available]
    records = [_empty(case, cell, Judgement(Verdict.UNAVAILABLE, Cause.ABSENT)) for cell in absent]
    if available:
        points = known_points(known, case, job.dtype)
        records += search(case, job.dtype, available, settings.effort, settings.seed, points)
    return Result(tuple(records), _sheet(case) if job.sheet else None)


def _result(event: Event, case: Case) -> Result:
    if isinstance(event, Done):
        result: Result = event.result
        return result
    return _lost(case, event.job, _loss(event))


def _loss(event: Died | TimedOut | Failed) -> Judgement:
    if isinstance(event, TimedOut):
        return Judgement(Verdict.TIMED_OUT, Cause.TIME, message=f"stopped after {event.timeout:g} s")
    if isinstance(event, Died):
        return Judgement(Verdict.CRASHED, Cause.DEATH, message=f"the process ended with exit code {event.exit_code}")
    return Judgement(Verdict.CRASHED, Cause.EXCEPTION, message=event.error)


def _lost(case: Case, job: Job, judgement: Judgement) -> Result:
    """A job of which nothing came back: every cell says why."""
    records = tuple(_empty(case, cell, judgement) for cell in job.cells)
    return Result(records, Sheet(case.id, notes=(judgement.message,)) if job.sheet else None)


def _empty(case: Case, cell: Cell, judgement: Judgement) -> Record:
    return Record(record_id(case, cell, None), cell, judgement)


def _sheet(case: Case) -> Sheet:
    """A case's sheet; where it cannot be made, that is a note on it."""
    from diffcheck.describe import describe

    try:
        return describe(case)
    except Exception as error:  # noqa: BLE001 - a sheet is shown beside the records, which stand without it
        return Sheet(case.id, source=case.source, notes=(f"no sheet: {type(error).__name__}: {first_line(error)}",))


# --- threads ------------------------------------------------------------------------------------


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
