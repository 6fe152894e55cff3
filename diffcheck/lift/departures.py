"""Departures: where a torch function hands its numbers to others, whom no recorder sees."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np

_DEPARTURES = ("numpy", "__array__", "tolist", "__dlpack__")


@contextmanager
def departures(framework: str) -> Iterator[list[str]]:
    """Note where a torch function hands its numbers to others; jax refuses to by itself.

    Yields:
        the methods that it calls for it, as it calls them.
    """
    noted: list[str] = []
    if framework != "torch":
        yield noted
        return
    from torch.overrides import TorchFunctionMode

    class Noting(TorchFunctionMode):
        def __torch_function__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            name = getattr(function, "__name__", "")
            if name in _DEPARTURES:
                noted.append(name)
            return function(*args, **(kwargs or {}))

    with Noting():
        yield noted


@dataclass(frozen=True)
class Watched:
    """A torch function that notes its departures; the same function as far as anybody asks.

    Attributes:
        function: what is called.
        left: its departures so far.
        held: the tensors that a recorded program of it brings along, where it departs: name → numbers.
    """

    function: Callable[..., Any]
    left: list[str] = field(default_factory=list, compare=False)
    held: dict[str, np.ndarray] = field(default_factory=dict, compare=False)

    def __call__(self, *arguments: Any, **arrays: Any) -> Any:
        with departures("torch") as left:
            result = self.function(*arguments, **arrays)
        self.left.extend(left)
        return result
