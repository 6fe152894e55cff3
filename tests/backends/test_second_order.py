"""Second derivatives: every backend that has them, every way there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch.autograd.function import once_differentiable

from diffcheck import array_namespace
from diffcheck.backends import BACKENDS
from diffcheck.backends.base import SECOND_ORDER, Task, Unsupported
from diffcheck.special import stop_gradient

MakeTask = Callable[..., Task]
Function = Callable[..., Any]

METHODS = [
    *[("torch", mode, "") for mode in SECOND_ORDER],
    *[("jax", mode, transform) for mode in SECOND_ORDER for transform in ("", "jit")],
    ("sympy", "RF", ""),
]

# x → x·v and y → y·v are weighed by c; H·v and vᵀHv are those of the weighed sum, and of each output.
POINT = {"x": [1.0, 2.0], "y": 3.0, "cotangent": [1.0, -0.5], "tangents": {"x": [2.0, 1.0], "y": -1.0}}


def cubic(x: Any, y: Any) -> Any:
    """z = x³·y"""
    return x**3 * y


@pytest.mark.parametrize(("backend", "mode", "transform"), METHODS)
def test_the_second_derivative_is_taken_along_the_tangent(
    make_task: MakeTask, backend: str, mode: str, transform: str
) -> None:
    """H·v where the cotangent is pulled back, else vᵀHv of each output: 6xy·v² + 2·3x²·v·w."""
    found = BACKENDS[backend].differentiate(make_task(cubic, mode=mode, transform=transform, **POINT))
    answers = {name: np.asarray(entry, float).tolist() for name, entry in found.entries.items()}
    assert found.value is not None
    assert found.value.tolist() == [3.0, 24.0]
    if mode == "FF":
        assert answers == {"output": [72.0 - 12.0, 36.0 - 24.0]}
    else:
        assert answers == {"x": [36.0 - 3.0, -18.0 + 6.0], "y": 6.0 - 6.0}


@pytest.mark.parametrize("mode", SECOND_ORDER)
@pytest.mark.parametrize("backend", ["torch", "jax"])
def test_ones_are_pulled_back_where_no_cotangent_is_given(make_task: MakeTask, backend: str, mode: str) -> None:
    """And pushed forward where no tangent is."""
    found = BACKENDS[backend].differentiate(make_task(lambda x: x**3, mode=mode, dtype="float32", x=[1.0, 2.0]))
    [entry] = found.entries.values()
    assert entry is not None
    assert (entry.tolist(), entry.dtype.name) == ([6.0, 12.0], "float32")


@pytest.mark.parametrize("mode", SECOND_ORDER)
@pytest.mark.parametrize("backend", ["torch", "jax"])
@pytest.mark.parametrize("function", [lambda x: 3 * x, stop_gradient, lambda x: stop_gradient(x) * x])
def test_what_has_no_second_derivative_has_zero_or_none(
    make_task: MakeTask, backend: str, mode: str, function: Function
) -> None:
    """A linear function is no error: torch's double backward has nothing to go through, the others find zero."""
    [entry] = BACKENDS[backend].differentiate(make_task(function, mode=mode, x=[1.0, 2.0])).entries.values()
    assert entry is None or not entry.any()
    assert entry is not None or (backend, mode) == ("torch", "RR")


@pytest.mark.parametrize("mode", SECOND_ORDER)
@pytest.mark.parametrize("backend", ["torch", "jax"])
def test_what_ran_is_lifted(make_task: MakeTask, backend: str, mode: str) -> None:
    """The program has the inputs and the entries of the reference's closed form."""

    def function(x: Any, y: Any) -> Any:
        return array_namespace(x).tanh(x) * y

    found = BACKENDS[backend].differentiate(make_task(function, mode=mode, **POINT))
    assert found.program is not None
    assert set(found.program().outputs) == ({"output"} if mode == "FF" else {"x", "y"})


# --- refusals -------------------------------------------------------------------------------------


class Once(torch.autograd.Function):
    """x³, whose backward pass says that it must not be differentiated again."""

    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        ctx.save_for_backward(x)
        return x**3

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, cotangent: Any) -> Any:
        (x,) = ctx.saved_tensors
        return 3 * x * x * cotangent


@pytest.mark.parametrize("mode", SECOND_ORDER)
@pytest.mark.parametrize("function", [Once.apply, lambda x: Once.apply(x) ** 2, lambda x: Once.apply(x) * x])
def test_torch_refuses_what_is_differentiable_once(make_task: MakeTask, function: Function, mode: str) -> None:
    """A refusal, no failure: the author says so, though `torch.autograd.grad` leaves out his part in silence."""
    with pytest.raises(Unsupported):
        BACKENDS["torch"].differentiate(make_task(function, mode=mode, x=2.0))


@pytest.mark.parametrize(("mode", "refused"), [("RR", False), ("FR", False), ("RF", True), ("FF", True)])
def test_jax_refuses_to_go_forward_through_a_pullback_of_its_own(make_task: MakeTask, mode: str, refused: bool) -> None:
    """`jax.custom_vjp` has no forward mode; reverse over reverse and forward over reverse go through its rule."""
    import jax

    cube = jax.custom_vjp(lambda x: x**3)
    cube.defvjp(lambda x: (x**3, x), lambda x, cotangent: (3 * x * x * cotangent,))
    task = make_task(cube, mode=mode, x=2.0)
    if refused:
        with pytest.raises(Unsupported):
            BACKENDS["jax"].differentiate(task)
    else:
        assert BACKENDS["jax"].differentiate(task).entries["x"] == 12.0


def test_jax_refuses_to_differentiate_what_runs_on_the_host(make_task: MakeTask) -> None:
    """A rule that calls NumPy is differentiable once."""
    import jax

    def host(x: Any) -> Any:
        return jax.pure_callback(lambda number: 3 * number * number, jax.ShapeDtypeStruct(x.shape, x.dtype), x)

    cube = jax.custom_vjp(lambda x: x**3)
    cube.defvjp(lambda x: (x**3, x), lambda x, cotangent: (host(x) * cotangent,))
    assert BACKENDS["jax"].differentiate(make_task(cube, x=2.0)).entries["x"] == 12.0
    with pytest.raises(Unsupported, match="do not support JVP"):
        BACKENDS["jax"].differentiate(make_task(cube, mode="RR", x=2.0))


def test_sympy_refuses_a_kink(make_task: MakeTask) -> None:
    """Exactly there its derivative is not defined; beside it it is."""

    def square(x: Any) -> Any:
        return x * array_namespace(x).abs(x)

    with pytest.raises(Unsupported, match="kink"):
        BACKENDS["sympy"].differentiate(make_task(square, mode="RF", x=0.0))
    assert BACKENDS["sympy"].differentiate(make_task(square, mode="RF", x=-1.0)).entries["x"] == -2
