"""Linear algebra of traced matrices: exact at singular matrices, to every order."""

from __future__ import annotations

from fractions import Fraction
from itertools import permutations
from math import prod
from typing import Any

import numpy as np
import pytest
from flint import arb, fmpq
from hypothesis import given
from hypothesis import strategies as st

from diffcheck.namespace import array_namespace
from diffcheck.point import Point
from diffcheck.reference.precision import precision
from diffcheck.reference.public import reference
from diffcheck.reference.reference import Reference, refer

Matrix = list[list[int]]


def determinant(x: Any) -> Any:
    return array_namespace(x).linalg.det(x)


def inverse(x: Any) -> Any:
    return array_namespace(x).linalg.inv(x)


def sign(order: tuple[int, ...]) -> int:
    """The sign of a permutation."""
    inversions = sum(order[i] > order[j] for j in range(len(order)) for i in range(j))
    return -1 if inversions % 2 else 1


def leibniz(matrix: Matrix) -> int:
    """The determinant by its definition, in integers."""
    size = range(len(matrix))
    return sum(sign(order) * prod(matrix[i][order[i]] for i in size) for order in permutations(size))


def cofactors(matrix: Matrix) -> Matrix:
    """The gradient of the determinant by its definition, in integers."""
    size = range(len(matrix))

    def minor(i: int, j: int) -> Matrix:
        return [[matrix[r][c] for c in size if c != j] for r in size if r != i]

    return [[(-1) ** (i + j) * leibniz(minor(i, j)) for j in size] for i in size]


def floats(balls: np.ndarray) -> Any:
    assert all(ball.rad() < 1e-18 for ball in balls.ravel())
    return np.vectorize(float, otypes=[float])(balls).tolist()


small = st.integers(-3, 3)
squares = st.integers(1, 4).flatmap(lambda n: st.lists(st.lists(small, min_size=n, max_size=n), min_size=n, max_size=n))


@given(matrix=squares)
def test_a_determinant_and_its_gradient_are_leibnizs(matrix: Matrix) -> None:
    """Regular or singular, up to 4×4: the gradient is the matrix of cofactors."""
    found = reference(determinant, x=matrix)
    assert floats(found.value.balls) == leibniz(matrix)
    assert floats(found.entries["x"].balls) == cofactors(matrix)


@given(matrix=squares)
def test_an_inverse_times_its_matrix_is_the_identity(matrix: Matrix) -> None:
    """Where the determinant is not zero; at a singular matrix there is nothing."""
    found = reference(inverse, x=matrix)
    if leibniz(matrix) == 0:
        assert not any(ball.is_finite() for ball in found.value.balls.ravel())
        return
    with precision(128):
        product = np.asarray(np.array(matrix, object) @ found.value.balls, object)
        difference = product - np.eye(len(matrix), dtype=int).astype(object)
        assert all(abs(ball) < 1e-25 for ball in difference.ravel())


@given(matrix=squares, seed=st.integers(0, 2**16))
def test_the_derivative_of_an_inverse(matrix: Matrix, seed: int) -> None:
    """−X⁻¹ V X⁻¹, computed in fractions."""
    if leibniz(matrix) == 0:
        return
    direction = np.random.default_rng(seed).integers(-2, 3, np.shape(matrix)).astype(object)
    found = pushed(inverse, matrix, direction)
    exact = np.array(
        [[Fraction(entry, leibniz(matrix)) for entry in row] for row in zip(*cofactors(matrix), strict=True)]
    )
    expected = -exact @ direction @ exact
    with precision(128):
        for ball, fraction in zip(found.entries["output"].balls.ravel(), expected.ravel(), strict=True):
            assert abs(ball - arb(fmpq(fraction.numerator, fraction.denominator))) < 1e-25


def pushed(function: Any, matrix: Matrix, direction: np.ndarray) -> Reference:
    """The derivative along a direction."""
    point = Point({"x": np.array(matrix, float)}, tangents={"x": np.array(direction, float)})
    return refer(function, point, ("x",), "F")


def test_matrices_in_a_batch_are_taken_one_by_one() -> None:
    """The gradient of the sum of determinants is each one's cofactors."""
    batch = [[[1, 2], [3, 4]], [[1, 1], [1, 1]], [[0, 0], [0, 5]]]
    found = reference(determinant, x=batch)
    assert floats(found.value.balls) == [leibniz(matrix) for matrix in batch]
    assert floats(found.entries["x"].balls) == [cofactors(matrix) for matrix in batch]


def test_a_solution_solves() -> None:
    """A vector and a matrix on the right; gradients in both arguments."""
    matrix = [[2.0, 1.0], [1.0, 3.0]]
    vector = reference(lambda a, b: array_namespace(a).linalg.solve(a, b), a=matrix, b=[3.0, 5.0])
    assert floats(vector.value.balls) == [0.8, 1.4]
    assert floats(vector.entries["b"].balls) == [0.4, 0.2]
    columns = reference(lambda a, b: array_namespace(a).linalg.solve(a, b), a=matrix, b=[[3.0], [5.0]])
    assert floats(columns.value.balls) == [[0.8], [1.4]]


@pytest.mark.parametrize(
    ("order", "x", "expected"),
    [
        (2, [3.0, -4.0], [0.6, -0.8]),
        (1, [3.0, -4.0], [1.0, -1.0]),
        (np.inf, [3.0, -4.0], [0.0, -1.0]),
        (-np.inf, [3.0, -4.0], [1.0, 0.0]),
        (4, [1.0, 0.0], [1.0, 0.0]),
    ],
)
def test_the_gradient_of_a_norm(order: float, x: list[float], expected: list[float]) -> None:
    """x/|x|, the signs, or the sign of the one entry that counts."""
    found = reference(lambda x: array_namespace(x).linalg.vector_norm(x, ord=order), x=x)
    assert floats(found.entries["x"].balls) == pytest.approx(expected, abs=1e-15)


def test_the_norm_of_zero_has_no_gradient_yet() -> None:
    """Its kink is a whole ball of directions: undefined, never a wrong number."""
    found = reference(lambda x: array_namespace(x).linalg.vector_norm(x), x=[0.0, 0.0])
    assert not any(ball.is_finite() for ball in found.entries["x"].balls)
