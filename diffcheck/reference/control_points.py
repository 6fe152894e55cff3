"""Control points: between them lies what the chain rule gives for all answers to the open decisions.

At a kink frameworks choose a slope between those of both branches. A first derivative is affine in every
choice, so that its cells are enough. In one of order k each choice occurs to the power k at most: that of
cos|x| at 0 has the square of the slope of |x|. A polynomial on [0, 1] lies between its Bernstein
coefficients, and so does one of several choices.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from math import comb, prod

import numpy as np

from diffcheck.expression import heads
from diffcheck.reference.cells import MOST_CELLS, Cells
from diffcheck.reference.decisions import Tie


def control_points(cells: Cells, order: int) -> Mapping[str, np.ndarray] | None:
    """The control points of a derivative of some order.

    Returns:
        name → one array for each point, along the first axis; `None` where they are too many, not narrow, or
        where one of several entries is the largest.
    """
    if not cells.ties or any(tie.rivals for tie in cells.ties):
        return None
    answers = [_answers(tie, order) for tie in cells.ties]
    if prod(map(len, answers)) > MOST_CELLS:
        return None
    found = []
    for choices in product(*answers):
        derivative = cells.derivative(dict(zip(cells.ties, choices, strict=True)))
        if derivative is None:
            return None
        found.append(derivative)
    shape = tuple(map(len, answers))
    return {name: _coefficients(np.array([one[name] for one in found]), shape) for name in found[0]}


def _answers(tie: Tie, order: int) -> tuple[float, ...]:
    """The answers asked for: of a condition no and yes; of a slope as many between as tell a polynomial."""
    is_slope = tie.applied is not None and tie.applied.func in heads.STEPS
    return tuple(k / order for k in range(order + 1)) if is_slope else (0.0, 1.0)


def _coefficients(values: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Bernstein coefficients of polynomials from their values on a grid; two values are their own."""
    grid = values.reshape(*shape, *values.shape[1:])
    for axis, count in enumerate(shape):
        if count > 2:
            grid = np.moveaxis(np.tensordot(_from_values(count - 1), grid, axes=(1, axis)), 0, axis)
    return grid.reshape(values.shape)


def _from_values(degree: int) -> np.ndarray:
    """The matrix from values at 0, 1/k, …, 1 to Bernstein coefficients of degree k."""
    at = np.arange(degree + 1) / degree
    basis = [comb(degree, k) * at**k * (1 - at) ** (degree - k) for k in range(degree + 1)]
    return np.asarray(np.linalg.inv(np.array(basis).T))
