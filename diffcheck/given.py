"""What somebody gives to a check: a function, and arrays and domains as its arguments."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from diffcheck.dtype import is_floating
from diffcheck.leaf import Leaf, leaf_of
from diffcheck.lift.primal import framework_of
from diffcheck.module import is_module, module_call, module_leaves
from diffcheck.pytree import leaves, mapped
from diffcheck.subject import Call, CheckError, Slot

Function = Callable[..., Any]


@dataclass(frozen=True)
class Given:
    """A function and its arguments.

    Attributes:
        call: the function of its leaves.
        leaves: its arrays, in the order of the signature, a module's own ones last.
        arguments: as `Call` takes them, without what a module holds.
        framework: whose arrays were given; `None` where there were domains only.
    """

    call: Call
    leaves: tuple[Leaf, ...]
    arguments: tuple[Any, ...]
    framework: str | None

    @property
    def dtype(self) -> str | None:
        """The dtype of the arrays that were given; `None` where there is none.

        Raises:
            CheckError: they have several.
        """
        arrays = {leaf.name: leaf.example for leaf in self.leaves if leaf.example is not None}
        found = {name: array.dtype.name for name, array in arrays.items() if is_floating(array.dtype)}
        if len(set(found.values())) > 1:
            listed = ", ".join(f"{name} {dtype}" for name, dtype in found.items())
            raise CheckError(f"the arrays must all have one floating dtype, but there are: {listed}")
        return next(iter(found.values()), None)


def give(function: Function, arguments: tuple[Any, ...]) -> Given:
    """Name the arrays and the domains among a function's arguments, and give each array a domain.

    Raises:
        CheckError: an argument that cannot be used.
    """
    names = argument_names(function, len(arguments))
    tree = dict(zip(names, arguments, strict=True))
    found = {name: leaf for top in names for name, value in leaves(tree[top], top) if (leaf := leaf_of(name, value))}
    slotted = tuple(mapped(partial(_slot, found), tree[top], top) for top in names)
    framework = _one_framework([value for top in names for _, value in leaves(tree[top])])
    if is_module(function):
        own = module_leaves(function, tuple(found))
        call = module_call(function, own, slotted)
        return Given(call, (*found.values(), *own.values()), slotted, "torch")
    if not found:
        raise CheckError("there is no array and no domain among the arguments: nothing can be differentiated")
    if all(leaf.domain.kind == "integer" for leaf in found.values()):
        raise CheckError("there is nothing to differentiate: no argument holds floating numbers")
    return Given(Call(function, slotted), tuple(found.values()), slotted, framework)


def argument_names(function: Function, number: int) -> tuple[str, ...]:
    """The names of a function's positional arguments; made up where it does not say them."""
    owner: Any = function if is_module(function) else _autograd_function(function)
    written = owner.forward if owner is not None else function
    try:
        parameters = list(inspect.signature(written).parameters.values())
    except (TypeError, ValueError):
        parameters = []
    if parameters and parameters[0].name == "ctx":  # what a rule saves for its backward pass
        del parameters[0]
    named = [one.name for one in parameters if one.kind in (one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD)]
    made_up = ["x"] if number == 1 else [f"x{k}" for k in range(1, number + 1)]
    return tuple(named[:number] if len(named) >= number else made_up)


def names_of(function: Function) -> tuple[str, str]:
    """What a report calls a function: the last part of its module's name, and its own or its class's name."""
    named = _autograd_function(function) or getattr(function, "func", function)
    module = str(getattr(named, "__module__", None) or "check").rpartition(".")[2]
    name: str = getattr(named, "__name__", type(function).__name__)
    return module, name.strip("<>")


def _slot(found: dict[str, Leaf], name: str, value: Any) -> Any:
    return Slot(name) if name in found else value


def _one_framework(values: list[Any]) -> str | None:
    found = sorted({framework for value in values if (framework := framework_of(value))})
    if len(found) > 1:
        raise CheckError(f"the arguments are arrays of {' and '.join(found)}: give those of one framework")
    return found[0] if found else None


def _autograd_function(function: Function) -> Any:
    """The `torch.autograd.Function` whose `apply` this is; `None` for any other function."""
    owner = getattr(function, "__self__", None)
    is_apply = isinstance(owner, type) and hasattr(owner, "forward") and getattr(function, "__name__", "") == "apply"
    return owner if is_apply else None
