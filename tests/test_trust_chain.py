"""The trust chain over every case: what the reference rests on, link by link.

The symbolic link: the closed form, written out at tiny sizes, equals `sympy.diff` of scalars that come
from running the case on symbols, in a namespace that knows no expression.
"""

from __future__ import annotations

import pytest

from diffcheck import registry
from diffcheck.case import Case
from diffcheck.reference.proof import Outcome, Proof, prove
from diffcheck.reference.tiny import TooManyEntries

CASES = registry.load()

# Not proved but compared at random points, and why. A case that leaves this table must be taken out.
CHECKED = {
    "scalar/logistic_map": "a polynomial of degree 1024 is not written out",
    "vector/doubling": "a loop on its data: the expression holds for one number of doublings",
}

# Entries that are neither, and why; the others of the case are proved.
OPEN = dict.fromkeys(
    ("optimiser/adam", "optimiser/adamw", "optimiser/rmsprop", "optimiser/adagrad"),
    "SymPy writes the root of the first g² as |g|, which has no sign pattern of its own",
)

# Left out, and why: the other links of the chain hold for these too.
LEFT_OUT = {
    "network/net": "the image has 32 × 32 entries at any size",
}


@pytest.mark.parametrize("case", [case for case in CASES if case.id not in LEFT_OUT], ids=lambda case: case.id)
def test_the_closed_form_is_sympys_derivative(case: Case) -> None:
    """Value, gradient and directional derivative are proved equal to SymPy's, on every sign pattern."""
    proof = prove(case)
    assert proof.entries
    expected = Outcome.OPEN if case.id in OPEN else Outcome.CHECKED if case.id in CHECKED else Outcome.PROVED
    assert _worst(proof) is expected


def _worst(proof: Proof) -> Outcome:
    return max((entry.outcome for entry in proof.entries), key=list(Outcome).index)


@pytest.mark.parametrize("case", [case for case in CASES if case.id in LEFT_OUT], ids=lambda case: case.id)
def test_what_is_left_out_is_too_large(case: Case) -> None:
    """Nothing is left out that could be proved."""
    with pytest.raises(TooManyEntries):
        prove(case)


def test_the_exceptions_are_cases() -> None:
    """The tables name cases that exist."""
    assert {*CHECKED, *OPEN, *LEFT_OUT} <= {case.id for case in CASES}
