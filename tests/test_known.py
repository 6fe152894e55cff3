"""The file of known findings: reading it, matching records, saying what is gone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from diffcheck.case import case
from diffcheck.domain import real
from diffcheck.known import Known, KnownError, check_known, gone, known_points, mark, read_known
from diffcheck.record import Cell, Judgement, Record
from diffcheck.verdict import Verdict

ENTRY = """
[[known]]
case = "test_known/square"
backend = "handwritten"
transform = "doubled"
verdict = "WRONG"
reason = "twice too large"
link = "T3"
versions = { numpy = "2.3" }
point = { x = [1, 0.1] }
"""


@case(x=real("n"), source="none")
def square(x: Any) -> Any:
    """y = x²"""
    return x * x


def written(folder: Path, text: str) -> Path:
    """A file with this text."""
    path = folder / "known.toml"
    path.write_text(text, encoding="utf-8")
    return path


def known(folder: Path) -> tuple[Known, ...]:
    """The entry above, read from a file."""
    return read_known(written(folder, ENTRY))


def record(verdict: Verdict, transform: str = "doubled", dtype: str = "float64", **verdicts: int) -> Record:
    """A record of the case above."""
    cell = Cell("test_known/square", "handwritten", "R", transform, dtype)
    return Record("", cell, Judgement(verdict), points=3, verdicts=verdicts or {verdict.name: 3})


def test_a_finding_that_is_known_is_marked(tmp_path: Path) -> None:
    """Every cell that an entry names is marked with its reason and its link, in every dtype left open."""
    for dtype in ("float64", "float32"):
        assert mark(record(Verdict.WRONG, dtype=dtype), known(tmp_path)).known == "twice too large (T3)"


def test_without_a_mode_a_finding_is_about_order_1(tmp_path: Path) -> None:
    """The second derivative may well be right where the first is wrong: it needs an entry of its own."""
    wrong = record(Verdict.WRONG)
    second = replace(wrong, cell=replace(wrong.cell, mode="FR"))
    assert mark(second, known(tmp_path)).known == ""
    assert gone(known(tmp_path), [replace(second, verdicts={"AGREES": 3})]) == ()
    of_order_2 = read_known(written(tmp_path, ENTRY + 'mode = "??"\n'))
    assert mark(second, of_order_2).known == "twice too large (T3)"
    assert mark(wrong, of_order_2).known == ""


def test_what_is_not_known_stays_unmarked(tmp_path: Path) -> None:
    """Another verdict, and another method, are new."""
    assert mark(record(Verdict.NOT_FINITE), known(tmp_path)).known == ""
    assert mark(record(Verdict.WRONG, transform="right"), known(tmp_path)).known == ""


def test_a_finding_that_still_occurs_is_not_gone(tmp_path: Path) -> None:
    """One point at which the verdict occurs is enough, even where another verdict is worse."""
    assert gone(known(tmp_path), [record(Verdict.WRONG)]) == ()
    assert gone(known(tmp_path), [record(Verdict.NOT_FINITE, WRONG=1, NOT_FINITE=2)]) == ()
    assert gone(known(tmp_path), [record(Verdict.AGREES, dtype="float32"), record(Verdict.WRONG)]) == ()


def test_a_finding_that_no_longer_occurs_is_gone(tmp_path: Path) -> None:
    """The sentence names the entry, what it is now, and with what it was seen."""
    [sentence] = gone(known(tmp_path), [record(Verdict.AGREES), record(Verdict.AGREES, dtype="float32")])
    assert sentence == (
        "test_known/square · handwritten doubled: WRONG (seen with numpy 2.3) is now AGREES; "
        "remove the entry: twice too large"
    )


def test_what_did_not_run_is_not_gone(tmp_path: Path) -> None:
    """An entry about a cell that was not selected, or never ran, says nothing."""
    never = Record("", Cell("test_known/square", "handwritten", "R", "doubled", "float64"), Judgement(Verdict.CRASHED))
    assert gone(known(tmp_path), []) == ()
    assert gone(known(tmp_path), [record(Verdict.AGREES, transform="right"), never]) == ()


def test_points_are_replayed_exactly_in_each_dtype(tmp_path: Path) -> None:
    """A known point is rounded to the dtype under test, and belongs to its own case only."""
    for dtype in ("float64", "float32"):
        [point] = known_points(known(tmp_path), square, dtype)
        assert point.arguments["x"].dtype == dtype
        assert np.array_equal(point.arguments["x"], np.array([1, 0.1], dtype))


def test_points_of_other_dtypes_are_left_out(tmp_path: Path) -> None:
    """An entry about float32 is not replayed in float64."""
    entry = read_known(written(tmp_path, ENTRY + 'dtype = "float32"\n'))
    assert known_points(entry, square, "float64") == ()
    assert len(known_points(entry, square, "float32")) == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[[known", "not TOML"),
        (ENTRY.replace('verdict = "WRONG"', 'verdict = "BAD"'), "entry 1: no verdict 'BAD'"),
        (ENTRY.replace('reason = "twice too large"', ""), "entry 1: has no 'reason'"),
        (ENTRY + 'modes = "R"\n', "entry 1: unknown key 'modes'"),
    ],
)
def test_a_damaged_file_is_one_line(tmp_path: Path, text: str, message: str) -> None:
    """What is wrong with the file is said in one line that names the entry."""
    with pytest.raises(KnownError, match=message) as error:
        read_known(written(tmp_path, text))
    assert "\n" not in str(error.value)


def test_a_missing_file_is_one_line(tmp_path: Path) -> None:
    """A file that is not there is named."""
    with pytest.raises(KnownError, match=r"known\.toml: No such file"):
        read_known(tmp_path / "known.toml")


def test_a_point_must_fit_its_case(tmp_path: Path) -> None:
    """A point with another shape than the domain's is an error of the file, not of a run."""
    entry = read_known(written(tmp_path, ENTRY.replace("[1, 0.1]", "[[1]]")))
    with pytest.raises(KnownError, match="has shape"):
        check_known(entry, [square])
    check_known(known(tmp_path), [square])
