"""The run file: written as results arrive, exact, readable after a crash and by other versions."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from diffcheck.dtype import DTYPES, limits
from diffcheck.identity import point_hash
from diffcheck.point import Point
from diffcheck.record import Cell, Judgement, Record, Run
from diffcheck.run_file import SCHEMA, Footer, Header, RunFileError, RunWriter, read_run
from diffcheck.sheet import ClaimRow, Sheet
from diffcheck.verdict import Cause, Verdict

HEADER = Header({"seed": "0", "numpy": "2.3"}, {"dtypes": "all"}, {"a/first": "11", "a/second": "22"})


def record(case: str = "a/first", mode: str = "R", **fields: Any) -> Record:
    """A record that uses every kind of field."""
    judgement = Judgement(
        Verdict.WRONG,
        Cause.FORMULA,
        ratio=float("inf"),
        ulps=None,
        argument="x",
        index=(1, 0),
        value=float("nan"),
        lower=0.1,
        upper=float(np.nextafter(0.1, 1)),
        allowance=5e-324,
        counts={"WRONG": 1, "AGREES": 3},
        message="twice",
        culprit="exp(x[1]) = 2.7e347 overflows float64",
        causes=("twice the truth", "reversed"),
        advice="the formula loses 12 of 16 digits here",
        allowed_for="the method's own error bound",
    )
    point = Point({"x": np.array([[0.1, -0.0]], np.float32), "k": np.array(3)}, np.array(2.0, np.float32))
    cell = Cell(case, "torch", mode, "", "float32")
    return Record("abc", cell, judgement, point, 4, 8, {"WRONG": 4}, "search", "", {"jax R": None}, **fields)


def write(path: Path, *records: Record, finish: bool = True) -> None:
    """A run file with these records and a sheet."""
    with RunWriter(path, HEADER) as writer:
        for one in records:
            writer.record(one)
        writer.sheet(Sheet("a/first", claims=(ClaimRow("it is 1", "holds", "1", "1"),)))
        if finish:
            writer.footer(Footer({"WRONG": len(records)}, gone=("gone",), missing=("jax",), outcome=3))


def assert_same(first: Record, second: Record) -> None:
    """Every field of two records is the same, to the last bit and the sign of zero."""
    assert repr(first) == repr(second)
    assert first.point is not None
    assert second.point is not None
    for name, array in first.point.arguments.items():
        assert array.dtype == second.point.arguments[name].dtype
        assert array.tobytes() == second.point.arguments[name].tobytes()


def test_what_is_written_is_read(tmp_path: Path) -> None:
    """A run comes back as it was, with NaN, infinities, subnormals and the sign of zero."""
    path = tmp_path / "run.jsonl"
    write(path, record())
    run = read_run(path)
    assert_same(run.records[0], record())
    assert run.sheets[0].claims[0].outcome == "holds"
    assert (run.environment, run.settings, run.definitions) == (HEADER.environment, HEADER.settings, HEADER.definitions)
    assert (run.complete, run.gone, run.missing) == (True, ("gone",), ("jax",))


def test_a_file_holds_plain_json_without_null_for_numbers(tmp_path: Path) -> None:
    """Every line is strict JSON; a float is exact hexadecimal text, also where it is not finite."""
    path = tmp_path / "run.jsonl"
    write(path, record())
    lines = [json.loads(line, parse_constant=pytest.fail) for line in path.read_text().splitlines()]
    assert [line["kind"] for line in lines] == ["header", "point", "record", "sheet", "footer"]
    judgement = lines[2]["judgement"]
    assert (judgement["value"], judgement["ratio"]) == ("nan", "inf")
    assert (judgement["lower"], judgement["allowance"]) == ((0.1).hex(), (5e-324).hex())
    assert lines[1]["arguments"]["x"]["values"][1] == "-0x0.0p+0"


def test_a_large_array_comes_back_bit_for_bit(tmp_path: Path) -> None:
    """The point of a network is stored once, compactly, and exactly."""
    path = tmp_path / "run.jsonl"
    big = Point({"x": np.random.default_rng(0).standard_normal((40, 50)), "k": np.arange(100)})
    write(path, replace(record(), point=big), replace(record(mode="F"), point=big))
    for one in read_run(path).records:
        assert_same(one, replace(one, point=big))
    assert path.read_text().count('"kind": "point"') == 1
    assert path.stat().st_size < 2 * big.arguments["x"].nbytes


@pytest.mark.parametrize("size", [5, 100])
@pytest.mark.parametrize("dtype", DTYPES)
def test_a_point_of_any_dtype_comes_back(tmp_path: Path, dtype: str, size: int) -> None:
    """As text where it is small, as bytes where it is large: every bit of it."""
    limit = limits(dtype)
    numbers = [limit.smallest_subnormal, -limit.largest, 1 + 2 * limit.unit, -0.0, np.inf]
    point = Point({"x": np.array(numbers * (size // 5), dtype)}, cotangent=np.array(0.5, dtype))
    path = tmp_path / "run.jsonl"
    write(path, replace(record(), point=point))
    [one] = read_run(path).records
    assert_same(one, replace(one, point=point))
    assert one.point is not None
    assert one.point.dtype == dtype
    assert point_hash(one.point) == point_hash(point)


def test_an_interrupted_run_is_readable(tmp_path: Path) -> None:
    """Whatever was written is there, wherever the last line was cut, and the run is not complete."""
    path = tmp_path / "run.jsonl"
    write(path, record(), record("a/second"), finish=False)
    whole = path.read_bytes()
    last = whole[:-1].rfind(b"\n") + 1
    for end in range(last + 1, len(whole), 7):
        path.write_bytes(whole[:end])
        run = read_run(path)
        assert len(run.records) == 2
        assert not run.complete


def test_records_are_on_the_disk_when_they_arrive(tmp_path: Path) -> None:
    """A record can be read while the run goes on."""
    path = tmp_path / "run.jsonl"
    with RunWriter(path, HEADER) as writer:
        writer.record(record())
        assert len(read_run(path).records) == 1


def test_a_resumed_run_keeps_what_was_there(tmp_path: Path) -> None:
    """Resuming drops the cut line and the footer, writes no point twice, and replaces a repeated cell."""
    path = tmp_path / "run.jsonl"
    write(path, record(), record("a/second"))
    with path.open("a") as file:
        file.write('{"kind": "rec')
    with RunWriter(path, HEADER, resume=True) as writer:
        assert not read_run(path).complete
        writer.record(replace(record("a/second"), points=9))
    run = read_run(path)
    assert [one.points for one in run.records] == [4, 9]
    assert path.read_text().count('"kind": "point"') == 1


@pytest.mark.parametrize(
    ("other", "message"),
    [
        (replace(HEADER, settings={"dtypes": "float32"}), "other settings \\(dtypes\\)"),
        (replace(HEADER, environment={"seed": "1", "numpy": "2.3"}), "other environment \\(seed\\)"),
        (replace(HEADER, definitions={"a/first": "12", "a/second": "22"}), "other definitions \\(a/first\\)"),
    ],
)
def test_a_run_is_resumed_only_as_it_was_begun(tmp_path: Path, other: Header, message: str) -> None:
    """Another seed, version, setting or definition would make one file of two runs; nothing is lost."""
    path = tmp_path / "run.jsonl"
    write(path, record())
    before = path.read_bytes()
    with pytest.raises(RunFileError, match=message):
        RunWriter(path, other, resume=True)
    assert path.read_bytes() == before


def test_resuming_what_is_not_there_begins_afresh(tmp_path: Path) -> None:
    """A first run may be started with resume."""
    path = tmp_path / "folder" / "run.jsonl"
    RunWriter(path, HEADER, resume=True).close()
    assert read_run(path).records == ()


def test_records_come_in_the_order_of_the_plan(tmp_path: Path) -> None:
    """Worker processes finish in any order; a reader sees the cases in the header's."""
    path = tmp_path / "run.jsonl"
    wide = replace(record(), cell=replace(record().cell, dtype="float64"))
    write(path, record("a/second"), record(), wide, record("b/unplanned"), record("a/second", "F"))
    order = [(one.cell.case, one.cell.dtype, one.cell.mode) for one in read_run(path).records]
    assert order == [
        ("a/first", "float64", "R"),
        ("a/first", "float32", "R"),
        ("a/second", "float32", "R"),
        ("a/second", "float32", "F"),
        ("b/unplanned", "float32", "R"),
    ]


def test_names_of_a_later_version_are_kept_as_text(tmp_path: Path) -> None:
    """A verdict, cause, field or kind of line that this version does not know is no error."""
    path = tmp_path / "run.jsonl"
    write(path, record())
    text = path.read_text().replace('"WRONG", "cause": "FORMULA"', '"UNCANNY", "cause": "MOON", "phase": "full"')
    path.write_text(text + '{"kind": "horoscope"}\n')
    judgement = read_run(path).records[0].judgement
    assert (judgement.verdict.name, judgement.cause.name) == ("UNCANNY", "MOON")
    assert not judgement.verdict.failure
    assert judgement.verdict.value.exit_code == Verdict.INCONCLUSIVE.value.exit_code


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "not a run file"),
        ("hello\n", "not a run file"),
        ('{"kind": "record"}\n', "not a run file"),
        ("[1]\n", "not a run file"),
        (f'{{"kind": "header", "schema": {SCHEMA + 1}}}\n', "written by a later diffcheck"),
    ],
)
def test_another_file_is_refused_in_one_line(tmp_path: Path, text: str, message: str) -> None:
    """What is no run file is named as such."""
    path = tmp_path / "run.jsonl"
    path.write_text(text)
    with pytest.raises(RunFileError, match=message) as error:
        read_run(path)
    assert "\n" not in str(error.value)


def test_a_damaged_line_is_named(tmp_path: Path) -> None:
    """A line that was damaged in the middle of a file is not skipped in silence."""
    path = tmp_path / "run.jsonl"
    write(path, record())
    lines = path.read_text().splitlines()
    path.write_text("\n".join([*lines[:2], lines[2][:40], *lines[3:]]) + "\n")
    with pytest.raises(RunFileError, match=r"run\.jsonl:3: damaged line"):
        read_run(path)


def test_a_missing_and_an_unwritable_file_are_one_line(tmp_path: Path) -> None:
    """A file that is not there, and a folder that is a file, say what to do."""
    with pytest.raises(RunFileError, match="No such file or directory; name a run file"):
        read_run(tmp_path / "none.jsonl")
    (tmp_path / "file").write_text("")
    with pytest.raises(RunFileError, match=r"cannot write .*; make .* writable or name another"):
        RunWriter(tmp_path / "file" / "run.jsonl", HEADER)


def test_a_run_needs_no_more_than_its_records() -> None:
    """A run can be made by hand, for a report."""
    assert Run({}, (record(),)).complete
