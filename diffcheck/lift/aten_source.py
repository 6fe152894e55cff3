"""Where a function calls an operation: for the message that it has no rule."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import numpy as np

from diffcheck.lift.aten_trace import Recipe, state, tensor_of
from diffcheck.lift.line import Line, own_line


def line_that_calls(operation: Any, recipe: Recipe, arrays: Sequence[np.ndarray]) -> str:
    """The line and its place, in brackets; nothing where torch's own backward pass calls it.

    The recipe is run once more, with somebody looking on.
    """
    from torch.utils._python_dispatch import TorchDispatchMode

    found: list[Line | None] = []

    class Onlooker(TorchDispatchMode):  # type: ignore[no-untyped-call]  # torch's own
        def __torch_dispatch__(self, called: Any, _: Any, arguments: Any = (), options: Any = None) -> Any:
            if called is operation and not found:
                found.append(own_line(inspect.currentframe(), recipe.run.__code__.co_filename))
            return called(*arguments, **(options or {}))

    with state(recipe.dtype), suppress(Exception), Onlooker():  # type: ignore[no-untyped-call]
        recipe.run(*[tensor_of(array) for array in arrays])
    return f" ({found[0]})" if found and found[0] else ""
