"""Operations that only move entries: each is run by torch itself, on the places of the entries."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from diffcheck.expression import creation, elementwise, nodes, sums
from diffcheck.expression.nodes import Node
from diffcheck.expression.trace import Tracer
from diffcheck.lift.aten_choice import Choice
from diffcheck.lift.program import NotLifted

if TYPE_CHECKING:
    from torch import Tensor

Rule = Callable[..., Any]


def moved(name: str) -> Rule:
    """The rule of an operation that moves, repeats, drops or overwrites entries, or fills with zeros.

    Entries are numbered from one on, through all operands; the operation is run on the numbers,
    and zero stays zero.
    """

    def rule(*arguments: Any, **options: Any) -> Any:
        import torch

        if any(isinstance(operand, Choice) for operand in _flat(arguments[1:])):
            raise NotLifted(f"{name}: at indices that depend on the data")
        packet = getattr(torch.ops.aten, name)
        numbering = _Numbering()
        placed = [_each(numbering.places_of, argument) for argument in arguments]
        result = packet(*placed, **options)
        return _each(numbering.moved_to, list(result) if isinstance(result, (list, tuple)) else result)

    return rule


def _each(function: Callable[[Any], Any], argument: Any) -> Any:
    """A function of one operand, of each in a list."""
    return [function(part) for part in argument] if isinstance(argument, (list, tuple)) else function(argument)


def _flat(arguments: Sequence[Any]) -> list[Any]:
    listed = [argument if isinstance(argument, (list, tuple)) else [argument] for argument in arguments]
    return [part for parts in listed for part in parts]


class _Numbering:
    """Every entry of some operands under a number of its own."""

    def __init__(self) -> None:
        self.operands: list[Tracer | Choice] = []
        self.starts: list[int] = []
        self.next = 1

    def places_of(self, operand: Any) -> Any:
        """The numbers of an operand's entries; anything but an operand stays as it is."""
        import torch

        if not isinstance(operand, (Tracer, Choice)):
            return operand
        count = int(np.prod(operand.shape, initial=1))
        self.operands.append(operand)
        self.starts.append(self.next)
        self.next += count
        return torch.arange(self.starts[-1], self.next).reshape(operand.shape)

    def moved_to(self, numbers: Tensor) -> Tracer | Choice:
        """The array of the entries with these numbers."""
        places = numbers.numpy()
        if len(self.operands) == 1:
            return _one_moved(self.operands[0], places - 1)
        return self._joined(places)

    def _joined(self, places: np.ndarray) -> Tracer:
        if any(isinstance(operand, Choice) for operand in self.operands):
            raise NotLifted("indices that depend on the data, joined")
        result: Node | None = None
        for operand, start, end in zip(self.operands, self.starts, [*self.starts[1:], self.next], strict=True):
            own = (start <= places) & (places < end)
            if not own.any():
                continue
            part = rearranged(elementwise.node_of(operand), np.where(own, places - start, -1))
            result = part if result is None else nodes.select(nodes.constant(own), part, result)
        node = nodes.filled(0, places.shape) if result is None else result
        return Tracer(node, elementwise.context_of(*self.operands))


def _one_moved(operand: Tracer | Choice, places: np.ndarray) -> Tracer | Choice:
    if isinstance(operand, Tracer):
        return Tracer(rearranged(operand.node, places), operand.context)
    count = operand.candidates.shape[-1]
    chosen = nodes.gather(operand.chosen.node, places[..., None] * count + np.arange(count))
    return Choice(operand.candidates.reshape(-1, count)[places], Tracer(chosen, operand.chosen.context))


def rearranged(node: Node, places: np.ndarray) -> Node:
    """The entries at flat places, −1 for zero: as an einsum where these are axes in another order.

    An einsum tells the rounding model which entries are repeated, a gather does not.
    """
    labels = _labels(node.shape, places)
    if labels is None:
        return nodes.gather(node, places)
    return sums.einsum([(node, labels)], range(places.ndim), dict(enumerate(places.shape)))


def _labels(shape: Sequence[int], places: np.ndarray) -> list[int] | None:
    """The place of each axis of the source among the axes of the result, if every axis has one."""
    if places.size == 0 or places.flat[0] != 0:
        return None
    steps = [int(np.take(places, 1, axis).flat[0]) if size > 1 else 0 for axis, size in enumerate(places.shape)]
    if not (places == _stepped(places.shape, steps)).all():
        return None
    labels: list[int] = []
    for axis, size in enumerate(shape):
        step = int(np.prod(shape[axis + 1 :], initial=1))
        fitting = [k for k, other in enumerate(places.shape) if size > 1 and steps[k] == step and other == size]
        if size > 1 and not fitting:
            return None
        labels.append(fitting[0] if fitting else places.ndim + axis)
    carried = {label for label in labels if label < places.ndim}
    return labels if all(k in carried or step == 0 for k, step in enumerate(steps)) else None


def _stepped(shape: Sequence[int], steps: Sequence[int]) -> np.ndarray:
    """Places that grow by a step along each axis."""
    result = np.zeros(tuple(shape), dtype=np.int64)
    for axis, step in enumerate(steps):
        result += step * np.arange(shape[axis]).reshape([-1 if k == axis else 1 for k in range(len(shape))])
    return result


# ---- rules -----------------------------------------------------------------------------------


def _itself(x: Any, *_: Any, **__: Any) -> Any:
    return x


def _padded(x: Tracer, pad: Sequence[int], value: float = 0) -> Tracer:
    pad_with_zeros = moved("constant_pad_nd")
    if value == 0:
        return pad_with_zeros(x, pad)
    inside = pad_with_zeros(creation.ones_like(x), pad)
    return elementwise.where(inside, pad_with_zeros(x, pad), value)


def _strided(name: str) -> Rule:
    """The rule of an operation on the memory in which a tensor lies."""

    def rule(*arguments: Any, in_order: bool, **options: Any) -> Any:
        if not in_order:
            raise NotLifted(f"{name}: of a tensor that does not lie in order in memory")
        return moved(name)(*arguments, **options)

    return rule


_MOVED = (
    "_unsafe_index _unsafe_view cat copy diag_embed diagonal diagonal_backward diagonal_copy diagonal_scatter expand "
    "flip index index_copy index_select masked_scatter masked_scatter_backward masked_select narrow_copy permute "
    "permute_copy repeat roll select select_backward select_scatter slice slice_backward slice_scatter split "
    "split_with_sizes squeeze stack t transpose tril triu unbind unbind_copy unfold unsqueeze view view_copy"
).split()

RULES: dict[str, Rule] = {
    **{name: moved(name) for name in _MOVED},
    **dict.fromkeys(("alias", "clone", "contiguous", "detach", "lift_fresh", "lift_fresh_copy"), _itself),
    **{name: _strided(name) for name in ("as_strided", "as_strided_copy", "as_strided_scatter")},
    "constant_pad_nd": _padded,
    "copy_": moved("copy"),  # what is left of writing into an argument
}
