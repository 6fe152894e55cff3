"""Support: how far the chain rule leads in a direction, whatever the answers at its open decisions.

At a kink the chain rule holds as an inclusion (Clarke 1983, theorem 2.3.9): the slopes of a function
along a direction lie among those of its steps, each step's own anywhere between its branches. So a
derivative beyond them is none, of whatever selection, and however many branches there are. Three steps
are bounded more closely than by an interval for each of their factors:

- the largest of some entries has one of their slopes, or one between them; so has the larger of two;
- a root of what is nowhere negative, as a norm, has at a zero z no slope beyond ±√(z″/2)
  (Glaeser 1963: z′² ≤ 2·z·max z″), where steps with kinks inside of z count as arguments of z.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from flint import arb

from diffcheck.expression import balls, derive, nodes
from diffcheck.expression.closed_form import COTANGENT, OUTPUT, tangent_name
from diffcheck.expression.evaluate import evaluate
from diffcheck.expression.heads import SLOTS
from diffcheck.expression.nodes import Node
from diffcheck.expression.roots import argument_of_square_root, is_never_negative
from diffcheck.expression.trace import Traced
from diffcheck.reference.ball import JUMPS, BallAlgebra, exact_balls
from diffcheck.reference.decisions import decisions_in
from diffcheck.reference.precision import precision

Balls = np.ndarray

_BITS = 256
_ANY = arb(0, float("inf"))

# What is smaller may be zero: so near to it a root is as steep as at it.
_TINY = 2.0**-160

# So far around the point a function is looked at to see whether it jumps.
_AROUND = 2.0**-200


@dataclass(frozen=True, eq=False)
class _Knot:
    """A step whose slopes are bounded as a whole.

    Attributes:
        node: the step.
        before: the slopes of what it is computed from; `None` is zero.
        own: its slope, by those of what it is computed from.
        name: the input that stands for its slope.
        bend: of a root, the second derivative of what it is taken of.
        is_flat: where that has no slope, however its kinks are answered.
    """

    node: Node
    before: tuple[Node | None, ...]
    own: Node
    name: str
    bend: Node | None = None
    is_flat: np.ndarray | None = None


class Support:
    """The slopes of one function at one point.

    Args:
        traced: the function.
        wrt: the arguments that move.
        inputs: every input of the derivative, exact.
        open_ties: the conditions whose ties are open.
    """

    def __init__(
        self, traced: Traced, wrt: tuple[str, ...], inputs: Mapping[str, np.ndarray], open_ties: frozenset[Node]
    ) -> None:
        self.traced = traced
        self.moving = tuple(traced.inputs[name] for name in wrt)
        self.inputs = inputs
        self.open_ties = open_ties

    def furthest(self, direction: Mapping[str, np.ndarray]) -> float:
        """An upper bound of ⟨v, direction⟩ for all v to which the chain rule may lead; infinite where there is none.

        Args:
            direction: argument → numbers, in the space of gradients; or `output` → numbers.
        """
        with precision(_BITS):
            inputs = {name: exact_balls(values) for name, values in self.inputs.items()}
            weights = inputs[COTANGENT]
            if OUTPUT in direction:
                weights = exact_balls(direction[OUTPUT])
            else:
                for node in self.moving:
                    inputs[tangent_name(node.name)] = exact_balls(direction.get(node.name, np.zeros(node.shape)))
            if self._may_jump:
                return float("inf")
            slope = self._slope(inputs)
            total = sum(np.asarray(weights * slope, object).ravel(), arb(0))
            return float(np.nextafter(float(total.upper()), np.inf)) if total.is_finite() else float("inf")

    def _slope(self, inputs: dict[str, Balls]) -> Balls:
        """Where the slopes of the outputs lie, with the tangents among the inputs."""
        known = dict(self._values)
        for knot in self._knots:
            sources = zip(knot.before, knot.node.operands, strict=True)
            before = [self._at(slope, source.shape, inputs, known) for slope, source in sources]
            inputs[knot.name] = self._bound(knot, before, inputs)
        return self._at(self._graph, self.traced.output.shape, inputs, known)

    def _at(
        self, node: Node | None, shape: tuple[int, ...], inputs: Mapping[str, Balls], known: dict[Node, Balls]
    ) -> Balls:
        if node is None:
            return exact_balls(np.zeros(shape))
        return evaluate([node], inputs, BallAlgebra(self.open_ties), known)[0]

    # ---- the graph, once for all directions ----

    @cached_property
    def _values(self) -> dict[Node, Balls]:
        """The value of every node of the function."""
        known: dict[Node, Balls] = {}
        with precision(_BITS):
            exact = {name: exact_balls(values) for name, values in self.inputs.items()}
            evaluate([self.traced.output], exact, BallAlgebra(self.open_ties), known)
        return known

    @cached_property
    def _may_jump(self) -> bool:
        """Whether a step, as of rounding, jumps at the point; the chain rule does not hold through it."""
        jumping = [node for node in self._active if isinstance(node, nodes.Map) and node.scalar.has(*JUMPS)]
        around = {name: exact_balls(values) + arb(0, _AROUND) for name, values in self.inputs.items()}
        found = evaluate(jumping, around, BallAlgebra(self.open_ties))
        return any(not ball.rad() < 0.25 for array in found for ball in array.ravel())

    @cached_property
    def _knots(self) -> list[_Knot]:
        """The steps that are bounded as a whole, in the order in which they are computed."""
        found: list[_Knot] = []
        for node in nodes.topological([self.traced.output]):
            if node in self._active and self._is_knot(node):
                found.append(self._knot(node, found))
        return found

    @cached_property
    def _graph(self) -> Node | None:
        return derive.push_forward(self.traced.output, self._tangents(self._knots))

    @cached_property
    def _active(self) -> frozenset[Node]:
        return derive.depends_on(self.traced.output, self.moving)

    def _tangents(self, knots: list[_Knot]) -> dict[Node, Node]:
        """What is not pushed forward further: the arguments' tangents, and the slopes of knots."""
        tangents: dict[Node, Node] = {node: nodes.variable(tangent_name(node.name), node.shape) for node in self.moving}
        return tangents | {knot.node: nodes.variable(knot.name, knot.node.shape) for knot in knots}

    def _is_knot(self, node: Node) -> bool:
        if isinstance(node, nodes.Maximum):
            return True
        argument = argument_of_square_root(node)
        if argument is not None:
            return bool(self._zeros(argument).any()) and is_never_negative(argument)
        return isinstance(node, nodes.Map) and _branches(node)

    def _knot(self, node: Node, earlier: list[_Knot]) -> _Knot:
        tangents = self._tangents(earlier)
        before = tuple(derive.push_forward(operand, tangents) for operand in node.operands)
        own = derive.push_forward(node, {operand: _slope_of(k, operand) for k, operand in enumerate(node.operands)})
        assert own is not None
        knot = _Knot(node, before, own, f"slope {len(earlier)}")
        argument = argument_of_square_root(node)
        if argument is None:
            return knot
        slope = derive.push_forward(argument, tangents)
        bend = None if slope is None else derive.push_forward(slope, tangents)
        return replace(knot, bend=bend, is_flat=self._is_flat(slope, argument, earlier))

    def _is_flat(self, slope: Node | None, argument: Node, knots: list[_Knot]) -> np.ndarray:
        """Where what a root is taken of does not hang on the slopes of the knots below it."""
        still = {tangent_name(node.name): exact_balls(np.zeros(node.shape)) for node in self.moving}
        stirred = {knot.name: np.full(knot.node.shape, arb(0, 1), object) for knot in knots}
        found = self._at(slope, argument.shape, {**still, **stirred}, dict(self._values))
        return np.asarray(np.frompyfunc(_is_tiny, 1, 1)(found), dtype=bool)

    # ---- the bounds of each knot ----

    def _bound(self, knot: _Knot, before: list[Balls], inputs: Mapping[str, Balls]) -> Balls:
        if isinstance(knot.node, nodes.Maximum):
            return self._between_rivals(knot.node, before[0])
        operands = enumerate(knot.node.operands)
        slopes = {_slope_of(k, operand).name: slope for (k, operand), slope in zip(operands, before, strict=True)}
        argument = argument_of_square_root(knot.node)
        if argument is None:
            return self._between_answers(knot, slopes)
        [slope] = evaluate([knot.own], slopes, BallAlgebra(), dict(self._values))
        return np.asarray(np.where(self._zeros(argument), self._of_root(knot, inputs), slope), object)

    def _between_answers(self, knot: _Knot, slopes: Mapping[str, Balls]) -> Balls:
        """The slopes of a map on its branches, and what lies between."""
        algebra = BallAlgebra(self.open_ties)
        [slope] = evaluate([knot.own], slopes, algebra, dict(self._values))
        ties = algebra.decisions.found
        if not ties or len({tie.index for tie in ties}) < len(ties):
            return slope
        ends = [
            evaluate(
                [knot.own], slopes, BallAlgebra(self.open_ties, choices=dict.fromkeys(ties, k)), dict(self._values)
            )[0]
            for k in (0, 1)
        ]
        return np.asarray(np.frompyfunc(balls.hull, 2, 1)(*ends), object)

    def _between_rivals(self, node: nodes.Maximum, slopes: Balls) -> Balls:
        """The slopes of all that may be the largest, and what lies between."""
        source, largest = self._values[node.source], self._values[node]
        behind = source - np.expand_dims(largest, node.axes)
        may_win = np.asarray(np.frompyfunc(lambda z: not z < 0, 1, 1)(behind), dtype=bool)
        rows = [np.moveaxis(array, node.axes, range(-len(node.axes), 0)) for array in (slopes, may_win)]
        flat = [row.reshape(*node.shape, -1) for row in rows]
        result = np.empty(node.shape, object)
        for index in np.ndindex(*node.shape):
            first, *others = flat[0][index][flat[1][index]]
            for other in others:
                first = balls.hull(first, other)
            result[index] = first
        return result

    def _of_root(self, knot: _Knot, inputs: Mapping[str, Balls]) -> Balls:
        """Bounds of a root's slope at a zero of what it is taken of."""
        assert knot.is_flat is not None
        bend = self._at(knot.bend, knot.node.shape, inputs, dict(self._values))
        return np.asarray(np.frompyfunc(_slopes_of_root, 2, 1)(bend, knot.is_flat), object)

    def _zeros(self, node: Node) -> np.ndarray:
        """Where a node is zero, as far as can be seen."""
        [value] = evaluate([node], {}, BallAlgebra(self.open_ties), self._values)
        return np.asarray(np.frompyfunc(_is_tiny, 1, 1)(value), dtype=bool)


def _is_tiny(number: arb) -> bool:
    return bool(abs(number) < _TINY)


def _slopes_of_root(bend: arb, is_flat: bool) -> arb:
    """Around all slopes of √z at a zero of z ≥ 0, with z″ among some numbers."""
    if not (is_flat and bend.is_finite()):
        return _ANY
    upper = bend.upper()
    return arb(0, (upper / 2).sqrt().upper()) if upper > 0 else arb(0)


def _slope_of(k: int, operand: Node) -> nodes.Input:
    """What stands for the slope of a knot's k-th operand."""
    return nodes.variable(f"slope of operand {k}", operand.shape)


def _branches(node: nodes.Map) -> bool:
    """Whether the slope of a map hangs on a decision."""
    return any(decisions_in(derive.scalar_derivative(node.scalar, SLOTS[k])) for k in range(len(node.arguments)))
