"""Activations by torch's kernels."""

from __future__ import annotations

import pytest
from torch import special
from torch.nn import functional as nn

from tests.torch_runs import assert_as_torch

# Both sides of each kink, the kink, and where the exponential is lost beside one, or one beside it.
NUMBERS = [-80.0, -20.5, -1.0, -0.25, 0.0, 1e-4, 0.5, 1.0, 3.0, 6.0, 20.0, 20.5, 80.0]

ACTIVATIONS = {
    "celu": nn.celu,
    "elu": nn.elu,
    "elu in place": lambda x: nn.elu(x * 1.5, inplace=True),
    "gelu": nn.gelu,
    "gelu by tanh": lambda x: nn.gelu(x, approximate="tanh"),
    "hardtanh": nn.hardtanh,
    "leaky relu": lambda x: nn.leaky_relu(x, 0.1),
    "log sigmoid": nn.logsigmoid,
    "logit with eps": lambda x: special.logit(x / 8, eps=0.125),
    "logit": special.logit,
    "relu": nn.relu,
    "relu6": nn.relu6,
    "selu": nn.selu,
    "sigmoid": special.expit,
    "silu": nn.silu,
    "softplus": nn.softplus,
    "softplus with beta": lambda x: nn.softplus(x, beta=3, threshold=5),
    "tanh": lambda x: x.tanh(),
    "threshold": lambda x: nn.threshold(x, 0.5, 7.0),
}


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_an_activation_is_its_kernel(name: str) -> None:
    """Far out too, where formulas that are equal round differently."""
    assert_as_torch(ACTIVATIONS[name], {"x": NUMBERS}, "float32")
