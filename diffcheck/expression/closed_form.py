"""A closed form: the derivative of a traced function, as an expression.

Above order 1 the derivative is taken along the tangents again. Whichever way a mode goes, its word
asks one of two things: with an R, the gradient's derivative (of order 2 a Hessian times the tangent);
without, the derivatives of the function itself along the tangent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from diffcheck.expression import derive, nodes
from diffcheck.expression.nodes import Node
from diffcheck.expression.trace import Traced

COTANGENT = "the cotangent"  # no name that an argument can have
OUTPUT = "output"


def tangent_name(argument: str) -> str:
    """The input that holds the tangent of an argument."""
    return f"tangent of {argument}"


def question(mode: str) -> str:
    """What a mode asks for, as the word of the mode that stands for all that ask for it: RR, RF and FR ask for FR."""
    return "F" * (len(mode) - 1) + ("R" if "R" in mode else "F")


@dataclass(frozen=True, eq=False)
class ClosedForm:
    """The derivative of a function, as expressions of its arguments.

    Attributes:
        traced: the function.
        mode: R, the cotangent pulled back; F, the tangent pushed forward; longer words for higher orders.
        entries: modes with an R: argument → gradient, or its derivative along the tangent. Others:
            `output` → directional derivative. `None` where no path leads from the argument to the output.
        lower: the same of every lower order, from the first.
        active: the nodes that depend on what is differentiated.
    """

    traced: Traced
    mode: str
    entries: Mapping[str, Node | None]
    lower: tuple[Mapping[str, Node | None], ...]
    active: frozenset[Node]

    @property
    def order(self) -> int:
        """How often the function is differentiated."""
        return len(self.mode)

    @property
    def reached(self) -> dict[str, Node]:
        """The entries to which a path leads; the others are zero by construction."""
        return {name: node for name, node in self.entries.items() if node is not None}


def derive_closed_form(traced: Traced, wrt: tuple[str, ...], mode: str, unit_cotangent: bool = False) -> ClosedForm:
    """Differentiate a traced function.

    Args:
        traced: the function.
        wrt: the arguments to differentiate with respect to.
        mode: a word over R and F; its length is the order.
        unit_cotangent: the cotangent is one (in modes with an R): the gradient of a scalar, or of a sum.
    """
    inputs = tuple(traced.inputs[name] for name in wrt)
    orders: list[Mapping[str, Node | None]] = [{OUTPUT: along_tangents(traced.output, inputs)}]
    if "R" in mode:
        orders = [dict(zip(wrt, _gradient(traced.output, inputs, unit_cotangent), strict=True))]
    for _ in mode[1:]:
        orders.append(_pushed(orders[-1], inputs))
    *lower, entries = orders
    graphs = [traced.output, *(node for order in orders for node in order.values() if node is not None)]
    active = frozenset[Node]().union(*(derive.depends_on(graph, inputs) for graph in graphs))
    return ClosedForm(traced, mode, entries, tuple(lower), active)


def _pushed(entries: Mapping[str, Node | None], inputs: tuple[nodes.Input, ...]) -> dict[str, Node | None]:
    return {name: None if node is None else along_tangents(node, inputs) for name, node in entries.items()}


# Expressions are shared and compared by identity, so a graph that was derived once is found again.


@lru_cache(maxsize=512)
def _gradient(output: Node, inputs: tuple[nodes.Input, ...], unit_cotangent: bool) -> tuple[Node | None, ...]:
    cotangent = nodes.filled(1, output.shape) if unit_cotangent else nodes.variable(COTANGENT, output.shape)
    return tuple(derive.pullback(output, cotangent, inputs).values())


@lru_cache(maxsize=512)
def along_tangents(node: Node, inputs: tuple[nodes.Input, ...]) -> Node | None:
    """The derivative of a node where some inputs move along their tangents; `None` if it has none."""
    tangents: dict[Node, Node] = {node: nodes.variable(tangent_name(node.name), node.shape) for node in inputs}
    return derive.push_forward(node, tangents)
