"""A jaxpr as nodes: equation after equation, calls and loops written out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from diffcheck.dtype import limits
from diffcheck.expression.nodes import Node
from diffcheck.lift import (
    jaxpr_bits,
    jaxpr_comparison,
    jaxpr_control,
    jaxpr_elementwise,
    jaxpr_factorisation,
    jaxpr_indexing,
    jaxpr_order,
    jaxpr_rearrangement,
    jaxpr_sums,
    jaxpr_windows,
)
from diffcheck.lift.jaxpr_known import NUMPY, Key, Value, aval, by_jax, is_key, is_known, node_of
from diffcheck.lift.program import NotLifted

if TYPE_CHECKING:
    from jax.extend.core import ClosedJaxpr, Jaxpr, JaxprEqn

MOST_OPERATIONS = 20_000
"""Loops are written out up to so many operations."""

LARGEST_WRITTEN = 1e30
"""Where a dtype ends before, as float16 does, an infinity may be any number beyond that somebody wrote."""

_ORDERING = frozenset(("max", "min", "eq", "ne", "lt", "le", "gt", "ge"))

_FAMILIES = (
    jaxpr_bits,
    jaxpr_comparison,
    jaxpr_elementwise,
    jaxpr_factorisation,
    jaxpr_indexing,
    jaxpr_order,
    jaxpr_rearrangement,
    jaxpr_sums,
    jaxpr_windows,
)
_RULES: dict[str, Callable[..., Any]] = {name: rule for family in _FAMILIES for name, rule in family.RULES.items()}


def lift_jaxpr(jaxpr: ClosedJaxpr, operands: Sequence[Node], dtype: np.dtype) -> list[Node]:
    """The outputs of a jaxpr as nodes.

    Args:
        jaxpr: what ran.
        operands: its inputs.
        dtype: the dtype under test; a program that computes more coarsely is not lifted.

    Raises:
        NotLifted: the message names the first primitive without a rule, and its line of source.
    """
    interpreter = Interpreter(dtype)
    return [node_of(value) for value in interpreter.run(jaxpr, operands)]


class Interpreter:
    """One walk through a jaxpr and all that it calls."""

    def __init__(self, dtype: np.dtype) -> None:
        self.dtype = dtype
        self.operations = 0

    def run(self, called: ClosedJaxpr | Jaxpr, operands: Iterable[Value]) -> list[Value]:
        """The outputs of a jaxpr, open or closed."""
        closed: Any = called
        jaxpr: Jaxpr = getattr(closed, "jaxpr", closed)
        constants = getattr(closed, "consts", ())
        known: dict[Any, Value] = {}
        for variable, constant in zip(jaxpr.constvars, constants, strict=True):
            known[variable] = self._constant(constant)
        known.update(zip(jaxpr.invars, operands, strict=True))
        for equation in _live(jaxpr):
            orders = equation.primitive.name in _ORDERING
            results = self._results(equation, [self._read(atom, known, orders) for atom in equation.invars])
            known.update(zip(equation.outvars, results, strict=True))
        return [self._read(atom, known) for atom in jaxpr.outvars]

    def _read(self, atom: Any, known: Mapping[Any, Value], orders: bool = False) -> Value:
        if hasattr(atom, "val"):
            return self._constant(np.asarray(atom.val, atom.aval.dtype), orders)
        return known[atom]

    def _constant(self, values: Any, orders: bool = False) -> Value:
        """An array that the program brings along: whole numbers and truth values stay known.

        Where it is only put in order with numbers of the dtype, all that is beyond them is one.
        """
        if is_key(values.dtype):
            return Key(tuple(values.shape), values)
        self._check(values.dtype, "a constant")
        array = np.asarray(values)
        if array.dtype.kind in "biu":
            return array
        if not orders and np.isinf(array).any() and limits(self.dtype).largest < LARGEST_WRITTEN:
            raise NotLifted(f"the program holds an infinity, which may be any number beyond {self.dtype}")
        return node_of(array)

    def _results(self, equation: JaxprEqn, operands: list[Value]) -> Sequence[Value]:
        try:
            return self._applied(equation, operands)
        except _Located:
            raise
        except NotLifted as reason:
            raise _Located(f"{reason}{_line(equation)}") from None

    def _applied(self, equation: JaxprEqn, operands: list[Value]) -> Sequence[Value]:
        name = equation.primitive.name
        if name in jaxpr_control.RULES:
            return jaxpr_control.RULES[name](self.run, equation, *operands)
        self.operations += 1
        if self.operations > MOST_OPERATIONS:
            raise NotLifted(f"the program has more than {MOST_OPERATIONS:,} operations")
        if is_known(equation, operands):
            return _folded(equation, operands)
        for variable in equation.outvars:
            self._check(aval(variable).dtype, name)
        results = _apply(equation, operands)
        return results if isinstance(results, (list, tuple)) else [results]

    def _check(self, dtype: Any, name: str) -> None:
        """Refuse what the expression's numbers do not stand for."""
        from jax.numpy import finfo, issubdtype

        if is_key(dtype) or issubdtype(dtype, np.complexfloating):
            raise NotLifted(f"jax {name} computes in {dtype}")
        if issubdtype(dtype, np.floating) and finfo(dtype).eps > finfo(self.dtype).eps:
            raise NotLifted(f"jax {name} computes in {dtype}, which is coarser than {self.dtype}")


class _Located(NotLifted):
    """A reason that names its line of source already."""


def _folded(equation: JaxprEqn, operands: list[Value]) -> Sequence[Value]:
    """One primitive of what is known: in NumPy, or by jax itself."""
    name = equation.primitive.name
    if name not in NUMPY or not all(isinstance(x, np.ndarray) and x.dtype.kind in "biu" for x in operands):
        return by_jax(equation, operands)
    return [NUMPY[name](equation, *operands)]


def _apply(equation: JaxprEqn, operands: list[Value]) -> Any:
    """One primitive by its rule."""
    name = equation.primitive.name
    if name not in _RULES:
        raise NotLifted(f"no rule for jax {name}")
    return _RULES[name](equation, *operands)


def _live(jaxpr: Jaxpr) -> list[JaxprEqn]:
    """The equations that some output needs."""
    needed = {atom for atom in jaxpr.outvars if not hasattr(atom, "val")}
    found = []
    for equation in reversed(jaxpr.eqns):
        if needed.intersection(equation.outvars):
            found.append(equation)
            needed.update(atom for atom in equation.invars if not hasattr(atom, "val"))
    return found[::-1]


def _line(equation: JaxprEqn) -> str:
    """Where the user wrote it, as far as jax knows."""
    from jax.extend.source_info_util import summarize

    where = summarize(equation.source_info).rpartition("/")[2]
    return f" ({where})" if ":" in where else ""
