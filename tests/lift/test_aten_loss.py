"""Losses."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from torch.nn import functional as nn

from tests.torch_runs import assert_as_torch

X = np.array([[1.0, -2.0, 0.5], [3.0, 0.25, -1.5]])
Y = np.array([[0.5, 0.0, 0.5], [1.0, 1.25, 0.0]])
LABELS = np.array([2, 0])

LOSSES: dict[str, Any] = {
    "mse": nn.mse_loss,
    "huber": lambda x, y, reduction: nn.huber_loss(x, y, reduction=reduction, delta=0.5),
    "smooth l1": lambda x, y, reduction: nn.smooth_l1_loss(x, y, reduction=reduction, beta=0.75),
    "l1": nn.l1_loss,
    "two classes": lambda x, y, reduction: nn.binary_cross_entropy_with_logits(x, y.detach(), reduction=reduction),
    "Poisson": lambda x, y, reduction: nn.poisson_nll_loss(x, y.detach(), reduction=reduction),
}


@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize("how", ["mean", "sum"])
def test_a_loss_is_its_kernel(name: str, how: str) -> None:
    """Their mean, and their sum."""
    assert_as_torch(lambda x, y: LOSSES[name](x, y, reduction=how), {"x": X, "y": Y})


@pytest.mark.parametrize("how", ["none", "mean", "sum"])
def test_cross_entropy_of_labels(how: str) -> None:
    """Labels are known integers."""
    assert_as_torch(lambda x, labels: nn.cross_entropy(x, labels, reduction=how), {"x": X, "labels": LABELS})
