"""torch's own defect, shown by fractions alone: its derivatives of det are 0 at singular matrices.

The gradient of a determinant is the transposed adjugate, whatever the matrix. Run it with
`python benchmarks/torch_determinant.py`; nothing of diffcheck is needed to see it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction

import numpy as np
import torch

MATRICES = ([[0.0]], [[1.0, 1.0], [1.0, 1.0]], [[1.0, 2.0], [2.0, 4.0]], [[2.0, 1.0], [1.0, 3.0]])


def adjugate(matrix: np.ndarray) -> np.ndarray:
    """The transposed adjugate, in floats that are nearest to the exact fractions."""
    exact = [[Fraction(float(number)) for number in row] for row in matrix]
    size = len(exact)

    def cofactor(i: int, j: int) -> Fraction:
        rest = [row[:j] + row[j + 1 :] for k, row in enumerate(exact) if k != i]
        return (-1) ** (i + j) * _determinant(rest)

    return np.array([[float(cofactor(i, j)) for j in range(size)] for i in range(size)]).reshape(matrix.shape)


def _determinant(rows: list[list[Fraction]]) -> Fraction:
    """By the first row."""
    if not rows:
        return Fraction(1)
    first, *others = rows
    minors = [[row[:k] + row[k + 1 :] for row in others] for k in range(len(first))]
    terms = [(-1) ** k * number * _determinant(minors[k]) for k, number in enumerate(first)]
    return sum(terms, Fraction(0))


def off_backward(matrix: np.ndarray) -> np.ndarray:
    """By how many roundings of the largest entry torch's gradient is off."""
    given = torch.from_numpy(matrix.copy()).requires_grad_()
    (computed,) = torch.autograd.grad(torch.linalg.det(given), given)
    return _off(matrix, computed.numpy())


def off_forward(matrix: np.ndarray) -> np.ndarray:
    """The same of its forward derivatives."""
    return _off(matrix, torch.func.jacfwd(torch.linalg.det)(torch.from_numpy(matrix.copy())).numpy())


def _off(matrix: np.ndarray, computed: np.ndarray) -> np.ndarray:
    true = adjugate(matrix)
    unit = float(np.finfo(matrix.dtype).eps) / 2
    largest = float(np.max(np.abs(true), initial=0.0)) or 1.0
    return np.nan_to_num(np.abs(computed.astype(float) - true) / (unit * largest), nan=np.inf)


OFF: Mapping[str, Callable[[np.ndarray], np.ndarray]] = {"R": off_backward, "F": off_forward}


def main() -> None:
    """Print the errors at a few matrices, of which all but the last are singular."""
    for rows in MATRICES:
        matrix = np.array(rows)
        for mode, off in OFF.items():
            print(f"{rows}, mode {mode}: {np.max(off(matrix)):.1e} roundings of float64")


if __name__ == "__main__":
    main()
