"""How large a scalar is, and how large it may be: SymPy's time grows with what is written out."""

from __future__ import annotations

from functools import lru_cache

import sympy as sp

# Measured: SymPy differentiates 10,000 to 250,000 operations a second, slowest where exponentials are
# nested; attention on three tokens of four features has 140,000 in all and takes two seconds.
LARGEST_WORK = 200_000
# Ten steps of the logistic map have 199,000 operations when written out.
LARGEST_SCALAR = 250_000


class TooLarge(ValueError):
    """A scalar that SymPy would work on for too long; the message says how large it is."""


@lru_cache(maxsize=65536)
def tree_size(expression: sp.Expr) -> int:
    """How many operations and operands an expression has when nothing is shared."""
    return 1 + sum(tree_size(operand) for operand in expression.args)


def refuse_large_scalar(expression: sp.Expr) -> None:
    """Stop a function on symbols before its scalars outgrow SymPy.

    Raises:
        TooLarge: the scalar is above the limit.
    """
    size = tree_size(expression)
    if size > LARGEST_SCALAR:
        raise TooLarge(f"a scalar with {size:,} operations; the limit is {LARGEST_SCALAR:,}")


def refuse_large_gradient(scalar: sp.Expr, count: int) -> None:
    """Stop before a scalar is differentiated too often.

    Raises:
        TooLarge: its size times the number of entries is above the limit.
    """
    size = tree_size(scalar)
    if size * count > LARGEST_WORK:
        message = f"{count:,} entries of a scalar with {size:,} operations"
        raise TooLarge(f"{message}; the limit is {LARGEST_WORK:,} for their product")
