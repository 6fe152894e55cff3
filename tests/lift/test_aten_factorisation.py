"""Determinants, inverses and linear systems."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from tests.torch_runs import assert_as_torch

# The first pivot is not where it should be, the second neither, and a tie.
MATRICES = {
    "rows exchanged": [[0.0, 2.0, 1.0], [1.0, 0.5, -1.0], [4.0, 1.0, 3.0]],
    "a tie": [[1.0, 2.0], [-1.0, 3.0]],
    "one number": [[-2.0]],
}


@pytest.mark.parametrize("name", MATRICES)
def test_elimination_is_that_of_lapack(name: str) -> None:
    """Determinant, inverse and solution agree with torch's, whatever rows are exchanged."""
    a = np.array(MATRICES[name])
    assert_as_torch(torch.linalg.det, {"A": a}, modes="RF")
    assert_as_torch(lambda a: torch.linalg.det(a.mT * 2), {"a": a}, modes="RF")
    assert_as_torch(torch.linalg.inv, {"A": a}, modes="RF")
    assert_as_torch(torch.linalg.solve, {"A": a, "B": a[0]}, modes="RF")


@pytest.mark.parametrize("name", MATRICES)
def test_factors_are_those_of_lapack(name: str) -> None:
    """So are the factors themselves, of a batch and of matrices that are not square, and what is made of them."""
    a = np.array(MATRICES[name])
    batch = np.stack([a, a.T + np.eye(len(a))])
    assert_as_torch(lambda a: torch.linalg.slogdet(a)[1], {"a": batch})
    assert_as_torch(lambda a: torch.cat([part**2 for part in torch.linalg.lu(a)]), {"a": batch})
    assert_as_torch(lambda a: torch.linalg.lu(a)[1], {"a": batch[:, :, :1]})
    assert_as_torch(lambda a, b: torch.linalg.lu_solve(*torch.linalg.lu_factor(a), b, adjoint=True), {"a": a, "b": a})
    assert_as_torch(torch.linalg.solve, {"A": batch, "B": batch})


def test_known_pivots() -> None:
    """Rows may be exchanged as somebody else's elimination says."""
    lu, pivots = torch.linalg.lu_factor(torch.tensor(MATRICES["rows exchanged"], dtype=torch.float64))

    def function(lu, b):
        return torch.linalg.lu_solve(lu, pivots, b)

    assert_as_torch(function, {"lu": lu.numpy(), "b": np.eye(3)[:, :2] + 1})


@pytest.mark.parametrize("matrix", [[[1.0, 1.0], [1.0, 1.0]], [[0.0, 0.0], [0.0, 0.0]], [[0.0]]])
def test_a_singular_matrix(matrix: list[list[float]]) -> None:
    """What torch answers there is what its program answers, wrong as it is."""
    assert_as_torch(torch.linalg.det, {"A": matrix})
