"""What sources state: the outcome is computed, and another claim has another outcome."""

from dataclasses import replace

import pytest

from diffcheck.behaviours.evidence import Evidence, seen
from diffcheck.behaviours.stated import Stated, claim_row, is_so
from diffcheck.claims import DEPENDS, HOLDS, REFUTED, UNTESTED

SIGHTS = {
    ("state/a", "torch"): seen(
        gradient=[0.0, 4.0], loss=2.1587512, kept=None, zeros={"by default": None, "asked for": [0.0]}
    ),
    ("state/b", "torch"): Evidence(raised="RuntimeError", message="no"),
}

CLAIM = Stated("T1", "the gradient is 4x", ("state/a", "gradient"), [0.0, 4.0])

OUTCOMES = {
    "digit for digit": (CLAIM, HOLDS),
    "another number": (replace(CLAIM, claimed=[0.0, 2.0]), REFUTED),
    "another length": (replace(CLAIM, claimed=[0.0]), REFUTED),
    "to the decimals that are claimed": (replace(CLAIM, where=("state/a", "loss"), claimed="2.158751"), HOLDS),
    "a decimal too many": (replace(CLAIM, where=("state/a", "loss"), claimed="2.1587514"), REFUTED),
    "nothing is claimed, and nothing is": (replace(CLAIM, where=("state/a", "kept"), claimed=None), HOLDS),
    "on conditions": (replace(CLAIM, where=("state/a", "zeros"), claimed=[0.0]), DEPENDS),
    "on no condition": (replace(CLAIM, where=("state/a", "zeros"), claimed=[1.0]), REFUTED),
    "another framework": (replace(CLAIM, framework="mxnet"), UNTESTED),
    "by conditions of its own": (
        replace(CLAIM, where={"a": ("state/a", "gradient"), "b": ("state/a", "kept")}),
        DEPENDS,
    ),
    "an exception": (replace(CLAIM, where=("state/b", "raised"), claimed="RuntimeError"), HOLDS),
    "another exception": (replace(CLAIM, where=("state/b", "raised"), claimed="TypeError"), REFUTED),
    "no exception": (replace(CLAIM, where=("state/a", "raised"), claimed="TypeError"), REFUTED),
    "nothing was seen": (replace(CLAIM, where=("state/b", "gradient")), UNTESTED),
}


@pytest.mark.parametrize("name", OUTCOMES)
def test_the_outcome_is_computed(name):
    stated, outcome = OUTCOMES[name]
    assert claim_row(stated, SIGHTS).outcome == outcome


def test_a_row_says_what_is_so_and_by_what_evidence():
    row = claim_row(replace(CLAIM, where=("state/a", "zeros"), claimed=[0.0]), SIGHTS)
    assert row.true == "by default: None; asked for: [0.0]"
    assert (row.source, row.behaviour, row.claimed) == ("T1", "state/a", "[0.0]")


def test_why_nobody_could_look_is_said():
    assert claim_row(replace(CLAIM, framework="mxnet"), SIGHTS).true == "there is no mxnet here to look at"
    assert (
        claim_row(replace(CLAIM, where=("state/b", "gradient")), SIGHTS).true == "the probe ended with RuntimeError: no"
    )


def test_a_text_that_is_no_number_is_claimed_letter_by_letter():
    assert is_so("nan of the first step", "nan of the first step")
    assert not is_so("nan", 1.0)
