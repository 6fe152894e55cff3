"""Products of matrices."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.nn import functional as nn

from tests.torch_runs import assert_as_torch

FUNCTIONS = {
    "mm": lambda x, y, b: x[0] @ y[0] + b,
    "bmm": lambda x, y, b: torch.bmm(x, y) * b,
    "mv": lambda x, y, b: x[0] @ y[0, :, 0] + b[0, 0],
    "dot": lambda x, y, b: torch.dot(x[0, 0], y[0, :, 0]) * b[0, 0],
    "addmm": lambda x, y, b: torch.addmm(b, x[0], y[0], beta=2, alpha=0.3),
    "baddbmm": lambda x, y, b: torch.baddbmm(b, x, y, alpha=3),
    "addmv": lambda x, y, b: torch.addmv(b[:, 0], x[0], y[0, :, 0], alpha=2),
    "addr": lambda x, y, b: torch.addr(b, x[0, :, 0], y[0, 0, :2], alpha=2),
    "linear": lambda x, y, b: nn.linear(x, y[0].T, b[0]),
    "addbmm": lambda x, y, b: torch.addbmm(b, x, y, beta=2, alpha=0.3),
    "bilinear": lambda x, y, b: nn.bilinear(x[0], y[:, 0], y * b[0], b[0]),
    "einsum": lambda x, y, b: torch.einsum("bij,bjk,ik->b", x, y, b),
    "attention": lambda x, y, b: nn.scaled_dot_product_attention(x, y.mT, b.expand(2, 2, 2)),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_product_is_an_einsum(name: str) -> None:
    """Its gradients are products again."""
    x = np.linspace(-1, 2, 12).reshape(2, 2, 3)
    y = np.linspace(2, -1.5, 12).reshape(2, 3, 2)
    assert_as_torch(FUNCTIONS[name], {"x": x, "y": y, "b": [[1.0, -2.0], [0.5, 3.0]]})
