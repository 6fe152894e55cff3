"""Kink arguments: the numbers at whose zeros a function takes another branch, or its domain ends.

A graph is evaluated in float64 at many points at once, a row for each. Every array has a leading
axis of that length, or of length one where it does not move.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import prod
from typing import Any

import numpy as np
import sympy as sp

from diffcheck.expression import derive, heads, nodes, numeric
from diffcheck.expression.evaluate import evaluate
from diffcheck.expression.functions import ScalarFunction
from diffcheck.expression.heads import SLOTS
from diffcheck.expression.nodes import Label, Node
from diffcheck.expression.scalar import fold
from diffcheck.expression.trace import Traced

Rows = np.ndarray
Note = Callable[[Rows], None]


@dataclass(frozen=True, eq=False)
class KinkArguments:
    """The kink arguments of a function at some points.

    Attributes:
        values: points × arguments; NaN where the function has branched off before.
        owners: argument → the primitive it belongs to, counted in the order of the program. The
            entries of one array belong to one primitive.
    """

    values: np.ndarray
    owners: np.ndarray


def kink_arguments(traced: Traced, wrt: tuple[str, ...], inputs: Mapping[str, Rows]) -> KinkArguments:
    """Evaluate the kink arguments that move with what is differentiated.

    Args:
        traced: the function.
        wrt: the arguments to differentiate with respect to.
        inputs: argument → its values, with a leading axis: a row for each point.
    """
    count = max(rows.shape[0] for rows in inputs.values())
    algebra = _RowAlgebra(_active(traced, wrt))
    known: dict[Node, Rows] = {}
    holds = np.ones((count, 1), dtype=bool)
    columns: list[np.ndarray] = []
    with np.errstate(all="ignore"):
        for condition, answer in (*traced.path, (traced.output, None)):
            [rows] = evaluate([condition], inputs, algebra, known)
            fresh = algebra.noted[len(columns) :]
            columns += [np.where(holds, kink.reshape(kink.shape[0], -1), np.nan) for kink in fresh]
            if answer is not None:
                holds &= np.broadcast_to(rows.reshape(-1, 1) == answer, holds.shape)
    owners = np.repeat(np.arange(len(columns)), [column.shape[1] for column in columns])
    return KinkArguments(np.hstack([np.empty((count, 0)), *columns]), owners)


@lru_cache(maxsize=64)
def _active(traced: Traced, wrt: tuple[str, ...]) -> frozenset[Node]:
    """The nodes that depend on what is differentiated, and on which more than frozen numbers depend."""
    moving = [traced.inputs[name] for name in wrt]
    outputs = [traced.output, *traced.conditions]
    depending = frozenset().union(*(derive.depends_on(output, moving) for output in outputs))
    reached = set(outputs)
    for node in reversed(nodes.topological(outputs)):
        if node in reached and not _is_frozen(node):
            reached.update(node.operands)
    return depending & reached


def _is_frozen(node: Node) -> bool:
    return isinstance(node, nodes.Map) and isinstance(node.scalar, heads.frozen)


class _RowAlgebra:
    """Evaluates nodes row by row, and notes the kink arguments of those that are active."""

    def __init__(self, active: frozenset[Node]) -> None:
        self.active = active
        self.noted: list[Rows] = []

    def note(self, kink: Rows) -> None:
        """Keep a kink argument, unless it is a number of the program (√2 is a power of 2)."""
        if np.ndim(kink) > 0:
            self.noted.append(kink)

    # ---- leaves ----

    def filled(self, node: nodes.Filled) -> Rows:
        return np.full((1, *node.shape), numeric.value(node.number, []), dtype=float)

    def constant(self, node: nodes.Constant) -> Rows:
        return np.asarray(node.values, dtype=float)[None]

    def delta(self, node: nodes.Delta) -> Rows:
        return np.eye(node.shape[0])[None]

    # ---- arithmetic ----

    def map(self, node: nodes.Map, arguments: Sequence[Rows]) -> Rows:
        rules = _NotingRules(self.note) if node in self.active else numeric.NumericRules()
        rows = max(argument.shape[0] for argument in arguments)
        value = fold(node.scalar, dict(zip(SLOTS, arguments, strict=False)), rules)
        return np.broadcast_to(value, (rows, *node.shape))

    def einsum(self, node: nodes.Einsum, factors: Sequence[Rows]) -> Rows:
        return _contracted(node, factors)

    # ---- rearranging ----

    def gather(self, node: nodes.Gather, source: Rows) -> Rows:
        flat = source.reshape(source.shape[0], -1)
        return np.pad(flat, ((0, 0), (0, 1)))[:, node.index.positions]

    def scatter(self, node: nodes.Scatter, source: Rows) -> Rows:
        flat = source.reshape(source.shape[0], -1)
        result = np.zeros((source.shape[0], prod(node.shape) + 1))
        np.add.at(result.T, node.index.positions.ravel(), flat.T)
        return result[:, :-1].reshape(-1, *node.shape)

    # ---- decisions ----

    def maximum(self, node: nodes.Maximum, source: Rows) -> Rows:
        if node in self.active:
            self.note(_leads(source, node.axes))
        return np.asarray(source.max(axis=tuple(axis + 1 for axis in node.axes)))

    def winner(self, node: nodes.Winner, source: Rows) -> Rows:
        best = source.max(axis=tuple(axis + 1 for axis in node.axes), keepdims=True)
        return np.asarray(source == best, dtype=float)

    def select(self, node: nodes.Select, condition: Rows, chosen: Rows, other: Rows) -> Rows:
        return np.where(condition > 0.5, chosen, other)


class _NotingRules(numeric.NumericRules):
    """The five rules, noting what kinked functions and those with an edge are applied to."""

    def __init__(self, note: Note) -> None:
        self.note = note

    def power(self, base: Any, exponent: sp.Rational) -> Any:
        if not exponent.is_Integer:
            self.note(base)
        return super().power(base, exponent)

    def call(self, row: ScalarFunction, arguments: list[Any]) -> Any:
        for sign in (row.kink, row.edge):
            if sign is not None:
                self.note(sign(*arguments))
        return super().call(row, arguments)


def _leads(source: Rows, axes: tuple[int, ...]) -> Rows:
    """How far each entry is ahead of the best of the others along some axes: zero where it ties for the lead."""
    last = tuple(range(-len(axes), 0))
    rows = np.moveaxis(source, [axis + 1 for axis in axes], last)
    rows = rows.reshape(*rows.shape[: rows.ndim - len(axes)], -1)
    if rows.shape[-1] == 1:
        return np.full_like(rows, np.inf)
    second, first = np.moveaxis(np.partition(rows, -2, axis=-1)[..., -2:], -1, 0)[..., None]
    return rows - np.where(rows == first, second, first)


def _contracted(node: nodes.Einsum, factors: Sequence[Rows]) -> Rows:
    """`numpy.einsum` with a label for the rows; labels that no factor carries repeat or count."""
    row: Label = max(node.size_of, default=-1) + 1
    listed: list[Any] = []
    for factor, (_, labels) in zip(factors, node.factors, strict=True):
        moves = factor.shape[0] > 1
        listed += [factor, [row, *labels]] if moves else [factor[0], list(labels)]
    carried = {label for labels in listed[1::2] for label in labels}
    result = np.einsum(*listed, [label for label in (row, *node.output) if label in carried])
    count = prod(size for label, size in node.sizes if label not in carried and label not in node.output)
    sizes = {**node.size_of, row: max(factor.shape[0] for factor in factors)}
    shape = [sizes[label] if label in carried else 1 for label in (row, *node.output)]
    return np.broadcast_to(result.reshape(shape) * count, [sizes[label] for label in (row, *node.output)])
