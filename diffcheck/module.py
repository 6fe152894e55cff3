"""torch modules: functions of their parameters and buffers, too."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from itertools import count
from typing import Any

from diffcheck.leaf import Leaf, leaf_of
from diffcheck.subject import Call, Slot


def is_module(function: Any) -> bool:
    """Whether this is a `torch.nn.Module`."""
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(function, torch.nn.Module)


def module_leaves(module: Any, taken: tuple[str, ...]) -> dict[str, Leaf]:
    """A module's parameters and buffers: its own name for each → its leaf.

    Raises:
        CheckError: a parameter that holds no finite numbers.
    """
    found = {}
    for kind, named in (("parameter", module.named_parameters()), ("buffer", module.named_buffers())):
        for name, tensor in named:
            leaf = leaf_of(_free(name, taken), tensor)
            if leaf is not None:
                found[name] = replace(leaf, moves=leaf.moves and kind == "parameter", in_module=True)
    return found


@dataclass(frozen=True, eq=False)
class Applied:
    """What a module computes with other parameters and buffers; a buffer that it writes to is a copy."""

    module: Any

    def __call__(self, held: dict[str, Any], *given: Any) -> Any:
        import torch

        buffers = {name for name, _ in self.module.named_buffers()}
        own = {name: tensor.clone() if name in buffers else tensor for name, tensor in held.items()}
        return torch.func.functional_call(self.module, own, given)


def module_call(module: Any, own: dict[str, Leaf], arguments: tuple[Any, ...]) -> Call:
    """A module as a function of its parameters and buffers, too; what it holds itself is left alone."""
    return Call(Applied(module), ({name: Slot(leaf.name) for name, leaf in own.items()}, *arguments))


def still_call(module: Any, arguments: tuple[Any, ...]) -> Call:
    """A module as a function of its arguments alone, with copies of its parameters and buffers."""
    held = {**dict(module.named_parameters()), **dict(module.named_buffers())}
    copies = {name: tensor.detach().clone() for name, tensor in held.items()}
    return Call(Applied(module), (copies, *arguments))


def _free(name: str, taken: tuple[str, ...]) -> str:
    """A name that no argument has."""
    candidates = (f"{'module.' * k}{name}" for k in count())
    return next(candidate for candidate in candidates if candidate not in taken)
