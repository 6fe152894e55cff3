"""A program: what a script computes, between its preamble and what it prints."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from diffcheck.backends.base import FORWARD, SPELLING
from diffcheck.case import Case
from diffcheck.cell import VALUE
from diffcheck.lift.primal import array_of, at_rest
from diffcheck.module import Applied
from diffcheck.point import Point
from diffcheck.pytree import leaves, mapped
from diffcheck.record import Cell, Record
from diffcheck.script.preamble import Preamble, Word
from diffcheck.script.spoken import TORCH
from diffcheck.script.straight_line import straight_line
from diffcheck.subject import Slot, Subject

Function = Callable[..., Any]
Write = Callable[[Mapping[str, str]], str]

# What a program calls its own; an argument of the same name gets another one.
OUTPUT, FOUND, COTANGENT = "output", "found", "cotangent"
_OWN_NAMES = (OUTPUT, FOUND, COTANGENT, "pull", "first", "run", "joined", "along", "weights")


@dataclass(frozen=True)
class Program:
    """The lines that compute what was judged.

    Attributes:
        lines: switches, arrays, the derivative.
        number: an expression of what was judged: a Python float, or `None` where nothing came.
        label: what it is, in words.
    """

    lines: tuple[str, ...]
    number: str
    label: str


@dataclass(frozen=True)
class Asked:
    """One derivative, in the words of a script.

    Attributes:
        case: whose it is.
        cell: how it is computed.
        point: where.
        argument, index: which entry of it.
        is_answered: whether a number came.
        names: argument → its name in the script.
        call: the function's value as an expression of these names.
    """

    case: Case
    cell: Cell
    point: Point
    argument: str
    index: tuple[int, ...]
    is_answered: bool
    names: Mapping[str, str]
    call: str

    @property
    def moving(self) -> str:
        """The names of what is differentiated, between commas."""
        return ", ".join(self.names[name] for name in self.case.wrt)

    @property
    def brackets(self) -> str:
        """The index as Python writes it; nothing for a scalar."""
        return f"[{', '.join(map(str, self.index))}]" if self.index else ""

    @property
    def is_value(self) -> bool:
        """Whether the function's value was judged, and no derivative."""
        return self.argument == VALUE

    @property
    def function(self) -> str:
        """The function of what is differentiated, as an expression."""
        name = self.call.partition("(")[0]
        return name if self.call == f"{name}({self.moving})" else f"lambda {self.moving}: {self.call}"

    def number(self, pattern: str, entry: str) -> str:
        """The entry as a Python float, or as it is where no number came."""
        return pattern.format(entry) if self.is_answered else entry

    def each(self, write: Callable[[str], str]) -> str:
        """A tuple with a text for each argument that is differentiated."""
        words = [write(name) for name in self.case.wrt]
        return f"({', '.join(words)}{',' if len(words) == 1 else ''})"


def asked(record: Record, case: Case, point: Point, preamble: Preamble) -> Asked:
    """Write the function of a record's case, and name its arguments.

    Raises:
        Unwritable: the function calls what has no name.
    """
    cell, judgement = record.cell, record.judgement
    function = case.spellings[cell.backend] if cell.transform == SPELLING else case.function
    if isinstance(function, Subject):
        write = _call_of_subject(function, point, preamble)
    else:
        write = _call_of_case(case.name, function, point, preamble)
    names = identifiers(point.arguments, preamble.names)
    is_answered = judgement.value is not None
    return Asked(case, cell, point, judgement.argument, judgement.index, is_answered, names, write(names))


def identifiers(arguments: Iterable[str], taken: Iterable[str] = ()) -> dict[str, str]:
    """A name for each argument that Python takes and nothing else has: `params_bias` for `params['bias']`."""
    found: dict[str, str] = {}
    used = {*taken, *_OWN_NAMES}
    for argument in arguments:
        name = re.sub(r"\W+", "_", argument).strip("_")
        name = name if name.isidentifier() else f"p_{name}"
        while name in used:
            name += "_"
        used.add(name)
        found[argument] = name
    return found


def label(asked: Asked) -> str:
    """What the number is, in words."""
    if asked.is_value:
        return f"value{asked.brackets}"
    mode = asked.cell.mode
    if len(mode) > 1:
        along = "along the tangent"
        second = f"second derivative {along}" if set(mode) == {FORWARD} else f"derivative of the gradient {along}"
        return f"{second}, {asked.argument}{asked.brackets}"
    if mode == FORWARD:
        return f"tangent of the output{asked.brackets}"
    return f"gradient of {asked.argument}{asked.brackets}"


# ---- the call ------------------------------------------------------------------------------------


def _call_of_case(name: str, function: Function, point: Point, preamble: Preamble) -> Write:
    """A case's function: torch's as it arrives at torch, the others' as it is written."""
    if preamble.framework == TORCH:
        with at_rest(TORCH, point.dtype.name):
            tensors = {argument: array_of(TORCH, array) for argument, array in point.arguments.items()}
            preamble.definitions[name] = straight_line(name, function, tensors, preamble)
    else:
        preamble.written(function, name)
    return lambda names: f"{name}({', '.join(names[argument] for argument in point.arguments)})"


def _call_of_subject(subject: Subject, point: Point, preamble: Preamble) -> Write:
    """Somebody's own function of its own arguments; several outputs become one array."""
    function = subject.call.function
    written = preamble.expression(function.module if isinstance(function, Applied) else function)
    places = _outputs(subject, point)

    def write(names: Mapping[str, str]) -> str:
        slotted = mapped(
            lambda _, leaf: Word(names[leaf.name]) if isinstance(leaf, Slot) else leaf, subject.call.arguments
        )
        arguments = [preamble.expression(argument) for argument in slotted]
        if isinstance(function, Applied):
            held, *given = arguments
            taken = f"({', '.join(given)}{',' if len(given) == 1 else ''})"
            text = f"torch.func.functional_call({written}, {held}, {taken})"
        else:
            text = f"{written}({', '.join(arguments)})"
        return text if places == [""] else _joined(text, places, preamble)

    return write


def _outputs(subject: Subject, point: Point) -> list[str]:
    """Where the floating arrays are in what a function returns; an empty place is all of it."""
    framework, call = subject.framework, subject.call
    with at_rest(framework, point.dtype.name):
        arrays = {name: array_of(framework, array) for name, array in point.arguments.items()}
        given = mapped(lambda _, leaf: arrays[leaf.name] if isinstance(leaf, Slot) else leaf, call.arguments)
        try:
            output = call.function(*given)
        except Exception:  # noqa: BLE001 - the script shows what it raises
            return [""]
    return [place for place, leaf in leaves(output) if "float" in str(getattr(leaf, "dtype", ""))] or [""]


def _joined(call: str, places: Sequence[str], preamble: Preamble) -> str:
    if len(places) == 1:
        return call + places[0]
    join = "torch.cat" if preamble.framework == TORCH else "jnp.concatenate"
    parts = ", ".join(f"outputs{place}.reshape(-1)" for place in places)
    preamble.definitions["joined"] = f"def joined(outputs):\n    return {join}([{parts}])"
    return f"joined({call})"
