"""torch functions that branch on their numbers: their kinks and jumps are those of any other function."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch

import diffcheck as dc
from diffcheck.verdict import Verdict

Function = Callable[..., Any]


class Kept(torch.autograd.Function):
    """x where it is positive, by an `if`; its rule lets the gradient through at zero, too."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor) -> torch.Tensor:
        ctx.save_for_backward(x)
        return x.clone() if x > 0 else 0 * x

    @staticmethod
    def backward(ctx: Any, *cotangents: torch.Tensor) -> torch.Tensor:
        (x,) = ctx.saved_tensors
        return cotangents[0] * (x >= 0)


class Leaky(Kept):
    """A rule that lets half of it through where nothing should come."""

    @staticmethod
    def backward(ctx: Any, *cotangents: torch.Tensor) -> torch.Tensor:
        (x,) = ctx.saved_tensors
        return cotangents[0] * torch.where(x > 0, 1.0, 0.5)


def by_if(x: torch.Tensor) -> torch.Tensor:
    return x if x > 0 else torch.zeros_like(x) * x


def by_mask(x: torch.Tensor) -> torch.Tensor:
    return x[x > 0].sum()


def stepping(x: torch.Tensor) -> torch.Tensor:
    return x * x if x.sum() > 1 else 3 * x


def checked(function: Function, *arguments: Any, **options: Any) -> dc.Report:
    return dc.check(function, *arguments, backend="torch", dtypes=["float64"], modes=["R"], max_examples=20, **options)


@pytest.mark.parametrize(
    ("function", "definition", "size"),
    [
        (Kept.apply, None, ()),
        (torch.relu, by_if, ()),
        (lambda x: torch.where(x >= 0, x, 0 * x), by_if, ()),
        (by_if, dc.special.relu, ()),
        (by_mask, None, (3,)),
        (lambda x: torch.relu(x).sum(), by_mask, (2,)),
        (by_mask, lambda x: torch.relu(x).sum(), (2,)),
    ],
)
def test_at_the_kink_of_a_branch_both_sides_are_right(
    function: Function, definition: Function | None, size: tuple[int, ...]
) -> None:
    """Whichever of them a rule picks, and whichever the branch took there."""
    report = checked(function, dc.real(*size), definition=definition)
    assert report.ok
    [record] = report.records
    assert record.verdicts["AGREES"] > 0
    assert record.verdicts["CONVENTION"] > 0
    assert set(record.verdicts) == {"AGREES", "CONVENTION"}


def test_a_rule_that_is_wrong_on_a_branch_is_found() -> None:
    """Not at the kink, where a half is between the sides, but beside it."""
    [finding] = checked(Leaky.apply, dc.real()).findings
    assert finding.verdict is Verdict.WRONG
    assert finding.point is not None
    assert finding.point.arguments["x"] < 0


def test_a_jump_of_a_branch_has_no_derivative() -> None:
    """At x = 1 it jumps from 3 to 1."""
    [record] = checked(stepping, dc.real(special=(1.0,))).records
    assert record.verdicts["UNDEFINED"] > 0
    assert set(record.verdicts) == {"AGREES", "UNDEFINED"}


def test_a_branch_that_is_constant_at_zero_is_no_reason_to_refuse() -> None:
    """The function depends on its argument elsewhere."""
    assert checked(by_if, dc.real()).ok


def test_a_loop_is_judged_on_the_path_that_it_takes() -> None:
    """However often it goes round."""

    def doubling(x: torch.Tensor) -> torch.Tensor:
        while x < 8:
            x = 2 * x
        return x

    [record] = checked(doubling, dc.real(low=0.5, high=7.5)).records
    assert record.judgement.verdict in (Verdict.AGREES, Verdict.CONVENTION)
    assert set(record.verdicts) <= {"AGREES", "UNDEFINED", "CONVENTION"}
    assert record.verdicts["AGREES"] > 0
