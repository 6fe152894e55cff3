"""The closed form's named functions on one branch: what is left is SymPy's own and smooth.

Which branch is said by the decider in charge (`diffcheck.symbolic.decider`), the same that runs the
function on symbols, so that both sides of a proof stand on the same side of every kink.
"""

from __future__ import annotations

from collections.abc import Callable

import sympy as sp

from diffcheck.expression import heads
from diffcheck.expression.explicit import choose
from diffcheck.expression.functions import FUNCTIONS, NotCovered
from diffcheck.symbolic.decider import branch

HALF = sp.Rational(1, 2)


def resolve(expression: sp.Expr) -> sp.Expr:
    """Take the branch that the decider in charge picks at every kink, and write out what is left.

    Raises:
        NotCovered: a named function has no rule.
    """
    return _Resolver().resolve(expression)


class _Resolver:
    """One walk over an expression; equal parts are resolved once."""

    def __init__(self) -> None:
        self._known: dict[sp.Expr, sp.Expr] = {}

    def resolve(self, expression: sp.Expr) -> sp.Expr:
        if not expression.args:
            return expression
        if expression not in self._known:
            self._known[expression] = self._resolved(expression)
        return self._known[expression]

    def _resolved(self, expression: sp.Expr) -> sp.Expr:
        if isinstance(expression, choose):
            condition, chosen, other = expression.args
            return self.resolve(other if self.resolve(condition) == 0 else chosen)
        arguments = [self.resolve(argument) for argument in expression.args]
        return _applied(expression.func, arguments)


def _applied(head: type[sp.Expr], arguments: list[sp.Expr]) -> sp.Expr:
    if head in KINKED:
        return KINKED[head](*arguments)
    row = FUNCTIONS.get(head)
    if row is None or row.elementary is None:
        if head.__module__ == heads.__name__:
            raise NotCovered(f"{head.__name__} has no smooth branch")
        return head(*arguments)
    return row.elementary(*arguments)


# --- one branch of each kinked function -----------------------------------------------------------


def _step(z: sp.Expr) -> sp.Expr:
    """1 or 0; a new symbol where z is zero on the whole branch, as where two rectifiers are pooled.

    Such a symbol may only be left over where the derivative depends on which of equals is picked.
    """
    sign = branch(z)
    return sp.Dummy("undecided", real=True) if sign == 0 else sp.Integer(sign > 0)


def _larger(x: sp.Expr, y: sp.Expr) -> sp.Expr:
    return x if branch(x - y) >= 0 else y


def _smaller(x: sp.Expr, y: sp.Expr) -> sp.Expr:
    return x if branch(x - y) <= 0 else y


def _cube_root(x: sp.Expr) -> sp.Expr:
    sign = branch(x)
    return sign * sp.cbrt(sign * x)


def _holds(condition: Callable[[int], bool]) -> Callable[[sp.Expr, sp.Expr], sp.Expr]:
    return lambda x, y: sp.Integer(condition(branch(x - y)))


def _nothing(_: sp.Expr) -> sp.Expr:
    return sp.S.Zero


KINKED: dict[type[sp.Expr], Callable[..., sp.Expr]] = {
    **dict.fromkeys(heads.STEPS, _step),
    heads.impulse: _nothing,
    heads.floor_impulse: _nothing,
    heads.rounded_impulse: _nothing,
    heads.relu: lambda z: z if branch(z) > 0 else sp.S.Zero,
    heads.absolute: lambda z: branch(z) * z,
    heads.signum: lambda z: sp.Integer(branch(z)),
    heads.larger: _larger,
    heads.smaller: _smaller,
    heads.floored: sp.floor,
    heads.rounded: lambda z: sp.floor(z + HALF),
    heads.greater: _holds(lambda sign: sign > 0),
    heads.greater_equal: _holds(lambda sign: sign >= 0),
    heads.equal: _holds(lambda sign: sign == 0),
    heads.frozen: lambda z: z,
    heads.cbrt: _cube_root,
}
