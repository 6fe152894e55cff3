"""An entry of a node in a few words: its formula, with `…` for what would make it too long."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import count

import sympy as sp

from diffcheck.expression import nodes, printing
from diffcheck.expression.indexed import Names, entry
from diffcheck.expression.nodes import Node

LONGEST = 60
"""Characters of an abbreviation: it stands inside a sentence."""

ELLIPSIS = "…"


def abbreviated(node: Node, index: Sequence[int], longest: int = LONGEST) -> str:
    """An entry of a node as text, in terms of what it is computed from, as far back as there is room.

    Args:
        node: with sizes that are numbers.
        index: of the entry.
        longest: characters that the text may have; the last step alone is written whatever its length,
            and cut at the end.

    Example:
        `exp(x[3])`, `Σ(w[0, i]*tanh(…), i=0..99)`
    """
    best = ""
    for depth in count(1):
        clipped = _Clipped()
        written = _written(clipped.to(node, depth), index)
        if best and len(written) > longest:
            return best
        best = written if len(written) <= longest else written[: longest - 1] + ELLIPSIS
        if len(written) > longest or not clipped.clips:
            return best
    raise AssertionError("a graph ends at its leaves")


def _written(node: Node, index: Sequence[int]) -> str:
    inputs = {inner.name for inner in nodes.topological([node]) if isinstance(inner, nodes.Input)}
    formula = entry(node, [sp.Integer(k) for k in index], Names(inputs))
    return re.sub(rf"{ELLIPSIS}\d+", ELLIPSIS, printing.text(formula))


class _Clipped:
    """Copies the last few steps of a graph; what lies before them becomes an ellipsis.

    Attributes:
        clips: how many ellipses there are.
    """

    def __init__(self) -> None:
        self.clips = 0

    def to(self, node: Node, depth: int) -> Node:
        """The last `depth` steps that lead to a node."""
        if not node.operands:
            return node
        if depth == 0:
            return self._ellipsis(node)
        below = [self.to(operand, depth - 1) for operand in node.operands]
        match node:
            case nodes.Map():
                return replace(node, arguments=tuple(below))
            case nodes.Einsum():
                labels = [own for _, own in node.factors]
                return replace(node, factors=tuple(zip(below, labels, strict=True)))
            case nodes.Maximum() | nodes.Winner() | nodes.Gather() | nodes.Scatter():
                return replace(node, source=below[0])
            case nodes.Select():
                return replace(node, condition=below[0], chosen=below[1], other=below[2])
        raise TypeError(f"no abbreviation of a {type(node).__name__} node")

    def _ellipsis(self, node: Node) -> Node:
        """Each ellipsis is a symbol of its own: SymPy would cancel equal ones."""
        self.clips += 1
        return nodes.Filled(node.shape, sp.Symbol(f"{ELLIPSIS}{self.clips}", real=True))
