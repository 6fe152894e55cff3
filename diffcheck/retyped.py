"""A finding of a check as the command that shows it again, with its point in place of the domains."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from diffcheck.case import Case
from diffcheck.given import argument_names
from diffcheck.module import is_module
from diffcheck.point import Point
from diffcheck.record import Record
from diffcheck.report.finding import is_finding
from diffcheck.report.number import decimal, nested
from diffcheck.subject import Slot, Subject

MOST_CHARACTERS = 1000
"""Nobody wants to see a longer command."""

SCRIPT = "finding.script() writes a script that shows it"
"""What is said where no command can: the function or its arguments have no name that could be typed."""

Function = Callable[..., Any]


class _Untypable(Exception):
    """Something that cannot be typed."""


def retyped(record: Record, case: Case, function: str | None = None, definition: str | None = None) -> str:
    """The command that shows a record of a check again.

    Args:
        record: what is shown.
        case: somebody's function.
        function: its `module:name`; `None` to look for it.
        definition: that of its definition.

    Returns:
        the command; where there is none, what else there is; nothing for what is no finding.
    """
    if record.point is None or not is_finding(record.judgement.verdict):
        return ""
    try:
        text = shlex.join(_words(record, case, record.point, function, definition))
    except _Untypable:
        return SCRIPT
    return text if len(text) <= MOST_CHARACTERS else SCRIPT


def typed_name(function: Any) -> str | None:
    """`module:name` of a function that a module holds; `None` for one made on the way, or in a script or notebook."""
    module, name = getattr(function, "__module__", None), getattr(function, "__qualname__", None)
    owner = getattr(function, "__self__", None)
    if isinstance(owner, type):  # the `apply` of a rule of torch's is named after the class that defines it
        module, name = owner.__module__, f"{owner.__qualname__}.{getattr(function, '__name__', '')}"
    if not module or not name or module == "__main__":
        return None
    found: Any = sys.modules.get(module)
    for part in name.split("."):
        found = getattr(found, part, None)
    return f"{module}:{name}" if found == function else None


def _words(record: Record, case: Case, point: Point, function: str | None, definition: str | None) -> list[str]:
    subject = case.function
    assert isinstance(subject, Subject)
    cell = record.cell
    if is_module(getattr(subject.call.function, "module", None)):
        raise _Untypable  # its parameters are part of the point
    if any(not np.array_equal(tangent, np.ones_like(tangent)) for tangent in point.tangents.values()):
        raise _Untypable
    words = ["diffcheck", "check", function or _name(subject.call.function)]
    for name, argument in _arguments(subject).items():
        words += ["--input", f"{name}={_text(argument, point.arguments)}"]
    if subject.definition.call is not subject.call:
        words += ["--definition", definition or _name(subject.definition.call.function)]
    if point.cotangent is not None:
        words += ["--cotangent", _array(point.cotangent)]
    return [*words, "-b", cell.backend, "-m", cell.mode, "-d", cell.dtype, "-n", "0"]


def _name(function: Function) -> str:
    found = typed_name(function)
    if found is None:
        raise _Untypable
    return found


def _arguments(subject: Subject) -> dict[str, Any]:
    """Its arguments, by the names that the function has for them."""
    arguments = subject.call.arguments
    return dict(zip(argument_names(subject.call.function, len(arguments)), arguments, strict=True))


def _text(tree: Any, arrays: Mapping[str, np.ndarray], *, inside: bool = False) -> str:
    """An argument as `typed_argument` reads it; an array among others is marked as one."""
    if isinstance(tree, Slot):
        array = arrays[tree.name]
        return f"array({_array(array)})" if inside or _is_whole(array) else _array(array)
    if type(tree) is dict and all(isinstance(key, (str, int)) for key in tree):
        pairs = [f"{json.dumps(key)}: {_text(branch, arrays, inside=True)}" for key, branch in tree.items()]
        return f"{{{', '.join(pairs)}}}"
    if type(tree) in (list, tuple):
        branches = ", ".join(_text(branch, arrays, inside=True) for branch in tree)
        return f"[{branches}]" if type(tree) is list else f"({branches},)"
    if isinstance(tree, str):
        return json.dumps(tree)
    if tree is None or isinstance(tree, (bool, int)):
        return str(tree)
    raise _Untypable


def _is_whole(array: np.ndarray) -> bool:
    """Whether an array is one whole number, which alone would not look like an array."""
    return not array.shape and array.dtype.kind in "iu"


def _array(array: np.ndarray) -> str:
    """Nested brackets, every number exact."""
    if not array.size:
        raise _Untypable  # brackets do not say its shape
    if array.dtype.kind in "iu":
        words = [str(number) for number in array.ravel().tolist()]
    else:
        words = [decimal(number, array.dtype.name) for number in array.astype(float).ravel().tolist()]
    return nested(array.shape, words)
