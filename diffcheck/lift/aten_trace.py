"""Recording the ATen operations that torch runs for a derivative, with `make_fx`.

The recorder stands below automatic differentiation, so what it sees are the kernels' own names:
`tanh_backward`, not the formula that somebody has for it.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from functools import cache, partial
from typing import TYPE_CHECKING, Any

import numpy as np

from diffcheck.dtype import is_floating
from diffcheck.expression.nodes import Shape, StaticIndex
from diffcheck.lift.aten_rules import is_covered
from diffcheck.lift.program import NotLifted
from diffcheck.lift.torch_orders import entries_of_order

if TYPE_CHECKING:
    from torch import Tensor
    from torch.fx import GraphModule
    from torch.fx import Node as Step

    from diffcheck.lift.asked import Asked

PRIMAL = ""

Operation = Callable[..., Any]


@dataclass(frozen=True)
class Recipe:
    """What torch is asked to run.

    Attributes:
        function: tensors in, by name, one tensor out.
        arguments: their names, in the order in which the tensors come.
        wrt: the arguments to differentiate with respect to.
        mode: R, F, a longer word over both, or none: the function alone.
        unit_cotangent: whether ones are pulled back: then the cotangent is not among the tensors.
        dtype: the dtype under test.
    """

    function: Callable[..., Any]
    arguments: tuple[str, ...]
    wrt: tuple[str, ...]
    mode: str
    dtype: str
    unit_cotangent: bool = True

    def run(self, *tensors: Tensor) -> tuple[Any, ...]:
        """The function's value, then the entries, as the torch backend computes them."""
        arguments = dict(zip(self.arguments, tensors, strict=False))
        rest = tensors[len(arguments) :]
        if self.mode == PRIMAL:
            return (self.function(**arguments),)
        if len(self.mode) > 1:
            return self._of_order(arguments, rest)
        return self._forward(arguments, rest) if self.mode == "F" else self._reverse(arguments, rest)

    def _of_order(self, arguments: dict[str, Tensor], given: Sequence[Tensor]) -> tuple[Any, ...]:
        cotangent, tangents = (None, given) if self.unit_cotangent else (given[0], given[1:])

        def of_inputs(*inputs: Tensor) -> Any:
            return self.function(**{**arguments, **dict(zip(self.wrt, inputs, strict=True))})

        inputs = [arguments[name] for name in self.wrt]
        return (of_inputs(*inputs), *entries_of_order(of_inputs, inputs, self.mode, cotangent, tangents))

    def _reverse(self, arguments: dict[str, Tensor], given: Sequence[Tensor]) -> tuple[Any, ...]:
        import torch

        inputs = [arguments[name].requires_grad_() for name in self.wrt]
        value = self.function(**arguments)
        if not value.requires_grad:
            return (value, *[None for _ in inputs])
        cotangent = given[0] if given else torch.ones_like(value)
        return (value, *torch.autograd.grad(value, inputs, cotangent, allow_unused=True))

    def _forward(self, arguments: dict[str, Tensor], tangents: Sequence[Tensor]) -> tuple[Any, ...]:
        import torch

        def of_inputs(*inputs: Tensor) -> Any:
            return self.function(**{**arguments, **dict(zip(self.wrt, inputs, strict=True))})

        primals = tuple(arguments[name] for name in self.wrt)
        value, tangent = torch.func.jvp(of_inputs, primals, tuple(tangents))  # type: ignore[misc]  # three only with has_aux
        return (value, tangent)


@dataclass(frozen=True)
class Slot:
    """An input of a recorded program: what is known of it at every point."""

    name: str
    shape: Shape
    dtype: str
    integers: StaticIndex | None

    @classmethod
    def of(cls, name: str, array: np.ndarray) -> Slot:
        """The slot for an array; integers and truth values are known, numbers are not."""
        integers = None if is_floating(array.dtype) else StaticIndex(array)
        return cls(name, array.shape, array.dtype.name, integers)

    def example(self) -> np.ndarray:
        """An array that fits."""
        return np.zeros(self.shape, self.dtype) if self.integers is None else self.known()

    def known(self) -> np.ndarray:
        """The integers."""
        assert self.integers is not None
        return self.integers.positions.astype(self.dtype)


class DependsOnData(NotLifted):
    """A program that is not the same at every point."""


class HoldsTensors(DependsOnData):
    """A program that takes the same steps at every point, with tensors of its own that may change."""


def trace(recipe: Recipe, arrays: Sequence[np.ndarray], *, at_point: bool, asked: Asked | None = None) -> GraphModule:
    """Record what torch runs: no operation writes in place, and each has a rule where there is one.

    Args:
        recipe: what it is asked to run.
        arrays: the inputs.
        at_point: the numbers count, and the graph is that of their branches. Without, only
            shapes and integers do.
        asked: at a point: answers what the function asks of its numbers, all of which is kept in the graph.

    Raises:
        NotLifted: the recipe does not run, or takes a number out of a tensor.
        DependsOnData: without a point, it does not run.
        HoldsTensors: without a point, it holds tensors that may change.
    """
    import torch

    def run(*tensors: Tensor) -> tuple[Any, ...]:
        with nullcontext() if asked is None else asked:
            return recipe.run(*tensors)

    tensors = [tensor_of(array) for array in arrays]
    record = partial(_recorded, tensors=tensors, at_point=at_point)
    clean = _without_dead_code if asked is None else _with_conditions
    with state(recipe.dtype), _made_of_operations():
        try:
            graph = record(run)
            _refuse_numbers_read(graph)
            if any(operation._schema.is_mutable for operation in operations(graph)):  # noqa: SLF001  # torch shows it nowhere else
                graph = record(torch.func.functionalize(graph, remove="mutations"))
            clean(graph)
            if table := _decompositions(graph):
                graph = record(graph, table=table)
                clean(graph)
        except NotLifted:
            raise
        except Exception as error:
            lines = str(error).strip().splitlines() or [type(error).__name__]
            raise (NotLifted if at_point else DependsOnData)(f"torch cannot be traced here: {lines[0]}") from error
    if not at_point and _has_unknown_sizes(graph):
        raise DependsOnData("the size of a tensor depends on the data")
    if not at_point and _brings_tensors_along(graph):
        raise HoldsTensors("the function holds tensors of its own")
    return graph


def _without_dead_code(graph: GraphModule) -> None:
    graph.graph.eliminate_dead_code()


def _with_conditions(graph: GraphModule) -> None:
    """Without what nothing needs, but with what is asked for a branch."""
    graph.graph.eliminate_dead_code(lambda step: step.is_impure() or is_condition(step))


def takes_out(step: Step) -> bool:
    """Whether a step takes a number, or a truth value, out of a tensor."""
    return "_local_scalar_dense" in str(step.target)


def is_condition(step: Step) -> bool:
    """Whether a step takes a truth value out of a tensor."""
    return takes_out(step) and str(step.args[0].meta["val"].dtype) == "torch.bool"  # type: ignore[union-attr]  # a step


def tensor_of(array: np.ndarray) -> Tensor:
    """Numbers of bfloat16 cross over as float32, which holds them all."""
    import torch

    if array.dtype.name == "bfloat16":
        return torch.from_numpy(array.astype(np.float32)).to(torch.bfloat16)
    return torch.from_numpy(np.array(array, order="C"))


def operations(graph: GraphModule) -> list[Any]:
    """The ATen operations of a graph."""
    from torch._ops import OpOverload

    return [node.target for node in graph.graph.nodes if isinstance(node.target, OpOverload)]


def _has_unknown_sizes(graph: GraphModule) -> bool:
    """Whether a tensor has a size that only the data tell."""
    shapes = [getattr(node.meta.get("val"), "shape", ()) for node in graph.graph.nodes]
    return any(not isinstance(size, int) for shape in shapes for size in shape)


def _brings_tensors_along(graph: GraphModule) -> bool:
    """Whether the function holds tensors of its own (a module's weights), which may change."""
    held = [node for node in graph.graph.nodes if node.op == "get_attr"]
    return any("lift_fresh" not in str(user.target) for node in held for user in node.users)


def _recorded(
    function: Callable[..., Any],
    *,
    tensors: Sequence[Tensor],
    at_point: bool,
    table: dict[Any, Operation] | None = None,
) -> GraphModule:
    from torch.fx.experimental.proxy_tensor import make_fx

    recorder = make_fx(
        function,
        decomposition_table=table,
        tracing_mode="real" if at_point else "fake",
        _allow_non_fake_inputs=True,
        _error_on_data_dependent_ops=not at_point,
    )
    return recorder(*[tensor.clone() for tensor in tensors])


def _decompositions(graph: GraphModule) -> dict[Any, Operation]:
    """torch's own definitions of the operations that have no rule."""
    missing = any(operation in _definitions() for operation in operations(graph))
    return _definitions() if missing else {}


@cache
def _definitions() -> dict[Any, Operation]:
    """torch's definitions of operations without a rule, by those of its core where there is a choice."""
    import torch
    from torch._decomp import core_aten_decompositions, decomposition_table
    from torch._ops import OpOverload

    defined = {**decomposition_table, **core_aten_decompositions()}
    return {
        operation: definition
        for operation, definition in defined.items()
        if isinstance(operation, OpOverload)
        and not is_covered(operation)
        and torch.Tag.nondeterministic_seeded not in operation.tags
    }


def _refuse_numbers_read(graph: GraphModule) -> None:
    """A truth value or an index that the function reads is a decision; a number would lose its history.

    Raises:
        NotLifted: the function reads a number.
    """
    for node in graph.graph.nodes:
        if takes_out(node) and node.args[0].meta["val"].dtype.is_floating_point:
            raise NotLifted("the function takes a number out of a tensor, as float() and .item() do")


@contextmanager
def _made_of_operations() -> Iterator[None]:
    """No kernel is a whole layer: neither an LSTM, as oneDNN has one, nor attention, of which there are several."""
    import torch
    from torch.nn.attention import SDPBackend, sdpa_kernel

    with torch.backends.mkldnn.flags(enabled=False), sdpa_kernel(SDPBackend.MATH):
        yield


# What torch says about every tensor that it traces: pytest shows it all under a test that fails.
_TALK = ("torch._subclasses.fake_tensor", "torch.__trace")


@contextmanager
def state(dtype: str) -> Iterator[None]:
    """Gradients on, the dtype under test for new tensors, torch's talk about itself unheard."""
    import torch

    talk = [logging.getLogger(name) for name in _TALK]
    were_disabled = [logger.disabled for logger in talk]
    default = torch.get_default_dtype()
    generator = torch.get_rng_state()
    try:
        for logger in talk:
            logger.disabled = True
        torch.set_default_dtype(getattr(torch, dtype))
        with warnings.catch_warnings(), torch.inference_mode(False), torch.enable_grad():
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger, was_disabled in zip(talk, were_disabled, strict=True):
            logger.disabled = was_disabled
        torch.set_default_dtype(default)
        torch.set_rng_state(generator)
