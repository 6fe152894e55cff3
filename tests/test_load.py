"""The load of a check: large arguments are sampled, and what does not fit is refused before it is tried."""

from __future__ import annotations

import pytest
import torch

import diffcheck as dc
from diffcheck import load
from diffcheck.load import affordable, check_memory, numbers_of


@pytest.mark.parametrize(("numbers", "points"), [(0, 100), (3, 100), (100_000, 100), (1_000_000, 10), (10**9, 1)])
def test_as_many_points_as_their_numbers_allow(numbers: int, points: int) -> None:
    """At least one."""
    assert affordable(100, numbers) == points


def test_what_does_not_fit_is_refused_with_both_sizes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the memory cannot be asked nothing is refused."""
    monkeypatch.setattr(load, "_memory", lambda: 2**30)
    check_memory(1_000_000)
    with pytest.raises(dc.CheckError, match=r"10,000,000 numbers take about 6\.5 GiB .* this machine has 1\.0 GiB"):
        check_memory(10_000_000)
    monkeypatch.setattr(load, "_memory", lambda: None)
    check_memory(10**12)


def test_sampling_is_said() -> None:
    """And only where there is any."""
    numbers = torch.linspace(-1, 1, 1_000_000)
    large = dc.check(lambda x: (x * x).sum(), numbers, max_examples=12, modes=["R"])
    assert large.ok
    assert "sampled 10 of 12 points, of 1,000,000 numbers each" in str(large)
    assert "sampled" not in str(dc.check(lambda x: (x * x).sum(), numbers[:3], max_examples=3, modes=["R"]))


def test_a_huge_argument_is_refused_before_anything_is_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its own memory is all that it takes."""
    monkeypatch.setattr(load, "_memory", lambda: 10_000)
    with pytest.raises(dc.CheckError, match="give smaller arrays"):
        dc.check(lambda x: x.sum(), torch.ones(1_000))


def test_named_sizes_count_as_one() -> None:
    """They are small wherever they are drawn."""
    from diffcheck.given import give

    given = give(lambda x, y: x @ y, (dc.real("n", 3), dc.real(3, 4)))
    assert numbers_of(given.leaves) == 3 + 12
