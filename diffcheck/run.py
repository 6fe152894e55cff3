"""Runs cases: plans the cells, fills them, writes the run file as results arrive."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from diffcheck.case import Case
from diffcheck.environment import header
from diffcheck.job import Job, results
from diffcheck.known import Known, check_known, gone, mark, read_known
from diffcheck.outcome import count_verdicts, outcome
from diffcheck.plan import Settings, jobs_of, missing_backends, plan
from diffcheck.record import Cell, Record, Run
from diffcheck.run_file import Footer, RunWriter, read_run
from diffcheck.sheet import Sheet

# Jobs between one tidying of compiled programs and the next: a process stays below about 1 GB.
TIDY_EVERY = 12

Watch = Callable[[Record | Sheet], None]


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
        Disagreement: diffcheck contradicts itself; what the file holds cannot be trusted.
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
    for job, result in results(by_id, _jobs(cells, settings), settings, known, folders):
        records = {record.cell: mark(record, known) for record in result.records}
        yield from (records[cell] for cell in job.cells)
        if result.sheet is not None:
            yield result.sheet


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
    for number, ((case, dtype), job_cells) in enumerate(jobs_of(cells).items(), 1):
        sheet = settings.sheets and case not in seen
        jobs.append(Job(case, dtype, tuple(job_cells), sheet, tidy=number % TIDY_EVERY == 0))
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
