"""Modules that a function holds are after a check as they were before."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
import torch
from torch import nn

import diffcheck as dc
from diffcheck.held import held_as_they_were


def _named(x: torch.Tensor) -> torch.Tensor:
    return NAMED(x)


def _twice(function: Callable[..., Any]) -> Callable[..., Any]:
    return lambda x: function(function(x))


def _through(function: Callable[..., Any], x: torch.Tensor) -> Any:
    return function(x)


NAMED = nn.BatchNorm1d(3)

WAYS: dict[str, Callable[[nn.Module], Callable[..., Any]]] = {
    "a module": lambda norm: norm,
    "a method": lambda norm: norm.forward,
    "a closure": lambda norm: lambda x: 2 * norm(x),
    "a closure in a closure": lambda norm: _twice(lambda x: 2 * norm(x)),
    "an argument given beforehand": lambda norm: partial(_through, norm),
    "a default": lambda norm: lambda x, own=norm: own(x),
}


def _state(norm: nn.Module) -> dict[str, torch.Tensor]:
    return {name: value.clone() for name, value in norm.state_dict().items()}


def _equal(norm: nn.Module, state: dict[str, torch.Tensor]) -> bool:
    return all(torch.equal(value, state[name]) for name, value in norm.state_dict().items())


@pytest.mark.parametrize("way", WAYS)
def test_buffers_are_restored(way: str) -> None:
    norm = nn.BatchNorm1d(3)
    before = _state(norm)
    with held_as_they_were(WAYS[way](norm)):
        norm(torch.arange(6.0).reshape(2, 3))
        norm.eval()
        assert not _equal(norm, before)
    assert _equal(norm, before)
    assert norm.training


def test_a_module_that_a_function_names_is_found() -> None:
    before = _state(NAMED)
    with held_as_they_were(_named):
        NAMED(torch.arange(6.0).reshape(2, 3))
    assert _equal(NAMED, before)


def test_buffers_are_restored_when_something_is_raised() -> None:
    norm = nn.BatchNorm1d(3)
    before = _state(norm)
    with pytest.raises(ValueError, match="more than 1 value"), held_as_they_were(norm):
        norm(norm(torch.arange(6.0).reshape(2, 3))[:1])
    assert _equal(norm, before)


@pytest.mark.parametrize("way", ["a method", "a closure"])
def test_a_check_leaves_what_it_reaches_alone(way: str) -> None:
    """Forward mode refuses to change what the function holds; that is no finding."""
    norm = nn.BatchNorm1d(3).double()
    before = _state(norm)
    report = dc.check(WAYS[way](norm), torch.randn(4, 3, dtype=torch.float64), max_examples=5)
    verdicts = {record.cell.mode: record.judgement.verdict.name for record in report.records}
    assert verdicts["F"] == "UNSUPPORTED"
    assert _equal(norm, before)


def test_a_check_that_is_refused_leaves_it_alone_too() -> None:
    norm = nn.BatchNorm1d(3)
    dropout = nn.Dropout(0.5)
    before = _state(norm)
    with pytest.raises(dc.CheckError, match="random"):
        dc.check(lambda x: dropout(norm(x)), torch.ones(8, 3) + torch.arange(24.0).reshape(8, 3))
    assert _equal(norm, before)


def test_a_function_that_writes_to_its_argument_is_told_so() -> None:
    def doubles(x: torch.Tensor) -> torch.Tensor:
        x.data.mul_(2)
        return x * x

    with pytest.raises(dc.CheckError, match=r"writes to its argument x: work on a copy, x\.clone\(\)"):
        dc.check(doubles, torch.tensor([0.5, 1.5]))


def test_a_function_that_ends_the_process_is_told_so() -> None:
    def ends(x: torch.Tensor) -> torch.Tensor:
        raise SystemExit(0)

    with pytest.raises(dc.CheckError, match=r"ends the process with sys\.exit\(0\)"):
        dc.check(ends, torch.ones(2))
