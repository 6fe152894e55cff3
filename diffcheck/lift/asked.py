"""What a torch function asks of its numbers while it runs: the conditions of its `if`s and masks, in their order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import torch
from torch.fx.experimental.proxy_tensor import get_proxy_mode
from torch.overrides import TorchFunctionMode

from diffcheck.lift.aten_trace import is_condition, takes_out

if TYPE_CHECKING:
    from torch.fx import Node as Step

MOST_IN_MASK = 256
"""Entries of a mask that picks entries: each is a condition of its own."""


class Asked(TorchFunctionMode):
    """Answers the first conditions that a function asks for as it is told, and the others as they are.

    A condition that is not recorded, since nothing that is recorded decides it, is none.

    Attributes:
        answers: those that were given, in their order.
        is_all: whether the function learned nothing else from its numbers, such as a whole number.
    """

    def __init__(self, told: Sequence[bool] = ()) -> None:
        super().__init__()
        self.told = tuple(told)
        self.answers: list[bool] = []
        self.is_all = True
        self._last: Step | None = None

    def __torch_function__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if function in (torch.Tensor.__getitem__, torch.Tensor.masked_select, torch.masked_select):
            args = (args[0], *(self._with_known_masks(index) for index in args[1:]))
        answer = function(*args, **(kwargs or {}))
        return answer if isinstance(answer, torch.Tensor) else self._answered(answer)

    def _with_known_masks(self, index: Any) -> Any:
        """An index, each of whose masks has been asked for entry by entry: the shape of what it picks hangs on them."""
        if isinstance(index, tuple):
            return tuple(map(self._with_known_masks, index))
        if not isinstance(index, torch.Tensor) or index.dtype != torch.bool or index.numel() > MOST_IN_MASK:
            return index
        answers = [self._answered(bool(entry.item())) for entry in index.flatten()]
        return torch.tensor(answers, dtype=torch.bool).reshape(index.shape)

    def _answered(self, answer: Any) -> Any:
        recorder = get_proxy_mode()
        last = None if recorder is None else next(reversed(recorder.tracer.graph.nodes))
        if last is None or last is self._last or not _is_read(last):
            return answer
        self._last = last
        if not is_condition(last):
            self.is_all = False
            return answer
        number = len(self.answers)
        self.answers.append(self.told[number] if number < len(self.told) else answer)
        return self.answers[-1]


def _is_read(step: Step) -> bool:
    """Whether a step hands something to Python that depends on numbers."""
    return takes_out(step) or any(name in str(step.target) for name in ("aten.equal", "aten.allclose"))
