"""A recorded graph of ATen operations, as nodes: each operation by its rule, in the order that ran.

Values are tracers (arrays of real numbers, or of truth values, that depend on the inputs or came
along as numbers), torch tensors (integers and truth values that are known now), and choices
(integers that depend on the inputs).
"""

from __future__ import annotations

import operator
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from diffcheck.expression import nodes
from diffcheck.expression.elementwise import node_of
from diffcheck.expression.nodes import Node
from diffcheck.expression.trace import Context, Tracer
from diffcheck.lift.aten_choice import Choice
from diffcheck.lift.aten_rules import TAKES_CHOICES, name_of, rule_of
from diffcheck.lift.aten_trace import Slot, is_condition
from diffcheck.lift.program import NotLifted

if TYPE_CHECKING:
    from torch import Tensor
    from torch.fx import GraphModule
    from torch.fx import Node as Step


class NoRule(NotLifted):
    """An operation that has no rule, or none for what it is asked here."""

    def __init__(self, message: str, operation: Any) -> None:
        super().__init__(message)
        self.operation = operation


Held = dict[str, np.ndarray]


@dataclass(frozen=True)
class Lifted:
    """A recorded graph.

    Attributes:
        outputs: what it computes.
        conditions: what was asked for its branches, in their order; `None` for one that cannot be lifted.
    """

    outputs: list[Node | None]
    conditions: list[Node | None]


def lift_graph(graph: GraphModule, slots: Sequence[Slot], dtype: str, held: Held | None = None) -> Lifted:
    """The outputs of a recorded graph, and the conditions in it.

    Args:
        graph: what torch ran.
        slots: its inputs, in order.
        dtype: the dtype under test.
        held: filled with the tensors that the function brings along, which become inputs of these
            names; without, they are constants.

    Raises:
        NoRule: an operation cannot be lifted; the message names it.
    """
    lift = _Lift(graph, slots, dtype, held)
    return Lifted(lift.outputs(), lift.conditions)


class _Lift:
    """One walk over one graph."""

    def __init__(self, graph: GraphModule, slots: Sequence[Slot], dtype: str, held: Held | None) -> None:
        self.graph = graph
        self.held = held
        self.slots = iter(slots)
        self.dtype = dtype
        self.context = Context()
        self.values: dict[Step, Any] = {}
        self.known: dict[Step, Any] = {}  # what torch has where no number of an input is needed for it
        self.conditions: list[Node | None] = []

    def outputs(self) -> list[Node | None]:
        needed = _needed(self.graph)
        for step in self.graph.graph.nodes:
            if step.op == "output":
                return [None if value is None else node_of(value) for value in self._valued(step.args[0])]
            if is_condition(step):
                self.conditions.append(self._condition(step))
            elif step in needed:
                self.values[step] = self._value(step)
            else:
                self._try(step)
        raise AssertionError("a graph has an output")

    def _try(self, step: Step) -> None:
        """What only conditions need is lifted where that is possible."""
        with suppress(NoRule):
            self.values[step] = self._value(step)

    def _condition(self, step: Step) -> Node | None:
        value = self.values.get(step.args[0])  # type: ignore[arg-type]  # a step
        return None if value is None or isinstance(value, Choice) else node_of(value)

    def _value(self, step: Step) -> Any:
        if step.op == "placeholder":
            return self._input(step, next(self.slots))
        if step.op == "get_attr":
            self.known[step] = getattr(self.graph, str(step.target))
            return self._brought_along(self.known[step])
        try:
            self._note_if_known(step)
            if step.target is operator.getitem:
                return self.values[step.args[0]][step.args[1]]  # type: ignore[index]  # a step with several results
            return self._result(step)
        except Exception as reason:
            named = str(reason) if isinstance(reason, NotLifted) else f"{step.target}: {reason}"
            raise NoRule(named, step.target) from reason

    def _input(self, step: Step, slot: Slot) -> Any:
        import torch

        if slot.integers is None:
            return Tracer(nodes.variable(slot.name, slot.shape), self.context)
        self.known[step] = torch.from_numpy(slot.known())
        return self.known[step]

    def _note_if_known(self, step: Step) -> None:
        """Have torch compute what needs no number of an input."""
        from torch.fx.node import map_arg

        if all(source in self.known for source in step.all_input_nodes) and not _is_random(step):
            arguments, options = map_arg((step.args, step.kwargs), self.known.__getitem__)
            self.known[step] = step.target(*arguments, **options)  # type: ignore[operator]  # an operation

    def _brought_along(self, tensor: Any) -> Any:
        """A tensor of the function's own: numbers become a constant, or an input that is known."""
        import torch

        if not isinstance(tensor, torch.Tensor) or not tensor.dtype.is_floating_point:
            return tensor
        numbers = tensor.detach().double().numpy()
        if self.held is None:
            return Tracer(nodes.constant(numbers), self.context)
        name = f"held {len(self.held)}"
        self.held[name] = numbers
        return Tracer(nodes.variable(name, numbers.shape), self.context)

    def _result(self, step: Step) -> Any:
        """The result of one operation, in the shape and the dtype in which torch had it."""
        import torch

        if _is_random(step):
            raise NotLifted(f"{step.target} draws random numbers")
        arguments, options = self._valued(step.args), dict(self._valued(step.kwargs))
        if any(isinstance(operand, complex) for operand in torch.utils._pytree.tree_leaves((arguments, options))):  # noqa: SLF001
            raise NotLifted(f"{step.target} computes in complex numbers")
        expected = step.meta.get("val")
        rule = rule_of(step.target)
        if step in self.known and (rule is None or not self._is_computed(self.known[step])):
            return torch.utils._pytree.tree_map(self._brought_along, self.known[step])  # noqa: SLF001  # torch's own tree
        if rule is None:
            raise NotLifted(f"no rule for {step.target}")
        if _holds_choice(arguments) and name_of(step.target) not in TAKES_CHOICES:
            raise NotLifted(f"no rule for {step.target} of indices that depend on the data")
        if name_of(step.target) in _SIZED_BY_MASK and _holds_tracer(arguments[1:]):
            raise NotLifted(f"{step.target} picks entries by a mask that depends on the data, and is too large")
        if name_of(step.target) in _LAYOUT_MATTERS:
            options["in_order"] = _lies_in_order(step.args[0].meta["val"])  # type: ignore[union-attr]  # a step
        result = rule(*arguments, **options)
        if not isinstance(expected, torch.Tensor):
            return result
        return self._checked(step, result, expected)

    def _checked(self, step: Step, result: Any, expected: Tensor) -> Any:
        if tuple(result.shape) != tuple(expected.shape):
            raise NotLifted(f"{step.target}: shape {tuple(result.shape)} for torch's {tuple(expected.shape)}")
        if not isinstance(result, Tracer):
            return result
        is_number = isinstance(result.node, (nodes.Filled, nodes.Constant))
        if expected.is_complex():
            raise NotLifted(f"{step.target} computes in complex numbers")
        if not is_number and self._loses_digits(expected):
            raise NotLifted(f"{step.target} computes in {_kind(expected)}, not in {self.dtype}")
        return Tracer(result.node, self.context, is_condition=_kind(expected) == "bool")

    def _is_computed(self, result: Any) -> bool:
        """Whether a result holds numbers of the dtype under test, which are rounded as the function's own are."""
        import torch

        own = getattr(torch, self.dtype)
        return any(getattr(part, "dtype", None) is own for part in torch.utils._pytree.tree_leaves(result))  # noqa: SLF001

    def _loses_digits(self, tensor: Tensor) -> bool:
        """Whether a tensor has fewer digits than the dtype under test. More do no harm: rounding is less."""
        import torch

        own = getattr(torch, self.dtype)
        return tensor.is_floating_point() and tensor.dtype != own and tensor.itemsize <= own.itemsize

    def _valued(self, argument: Any) -> Any:
        from torch.fx.node import Node as StepOfGraph
        from torch.fx.node import map_aggregate

        return map_aggregate(argument, lambda part: self.values[part] if isinstance(part, StepOfGraph) else part)


def _needed(graph: GraphModule) -> set[Step]:
    """The inputs, and the steps that lead to the output."""
    needed: set[Step] = set()
    for step in reversed(graph.graph.nodes):
        if step.op in ("output", "placeholder") or step in needed:
            needed |= {step, *step.all_input_nodes}
    return needed


def _kind(tensor: Tensor) -> str:
    return str(tensor.dtype).removeprefix("torch.")


# Operations whose result is as large as a mask has entries that hold; small masks are known (`lift.asked`).
_SIZED_BY_MASK = ("index", "masked_select")

# Operations that ask how a tensor lies in memory.
_LAYOUT_MATTERS = ("_linalg_det", "_linalg_slogdet", "as_strided", "as_strided_copy", "as_strided_scatter")


def _lies_in_order(tensor: Tensor) -> bool:
    """Whether entries stand in memory one after another, from its beginning."""
    return tensor.is_contiguous() and tensor.storage_offset() == 0


def _is_random(step: Step) -> bool:
    import torch

    return torch.Tag.nondeterministic_seeded in getattr(step.target, "tags", ())


def _holds_choice(arguments: Any) -> bool:
    return any(isinstance(operand, Choice) for operand in _leaves(arguments))


def _holds_tracer(arguments: Any) -> bool:
    return any(isinstance(operand, Tracer) for operand in _leaves(arguments))


def _leaves(arguments: Any) -> list[Any]:
    import torch

    found: list[Any] = torch.utils._pytree.tree_leaves(arguments)  # noqa: SLF001  # torch's own tree
    return found
