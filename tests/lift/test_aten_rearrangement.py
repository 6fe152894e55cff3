"""Operations that only move entries."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.nn import functional as nn

from diffcheck.expression import nodes
from diffcheck.lift.aten_rearrangement import rearranged
from tests.torch_runs import assert_as_torch, assert_value_as_torch

FUNCTIONS = {
    "view": lambda x: x.reshape(3, 4) * x.view(-1).reshape(3, 4),
    "permute": lambda x: x.permute(2, 0, 1).exp(),
    "transpose and reshape": lambda x: x.transpose(0, 2).reshape(2, 6),
    "axes of size one": lambda x: x[:, None].squeeze(1).unsqueeze(-1).squeeze(),
    "slices": lambda x: x[:, ::2, 1:] * x[:, 1:, :1],
    "selected": lambda x: x[1, 0] * x[0, -1],
    "flip and roll": lambda x: x.flip(0, 2) * x.roll(1, 1),
    "repeat": lambda x: x.repeat(2, 1, 1) + x.tile(2, 1, 1),
    "expand": lambda x: x[:, :1].expand(2, 5, 2).sin(),
    "diagonal": lambda x: x.diagonal(0, 0, 2) * torch.diagonal(x, 1, 0, 1)[0],
    "triangles": lambda x: x.tril() + 2 * x.triu(1),
    "diag embed": lambda x: torch.diag_embed(x[0], 1),
    "joined": lambda x: torch.cat([x, 2 * x[:, :1], x.new_zeros(2, 1, 2)], 1) ** 2,
    "stacked": lambda x: torch.stack([x[0], x[1].exp()], -1),
    "taken apart": lambda x: x.unbind(1)[2] * x.split(2, 1)[0][:, 1] + x.chunk(2)[1].sum(),
    "padded": lambda x: nn.pad(x, (1, 0, 0, 2)) + nn.pad(x, (1, 0, 0, 2), value=3.0),
    "cropped": lambda x: nn.pad(x, (-1, 0)),
    "copies": lambda x: (
        torch.permute_copy(x, (2, 0, 1)) * torch.view_copy(x, (2, 2, 3)) * torch.narrow_copy(x, 2, 0, 1).squeeze(2)
    ),
    "a mask": lambda x: x[torch.tensor([True, False])] ** 2,
    "written to": lambda x: torch.slice_scatter(x, x[:1] * 3, 0, 1),
    "a row overwritten": lambda x: torch.select_scatter(x, x[:, :, 0] * 3, 2, 1) * x,
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_moving_entries(name: str) -> None:
    """Each entry arrives where torch has it, and its gradient comes back."""
    x = np.linspace(-1.5, 2.0, 12).reshape(2, 3, 2)
    assert_as_torch(FUNCTIONS[name], {"x": x})


@pytest.mark.parametrize("mode", ["linear", "nearest", "nearest-exact", "area"])
def test_other_sizes(mode: str) -> None:
    """By torch's own definitions, whose indices are computed from known numbers."""
    assert_value_as_torch(lambda x: nn.interpolate(x, size=5, mode=mode), {"x": np.ones((2, 3, 2)) * [1.0, -2.5]})


@pytest.mark.parametrize(
    "move",
    [
        lambda x: x.permute(1, 0, 2),
        lambda x: x.unsqueeze(1),
        lambda x: x.expand(5, 2, 3, 1),
        lambda x: x.squeeze(2),
        lambda x: x.reshape(2, 1, 3),
        lambda x: x.expand(2, 3, 4),
    ],
)
def test_axes_in_another_order_are_an_einsum(move) -> None:
    """So that the rounding model sees which entries are repeated."""
    places = torch.arange(6).reshape(2, 3, 1)
    node = rearranged(nodes.variable("x", (2, 3, 1)), move(places).numpy())
    assert isinstance(node, nodes.Einsum)
    assert node.is_view


@pytest.mark.parametrize(
    "move",
    [
        lambda x: x.flip(0),
        lambda x: x[:1],
        lambda x: x[1:],
        lambda x: x.reshape(3, 2),
        lambda x: x.reshape(6),
        lambda x: x.roll(1, 1),
    ],
)
def test_anything_else_is_a_gather(move) -> None:
    """Parts, and axes that are split or merged."""
    places = torch.arange(6).reshape(2, 3)
    assert isinstance(rearranged(nodes.variable("x", (2, 3)), move(places).numpy()), nodes.Gather)
