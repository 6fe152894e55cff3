"""Somebody's own function as a case: with its definition, its domains and the point that was given."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from diffcheck.case import Case
from diffcheck.domain import Drawn
from diffcheck.draw import draw_array
from diffcheck.expression import nodes
from diffcheck.expression.functions import NotCovered
from diffcheck.given import Given, names_of
from diffcheck.leaf import Leaf
from diffcheck.lift.primal import framework_of, numpy_of
from diffcheck.module import is_module, module_call, module_leaves, still_call
from diffcheck.point import Point
from diffcheck.strategy import own_array
from diffcheck.subject import Call, CheckError, Definition, Subject, read

Function = Callable[..., Any]


def own_case(
    function: Function,
    given: Given,
    definition: Function | None,
    framework: str,
    dtype: str,
    wrt: tuple[str, ...] | None,
    cotangent: Any,
) -> Case:
    """Make a case of somebody's function.

    Where the definition knows nothing of what a module holds, that stands still.

    Args:
        function: as it was given.
        given: its arguments.
        definition: what it is judged by; `None`: its own forward.
        framework: whose arrays it takes.
        dtype: under test.
        wrt: the leaves to differentiate, or the arguments that they belong to; `None`: all that move.
        cotangent: weighs the outputs; `None`: drawn weights, and each on its own at the point that was given.

    Raises:
        CheckError: it cannot be checked; one line that says why.
    """
    call, leaves = given.call, given.leaves
    if definition is not None and is_module(function) and not is_module(definition):
        leaves = tuple(leaf for leaf in leaves if not leaf.in_module)
        call = still_call(function, given.arguments)
    point = first_point(leaves, dtype)
    subject = Subject(call, _definition(definition, given, call, framework, point), framework)
    group, name = names_of(function)
    case = Case(
        name=name,
        group=group,
        function=subject,
        domains={leaf.name: leaf.domain for leaf in leaves},
        wrt=_differentiated(wrt, leaves),
        examples=(point.arguments,) if any(leaf.example is not None for leaf in leaves) else (),
        source="",
        cotangent=_numbers(cotangent),
    )
    _check_output(case, point)
    return case


def _definition(definition: Function | None, given: Given, call: Call, framework: str, point: Point) -> Definition:
    if definition is None:
        return Definition(call, framework)
    if isinstance(definition, Case):
        definition = definition.function
    if is_module(definition):
        return Definition(_module_as_definition(definition, given), framework)
    return read(definition, given.arguments, framework, point)


def _module_as_definition(module: Any, given: Given) -> Call:
    """A module that defines another one has the same parameters and buffers; what defines a function keeps its own."""
    taken = {leaf.name for leaf in given.leaves if leaf.in_module}
    if not taken:
        return still_call(module, given.arguments)
    own = module_leaves(module, tuple(leaf.name for leaf in given.leaves if not leaf.in_module))
    names = {leaf.name for leaf in own.values()}
    if different := sorted(names ^ taken):
        raise CheckError(f"the module and its definition do not both have {', '.join(different)}")
    return module_call(module, own, given.arguments)


def _differentiated(wrt: tuple[str, ...] | None, leaves: Sequence[Leaf]) -> tuple[str, ...]:
    if wrt is None:
        found = tuple(leaf.name for leaf in leaves if leaf.moves)
    else:
        found = tuple(leaf.name for leaf in leaves if any(_is_of(leaf.name, name) for name in wrt))
        for name in wrt:
            if not any(_is_of(leaf.name, name) for leaf in leaves):
                raise CheckError(f"wrt names {name!r}; there are {', '.join(leaf.name for leaf in leaves)}")
    if not found:
        raise CheckError("there is nothing to differentiate: no argument holds floating numbers")
    return found


def _is_of(leaf: str, name: str) -> bool:
    """Whether a leaf belongs to an argument of this name."""
    return leaf == name or leaf.startswith((f"{name}[", f"{name}."))


def _numbers(cotangent: Any) -> np.ndarray | None:
    if cotangent is None:
        return None
    return numpy_of(cotangent) if framework_of(cotangent) else np.asarray(cotangent)


def _check_output(case: Case, point: Point) -> None:
    """See that there is something to differentiate, and that the cotangent fits it.

    Raises:
        CheckError: no argument reaches the output, or the cotangent has another shape.
    """
    try:
        traced = case.function.traced_at(point)  # type: ignore[attr-defined]  # a subject has it
    except NotCovered:
        return
    reached = set(nodes.topological([traced.output]))
    # A function that branches on its numbers may depend on them elsewhere.
    if not traced.path and not any(traced.inputs[name] in reached for name in case.wrt):
        raise CheckError(f"the output does not depend on {', '.join(case.wrt)}: there is nothing to differentiate")
    if case.cotangent is not None and case.cotangent.shape != traced.output.shape:
        shapes = f"{case.cotangent.shape}, the output {traced.output.shape}"
        raise CheckError(f"the cotangent has shape {shapes}: it weighs every output")


def first_point(leaves: Iterable[Leaf], dtype: str) -> Point:
    """The arrays that were given, and the simplest ones from domains."""
    arrays = {}
    for leaf in leaves:
        if leaf.example is not None:
            arrays[leaf.name] = leaf.example
        elif isinstance(leaf.domain, Drawn):
            arrays[leaf.name] = own_array(leaf.domain.simplest, leaf.domain, dtype)
        else:
            shape = tuple(1 if isinstance(size, str) else size for size in leaf.domain.shape)
            arrays[leaf.name] = draw_array(lambda _: 0, leaf.domain, shape, dtype)
    return Point(arrays).astype(dtype)
