"""What a session comes to: the line above it, the section below it, the run file."""

from __future__ import annotations

from pathlib import Path

import pytest

from diffcheck.run_file import read_run
from tests.pytest_plugin.conftest import Run

SECTION = "*= diffcheck =*"


def test_the_header_says_what_counts(run: Run, mine: Path) -> None:
    """Versions always; profile, points and seed where case files are collected."""
    run().stdout.re_match_lines([r"diffcheck 0\.1\.0: torch [\d.+a-z]+, jax [\d.]+$"])
    asked = run("--diffcheck", "--diffcheck-seed=4", "--collect-only", "cases")
    asked.stdout.re_match_lines([r"diffcheck 0\.1\.0: .*; profile quick, 3 points, seed 4$"])


def test_a_session_without_derivatives_has_no_section(run: Run, pytester: pytest.Pytester) -> None:
    """Where nothing was judged there is nothing to sum up."""
    pytester.makepyfile("def test_other(): pass")
    result = run()
    result.assert_outcomes(passed=1)
    result.stdout.no_fnmatch_line(SECTION)


def test_the_section_has_findings_and_counts(run: Run, mine: Path) -> None:
    """Each finding in one line, worst first; then how many cells have which verdict; and what was stored."""
    result = run("--diffcheck", "--diffcheck-run-file=runs/run.jsonl", "cases")
    result.stdout.fnmatch_lines(
        [
            SECTION,
            "✗ WRONG      mine/cubes · handwritten R by hand · float64: x[[]0[]] is 2.0, not 3.0",
            "σ SELECTION  mine/rectified · handwritten R by steps · float64: x[[]0[]] is 0.0, not 1.0",
            "2 cases, 3 cells, * judged points, * compared numbers",
            "cells: 1 WRONG, 1 SELECTION, 1 AGREES",
            "stored in runs/run.jsonl; to see it all: diffcheck report runs/run.jsonl",
        ],
        consecutive=True,
    )
    stored = read_run(Path("runs/run.jsonl"))
    assert stored.complete
    assert {record.judgement.verdict.name for record in stored.records} == {"WRONG", "SELECTION", "AGREES"}
    assert stored.environment["seed"] == "0"


def test_records_of_calls_are_not_stored(run: Run, pytester: pytest.Pytester) -> None:
    """Two tests may call two functions by one name, and a run file keeps one record of each."""
    pytester.makepyfile(
        """
        import jax.numpy as jnp

        def test_mine(assert_gradient):
            assert_gradient(jnp.sin, jnp.ones(1), points="given")
        """
    )
    run("--diffcheck-run-file=run.jsonl").stdout.fnmatch_lines([SECTION, "cells: 2 AGREES"])
    assert read_run(Path("run.jsonl")).records == ()


def test_nothing_is_stored_where_nothing_runs(run: Run, mine: Path) -> None:
    """--collect-only leaves an old run file as it is."""
    Path("run.jsonl").write_text("old", encoding="utf-8")
    run("--diffcheck", "--collect-only", "--diffcheck-run-file=run.jsonl", "cases")
    assert Path("run.jsonl").read_text(encoding="utf-8") == "old"
