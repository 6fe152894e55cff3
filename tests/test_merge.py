"""Several runs shown as one."""

from __future__ import annotations

from diffcheck.merge import merge
from diffcheck.record import Cell, Judgement, Record, Run
from diffcheck.sheet import Sheet
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
