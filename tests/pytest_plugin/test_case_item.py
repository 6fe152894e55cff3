"""The test of one way to differentiate a case: every verdict has its outcome, and says what a person needs."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from diffcheck.pytest_plugin.case_item import name_of
from diffcheck.record import Cell
from tests.pytest_plugin.conftest import Run

WRONG = "cases/mine.py::cubes[handwritten-R-by_hand-float64]"

KNOWN = """
[[known]]
case = "mine/cubes"
backend = "handwritten"
transform = "{transform}"
verdict = "WRONG"
reason = "it is the derivative of a square"
link = "issue 7"
point = {{ x = [1.0] }}
"""


def known(folder: Path, transform: str) -> None:
    """Write a file of known findings beside the cases."""
    (folder / "known.toml").write_text(KNOWN.format(transform=transform), encoding="utf-8")


def test_a_wrong_derivative_fails_as_the_report_says_it(run: Run, mine: Path) -> None:
    """The finding with its smallest point, no trace, one line in the summary, and the command that finds it again."""
    result = run("--diffcheck", "cases/mine.py::cubes")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        [
            "*_ cubes[[]handwritten-R-by_hand-float64[]] _*",
            "✗ WRONG  mine/cubes · handwritten R by hand · float64",
            "  at       x = [[]1.0[]]",
            "  true     3.0  (0x1.8p+1)",
            "replay: pytest --diffcheck 'cases/mine.py::cubes[[]handwritten-R-by_hand-float64[]]' *",
            "FAILED cases/mine.py::cubes[[]handwritten-R-by_hand-float64[]] - WRONG: x[[]0[]] is 2.0, not 3.0",
        ]
    )
    result.stdout.no_fnmatch_line("*Error*")
    result.stdout.no_fnmatch_line("*case_item.py*")


def test_the_replay_command_finds_the_same(run: Run, mine: Path) -> None:
    """A test that is run alone fails at the same point, though its neighbours are not asked for."""
    shown = run("--diffcheck", "cases/mine.py::cubes").outlines
    [command] = [line.partition(" ")[2] for line in shown if line.startswith("replay: ")]
    again = run(*shlex.split(command)[1:])
    again.assert_outcomes(failed=1)
    first = shown.index("✗ WRONG  mine/cubes · handwritten R by hand · float64")
    assert set(shown[first : first + 11]) <= set(again.outlines)


def test_only_what_failed_is_run_again(run: Run, mine: Path) -> None:
    """--lf knows our tests by their names."""
    run("--diffcheck", "cases").assert_outcomes(passed=2, failed=1, warnings=1)
    result = run("--diffcheck", "--lf", "cases")
    result.assert_outcomes(failed=1)


def test_a_finding_that_fails_nothing_is_a_warning(run: Run, mine: Path) -> None:
    """It says where the case is; whoever makes errors of warnings gets one line."""
    result = run("--diffcheck", "cases/mine.py::rectified")
    result.assert_outcomes(passed=1, warnings=1)
    result.stdout.fnmatch_lines(["  cases/mine.py:21: FindingWarning: SELECTION: x[[]0[]] is 0.0, not 1.0"])
    strict = run("-Werror", "--diffcheck", "cases/mine.py::rectified")
    strict.assert_outcomes(failed=1)
    strict.stdout.fnmatch_lines(["FAILED * - SELECTION: x[[]0[]] is 0.0, not 1.0"])


def test_what_is_not_supported_is_skipped_with_the_reason(run: Run, mine: Path) -> None:
    """The reason is the declared one, the place that of the case."""
    result = run(
        "-rs", "--diffcheck", "--diffcheck-backend=finite_difference", "--diffcheck-transform=complex-step", "cases"
    )
    result.assert_outcomes(passed=1, skipped=1)
    result.stdout.fnmatch_lines(["SKIPPED [[]1[]] cases/mine.py:21: UNSUPPORTED: uses *, which is not analytic"])


# ---- known findings ----------------------------------------------------------------------------


def test_a_known_finding_is_an_expected_failure(run: Run, mine: Path) -> None:
    """The short summary says why, and where it is discussed; --runxfail shows it as if it were news."""
    known(mine, "by hand")
    result = run("-rx", "--diffcheck", "cases/mine.py::cubes")
    result.assert_outcomes(passed=1, xfailed=1)
    result.stdout.fnmatch_lines(["XFAIL *by_hand* - it is the derivative of a square (issue 7)"])
    run("--runxfail", "--diffcheck", WRONG).assert_outcomes(failed=1)


def test_a_known_finding_that_is_gone_fails(run: Run, mine: Path) -> None:
    """It is strict: an entry that nothing shows any more is to be removed."""
    known(mine, "right")
    result = run("--diffcheck", "cases/mine.py::cubes", "-k", "right")
    result.assert_outcomes(failed=1, deselected=1)
    gone = "gone: mine/cubes · handwritten right: WRONG is now AGREES; remove the entry: it is the derivative of a *"
    result.stdout.fnmatch_lines([gone])


def test_a_known_finding_is_not_gone_while_one_of_its_cells_shows_it(run: Run, mine: Path) -> None:
    """An entry may name more ways than fail: those that agree pass."""
    known(mine, "*")
    run("--diffcheck", "cases/mine.py::cubes").assert_outcomes(passed=1, xfailed=1)


# ---- names -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cell", "name"),
    [
        (Cell("vector/squared_norm", "torch", "R", "", "float64"), "squared_norm[torch-R-float64]"),
        (Cell("vector/squared_norm", "jax", "FR", "jit", "float32"), "squared_norm[jax-FR-jit-float32]"),
        (Cell("mine/f", "handwritten", "R", "two  passes", "float64"), "f[handwritten-R-two_passes-float64]"),
    ],
)
def test_names_are_one_word(cell: Cell, name: str) -> None:
    """Case, backend, mode, transform, dtype; nothing that a shell or -k would cut."""
    assert name_of(cell) == name
