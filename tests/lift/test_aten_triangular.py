"""Triangular systems and the Cholesky factor."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from tests.torch_runs import assert_as_torch

A = np.array(
    [[[4.0, 1.0, -2.0], [1.0, 5.0, 0.5], [-2.0, 0.5, 3.0]], [[2.0, 0.0, 1.0], [0.0, 1.0, 0.0], [1.0, 0.0, 4.0]]]
)
B = np.linspace(-1.0, 2.0, 12).reshape(2, 3, 2)


def _factor(a, upper=False):
    return torch.linalg.cholesky((a + a.mT) / 2, upper=upper)


FUNCTIONS = {
    "lower": lambda a, b: torch.linalg.solve_triangular(a, b, upper=False),
    "upper, ones on the diagonal": lambda a, b: torch.linalg.solve_triangular(a, b, upper=True, unitriangular=True),
    "from the right": lambda a, b: torch.linalg.solve_triangular(a, b.mT, upper=True, left=False),
    "factor": lambda a, b: _factor(a) + _factor(a, upper=True),
    "system of a factor": lambda a, b: torch.cholesky_solve(b, a) + torch.cholesky_solve(b, a, upper=True),
    "inverse of a factor": lambda a, b: torch.cholesky_inverse(a) @ b,
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_row_by_row(name: str) -> None:
    """Every matrix of a batch, from either side, either triangle."""
    assert_as_torch(FUNCTIONS[name], {"a": A, "b": B})
