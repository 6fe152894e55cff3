"""A stored look at frameworks: one test for each statement, which fails where something has changed."""

from __future__ import annotations

from pathlib import Path

import pytest

from diffcheck.cli import main
from tests.pytest_plugin.conftest import Run


@pytest.fixture
def stored(pytester: pytest.Pytester) -> Path:
    """What torch does about three statements."""
    file = pytester.path / "looks" / "torch.jsonl"
    main(["behaviours", "nothing_before", "accumulates", "-b", "torch", "--run-file", str(file)])
    return file


def test_what_frameworks_still_do_passes(run: Run, stored: Path) -> None:
    result = run("--diffcheck", "-v", "looks")
    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(["*state/accumulates[[]torch[]] PASSED*"])


def test_what_changed_fails_with_the_statement_and_both_answers(run: Run, stored: Path) -> None:
    text = stored.read_text(encoding="utf-8")
    stored.write_text(text.replace("[1.0, 5.0, 9.0, 13.0]", "[1.0, 1.0, 1.0, 1.0]"), encoding="utf-8")
    result = run("--diffcheck", "looks/torch.jsonl")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        ["A second backward pass adds its gradient to what is there", "*state/accumulates · torch*→*holds*"]
    )


def test_a_run_file_without_behaviours_is_not_collected(run: Run, pytester: pytest.Pytester) -> None:
    (pytester.path / "other.jsonl").write_text('{"kind": "header"}\n', encoding="utf-8")
    assert run("--diffcheck", "other.jsonl").ret != pytest.ExitCode.OK


def test_without_the_option_nothing_is_collected(run: Run, stored: Path) -> None:
    assert run("looks").ret == pytest.ExitCode.NO_TESTS_COLLECTED
