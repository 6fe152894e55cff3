"""Tracing: run a function on arrays that are expression nodes, and keep the graph.

A `Tracer` answers `__array_namespace__` like any array of the array API standard, so a function
that is written for arrays runs on it unchanged.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

import numpy as np
import sympy as sp

from diffcheck.expression import nodes
from diffcheck.expression.heads import is_decided
from diffcheck.expression.nodes import Node, Shape
from diffcheck.expression.operators import Operators

Decide = Callable[[Node], bool]


class TraceError(TypeError):
    """The function does something a trace cannot follow; the message is one line."""


@dataclass(eq=False)
class Context:
    """What one trace knows.

    Attributes:
        decide: answers the truth value of a scalar condition at the point under test; `None`
            when tracing without a point.
        path: the conditions that were asked for, with their answers: the expression is the
            function's only as long as they hold.
        symbolic: sizes are SymPy symbols, because the expression is for reading.
        factorises: frameworks factorise a matrix where the expression multiplies it out.
    """

    decide: Decide | None = None
    path: list[tuple[Node, bool]] = field(default_factory=list)
    symbolic: bool = False
    factorises: bool = False


@dataclass(frozen=True, eq=False)
class Traced:
    """A function as an expression.

    Attributes:
        output: the function's output.
        inputs: argument → its input node, for arguments that are not static.
        path: the conditions under which this is the function.
        factorises: frameworks factorise a matrix where this multiplies it out: they round otherwise.
    """

    output: Node
    inputs: Mapping[str, nodes.Input]
    path: tuple[tuple[Node, bool], ...] = ()
    factorises: bool = False

    @property
    def conditions(self) -> list[Node]:
        """The conditions of the path, whichever way they were answered."""
        return [condition for condition, _ in self.path]


def trace(
    function: Callable[..., Any],
    shapes: Mapping[str, Sequence[nodes.Size]],
    static: Mapping[str, np.ndarray] | None = None,
    decide: Decide | None = None,
) -> Traced:
    """Run a function on tracers.

    Args:
        function: arrays in (by name), one array out.
        shapes: argument → shape; SymPy symbols as sizes give an expression for reading.
        static: arguments that are constants of the function (indices, labels).
        decide: the truth value of a condition at the point under test; needed where the
            function branches on its data.

    Raises:
        TraceError: the output is not one array of numbers, or the function branches on its
            data and no point was given.
        NotCovered: the function calls something that has no rule; the message names it.
    """
    inputs = {name: nodes.variable(name, shape) for name, shape in shapes.items()}
    symbolic = any(isinstance(size, sp.Basic) for shape in shapes.values() for size in shape)
    context = Context(decide=decide, symbolic=symbolic)
    arguments = {name: Tracer(node, context) for name, node in inputs.items()}
    result = function(**arguments, **(static or {}))
    return Traced(_output_node(result), inputs, tuple(context.path), context.factorises)


def _output_node(result: Any) -> Node:
    if isinstance(result, Tracer):
        if result.is_condition:
            raise TraceError("the function returns truth values; a derivative needs numbers")
        return result.node
    if isinstance(result, (tuple, list, dict)):
        raise TraceError(f"the function returns a {type(result).__name__}; return one array")
    if isinstance(result, (int, float, np.ndarray, np.number)):
        return nodes.constant(np.asarray(result, dtype=float))
    raise TraceError(f"the function returns a {type(result).__name__}; return one array")


class Tracer(Operators):
    """An array of the array API standard whose content is an expression node."""

    def __init__(self, node: Node, context: Context, is_condition: bool = False) -> None:
        self.node = node
        self.context = context
        self.is_condition = is_condition

    def __array_namespace__(self, api_version: str | None = None) -> ModuleType:
        from diffcheck.expression import array_api

        return array_api

    @property
    def shape(self) -> Shape:
        """The array's sizes."""
        return self.node.shape

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self.node.shape)

    @property
    def size(self) -> Any:
        """The number of entries."""
        product: Any = 1
        for size in self.node.shape:
            product = product * size
        return product

    @property
    def dtype(self) -> type:
        """A stand-in: expressions hold exact numbers."""
        return bool if self.is_condition else float

    @property
    def device(self) -> str:
        """A stand-in."""
        return "cpu"

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        raise AttributeError(f"arrays of the array API have no .{name}; write array_namespace(x).{name}(x)")

    def __len__(self) -> int:
        return int(self.node.shape[0])

    def __iter__(self) -> Any:
        return (self[k] for k in range(len(self)))

    def __repr__(self) -> str:
        return f"Tracer(shape={self.shape})"

    def __bool__(self) -> bool:
        if self.node.shape not in ((), (1,)):
            raise TraceError("the truth value of an array with several entries is not one answer")
        if isinstance(self.node, nodes.Filled) and is_decided(self.node.number):
            return bool(self.node.number != 0)
        if self.context.decide is None:
            raise TraceError("the function branches on its data; trace it at a point")
        condition = self if self.is_condition else self != 0
        answer = self.context.decide(condition.node)
        self.context.path.append((condition.node, answer))
        return answer

    def __float__(self) -> float:
        raise TraceError(
            "a plain number has no derivative: keep arrays arrays, and write array_namespace(x).exp(x) for math.exp(x)"
        )

    __int__ = __index__ = __complex__ = __float__
