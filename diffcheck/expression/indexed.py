"""One entry of a node as a SymPy expression of indexed symbols and sums."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import sympy as sp

from diffcheck.expression import nodes
from diffcheck.expression.explicit import choose
from diffcheck.expression.heads import SLOTS
from diffcheck.expression.nodes import Node, Size

_LETTERS = "ijklpqrstuvwabcdefgh"


class largest(sp.Function):
    """largest(term, index): the largest term over all values of an index"""


class same(sp.Function):
    """same(x, y): 1 where x is y, else 0"""


class position(sp.Function):
    """position(i, j, …): a static table of positions that no formula describes"""


class Names:
    """Hands out index letters that no argument or dimension is called by."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self._taken = frozenset(taken)
        self._fresh = self._all()

    def _all(self) -> Iterator[sp.Symbol]:
        for suffix in ("", "1", "2", "3", "4", "5", "6", "7", "8", "9"):
            for letter in _LETTERS:
                if letter + suffix not in self._taken:
                    yield sp.Symbol(letter + suffix, integer=True)

    def next(self) -> sp.Symbol:
        """A letter that was not used yet."""
        return next(self._fresh)

    def several(self, count: int) -> tuple[sp.Symbol, ...]:
        """Some letters that were not used yet."""
        return tuple(self.next() for _ in range(count))


Index = Sequence[sp.Expr]


def entry(node: Node, index: Index, names: Names) -> sp.Expr:
    """The entry of a node at an index, as a formula."""
    match node:
        case nodes.Input():
            return sp.IndexedBase(node.name, real=True)[tuple(index)] if index else sp.Symbol(node.name, real=True)
        case nodes.Filled():
            return node.number
        case nodes.Constant():
            return _constant(node, index)
        case nodes.Delta():
            return sp.KroneckerDelta(*index)
        case nodes.Map():
            return node.scalar.xreplace({SLOTS[k]: entry(a, index, names) for k, a in enumerate(node.arguments)})
        case nodes.Einsum():
            return _sum(node, index, names)
        case nodes.Maximum():
            return _largest(node, index, names)
        case nodes.Winner():
            kept = [letter for axis, letter in enumerate(index) if axis not in node.axes]
            best = _largest(nodes.maximum(node.source, node.axes), kept, names)
            return same(entry(node.source, index, names), best)
        case nodes.Gather():
            return _gathered(node, index, names)
        case nodes.Scatter():
            return _scattered(node, index, names)
        case nodes.Select():
            return choose(*(entry(operand, index, names) for operand in node.operands))
    raise TypeError(f"no formula for a {type(node).__name__} node")


def _constant(node: nodes.Constant, index: Index) -> sp.Expr:
    if all(letter.is_Integer for letter in index):
        return nodes.exact(node.values[tuple(int(letter) for letter in index)])
    return sp.IndexedBase("constant", real=True)[tuple(index)]


def _sum(node: nodes.Einsum, index: Index, names: Names) -> sp.Expr:
    letters: dict[int, sp.Expr] = dict(zip(node.output, index, strict=True))
    limits = []
    sizes = node.size_of
    for label in node.summed:
        letters[label] = sp.Integer(0) if sizes[label] == 1 else names.next()
        if sizes[label] != 1:
            limits.append((letters[label], 0, sizes[label] - 1))
    term = sp.Mul(*[entry(factor, [letters[label] for label in own], names) for factor, own in node.factors])
    return sp.Sum(term, *limits) if limits else term


def _largest(node: Node, index: Index, names: Names) -> sp.Expr:
    if not isinstance(node, nodes.Maximum):
        return entry(node, index, names)
    rest = iter(index)
    letters = [names.next() if axis in node.axes else next(rest) for axis in range(len(node.source.shape))]
    return largest(entry(node.source, letters, names), *[letters[axis] for axis in node.axes])


def _gathered(node: nodes.Gather, index: Index, names: Names) -> sp.Expr:
    if all(letter.is_Integer for letter in index):
        flat = int(node.index.positions[tuple(int(letter) for letter in index)])
        if flat < 0:
            return sp.Integer(0)
        return entry(node.source, [sp.Integer(int(k)) for k in np.unravel_index(flat, node.source.shape)], names)
    source = affine_index(node.index.positions, node.source.shape, index)
    if source is None:
        return sp.IndexedBase(sp.Symbol("gathered", real=True), real=True)[position(*index)]
    return entry(node.source, source, names)


def _scattered(node: nodes.Scatter, index: Index, names: Names) -> sp.Expr:
    """The sum over everything that lands here."""
    letters = names.several(node.index.positions.ndim)
    landing = affine_index(node.index.positions, node.shape, letters)
    limits = [(letter, 0, size - 1) for letter, size in zip(letters, node.index.positions.shape, strict=True)]
    inner = entry(node.source, letters, names)
    if landing is None:
        landing = [position(*letters)]
        index = index[:1]
    term = inner * sp.Mul(*[sp.KroneckerDelta(here, there) for here, there in zip(index, landing, strict=False)])
    return sp.Sum(term, *limits) if limits else term


def affine_index(positions: np.ndarray, shape: Sequence[Size], index: Index) -> list[sp.Expr] | None:
    """The source index as integers plus multiples of the letters, if positions are of that kind."""
    if positions.size == 0 or (positions < 0).any() or not all(isinstance(size, int) for size in shape):
        return None
    coordinates = np.unravel_index(positions, tuple(shape))
    result = []
    for coordinate in coordinates:
        fitted = _affine(np.asarray(coordinate), index)
        if fitted is None:
            return None
        result.append(fitted)
    return result


def _affine(coordinate: np.ndarray, index: Index) -> sp.Expr | None:
    origin = (0,) * coordinate.ndim
    start = int(coordinate[origin])
    steps = []
    for axis in range(coordinate.ndim):
        beside = tuple(1 if k == axis else 0 for k in range(coordinate.ndim))
        steps.append(int(coordinate[beside]) - start if coordinate.shape[axis] > 1 else 0)
    grid = np.indices(coordinate.shape) if coordinate.ndim else np.zeros((0,))
    fitted = start + sum((step * grid[axis] for axis, step in enumerate(steps)), np.zeros_like(coordinate))
    if not (fitted == coordinate).all():
        return None
    return sp.Integer(start) + sum((step * letter for step, letter in zip(steps, index, strict=True)), sp.Integer(0))


def letters_for(node: Node, names: Names) -> tuple[sp.Expr, ...]:
    """One letter for each axis of a node; 0 along axes of size one."""
    return tuple(sp.Integer(0) if size == 1 else names.next() for size in node.shape)
