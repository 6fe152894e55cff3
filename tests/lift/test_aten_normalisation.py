"""Normalisation over a layer or a batch."""

from __future__ import annotations

import numpy as np
import pytest
from torch.nn import functional as nn

from tests.torch_runs import assert_as_torch

RANDOM = np.random.default_rng(1)
X = RANDOM.standard_normal((4, 3, 5))

FUNCTIONS = {
    "layer": lambda x, w, b: nn.layer_norm(x, (5,), w[0], b[0]),
    "layer of two axes": lambda x, w, b: nn.layer_norm(x, (3, 5), w, b),
    "layer without weights": lambda x, w, b: nn.layer_norm(x, (3, 5)) * w + b,
    "batch": lambda x, w, b: nn.batch_norm(x, None, None, w[:, 0], b[:, 0], training=True),
    "batch without weights": lambda x, w, b: nn.batch_norm(x, None, None, training=True) * w + b,
}


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize(("dtype", "shift"), [("float64", 0.0), ("float32", 1000.0)])
def test_a_normalisation_is_its_kernel(name: str, dtype: str, shift: float) -> None:
    """A large mean, which rounds a deviation away, is no difference that the program does not explain."""
    arrays = {"x": X + shift, "w": RANDOM.standard_normal((3, 5)), "b": RANDOM.standard_normal((3, 5))}
    assert_as_torch(FUNCTIONS[name], arrays, dtype)
