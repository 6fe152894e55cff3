"""Pooling."""

from __future__ import annotations

import numpy as np
import pytest
from torch.nn import functional as nn

from tests.torch_runs import assert_as_torch

IMAGES = np.random.default_rng(0).standard_normal((2, 4, 5, 6))

POOLS = {
    "largest": lambda x: nn.max_pool2d(x, 2),
    "largest of overlapping windows": lambda x: nn.max_pool2d(x, 3, stride=1, padding=1),
    "largest of spread windows": lambda x: nn.max_pool2d(x, 2, dilation=2, stride=(1, 2)),
    "mean": lambda x: nn.avg_pool2d(x, 2),
    "mean with edges": lambda x: nn.avg_pool2d(x, 3, stride=2, padding=1),
    "mean without edges": lambda x: nn.avg_pool2d(x, 3, stride=2, padding=1, count_include_pad=False),
    "largest, over the edge": lambda x: nn.max_pool2d(x, 2, stride=3, padding=1, ceil_mode=True),
    "mean, over the edge": lambda x: nn.avg_pool2d(x, 2, stride=3, padding=1, ceil_mode=True),
    "largest without a batch": lambda x: nn.max_pool2d(x[0], 2) + nn.avg_pool2d(x[0], 2),
    "largest of shares": lambda x: nn.adaptive_max_pool2d(x, (2, 4)),
    "mean of shares": lambda x: nn.adaptive_avg_pool2d(x, (2, 4)),
    "in one dimension": lambda x: nn.max_pool1d(x[0], 2) * nn.adaptive_avg_pool1d(x[0], 3),
    "in three": lambda x: nn.max_pool3d(x[None], (1, 2, 3)) + nn.adaptive_avg_pool3d(x[None], (2, 2, 2)),
    "mean by a divisor": lambda x: nn.avg_pool2d(x, 2, divisor_override=3),
}


@pytest.mark.parametrize("name", POOLS)
def test_pooling(name: str) -> None:
    """An entry in several windows adds up."""
    assert_as_torch(POOLS[name], {"x": IMAGES[:1, :2]})


def test_a_tie_in_a_window_goes_to_the_first() -> None:
    """As torch picks it."""
    assert_as_torch(POOLS["largest"], {"x": np.ones((1, 1, 4, 4))}, modes="RF")
