"""The figures: stored in parts of one build, put together, and shown by the README as they are."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from benchmarks import figures, figures_text, parts
from benchmarks.alarms import OURS, AlarmRow
from benchmarks.detection import DIFFCHECK, NAMES, Threshold
from benchmarks.false_alarms import Findings
from benchmarks.figures import STORED, document, read, run, with_table
from benchmarks.functions import PROBLEMS, SIZES
from benchmarks.parts import ALARMS, MUTANTS, PLANTED, Part, Results, plan, results
from benchmarks.structural import CAUGHT, ESCAPED, Trial
from diffcheck.report.json import plain

README = figures.README.read_text(encoding="utf-8")

THRESHOLD = Threshold(DIFFCHECK, "cubic sum", 3, "float64", "torch", everywhere=True, delta=1e-15)
TRIAL = Trial("cubic sum", "sign", 1, "ordinary", "float64", True, CAUGHT, "WRONG", "GRAPH")
ROW = AlarmRow("elementwise/f", "torch R", "float64", True, "WRONG", "FORMULA", OURS, 2, 1, "at x = [1.0]: …")
FINDINGS = Findings(
    subjects=2,
    compared=1,
    entries=Counter({(True, "AGREES"): 997, (True, "INCONCLUSIVE"): 1, (True, "WRONG"): 2, (False, "CONVENTION"): 5}),
    answers=Counter({(True, "AGREES"): 9, (True, "WRONG"): 2, (False, "CONVENTION"): 1}),
    undecided=Counter({("elementwise/f", "jax F float32", "INCONCLUSIVE", "EXCESS"): 1}),
)
FOUND = Results([THRESHOLD], [TRIAL, Trial("f", "zeroed", 2, "ordinary", "float64", False, ESCAPED)], FINDINGS, [ROW])


def small() -> Any:
    """Figures that a run could have stored."""
    return json.loads(json.dumps(document(FOUND, "0123456789ab", quick=False)))


# ---- the README ------------------------------------------------------------------------------


def test_the_readme_shows_what_is_stored() -> None:
    """Its table is made from the file, number by number."""
    stored = json.loads(STORED.read_text(encoding="utf-8"))
    assert with_table(README, stored) == README


def test_another_number_is_noticed() -> None:
    """The test above fails when one stored number changes, whichever figure it belongs to."""
    for change in (_slower, _escaping, _alarming):
        stored = json.loads(STORED.read_text(encoding="utf-8"))
        change(stored)
        assert with_table(README, stored) != README


def _slower(stored: Any) -> None:
    (row, *_) = [row for row in stored["planted"]["rows"] if row["checker"] == DIFFCHECK]
    row["most"] *= 10


def _escaping(stored: Any) -> None:
    (row, *_) = [row for row in stored["mutants"]["rows"] if row["is_mistake"]]
    row["counts"][ESCAPED] = row["counts"].get(ESCAPED, 0) + 1


def _alarming(stored: Any) -> None:
    stored["alarms"]["alarms"].append(plain(ROW))


def test_the_rest_of_the_readme_is_left_alone() -> None:
    """Only what stands between the marks is written."""
    text = f"before\n{figures.MARKS[0]}yesterday's\n{figures.MARKS[1]}\nafter\n"
    new = with_table(text, small())
    assert new.startswith(f"before\n{figures.MARKS[0]}")
    assert new.endswith(f"{figures.MARKS[1]}\nafter\n")
    assert "yesterday" not in new


# ---- text ------------------------------------------------------------------------------------


def test_everything_is_told() -> None:
    """No verdict, doubt, escape or alarm is left out of the text."""
    text = figures_text.whole(small())
    for told in (
        "INCONCLUSIVE | 1 | 0.1000%",
        "CONVENTION | 0 | 0.0000% | 5",
        "1 × INCONCLUSIVE (EXCESS) jax F float32",
    ):
        assert told in text
    assert "ours: 2 × smooth WRONG (FORMULA) torch R float64 elementwise/f" in text
    assert "zeroed, ordinary, float64, program unknown" in text


def test_an_alarm_of_ours_is_a_false_alarm() -> None:
    """And the framework's own defect is not, but is named."""
    stored = small()
    assert "False alarms: 2 in 1,000 comparisons (11 derivatives)" in _in_one_line(stored)
    assert "99.7000 % are AGREES, the others: 1 INCONCLUSIVE, 2 WRONG." in _in_one_line(stored)
    stored["alarms"]["alarms"][0]["fault"] = "the framework's: script.py"
    assert "False alarms: 0 in 1,000 comparisons" in _in_one_line(stored)
    assert "what is theirs is none: torch elementwise/f." in _in_one_line(stored)


def _in_one_line(stored: Any) -> str:
    return " ".join(figures_text.summary(stored).split())


# ---- parts -----------------------------------------------------------------------------------


def test_a_whole_run_has_every_part_once() -> None:
    """Every function at every size, every function's mutants, every subject."""
    whole = plan(quick=False)
    assert len({part.file for part in whole}) == len(whole)
    assert {part.key for part in whole if part.figure == PLANTED} == {
        (k, n) for k in range(len(PROBLEMS)) for n in SIZES
    }
    assert {part.key for part in whole if part.figure == MUTANTS} == {(k,) for k in range(len(PROBLEMS))}
    looked_at = sorted(n for part in whole if part.figure == ALARMS for n in range(part.key[0], 200, part.key[1]))
    assert looked_at == list(range(200))


def test_a_quick_run_is_a_part_of_it() -> None:
    """A quick run has all three figures, and nothing that the whole one has not."""
    quick, whole = ({(part.figure, part.key) for part in plan(quick=quick)} for quick in (True, False))
    assert quick < whole
    assert {figure for figure, _ in quick} == {PLANTED, MUTANTS, ALARMS}


def test_parts_are_put_together() -> None:
    """What was written to files is what is read back, infinities too."""
    alarm = {
        "subjects": 2,
        "compared": 1,
        **{name: [[*key, n] for key, n in getattr(FINDINGS, name).items()] for name in parts.COUNTED},
        "alarms": plain([ROW]),
    }
    never = Threshold(NAMES[2], "cubic sum", 3, "float64", "certified", everywhere=False, delta=float("inf"))
    contents = {
        Part(PLANTED, (0, 3), quick=True): plain([THRESHOLD, never]),
        Part(MUTANTS, (0,), quick=True): plain([TRIAL]),
        Part(ALARMS, (0, 40), quick=True): alarm,
        Part(ALARMS, (1, 40), quick=True): alarm,
    }
    found = results({part: json.loads(json.dumps(content)) for part, content in contents.items()})
    assert list(found.thresholds) == [THRESHOLD, never]
    assert list(found.trials) == [TRIAL]
    assert found.findings == FINDINGS + FINDINGS
    assert list(found.alarms) == [ROW, ROW]


def test_a_run_goes_on_where_it_was(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Stored parts are not done again; while one is missing there are no results."""
    stored, missing = Part(MUTANTS, (0,), quick=True), Part(MUTANTS, (1,), quick=True)
    (tmp_path / stored.file).write_text(json.dumps(plain([TRIAL])))
    run([stored], tmp_path, jobs=1)
    assert read([stored, missing], tmp_path) is None
    assert "1 of 2 parts are done; mutants-1.json is not" in capsys.readouterr().out
    found = read([stored], tmp_path)
    assert found is not None
    assert list(found.trials) == [TRIAL]


def test_a_build_is_named_after_all_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another letter in the package or in a benchmark is another build; a README is none."""
    for name in ("diffcheck/a.py", "diffcheck/b/c.json", "benchmarks/d.py", "README.md"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("1")
    monkeypatch.setattr(parts, "ROOT", tmp_path)
    before = parts.build()
    (tmp_path / "README.md").write_text("2")
    assert parts.build() == before
    (tmp_path / "diffcheck/b/c.json").write_text("2")
    assert parts.build() != before
