"""What changed between two runs, and nothing else."""

from dataclasses import replace

from diffcheck.compare import changes
from diffcheck.observation import BehaviourRow, Observation
from diffcheck.record import Cell, Judgement, Record, Run
from diffcheck.sheet import ClaimRow, Sheet
from diffcheck.verdict import Verdict

CELL = Cell("vector/total", "torch", "R", "", "float64")
SEEN = Observation("torch", "holds", evidence={"gradient": "[1.0]"}, version="2.12.0")
ROW = BehaviourRow("state/accumulates", "Gradients add up", "why", "T1", (SEEN,))
OLD = Run(
    {"torch": "2.12.0"},
    (Record("1", CELL, Judgement(Verdict.AGREES)),),
    behaviours=(ROW,),
    claims=(ClaimRow("they add up", "holds", source="T1"),),
    sheets=(Sheet("vector/total", claims=(ClaimRow("all ones", "holds"),)),),
)
NEW = replace(OLD, environment={"torch": "2.13.0"})


def _with(**parts):
    return changes(OLD, replace(NEW, **parts))[1:]


def test_another_version_alone_is_no_change():
    assert changes(OLD, NEW) == []


def test_versions_stand_before_what_changed():
    changed = replace(NEW, claims=(ClaimRow("they add up", "refuted", source="T1"),))
    assert changes(OLD, changed) == ["torch 2.12.0 → 2.13.0", "T1, they add up: holds → refuted"]


def test_a_verdict_that_changed_is_named():
    records = (Record("2", CELL, Judgement(Verdict.WRONG)),)
    assert _with(records=records) == ["vector/total · torch R float64: AGREES → WRONG"]


def test_other_numbers_with_the_same_verdict_are_no_change():
    assert _with(records=(Record("1", CELL, Judgement(Verdict.AGREES, ulps=1.0)),)) == []


def test_a_framework_that_does_something_else_is_named():
    now = replace(SEEN, outcome="differs", said="gradient [2.0]", evidence={"gradient": "[2.0]"}, version="2.13.0")
    assert _with(behaviours=(replace(ROW, observations=(now,)),)) == [
        "state/accumulates · torch 2.12.0 → 2.13.0: holds [gradient [1.0]] → differs (gradient [2.0]) [gradient [2.0]]"
    ]


def test_other_evidence_for_the_same_outcome_is_a_change():
    now = replace(SEEN, evidence={"gradient": "[1.5]"}, version="2.13.0")
    assert len(_with(behaviours=(replace(ROW, observations=(now,)),))) == 1


def test_a_claim_about_a_case_that_changed_is_named():
    sheets = (Sheet("vector/total", claims=(ClaimRow("all ones", "refuted"),)),)
    assert _with(sheets=sheets) == ["vector/total, all ones: holds → refuted"]


def test_what_only_one_run_looked_at_is_not_compared():
    assert changes(OLD, replace(NEW, records=(), behaviours=(), claims=(), sheets=())) == []
