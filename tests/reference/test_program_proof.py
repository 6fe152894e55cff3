"""The proof of a program: what ran is the derivative for all numbers, or it is not said."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import pytest
import torch

import diffcheck as dc
from diffcheck.case import Case
from diffcheck.cell import differentiate
from diffcheck.expression.heads import SLOTS
from diffcheck.expression.nodes import mapped
from diffcheck.given import give
from diffcheck.own_case import own_case
from diffcheck.point import Point
from diffcheck.record import Cell
from diffcheck.reference.program_proof import Entries, Shapes, prove_program

Function = Callable[..., Any]


class Swish(torch.autograd.Function):
    """A backward pass written by hand, as many people write it."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor) -> torch.Tensor:
        ctx.save_for_backward(x)
        return x * torch.sigmoid(x)

    @staticmethod
    def backward(ctx: Any, *cotangents: torch.Tensor) -> torch.Tensor:
        (x,) = ctx.saved_tensors
        s = torch.sigmoid(x)
        return cotangents[0] * (s + x * s * (1 - s))


class SlightlyWrong(Swish):
    """Off by 1e-13 of a term."""

    @staticmethod
    def backward(ctx: Any, *cotangents: torch.Tensor) -> torch.Tensor:
        (x,) = ctx.saved_tensors
        s = torch.sigmoid(x)
        return cotangents[0] * (s + x * s * (1 - s) * (1 + 1e-13))


def case_of(function: Function, *arguments: Any, framework: str = "torch", definition: Function | None = None) -> Case:
    """Somebody's function as a case."""
    return own_case(function, give(function, arguments), definition, framework, "float64", None, None)


def entries_of(case: Case, point: Point, mode: str = "R") -> Entries:
    """What a framework runs there."""
    framework = case.function.framework  # type: ignore[attr-defined]  # a subject has one
    found = differentiate(case, Cell(case.id, framework, mode, "", "float64"), point).program
    assert found is not None
    return found().entries


def proved(case: Case, mode: str = "R") -> Shapes | None:
    """What is proved of a function's own derivative."""
    return prove_program(case, mode, lambda point: entries_of(case, point, mode))


@pytest.mark.parametrize("mode", ["R", "F"])
@pytest.mark.parametrize(
    "function",
    [
        lambda x: torch.softmax(x, 0),
        lambda x: torch.relu(x).square().sum(),
        lambda x: torch.logsumexp(x, 0),
        lambda x: x.max(),
        torch.nn.functional.silu,
        torch.var,
    ],
)
def test_torch_formulas_are_proved(function: Function, mode: str) -> None:
    """At kinks, too: on every branch."""
    found = proved(case_of(function, dc.real(3)), mode)
    assert found is not None
    assert list(found.values()) == [(3,)]


def test_two_arguments_are_proved_together() -> None:
    """The shapes say how far the proof goes; a named size is small."""
    case = case_of(lambda x, w: torch.relu(x @ w).sum(), dc.real("n", 3), dc.real(3, 2))
    assert proved(case) == {"x": (2, 3), "w": (3, 2)}


@pytest.mark.parametrize("function", [jax.nn.silu, jax.nn.softmax, jnp.linalg.norm])
def test_jax_formulas_are_proved(function: Function) -> None:
    """Through pjit and custom rules of its own."""
    assert proved(case_of(function, dc.real(3), framework="jax")) is not None


def test_a_backward_pass_by_hand_is_proved_and_a_slightly_wrong_one_is_not() -> None:
    """1e-13 of a term is lost in rounding, and not in a proof."""
    assert proved(case_of(Swish.apply, dc.real(3))) == {"x": (3,)}
    assert proved(case_of(SlightlyWrong.apply, dc.real(3))) is None


def test_a_cut_path_of_a_definition_that_does_not_cut_it_is_not_proved() -> None:
    """Where the values are the same."""
    case = case_of(lambda x: x * torch.relu(x).detach(), dc.real(2), definition=lambda x: x * torch.relu(x))
    assert proved(case) is None


def test_a_literal_that_stands_for_another_number_proves_nothing() -> None:
    """torch's gelu multiplies by a number near 1/√2."""
    assert proved(case_of(torch.nn.functional.gelu, dc.real(2))) is None


def test_a_case_that_is_not_small_is_not_proved() -> None:
    """A hundred entries are not written out, and no program is asked for."""

    def never(_: Point) -> Entries:
        raise AssertionError("asked")

    assert prove_program(case_of(lambda x: torch.sin(x).sum(), torch.ones(100)), "R", never) is None


def test_a_program_that_cannot_be_read_or_lacks_an_entry_is_not_proved() -> None:
    """What arrives nowhere is no derivative, nor is twice of it."""
    case = case_of(lambda x: torch.sin(x).sum(), dc.real(2))

    def unreadable(_: Point) -> None:
        return None

    def empty(_: Point) -> Entries:
        return {"x": None}

    def doubled(point: Point) -> Entries:
        return {name: node and mapped(2 * SLOTS[0], node) for name, node in entries_of(case, point).items()}

    assert proved(case) == {"x": (2,)}
    for entries_at in (unreadable, empty, doubled):
        assert prove_program(case, "R", entries_at) is None
