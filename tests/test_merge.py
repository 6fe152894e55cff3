"""Several runs shown as one."""

from __future__ import annotations

from dataclasses import replace

from diffcheck.merge import merge
from diffcheck.observation import BehaviourRow, Observation
from diffcheck.record import Cell, Judgement, Record, Run
from diffcheck.sheet import ClaimRow, Sheet
from diffcheck.verdict import Verdict


def record(case: str, verdict: Verdict) -> Record:
    """A record of torch."""
    return Record("id", Cell(case, "torch", "R", "", "float64"), Judgement(verdict))


def test_one_run_stays_itself() -> None:
    """Nothing is merged where there is nothing to merge with."""
    run = Run({"torch": "2.13.0"}, (record("a/b", Verdict.AGREES),))
    assert merge([run]) is run


def test_parts_are_put_together() -> None:
    """Every record and every sheet is there once; of two of one cell the later counts."""
    first = Run({"torch": "2.13.0", "seed": "0"}, (record("a/b", Verdict.WRONG),), (Sheet("a/b"),), missing=("jax",))
    second = Run(
        {"torch": "2.14.0", "seed": "0"},
        (record("a/b", Verdict.AGREES), record("a/c", Verdict.WRONG)),
        (Sheet("a/b", "later"), Sheet("a/c")),
        gone=("it is gone",),
        complete=False,
    )
    both = merge([first, second])
    assert [(one.cell.case, one.judgement.verdict) for one in both.records] == [
        ("a/b", Verdict.AGREES),
        ("a/c", Verdict.WRONG),
    ]
    assert [(sheet.case, sheet.docstring) for sheet in both.sheets] == [("a/b", "later"), ("a/c", "")]
    assert (both.gone, both.missing, both.complete) == (("it is gone",), ("jax",), False)


def test_versions_that_differ_are_all_named() -> None:
    """A reader sees that the parts ran with different versions."""
    runs = [Run({"torch": "2.13.0", "seed": "0"}, ()), Run({"torch": "2.14.0", "seed": "0"}, ())]
    assert merge(runs).environment == {"torch": "2.13.0 and 2.14.0", "seed": "0"}


def test_a_statement_has_what_every_framework_does() -> None:
    """Looks at different frameworks are put side by side; of two at one framework the later counts."""
    torch, later = Observation("torch", "holds"), Observation("torch", "differs")
    row = BehaviourRow("state/accumulates", "Gradients add up", "why", "T1", (torch,))
    jax = Observation("jax", "not applicable")
    claim = ClaimRow("they add up", "holds", source="T1")
    rows = [replace(row, observations=(seen,)) for seen in (torch, jax, later)]
    runs = [Run({}, (), behaviours=(one,), claims=(claim,)) for one in rows]
    assert merge(runs).behaviours == (replace(row, observations=(later, jax)),)
    assert merge(runs).claims == (claim,)
