"""Still: roots of what is zero and stays zero wherever the arguments move, as √((x − x)²).

The chain rule says 0/0 there, at every point around, too, so that no limit says more: the standard
deviation of one number, the distance of a point to itself among all distances of pairs. Such a root
is held as the zero that it is, if it is computed without an error: beside zero it would be steep.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np
from flint import arb

from diffcheck.expression import derive, nodes
from diffcheck.expression.closed_form import tangent_name
from diffcheck.expression.evaluate import evaluate
from diffcheck.expression.nodes import Node
from diffcheck.expression.rebuilt import rebuilt
from diffcheck.expression.roots import argument_of_root
from diffcheck.expression.trace import Traced
from diffcheck.reference.ball import BallAlgebra, exact_balls
from diffcheck.reference.precision import precision
from diffcheck.reference.rounded import Arithmetic
from diffcheck.reference.rounding import propagate

Balls = np.ndarray

_BITS = 256

# Around the point: further than any step towards it is taken from.
_AROUND = 2.0**-200


def held_still(traced: Traced, inputs: Mapping[str, np.ndarray], wrt: tuple[str, ...], dtype: np.dtype) -> Traced:
    """The function with its still roots held; itself where there are none.

    Args:
        traced: the function.
        inputs: every input of the expression, exact.
        wrt: the arguments that move.
        dtype: the dtype under test.
    """
    held: dict[Node, Node] = {}
    for node in nodes.topological([traced.output]):
        held[node] = rebuilt(node, [held[operand] for operand in node.operands])
        if (argument := argument_of_root(held[node])) is not None:
            [rounded], _ = propagate([argument], inputs, Arithmetic.of(dtype))
            still = _still_zeros(argument, traced, inputs, wrt) & (rounded.worst == 0)
            if still.any():
                held[node] = nodes.select(nodes.constant(still), nodes.filled(0, node.shape), held[node])
    output = held[traced.output]
    return traced if output is traced.output else replace(traced, output=output)


def _still_zeros(node: Node, traced: Traced, inputs: Mapping[str, np.ndarray], wrt: tuple[str, ...]) -> np.ndarray:
    """The entries that are zero at the point, and whose slope is zero all around it.

    Along a direction without a pattern: by chance a slope that is not zero everywhere is exactly zero
    along it no more often than once in 2⁵⁰ times.
    """
    moving = [traced.inputs[name] for name in wrt]
    tangents: dict[Node, Node] = {each: nodes.variable(tangent_name(each.name), each.shape) for each in moving}
    slope = derive.push_forward(node, tangents)
    with precision(_BITS):
        exact = {name: exact_balls(values) for name, values in inputs.items()}
        [value] = evaluate([node], exact, BallAlgebra())
        is_zero = _zeros(value)
        if slope is None or not is_zero.any():
            return is_zero
        around = {name: balls + arb(0, _AROUND) if name in wrt else balls for name, balls in exact.items()}
        [found] = evaluate([slope], {**around, **dict(_without_pattern(moving))}, BallAlgebra())
    return is_zero & _zeros(found)


def _without_pattern(moving: list[nodes.Input]) -> Iterator[tuple[str, Balls]]:
    random = np.random.default_rng(0)
    for argument in moving:
        yield tangent_name(argument.name), exact_balls(random.uniform(0.5, 1.0, argument.shape))


def _zeros(balls: Balls) -> np.ndarray:
    return np.asarray(np.frompyfunc(arb.is_zero, 1, 1)(balls), dtype=bool)
