"""Where a function calls an operation: for the message that it has no rule."""

from __future__ import annotations

import traceback
from collections.abc import Sequence
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from diffcheck.lift.aten_trace import Recipe, state, tensor_of

# Frames of these are nobody's own function.
_PACKAGES = ("array_api_compat", "diffcheck", "torch")


def line_that_calls(operation: Any, recipe: Recipe, arrays: Sequence[np.ndarray]) -> str:
    """The line and its place, in brackets; nothing where torch's own backward pass calls it.

    The recipe is run once more, with somebody looking on.
    """
    from torch.utils._python_dispatch import TorchDispatchMode

    found: list[str] = []

    class Onlooker(TorchDispatchMode):  # type: ignore[no-untyped-call]  # torch's own
        def __torch_dispatch__(self, called: Any, _: Any, arguments: Any = (), options: Any = None) -> Any:
            if called is operation and not found:
                found.append(_line_below(recipe.run.__code__.co_filename))
            return called(*arguments, **(options or {}))

    with state(recipe.dtype), suppress(Exception), Onlooker():  # type: ignore[no-untyped-call]
        recipe.run(*[tensor_of(array) for array in arrays])
    return found[0] if found else ""


def _line_below(runner: str) -> str:
    """The innermost line of the function that a file runs."""
    stack = traceback.extract_stack()
    start = max((k for k, frame in enumerate(stack) if frame.filename == runner), default=len(stack))
    own = [frame for frame in stack[start + 1 :] if not _is_of_a_package(frame.filename)]
    return f" (in `{own[-1].line}`, {Path(own[-1].filename).name}:{own[-1].lineno})" if own else ""


def _is_of_a_package(file: str) -> bool:
    homes = [Path(spec.origin).parent for name in _PACKAGES if (spec := find_spec(name)) and spec.origin]
    return any(Path(file).is_relative_to(home) for home in homes)
