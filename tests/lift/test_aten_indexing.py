"""Reading and writing at indices, known and chosen."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.nn import functional as nn

from diffcheck.lift.aten import torch_program
from diffcheck.lift.program import NotLifted
from diffcheck.point import Point
from tests.torch_runs import assert_as_torch

X = [[1.0, -2.0, 0.5], [3.0, 0.25, -1.5]]
K = np.array([[2, 0], [1, 1]])

FUNCTIONS = {
    "gather": lambda x, k: x.gather(1, k) ** 2,
    "index": lambda x, k: x[k[0] % 2, k[1]] * x[:, k[:, 0]][0],
    "index select": lambda x, k: x.index_select(1, k[0]) ** 2,
    "take along": lambda x, k: torch.take_along_dim(x, k, 1).exp(),
    "scatter": lambda x, k: torch.zeros(2, 4, dtype=x.dtype).scatter(1, torch.stack([k[0], k[0]]), x[:, :2]),
    "scatter add": lambda x, k: (x * 2).scatter_add(1, k, x[:, :2] ** 2),
    "index add": lambda x, k: x.exp().index_add(1, k[1], x[:, 1:], alpha=0.5),
    "index put": lambda x, k: x.exp().index_put((k[0] % 2, k[0]), x[0, :2]),
    "index put and add": lambda x, k: x.exp().index_put((k[1] % 2, k[1]), x[0, :2], accumulate=True),
    "put": lambda x, k: x.exp().put(k[0], x[0, :2]) + x.put(k, x[:, 1:], accumulate=True),
    "index copy": lambda x, k: x.exp().index_copy(1, k[0], x[:, 1:]) + x.index_fill(1, k[0], 3.0),
    "masked": lambda x, k: (
        x.masked_select(k[0, 0] > torch.arange(3)) * x.masked_scatter(torch.ones(3) > 0, 2 * x)[0, 0]
    ),
    "scatter sums": lambda x, k: x.scatter_reduce(1, k, x[:, :2] ** 2, "sum"),
    "scatter means": lambda x, k: x.scatter_reduce(1, k, x[:, :2] ** 2, "mean", include_self=False),
    "scatter products": lambda x, k: x.scatter_reduce(1, k, x[:, :2] + 1, "prod"),
    "scatter largest": lambda x, k: x.scatter_reduce(1, k, 2 * x[:, :2], "amax"),
    "embedding": lambda x, k: nn.embedding(k % 2, x) ** 2,
    "embedding without a row": lambda x, k: nn.embedding(k % 2, x, padding_idx=1) ** 2,
    "one hot": lambda x, k: nn.one_hot(k, 3) * x,
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_known_indices(name: str) -> None:
    """An index used twice adds up."""
    assert_as_torch(FUNCTIONS[name], {"x": X, "k": K}, modes="RF" if name == "gather" else "R")


TIED = [[1.0, 3.0, 3.0], [2.0, 2.0, -1.0]]

CHOSEN = {
    "max": lambda x: x.max(1).values ** 2,
    "max of rows": lambda x: x.max(0, keepdim=True).values ** 2,
    "min": lambda x: x.min(1).values ** 2,
    "amax": lambda x: x.amax(1) ** 2,
    "amin": lambda x: x.amin((0, 1)) ** 2,
    "largest of all": lambda x: x.max() * x.min(),
    "at the largest": lambda x: (x**2).gather(1, x.argmax(1, keepdim=True)),
}


@pytest.mark.parametrize("name", CHOSEN)
def test_chosen_indices(name: str) -> None:
    """At a tie the first is chosen, or all share, as torch does it."""
    assert_as_torch(CHOSEN[name], {"x": X})
    assert_as_torch(CHOSEN[name], {"x": TIED}, modes="F")
    assert_as_torch(CHOSEN[name], {"x": TIED})


@pytest.mark.parametrize("function", [lambda x: x[x.argmax(0)[:1]], lambda x: x * x.argmax(1, keepdim=True)])
def test_chosen_indices_are_no_numbers(function) -> None:
    """Where no rule says what a chosen index does, nothing is lifted."""
    with pytest.raises(NotLifted, match="depend on the data"):
        torch_program(function, Point({"x": np.array(X)}), ("x",), "R")
