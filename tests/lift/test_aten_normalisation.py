"""Normalisation over a layer or a batch."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.nn import functional as nn

from tests.torch_runs import assert_as_torch

RANDOM = np.random.default_rng(1)
X = RANDOM.standard_normal((4, 3, 5))


def _kept(x):
    return torch.zeros(3, dtype=x.dtype), torch.full((3,), 2.0, dtype=x.dtype)


def _with_kept(x, w, b):
    mean, variance = _kept(x)
    return nn.batch_norm(x, mean, variance, w[:, 0], b[:, 0])


def _noted(x, w, b):
    mean, variance = _kept(x)
    return nn.batch_norm(x, mean, variance, w[:, 0], b[:, 0], training=True)


FUNCTIONS = {
    "layer": lambda x, w, b: nn.layer_norm(x, (5,), w[0], b[0]),
    "layer of two axes": lambda x, w, b: nn.layer_norm(x, (3, 5), w, b),
    "layer without weights": lambda x, w, b: nn.layer_norm(x, (3, 5)) * w + b,
    "batch": lambda x, w, b: nn.batch_norm(x, None, None, w[:, 0], b[:, 0], training=True),
    "batch, statistics kept": _with_kept,
    "batch, statistics noted": _noted,
    "group": lambda x, w, b: nn.group_norm(x.mT.reshape(4, 5, 3)[:, :4], 2) * w[:, 0] + b[0, 0],
    "batch without weights": lambda x, w, b: nn.batch_norm(x, None, None, training=True) * w + b,
}


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize(("dtype", "shift"), [("float64", 0.0), ("float32", 1000.0)])
def test_a_normalisation_is_its_kernel(name: str, dtype: str, shift: float) -> None:
    """A large mean, which rounds a deviation away, is no difference that the program does not explain."""
    arrays = {"x": X + shift, "w": RANDOM.standard_normal((3, 5)), "b": RANDOM.standard_normal((3, 5))}
    assert_as_torch(FUNCTIONS[name], arrays, dtype)
