"""The node kinds of an expression: immutable, shared, and closed under differentiation.

An expression is a directed acyclic graph. Two nodes with the same content are the same object
(hash-consing), so common subexpressions cost nothing and a node can serve as a cache key.
Sizes are integers, or SymPy symbols when a function is traced for printing.

Build nodes with the functions at the end of this file (`mapped`, `einsum`, …), which drop what
is exact and changes no rounding (views, factors of one); never with the classes.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from weakref import WeakValueDictionary

import numpy as np
import sympy as sp

from diffcheck.expression.heads import SLOTS, is_decided

Size = Any  # an int, or a SymPy symbol
Shape = tuple[Size, ...]
Label = int


@dataclass(frozen=True, eq=False)
class Node:
    """An array of real numbers (or of truth values, as 0 and 1)."""

    shape: Shape

    @property
    def operands(self) -> tuple[Node, ...]:
        """The nodes this one is computed from."""
        return ()


@dataclass(frozen=True, eq=False)
class Input(Node):
    """An argument of the function, a cotangent or a tangent."""

    name: str


@dataclass(frozen=True, eq=False)
class Filled(Node):
    """One exact number in every entry."""

    number: sp.Expr


@dataclass(frozen=True, eq=False)
class Constant(Node):
    """An array of exact dyadic numbers that the function brings along."""

    values: np.ndarray


@dataclass(frozen=True, eq=False)
class Delta(Node):
    """The Kronecker delta: the identity matrix."""


@dataclass(frozen=True, eq=False)
class Map(Node):
    """One SymPy scalar expression of the slots a0, a1, …, applied entry by entry."""

    scalar: sp.Expr
    arguments: tuple[Node, ...]

    @property
    def operands(self) -> tuple[Node, ...]:
        return self.arguments


@dataclass(frozen=True, eq=False)
class Einsum(Node):
    """A sum of products: labels not in `output` are summed.

    A label that no operand carries repeats the entries along an output axis (a broadcast) or,
    summed, counts them. A framework's own sum adds up `in_blocks`, and is rounded less than one that
    adds one term after another; its value is the same.
    """

    factors: tuple[tuple[Node, tuple[Label, ...]], ...]
    output: tuple[Label, ...]
    sizes: tuple[tuple[Label, Size], ...]
    in_blocks: bool = False

    @property
    def operands(self) -> tuple[Node, ...]:
        return tuple(node for node, _ in self.factors)

    @property
    def size_of(self) -> dict[Label, Size]:
        """Label → size."""
        return dict(self.sizes)

    @property
    def summed(self) -> tuple[Label, ...]:
        """The labels that are summed over."""
        return tuple(label for label, _ in self.sizes if label not in self.output)

    @property
    def is_view(self) -> bool:
        """Whether this only rearranges or repeats entries, which is exact."""
        if len(self.factors) != 1:
            return False
        labels = self.factors[0][1]
        sizes = self.size_of
        return len(set(labels)) == len(labels) and all(sizes[label] == 1 for label in self.summed)


@dataclass(frozen=True, eq=False)
class Maximum(Node):
    """The largest entry along some axes, which are dropped."""

    source: Node
    axes: tuple[int, ...]

    @property
    def operands(self) -> tuple[Node, ...]:
        return (self.source,)


@dataclass(frozen=True, eq=False)
class Winner(Node):
    """One where an entry is the largest along some axes, zero elsewhere; an interval at a tie."""

    source: Node
    axes: tuple[int, ...]

    @property
    def operands(self) -> tuple[Node, ...]:
        return (self.source,)


class StaticIndex:
    """An array of flat positions that is known while tracing; −1 means the number zero."""

    def __init__(self, positions: np.ndarray) -> None:
        self.positions = np.array(positions, dtype=np.int64, order="C")
        self.positions.setflags(write=False)
        self._key = (self.positions.shape, self.positions.tobytes())

    def __hash__(self) -> int:
        return hash(self._key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, StaticIndex) and self._key == other._key


@dataclass(frozen=True, eq=False)
class Gather(Node):
    """The entries of a source at static flat positions: slices, pads, flips, windows."""

    source: Node
    index: StaticIndex

    @property
    def operands(self) -> tuple[Node, ...]:
        return (self.source,)


@dataclass(frozen=True, eq=False)
class Scatter(Node):
    """The adjoint of a gather: entries are added up at static flat positions."""

    source: Node
    index: StaticIndex

    @property
    def operands(self) -> tuple[Node, ...]:
        return (self.source,)


@dataclass(frozen=True, eq=False)
class Select(Node):
    """`chosen` where a condition holds, `other` elsewhere; what is not selected has no effect."""

    condition: Node
    chosen: Node
    other: Node

    @property
    def operands(self) -> tuple[Node, ...]:
        return (self.condition, self.chosen, self.other)


# ---- sharing ---------------------------------------------------------------------------------

_pool: WeakValueDictionary[Any, Node] = WeakValueDictionary()


def interned(kind: type[Node], shape: Shape, *fields: Any, key: Any = None) -> Any:
    """The one node with this content: the existing one, or a new one."""
    identity = (kind, shape, fields if key is None else key)
    node = _pool.get(identity)
    if node is None:
        node = kind(shape, *fields)
        _pool[identity] = node
    return node


# ---- building --------------------------------------------------------------------------------


def variable(name: str, shape: Sequence[Size]) -> Input:
    """An input of this name and shape."""
    return interned(Input, tuple(shape), name)


def filled(number: Any, shape: Sequence[Size] = ()) -> Filled:
    """An array with one exact number in every entry."""
    return interned(Filled, tuple(shape), exact(number))


def constant(values: np.ndarray) -> Node:
    """An array that is known while tracing; a uniform one becomes `Filled`."""
    values = np.array(values, order="C")
    if values.dtype.kind == "b":
        values = values.astype(np.int64)
    if values.size and (values == values.flat[0]).all():
        return filled(values.flat[0].item(), values.shape)
    values.setflags(write=False)
    key = (values.dtype.str, values.tobytes())
    return interned(Constant, values.shape, values, key=key)


def delta(size: Size) -> Delta:
    """The identity matrix."""
    return interned(Delta, (size, size))


def exact(number: Any) -> sp.Expr:
    """A Python or NumPy number as the SymPy number it exactly is."""
    if isinstance(number, sp.Float):
        return exact(float(number))
    if isinstance(number, sp.Basic):
        return number.xreplace({part: exact(float(part)) for part in number.atoms(sp.Float)})
    if isinstance(number, (bool, int, np.integer, np.bool_)):
        return sp.Integer(int(number))
    value = float(number)
    if math.isnan(value):
        return sp.nan
    if math.isinf(value):
        return sp.oo if value > 0 else -sp.oo
    return sp.Rational(*value.as_integer_ratio())


def mapped(scalar: sp.Expr, *arguments: Node) -> Node:
    """Apply a scalar expression of the slots to operands of one shape, entry by entry."""
    shape = arguments[0].shape
    scalar = _with_numbers(scalar, arguments)
    free = [k for k in range(len(arguments)) if SLOTS[k] in scalar.free_symbols]
    used = list(dict.fromkeys(arguments[k] for k in free))
    shared = scalar.xreplace({SLOTS[k]: SLOTS[used.index(arguments[k])] for k in free})
    if len(shared.free_symbols) < len(used) or (len(used) < len(free) and scalar.has(sp.Function)):
        # SymPy cancels an operand with itself (x/x → 1, and in a derivative what is left of
        # atan2(x, x)), and with it a hole in the domain and every rounding.
        used = [arguments[k] for k in free]
        shared = scalar.xreplace({SLOTS[k]: SLOTS[j] for j, k in enumerate(free)})
    if not used:
        return filled(scalar, shape)
    if shared == SLOTS[0]:
        return used[0]
    return interned(Map, shape, shared, tuple(used))


def _with_numbers(scalar: sp.Expr, arguments: Sequence[Node]) -> sp.Expr:
    """Put the numbers of uniform operands in, unless SymPy would make of it what no float is.

    A pole or a complex number (1/0, √−1) stays to be evaluated, and ∞ does not swallow an operand.
    """
    numbers = {SLOTS[k]: node.number for k, node in enumerate(arguments) if isinstance(node, Filled)}
    folded = scalar.xreplace(numbers)
    if folded.has(sp.zoo, sp.nan, sp.I):
        return scalar
    if folded.has(sp.oo, -sp.oo) and len(numbers) < len(arguments):
        return scalar
    return folded


def maximum(source: Node, axes: Iterable[int]) -> Node:
    """The largest entry along some axes."""
    axes = tuple(sorted(axes))
    if not axes:
        return source
    shape = tuple(size for axis, size in enumerate(source.shape) if axis not in axes)
    return interned(Maximum, shape, source, axes)


def winner(source: Node, axes: Iterable[int]) -> Node:
    """Where the largest entry along some axes is."""
    return interned(Winner, source.shape, source, tuple(sorted(axes)))


def gather(source: Node, positions: np.ndarray) -> Node:
    """The entries of `source` at flat positions; −1 gives zero."""
    if isinstance(source, Filled) and (positions >= 0).all():
        return filled(source.number, positions.shape)
    if isinstance(source, Gather):
        inner = np.append(source.index.positions.ravel(), -1)
        return gather(source.source, inner[positions])
    if positions.shape == source.shape and (positions.ravel() == np.arange(positions.size)).all():
        return source
    return interned(Gather, positions.shape, source, StaticIndex(positions))


def scatter(source: Node, positions: np.ndarray, shape: Sequence[int]) -> Node:
    """Add the entries of `source` up at flat positions of an array of zeros; −1 drops them."""
    return interned(Scatter, tuple(shape), source, StaticIndex(positions))


def select(condition: Node, chosen: Node, other: Node) -> Node:
    """`chosen` where `condition` is one, `other` elsewhere; a constant condition chooses now."""
    if isinstance(condition, Filled) and is_decided(condition.number):
        return chosen if condition.number != 0 else other
    if chosen is other:
        return chosen
    return interned(Select, condition.shape, condition, chosen, other)


def positions_of(shape: Sequence[int]) -> np.ndarray:
    """The flat position of every entry of an array of this shape."""
    return np.arange(int(np.prod(shape, initial=1))).reshape(tuple(shape))


# ---- order -----------------------------------------------------------------------------------


def topological(outputs: Iterable[Node]) -> list[Node]:
    """Every node below some outputs, operands first. Iterative: graphs may be deep."""
    seen: set[Node] = set()
    order: list[Node] = []
    stack = [(node, False) for node in reversed(list(outputs))]
    while stack:
        node, finished = stack.pop()
        if finished:
            order.append(node)
        elif node not in seen:
            seen.add(node)
            stack.append((node, True))
            stack.extend((operand, False) for operand in reversed(node.operands) if operand not in seen)
    return order
