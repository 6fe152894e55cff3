"""The call that builds a torch module."""

from __future__ import annotations

import ast
import inspect
from typing import Any


def built(module: Any) -> str | None:
    """The call that builds one of torch's own modules, from what it says of itself; `None` where that is no call."""
    own = type(module)
    if not own.__module__.startswith("torch.nn."):
        return None
    children = dict(module.named_children())
    if own.__name__ == "Sequential":
        parts = [built(child) for child in children.values()]
        return None if None in parts else f"torch.nn.Sequential({', '.join(filter(None, parts))})"
    text = f"torch.nn.{module!r}"
    try:
        ast.parse(text, mode="eval")
    except SyntaxError:
        return None
    return text if not children else None


def needs_arguments(own: type) -> bool:
    """Whether a class can only be called with arguments that somebody has to know."""
    return any(map(_is_required, inspect.signature(own).parameters.values()))


def _is_required(parameter: inspect.Parameter) -> bool:
    return parameter.default is parameter.empty and parameter.kind in (
        parameter.POSITIONAL_ONLY,
        parameter.POSITIONAL_OR_KEYWORD,
        parameter.KEYWORD_ONLY,
    )
