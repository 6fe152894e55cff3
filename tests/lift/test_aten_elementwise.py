"""Elementwise operations, comparisons and selections."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch

from tests.torch_runs import assert_as_torch

X = [[-2.5, -1.0, 0.5], [1.0, 1.5, 3.0]]
Y = [[2.0, -1.0, 0.25], [1.0, -0.75, 0.5]]

FUNCTIONS: dict[str, Callable[..., Any]] = {
    "addcmul": lambda x, y: torch.addcmul(x, x, y, value=0.3),
    "addcdiv": lambda x, y: torch.addcdiv(x, x, y, value=-2.0),
    "sub with alpha": lambda x, y: torch.sub(x, y, alpha=3.0),
    "rsub": lambda x, y: 2.5 - x + y,
    "floor division": lambda x, y: x * torch.div(x, y, rounding_mode="floor"),
    "truncated division": lambda x, y: x * torch.div(x, y, rounding_mode="trunc"),
    "lerp": lambda x, y: torch.lerp(x, y, 0.3) + torch.lerp(x, y, 0.7),
    "powers": lambda x, y: x**2 + x**-1 + x.abs() ** 1.5 + y.abs() ** (1 / 3) + y**0,
    "power of a number": lambda x, y: 2.0**x + y,
    "power with an exponent": lambda x, y: x.abs() ** y,
    "functions": lambda x, y: torch.exp2(x) + torch.rsqrt(x * x) + torch.log2(y.abs()) + torch.log10(x.abs()),
    "more functions": lambda x, y: torch.atan2(x, y) + torch.hypot(x, y) + torch.logaddexp(x, y) + torch.erf(x),
    "gamma": lambda x, y: torch.lgamma(x.abs() + 1.5) * y,
    "polygamma": lambda x, y: torch.polygamma(2, x.abs() + 1) * y,
    "rounding": lambda x, y: x * torch.round(y) + x * torch.floor(y) + x * torch.ceil(y) + x * torch.trunc(y),
    "clamp": lambda x, y: x.clamp(-1, 1) + x.clamp(min=0.5) + y.clamp(max=0.5),
    "clamp between tensors": lambda x, y: torch.clamp(x, y, 2 + y),
    "ties of maximum": lambda x, y: torch.maximum(x, y) * x - torch.minimum(x, y),
    "fmax": torch.fmax,
    "where": lambda x, y: torch.where((x > y) & ~(x == 1.5) | (y < 0), x * y, torch.exp(y)),
    "not equal": lambda x, y: x * (x != y) + y * (x <= 1) * (y >= 0),
    "logical": lambda x, y: x * torch.logical_not(torch.logical_or(x > 1, y)),
    "masked fill": lambda x, y: (x * y).masked_fill(x > 1, 2.0),
    "abs and sign": lambda x, y: x.abs() * y.sign() + y.sgn(),
    "numbers of truth values": lambda x, y: (x > 0).to(x.dtype) * y + ((x > 0) + (y > 0)) * x,
    "constants": lambda x, y: x * torch.tensor([0.1, 0.2, 0.3], dtype=x.dtype) + torch.arange(3) * y,
    "like": lambda x, y: x * torch.full_like(x, 0.7) + y.new_ones(3) + torch.ones_like(x) - y.new_full((2, 1), 3.0),
    "remainders": lambda x, y: torch.fmod(x, y) * x + torch.remainder(x, y),
    "rounding to decimals": lambda x, y: x * torch.round(y, decimals=1) + y * torch.round(10 * x, decimals=-1),
    "sign of another": torch.copysign,
    "numbers only": lambda x, y: torch.nanmean(x, 1, keepdim=True) * y,
    "angle": lambda x, y: x.angle() * y,
    "not finite": lambda x, y: x * torch.isinf(y / 0) + torch.nan_to_num(x) * torch.isposinf(y) + y * torch.isneginf(x),
    "known numbers": lambda x, y: x * torch.arange(3).to(torch.float32).mul(1.5).long() + y * torch.linspace(0, 1, 3),
    "xlogy": lambda x, y: torch.xlogy(x, y.abs()),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_an_operation_is_its_kernel(name: str) -> None:
    """Value and gradients are those of torch, ties included."""
    assert_as_torch(FUNCTIONS[name], {"x": X, "y": Y})
