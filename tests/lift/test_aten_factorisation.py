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


@pytest.mark.parametrize("matrix", [[[1.0, 1.0], [1.0, 1.0]], [[0.0, 0.0], [0.0, 0.0]], [[0.0]]])
def test_a_singular_matrix(matrix: list[list[float]]) -> None:
    """What torch answers there is what its program answers, wrong as it is."""
    assert_as_torch(torch.linalg.det, {"A": matrix})
