"""Raising the precision until every entry is narrow, decided, or shown to be open for good."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

import numpy as np
from flint import arb, ctx

from diffcheck.dtype import limits
from diffcheck.expression.evaluate import evaluate
from diffcheck.expression.nodes import Node
from diffcheck.reference.ball import BallAlgebra, exact_balls
from diffcheck.reference.enclosure import Enclosure

# Bits of precision, tried in turn. The first is enough for 60 correct bits where nothing
# cancels; an exact zero (the derivative of softmax(x).sum()) needs as many as the smallest
# subnormal has zeros, 1084 for float64, which the third has.
PRECISIONS = (128, 512, 2048, 8192)

CORRECT_BITS = 60


@contextmanager
def precision(bits: int) -> Iterator[None]:
    """Arb's process-wide working precision, set and restored."""
    before = ctx.prec
    ctx.prec = bits
    try:
        yield
    finally:
        ctx.prec = before


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


def narrow(array: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """Where balls are narrow, for judging what was computed in a dtype."""
    smallest = arb(2) ** -10 * arb(limits(dtype).smallest_subnormal)

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
