"""The complex step: Im f(x + ih)/h, which subtracts nothing, so that h may be tiny.

Squire and Trapp, Using complex variables to estimate derivatives of real functions, 1998.
"""

from __future__ import annotations

import math
import re
import warnings
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import sympy as sp

from diffcheck.analytic import NotAnalytic
from diffcheck.backends.base import Unsupported, first_line
from diffcheck.backends.neighbourhood import Line, Neighbourhood
from diffcheck.backends.real_quotient import BITS, rounded_up
from diffcheck.dtype import limits
from diffcheck.expression import heads, nodes
from diffcheck.expression.closed_form import OUTPUT, derive_closed_form, tangent_name
from diffcheck.expression.functions import FUNCTIONS
from diffcheck.expression.nodes import Node
from diffcheck.reference.precision import precision
from diffcheck.reference.rounded import Arithmetic
from diffcheck.reference.rounding import propagate

# So small that h² is nothing beside what the dtype tells from zero, and so large that what the
# imaginary parts lose to underflow is nothing either.
STEPS = {"float64": 2.0**-200, "float32": 2.0**-60}
COMPLEX = {"float64": np.complex128, "float32": np.complex64}

# How many times further than the real function its complex version may round, part by part. The
# real ones are stored with 1.5 units of round-off at least. Measured on 4,000 points each at x + ih
# against complex balls, NumPy 2.4 and SciPy 1.17: sums, products, quotients and elementary functions
# keep 5 units. erf and its relatives are off by up to 66 in the imaginary and 960 in the real part.
# A power that is not a whole number goes through exp(y·log x), and |y·log x| ≤ 745 while the
# result is a normal float64 number.
ROUNDINGS = 4.0
ROUNDINGS_OF = {sp.erf: 640.0, sp.erfc: 640.0, heads.ndtr: 640.0, heads.power: 512.0, heads.cbrt: 512.0}
ROUNDINGS_OF_POWER = 512.0
# These are computed as log(1 + …): their real part is right to 2 units of 1, not of itself.
ABSOLUTE = (heads.log1p, heads.softplus, heads.log_expit, heads.logaddexp, heads.logit)

WORDS = {
    heads.absolute: "|x|",
    heads.signum: "sign(x)",
    heads.floored: "⌊x⌋",
    heads.rounded: "round(x)",
    heads.greater: "x > y",
    heads.greater_equal: "x ≥ y",
    heads.equal: "x = y",
}


def require_analytic(around: Neighbourhood) -> None:
    """Refuse a function that the complex step cannot pass through.

    Raises:
        Unsupported: it selects, or uses a function with a kink; the message names it.
    """
    for node in _moving(around.traced.output):
        for head in _heads(node):
            row = FUNCTIONS[head]
            if not row.analytic and head is not heads.frozen:
                raise Unsupported(f"uses {WORDS.get(head, head.__doc__)}, which is not analytic")
        if isinstance(node, nodes.Maximum):
            raise Unsupported("uses the largest of several numbers, which is not analytic")


def complex_step(line: Line) -> tuple[float, float]:
    """The quotient in the dtype under test, and the most that it can be off (perhaps infinite).

    The truncation error is h²·|φ‴|/6 on the imaginary segment from the point; on so short a one
    φ‴ is twice its real bound at most.

    Raises:
        Unsupported: NumPy does not compute the function with complex numbers.
    """
    size = _step_size(line)
    with precision(BITS):
        exact = line.around.weighed(np.imag(_run(line, size))) / size
        number = float(line.dtype.type(float(exact.mid())))
        third = abs(line.derivatives(size, 3)[3])
        rounding = _rounding(line, size)
        if not (math.isfinite(number) and math.isfinite(rounding)):
            return number, math.inf
        return number, rounded_up(abs(exact - number) + third * size * size / 3 + rounding)


def _step_size(line: Line) -> float:
    """A power of two, far below an entry that is itself small."""
    scale = min(1.0, abs(line.center)) or 1.0
    smallest = limits(line.dtype).smallest_normal
    return max(STEPS[line.dtype.name] * math.ldexp(1.0, math.frexp(scale)[1] - 1), smallest)


def _run(line: Line, size: float) -> np.ndarray:
    """The function on complex arrays."""
    dtype = COMPLEX[line.dtype.name]
    argument: np.ndarray = line.around.point.arguments[line.name].astype(dtype)
    argument[line.index] += 1j * size
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", np.exceptions.ComplexWarning)
            output = line.around.run(line.name, argument)
    except NotAnalytic as error:
        raise Unsupported(str(error)) from error
    except np.exceptions.ComplexWarning as error:
        raise Unsupported("the function drops the imaginary part of its argument") from error
    except TypeError as error:
        name = re.search(r"ufunc '(\w+)'", str(error))
        raise Unsupported(f"NumPy's {name[1]} takes no complex numbers" if name else first_line(error)) from error
    if output.dtype != dtype:
        raise Unsupported(f"the function returns {output.dtype.name} for {np.dtype(dtype).name} arguments")
    return output


def _rounding(line: Line, size: float) -> float:
    """The most that rounding can do to the imaginary part over the step.

    To first order in h, imaginary parts are tangents, and the complex operations on them are
    those of forward differentiation.
    """
    around = line.around
    closed = derive_closed_form(around.traced, (line.name,), "F").entries[OUTPUT]
    if closed is None:
        return 0.0
    tangent = np.zeros(around.point.arguments[line.name].shape)
    tangent[line.index] = 1.0
    conditions = around.traced.conditions
    with np.errstate(all="ignore"):
        inputs = {**around.inputs, tangent_name(line.name): tangent}
        [derivative, *_], slack = propagate([closed, *conditions], inputs, _arithmetic(around, size), deviations=False)
        worst = float(np.sum(np.abs(around.cotangent) * derivative.worst.ravel()))
    return math.inf if slack or math.isnan(worst) else worst


def _arithmetic(around: Neighbourhood, size: float) -> Arithmetic:
    """The arithmetic of the dtype's complex numbers: rounder, and imaginary parts underflow earlier."""
    plain = around.arithmetic
    used = {head for node in _moving(around.traced.output) for head in _heads(node)}
    factor = max([ROUNDINGS, *(ROUNDINGS_OF[head] for head in used if head in ROUNDINGS_OF)])
    if any(_has_other_power(node) for node in _moving(around.traced.output)):
        factor = max(factor, ROUNDINGS_OF_POWER)
    absolute = 2 * plain.unit if used.intersection(ABSOLUTE) else 0.0
    unit = factor * plain.unit
    return replace(plain, unit=unit, accumulator=unit, underflow=plain.underflow / size + absolute)


# ---- looking through the graph ---------------------------------------------------------------


def _moving(output: Node) -> Iterator[Node]:
    """The nodes through which an output moves: not those that `stop_gradient` holds."""
    seen = {output}
    stack = [output]
    while stack:
        node = stack.pop()
        yield node
        if isinstance(node, nodes.Map) and node.scalar.has(heads.frozen):
            continue
        fresh = [operand for operand in node.operands if operand not in seen]
        seen.update(fresh)
        stack.extend(fresh)


def _heads(node: Node) -> list[type[sp.Function]]:
    """The functions that a node applies."""
    if not isinstance(node, nodes.Map):
        return []
    return sorted({part.func for part in node.scalar.atoms(sp.Function)} & FUNCTIONS.keys(), key=str)


def _has_other_power(node: Node) -> bool:
    """Whether a node takes a power other than a whole one and the square root."""
    if not isinstance(node, nodes.Map):
        return False
    return any(not (2 * power.exp).is_Integer for power in node.scalar.atoms(sp.Pow) if power.exp.is_Rational)
