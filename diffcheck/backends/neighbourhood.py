"""A function around a point: its values, their rounding errors and its derivatives along one entry."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
from flint import arb

from diffcheck.backends.base import check_output
from diffcheck.expression.evaluate import evaluate
from diffcheck.expression.nodes import Node
from diffcheck.point import Point
from diffcheck.reference.ball import BallAlgebra, exact_balls
from diffcheck.reference.jet import directional_derivatives
from diffcheck.reference.rounded import Arithmetic
from diffcheck.reference.rounding import propagate
from diffcheck.reference.tracing import trace_at
from diffcheck.spellings.numpy import recorded, replayed

Function = Callable[..., Any]

# `propagate` keeps first-order terms, and takes a value that `stop_gradient` holds to be where the
# point has moved to. Both are small beside its bound; a sixteenth of it is far more than either.
MORE_THAN_FIRST_ORDER = 1 + 2.0**-4


@lru_cache(maxsize=4)
def neighbourhood(function: Function, point: Point) -> Neighbourhood:
    """What is known around a point; all difference rules ask about the same point in turn."""
    return Neighbourhood(function, point)


class Neighbourhood:
    """A function around a point.

    Attributes:
        function: arrays in, one array out.
        point: where.
        value: the function's value there.
        held: what `stop_gradient` returned there, in order: difference quotients hold it still.
        traced: the function's graph.
    """

    def __init__(self, function: Function, point: Point) -> None:
        self.function = function
        self.point = point
        with recorded() as self.held:
            output = self._call(point.arguments)
        check_output(output, (np.ndarray, np.generic), point.dtype, point.cotangent)
        self.value = np.asarray(output)
        self.traced = trace_at(function, point)

    @cached_property
    def cotangent(self) -> np.ndarray:
        """The weights of the outputs, one axis."""
        return self.point.cotangent_for(self.value.shape).astype(float).ravel()

    @cached_property
    def inputs(self) -> dict[str, np.ndarray]:
        """Every input of the graph."""
        return {name: self.point.arguments[name] for name in self.traced.inputs}

    def run(self, name: str, argument: np.ndarray) -> np.ndarray:
        """The function with one argument replaced; what is held stays as it is at the point."""
        with replayed(self.held):
            return np.asarray(self._call({**self.point.arguments, name: argument}))

    def rounding(self, inputs: Mapping[str, np.ndarray]) -> float:
        """The most that rounding can do to ⟨cotangent, f⟩; infinite where it may choose another branch."""
        conditions = self.traced.conditions
        with np.errstate(all="ignore"):
            outputs = [self.traced.output, *conditions]
            [output, *_], slack = propagate(outputs, inputs, self.arithmetic, deviations=False)
            worst = float(np.sum(np.abs(self.cotangent) * output.worst.ravel()))
        return np.inf if slack or np.isnan(worst) else worst * MORE_THAN_FIRST_ORDER

    @cached_property
    def rounding_at_point(self) -> float:
        """The most that rounding can do to ⟨cotangent, f⟩ at the point."""
        return self.rounding(self.inputs)

    @property
    def arithmetic(self) -> Arithmetic:
        """The arithmetic of the dtype under test, gradual underflow included."""
        return Arithmetic.of(self.point.dtype, framework="numpy", underflow=True)

    def weighed(self, values: np.ndarray) -> arb:
        """⟨cotangent, values⟩, exact but for the working precision."""
        return sum(exact_balls(self.cotangent) * exact_balls(values.ravel()), arb(0))

    def _call(self, arguments: Mapping[str, Any]) -> Any:
        with np.errstate(all="ignore"):
            return self.function(**{name: np.array(array) for name, array in arguments.items()})


@dataclass(frozen=True, eq=False)
class Line:
    """φ(t): ⟨cotangent, f⟩ where one entry of one argument is moved by t.

    Attributes:
        around: the function around the point.
        name, index: the entry.
    """

    around: Neighbourhood
    name: str
    index: tuple[int, ...]

    @property
    def center(self) -> float:
        """The entry at the point."""
        return float(self.around.point.arguments[self.name][self.index])

    @property
    def dtype(self) -> np.dtype:
        """The dtype under test."""
        return self.around.point.dtype

    def _moved(self, position: float) -> np.ndarray:
        argument = self.around.point.arguments[self.name].copy()
        argument[self.index] = position
        return argument

    def value(self, position: float) -> arb:
        """φ as the dtype computes it, with the entry at a number of the dtype."""
        return self.around.weighed(self.around.run(self.name, self._moved(position)))

    def rounding(self, position: float) -> float:
        """The most that the value may be off, with the entry at a number of the dtype."""
        if position == self.center:
            return self.around.rounding_at_point
        return self.around.rounding({**self.around.inputs, self.name: self._moved(position)})

    def derivatives(self, reach: float, order: int) -> list[arb]:
        """Balls that contain φ, φ′, … for all |t| ≤ reach; NaN where the interval holds a kink."""
        traced = self.around.traced
        balls = {name: exact_balls(values) for name, values in self.around.inputs.items()}
        balls[self.name][self.index] += arb(0, reach)
        if not all(_holds(condition, answer, balls) for condition, answer in traced.path):
            return [arb.nan()] * (order + 1)
        direction = exact_balls(np.zeros(balls[self.name].shape))
        direction[self.index] = arb(1)
        found = directional_derivatives(traced.output, balls, {self.name: direction}, order)
        weights = exact_balls(self.around.cotangent)
        return [sum(weights * derivative.ravel(), arb(0)) for derivative in found]


def _holds(condition: Node, answer: bool, balls: Mapping[str, np.ndarray]) -> bool:
    """Whether a condition that the function branched on has the same answer on the whole interval."""
    found: arb = evaluate([condition], dict(balls), BallAlgebra())[0].item()
    return bool(found.is_exact() and (found != 0) == answer)
