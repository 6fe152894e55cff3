"""`array_namespace`: every framework's arrays lead to the same functions."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from diffcheck.namespace import array_namespace, is_own
from diffcheck.symbolic.array import SymbolArray, entries
from diffcheck.symbolic.program import compiled

FRAMEWORKS = ["numpy", "torch", "jax", "symbols"]

VECTOR = [0.5, 1.25, 2.0]
MATRIX = [[0.5, 1.0, 2.0], [0.3, 0.25, 0.7], [0.1, 0.9, 0.4]]

# Everything a case may call, on x (3,) and m (3, 3).
CALLS = """
xp.add(x, 1) | xp.subtract(1.0, x) | xp.multiply(2, x) | xp.divide(x, 2.0) | xp.negative(x) | xp.positive(x)
xp.abs(-x) | xp.square(x) | xp.sqrt(x) | xp.pow(x, 2) | xp.pow(2.0, x) | xp.exp(x) | xp.expm1(x) | xp.log(x)
xp.log1p(x) | xp.log2(x) | xp.log10(x) | xp.sin(x) | xp.cos(x) | xp.tan(x) | xp.asin(x / 4) | xp.acos(x / 4)
xp.atan(x) | xp.atan2(x, 1.0) | xp.sinh(x) | xp.cosh(x) | xp.tanh(x) | xp.asinh(x) | xp.acosh(x + 1)
xp.atanh(x / 4) | xp.logaddexp(x, 0.0) | xp.hypot(x, 1.0) | xp.reciprocal(x) | xp.maximum(x, 0.0)
xp.minimum(1, x) | xp.clip(x, min=0.7) | xp.clip(x, max=0.7) | xp.clip(x, 0.0, 0.5) | xp.sign(x) | xp.floor(x)
xp.ceil(x) | xp.round(x) | xp.trunc(x) | xp.greater(x, 0.5) | xp.less_equal(x, 0.5) | xp.equal(x, 0.5)
xp.not_equal(x, 0.5) | xp.logical_and(x > 0.5, x < 1.5) | xp.logical_or(x > 1, x < 1) | xp.logical_not(x > 1)
xp.where(x > 1, x, 0.0) | xp.zeros((2, 3), dtype=x.dtype) | xp.ones(2, dtype=x.dtype)
xp.full((2,), 3.0, dtype=x.dtype)
xp.zeros_like(x)
xp.ones_like(x) | xp.full_like(x, 2.0) | xp.arange(3, dtype=x.dtype) | xp.eye(3, dtype=x.dtype)
xp.linspace(0, 1, 5, dtype=x.dtype) | xp.asarray([1.0, 2.0], dtype=x.dtype) | xp.astype(x > 1, x.dtype)
xp.tril(m, k=-1) | xp.triu(m) | xp.sum(m, axis=(0, 1), keepdims=True) | xp.mean(m, axis=(0, 1)) | xp.prod(m)
xp.max(m, axis=(0, 1)) | xp.min(m, axis=0, keepdims=True) | xp.var(m, axis=-1, correction=1) | xp.std(m)
xp.cumulative_sum(m, axis=1) | xp.cumulative_sum(x, include_initial=True) | xp.matmul(m, x) | m @ m
xp.tensordot(m, m, axes=([0], [1])) | xp.vecdot(m, m, axis=0) | xp.matrix_transpose(m) | m.mT | m.T
xp.einsum("ij,jk,kl->il", m, m, m) | xp.linalg.vector_norm(m, axis=-1, keepdims=True) | xp.linalg.vector_norm(x, ord=1)
xp.linalg.outer(x, x) | xp.linalg.diagonal(m) | xp.linalg.trace(m) | xp.linalg.det(m) | xp.linalg.inv(m)
xp.linalg.solve(m, x) | xp.reshape(m, (-1,)) | xp.permute_dims(m, (1, 0)) | xp.concat([m, m], axis=1)
xp.stack([m, m], axis=-1) | xp.flip(m) | xp.roll(m, (1, -1), axis=(0, 1)) | xp.expand_dims(x, axis=0)
xp.squeeze(x[None], axis=0) | xp.broadcast_to(x, (2, 3)) | xp.moveaxis(m, 0, 1) | xp.tile(x, (2, 2))
xp.repeat(m, 2, axis=1) | xp.take(m, xp.asarray([0, 2]), axis=1) | xp.unstack(m, axis=1)[0]
m[xp.asarray([0, 2])] | m[[0, 2], [1, 1]] | m[xp.arange(3), xp.asarray([0, 1, 2])] | m[..., None, 0] | m[1:, :-1]
x**2 | 2.0**x | x > 0 | xp.asarray(xp.pi, dtype=x.dtype) * xp.e
"""
EXPRESSIONS = [call.strip() for line in CALLS.strip().splitlines() for call in line.split("|") if call.strip()]


def arrays(framework: str) -> tuple[Any, Any]:
    """The two inputs in float32, as a framework's own arrays."""
    x, m = np.asarray(VECTOR, "float32"), np.asarray(MATRIX, "float32")
    if framework == "numpy":
        return x, m
    if framework == "symbols":
        return SymbolArray(entries(x)), SymbolArray(entries(m))
    module = pytest.importorskip("torch" if framework == "torch" else "jax.numpy")
    return module.asarray(x), module.asarray(m)


def evaluate(expression: str, framework: str) -> np.ndarray:
    """The value of one call of the list above."""
    x, m = arrays(framework)
    scope = {"xp": array_namespace(x), "x": x, "m": m}
    answer = eval(expression, scope)  # noqa: S307  (only the list above)
    return as_floats(answer) if isinstance(answer, SymbolArray) else np.asarray(answer)


def as_floats(array: SymbolArray) -> np.ndarray:
    """SymPy's numbers in float32; integers and truth values as they are."""
    if array.values.dtype != object:
        return array.values
    balls = compiled(tuple(array.values.flat)).evaluate({})
    return np.reshape([float(ball) for ball in balls], array.shape).astype("float32")


@pytest.mark.parametrize("framework", FRAMEWORKS)
@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_every_listed_function_answers_alike(framework: str, expression: str) -> None:
    """Each function of the list gives NumPy's answer and keeps float32, in every framework."""
    expected = evaluate(expression, "numpy")
    answer = evaluate(expression, framework)
    assert answer.shape == expected.shape
    assert answer.dtype == expected.dtype
    np.testing.assert_allclose(answer, expected, rtol=2e-5, atol=1e-6)


def test_python_numbers_are_ignored() -> None:
    """A Python number or None beside an array does not change its namespace."""
    x = np.ones(2)
    assert array_namespace(1, x, 2.5, None) is array_namespace(x)


def test_numpy_scalars_are_arrays() -> None:
    """What NumPy returns for a zero-dimensional array leads to NumPy, although float64 is a Python float too."""
    assert array_namespace(np.float64(1.0)) is array_namespace(np.float32(1.0)) is array_namespace(np.ones(2))


@pytest.mark.parametrize("arguments", [(), (1.0,), (None, 2)])
def test_without_an_array_the_error_says_so(arguments: tuple[Any, ...]) -> None:
    """Only numbers, or nothing, is an error that names what was given."""
    with pytest.raises(TypeError, match="at least one array"):
        array_namespace(*arguments)


def test_own_arrays_win_over_numpy() -> None:
    """An array of diffcheck's own decides, wherever it stands."""

    class Own:
        def __array_namespace__(self) -> SimpleNamespace:
            return namespace

    namespace = SimpleNamespace(is_diffcheck=True)
    assert array_namespace(np.ones(2), Own()) is namespace
    assert is_own(namespace)


def test_numpy_is_not_own() -> None:
    """NumPy answers `__array_namespace__` too, and still is not taken for diffcheck's own."""
    assert not is_own(array_namespace(np.ones(2)))


def test_two_frameworks_do_not_mix() -> None:
    """A torch tensor beside a NumPy array is a TypeError and not a silent conversion."""
    torch = pytest.importorskip("torch")
    with pytest.raises(TypeError):
        array_namespace(np.ones(2), torch.ones(2))
