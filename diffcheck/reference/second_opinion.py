"""Two certified opinions on one derivative, which must overlap.

The closed form in balls rests on derivative rules; Taylor series on balls use none. Both enclose the
derivative of ⟨cotangent, f⟩ along a tangent, order by order, the closed form once by pushing tangents
forward only and once from the gradient that is pulled back. Where both are certain and share no
number, one of them is wrong: that is a bug of diffcheck, and nothing it says can be trusted.

At a kink the closed form is the hull of all branches, and the series, which is one-sided, is asked
for both sides. Where the closed form or the series is not finite there is no second opinion.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from math import prod

import numpy as np
import sympy as sp
from flint import arb

from diffcheck.expression import derive, heads, nodes, sums
from diffcheck.expression.closed_form import COTANGENT, OUTPUT, along_tangents, derive_closed_form, tangent_name
from diffcheck.expression.nodes import Node
from diffcheck.expression.trace import Traced
from diffcheck.point import Point
from diffcheck.reference.ball import BallAlgebra, exact_balls
from diffcheck.reference.certify import PRECISIONS, certify, narrow
from diffcheck.reference.enclosure import Enclosure
from diffcheck.reference.jet import directional_derivatives
from diffcheck.reference.precision import precision
from diffcheck.sheet import Agreement

# Of a graph that is asked about. Balls take 1 to 2 µs an operation, so that the largest takes 0.2 s;
# deriving takes 0.03 to 0.5 ms a node. Sharing keeps graphs small: over all cases at their smallest
# example, order 4 has at most 645 nodes, and up to 130 times the operations of the value.
MOST_OPERATIONS = 100_000
MOST_NODES = 3_000

# 2048 bits, the third, decide an exact zero; what they leave open has no second opinion.
LADDER = PRECISIONS[:3]

# Of an enclosure and of an array in a message.
DIGITS = 40
MOST_NUMBERS = 64

_CONDITIONS = (heads.greater, heads.greater_equal, heads.equal)


class Disagreement(ArithmeticError):
    """Two certified opinions share no number: a bug of diffcheck. The message holds what a report of it needs."""


@dataclass(frozen=True, eq=False)
class Opinion:
    """What both say about one derivative.

    Attributes:
        mode: a word over R and F, outermost first; its length is the order. The last letter is how
            the function itself was differentiated.
        closed_form: by derivative rules. F alone: of the output's shape; else one number.
        series: by Taylor series, of the same shape: along the tangent, and where the closed form is
            open against it, too.
        dtype: under test; says what is narrow.
    """

    mode: str
    closed_form: Enclosure
    series: tuple[np.ndarray, ...]
    dtype: np.dtype

    @property
    def order(self) -> int:
        """Of the derivative."""
        return len(self.mode)

    @property
    def certain(self) -> list[np.ndarray]:
        """For each side, where both opinions are finite and the series is narrow."""
        return [_finite(self.closed_form.balls) & narrow(balls, self.dtype) for balls in self.series]

    @property
    def apart(self) -> list[np.ndarray]:
        """For each side, where the opinions share no number."""
        return [_apart(self.closed_form.balls, balls) for balls in self.series]


def second_opinion(traced: Traced, point: Point, wrt: tuple[str, ...], order: int, title: str = "") -> Agreement:
    """Compare both opinions on the derivatives up to an order at a point.

    Args:
        traced: the function, as it is at the point.
        point: where; its tangents say along what, its cotangent weighs the outputs.
        wrt: the arguments that move.
        order: the highest.
        title: what the function is called in a message.

    Raises:
        Disagreement: they share no number somewhere.
    """
    graphs = closed_forms(traced, wrt, order, unit_cotangent=point.cotangent is None)
    total = Agreement(expensive=2 * order - len(graphs))
    for opinion in opinions(traced, point, wrt, graphs):
        for apart, certain, series in zip(opinion.apart, opinion.certain, opinion.series, strict=True):
            if apart.any():
                raise Disagreement(_report(opinion, series, apart, point, title))
            total += Agreement(agreed=int(certain.sum()), silent=int((~certain).sum()))
    return total


def opinions(traced: Traced, point: Point, wrt: tuple[str, ...], graphs: Mapping[str, Node]) -> Iterator[Opinion]:
    """What closed forms say at a point, each beside what Taylor series say.

    Args:
        traced: the function, as it is at the point.
        point: where; its tangents say along what, its cotangent weighs the outputs.
        wrt: the arguments that move.
        graphs: mode → closed form, as `closed_forms` gives them.
    """
    if not graphs:
        return
    inputs = {name: point.arguments[name] for name in traced.inputs}
    cotangent = point.cotangent_for(traced.output.shape)
    tangents = {name: point.tangent_for(name) for name in wrt}
    named = {tangent_name(name): tangent for name, tangent in tangents.items()}
    everything = {**inputs, **named, COTANGENT: cotangent}
    ties = _conditions(traced, wrt, graphs)
    found = certify(list(graphs.values()), everything, point.dtype, lambda: BallAlgebra(ties), LADDER)
    sides = (1, -1) if any(enclosure.open.any() for enclosure in found) else (1,)
    order = max(map(len, graphs))
    by_side = {side: _series(traced.output, inputs, tangents, side, order, point.dtype) for side in sides}
    for mode, enclosure in zip(graphs, found, strict=True):
        of_order = [by_side[side][len(mode)] for side in sides]
        series = of_order if mode[-1] == "F" else [_weighed(balls, cotangent) for balls in of_order]
        yield Opinion(mode, enclosure, tuple(series), point.dtype)


# ---- by rules --------------------------------------------------------------------------------


def closed_forms(traced: Traced, wrt: tuple[str, ...], order: int, *, unit_cotangent: bool = False) -> dict[str, Node]:
    """The derivatives along the tangents: F, R, FF, FR, … up to an order, as long as they are small enough.

    Args:
        traced: the function.
        wrt: the arguments that move.
        order: the highest.
        unit_cotangent: the outputs are added up, and not weighed.
    """
    inputs = tuple(traced.inputs[name] for name in wrt)
    gradient = derive_closed_form(traced, wrt, "R", unit_cotangent).entries
    output = derive_closed_form(traced, wrt, "F").entries[OUTPUT]
    latest = {"F": output or nodes.filled(0, traced.output.shape), "R": _along_tangents(gradient)}
    found: dict[str, Node] = {}
    while latest:
        latest = {mode: graph for mode, graph in latest.items() if _is_small(graph)}
        found.update(latest)
        latest = {f"F{mode}": _pushed(graph, inputs) for mode, graph in latest.items() if len(mode) < order}
    return found


def _along_tangents(gradient: Mapping[str, Node | None]) -> Node:
    """⟨gradient, tangent⟩"""
    total: Node = nodes.filled(0)
    for name, entry in gradient.items():
        if entry is not None:
            axes = tuple(range(len(entry.shape)))
            product = sums.einsum([(entry, axes), (nodes.variable(tangent_name(name), entry.shape), axes)], ())
            total = nodes.mapped(heads.SLOTS[0] + heads.SLOTS[1], total, product)
    return total


def _pushed(graph: Node, inputs: tuple[nodes.Input, ...]) -> Node:
    return along_tangents(graph, inputs) or nodes.filled(0, graph.shape)


def _conditions(traced: Traced, wrt: tuple[str, ...], graphs: Mapping[str, Node]) -> frozenset[Node]:
    """The conditions that move: their ties are kinks, which closed forms leave open."""
    inputs = [traced.inputs[name] for name in wrt]
    active = frozenset[Node]().union(*(derive.depends_on(graph, inputs) for graph in (traced.output, *graphs.values())))
    return frozenset(node for node in active if isinstance(node, nodes.Map) and node.scalar.has(*_CONDITIONS))


@lru_cache(maxsize=512)
def _is_small(graph: Node) -> bool:
    below = nodes.topological([graph])
    return len(below) <= MOST_NODES and sum(map(_operations_of, below)) <= MOST_OPERATIONS


def _operations_of(node: Node) -> int:
    """How many scalar operations a node takes, roughly."""
    match node:
        case nodes.Map():
            return prod(node.shape) * _length(node.scalar)
        case nodes.Einsum():
            return prod(size for _, size in node.sizes) * len(node.factors)
        case _:
            return prod(node.shape)


@lru_cache(maxsize=4096)
def _length(scalar: sp.Expr) -> int:
    return 1 + int(sp.count_ops(scalar))


# ---- by series -------------------------------------------------------------------------------


def _series(
    output: Node,
    inputs: Mapping[str, np.ndarray],
    tangents: Mapping[str, np.ndarray],
    side: int,
    order: int,
    dtype: np.dtype,
) -> list[np.ndarray]:
    """φ, φ′, φ″, … for t → 0 from one side, by as much precision as it takes."""
    found: list[np.ndarray] = []
    for bits in LADDER:
        with precision(bits):
            at = {name: exact_balls(values) for name, values in inputs.items()}
            along = {name: exact_balls(side * values) for name, values in tangents.items()}
            found = [
                np.asarray(balls * arb(side**k), object)
                for k, balls in enumerate(directional_derivatives(output, at, along, order))
            ]
        if all(narrow(balls, dtype).all() for balls in found):
            break
    return found


def _weighed(balls: np.ndarray, cotangent: np.ndarray) -> np.ndarray:
    """⟨cotangent, balls⟩"""
    with precision(LADDER[-1]):
        total = sum(exact_balls(cotangent.ravel()) * balls.ravel(), arb(0))
    return np.array(total, object)


# ---- side by side ----------------------------------------------------------------------------


def _finite(balls: np.ndarray) -> np.ndarray:
    return np.asarray(np.frompyfunc(arb.is_finite, 1, 1)(balls), bool)


def _apart(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    def apart(x: arb, y: arb) -> bool:
        return not (x.is_nan() or y.is_nan() or x.overlaps(y))

    return np.asarray(np.frompyfunc(apart, 2, 1)(first, second), bool)


# ---- what a disagreement says ----------------------------------------------------------------


def _report(opinion: Opinion, series: np.ndarray, apart: np.ndarray, point: Point, title: str) -> str:
    """Everything that a report of the bug needs: derivative, entry, both enclosures and the point."""
    index = tuple(int(k) for k in np.argwhere(apart)[0])
    lines = [
        "two certified opinions on one derivative share no number: this is a bug of diffcheck, not of what it judges.",
        "No verdict of this run can be trusted; please report the bug, with these lines:",
        f"  function     {title}",
        f"  derivative   {opinion.mode}, order {opinion.order}, entry {index}, in {point.dtype}",
        f"  closed form  {_digits(opinion.closed_form.balls[index])}",
        f"  series       {_digits(series[index])}",
        *(f"  {name:<12} {_numbers(array)}" for name, array in _parts(point)),
    ]
    return "\n".join(lines)


def _parts(point: Point) -> Iterator[tuple[str, np.ndarray]]:
    yield from point.arguments.items()
    yield from ((tangent_name(name), tangent) for name, tangent in point.tangents.items())
    if point.cotangent is not None:
        yield "cotangent", point.cotangent


def _digits(ball: arb) -> str:
    with precision(LADDER[-1]):
        return str(ball.str(DIGITS))


def _numbers(array: np.ndarray) -> str:
    """An array, exactly; of a large one its shape, since the same seed draws it again."""
    if array.size > MOST_NUMBERS:
        return f"{array.dtype} of shape {array.shape}"
    return str(array.tolist())
