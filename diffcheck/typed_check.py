"""A check as it is typed: in this process, or in workers, where a function may hang or end its process."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

from diffcheck.case import Case
from diffcheck.check import check, chosen_modes
from diffcheck.dtype import ORDINARY
from diffcheck.environment import versions
from diffcheck.given import argument_names
from diffcheck.loss import loss
from diffcheck.record import Cell, Judgement, Record, Run
from diffcheck.reference.second_opinion import Disagreement
from diffcheck.retyped import retyped
from diffcheck.subject import CheckError
from diffcheck.typed import TypedError, typed_arguments, typed_array, typed_function
from diffcheck.workers import Done, Event, run_jobs

SOMEBODY = "function"
"""The backend of a function whose process ended before it said whose arrays it takes."""


@dataclass(frozen=True)
class TypedCheck:
    """What somebody typed.

    Attributes:
        function, definition: as `typed_function` takes them.
        inputs: as `typed_arguments` takes them.
        cotangent: as `typed_array` takes it.
        backend, modes, orders, dtypes, max_examples, seed: as `check` takes them; nothing for its defaults.
    """

    function: str
    inputs: tuple[str, ...]
    definition: str | None = None
    cotangent: str | None = None
    backend: str | None = None
    modes: tuple[str, ...] = ()
    orders: tuple[int, ...] = (1,)
    dtypes: tuple[str, ...] = ()
    max_examples: int = 100
    seed: int = 0


def checked(asked: TypedCheck) -> Run:
    """Carry a check out in this process.

    Raises:
        TypedError, CheckError, Disagreement: as `check` and what reads the words.
    """
    function = typed_function(asked.function)
    report = check(
        function,
        *typed_arguments(asked.inputs, partial(argument_names, function)),
        definition=typed_function(asked.definition) if asked.definition else None,
        cotangent=typed_array(asked.cotangent) if asked.cotangent else None,
        backend=asked.backend,
        modes=asked.modes or None,
        orders=asked.orders,
        dtypes=asked.dtypes or ORDINARY,
        max_examples=asked.max_examples,
        seed=asked.seed,
    )
    run = report.proved_run
    return replace(run, records=tuple(_retyped(asked, record, report.cases.get(record.cell)) for record in run.records))


def _retyped(asked: TypedCheck, record: Record, case: Case | None) -> Record:
    """A record with the command that shows it again, in the words that were typed."""
    return record if case is None else replace(record, replay=retyped(record, case, asked.function, asked.definition))


def checked_in_workers(asked: TypedCheck, jobs: int, timeout: float | None) -> Run:
    """Carry a check out in worker processes, one dtype after the other, or several at a time.

    Args:
        asked: the check.
        jobs: how many processes.
        timeout: seconds for one dtype; then its records say so.

    Raises:
        TypedError, CheckError, Disagreement: as `checked`.
    """
    each = [replace(asked, dtypes=(dtype,)) for dtype in asked.dtypes or ORDINARY]
    found = {event.job: _run_of(event) for event in run_jobs(_answer, each, jobs, timeout=timeout)}
    runs = [found[job] for job in each]
    definitions = {name: value for run in runs for name, value in run.definitions.items()}
    records = tuple(record for run in runs for record in run.records)
    return replace(runs[0], records=records, definitions=definitions)


# ---- in a worker -------------------------------------------------------------------------------


_REFUSALS = (CheckError, TypedError, Disagreement)


def _answer(asked: TypedCheck) -> Run | Exception:
    """What a worker says: a refusal is handed back whole."""
    try:
        return checked(asked)
    except _REFUSALS as error:
        return error


def _run_of(event: Event) -> Run:
    if isinstance(event, Done):
        if isinstance(event.result, Exception):
            raise event.result
        found: Run = event.result
        return found
    return _lost(event.job, loss(event))


def _lost(asked: TypedCheck, judgement: Judgement) -> Run:
    """A check of which nothing came back: every mode says why."""
    module, _, name = asked.function.partition(":")
    case = f"{module.rpartition('.')[2]}/{name}"
    cells = [
        Cell(case, asked.backend or SOMEBODY, mode, "", asked.dtypes[0])
        for mode in chosen_modes(asked.modes, asked.orders)
    ]
    return Run({**versions(), "seed": str(asked.seed)}, tuple(Record("", cell, judgement) for cell in cells))
