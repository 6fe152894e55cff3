"""How much of torch's operator database is lifted."""

from __future__ import annotations

import pytest

from benchmarks import coverage_torch
from benchmarks.coverage_torch import COVERED, FINDING, NOT_LIFTED, Measured, database, inventory, measure, summary
from diffcheck.lift.aten import torch_primal

pytest.importorskip("expecttest", reason="torch's operator database stands beside its tests, which need it")

ENTRIES = {
    "sin": COVERED,
    "nn_functional_layer_norm": COVERED,
    "sort": NOT_LIFTED,
    "fft_fft": NOT_LIFTED,
    "nn_functional_rrelu": NOT_LIFTED,
}


@pytest.mark.parametrize("name", ENTRIES)
def test_an_entry_is_covered_or_says_why_not(name: str) -> None:
    """What is covered was compared; what is not has a reason."""
    found = measure(name)
    assert found.stage == ENTRIES[name]
    assert found.reason


def test_a_lifted_function_with_another_value_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is covered because it was lifted: its value is compared with torch's."""
    exponential = coverage_torch.first_sample(inventory()["exp"]).function
    monkeypatch.setattr(coverage_torch, "torch_primal", lambda _, point: torch_primal(exponential, point))
    found = measure("sin")
    assert found.stage == FINDING
    assert found.reason.startswith("DIFFERENT")


def test_the_summary_names_both_denominators_and_the_rest() -> None:
    """All entries, those that can be differentiated, and each that is not covered."""
    found = [Measured("sin", COVERED, "AGREES"), Measured("sort", NOT_LIFTED, "no rule")]
    text = summary(found)
    assert f"database: {len(database())}\n" in text
    assert f"float64 on the CPU: {len(inventory())}\n" in text
    assert "covered: 1 (1 AGREES)" in text
    assert "  sort: no rule" in text
