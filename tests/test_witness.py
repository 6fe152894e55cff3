"""The witness: what a function's values say about a derivative, in a sentence."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy import special as scipy_special

from diffcheck import special
from diffcheck.backends.base import Derivative
from diffcheck.point import Point
from diffcheck.taylor_remainder import RIGHT, UNDECIDED, WRONG
from diffcheck.witness import remainder_of, witness

Function = Callable[..., Any]

VECTOR = np.array([2.0, -1.0, 3.5])
MATRIX = np.array([[4.0, 1.0, 0.5], [1.0, 3.0, 0.25], [0.5, 0.25, 2.0]])


def largest_eigenvalue(x: Any) -> Any:
    """Of the symmetric part."""
    return np.linalg.eigvalsh((x + x.T) / 2)[-1]


def its_gradient(x: np.ndarray) -> np.ndarray:
    """The outer product of the eigenvector with itself."""
    vector = np.linalg.eigh(x)[1][:, -1]
    return np.outer(vector, vector)


def sorted_gradient(x: np.ndarray) -> np.ndarray:
    """Of Σ k·x₍ₖ₎²."""
    gradient = np.empty_like(x)
    gradient[np.argsort(x)] = 2 * np.sort(x) * np.arange(1, 4)
    return gradient


UNTRACED: dict[str, tuple[Function, np.ndarray, Callable[[np.ndarray], np.ndarray]]] = {
    "a Bessel function": (lambda x: scipy_special.jv(0, x), np.array(2.3), lambda x: -scipy_special.jv(1, x)),
    "sorting": (lambda x: np.sum(np.sort(x) ** 2 * np.arange(1, 4)), VECTOR, sorted_gradient),
    "an eigenvalue": (largest_eigenvalue, MATRIX, its_gradient),
    "a faint sine": (lambda x: 1e-8 * np.sum(np.sin(x)), VECTOR, lambda x: 1e-8 * np.cos(x)),
    "a sine far up": (lambda x: 1e8 + np.sum(np.sin(x)), VECTOR, np.cos),
}

# A gradient of 10⁻⁸ is less than float16 can tell from zero.
CASES = [
    (name, dtype)
    for name in UNTRACED
    for dtype in ("float64", "float32", "float16")
    if (name, dtype) != ("a faint sine", "float16")
]


def looks(function: Function, x: np.ndarray, gradient: Any, dtype: str = "float64") -> str:
    """How a gradient looks."""
    point = Point({"x": x.astype(dtype)})
    answer = Derivative(None, {"x": gradient if gradient is None else np.asarray(gradient).astype(dtype)})
    return remainder_of(function, point, ("x",), "R", answer).looks


@pytest.mark.parametrize(("name", "dtype"), CASES)
def test_a_right_gradient_looks_right(name: str, dtype: str) -> None:
    """In every dtype: what its own rounding does to it is no error."""
    function, x, gradient = UNTRACED[name]
    x = x.astype(dtype).astype(float)
    assert looks(function, x, gradient(x), dtype) == RIGHT


@pytest.mark.parametrize(("name", "dtype"), CASES)
def test_a_wrong_gradient_looks_wrong(name: str, dtype: str) -> None:
    """One entry off by a fifth, all doubled, zero, or missing."""
    function, x, gradient = UNTRACED[name]
    x = x.astype(dtype).astype(float)
    right = np.array(gradient(x))
    one_off = right.copy()
    one_off.flat[0] *= 1.2
    assert {looks(function, x, answer, dtype) for answer in (one_off, 2 * right, 0 * right, None)} == {WRONG}


def test_one_zeroed_entry_of_a_thousand_looks_wrong() -> None:
    """Every entry moves, so that every entry counts."""
    x = np.linspace(-3, 3, 1000)
    gradient = np.cos(x)
    assert looks(lambda x: np.sum(np.sin(x)), x, gradient) == RIGHT
    gradient[417] = 0
    assert looks(lambda x: np.sum(np.sin(x)), x, gradient) == WRONG


def test_a_linear_function_leaves_rounding_only() -> None:
    """The right gradient of a sum has no rate, a wrong one has."""
    assert looks(lambda x: np.sum(x) + 1e10, VECTOR, np.ones(3)) == UNDECIDED
    assert looks(lambda x: np.sum(x) + 1e10, VECTOR, np.zeros(3)) == WRONG


@pytest.mark.parametrize(("answer", "expected"), [([4.0, -2.0, 7.0], RIGHT), ([4.0, -2.0, 7.5], WRONG)])
def test_a_directional_derivative_has_a_witness_too(answer: list[float], expected: str) -> None:
    """Along the tangent, of a sum of all outputs in which each has another weight."""
    point = Point({"x": VECTOR}, tangents={"x": np.ones(3)})
    found = remainder_of(lambda x: x**2, point, ("x",), "F", Derivative(None, {"output": np.array(answer)}))
    assert found.looks == expected


def test_the_cotangent_weighs_the_outputs() -> None:
    """A gradient is that of ⟨cotangent, f⟩."""
    point = Point({"x": VECTOR}, cotangent=np.array([1.0, 0.0, -2.0]))
    right = Derivative(None, {"x": 2 * VECTOR * np.array([1.0, 0.0, -2.0])})
    assert remainder_of(lambda x: x**2, point, ("x",), "R", right).looks == RIGHT
    assert remainder_of(lambda x: x**2, point, ("x",), "R", Derivative(None, {"x": 2 * VECTOR})).looks == WRONG


def test_several_arguments_move_together() -> None:
    """Those that are not differentiated stay, integers too; no gradient is a gradient of zero."""
    point = Point({"x": VECTOR, "y": VECTOR + 1, "z": VECTOR, "k": np.array([0, 2])})

    def function(x: Any, y: Any, z: Any, k: Any) -> Any:
        return np.sum((x**2 + 3 * y)[k] * z[k])

    taken = np.array([1.0, 0.0, 1.0])
    right = {"x": 2 * VECTOR * VECTOR * taken, "y": 3 * VECTOR * taken}
    assert remainder_of(function, point, ("x", "y"), "R", Derivative(None, right)).looks == RIGHT
    without = {**right, "y": None}
    assert remainder_of(function, point, ("x", "y"), "R", Derivative(None, without)).looks == WRONG


def test_what_is_held_stays() -> None:
    """stop_gradient holds its argument where the point is."""

    def function(x: Any) -> Any:
        return np.sum(special.stop_gradient(x) * x**2)

    assert looks(function, VECTOR, 2 * VECTOR**2) == RIGHT
    assert looks(function, VECTOR, 3 * VECTOR**2) == WRONG


def test_a_function_that_raises_beside_the_point_costs_steps_only() -> None:
    """A matrix is definite near the point, and not everywhere."""

    def log_determinant(x: Any) -> Any:
        return 2 * np.sum(np.log(np.diag(np.linalg.cholesky((x + x.T) / 2))))

    nearly_singular = MATRIX - 1.7 * np.eye(3)
    assert looks(log_determinant, nearly_singular, np.linalg.inv(nearly_singular)) == RIGHT
    assert looks(log_determinant, nearly_singular, 2 * np.linalg.inv(nearly_singular)) == WRONG


SENTENCES = {
    "right": (np.cos(VECTOR), "falls like h^2.00, so this derivative looks right (h if it were wrong)"),
    "wrong": (
        2 * np.cos(VECTOR),
        "falls like h^1.00, so this derivative looks wrong (h² if right): along one direction",
    ),
    "not finite": (np.full(3, np.nan), "this derivative is not finite"),
}


@pytest.mark.parametrize("name", SENTENCES)
def test_a_sentence_says_how_it_looks(name: str) -> None:
    """The rate, what it would be otherwise, and where it looks wrong both slopes."""
    gradient, says = SENTENCES[name]
    sentence = witness(
        lambda x: np.sum(np.sin(x)), Point({"x": VECTOR}), ("x",), "R", Derivative(None, {"x": gradient})
    )
    assert says in sentence


def test_a_kink_and_rounding_are_said() -> None:
    """Why nothing is decided."""
    zero = Point({"x": np.zeros(2)})
    kink = witness(lambda x: np.sum(np.abs(x)), zero, ("x",), "R", Derivative(None, {"x": np.zeros(2)}))
    assert "as at a kink or a jump" in kink
    lost = witness(lambda x: np.sum(x) + 1e10, zero, ("x",), "R", Derivative(None, {"x": np.ones(2)}))
    assert "lost in rounding, which leaves room for an error of" in lost


def test_a_function_that_is_another_in_float64_is_not_accused() -> None:
    """As where random numbers of one dtype are not those of another; at zero both are zero."""

    def noisy(x: np.ndarray) -> np.ndarray:
        return x * (0.7 if x.dtype == np.float32 else 1.3)

    point = Point({"x": np.zeros(2, np.float32)})
    answer = Derivative(None, {"x": np.full(2, 0.7, np.float32)})
    assert "other values" in witness(noisy, point, ("x",), "R", answer)
    in_float64 = Derivative(None, {"x": np.full(2, 1.3)})
    assert "other values" not in witness(noisy, point.astype("float64"), ("x",), "R", in_float64)
