"""Formulas as LaTeX and as plain text, with the kinked functions in the notation of a textbook."""

from __future__ import annotations

import sys
from typing import Any

import sympy as sp
from sympy.printing.latex import LatexPrinter
from sympy.printing.str import StrPrinter

from diffcheck.expression import heads
from diffcheck.expression.functions import FUNCTIONS

# A denominator above this in lowest terms belongs to a float literal such as 0.1, not to a fraction,
# and a numerator above this to one such as 1e200.
_LARGEST_DENOMINATOR = 2**20
_LARGEST_NUMERATOR = 2**53


def elementary(expression: sp.Expr) -> sp.Expr:
    """Replace functions that SymPy lacks by their elementary form: log1p(x) becomes log(1 + x)."""
    for row in FUNCTIONS.values():
        if row.elementary is not None and expression.has(row.head):
            expression = expression.replace(row.head, row.elementary)
    return _with_decimals(expression.replace(heads.frozen, lambda x: x))


def _with_decimals(expression: sp.Expr) -> sp.Expr:
    """Write a float literal of the program as the decimal it was typed as."""
    literals = [
        number
        for number in expression.atoms(sp.Rational)
        if number.q > _LARGEST_DENOMINATOR or _LARGEST_NUMERATOR < abs(number.p) < sys.float_info.max
    ]
    return expression.xreplace({number: sp.Symbol(repr(float(number))) for number in literals})


def latex(expression: sp.Expr) -> str:
    """A formula as LaTeX."""
    return str(_Latex({"mul_symbol": "dot"}).doprint(elementary(expression)))


def text(expression: sp.Expr) -> str:
    """A formula as plain text."""
    return str(_Text().doprint(elementary(expression)))


class _Latex(LatexPrinter):
    """Conditions as indicators, selections as cases."""

    def _print_step(self, expression: sp.Expr, exp: Any = None) -> str:
        return self._indicator(f"{self._print(expression.args[0])} > 0", exp)

    _print_absolute_step = _print_larger_step = _print_smaller_step = _print_step

    def _print_same(self, expression: sp.Expr, exp: Any = None) -> str:
        return self._indicator(" = ".join(map(self._print, expression.args)), exp)

    def _print_impulse(self, expression: sp.Expr, exp: Any = None) -> str:
        return "0"

    _print_floor_impulse = _print_rounded_impulse = _print_impulse

    def _print_relu(self, expression: sp.Expr, exp: Any = None) -> str:
        return self._power(rf"\max\left({self._print(expression.args[0])}, 0\right)", exp)

    def _print_larger(self, expression: sp.Expr, exp: Any = None) -> str:
        return self._power(rf"\max\left({self._list(expression)}\right)", exp)

    def _print_smaller(self, expression: sp.Expr, exp: Any = None) -> str:
        return self._power(rf"\min\left({self._list(expression)}\right)", exp)

    def _print_largest(self, expression: sp.Expr, exp: Any = None) -> str:
        term, *letters = expression.args
        return self._power(rf"\max_{{{', '.join(map(self._print, letters))}}} {self._print(term)}", exp)

    def _print_absolute(self, expression: sp.Expr, exp: Any = None) -> str:
        return self._power(rf"\left|{self._print(expression.args[0])}\right|", exp)

    def _print_signum(self, expression: sp.Expr, exp: Any = None) -> str:
        return self._power(rf"\operatorname{{sign}}\left({self._print(expression.args[0])}\right)", exp)

    def _print_floored(self, expression: sp.Expr, exp: Any = None) -> str:
        return self._power(rf"\left\lfloor {self._print(expression.args[0])} \right\rfloor", exp)

    def _print_rounded(self, expression: sp.Expr, exp: Any = None) -> str:
        return self._power(rf"\operatorname{{round}}\left({self._print(expression.args[0])}\right)", exp)

    def _print_greater(self, expression: sp.Expr, exp: Any = None) -> str:
        return self._indicator(" > ".join(map(self._print, expression.args)), exp)

    def _print_greater_equal(self, expression: sp.Expr, exp: Any = None) -> str:
        return self._indicator(r" \ge ".join(map(self._print, expression.args)), exp)

    def _print_equal(self, expression: sp.Expr, exp: Any = None) -> str:
        return self._indicator(" = ".join(map(self._print, expression.args)), exp)

    def _print_choose(self, expression: sp.Expr, exp: Any = None) -> str:
        condition, chosen, other = expression.args
        holds = self._print(condition).removeprefix(r"\mathbf{1}\left[").removesuffix(r"\right]")
        body = rf"{self._print(chosen)} & {holds} \\ {self._print(other)} & \text{{otherwise}}"
        return self._power(rf"\begin{{cases}} {body} \end{{cases}}", exp)

    def _indicator(self, condition: str, exp: Any) -> str:
        return self._power(rf"\mathbf{{1}}\left[{condition}\right]", exp)

    def _list(self, expression: sp.Expr) -> str:
        return ", ".join(map(self._print, expression.args))

    def _power(self, base: str, exp: Any) -> str:
        return base if exp is None else rf"\left({base}\right)^{{{exp}}}"


class _Text(StrPrinter):
    """The same notation in one line."""

    def _print_Indexed(self, expression: Any) -> str:
        return f"{self._print(expression.base)}[{', '.join(map(self._print, expression.indices))}]"

    def _print_Sum(self, expression: Any) -> str:
        limits = (tuple(map(self._print, limit)) for limit in expression.limits)
        ranges = ", ".join(f"{letter}={low}..{high}" for letter, low, high in limits)
        return f"Σ({self._print(expression.function)}, {ranges})"

    def _print_KroneckerDelta(self, expression: Any) -> str:
        return f"δ({self.stringify(expression.args[:2], ', ')})"

    def _print_step(self, expression: sp.Expr) -> str:
        return f"[{self._print(expression.args[0])} > 0]"

    _print_absolute_step = _print_larger_step = _print_smaller_step = _print_step

    def _print_same(self, expression: sp.Expr) -> str:
        return f"[{' = '.join(map(self._print, expression.args))}]"

    def _print_impulse(self, expression: sp.Expr) -> str:
        return "0"

    _print_floor_impulse = _print_rounded_impulse = _print_impulse

    def _print_relu(self, expression: sp.Expr) -> str:
        return f"max({self._print(expression.args[0])}, 0)"

    def _print_larger(self, expression: sp.Expr) -> str:
        return f"max({self.stringify(expression.args, ', ')})"

    def _print_smaller(self, expression: sp.Expr) -> str:
        return f"min({self.stringify(expression.args, ', ')})"

    def _print_largest(self, expression: sp.Expr) -> str:
        term, *letters = expression.args
        return f"max over {self.stringify(letters, ', ')} of {self._print(term)}"

    def _print_absolute(self, expression: sp.Expr) -> str:
        return f"|{self._print(expression.args[0])}|"

    def _print_signum(self, expression: sp.Expr) -> str:
        return f"sign({self._print(expression.args[0])})"

    def _print_floored(self, expression: sp.Expr) -> str:
        return f"floor({self._print(expression.args[0])})"

    def _print_rounded(self, expression: sp.Expr) -> str:
        return f"round({self._print(expression.args[0])})"

    def _print_greater(self, expression: sp.Expr) -> str:
        return f"[{self.stringify(expression.args, ' > ')}]"

    def _print_greater_equal(self, expression: sp.Expr) -> str:
        return f"[{self.stringify(expression.args, ' ≥ ')}]"

    def _print_equal(self, expression: sp.Expr) -> str:
        return f"[{self.stringify(expression.args, ' = ')}]"

    def _print_choose(self, expression: sp.Expr) -> str:
        condition, chosen, other = map(self._print, expression.args)
        return f"({chosen} if {condition.strip('[]')} else {other})"
