"""torch: reverse mode through `torch.autograd.grad`, forward mode through `torch.func.jvp`, and both of both."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache, partial
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import numpy as np

from diffcheck.backends.base import (
    FORWARD,
    PLAIN,
    REVERSE,
    SECOND_ORDER,
    SPELLING,
    Capabilities,
    Derivative,
    Task,
    Unsupported,
    check_output,
    first_line,
    function_of,
    plain_and_spelling,
)
from diffcheck.case import Case
from diffcheck.dtype import DTYPES, limits
from diffcheck.lift.aten import torch_program
from diffcheck.lift.program import Program
from diffcheck.lift.torch_orders import entries_of_order
from diffcheck.point import Point

if TYPE_CHECKING:
    import torch

Function = Callable[..., Any]

# Numbers of bfloat16 cross over as float32, which holds them all: torch takes NumPy's other dtypes as they are.
BFLOAT16 = "bfloat16"

# How torch words its refusals of a mode or of a dtype. Other exceptions are the function's own.
_REFUSALS = (
    "forward AD",
    "forward mode AD",
    "setup_context",
    "derivative for",
    "not implemented for '",
    "Low precision dtypes not supported",
    "once_differentiable",
    "would mutate a captured Tensor",
)


class TorchBackend:
    """PyTorch on the CPU, in a state of its own: the caller's switches are as they were afterwards."""

    name = "torch"
    capabilities = Capabilities(
        modes=(REVERSE, FORWARD, *SECOND_ORDER),
        transforms=(PLAIN, SPELLING),
        dtypes=DTYPES,
        requires="torch",
        one_line="PyTorch: torch.autograd.grad and torch.func.jvp, once and twice",
    )

    def version(self) -> str:
        """The installed version of torch."""
        return version("torch")

    def transforms(self, case: Case) -> tuple[str, ...]:
        """The mode alone, and torch's own spelling where the case has one."""
        return plain_and_spelling(self, case)

    def differentiate(self, task: Task) -> Derivative:
        """Compute value and derivative in one run of the function.

        Raises:
            Unsupported: torch refuses the mode or the dtype for an operation in the function.
            BadOutput: the function does not return one tensor of the dtype under test.
        """
        function = function_of(self, task)
        program = _FIRST_ORDER[task.mode] if task.mode in _FIRST_ORDER else partial(_of_order, task.mode)
        with _own_state(task.point.dtype) as settings:
            try:
                value, entries = program(function, task.point, task.wrt)
            except (NotImplementedError, RuntimeError) as error:
                if any(refusal in str(error) for refusal in _REFUSALS):
                    raise Unsupported(first_line(error)) from error
                raise

        def lifted() -> Program:
            with _own_state(task.point.dtype):
                return torch_program(function, task.point, task.wrt, task.mode)

        return Derivative(_numpy(value), entries, settings=settings, program=lifted, framework=self.name)


def _reverse(function: Function, point: Point, wrt: tuple[str, ...]) -> tuple[torch.Tensor, dict[str, Any]]:
    import torch

    arguments = _tensors(point.arguments)
    inputs = [arguments[name].requires_grad_() for name in wrt]
    value = function(**arguments)
    check_output(value, torch.Tensor, point.dtype, point.cotangent)
    if not value.requires_grad:
        return value, dict.fromkeys(wrt)
    cotangent = _tensor(point.cotangent_for(tuple(value.shape)))
    gradients = torch.autograd.grad(value, inputs, cotangent, allow_unused=True)
    return value, {name: _numpy(gradient) for name, gradient in zip(wrt, gradients, strict=True)}


def _forward(function: Function, point: Point, wrt: tuple[str, ...]) -> tuple[torch.Tensor, dict[str, Any]]:
    import torch

    arguments = _tensors(point.arguments)

    def of_inputs(*inputs: torch.Tensor) -> Any:
        output = function(**{**arguments, **dict(zip(wrt, inputs, strict=True))})
        check_output(output, torch.Tensor, point.dtype)
        return output

    primals = tuple(arguments[name] for name in wrt)
    tangents = tuple(_tensor(point.tangent_for(name)) for name in wrt)
    _load_forward_rules()
    value, tangent = torch.func.jvp(of_inputs, primals, tangents)  # type: ignore[misc]  # three only with has_aux
    return value, {"output": _numpy(tangent)}


def _of_order(mode: str, function: Function, point: Point, wrt: tuple[str, ...]) -> tuple[torch.Tensor, dict[str, Any]]:
    import torch

    arguments = _tensors(point.arguments)

    def of_inputs(*inputs: torch.Tensor) -> Any:
        return function(**{**arguments, **dict(zip(wrt, inputs, strict=True))})

    inputs = [arguments[name] for name in wrt]
    value = of_inputs(*inputs)
    check_output(value, torch.Tensor, point.dtype, point.cotangent)
    cotangent = None if point.cotangent is None else _tensor(point.cotangent)
    _load_forward_rules()
    found = entries_of_order(of_inputs, inputs, mode, cotangent, [_tensor(point.tangent_for(name)) for name in wrt])
    return value, dict(zip(wrt if REVERSE in mode else ("output",), map(_numpy, found), strict=True))


_FIRST_ORDER: Mapping[str, Function] = {REVERSE: _reverse, FORWARD: _forward}


@cache
def _load_forward_rules() -> None:
    """Let torch load its forward rules, once: in 2.13 it warns about a deprecated call of its own there."""
    import torch

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        torch.func.jvp(torch.sin, (torch.zeros(()),), (torch.zeros(()),))


@contextmanager
def _own_state(dtype: np.dtype) -> Iterator[Mapping[str, str]]:
    """Gradients on, products of matrices unrounded, the dtype under test for new tensors.

    The precision is set where it acts on the CPU, not by `torch.set_float32_matmul_precision`:
    that one cannot be restored once a user has set a backend's own.

    Yields:
        The switches in effect.
    """
    import torch

    mkldnn: Any = torch.backends.mkldnn
    products = (mkldnn.matmul, mkldnn.conv)
    precisions = [product.fp32_precision for product in products]
    default = torch.get_default_dtype()
    generator = torch.get_rng_state()
    try:
        for product in products:
            product.fp32_precision = "ieee"
        torch.set_default_dtype(getattr(torch, dtype.name))
        with torch.inference_mode(False), torch.enable_grad():
            yield {
                "matmul_precision": products[0].fp32_precision,
                "threads": str(torch.get_num_threads()),
                "subnormals": _subnormals(dtype),
            }
    finally:
        for product, precision in zip(products, precisions, strict=True):
            product.fp32_precision = precision
        torch.set_default_dtype(default)
        torch.set_rng_state(generator)


def _subnormals(dtype: np.dtype) -> str:
    """Whether torch keeps subnormal numbers, measured: `torch.set_flush_denormal` has no getter."""
    return "kept" if _smallest_normal(dtype.name) * 0.5 > 0 else "flushed"


@cache
def _smallest_normal(dtype: str) -> torch.Tensor:
    return _tensor(np.array(limits(dtype).smallest_normal, dtype))


def _tensors(arrays: Mapping[str, np.ndarray]) -> dict[str, torch.Tensor]:
    return {name: _tensor(array) for name, array in arrays.items()}


def _tensor(array: np.ndarray) -> torch.Tensor:
    """A tensor with memory of its own, so that a function that writes to it changes no point."""
    import torch

    if array.dtype.name == BFLOAT16:
        return torch.from_numpy(array.astype(np.float32)).to(torch.bfloat16)
    return torch.from_numpy(np.array(array, order="C"))


def _numpy(tensor: torch.Tensor | None) -> np.ndarray | None:
    """A copy: torch's gradient of a sum is one number seen many times."""
    import torch

    if tensor is None:
        return None
    if tensor.dtype == torch.bfloat16:
        return tensor.float().numpy(force=True).astype(BFLOAT16)
    return np.array(tensor.numpy(force=True))
