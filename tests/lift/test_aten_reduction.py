"""Reductions along axes, softmax and its derivatives."""

from __future__ import annotations

import pytest
import torch

from tests.torch_runs import assert_as_torch, assert_value_as_torch

X = [[1.0, -2.0, 0.5], [3.0, 0.25, -1.5]]

FUNCTIONS = {
    "sums": lambda x: x.sum() * x.sum(0) + x.sum((0, 1), keepdim=True),
    "means": lambda x: x.mean() * x.mean(1, keepdim=True),
    "variances": lambda x: x.var() + x.var(1, correction=0) * x.std(),
    "variance and mean": lambda x: torch.var_mean(x, 1)[0] * torch.var_mean(x, 1)[1],
    "products": lambda x: x.prod(1) * x.prod(),
    "running sums": lambda x: x.cumsum(1) ** 2,
    "how many are not zero": lambda x: torch.linalg.vector_norm(x, 0, dim=1) * x.sum(),
    "norms": lambda x: torch.linalg.vector_norm(x) * torch.linalg.vector_norm(x, 1, dim=1),
    "other norms": lambda x: torch.linalg.vector_norm(x, 3, dim=1) + torch.linalg.vector_norm(x, float("inf"), dim=1),
    "logsumexp": lambda x: torch.logsumexp(x, (0, 1)) * x.logsumexp(1),
    "softmax": lambda x: torch.softmax(x, 0) * torch.softmax(10 * x, 1),
    "log softmax": lambda x: torch.log_softmax(x, 0) * torch.log_softmax(10 * x, 1),
    "all and any": lambda x: x * (x > -3).all() + x[0] * (x > 2).any(1, keepdim=True),
    "all and any of numbers": lambda x: x * (x / 8).all() + x * x.any(),
    "of one number": lambda x: x[0, 0].softmax(0) * x[1, 1].sum(0) * x[1, 0].cumsum(0) * x[0, 1].max(0).values,
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_reduction_is_its_kernel(name: str) -> None:
    """Along one axis, some, or all."""
    assert_as_torch(FUNCTIONS[name], {"x": X}, modes="RF" if "softmax" in name else "R")


VALUES = {
    "running products": lambda x: x.cumprod(1) * x.cumprod(0),
    "running logsumexp": lambda x: torch.logcumsumexp(x, 1),
    "distances": lambda x: torch.cdist(x, x.flip(0) + 1, p=3) * torch.cdist(x, 2 * x, p=0) + torch.cdist(x, 2 * x, p=2),
    "distances of pairs": lambda x: torch.pdist(x.T, 1),
}


@pytest.mark.parametrize("name", VALUES)
def test_a_value_is_its_kernels(name: str) -> None:
    """Where torch differentiates with a kernel of its own, the value is lifted all the same."""
    assert_value_as_torch(VALUES[name], {"x": X})


def test_a_product_with_zeros() -> None:
    """The gradient of a product with one factor zero is the product of the others."""
    assert_as_torch(lambda x: x.prod(), {"x": [2.0, 0.0, 3.0]})
