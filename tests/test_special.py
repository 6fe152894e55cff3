"""`diffcheck.special`: one function, the same number in every framework."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diffcheck import special
from diffcheck.spellings import TABLE, spelling
from diffcheck.symbolic.array import SymbolArray, entries
from diffcheck.symbolic.program import compiled

FRAMEWORKS = ["numpy", "torch", "jax", "symbols"]

Call = Callable[[SimpleNamespace], Any]

NUMBERS = [-3.0, -0.75, -1e-4, 0.25, 0.5, 2.0, 30.0]
INSIDE_UNIT = [1e-4, 0.25, 0.5, 0.75, 0.999]
POSITIVE = [1e-4, 0.5, 1.5, 7.0, 30.0]

# The definition of every scalar function, in Python's own arithmetic.
SCALAR = {
    "erf": (math.erf, NUMBERS),
    "erfc": (math.erfc, [-2.0, 0.5, 5.0]),
    "ndtr": (lambda x: math.erfc(-x / math.sqrt(2)) / 2, NUMBERS),
    "gammaln": (math.lgamma, POSITIVE),
    "digamma": (lambda x: (math.lgamma(x * (1 + 1e-6)) - math.lgamma(x * (1 - 1e-6))) / (2e-6 * x), [0.5, 3.0, 30.0]),
    "expit": (lambda x: 1 / (1 + math.exp(-x)), NUMBERS),
    "logit": (lambda x: math.log(x / (1 - x)), INSIDE_UNIT),
    "log_expit": (lambda x: -math.log1p(math.exp(-x)), NUMBERS),
    "softplus": (lambda x: math.log1p(math.exp(x)), NUMBERS),
    "cbrt": (lambda x: math.copysign(abs(x) ** (1 / 3), x), NUMBERS),
    "relu": (lambda x: max(x, 0.0), [0.0, *NUMBERS]),
    "leaky_relu": (lambda x: x if x > 0 else 0.01 * x, [0.0, *NUMBERS]),
    "elu": (lambda x: x if x > 0 else math.expm1(x), [0.0, *NUMBERS]),
    "gelu": (lambda x: x * math.erfc(-x / math.sqrt(2)) / 2, NUMBERS),
    "silu": (lambda x: x / (1 + math.exp(-x)), NUMBERS),
    "stop_gradient": (lambda x: x, NUMBERS),
}

# Calls on images x (1, 2, 5, 4), kernels w (3, 2, 2, 3) and a matrix m (3, 4), beside plain NumPy.
ARRAY: dict[str, tuple[Call, Call]] = {
    "logsumexp": (lambda a: special.logsumexp(a.m), lambda a: np.log(np.exp(a.m).sum())),
    "logsumexp, one axis": (lambda a: special.logsumexp(a.m, axis=1), lambda a: np.log(np.exp(a.m).sum(1))),
    "logsumexp, kept axes": (
        lambda a: special.logsumexp(a.m, axis=(0, 1), keepdims=True),
        lambda a: np.log(np.exp(a.m).sum(keepdims=True)),
    ),
    "softmax": (lambda a: special.softmax(a.m), lambda a: np.exp(a.m) / np.exp(a.m).sum(-1, keepdims=True)),
    "softmax, first axis": (lambda a: special.softmax(a.m, axis=0), lambda a: np.exp(a.m) / np.exp(a.m).sum(0)),
    "log_softmax": (
        lambda a: special.log_softmax(a.m),
        lambda a: a.m - np.log(np.exp(a.m).sum(-1, keepdims=True)),
    ),
    "diagonal": (lambda a: special.diagonal(a.m), lambda a: np.diagonal(a.m)),
    "diagonal, last axes": (lambda a: special.diagonal(a.x), lambda a: np.diagonal(a.x, axis1=-2, axis2=-1)),
    "xlogy": (lambda a: special.xlogy(a.m, a.m * a.m), lambda a: a.m * np.log(a.m * a.m)),
    "xlogy, zero": (lambda a: special.xlogy(a.m - a.m, a.m - a.m), lambda a: np.zeros_like(a.m)),
    "xlogy, a number": (lambda a: special.xlogy(0.5, a.m * a.m), lambda a: 0.5 * np.log(a.m * a.m)),
    "conv2d": (lambda a: special.conv2d(a.x, a.w), lambda a: direct_convolution(a.x, a.w)),
    "max_pool2d": (lambda a: special.max_pool2d(a.x, 2), lambda a: windows(a.x).max((-2, -1))),
    "avg_pool2d": (lambda a: special.avg_pool2d(a.x, 2), lambda a: windows(a.x).mean((-2, -1))),
}


def direct_convolution(x: np.ndarray, w: np.ndarray) -> np.ndarray:
    """The definition of `conv2d`, as a loop over output positions."""
    rows, columns = x.shape[2] - w.shape[2] + 1, x.shape[3] - w.shape[3] + 1
    output = np.zeros((x.shape[0], w.shape[0], rows, columns))
    for i in range(rows):
        for j in range(columns):
            patch = x[:, :, i : i + w.shape[2], j : j + w.shape[3]]
            output[:, :, i, j] = np.einsum("nckl,ockl->no", patch, w)
    return output


def windows(x: np.ndarray) -> np.ndarray:
    """The 2 × 2 windows of x (N, C, H, W): shape (N, C, H//2, W//2, 2, 2)."""
    rows, columns = x.shape[2] // 2, x.shape[3] // 2
    found = [[x[:, :, 2 * i : 2 * i + 2, 2 * j : 2 * j + 2] for j in range(columns)] for i in range(rows)]
    return np.moveaxis(np.array(found), (0, 1), (2, 3))


def to_framework(framework: str, array: np.ndarray) -> Any:
    """A NumPy array as a framework's own."""
    if framework == "numpy":
        return array
    if framework == "symbols":
        return SymbolArray(entries(array))
    return pytest.importorskip("torch" if framework == "torch" else "jax.numpy").asarray(array)


def to_numpy(answer: Any) -> np.ndarray:
    """A framework's answer as NumPy's; SymPy's numbers in float32."""
    if not isinstance(answer, SymbolArray):
        return np.asarray(answer)
    balls = compiled(tuple(answer.values.flat)).evaluate({})
    return np.reshape([float(ball) for ball in balls], answer.shape).astype("float32")


@pytest.mark.parametrize("framework", FRAMEWORKS)
@pytest.mark.parametrize("name", SCALAR)
def test_scalar_functions_follow_their_definition(name: str, framework: str) -> None:
    """A scalar function gives its definition's value in float32, and keeps the dtype."""
    definition, numbers = SCALAR[name]
    x = np.asarray(numbers, "float32")
    answer = to_numpy(getattr(special, name)(to_framework(framework, x)))
    assert answer.dtype == np.float32
    np.testing.assert_allclose(answer, [definition(float(number)) for number in x], rtol=3e-5, atol=1e-6)


@pytest.mark.parametrize("framework", ["numpy", "torch"])
@pytest.mark.parametrize("name", SCALAR)
def test_scalar_functions_keep_float64(name: str, framework: str) -> None:
    """In float64 the value is right to more than float32 could hold (softplus at 30 is not 30)."""
    definition, numbers = SCALAR[name]
    answer = np.asarray(getattr(special, name)(to_framework(framework, np.asarray(numbers))))
    rtol = 1e-8 if name == "digamma" else 1e-13
    np.testing.assert_allclose(answer, [definition(number) for number in numbers], rtol=rtol, atol=0)


@pytest.mark.parametrize("name", SCALAR)
def test_numpy_takes_the_complex_step(name: str) -> None:
    """f(x + ih) has the imaginary part h·f′(x) for a tiny h, so that finite differences can use it."""
    definition, numbers = SCALAR[name]
    x = np.asarray([number for number in numbers if abs(number) > 1e-3 and number < 30])
    tiny = 1e-200
    complex_step = getattr(special, name)(x + 1j * tiny).imag / tiny
    wide = 1e-6
    central = [(definition(number + wide) - definition(number - wide)) / (2 * wide) for number in x]
    tolerance = 1e-2 if name == "digamma" else 1e-6
    np.testing.assert_allclose(complex_step, central, rtol=tolerance, atol=1e-8)


@pytest.mark.parametrize("framework", FRAMEWORKS)
@pytest.mark.parametrize("call", ARRAY)
def test_array_functions_follow_their_definition(call: str, framework: str) -> None:
    """A function along axes, or of images, gives its definition's value in every framework."""
    random = np.random.default_rng(0)
    double = {
        "x": random.normal(size=(1, 2, 5, 4)),
        "w": random.normal(size=(3, 2, 2, 3)),
        "m": random.normal(size=(3, 4)),
    }
    single = {name: to_framework(framework, array.astype("float32")) for name, array in double.items()}
    function, definition = ARRAY[call]
    answer = to_numpy(function(SimpleNamespace(**single)))
    expected = definition(SimpleNamespace(**double))
    assert answer.dtype == np.float32
    assert answer.shape == expected.shape
    np.testing.assert_allclose(answer, expected, rtol=1e-4, atol=1e-5)


def test_every_function_has_a_row_and_every_row_a_function() -> None:
    """The public functions and the table of spellings name the same functions."""
    functions = [item for item in vars(special).values() if inspect.isfunction(item)]
    own = {function.__name__ for function in functions if function.__module__ == special.__name__}
    assert {name for name in own if not name.startswith("_")} == set(TABLE)


@pytest.mark.parametrize("name", TABLE)
def test_every_function_is_tested(name: str) -> None:
    """No row of the table is without a definition in this file, and each has a docstring."""
    assert name in SCALAR or name in ARRAY
    assert getattr(special, name).__doc__


def test_own_arrays_are_answered_by_their_namespace() -> None:
    """An array of diffcheck's own gets the function of its own namespace, with its options."""

    class Own:
        def __array_namespace__(self) -> SimpleNamespace:
            return SimpleNamespace(is_diffcheck=True, softmax=lambda _, axis: ("own", axis))

    assert special.softmax(Own(), axis=0) == ("own", 0)


def test_an_unknown_framework_is_named() -> None:
    """A namespace without spellings raises an error that names it and says what to do."""
    with pytest.raises(NotImplementedError, match=r"special\.erf has no spelling for strange"):
        spelling("erf", ModuleType("strange"))


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # torch's own, when torch.func is first used
def test_torch_stop_gradient_stops_both_modes() -> None:
    """d(stop(x)·x) is stop(x), in reverse and in forward mode."""
    torch = pytest.importorskip("torch")
    x = torch.tensor([2.0, 3.0], requires_grad=True)
    (special.stop_gradient(x) * x).sum().backward()
    assert x.grad.tolist() == [2.0, 3.0]
    _, tangent = torch.func.jvp(lambda x: special.stop_gradient(x) * x, (x.detach(),), (torch.ones(2),))
    assert tangent.tolist() == [2.0, 3.0]


def test_jax_stop_gradient_and_pooling_differentiate() -> None:
    """The jax spellings differentiate: d(stop(x)·x), and one winner per window."""
    jax = pytest.importorskip("jax")
    gradient = jax.grad(lambda x: (special.stop_gradient(x) * x).sum())(jax.numpy.asarray([2.0, 3.0]))
    assert gradient.tolist() == [2.0, 3.0]
    image = jax.numpy.arange(16.0).reshape(1, 1, 4, 4)
    pooled = jax.grad(lambda x: special.max_pool2d(x, 2).sum())(image)
    assert pooled.sum() == 4.0


@given(st.floats(-700, 700))
@settings(max_examples=50, deadline=None)
def test_log_expit_and_softplus_are_mirror_images(x: float) -> None:
    """log_expit(x) = −softplus(−x) for every x."""
    array = np.asarray([x])
    np.testing.assert_allclose(special.log_expit(array), -special.softplus(-array), rtol=1e-15)
