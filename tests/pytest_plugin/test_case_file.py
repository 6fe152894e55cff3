"""Case files: which files are, what is collected from them, and one line for each mistake."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.pytest_plugin.conftest import CASES, Run

ALL = [
    "cases/mine.py::cubes[handwritten-R-right-float64]",
    "cases/mine.py::cubes[handwritten-R-by_hand-float64]",
    "cases/mine.py::rectified[handwritten-R-by_steps-float64]",
]


@pytest.mark.parametrize("what", ["cases", "cases/mine.py", "."])
def test_each_way_to_differentiate_a_case_is_a_test(what: str, run: Run, mine: Path) -> None:
    """A folder, a file, or everything: the same tests under readable names."""
    result = run("--diffcheck", "--collect-only", "-q", what)
    assert result.outlines[:3] == ALL


CHOICES = {
    "a case": (["cases/mine.py::cubes"], 2),
    "one way": (["cases/mine.py::cubes[handwritten-R-right-float64]"], 1),
    "a word": (["cases", "-k", "by_hand"], 1),
    "our mark": (["cases", "-m", "diffcheck"], 3),
    "no others": (["cases", "-m", "not diffcheck"], 0),
}


@pytest.mark.parametrize(("chosen", "count"), CHOICES.values(), ids=CHOICES)
def test_a_case_is_chosen_as_a_test_is(chosen: list[str], count: int, run: Run, mine: Path) -> None:
    """By its name, with all its ways or one of them, by a word, by the mark."""
    result = run("--diffcheck", "--collect-only", "-q", *chosen)
    assert len([line for line in result.outlines if "::" in line]) == count


def test_nothing_is_collected_unless_it_is_asked_for(run: Run, mine: Path) -> None:
    """Who does not say --diffcheck does not notice the plugin."""
    run("cases").assert_outcomes()


def test_other_files_of_a_folder_are_left_alone(run: Run, mine: Path) -> None:
    """Nothing is imported to find out that a file has no cases."""
    (mine / "train.py").write_text("raise SystemExit('imported')", encoding="utf-8")
    (mine / "_draft.py").write_text(CASES, encoding="utf-8")
    (mine / "notes.txt").write_text(CASES, encoding="utf-8")
    assert run("--diffcheck", "--collect-only", "-q", "cases").outlines[:3] == ALL


def test_a_test_module_stays_one(run: Run, pytester: pytest.Pytester) -> None:
    """Cases that a test module defines are its own business."""
    pytester.makepyfile(test_mine=CASES + "\n\ndef test_mine():\n    assert cubes.id\n")
    pytester.makeini("[pytest]\naddopts = --diffcheck")
    run("test_mine.py").assert_outcomes(passed=1)


MISTAKES = {
    "no cases": ("x = 1", "bad.py: no cases here; decorate a function with @diffcheck.case"),
    "not Python": ("@case(x=real()\ndef f(x): ...", "bad.py:1: does not import: SyntaxError: *never closed*"),
    "it raises": ("import diffcheck\n1 / 0", "bad.py:2: does not import: ZeroDivisionError: division by zero"),
    "no domain": (
        "from diffcheck import case\n\n@case(source='none')\ndef f(x): ...",
        "bad.py:3: case f: takes (x) but has domains for ()",
    ),
}


@pytest.mark.parametrize(("text", "said"), MISTAKES.values(), ids=MISTAKES)
def test_a_bad_file_is_one_line(text: str, said: str, run: Run, pytester: pytest.Pytester) -> None:
    """The line that `diffcheck run` would print, and no trace."""
    (pytester.path / "bad.py").write_text(text, encoding="utf-8")
    result = run("--diffcheck", "bad.py")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([said])
    result.stdout.no_fnmatch_line("*Traceback*")
    result.stdout.no_fnmatch_line("*.py:*: in *")


def test_a_broken_file_is_found_in_its_folder(run: Run, mine: Path) -> None:
    """What looks like a case file and cannot be read is an error, not nothing."""
    (mine / "broken.py").write_text("from diffcheck import case\n\n@case(\n", encoding="utf-8")
    result = run("--diffcheck", "cases")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["cases/broken.py:3: does not import: SyntaxError*"])


def test_a_bad_file_of_known_findings_is_one_line(run: Run, mine: Path) -> None:
    """Its name, and what is wrong with it."""
    (mine / "known.toml").write_text("[[known]]\ncase = 'mine/cubes'\n", encoding="utf-8")
    result = run("--diffcheck", "cases")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*known.toml: entry 1: has no 'backend'"])


# ---- nothing is no success ---------------------------------------------------------------------


def test_no_case_is_an_error(run: Run, pytester: pytest.Pytester) -> None:
    """Somebody typed --diffcheck, and there is nothing that it could be about."""
    pytester.makepyfile("def test_other(): pass")
    result = run("--diffcheck")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["no case among what was collected; name a case file or a folder of them: *"])


def test_no_case_is_fine_where_nobody_asked_just_now(run: Run, pytester: pytest.Pytester, mine: Path) -> None:
    """With --diffcheck in a configuration, other tests can still be run alone."""
    pytester.makepyfile(test_other="def test_other(): pass")
    pytester.makeini("[pytest]\naddopts = --diffcheck")
    run("test_other.py").assert_outcomes(passed=1)


def test_no_method_is_an_error(run: Run, mine: Path) -> None:
    """Options that leave nothing over are not a green session."""
    result = run("--diffcheck", "--diffcheck-transform=tutorial", "cases")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["no method is left to run; loosen --diffcheck-backend, *"])
