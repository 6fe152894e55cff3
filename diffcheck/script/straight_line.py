"""What a function does with torch's tensors, as a straight-line program in torch's own words.

A function for the array API reaches torch through wrappers. What arrives there is recorded, call by call. The
program makes the same calls in the same order, and so it gives the same bits, of derivatives too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from diffcheck.pytree import leaves
from diffcheck.script.preamble import Preamble
from diffcheck.script.refusal import Unwritable

Tensor = Any

LONGEST = 88
"""Characters of an expression; a longer one becomes several lines."""

_OPERATORS = {
    "add": "{} + {}",
    "sub": "{} - {}",
    "mul": "{} * {}",
    "div": "{} / {}",
    "matmul": "{} @ {}",
    "neg": "-{}",
    "__pow__": "{} ** {}",
    "__rsub__": "{1} - {0}",
    "__rtruediv__": "{1} / {0}",
    "__rpow__": "{1} ** {0}",
    "lt": "{} < {}",
    "le": "{} <= {}",
    "gt": "{} > {}",
    "ge": "{} >= {}",
    "eq": "{} == {}",
    "ne": "{} != {}",
}
_METHOD, _GETTER = "torch.Tensor.", ".__get__"

# What means the same where it is not said.
_UNSAID = {
    "dtype": None,
    "keepdim": False,
    "keepdims": False,
    "inplace": False,
    "stride": None,
    "padding": 0,
    "dilation": 1,
    "ceil_mode": False,
    "return_indices": False,
}


def straight_line(name: str, function: Callable[..., Any], tensors: Mapping[str, Tensor], preamble: Preamble) -> str:
    """Write what a function does at a point as a function of its own.

    Args:
        name: of the function that is written.
        function: torch's tensors in, by name, one tensor out.
        tensors: where.
        preamble: of the script.

    Raises:
        Unwritable: it calls what has no name.
    """
    calls, output = _recorded(function, tensors)
    writer = _Writer(tensors, _live(calls, output), output, preamble)
    preamble.imports.add("import torch")
    return "\n".join([f"def {name}({', '.join(tensors)}):", *(f"    {line}" for line in writer.lines())])


@dataclass(frozen=True, eq=False)
class _Call:
    """One call of a function of torch's."""

    path: str
    args: Sequence[Any]
    options: Mapping[str, Any]
    result: Any

    @property
    def name(self) -> str:
        """Of the function."""
        return self.path.rpartition(".")[2]

    @property
    def operands(self) -> list[Tensor]:
        """The tensors among the arguments, in the order in which Python evaluates them."""
        return [*_tensors(self.args), *_tensors(self.options)]

    @property
    def writes(self) -> bool:
        """Whether it changes an operand."""
        return self.name == "__setitem__" or (self.name.endswith("_") and not self.name.endswith("__"))


@dataclass(frozen=True, eq=False)
class _Text:
    """The text of a tensor.

    Attributes:
        text: an expression.
        is_loose: whether it needs parentheses beside an operator.
    """

    text: str
    is_loose: bool = False

    @property
    def tight(self) -> str:
        """The text as an operand."""
        return f"({self.text})" if self.is_loose else self.text


def _recorded(function: Callable[..., Any], tensors: Mapping[str, Tensor]) -> tuple[list[_Call], Tensor]:
    from torch.overrides import TorchFunctionMode, resolve_name

    calls = []

    class Recording(TorchFunctionMode):
        def __torch_function__(self, called: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            result = called(*args, **(kwargs or {}))
            calls.append(_Call(resolve_name(called) or "", args, kwargs or {}, result))
            return result

    with Recording():
        output = function(**tensors)
    return calls, output


def _live(calls: Sequence[_Call], output: Tensor) -> list[_Call]:
    """The calls that the output comes from."""
    needed = {id(output)}
    kept = []
    for call in reversed(calls):
        made = {id(tensor) for tensor in _tensors(call.result)} - {id(tensor) for tensor in call.operands}
        if call.writes or made & needed:
            needed.update(map(id, call.operands))
            kept.append(call)
    return kept[::-1]


class _Writer:
    """Writes calls as lines. A value that is used once stands where it is used, if no call comes between."""

    def __init__(
        self, tensors: Mapping[str, Tensor], calls: Sequence[_Call], output: Tensor, preamble: Preamble
    ) -> None:
        self.calls = calls
        self.output = output
        self.preamble = preamble
        self.known = {id(tensor): _Text(name) for name, tensor in tensors.items()}
        self.taken = set(tensors)
        self.waiting: list[tuple[Tensor, _Text]] = []
        self.written: list[str] = []
        self.uses: dict[int, int] = {}
        for call in calls:
            for tensor in call.operands:
                self.uses[id(tensor)] = self.uses.get(id(tensor), 0) + 1

    def lines(self) -> list[str]:
        """The body of the function."""
        for call in self.calls:
            self._add(call)
        if self.waiting and self.waiting[-1][0] is self.output:
            self._write_waiting(self.waiting[:-1])
            return [*self.written, f"return {self.waiting[-1][1].text}"]
        self._write_waiting(self.waiting)
        return [*self.written, f"return {self._text(self.output).text}"]

    def _add(self, call: _Call) -> None:
        text = self._inlined(call)
        if text is None or len(text.text) > LONGEST or call.writes:
            self._write_waiting(self.waiting)
            text = self._of_call(call)
        else:
            waiting = {id(tensor) for tensor in call.operands}
            self.waiting = [one for one in self.waiting if id(one[0]) not in waiting]
        made = list(_tensors(call.result))
        if call.writes:
            self.written.append(text.text)
        elif call.result is not made[0]:
            self._write_waiting(self.waiting)
            name = self._named(text)
            self.known |= {
                id(tensor): _Text(name + place) for place, tensor in leaves(call.result) if _is_tensor(tensor)
            }
        elif self.uses.get(id(made[0]), 0) > 1:
            self._write_waiting(self.waiting)
            self.known[id(made[0])] = _Text(self._named(text))
        else:
            self.waiting.append((made[0], text))

    def _inlined(self, call: _Call) -> _Text | None:
        """The text with all that waits for this call in it; `None` where Python would evaluate in another order."""
        waiting = {id(tensor): text for tensor, text in self.waiting}
        asked = [tensor for tensor in call.operands if id(tensor) in waiting]
        last = [tensor for tensor, _ in self.waiting[len(self.waiting) - len(asked) :]]
        if [id(tensor) for tensor in asked] != [id(tensor) for tensor in last]:
            return None
        return self._of_call(call, waiting)

    def _write_waiting(self, waiting: Sequence[tuple[Tensor, _Text]]) -> None:
        for tensor, text in waiting:
            self.known[id(tensor)] = _Text(self._named(text))
        self.waiting = [one for one in self.waiting if id(one[0]) not in self.known]

    def _named(self, text: _Text) -> str:
        name = next(
            name for k in range(1, len(self.calls) + len(self.taken) + 2) if (name := f"t{k}") not in self.taken
        )
        self.taken.add(name)
        self.written.append(f"{name} = {text.text}")
        return name

    # ---- texts -----------------------------------------------------------------------------------

    def _of_call(self, call: _Call, waiting: Mapping[int, _Text] | None = None) -> _Text:
        texts = {**self.known, **(waiting or {})}

        def text(value: Any) -> _Text:
            return self._text(value, texts)

        if call.path.startswith(_METHOD):
            return _method(call, text)
        if not call.path:
            raise Unwritable("it calls a function of torch's that has no name")
        return _Text(f"{call.path}({_arguments(call.args, call, text)})")

    def _text(self, value: Any, texts: Mapping[int, _Text] | None = None) -> _Text:
        known = self.known if texts is None else texts
        if _is_tensor(value):
            return known.get(id(value)) or _Text(self.preamble.expression(value))
        if isinstance(value, (list, tuple)) and list(_tensors(value)):
            words = ", ".join(self._text(item, texts).text for item in value)
            return _Text(f"[{words}]")
        return _Text(self.preamble.expression(value), isinstance(value, (int, float)) and value < 0)


def _method(call: _Call, text: Callable[[Any], _Text]) -> _Text:
    """A method as Python writes it: an operator, an attribute, an index."""
    name = call.path.removeprefix(_METHOD)
    first, *rest = call.args
    if name.endswith(_GETTER):
        return _Text(f"{text(first).tight}.{name.removesuffix(_GETTER)}")
    if name in _OPERATORS and not call.options:
        return _Text(_OPERATORS[name].format(*(text(value).tight for value in call.args)), is_loose=True)
    if name == "__getitem__":
        return _Text(f"{text(first).tight}[{_index(rest[0], text)}]")
    if name == "__setitem__":
        return _Text(f"{text(first).tight}[{_index(rest[0], text)}] = {text(rest[1]).text}")
    return _Text(f"{text(first).tight}.{name}({_arguments(rest, call, text)})")


def _arguments(args: Sequence[Any], call: _Call, text: Callable[[Any], _Text]) -> str:
    options = {name: value for name, value in call.options.items() if name not in _UNSAID or value != _UNSAID[name]}
    return ", ".join(
        [*(text(value).text for value in args), *(f"{name}={text(options[name]).text}" for name in options)]
    )


def _index(index: Any, text: Callable[[Any], _Text]) -> str:
    parts = index if isinstance(index, tuple) else (index,)
    return ", ".join(_part(part) or text(part).text for part in parts)


def _part(part: Any) -> str:
    """A slice or an ellipsis as it stands in brackets; nothing for any other part of an index."""
    if part is Ellipsis:
        return "..."
    if not isinstance(part, slice):
        return ""
    start, stop, step = ("" if end is None else str(end) for end in (part.start, part.stop, part.step))
    return f"{start}:{stop}" + (f":{step}" if step else "")


def _tensors(tree: Any) -> Iterator[Tensor]:
    return (leaf for _, leaf in leaves(tree) if _is_tensor(leaf))


def _is_tensor(value: Any) -> bool:
    import torch

    return isinstance(value, torch.Tensor)
