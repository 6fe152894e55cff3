"""Straight-line programs: the same calls in the same order, so the same bits of derivatives."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from diffcheck import array_namespace, special
from diffcheck.script.preamble import Preamble
from diffcheck.script.straight_line import straight_line


def reused(x: Any, y: Any) -> Any:
    xp = array_namespace(x)
    common = xp.sin(x) * y
    return xp.sum(common * xp.exp(common) + 1 / (2 - x[1:, None].T) ** 2)


def looping(x: Any, y: Any) -> Any:
    for _ in range(3):
        x = x - (x * x - y) / (2 * x)
    return special.softmax(x, axis=0)


def writing(x: Any, y: Any) -> Any:
    result = torch.zeros_like(x)
    result[0] = y[0] * 2
    result[1:] = x[1:]
    return result.mul_(x)


def choosing(x: Any, y: Any) -> Any:
    xp = array_namespace(x)
    if bool(x[0] > 0):
        x = xp.linalg.outer(x, y)
    large, _ = torch.max(x, dim=0)
    return xp.concat([large, y * np.pi])


def derivatives(function: Any) -> list[torch.Tensor]:
    x, y = (torch.tensor(numbers, dtype=torch.float64, requires_grad=True) for numbers in ([0.3, 1.7], [0.9, -0.2]))
    output = function(x, y)
    return [output, *torch.autograd.grad(output, [x, y], torch.ones_like(output))]


@pytest.mark.parametrize("function", [reused, looping, writing, choosing])
def test_a_program_computes_the_same_bits(function: Any) -> None:
    """Values and gradients."""
    preamble = Preamble("torch")
    given = {name: torch.tensor(numbers, dtype=torch.float64) for name, numbers in POINT.items()}
    text = straight_line("program", function, given, preamble)
    names: dict[str, Any] = {}
    exec("\n".join([*preamble.imported, text]), names)  # noqa: S102  # text that we wrote
    for first, second in zip(derivatives(function), derivatives(names["program"]), strict=True):
        assert torch.equal(first, second)


POINT = {"x": [0.3, 1.7], "y": [0.9, -0.2]}


def test_a_program_reads_as_torch_is_written() -> None:
    """Operators, methods and slices; what is used once stands where it is used."""
    given = {name: torch.tensor(numbers, dtype=torch.float64) for name, numbers in POINT.items()}
    assert straight_line("f", reused, given, Preamble("torch")).splitlines() == [
        "def f(x, y):",
        "    t1 = torch.sin(x) * y",
        "    return torch.sum((t1 * torch.exp(t1)) + (1 / ((2 - x[1:, None].T) ** 2)))",
    ]
