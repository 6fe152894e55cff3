"""A closed form: the derivative of a traced function, as an expression."""

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


@dataclass(frozen=True, eq=False)
class ClosedForm:
    """The derivative of a function, as expressions of its arguments.

    Attributes:
        traced: the function.
        mode: R, the cotangent pulled back; F, the tangent pushed forward.
        entries: mode R: argument → gradient. Mode F: `output` → directional derivative.
            `None` where no path leads from the argument to the output.
        active: the nodes that depend on what is differentiated.
    """

    traced: Traced
    mode: str
    entries: Mapping[str, Node | None]
    active: frozenset[Node]


def derive_closed_form(traced: Traced, wrt: tuple[str, ...], mode: str, unit_cotangent: bool = False) -> ClosedForm:
    """Differentiate a traced function.

    Args:
        traced: the function.
        wrt: the arguments to differentiate with respect to.
        mode: R or F.
        unit_cotangent: the cotangent is one (in mode R): the gradient of a scalar, or of a sum.
    """
    inputs = tuple(traced.inputs[name] for name in wrt)
    if mode == "R":
        entries = dict(zip(wrt, _gradient(traced.output, inputs, unit_cotangent), strict=True))
    else:
        entries = {OUTPUT: _directional(traced.output, inputs)}
    active: frozenset[Node] = frozenset().union(
        *(derive.depends_on(entry, inputs) for entry in (traced.output, *entries.values()) if entry is not None)
    )
    return ClosedForm(traced, mode, entries, active)


# Expressions are shared and compared by identity, so a graph that was derived once is found again.


@lru_cache(maxsize=512)
def _gradient(output: Node, inputs: tuple[nodes.Input, ...], unit_cotangent: bool) -> tuple[Node | None, ...]:
    cotangent = nodes.filled(1, output.shape) if unit_cotangent else nodes.variable(COTANGENT, output.shape)
    return tuple(derive.pullback(output, cotangent, inputs).values())


@lru_cache(maxsize=512)
def _directional(output: Node, inputs: tuple[nodes.Input, ...]) -> Node | None:
    tangents: dict[Node, Node] = {node: nodes.variable(tangent_name(node.name), node.shape) for node in inputs}
    return derive.push_forward(output, tangents)
