"""Convolution and pooling."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from torch.nn import functional as nn

from tests.torch_runs import assert_as_torch

RANDOM = np.random.default_rng(0)
IMAGES = RANDOM.standard_normal((2, 4, 5, 6))

CONVOLUTIONS: dict[str, tuple[int, dict[str, Any]]] = {
    "plain": (3, {}),
    "strides": (3, {"stride": (2, 1)}),
    "padding": (3, {"padding": (1, 2)}),
    "dilation": (2, {"dilation": 2, "padding": 1}),
    "groups": (3, {"groups": 2, "stride": 2, "padding": 1}),
}


@pytest.mark.parametrize("name", CONVOLUTIONS)
def test_a_convolution_is_windows_times_kernels(name: str) -> None:
    """The gradients of images, kernels and bias are torch's."""
    size, options = CONVOLUTIONS[name]
    w = RANDOM.standard_normal((2, 4 // options.get("groups", 1), size, size))

    def function(x, w, b):
        return nn.conv2d(x, w, b, **options)

    assert_as_torch(function, {"x": IMAGES, "w": w, "b": [0.5, -1.0]})


def test_a_convolution_in_one_dimension() -> None:
    """Any number of dimensions is convolved alike."""
    w = RANDOM.standard_normal((3, 4, 2))
    assert_as_torch(lambda x, w: nn.conv1d(x, w, stride=2), {"x": IMAGES[:, :, 0], "w": w}, modes="RF")


POOLS = {
    "largest": lambda x: nn.max_pool2d(x, 2),
    "largest of overlapping windows": lambda x: nn.max_pool2d(x, 3, stride=1, padding=1),
    "largest of spread windows": lambda x: nn.max_pool2d(x, 2, dilation=2, stride=(1, 2)),
    "mean": lambda x: nn.avg_pool2d(x, 2),
    "mean with edges": lambda x: nn.avg_pool2d(x, 3, stride=2, padding=1),
    "mean without edges": lambda x: nn.avg_pool2d(x, 3, stride=2, padding=1, count_include_pad=False),
    "mean by a divisor": lambda x: nn.avg_pool2d(x, 2, divisor_override=3),
}


@pytest.mark.parametrize("name", POOLS)
def test_pooling(name: str) -> None:
    """An entry in several windows adds up."""
    assert_as_torch(POOLS[name], {"x": IMAGES[:1, :2]})


def test_a_tie_in_a_window_goes_to_the_first() -> None:
    """As torch picks it."""
    assert_as_torch(POOLS["largest"], {"x": np.ones((1, 1, 4, 4))}, modes="RF")
