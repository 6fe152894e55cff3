"""Convolution."""

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


TRANSPOSED: dict[str, dict[str, Any]] = {
    "plain": {},
    "strides": {"stride": (2, 1), "output_padding": (1, 0)},
    "padding": {"padding": 1, "dilation": (1, 2)},
    "groups": {"groups": 2, "stride": 2},
}


@pytest.mark.parametrize("name", TRANSPOSED)
def test_a_transposed_convolution_is_a_convolution_pulled_back(name: str) -> None:
    """And its gradients are convolutions."""
    w = RANDOM.standard_normal((4, 2, 2, 3))
    bias = RANDOM.standard_normal(2 * TRANSPOSED[name].get("groups", 1))
    assert_as_torch(
        lambda x, w, b: nn.conv_transpose2d(x, w, b, **TRANSPOSED[name]),
        {"x": IMAGES[:1, :, :3, :3], "w": w, "b": bias},
    )
