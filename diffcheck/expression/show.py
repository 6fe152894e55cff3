"""A function and its closed form, written for a reader.

Named dimensions stay names where the function allows it (`Σ(x[i]**2, i=0..n-1)`); where it
needs sizes that are numbers (a reshape, a loop over entries), every entry is written out at a
small size.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import sympy as sp

from diffcheck.case import Case
from diffcheck.domain import Domain
from diffcheck.expression import nodes, printing
from diffcheck.expression.closed_form import COTANGENT, derive_closed_form
from diffcheck.expression.explicit import entry_symbols, explicit
from diffcheck.expression.indexed import Names, entry, letters_for, position
from diffcheck.expression.nodes import Node
from diffcheck.expression.shapes import Shapes, shapes_of
from diffcheck.expression.trace import Traced, TraceError, trace

LONGEST = 12
"""Entries of an array that are written out; a longer one is cut."""

MOST_SCALARS = 2_000
"""Scalars that are written out at most."""

MOST_OPERATIONS = 400
"""A formula with more operations than this is not for reading."""


@dataclass(frozen=True)
class Written:
    """A formula in two spellings."""

    latex: str
    text: str


@dataclass(frozen=True)
class WrittenDerivative:
    """A function and its gradient, for reading.

    Attributes:
        function: the function itself.
        entries: argument → its gradient.
    """

    function: Written
    entries: Mapping[str, Written]

    @property
    def latex(self) -> str:
        """Everything as LaTeX, one formula a line."""
        return " \\\\\n".join(written.latex for written in (self.function, *self.entries.values()))

    @property
    def text(self) -> str:
        """Everything as plain text, one formula a line."""
        return "\n".join(written.text for written in (self.function, *self.entries.values()))

    def __str__(self) -> str:
        return self.text

    __repr__ = __str__

    def _repr_latex_(self) -> str:
        return f"$$\\begin{{gathered}} {self.latex} \\end{{gathered}}$$"


class NotForReading(ValueError):
    """A formula that cannot be written for a reader; the message says why."""


def closed_form(
    function: Callable[..., Any], /, *, wrt: str | Iterable[str] | None = None, **shapes: Any
) -> WrittenDerivative:
    """Write a function and its gradient down.

    Args:
        function: a case, or any function of arrays of the array API standard.
        wrt: the arguments to differentiate with respect to; by default a case's own, or all.
        **shapes: argument → shape, not numbers: `()` a scalar, `3` or `"n"` a vector, `("m", "n")` a
            matrix. What is left out is a scalar; a case has its own.

    Raises:
        NotForReading: the formula is too long, or the function branches on its data.
        ValueError: what was given is no shape, or not for an argument of this function.

    Example:
        >>> closed_form(lambda x: x**2, x="n").entries["x"].text
        '∂⟨c, f⟩/∂x[i] = 2*c[i]*x[i]'
    """
    symbolic, small = shapes_of(function, shapes)
    chosen = _chosen(function, wrt, symbolic)
    static = _static(function, small)
    try:
        return _written(trace(function, _without(symbolic, static), static), chosen, _by_index)
    except NotForReading:
        raise
    except (TraceError, TypeError, ValueError, IndexError, AttributeError, NotImplementedError):
        pass  # sizes must be numbers: what cannot be traced at all raises again below
    try:
        return _written(trace(function, _without(small, static), static), chosen, _by_entries)
    except TraceError as error:
        raise NotForReading(str(error)) from error


def formula(function: Callable[..., Any], /, **shapes: Any) -> str:
    """A function as LaTeX."""
    return closed_form(function, **shapes).function.latex


# ---- writing ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Left:
    """What stands left of the equals sign: the function, or its derivative in one argument."""

    argument: str | None = None
    weighed: bool = False

    def latex(self, index: Iterable[Any]) -> str:
        subscript = " ".join(map(str, index))
        indexed = f"_{{{subscript}}}" if subscript else ""
        if self.argument is None:
            return f"f{indexed}"
        top = r"\langle c, f \rangle" if self.weighed else "f"
        name = sp.latex(sp.Symbol(self.argument))
        return rf"\frac{{\partial {top}}}{{\partial {{{name}}}{indexed}}}"

    def text(self, index: Iterable[Any]) -> str:
        subscript = ", ".join(map(str, index))
        indexed = f"[{subscript}]" if subscript else ""
        if self.argument is None:
            return f"f{indexed}"
        return f"∂{'⟨c, f⟩' if self.weighed else 'f'}/∂{self.argument}{indexed}"


Writer = Callable[[_Left, Node, Names], Written]


def _written(traced: Traced, wrt: tuple[str, ...], write: Writer) -> WrittenDerivative:
    weighed = traced.output.shape != ()
    derived = derive_closed_form(traced, wrt, "R", unit_cotangent=not weighed)
    taken = {*traced.inputs, *(str(size) for node in traced.inputs.values() for size in node.shape), "c", "f"}
    entries = {
        name: write(_Left(name, weighed), nodes.filled(0) if node is None else node, Names(taken))
        for name, node in derived.entries.items()
    }
    return WrittenDerivative(write(_Left(), traced.output, Names(taken)), entries)


def _by_index(left: _Left, node: Node, names: Names) -> Written:
    _check_tree(node)
    letters = letters_for(node, names)
    right = _renamed(entry(node, letters, names))
    if right.has(position):
        raise TraceError("positions follow no formula")
    _check_length(right)
    shown = [letter for letter in letters if not letter.is_Integer]
    return Written(f"{left.latex(shown)} = {printing.latex(right)}", f"{left.text(shown)} = {printing.text(right)}")


def _renamed(right: sp.Expr) -> sp.Expr:
    """The cotangent is called c in formulas."""
    short = {
        sp.Symbol(COTANGENT, real=True): sp.Symbol("c", real=True),
        sp.Symbol(COTANGENT): sp.Symbol("c"),
    }
    bases = {base: sp.IndexedBase("c", real=True) for base in right.atoms(sp.IndexedBase) if str(base) == COTANGENT}
    return right.xreplace({**short, **bases})


def _by_entries(left: _Left, node: Node, names: Names) -> Written:
    _check_tree(node)
    _check_size(node)
    symbols = {COTANGENT: entry_symbols("c", _cotangent_shape(node))}
    [array] = explicit([node], symbols)
    listed = list(np.ndenumerate(array))
    _check_length(*(right for _, right in listed[:LONGEST]))
    latex = [f"{left.latex(index)} &= {printing.latex(right)}" for index, right in listed[:LONGEST]]
    text = [f"{left.text(index)} = {printing.text(right)}" for index, right in listed[:LONGEST]]
    if len(listed) > LONGEST:
        latex.append(r"&\;\;\vdots")
        text.append(f"… {len(listed) - LONGEST} more entries")
    return Written(r"\begin{aligned} " + r" \\ ".join(latex) + r" \end{aligned}", "\n".join(text))


def _cotangent_shape(node: Node) -> tuple[int, ...]:
    found = [n.shape for n in nodes.topological([node]) if isinstance(n, nodes.Input) and n.name == COTANGENT]
    return found[0] if found else ()


def _check_size(node: Node) -> None:
    """Writing entries out costs a SymPy scalar for each entry of each node, and for each product."""
    order = nodes.topological([node])
    entries = sum(math.prod(inner.shape) for inner in order)
    products = sum(math.prod(inner.size_of.values()) for inner in order if isinstance(inner, nodes.Einsum))
    if entries + products > MOST_SCALARS:
        raise NotForReading(f"written out, the formula has {entries + products:,} scalars: too many to read")


def _check_tree(node: Node) -> None:
    """A graph shares what a formula repeats: count what the formula will have before writing it."""
    sizes: dict[Node, int] = {}
    for inner in nodes.topological([node]):
        own = int(sp.count_ops(inner.scalar)) if isinstance(inner, nodes.Map) else 1
        sizes[inner] = own + sum(sizes[operand] for operand in inner.operands)
    if sizes[node] > MOST_OPERATIONS:
        raise NotForReading(f"the formula has {sizes[node]:,} operations: too long to read")


def _check_length(*formulas: sp.Expr) -> None:
    operations = sum(int(sp.count_ops(right)) for right in formulas)
    if operations > MOST_OPERATIONS:
        raise NotForReading(f"the formula has {operations} operations: too long to read")


# ---- arguments -------------------------------------------------------------------------------


def _chosen(function: Callable[..., Any], wrt: str | Iterable[str] | None, shapes: Shapes) -> tuple[str, ...]:
    if wrt is None:
        return function.wrt if isinstance(function, Case) else tuple(shapes)
    chosen = (wrt,) if isinstance(wrt, str) else tuple(wrt)
    if unknown := [name for name in chosen if name not in shapes]:
        raise ValueError(f"wrt names {unknown[0]!r}; the arguments are {', '.join(shapes)}")
    return chosen


def _static(function: Callable[..., Any], small: Shapes) -> dict[str, np.ndarray]:
    """Integer arguments are constants of the function: their smallest allowed numbers, in turn."""
    if not isinstance(function, Case):
        return {}
    return {name: _labels(domain, small[name]) for name, domain in function.domains.items() if domain.kind == "integer"}


def _labels(domain: Domain, shape: tuple[int, ...]) -> np.ndarray:
    low, high = int(domain.low), int(domain.high)
    count = int(np.prod(shape, initial=1))
    return (low + np.arange(count) % (high - low + 1)).reshape(shape)


def _without(shapes: Shapes, static: Mapping[str, Any]) -> Shapes:
    return {name: shape for name, shape in shapes.items() if name not in static}
