"""Running cases: every cell gets its record, whatever happens to the others."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from diffcheck.case import Case
from diffcheck.outcome import outcome
from diffcheck.plan import Settings, plan
from diffcheck.record import Record, Run
from diffcheck.reference.second_opinion import Disagreement
from diffcheck.registry import load
from diffcheck.run import execute, run
from diffcheck.run_file import RunFileError, read_run
from diffcheck.sheet import Agreement, Sheet
from diffcheck.verdict import Cause, Verdict
from diffcheck.workers import TimedOut

SETTINGS = Settings(backends=("handwritten",), max_examples=3, sheets=False)

CASES = """
import os

from diffcheck import Claim, array_namespace, case, real


@case(x=real("n"), examples=[{"x": [1.0, 2.0]}], source="none", claims=[Claim("2x", gradient={"x": [2, 4]})])
def square(x):
    \"\"\"f = Σ x²\"\"\"
    return array_namespace(x).sum(x * x)


@square.handwritten("right")
def _(x):
    return {"x": 2 * x}


@square.handwritten("wrong")
def _(x):
    return {"x": 3 * x}


@case(x=real(), examples=[{"x": 1.0}], source="none")
def cube(x):
    \"\"\"f = x³\"\"\"
    return x * x * x


@cube.handwritten("right")
def _(x):
    return {"x": 3 * x * x}
"""

DEADLY = """

@case(x=real(), examples=[{"x": 1.0}], source="none")
def deadly(x):
    \"\"\"f = x\"\"\"
    return 1 * x


@deadly.handwritten("ends the process")
def _(x):
    os._exit(5)

"""


def written(folder: Path, text: str = CASES) -> Path:
    """A file of cases."""
    path = folder / "toy.py"
    path.write_text(textwrap.dedent(text), encoding="utf-8")
    return path


@pytest.fixture
def cases(tmp_path: Path) -> tuple[Case, ...]:
    """Two cases, with two right formulas and a wrong one."""
    return load([written(tmp_path)])


def ran(cases: tuple[Case, ...], path: Path, settings: Settings = SETTINGS, **options: Any) -> Run:
    """Run cases into a file."""
    return run(cases, settings, path, **options)


def verdicts(records: tuple[Record, ...]) -> dict[str, str]:
    """Case, formula and dtype → verdict."""
    return {
        f"{record.cell.case} {record.cell.transform} {record.cell.dtype}": record.judgement.verdict.name
        for record in records
    }


def test_every_planned_cell_gets_a_record(cases: tuple[Case, ...], tmp_path: Path) -> None:
    """The run holds one record per cell, in the order of the plan, and one sheet per case."""
    finished = ran(cases, tmp_path / "run.jsonl", replace(SETTINGS, sheets=True))
    assert [record.cell for record in finished.records] == plan(cases, SETTINGS)
    assert verdicts(finished.records) == {
        "toy/cube right float64": "AGREES",
        "toy/cube right float32": "AGREES",
        "toy/square right float64": "AGREES",
        "toy/square wrong float64": "WRONG",
        "toy/square right float32": "AGREES",
        "toy/square wrong float32": "WRONG",
    }
    assert [sheet.case for sheet in finished.sheets] == ["toy/cube", "toy/square"]
    assert finished.sheets[1].claims[0].outcome == "holds"
    assert finished.complete
    assert outcome(finished.records) == 1


def test_the_file_is_the_run(cases: tuple[Case, ...], tmp_path: Path) -> None:
    """What the run returns is what its file holds, and what was watched on the way."""
    watched: list[Record | Sheet] = []
    finished = ran(cases, tmp_path / "run.jsonl", watch=watched.append)
    assert repr(read_run(tmp_path / "run.jsonl")) == repr(finished)
    assert [item.cell for item in watched if isinstance(item, Record)] == [one.cell for one in finished.records]


def test_the_same_seed_writes_the_same_bytes(cases: tuple[Case, ...], tmp_path: Path) -> None:
    """Two runs of one seed are the same file; another seed is another run."""
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        ran(cases, tmp_path / name, replace(SETTINGS, seed=seed))
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert (tmp_path / "a").read_bytes() != (tmp_path / "c").read_bytes()


def test_worker_processes_find_the_same(cases: tuple[Case, ...], tmp_path: Path) -> None:
    """Two processes find what one finds, to the last bit, whatever else was imported."""
    alone = ran(cases, tmp_path / "alone")
    shared = ran(cases, tmp_path / "shared", replace(SETTINGS, jobs=2), folders=[tmp_path / "toy.py"])
    assert repr(alone.records) == repr(shared.records)


def test_an_interrupted_run_is_resumed(cases: tuple[Case, ...], tmp_path: Path) -> None:
    """What was there is kept and not computed again; the rest is the same as without interruption."""
    whole = ran(cases, tmp_path / "whole")
    seen: list[Record | Sheet] = []

    def interrupt(item: Record | Sheet) -> None:
        seen.append(item)
        if len(seen) == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ran(cases, tmp_path / "run.jsonl", watch=interrupt)
    interrupted = read_run(tmp_path / "run.jsonl")
    assert not interrupted.complete
    assert 0 < len(interrupted.records) < len(whole.records)
    before = (tmp_path / "run.jsonl").read_bytes()
    resumed = ran(cases, tmp_path / "run.jsonl", resume=True)
    assert repr(resumed) == repr(whole)
    assert (tmp_path / "run.jsonl").read_bytes().startswith(before)


def test_a_finished_run_is_not_run_again(
    cases: tuple[Case, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Resuming a complete run computes nothing."""
    finished = ran(cases, tmp_path / "run.jsonl")
    monkeypatch.setattr("diffcheck.job.search", pytest.fail)
    assert repr(ran(cases, tmp_path / "run.jsonl", resume=True)) == repr(finished)


def test_another_seed_is_not_resumed(cases: tuple[Case, ...], tmp_path: Path) -> None:
    """A run goes on only as it was begun."""
    ran(cases, tmp_path / "run.jsonl")
    with pytest.raises(RunFileError, match="other environment \\(seed\\)"):
        ran(cases, tmp_path / "run.jsonl", replace(SETTINGS, seed=7), resume=True)


def test_a_dying_process_costs_only_its_own_cells(tmp_path: Path) -> None:
    """The case that ends the process is told; every other case is judged."""
    path = written(tmp_path, CASES + DEADLY)
    settings = replace(SETTINGS, dtypes=("float64",), jobs=2)
    finished = ran(load([path]), tmp_path / "run.jsonl", settings, folders=[path])
    assert verdicts(finished.records) == {
        "toy/cube right float64": "AGREES",
        "toy/deadly ends the process float64": "CRASHED",
        "toy/square right float64": "AGREES",
        "toy/square wrong float64": "WRONG",
    }
    [dead] = [record for record in finished.records if record.judgement.verdict is Verdict.CRASHED]
    assert dead.judgement.message == "the process ended with exit code 5"
    assert outcome(finished.records) == 3


def test_a_job_that_takes_too_long_is_told(
    cases: tuple[Case, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A timeout asks for worker processes, and every cell of a job that ran out of time says so."""

    def late(work: Any, jobs: list[Any], count: int, *, timeout: float, **rest: Any) -> Iterator[TimedOut]:
        del work, count, rest
        return (TimedOut(job, timeout) for job in jobs)

    monkeypatch.setattr("diffcheck.job.run_jobs", late)
    finished = ran(cases, tmp_path / "run.jsonl", replace(SETTINGS, timeout=5.0))
    assert {record.judgement.verdict for record in finished.records} == {Verdict.TIMED_OUT}
    assert {record.judgement.message for record in finished.records} == {"stopped after 5 s"}
    assert [record.cell for record in finished.records] == plan(cases, SETTINGS)
    assert outcome(finished.records) == 3


def test_a_backend_that_is_not_installed_is_unavailable(
    cases: tuple[Case, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A missing framework is told, and is no success: nothing judged is exit code 5, required it is 3."""
    monkeypatch.setattr("diffcheck.job.installed", lambda backend: backend.name != "jax")
    monkeypatch.setattr("diffcheck.plan.installed", lambda backend: backend.name != "jax")
    settings = Settings(backends=("jax",), dtypes=("float64",), max_examples=1, required=("jax",))
    finished = ran(cases[:1], tmp_path / "run.jsonl", settings)
    assert {record.judgement.verdict for record in finished.records} == {Verdict.UNAVAILABLE}
    assert {record.judgement.cause for record in finished.records} == {Cause.ABSENT}
    assert finished.missing == ("jax",)
    assert outcome(finished.records) == 5
    assert outcome(finished.records, missing=finished.missing) == 3


def test_our_own_mistake_costs_one_case(
    cases: tuple[Case, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Should diffcheck itself fail, the records of that case say so and the others are there."""
    from diffcheck.search import search

    def failing(case: Case, *rest: Any) -> list[Record]:
        if case.name == "cube":
            raise AssertionError("a mistake of ours")
        return search(case, *rest)

    monkeypatch.setattr("diffcheck.job.search", failing)
    finished = ran(cases, tmp_path / "run.jsonl")
    crashed = [record for record in finished.records if record.judgement.verdict is Verdict.CRASHED]
    assert {record.cell.case for record in crashed} == {"toy/cube"}
    assert crashed[0].judgement.message == "diffcheck failed here: AssertionError: a mistake of ours"
    assert verdicts(finished.records)["toy/square wrong float64"] == "WRONG"


# Where a worker process loads this, Taylor series move twice as fast.
CONTRADICTION = """

import multiprocessing

import numpy as np

from diffcheck.reference import jet

if multiprocessing.parent_process() is not None:
    line = jet._line
    jet._line = lambda x, v: line(x, v if v is None else np.array(2 * v, object))

"""


def test_a_contradiction_ends_the_run(cases: tuple[Case, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where two certified opinions disagree nothing can be trusted: what comes after is not judged."""

    def contradict(traced: Any, point: Any, wrt: Any, order: int, title: str) -> Agreement:
        if title == "toy/square":
            raise Disagreement("a bug of diffcheck")
        return Agreement(agreed=2)

    monkeypatch.setattr("diffcheck.agreement.second_opinion", contradict)
    with pytest.raises(Disagreement, match="a bug of diffcheck"):
        ran(cases, tmp_path / "run.jsonl")
    stopped = read_run(tmp_path / "run.jsonl")
    assert not stopped.complete
    assert {record.cell.case for record in stopped.records} == {"toy/cube"}


def test_a_contradiction_in_a_worker_process_ends_the_run(tmp_path: Path) -> None:
    """The message comes back from there, with the function, both enclosures and the point."""
    path = written(tmp_path, CASES + CONTRADICTION)
    with pytest.raises(Disagreement) as raised:
        ran(load([path]), tmp_path / "run.jsonl", replace(SETTINGS, jobs=2), folders=[path])
    assert all(word in str(raised.value) for word in ("toy/", "closed form", "series", "x  "))
    assert not read_run(tmp_path / "run.jsonl").complete


def test_a_sheet_says_how_many_second_opinions_there_are(cases: tuple[Case, ...], tmp_path: Path) -> None:
    """At the worked examples and the points that records show, as the profile says how far."""
    [sheet] = ran(cases[:1], tmp_path / "run.jsonl", replace(SETTINGS, sheets=True)).sheets
    assert sheet.trust is not None
    assert sheet.trust.agreement.agreed > 0
    assert sheet.trust.agreement.expensive == 0


def known(folder: Path, formula: str) -> Path:
    """A file that says that a formula is known to be wrong."""
    path = folder / "known.toml"
    path.write_text(
        f'[[known]]\ncase = "toy/square"\nbackend = "handwritten"\ntransform = "{formula}"\n'
        'verdict = "WRONG"\nreason = "three times"\npoint = { x = [1.5, 0.25] }\n',
        encoding="utf-8",
    )
    return path


def test_a_known_finding_is_marked_and_does_not_fail(cases: tuple[Case, ...], tmp_path: Path) -> None:
    """The record carries the reason, nothing is gone, and the run is in order."""
    finished = ran(cases, tmp_path / "run.jsonl", replace(SETTINGS, known=known(tmp_path, "wrong")))
    wrong = [record for record in finished.records if record.judgement.verdict is Verdict.WRONG]
    assert [record.known for record in wrong] == ["three times", "three times"]
    assert finished.gone == ()
    assert outcome(finished.records, gone=finished.gone) == 0


def test_a_known_finding_that_is_gone_is_told(cases: tuple[Case, ...], tmp_path: Path) -> None:
    """An entry about a formula that agrees must be removed: the run fails and says so."""
    finished = ran(cases, tmp_path / "run.jsonl", replace(SETTINGS, known=known(tmp_path, "right")))
    assert len(finished.gone) == 1
    assert "is now AGREES; remove the entry" in finished.gone[0]
    assert outcome(finished.records, gone=finished.gone) == 1


def test_cells_of_part_of_a_plan(cases: tuple[Case, ...]) -> None:
    """Only the given cells are filled, and the known ones among them marked."""
    cells = [cell for cell in plan(cases, SETTINGS) if cell.case == "toy/cube" and cell.dtype == "float32"]
    items = list(execute(cases, cells, SETTINGS))
    assert [item.cell for item in items if isinstance(item, Record)] == cells
    assert not any(isinstance(item, Sheet) for item in items)


@pytest.mark.parametrize("make", [lambda path: path.mkdir(), lambda path: path.write_text("hello")])
def test_a_file_that_cannot_be_written_or_resumed_is_one_line(
    cases: tuple[Case, ...], tmp_path: Path, make: Callable[[Path], Any]
) -> None:
    """A folder in the way, or another file, is said in one line before anything runs."""
    make(tmp_path / "run.jsonl")
    with pytest.raises(RunFileError) as error:
        ran(cases, tmp_path / "run.jsonl", resume=True)
    assert "\n" not in str(error.value)
