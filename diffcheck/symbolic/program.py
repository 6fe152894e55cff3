"""SymPy scalars as straight-line programs in ball arithmetic, through a strict whitelist.

Equal subexpressions are computed once. Nothing outside the whitelist is evaluated, so that no
rounding and no convention of somebody else's printer enters.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache, partial

import sympy as sp
from flint import arb, fmpq

from diffcheck.symbolic.array import NotCovered

LARGEST_ROOT = 16

Operation = Callable[..., arb]
Step = tuple[Operation, tuple[int, ...]]
Values = Mapping[sp.Symbol, arb]


@dataclass(frozen=True)
class Program:
    """Some expressions as steps, each of which uses results of earlier ones.

    Attributes:
        symbols: the inputs; their values are the first results.
        steps: an operation, and the positions of its operands among the results so far.
        outputs: where the values of the expressions are among the results.
    """

    symbols: tuple[sp.Symbol, ...]
    steps: tuple[Step, ...]
    outputs: tuple[int, ...]

    def evaluate(self, values: Values) -> list[arb]:
        """The expressions' values as balls, at the precision in force."""
        results = [values[symbol] for symbol in self.symbols]
        for operation, operands in self.steps:
            results.append(operation(*[results[k] for k in operands]))
        return [results[k] for k in self.outputs]


@lru_cache(maxsize=4096)
def compiled(expressions: tuple[sp.Expr, ...]) -> Program:
    """The program of some expressions.

    Raises:
        NotCovered: one of them holds something outside the whitelist.
    """
    ordered = _operands_first(expressions)
    symbols = sorted((node for node in ordered if node.is_Symbol), key=str)
    position = {symbol: k for k, symbol in enumerate(symbols)}
    steps: list[Step] = []
    for node in ordered:
        if node not in position:
            operation, operands = _step(node)
            position[node] = len(symbols) + len(steps)
            steps.append((operation, tuple(position[operand] for operand in operands)))
    return Program(tuple(symbols), tuple(steps), tuple(position[expression] for expression in expressions))


def _operands_first(expressions: tuple[sp.Expr, ...]) -> list[sp.Expr]:
    """Every different subexpression once, operands first. Iterative: sums may be deep."""
    order: dict[sp.Expr, None] = {}
    stack = [(expression, False) for expression in reversed(expressions)]
    while stack:
        node, finished = stack.pop()
        if finished:
            order[node] = None
        elif node not in order:
            stack.append((node, True))
            stack.extend((operand, False) for operand in _step(node)[1])
    return list(order)


# --- one subexpression → one step -----------------------------------------------------------------


@lru_cache(maxsize=65536)
def _step(node: sp.Expr) -> tuple[Operation, tuple[sp.Expr, ...]]:
    """The operation at the root of an expression, and its operands."""
    if node.is_Symbol:
        return arb, ()
    if node.is_Rational:
        return partial(_rational, int(node.p), int(node.q)), ()
    if node.is_Add:
        return _sum, node.args
    if node.is_Mul:
        return _product, node.args
    if node.is_Pow and node.exp.is_Rational:
        return partial(_power, exponent=node.exp), (node.base,)
    operation = OPERATIONS.get(node.func) or CONSTANTS.get(node)
    if operation is None:
        raise NotCovered(f"no rule in balls for the SymPy scalar {node.func.__name__}")
    return operation, node.args


def _rational(numerator: int, denominator: int) -> arb:
    return arb(fmpq(numerator, denominator))


def _sum(*terms: arb) -> arb:
    total = terms[0]
    for term in terms[1:]:
        total = total + term
    return total


def _product(*factors: arb) -> arb:
    total = factors[0]
    for factor in factors[1:]:
        total = total * factor
    return total


def _power(base: arb, exponent: sp.Rational) -> arb:
    """A rational power; roots of small degree keep a base of zero, which the logarithm would lose."""
    numerator, denominator = int(exponent.p), int(exponent.q)
    if denominator == 1:
        return base**numerator
    if denominator <= LARGEST_ROOT:
        return base.root(denominator) ** numerator
    return base ** _rational(numerator, denominator)


def _polygamma(order: arb, x: arb) -> arb:
    """ψ⁽ⁿ⁾(x) = (−1)ⁿ⁺¹·n!·ζ(n + 1, x) for n ≥ 1. NIST Digital Library of Mathematical Functions, 25.11.12."""
    n = int(float(order))
    if n == 0:
        return x.digamma()
    value: arb = arb(n + 1).zeta(x) * arb(n).fac() * (-1) ** (n + 1)
    return value


def _log_abs_gamma(x: arb) -> arb:
    return x.lgamma() if x > 0 else abs(x.gamma()).log()


def _general_power(base: arb, exponent: arb) -> arb:
    power: arb = base**exponent
    return power


OPERATIONS: dict[type, Operation] = {
    sp.exp: arb.exp,
    sp.log: arb.log,
    sp.sin: arb.sin,
    sp.cos: arb.cos,
    sp.tan: arb.tan,
    sp.asin: arb.asin,
    sp.acos: arb.acos,
    sp.atan: arb.atan,
    sp.sinh: arb.sinh,
    sp.cosh: arb.cosh,
    sp.tanh: arb.tanh,
    sp.asinh: arb.asinh,
    sp.acosh: arb.acosh,
    sp.atanh: arb.atanh,
    sp.erf: arb.erf,
    sp.erfc: arb.erfc,
    sp.floor: arb.floor,
    sp.Abs: arb.__abs__,  # SymPy's own √x²
    sp.sign: arb.sgn,
    sp.atan2: arb.atan2,
    sp.loggamma: _log_abs_gamma,
    sp.polygamma: _polygamma,
    sp.Pow: _general_power,
}
CONSTANTS: dict[sp.Expr, Operation] = {sp.pi: arb.pi, sp.E: arb.const_e, sp.EulerGamma: arb.const_euler}
