"""Statements about frameworks, and what they do, in every format."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from diffcheck.observation import BehaviourRow, Observation
from diffcheck.record import Run
from diffcheck.report import render
from diffcheck.report.behaviour import counts, observation_of, sentence, shown
from diffcheck.sheet import ClaimRow, Sheet

PROBE = "x = torch.ones(2)\nreturn seen(less=x < 2)"

ROWS = (
    BehaviourRow(
        "state/accumulates",
        "A second backward pass adds <its> gradient",
        "a loop that does not zero gradients uses their sum",
        "T1, T2",
        (
            Observation("torch", "holds", "", {"gradient": "[1.0]"}, PROBE, "2.13.0"),
            Observation("jax", "not applicable", "jax returns gradients & keeps none"),
        ),
    ),
    BehaviourRow("nan/root", "The root's slope at 0 is finite", "why", "", (Observation("torch", "differs", "inf"),)),
    BehaviourRow("nan/later", "Something new", "why", "", (Observation("torch", "unheard of"),)),
)


@pytest.fixture
def observed() -> Run:
    """Three statements, and what three sources say."""
    claims = (
        ClaimRow("gradients add up", "holds", "[1.0]", "[1.0]", "T2", "state/accumulates"),
        ClaimRow("it sets them to zero", "depends", "[0.0]", "by default: None", "T1", "state/zeroing"),
    )
    sheet = Sheet("vector/norm", source="T3", claims=(ClaimRow("it is 4", "refuted", "4", "8"),))
    return Run({"torch": "2.13.0"}, (), sheets=(sheet,), behaviours=ROWS, claims=claims)


def test_the_terminal_shows_who_does_what(observed: Run) -> None:
    text = render("text", observed)
    assert "  state/accumulates: A second backward pass adds <its> gradient\n      torch  ✓\n" in text
    assert "      jax    – jax returns gradients & keeps none\n" in text
    assert "      torch  ≠ inf\n" in text
    assert "depends  state/zeroing: it sets them to zero; true: by default: None" in text
    assert "3 statements about frameworks; torch: 1 holds, 1 differs, 1 unheard of; jax: 1 not applicable" in text


def test_a_run_of_behaviours_speaks_of_no_cells(observed: Run) -> None:
    assert "cells" not in render("text", observed)


def test_the_page_unfolds_what_was_run_and_seen(observed: Run) -> None:
    page = render("html", observed)
    assert "A second backward pass adds &lt;its&gt; gradient" in page
    assert "return seen(less=x &lt; 2)" in page
    assert '<dt>gradient</dt><dd class="number">[1.0]</dd>' in page
    assert '<a href="#claims">What the tutorials say</a>' in page
    assert "1 holds, 1 refuted, 1 depends." in page


def test_the_page_of_behaviours_alone_has_no_matrix(observed: Run) -> None:
    assert "<h2>Matrix</h2>" not in render("html", observed)
    assert "<h2>Matrix</h2>" in render("html", replace(observed, behaviours=()))


def test_the_page_of_a_run_without_behaviours_has_no_such_section(observed: Run) -> None:
    assert "What frameworks do" not in render("html", replace(observed, behaviours=()))


def test_the_file_under_version_control_has_a_table(observed: Run) -> None:
    text = render("markdown", observed)
    assert "A second backward pass adds \\<its> gradient | ✓ | – jax returns gradients & keeps none |" in text
    assert "| nan/root | The root's slope at 0 is finite | ≠ inf |  |" in text


def test_claims_stand_source_by_source(observed: Run) -> None:
    text = render("markdown", observed)
    assert text.index("it sets them to zero") < text.index("gradients add up") < text.index("it is 4")


def test_other_programs_get_everything(observed: Run) -> None:
    content = json.loads(render("json", observed))
    assert content["behaviours"][0]["observations"][0]["evidence"] == {"gradient": "[1.0]"}
    assert [claim["outcome"] for claim in content["claims"]] == ["depends", "holds", "refuted"]


def test_what_was_not_looked_at_is_empty() -> None:
    assert observation_of(ROWS[1], "jax") is None
    assert shown(None) == ""


def test_outcomes_are_counted_for_each_framework() -> None:
    assert counts(ROWS)["torch"]["differs"] == 1
    assert counts(ROWS)["jax"] == {"holds": 0, "differs": 0, "not applicable": 1, "raised": 0}
    assert sentence(()).startswith("0 statements")
