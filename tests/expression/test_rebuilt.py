"""A graph on other operands computes the same function of them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from diffcheck.expression import nodes, sums
from diffcheck.expression.heads import SLOTS
from diffcheck.expression.nodes import Node
from diffcheck.expression.rebuilt import rebuilt

X, Y = nodes.variable("x", (3,)), nodes.variable("y", (3,))
POSITIONS = np.array([2, 0, -1])
KINDS: tuple[Callable[[Node], Node], ...] = (
    lambda x: nodes.mapped(SLOTS[0] ** 2, x),
    lambda x: nodes.mapped(SLOTS[0] * SLOTS[1], x, nodes.mapped(SLOTS[0] ** 2, x)),
    lambda x: sums.einsum([(x, [0]), (x, [0])], []),
    lambda x: nodes.maximum(x, (0,)),
    lambda x: nodes.winner(x, (0,)),
    lambda x: nodes.gather(x, POSITIONS),
    lambda x: nodes.scatter(x, POSITIONS, (4,)),
    lambda x: nodes.select(nodes.constant(np.array([1, 0, 1])), x, nodes.filled(0, (3,))),
)


@pytest.mark.parametrize("make", KINDS)
def test_a_rebuilt_graph_is_the_one_that_was_built_on_the_other_operands(
    make: Callable[[Node], Node],
) -> None:
    """Equal graphs are one object; on its own operands a node is itself."""
    built: dict[Node, Node] = {X: Y}
    for node in nodes.topological([make(X)]):
        assert rebuilt(node, node.operands) is node
        if node is not X:
            built[node] = rebuilt(node, [built[operand] for operand in node.operands])
    assert built[make(X)] is make(Y)
