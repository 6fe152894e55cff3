"""Expressions of values, and what they need before them."""

from __future__ import annotations

import functools
import math
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch
from torch.nn import functional

from diffcheck.domain import normal
from diffcheck.script.preamble import Preamble, Word

STEEP = torch.tensor([3.0])


class Pair(NamedTuple):
    first: Any
    second: Any


def steep(x: Any) -> Any:
    return functional.relu(STEEP * x) if x.ndim else steep(x[None])


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ((1, [-0.5, math.inf], {"a": None}), "(1, [-0.5, float('inf')], {'a': None})"),
        ((Word("x"),), "(x,)"),
        (torch.float32, "torch.float32"),
        (torch.nn.functional.relu, "torch.nn.functional.relu"),
        (functools.partial(torch.sum, dim=0), "functools.partial(torch.sum, dim=0)"),
        (torch.tensor([1.5]), "torch.tensor([1.5], dtype=torch.float32)"),
        (Pair(1, Word("y")), "Pair(1, y)"),
        (torch.nn.Sequential(torch.nn.Tanh(), torch.nn.Softmax(dim=0)).eval(), None),
    ],
)
def test_a_value_has_a_text(value: Any, text: str | None) -> None:
    """Python's own, the framework's, and trees of them."""
    said = "torch.nn.Sequential(torch.nn.Tanh(), torch.nn.Softmax(dim=0)).eval()"
    assert Preamble("torch").expression(value) == (text or said)


def test_what_a_function_needs_comes_before_it() -> None:
    """Imports by the names that it uses, constants, other functions; itself once."""
    preamble = Preamble("torch")
    assert preamble.expression(steep) == "steep"
    assert preamble.imported == ["import torch", "import torch.nn.functional as functional"]
    assert preamble.defined == [
        "STEEP = torch.tensor([3.0], dtype=torch.float32)",
        "def steep(x):",
        "    return functional.relu(STEEP * x) if x.ndim else steep(x[None])",
    ]


def test_two_functions_of_one_name_are_kept_apart() -> None:
    """The second is not written as if it were the first."""

    def made(factor: float) -> Any:
        def scaled(x: Any) -> Any:
            return factor * x

        return scaled

    preamble = Preamble("torch")
    preamble.expression(made(2.0))
    assert preamble.expression(made(2.0)) == "scaled"
    assert preamble.defined[-1].startswith("# paste the definition of scaled here")


def test_a_large_example_is_made_by_its_seed() -> None:
    """Its numbers need not be packed."""
    example = normal(10, 10, seed=3)
    preamble = Preamble("numpy", normal=[example])
    made = "np.random.default_rng(3).standard_normal((10, 10)).astype(np.float32)"
    assert preamble.array(example.array(np.float64)) == f"np.array({made}, dtype=np.float64)"
