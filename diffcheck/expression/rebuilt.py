"""The same operation on other operands, of the same shapes."""

from __future__ import annotations

from collections.abc import Sequence

from diffcheck.expression import nodes, sums
from diffcheck.expression.nodes import Node


def rebuilt(node: Node, operands: Sequence[Node]) -> Node:
    """A node with other operands; itself where they are the same."""
    if tuple(operands) == node.operands:
        return node
    match node:
        case nodes.Map():
            return nodes.mapped(node.scalar, *operands)
        case nodes.Einsum():
            factors = [(operand, labels) for operand, (_, labels) in zip(operands, node.factors, strict=True)]
            return sums.einsum(factors, node.output, node.size_of, in_blocks=node.in_blocks)
        case nodes.Maximum():
            return nodes.maximum(operands[0], node.axes)
        case nodes.Winner():
            return nodes.winner(operands[0], node.axes)
        case nodes.Gather():
            return nodes.gather(operands[0], node.index.positions)
        case nodes.Scatter():
            return nodes.scatter(operands[0], node.index.positions, node.shape)
        case nodes.Select():
            return nodes.select(*operands)
        case _:
            raise TypeError(f"no rule for a {type(node).__name__} node")
