"""torch: right derivatives, refusals that are told from errors, and a caller's state left alone."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from diffcheck import array_namespace
from diffcheck.backends.base import BadOutput, Derivative, Task, Unsupported
from diffcheck.backends.torch import TorchBackend
from diffcheck.dtype import LOW
from diffcheck.special import stop_gradient
from tests.numbers import finite_numbers

MakeTask = Callable[..., Task]

BACKEND = TorchBackend()


def bilinear(x: Any, w: Any) -> Any:
    """y = Wx"""
    xp = array_namespace(x)
    return xp.matmul(w, x)


def squared(x: Any) -> Any:
    """y = x²"""
    return x * x


def picked(x: Any, index: Any) -> Any:
    """y = x[index]²"""
    return x[index] ** 2


def doubled_until_large(x: Any) -> Any:
    """y = 2ᵏx, with the k at which the norm passes 1000"""
    xp = array_namespace(x)
    y = 2 * x
    while xp.linalg.vector_norm(y) < 1000:
        y = 2 * y
    return y


def entries_of(derivative: Derivative) -> dict[str, Any]:
    """The entries as lists, to be compared exactly."""
    return {name: None if entry is None else entry.tolist() for name, entry in derivative.entries.items()}


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_reverse_pulls_the_cotangent_back(make_task: MakeTask, dtype: str) -> None:
    """For y = Wx: the gradients are Wᵀc and c xᵀ, of the arguments' shapes and the dtype under test."""
    task = make_task(bilinear, dtype=dtype, x=[1.0, 2.0], w=[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], cotangent=[1, 0.5, 0])
    derivative = BACKEND.differentiate(task)
    assert derivative.value is not None
    assert derivative.value.tolist() == [5.0, 11.0, 17.0]
    assert entries_of(derivative) == {"x": [2.5, 4.0], "w": [[1.0, 2.0], [0.5, 1.0], [0.0, 0.0]]}
    assert {entry.dtype.name for entry in derivative.entries.values() if entry is not None} == {dtype}
    assert derivative.value.dtype.name == dtype
    assert derivative.bound is None


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_forward_pushes_the_tangents_forward(make_task: MakeTask, dtype: str) -> None:
    """For y = Wx the tangent is Wẋ + Ẇx, and an argument without a tangent moves along ones."""
    task = make_task(bilinear, mode="F", dtype=dtype, x=[1.0, 2.0], w=[[1.0, 2.0]], tangents={"x": [1.0, 0.0]})
    derivative = BACKEND.differentiate(task)
    assert entries_of(derivative) == {"output": [4.0]}
    assert derivative.entries["output"] is not None
    assert derivative.entries["output"].dtype.name == dtype


@pytest.mark.parametrize("mode", ["R", "F"])
def test_a_scalar_is_differentiated_as_a_scalar(make_task: MakeTask, mode: str) -> None:
    """An argument of shape () has a derivative of shape ()."""
    (entry,) = BACKEND.differentiate(make_task(squared, mode=mode, x=3.0)).entries.values()
    assert entry is not None
    assert entry.shape == ()
    assert entry == 6.0


def test_only_what_wrt_names_is_differentiated(make_task: MakeTask) -> None:
    """The other arguments are constants: no entry, no tangent."""
    task = make_task(bilinear, wrt=("w",), x=[1.0, 2.0], w=[[1.0, 2.0]])
    assert entries_of(BACKEND.differentiate(task)) == {"w": [[1.0, 2.0]]}
    assert entries_of(BACKEND.differentiate(replace(task, mode="F"))) == {"output": [3.0]}


@pytest.mark.parametrize("mode", ["R", "F"])
def test_integers_are_constants_and_int64(make_task: MakeTask, mode: str) -> None:
    """An integer argument arrives as an int64 tensor and can index."""
    seen = []

    def watched(x: Any, index: Any) -> Any:
        seen.append(index.dtype)
        return picked(x, index)

    derivative = BACKEND.differentiate(make_task(watched, mode=mode, x=[1.0, 2.0, 3.0], index=[2, 0]))
    assert entries_of(derivative) == ({"x": [2.0, 0.0, 6.0]} if mode == "R" else {"output": [6.0, 2.0]})
    assert seen == [torch.int64]


@pytest.mark.parametrize("mode", ["R", "F"])
def test_control_flow_may_depend_on_the_data(make_task: MakeTask, mode: str) -> None:
    """The doubling loop of T3: [0.1, 1, 0] is doubled ten times."""
    (entry,) = BACKEND.differentiate(make_task(doubled_until_large, mode=mode, x=[0.1, 1.0, 0.0])).entries.values()
    assert entry is not None
    assert entry.tolist() == [1024.0, 1024.0, 1024.0]


def test_a_gradient_that_does_not_arrive_is_none(make_task: MakeTask) -> None:
    """An argument that is cut off or unused has no gradient, and that is not a gradient of zeros."""

    def cut(x: Any, y: Any, z: Any) -> Any:
        return stop_gradient(x) * y

    derivative = BACKEND.differentiate(make_task(cut, x=2.0, y=3.0, z=4.0))
    assert entries_of(derivative) == {"x": None, "y": 2.0, "z": None}


def test_no_gradient_arrives_where_the_output_is_a_constant(make_task: MakeTask) -> None:
    """torch raises for an output without a graph; here it is a gradient that does not arrive."""
    assert entries_of(BACKEND.differentiate(make_task(stop_gradient, x=2.0))) == {"x": None}


def test_the_spelling_is_run_where_it_is_asked_for(make_task: MakeTask) -> None:
    """The spelling is judged in place of the case's function."""
    task = make_task(squared, transform="spelling", x=3.0)
    task.case.spelling("torch")(lambda x: torch.pow(x, 3))
    assert BACKEND.transforms(task.case) == ("", "spelling")
    assert entries_of(BACKEND.differentiate(task)) == {"x": 27.0}


def integer_output(x: Any) -> Any:
    """Returns int64."""
    return torch.argmax(x)


def two_outputs(x: Any) -> Any:
    """Returns two tensors."""
    return x, x


def a_number(x: Any) -> Any:
    """Returns a Python float."""
    return 3.0


def an_array(x: Any) -> Any:
    """Returns a NumPy array."""
    return np.ones(3)


def too_long(x: Any) -> Any:
    """Returns more than the cotangent has."""
    return torch.concat([x, x])


def widened(x: Any) -> Any:
    """Returns float64 whatever it is given."""
    return x.to(torch.float64)


@pytest.mark.parametrize("mode", ["R", "F"])
@pytest.mark.parametrize(
    ("function", "message"),
    [
        (integer_output, "returns int64"),
        (two_outputs, "returns 2 outputs"),
        (a_number, "returns a float"),
        (an_array, "returns a ndarray"),
        (widened, "returns float64 where the arguments are float32"),
    ],
)
def test_what_is_not_one_tensor_is_refused(make_task: MakeTask, mode: str, function: Any, message: str) -> None:
    """Neither mode judges integers, several outputs, numbers or another dtype."""
    with pytest.raises(BadOutput, match=message):
        BACKEND.differentiate(make_task(function, mode=mode, dtype="float32", x=[1.0, 2.0]))


def test_a_cotangent_that_does_not_fit_is_refused(make_task: MakeTask) -> None:
    """The output's shape and the cotangent's are both named."""
    with pytest.raises(BadOutput, match=r"shape \(4,\), the cotangent \(2,\)"):
        BACKEND.differentiate(make_task(too_long, x=[1.0, 2.0], cotangent=[1.0, 1.0]))


class WithoutForward(torch.autograd.Function):
    """A custom function of the old style: no setup_context."""

    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        """y = 2x"""
        return 2 * x

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, cotangent: Any) -> Any:
        """Once only."""
        return 2 * cotangent


class WithoutJvp(torch.autograd.Function):
    """A custom function of the new style that has no jvp."""

    @staticmethod
    def forward(x: Any) -> Any:
        """y = 2x"""
        return 2 * x

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
        """Nothing to save."""

    @staticmethod
    def backward(ctx: Any, cotangent: Any) -> Any:
        """2c"""
        return 2 * cotangent


def old_style(x: Any) -> Any:
    """y = 2x"""
    return WithoutForward.apply(x)


def new_style(x: Any) -> Any:
    """y = 2x"""
    return WithoutJvp.apply(x)


def distances(x: Any) -> Any:
    """Pairwise distances, which have no forward rule in torch 2.13."""
    return torch.cdist(x[None], x[None] + 1)


def lower_gamma(x: Any) -> Any:
    """Its derivative by the first argument is not implemented."""
    return torch.special.gammainc(x, torch.ones_like(x))


@pytest.mark.parametrize(
    ("function", "mode", "reason"),
    [
        (old_style, "F", "setup_context"),
        (new_style, "F", "You must implement the jvp function"),
        (distances, "F", "Trying to use forward AD with _cdist_forward"),
        (lower_gamma, "R", "is not implemented"),
    ],
)
def test_a_refusal_of_the_framework_is_unsupported(make_task: MakeTask, function: Any, mode: str, reason: str) -> None:
    """What torch declines to do is not an error of the function, and the reason is one line."""
    with pytest.raises(Unsupported, match=reason) as caught:
        BACKEND.differentiate(make_task(function, mode=mode, x=[1.0, 2.0]))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("function", [old_style, new_style])
def test_a_custom_function_is_differentiated_in_reverse(make_task: MakeTask, function: Any) -> None:
    """That forward mode is refused does not stand in the way of reverse mode."""
    assert entries_of(BACKEND.differentiate(make_task(function, x=[1.0, 2.0]))) == {"x": [2.0, 2.0]}


@pytest.mark.parametrize("mode", ["R", "F"])
def test_an_error_of_the_function_is_its_own(make_task: MakeTask, mode: str) -> None:
    """A function that raises is not a framework that declines."""

    def fails(x: Any) -> Any:
        raise RuntimeError("out of cheese")

    with pytest.raises(RuntimeError, match="out of cheese"):
        BACKEND.differentiate(make_task(fails, mode=mode, x=1.0))


def test_the_point_is_not_written_to(make_task: MakeTask) -> None:
    """A function that works in place on a constant works on a copy; read-only arrays are no obstacle."""

    def in_place(x: Any, w: Any) -> Any:
        return x * w.mul_(2)

    task = make_task(in_place, wrt=("x",), x=[1.0], w=[3.0])
    for array in task.point.arguments.values():
        array.setflags(write=False)
    assert entries_of(BACKEND.differentiate(task)) == {"x": [6.0]}
    assert task.point.arguments["w"].tolist() == [3.0]


def test_the_entries_are_arrays_of_their_own(make_task: MakeTask) -> None:
    """The gradient of a sum is one number seen many times in torch; here every entry can be written."""
    entry = BACKEND.differentiate(make_task(torch.sum, wrt=("input",), input=[1.0, 2.0])).entries["input"]
    assert entry is not None
    entry[0] = 5.0
    assert entry.tolist() == [5.0, 1.0]


def test_new_tensors_have_the_dtype_under_test(make_task: MakeTask) -> None:
    """A constant made without a dtype is not rounded to float32 on its way to float64."""

    def tenth(x: Any) -> Any:
        return x * torch.tensor(0.1)

    assert entries_of(BACKEND.differentiate(make_task(tenth, x=1.0))) == {"x": 0.1}


def state() -> tuple[object, ...]:
    """What a caller could miss."""
    return (
        torch.get_default_dtype(),
        torch.is_grad_enabled(),
        torch.is_inference_mode_enabled(),
        torch.get_num_threads(),
        torch.get_rng_state().tolist(),
        torch.backends.mkldnn.matmul.fp32_precision,  # type: ignore[attr-defined]  # set at run time
        torch.backends.mkldnn.conv.fp32_precision,  # type: ignore[attr-defined]  # set at run time
    )


@contextmanager
def precision(name: str) -> Iterator[None]:
    """What a user may have set for products of matrices on the CPU."""
    matmul: Any = torch.backends.mkldnn.matmul  # type: ignore[attr-defined]  # set at run time
    before = matmul.fp32_precision
    matmul.fp32_precision = name
    try:
        yield
    finally:
        matmul.fp32_precision = before


CALLERS = [torch.no_grad, torch.enable_grad, torch.inference_mode, lambda: precision("bf16"), lambda: precision("tf32")]


@pytest.mark.parametrize("caller", CALLERS)
@pytest.mark.parametrize("mode", ["R", "F"])
def test_the_callers_state_is_as_before(make_task: MakeTask, mode: str, caller: Any) -> None:
    """Whatever the caller has switched, the derivative is right and the switches are as they were."""

    def noisy(x: Any) -> Any:
        return x * x + 0 * torch.rand(())

    with caller():
        before = state()
        (entry,) = BACKEND.differentiate(make_task(noisy, mode=mode, x=3.0)).entries.values()
        assert state() == before
    assert entry is not None
    assert entry == 6.0


def test_the_callers_state_is_as_before_an_exception(make_task: MakeTask) -> None:
    """A function that raises half way leaves no switch behind."""

    def fails(x: Any) -> Any:
        torch.rand(())
        raise ValueError("half way")

    before = state()
    with pytest.raises(ValueError, match="half way"):
        BACKEND.differentiate(make_task(fails, x=3.0, dtype="float64"))
    assert state() == before


def test_the_switches_in_effect_are_recorded(make_task: MakeTask) -> None:
    """Unrounded products, also where the caller has chosen bfloat16; threads; subnormals."""
    with precision("bf16"):
        settings = BACKEND.differentiate(make_task(squared, x=3.0)).settings
    assert settings == {
        "matmul_precision": "ieee",
        "threads": str(torch.get_num_threads()),
        "subnormals": "kept",
    }


def test_flushing_of_subnormals_is_noticed(make_task: MakeTask) -> None:
    """torch has a switch for it without a getter, so it is measured."""
    if not torch.set_flush_denormal(True):
        pytest.skip("this processor cannot flush")
    try:
        settings = BACKEND.differentiate(make_task(squared, x=3.0)).settings
    finally:
        torch.set_flush_denormal(False)
    assert settings["subnormals"] == "flushed"


@pytest.mark.parametrize("dtype", LOW)
@pytest.mark.parametrize("mode", ["R", "F"])
def test_low_precision_crosses_over_bit_by_bit(make_task: MakeTask, mode: str, dtype: str) -> None:
    """Every number of the dtype comes back as itself: value and derivative of x."""
    finite = finite_numbers(dtype)
    derivative = BACKEND.differentiate(make_task(lambda x: x * 1.0, mode=mode, dtype=dtype, x=finite))
    [entry] = derivative.entries.values()
    assert derivative.value is not None
    assert entry is not None
    assert derivative.value.dtype == entry.dtype == dtype
    assert np.array_equal(derivative.value, finite)
    assert (entry == 1).all()


@pytest.mark.parametrize("dtype", LOW)
@pytest.mark.parametrize("function", [torch.linalg.inv, torch.linalg.det, torch.linalg.cholesky])
def test_a_dtype_that_torch_does_not_implement_is_declined(make_task: MakeTask, function: Any, dtype: str) -> None:
    """Nothing factorises in low precision, and torch's own words say so."""

    def applied(x: Any) -> Any:
        return function(x)

    with pytest.raises(Unsupported, match=r"not implemented for|not supported"):
        BACKEND.differentiate(make_task(applied, dtype=dtype, x=np.eye(2)))


def test_the_version_is_known_without_importing_torch() -> None:
    """`diffcheck list backends` costs no import of a framework."""
    program = (
        "import sys; from diffcheck.backends import BACKENDS as b; b['torch'].version(); print('torch' in sys.modules)"
    )
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert answer.stdout == "False\n"
