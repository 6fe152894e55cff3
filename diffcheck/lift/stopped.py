"""Where a torch function stops gradients: that is part of what it computes, and no recorder sees it.

A recorder stands below automatic differentiation, where `detach` is a view like any other and `no_grad`
leaves no trace at all. Whatever they stop is therefore marked, by a copy that only this module asks for.
Within the forward of a `torch.autograd.Function` gradients are off anyway, and the same calls say nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from diffcheck.expression.elementwise import stop_gradient

RULES: dict[str, Callable[..., Any]] = {"detach_copy": stop_gradient}
"""The operation that marks."""


@dataclass(frozen=True)
class Marked:
    """A torch function that marks where it stops gradients; the same function is the same object.

    Attributes:
        function: tensors in, one tensor out.
    """

    function: Callable[..., Any]

    def __call__(self, **tensors: Any) -> Any:
        with _marking()():
            return self.function(**tensors)


@cache
def _marking() -> type[Any]:
    """The class of a mode under which every call of torch passes by."""
    import torch
    from torch.overrides import TorchFunctionMode

    stops = (torch.Tensor.detach, torch.detach, torch.Tensor.data.__get__)  # type: ignore[attr-defined]  # a descriptor

    class Marking(TorchFunctionMode):
        """Marks what `detach`, `.data` and `no_grad` stop."""

        def __init__(self) -> None:
            super().__init__()
            self.is_off = False
            self.is_on_again = False  # within a forward, where it had been off without a call

        def __torch_function__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            was_on = torch.is_grad_enabled()
            result = function(*args, **(kwargs or {}))
            if getattr(function, "__name__", "") == "_set_grad_enabled":
                self._switched(was_on, args[0])
            elif isinstance(result, torch.Tensor) and self._is_stopped(was_on, function):
                return torch.detach_copy(result)
            return result

        def _switched(self, was_on: bool, is_on: bool) -> None:
            if was_on and not is_on:
                self.is_off, self.is_on_again = not self.is_on_again, False
            elif is_on and not was_on:
                self.is_off, self.is_on_again = False, not self.is_off

        def _is_stopped(self, was_on: bool, function: Any) -> bool:
            if self.is_on_again:
                return False
            return function in stops if was_on else self.is_off

    return Marking
