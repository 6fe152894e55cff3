"""Conditioning: how far one rounding of every input moves the truth, whatever formula computes it.

    κ = u · Σ|∂g/∂xᵢ|·|xᵢ|

It separates a sensitive problem from a careless formula. The variance of data with a large mean
has an error near κ by every formula; the derivative of (1 − cos x)/x² at 1e-3 has a κ of 0.7 ulp,
and frameworks, which differentiate it rightly, are 1e12 ulps off.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import lru_cache

import numpy as np
from flint import arb

from diffcheck.dtype import limits
from diffcheck.expression import nodes
from diffcheck.expression.derive import pullback
from diffcheck.expression.evaluate import evaluate
from diffcheck.expression.functions import NotCovered
from diffcheck.expression.nodes import Node
from diffcheck.reference.ball import BallAlgebra, exact_balls
from diffcheck.reference.certify import PRECISIONS
from diffcheck.reference.precision import precision
from diffcheck.reference.rounded import Arithmetic
from diffcheck.reference.rounding import propagate

UNIT = "unit cotangent"
"""The input that picks one entry of a derivative."""

Gradients = tuple[Node | None, ...]


def conditioning(
    derivative: Node,
    index: tuple[int, ...],
    arguments: tuple[nodes.Input, ...],
    inputs: Mapping[str, np.ndarray],
    dtype: np.dtype,
) -> float | None:
    """How far one entry of a derivative moves when every argument moves by its unit round-off.

    Args:
        derivative: the node that the entry is of.
        index: of the entry.
        arguments: of the function; a cotangent is none of them.
        inputs: input name → its exact values.
        dtype: whose unit round-off u is.

    Returns:
        κ, as an absolute error; `None` where the derivative has none of its own here.
    """
    gradients = _gradients(derivative, arguments)
    if gradients is None:
        return None
    sizes = {node: np.abs(inputs[argument.name]) for node, argument in zip(gradients, arguments, strict=True) if node}
    if not sizes:
        return 0.0
    picked = {**inputs, UNIT: _one_hot(derivative.shape, index)}
    moved = _in_floats(sizes, picked)
    if moved is None:
        moved = _in_balls(sizes, picked)
    return None if moved is None else limits(dtype).unit * moved


def advice(allowance: float, conditioning: float | None, truth: float, dtype: np.dtype) -> str | None:
    """What to say where rounding takes half of the digits or more.

    Args:
        allowance: how far rounding may move the entry, by the formula that ran.
        conditioning: κ of the entry, if it is known.
        truth: the entry.
        dtype: its digits are counted.

    Returns:
        A sentence, or `None` where most digits are left or there are none to lose (truth 0).
    """
    unit = limits(dtype).unit
    digits = round(-math.log10(unit))
    if not 0 < abs(truth) < math.inf or not allowance < math.inf:
        return None
    by_formula = _digits(allowance / abs(truth) / unit, digits)
    if 2 * by_formula < digits:
        return None
    head = f"the formula loses {by_formula} of {digits} digits here"
    if conditioning is None:
        return head
    by_problem = _digits(conditioning / abs(truth) / unit, digits)
    # The allowance is six standard deviations, and κ none: a digit between them is no difference.
    if by_problem >= by_formula - 1:
        return f"the problem itself loses {by_problem} of {digits} digits here: a rounding of its inputs does as much"
    return f"{head}, the problem itself {by_problem}: another formula would keep more"


def _digits(roundings: float, most: int) -> int:
    """How many decimal digits an error of so many roundings costs."""
    return int(min(most, math.log10(max(roundings, 1.0))))


# ---- pieces ----------------------------------------------------------------------------------

Sizes = Mapping[Node, np.ndarray]


@lru_cache(maxsize=512)
def _gradients(derivative: Node, arguments: tuple[nodes.Input, ...]) -> Gradients | None:
    """The gradients of the entry that a unit cotangent picks; `None` where there is no rule."""
    try:
        found = pullback(derivative, nodes.variable(UNIT, derivative.shape), arguments)
    except (NotCovered, TypeError):
        return None
    return tuple(found.values())


def _one_hot(shape: tuple[int, ...], index: tuple[int, ...]) -> np.ndarray:
    unit = np.zeros(shape)
    unit[index] = 1.0
    return unit


def _in_floats(sizes: Sizes, inputs: Mapping[str, np.ndarray]) -> float | None:
    """Σ|∂g/∂xᵢ|·|xᵢ| in float64; `None` where rounding may have taken the first digit of it."""
    found, _ = propagate(list(sizes), inputs, Arithmetic.of(np.float64), deviations=False)
    with np.errstate(all="ignore"):
        pairs = list(zip(found, sizes.values(), strict=True))
        total = sum(float(np.sum(np.abs(rounded.value) * size)) for rounded, size in pairs)
        error = sum(float(np.sum(rounded.worst * size)) for rounded, size in pairs)
    return total if math.isfinite(total) and error <= total / 10 else None


def _in_balls(sizes: Sizes, inputs: Mapping[str, np.ndarray]) -> float | None:
    """The same in balls."""
    with precision(PRECISIONS[1]):
        exact = {name: exact_balls(values) for name, values in inputs.items()}
        found = evaluate(list(sizes), exact, BallAlgebra())
        total = arb(0)
        for balls, size in zip(found, sizes.values(), strict=True):
            total = sum((abs(ball) * x for ball, x in zip(balls.ravel(), size.ravel().tolist(), strict=True)), total)
        return float(total.mid()) if total.is_finite() else None
