"""Every function that can be traced: the traced value, in balls, is NumPy's within the rounding bound."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import array_api_compat.numpy
import numpy as np
import pytest
from flint import arb

from diffcheck import special
from diffcheck.expression import array_api, linalg
from diffcheck.expression.trace import trace
from diffcheck.namespace import array_namespace, is_own
from diffcheck.point import Point
from diffcheck.reference.reference import refer

X = [[0.5, -1.25, 2.0], [3.5, -0.1, 1.75]]
P = [[0.5, 1.25, 2.0], [3.5, 0.1, 1.75]]
Y = [[1.5, 0.75, -2.0], [-3.5, 0.3, 1.0]]
U = [[0.5, 0.25, 0.75], [0.1, 0.9, 0.375]]
V = [1.5, -2.0, 0.25]
M = [[2.0, -1.0, 0.5], [0.25, 3.0, 1.0], [-1.5, 0.75, 4.0]]
B = [[[2.0, 1.0], [0.5, 3.0]], [[1.0, -1.0], [2.0, 0.25]]]
IMAGE = np.arange(36.0).reshape(1, 2, 3, 6) / 8 - 2
KERNEL = np.array([1.0, -0.5, 0.25, 2.0, 0.75, -1.0, 1.5, 0.125]).reshape(1, 2, 2, 2)

# name → the arguments it is called on, and how; `xp` has the standard's functions and the special ones.
Call = Callable[..., Any]
WHOLE: dict[str, tuple[Any, ...]] = {
    **dict.fromkeys("abs atan asinh cos sin tan cosh sinh tanh exp expm1 negative positive square".split(), (X,)),
    **dict.fromkeys("sign floor ceil round trunc erf erfc ndtr expit softplus log_expit cbrt silu gelu".split(), (X,)),
    **dict.fromkeys("relu leaky_relu elu stop_gradient".split(), (X,)),
    **dict.fromkeys("sqrt log log2 log10 log1p reciprocal gammaln digamma".split(), (P,)),
    **dict.fromkeys("asin acos atanh logit".split(), (U,)),
    "acosh": ([[1.5, 2.0], [1.001, 30.0]],),
    **dict.fromkeys("add subtract multiply divide maximum minimum hypot atan2 logaddexp".split(), (X, Y)),
    "pow": (P, Y),
    "xlogy": (X, P),
    **dict.fromkeys("softmax log_softmax logsumexp sum mean prod max min var std".split(), (X,)),
    "matmul": (X, M),
    "vecdot": (X, Y),
    "matrix_transpose": (X,),
    "diagonal": (M,),
    "conv2d": (IMAGE, KERNEL),
}

OTHER: list[tuple[str, Call, tuple[Any, ...]]] = [
    *(
        (name, lambda xp, x, y, name=name: xp.where(getattr(xp, name)(x, y), x, y), (X, Y))
        for name in "greater greater_equal less less_equal equal not_equal".split()
    ),
    ("logical_and", lambda xp, x: xp.where(xp.logical_and(x > 0, x < 1), x, -x), (X,)),
    ("logical_or", lambda xp, x: xp.where(xp.logical_or(x < 0, x > 1), x, -x), (X,)),
    ("logical_not", lambda xp, x: xp.where(xp.logical_not(x > 0), x, 2 * x), (X,)),
    ("where", lambda xp, x, y: xp.where(x > y, x, 1.0), (X, Y)),
    ("where", lambda xp, x, v: xp.where(x > 0, xp.sqrt(x), v), (X, V)),
    ("clip", lambda xp, x: xp.clip(x, -1, 1), (X,)),
    ("clip", lambda xp, x: xp.clip(x, min=-0.3), (X,)),
    ("clip", lambda xp, x: xp.clip(x, max=0.3), (X,)),
    ("pow", lambda xp, x: xp.pow(x, 3), (X,)),
    ("pow", lambda xp, x: x**0.3 + x**-1.5 + x**0 + 2.0**x, (P,)),
    ("add", lambda xp, x, v: x + v + 1.5 + xp.ones((2, 1)), (X, V)),
    ("multiply", lambda xp, x: x * np.array([[3.0], [-1.0]]), (X,)),
    ("gammaln", lambda xp, x: xp.gammaln(x), ([-0.5, -1.5, -7.25],)),
    ("round", lambda xp, x: xp.round(x), ([-0.5, 0.5, 1.5, 2.5, -2.5, 0.49999999999999994],)),
    ("trunc", lambda xp, x: xp.trunc(x), ([-0.0, 0.5, -0.5, 1.0, -1.0, 7.9],)),
    ("softmax", lambda xp, x: xp.softmax(xp.where(x > 0, x, -xp.inf), axis=0), (P,)),
    ("softmax", lambda xp, x: xp.softmax(1000 * x, axis=0), (X,)),
    ("log_softmax", lambda xp, x: xp.log_softmax(1000 * x, axis=0), (X,)),
    ("logsumexp", lambda xp, x: xp.logsumexp(1000 * x, axis=(0, 1), keepdims=True), (X,)),
    ("sum", lambda xp, x: xp.sum(x, axis=(0, -1)), (X,)),
    ("sum", lambda xp, x: xp.sum(x, axis=1, keepdims=True), (X,)),
    ("sum", lambda xp, x: xp.sum(x) + xp.sum(xp.ones((2, 5))) + xp.sum(xp.arange(4)), (X,)),
    ("mean", lambda xp, x: xp.mean(x, axis=0), (X,)),
    ("prod", lambda xp, x: xp.prod(x, axis=(0, 1)), (X,)),
    ("prod", lambda xp, x: xp.prod(x, axis=(1, 0)), (X,)),
    ("max", lambda xp, b: xp.max(b, axis=(2, 0)), (B,)),
    ("max", lambda xp, x: xp.max(x, axis=-1, keepdims=True), (X,)),
    ("min", lambda xp, x: xp.min(x, axis=(0, 1)), (X,)),
    ("var", lambda xp, x: xp.var(x, axis=1, correction=1, keepdims=True), (X,)),
    ("std", lambda xp, x: xp.std(x, axis=0, correction=1), (X,)),
    ("cumulative_sum", lambda xp, x: xp.cumulative_sum(x, axis=1), (X,)),
    ("cumulative_sum", lambda xp, x: xp.cumulative_sum(x, axis=-2), (B,)),
    ("cumulative_sum", lambda xp, v: xp.cumulative_sum(v), (V,)),
    ("matmul", lambda xp, m, v: m @ v, (M, V)),
    ("matmul", lambda xp, v, m: v @ m, (V, M)),
    ("matmul", lambda xp, v: v @ v, (V,)),
    ("matmul", lambda xp, b: b @ b[0], (B,)),
    ("matmul", lambda xp, b: b[:, None] @ b[None, :], (B,)),
    ("vecdot", lambda xp, x, v: xp.vecdot(x, v), (X, V)),
    ("vecdot", lambda xp, x, y: xp.vecdot(x, y, axis=-2), (X, Y)),
    ("tensordot", lambda xp, x, y: xp.tensordot(x, y), (X, Y)),
    ("tensordot", lambda xp, x, m: xp.tensordot(x, m, axes=1), (X, M)),
    ("tensordot", lambda xp, x, v: xp.tensordot(x, v, axes=0), (X, V)),
    ("tensordot", lambda xp, x, y: xp.tensordot(x, y, axes=([0], [0])), (X, Y)),
    ("tensordot", lambda xp, b, x: xp.tensordot(b, x, axes=((-1, 0), (0, 1))), (B, [[1.0, 2.0], [3.0, 4.0]])),
    ("einsum", lambda xp, x, y: xp.einsum("ij,ij", x, y), (X, Y)),
    ("einsum", lambda xp, x, m: xp.einsum("ij,jk", x, m), (X, M)),
    ("einsum", lambda xp, m: xp.einsum("ii", m), (M,)),
    ("einsum", lambda xp, m: xp.einsum("ii->i", m), (M,)),
    ("einsum", lambda xp, m, v: xp.einsum("ij, i, j -> ", m, v, v), (M, V)),
    ("einsum", lambda xp, x: xp.einsum("ba", x), (X,)),
    ("einsum", lambda xp, b, v: xp.einsum("aij,k->kj", b, v), (B, V)),
    ("matrix_transpose", lambda xp, b: b.mT, (B,)),
    ("matrix_transpose", lambda xp, x: x.T @ x, (X,)),
    ("matrix_transpose", lambda xp, v: v.T @ v, (V,)),
    ("diagonal", lambda xp, b: xp.diagonal(b), (B,)),
    ("linalg.trace", lambda xp, b: xp.linalg.trace(b), (B,)),
    ("linalg.outer", lambda xp, v: xp.linalg.outer(v, 2 * v), (V,)),
    ("linalg.det", lambda xp, m: xp.linalg.det(m), (M,)),
    ("linalg.det", lambda xp, b: xp.linalg.det(b), (B,)),
    ("linalg.inv", lambda xp, m: xp.linalg.inv(m), (M,)),
    ("linalg.solve", lambda xp, m, v: xp.linalg.solve(m, v), (M, V)),
    ("linalg.solve", lambda xp, m: xp.linalg.solve(m, m[:, :2]), (M,)),
    ("linalg.diagonal", lambda xp, m: xp.linalg.diagonal(m), (M,)),
    ("linalg.matmul", lambda xp, m: xp.linalg.matmul(m, m), (M,)),
    ("linalg.matrix_transpose", lambda xp, m: xp.linalg.matrix_transpose(m), (M,)),
    ("linalg.tensordot", lambda xp, m: xp.linalg.tensordot(m, m), (M,)),
    ("linalg.vecdot", lambda xp, m: xp.linalg.vecdot(m, m), (M,)),
    ("linalg.vector_norm", lambda xp, x: xp.linalg.vector_norm(x), (X,)),
    ("linalg.vector_norm", lambda xp, x: xp.linalg.vector_norm(x, axis=1, ord=1), (X,)),
    ("linalg.vector_norm", lambda xp, x: xp.linalg.vector_norm(x, axis=0, ord=3, keepdims=True), (X,)),
    ("linalg.vector_norm", lambda xp, x: xp.linalg.vector_norm(x, ord=xp.inf), (X,)),
    ("linalg.vector_norm", lambda xp, x: xp.linalg.vector_norm(x, ord=-xp.inf), (X,)),
    ("linalg.matrix_norm", lambda xp, b: xp.linalg.matrix_norm(b), (B,)),
    ("reshape", lambda xp, x: xp.reshape(x, (3, -1)), (X,)),
    ("reshape", lambda xp, x: xp.reshape(x, -1), (X,)),
    ("permute_dims", lambda xp, b: xp.permute_dims(b, (2, 0, -2)), (B,)),
    ("moveaxis", lambda xp, b: xp.moveaxis(b[..., None], 0, -1), (B,)),
    ("moveaxis", lambda xp, b: xp.moveaxis(b[..., None], (0, 3), (2, 0)), (B,)),
    ("expand_dims", lambda xp, x: xp.expand_dims(x, axis=1) + xp.expand_dims(x, axis=-2), (X,)),
    ("squeeze", lambda xp, x: xp.squeeze(x[None, :, None], axis=(0, 2)) + xp.squeeze(x[None], axis=0), (X,)),
    ("broadcast_to", lambda xp, v: xp.broadcast_to(v, (2, 3)), (V,)),
    ("broadcast_to", lambda xp, x: xp.broadcast_to(x[:, :1], (4, 2, 3)), (X,)),
    ("flip", lambda xp, x: xp.flip(x) + xp.flip(x, axis=0) + xp.flip(x, axis=(0, 1)), (X,)),
    ("roll", lambda xp, x: xp.roll(x, 2) + xp.roll(x, -1, axis=1) + xp.roll(x, (1, 2), axis=(0, 1)), (X,)),
    ("tile", lambda xp, x: xp.tile(x, (2, 1, 3)), (X,)),
    ("repeat", lambda xp, x: xp.repeat(x, 2, axis=1), (X,)),
    ("repeat", lambda xp, x: xp.repeat(x, 3), (X,)),
    ("take", lambda xp, x: xp.take(x, np.array([2, 0, 0, -1]), axis=1), (X,)),
    ("concat", lambda xp, x, y: xp.concat([x, y, x], axis=-1), (X, Y)),
    ("concat", lambda xp, x, y: xp.concat([x, y], axis=None), (X, Y)),
    ("concat", lambda xp, x, v: xp.concat([x, v[None], xp.zeros((1, 3))]), (X, V)),
    ("stack", lambda xp, x, y: xp.stack([x, y], axis=-1), (X, Y)),
    ("stack", lambda xp, x, y: xp.stack([x, y, x]), (X, Y)),
    ("unstack", lambda xp, x: sum(xp.unstack(x, axis=1)), (X,)),
    ("tril", lambda xp, m: xp.tril(m) + xp.tril(m, k=1), (M,)),
    ("triu", lambda xp, b: xp.triu(b) + xp.triu(b, k=-1), (B,)),
    ("get_item", lambda xp, b: b[1, :, ::-1] + b[..., 0] + b[0, None, 1], (B,)),
    ("get_item", lambda xp, x: x[np.array([1, 0, 1]), np.array([[0], [2]])], (X,)),
    ("get_item", lambda xp, x: x[:, [0, 2]] + x[()][:, :2] + x[:, None, 1], (X,)),
    ("zeros", lambda xp, x: xp.zeros((2, 3)) + x, (X,)),
    ("ones", lambda xp, v: xp.ones(3) * v, (V,)),
    ("full", lambda xp, v: xp.full((2, 3), 0.1) * v, (V,)),
    ("zeros_like", lambda xp, x: xp.zeros_like(x) + x, (X,)),
    ("ones_like", lambda xp, x: xp.ones_like(x) * x, (X,)),
    ("full_like", lambda xp, x: xp.full_like(x, 2.5) * x, (X,)),
    ("arange", lambda xp, v: xp.arange(3) * v + xp.arange(1, 7, 2), (V,)),
    ("eye", lambda xp, m: xp.eye(3) @ m + xp.eye(3, k=1) @ m, (M,)),
    ("eye", lambda xp, m: xp.eye(2, 3) @ m, (M,)),
    ("linspace", lambda xp, v: xp.linspace(0.0, 1.0, num=3) * v, (V,)),
    ("asarray", lambda xp, v: xp.asarray([1.0, 2.0, 0.1]) * v + xp.asarray(v), (V,)),
    ("astype", lambda xp, x: xp.astype(x > 0, xp.float64) * x, (X,)),
    ("avg_pool2d", lambda xp, x: xp.avg_pool2d(x, 2), (IMAGE,)),
    ("max_pool2d", lambda xp, x: xp.max_pool2d(x, 2), (IMAGE,)),
    ("max_pool2d", lambda xp, x: xp.max_pool2d(x, 3), (IMAGE,)),
    ("conv2d", lambda xp, x, w: xp.conv2d(xp.tile(x, (2, 1, 1, 1)), xp.tile(w, (3, 1, 1, 1))), (IMAGE, KERNEL)),
]


CALLS: list[tuple[str, Call, tuple[Any, ...]]] = [
    *((name, lambda xp, *arrays, name=name: getattr(xp, name)(*arrays), given) for name, given in WHOLE.items()),
    *OTHER,
]
every_call = pytest.mark.parametrize(
    ("call", "given"), [pytest.param(call, given, id=f"{k} {name}") for k, (name, call, given) in enumerate(CALLS)]
)


class NumPy:
    """NumPy under the standard's names, with the special functions beside them."""

    linalg = array_api_compat.numpy.linalg

    def __getattr__(self, name: str) -> Any:
        return getattr(special, name, None) or getattr(array_api_compat.numpy, name)


def as_function(call: Call) -> Callable[..., Any]:
    """A function of named arrays of any framework, as a case is."""

    def function(**arrays: Any) -> Any:
        namespace = array_namespace(*arrays.values())
        with np.errstate(all="ignore"):
            return call(namespace if is_own(namespace) else NumPy(), *arrays.values())

    return function


def as_arrays(given: tuple[Any, ...], dtype: str = "float64") -> dict[str, np.ndarray]:
    return {f"a{k}": np.array(array, dtype) for k, array in enumerate(given)}


def test_every_function_that_can_be_traced_is_called() -> None:
    """A new function gets a row here."""
    names = set(array_api._FUNCTIONS) | {f"linalg.{name}" for name in linalg.__all__}
    assert {name for name, *_ in CALLS} == names


@every_call
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_the_traced_value_is_numpys_within_rounding(call: Call, given: tuple[Any, ...], dtype: str) -> None:
    """In the same shape; the error is at most what rounding can do in whatever order, and 2 ulp."""
    function, arrays = as_function(call), as_arrays(given, dtype)
    reference = refer(function, Point(arrays), tuple(arrays))
    expected = np.asarray(function(**arrays), dtype=float)
    assert reference.value.shape == expected.shape
    assert not reference.value.open.any()
    ulp = np.spacing(np.abs(reference.value.high).astype(dtype)).astype(float)
    worst = reference.rounded_value.worst
    assert np.isfinite(worst).all()
    assert (reference.value.distance(expected) <= worst + 2 * ulp).all()


@every_call
def test_a_gradient_has_the_shape_of_its_argument_and_both_modes_agree(call: Call, given: tuple[Any, ...]) -> None:
    """The sum of the gradient's entries is the sum of the derivative along ones, in overlapping balls."""
    function, arrays = as_function(call), as_arrays(given)
    reverse = refer(function, Point(arrays), tuple(arrays), "R")
    forward = refer(function, Point(arrays), tuple(arrays), "F")
    assert {name: entry.shape for name, entry in reverse.entries.items()} == {
        name: array.shape for name, array in arrays.items()
    }
    assert forward.entries["output"].shape == forward.value.shape
    total = sum((ball for entry in reverse.entries.values() for ball in entry.balls.ravel()), arb(0))
    along = sum(forward.entries["output"].balls.ravel(), arb(0))
    assert total.overlaps(along) or not total.is_finite()


def test_a_wrong_value_would_be_found() -> None:
    """Off by a part in 10^12, a value lies outside the bound: the bound is not just anything."""
    arrays = as_arrays((M, V))
    reference = refer(as_function(lambda xp, m, v: m @ v), Point(arrays), tuple(arrays))
    error = reference.value.distance((arrays["a0"] @ arrays["a1"]) * (1 + 1e-12))
    assert (error > reference.rounded_value.worst + 2 * np.spacing(np.abs(reference.value.high))).all()


# --- what does not fit ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda xp, x, v: x @ x, "matmul: shapes .2, 3. and .2, 3. do not fit"),
        (lambda xp, x, v: x @ v[0], "at least one axis"),
        (lambda xp, x, v: x + v[:2], "do not broadcast"),
        (lambda xp, x, v: xp.broadcast_to(v, (2, 5)), "do not broadcast"),
        (lambda xp, x, v: xp.broadcast_to(x, (3,)), "does not broadcast to"),
        (lambda xp, x, v: xp.where(x > 0, v[:2], x), "do not broadcast"),
        (lambda xp, x, v: xp.tensordot(x, v, axes=([0], [0])), "sizes 2 and 3 of a common axis do not fit"),
        (lambda xp, x, v: xp.einsum("ij,i->j", x, v), "sizes 2 and 3 of a common axis do not fit"),
        (lambda xp, x, v: xp.einsum("ij,j->ii", x, v), "'ii' must occur in .*once in the output"),
        (lambda xp, x, v: xp.einsum("ij,j->k", x, v), "'k' must occur in"),
        (lambda xp, x, v: xp.einsum("ij,jk->ik", x, v), "does not fit operands of shape"),
        (lambda xp, x, v: xp.einsum("ij,j", x), "does not fit operands of shape"),
        (lambda xp, x, v: xp.einsum("...j,j", x, v), "ellipsis; write the labels out"),
        (lambda xp, x, v: xp.sum(x, axis=2), "axis 2 is out of range for an array with 2 axes"),
        (lambda xp, x, v: xp.sum(x, axis=(0, -3)), "out of range"),
        (lambda xp, x, v: xp.sum(x, axis=(0, -2)), "name an axis twice"),
        (lambda xp, x, v: xp.permute_dims(x, (0, 0)), "name an axis twice"),
        (lambda xp, x, v: xp.permute_dims(x, (1,)), "2 axes cannot be ordered by"),
        (lambda xp, x, v: xp.expand_dims(x, axis=3), "axis 3 is out of range for an array with 3 axes"),
        (lambda xp, x, v: xp.moveaxis(x, 0, 2), "axis 2 is out of range"),
        (lambda xp, x, v: xp.squeeze(x, axis=2), "axis 2 is out of range"),
        (lambda xp, x, v: xp.vecdot(x, x, axis=2), "axis 2 is out of range"),
        (lambda xp, x, v: xp.concat([x, x], axis=2), "axis 2 is out of range"),
        (lambda xp, x, v: xp.concat([x, x[:, :1]]), "concat: shapes .2, 3., .2, 1. do not fit along axis 0"),
        (lambda xp, x, v: xp.stack([x, x[:1]]), "do not fit along axis 0"),
        (lambda xp, x, v: v.mT, "is no matrix"),
        (lambda xp, x, v: xp.diagonal(v), "is no matrix"),
        (lambda xp, x, v: x[None].T, "write .mT or permute_dims"),
        (lambda xp, x, v: xp.cumulative_sum(x), "needs an axis"),
        (lambda xp, x, v: xp.squeeze(x, axis=0), "is not of size one"),
        (lambda xp, x, v: xp.diagonal(x), "square matrices only"),
        (lambda xp, x, v: xp.linalg.det(x), "needs a square matrix"),
        (lambda xp, x, v: xp.linalg.matrix_norm(x, ord="nuc"), "ord='fro'"),
        (lambda xp, x, v: xp.max(x[:, :0]), "has no largest entry"),
        (lambda xp, x, v: xp.min(x[:0], axis=0), "has no largest entry"),
        (lambda xp, x, v: xp.reshape(x, (4, 2)), "cannot reshape"),
    ],
)
def test_shapes_that_do_not_fit_are_refused_in_one_line(call: Call, message: str) -> None:
    """While tracing, and with both shapes."""
    with pytest.raises(ValueError, match=message) as caught:
        trace(as_function(call), {"x": (2, 3), "v": (3,)})
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("call", "shape"),
    [
        (lambda xp, x: xp.sum(x), ()),
        (lambda xp, x: xp.sum(x, axis=0), (3,)),
        (lambda xp, x: xp.prod(x, axis=0), (3,)),
        (lambda xp, x: xp.max(x, axis=1), (0,)),
        (lambda xp, x: xp.mean(x, axis=1), (0,)),
        (lambda xp, x: x.T @ x, (3, 3)),
        (lambda xp, x: xp.concat([x, xp.ones((1, 3))]), (1, 3)),
        (lambda xp, x: xp.exp(x) + 1, (0, 3)),
        (lambda xp, x: xp.softmax(x), (0, 3)),
        (lambda xp, x: xp.cumulative_sum(x, axis=0), (0, 3)),
        (lambda xp, x: xp.einsum("ij,ij->i", x, x), (0,)),
    ],
)
def test_empty_arrays_are_arrays(call: Call, shape: tuple[int, ...]) -> None:
    """Sums of nothing are 0, products 1, and the gradient is as empty as the argument."""
    arrays = as_arrays((np.zeros((0, 3)),))
    function = as_function(call)
    expected = np.asarray(function(**arrays))
    for mode in ("R", "F"):
        reference = refer(function, Point(arrays), ("a0",), mode)
        assert reference.value.shape == expected.shape == shape
        assert reference.value.high.tolist() == expected.tolist()
        assert all(entry.balls.size in (0, expected.size) for entry in reference.entries.values())


def test_the_types_are_stand_ins() -> None:
    """Constants and dtypes that functions ask a namespace for."""
    assert array_api.is_diffcheck
    assert (array_api.pi, array_api.e, array_api.inf) == (np.pi, np.e, np.inf)
    assert np.isnan(array_api.nan)
    assert array_api.newaxis is None
    assert [array_api.float32, array_api.float64, array_api.int64, array_api.bool] == [float, float, int, bool]
    assert set(array_api.__all__) >= {"linalg", "sum", "exp", "float64"}
