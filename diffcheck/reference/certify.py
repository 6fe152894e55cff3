"""Raising the precision until every entry is narrow, decided, or shown to be open for good."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import prod

import numpy as np
from flint import arb

from diffcheck.dtype import limits
from diffcheck.expression.evaluate import evaluate
from diffcheck.expression.nodes import Node
from diffcheck.reference.ball import BallAlgebra, exact_balls
from diffcheck.reference.double_algebra import DoubleAlgebra
from diffcheck.reference.double_double import DoubleDouble, NotInDoubles
from diffcheck.reference.double_enclosure import DoubleEnclosure
from diffcheck.reference.enclosure import Enclosure
from diffcheck.reference.precision import precision

# Bits of precision, tried in turn. The first is enough for 60 correct bits where nothing
# cancels; an exact zero (the derivative of softmax(x).sum()) needs as many as the smallest
# subnormal has zeros, 1084 for float64, which the third has.
PRECISIONS = (128, 512, 2048, 8192)

CORRECT_BITS = 60

# Of the smallest number there is.
_NEGLIGIBLE = 2.0**-10

MOST_BALLS = 500
"""More entries than that are first tried in double-double numbers."""


def certify(
    outputs: Sequence[Node],
    inputs: Mapping[str, np.ndarray],
    dtype: np.dtype,
    make_algebra: Callable[[], BallAlgebra] = BallAlgebra,
    precisions: Sequence[int] = PRECISIONS,
) -> list[Enclosure]:
    """Enclose some nodes.

    An entry is narrow when its radius is at most 2⁻⁶⁰ of its midpoint, or 2⁻¹⁰ of the smallest
    subnormal of `dtype` (so that exact zeros end too). An entry that stays wide although no
    sign is undecided, or at the highest precision, is open.

    Args:
        outputs: the nodes.
        inputs: input name → its exact values.
        dtype: the dtype under test.
        make_algebra: builds the ball algebra; it says which ties and kinks are left open.
        precisions: bits of precision to try in turn.
    """
    if _is_large(outputs, inputs):
        found = _in_doubles(outputs, inputs, dtype, make_algebra())
        if found is not None:
            return found
    before: list[np.ndarray] | None = None
    for bits in precisions:
        with precision(bits):
            algebra = make_algebra()
            exact = {name: exact_balls(values) for name, values in inputs.items()}
            arrays = evaluate(outputs, exact, algebra)
            wide = [~narrow(array, dtype) for array in arrays]
        only_ties = algebra.tied and not algebra.undecided and before is not None and _unmoved(before, arrays, wide)
        if only_ties or not any(mask.any() for mask in wide):
            break
        before = arrays
    has_kink = algebra.tied or algebra.undecided
    return [Enclosure(array, mask & has_kink, mask & (not has_kink)) for array, mask in zip(arrays, wide, strict=True)]


def _is_large(outputs: Sequence[Node], inputs: Mapping[str, np.ndarray]) -> bool:
    """Whether there are more entries than Arb's balls are better at."""
    return sum(array.size for array in inputs.values()) + sum(prod(node.shape) for node in outputs) > MOST_BALLS


def _in_doubles(
    outputs: Sequence[Node], inputs: Mapping[str, np.ndarray], dtype: np.dtype, algebra: BallAlgebra
) -> list[Enclosure] | None:
    """The nodes in double-double numbers, if that decides everything and makes every entry narrow."""
    if not algebra.decisions.is_plain:
        return None
    try:
        with precision(PRECISIONS[0]), np.errstate(all="ignore"):
            exact = {name: DoubleDouble.exact(values) for name, values in inputs.items()}
            numbers = evaluate(outputs, exact, DoubleAlgebra(algebra.decisions.open_ties, algebra.literals))
    except NotInDoubles:
        return None
    smallest = 2.0**-10 * limits(dtype).smallest_subnormal
    if not all(
        (found.radius <= np.maximum(2.0**-CORRECT_BITS * np.abs(found.high), smallest)).all() for found in numbers
    ):
        return None
    return [DoubleEnclosure(found) for found in numbers]


def narrow(array: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """Where balls are narrow, for judging what was computed in a dtype."""
    smallest = arb(_NEGLIGIBLE) * arb(limits(dtype).smallest_subnormal)

    def is_narrow(ball: arb) -> bool:
        if ball.rel_accuracy_bits() >= CORRECT_BITS or (ball.is_exact() and not ball.is_nan()):
            return True
        return bool(ball.is_finite() and ball.rad() <= smallest)

    return np.asarray(np.frompyfunc(is_narrow, 1, 1)(array), dtype=bool)


def _unmoved(before: Sequence[np.ndarray], after: Sequence[np.ndarray], wide: Sequence[np.ndarray]) -> bool:
    """Whether more precision made no wide entry narrower: then a tie keeps them wide."""
    for old, new, mask in zip(before, after, wide, strict=True):
        if any(not y.is_finite() or y.rad() < x.rad() / 2 for x, y in zip(old[mask], new[mask], strict=True)):
            return False
    return True
