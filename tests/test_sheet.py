"""A sheet survives the way to a file and back, to the last bit."""

from __future__ import annotations

import json
import math

from hypothesis import given
from hypothesis import strategies as st

from diffcheck.sheet import (
    Agreement,
    ClaimRow,
    Formula,
    MethodRow,
    Numbers,
    Sheet,
    StepRow,
    StepTable,
    Trust,
    WorkedExample,
    from_dict,
    to_dict,
    total_trust,
)
from diffcheck.verdict import Cause, Verdict

FLOATS = st.floats(allow_nan=False)


def numbers() -> st.SearchStrategy[Numbers]:
    """One-dimensional arrays with all their entries."""
    return st.lists(FLOATS, max_size=4).map(lambda values: Numbers((len(values),), tuple(values)))


def example(values: Numbers) -> WorkedExample:
    """A worked example which holds these numbers everywhere."""
    row = MethodRow("torch R", "float32", {"x": values}, Verdict.WRONG, Cause.FORMULA, "off", 7.5, None, "x", (1,), 2.0)
    steps = StepTable("x", (0,), 1.0, 2.0, (StepRow(0.1, {"forward": 6.5}, {"forward": 0.5}),))
    return WorkedExample({"x": values}, values, {"x": values}, {"x": values}, (row,), steps)


@given(numbers())
def test_sheet_round_trips_through_json(values: Numbers) -> None:
    """Every float comes back bit for bit, and so does everything else."""
    sheet = Sheet(
        case="vector/sum",
        docstring="y = Σx",
        source="T1",
        formula=Formula(r"\sum x", "sum(x)"),
        closed_forms={"x": Formula("1", "1")},
        trust=Trust(3, 1),
        example=example(values),
        claims=(ClaimRow("all ones", "holds", "[1, 1]", "[1, 1]"),),
        notes=("nothing",),
    )
    assert from_dict(json.loads(json.dumps(to_dict(sheet)))) == sheet


def test_nan_and_infinities_are_kept() -> None:
    """JSON has no NaN: ours comes back as NaN and never as null."""
    sheet = Sheet("a/b", example=example(Numbers((3,), (math.nan, math.inf, -math.inf))))
    text = json.dumps(to_dict(sheet), allow_nan=False)
    back = from_dict(json.loads(text)).example
    assert back is not None
    assert math.isnan(back.arguments["x"].values[0])
    assert back.arguments["x"].values[1:] == (math.inf, -math.inf)


def test_sheet_of_a_later_version_is_readable() -> None:
    """Unknown fields are left out; an unknown verdict keeps its name and counts as undecided."""
    data = to_dict(Sheet("a/b", example=example(Numbers((), (1.0,)))))
    data["colour"] = "green"
    data["example"]["rows"][0] |= {"verdict": "SUSPICIOUS", "cause": "MOON"}
    back = from_dict(data).example
    assert back is not None
    assert back.rows[0].verdict.name == "SUSPICIOUS"
    assert back.rows[0].verdict.value == Verdict.INCONCLUSIVE.value
    assert back.rows[0].cause.value == ""


def test_sheet_of_an_earlier_version_is_readable() -> None:
    """Fields that are absent keep their default."""
    assert from_dict({"case": "a/b"}) == Sheet("a/b")


def test_numbers_know_whether_they_are_complete() -> None:
    """A large array keeps its shape and its first entries only."""
    assert Numbers((2, 2), (1.0, 2.0, 3.0, 4.0)).complete
    assert not Numbers((100, 1000), (1.0, 2.0)).complete
    assert Numbers((100, 1000), (1.0, 2.0)).size == 100_000


def test_step_table_names_its_schemes_once() -> None:
    """A scheme which gives a number only at some steps is named too."""
    rows = (StepRow(0.1, {"forward": 1.0}, {}), StepRow(0.01, {"forward": 1.0, "central": 1.0}, {}))
    assert StepTable("x", (), 1.0, 1.0, rows).schemes == ("forward", "central")


def test_trust_says_only_what_there_is() -> None:
    """A reader sees proved entries, and the others where there are any."""
    assert Trust(3, 0).sentence.endswith("3 of 3 proved equal to SymPy's derivative of the function run on symbols")
    assert Trust(3, 1, 1, 1).sentence.endswith(", 1 checked at random points, 1 not compared, 1 REFUTED")
    assert "3 of 6 proved" in Trust(3, 1, 1, 1).sentence


def test_trust_counts_second_opinions() -> None:
    """How many entries overlap, and openly how many do not; nothing where nobody was asked."""
    both = Trust(3, 0, agreement=Agreement(12, 2, 1)).sentence
    assert "3 of 3 proved" in both
    assert both.endswith(
        "; 12 entries at the points shown overlap what Taylor series in balls enclose, "
        "2 have no second opinion, 1 derivatives are too large for one"
    )
    assert Trust(agreement=Agreement(12)).sentence.startswith("12 entries")
    assert Trust().sentence == Agreement().sentence == ""
    assert Trust(1, agreement=Agreement(1)) + Trust(agreement=Agreement(2, 1)) == Trust(1, agreement=Agreement(3, 1))


def test_trust_adds_up() -> None:
    """A report says in one line how the references of all its cases were checked."""
    sheets = [Sheet("a/b", trust=Trust(3, 1)), Sheet("a/c"), Sheet("a/d", trust=Trust(2, 0, 1, 1))]
    assert total_trust(sheets) == Trust(5, 1, 1, 1)
    assert total_trust([Sheet("a/c")]) is None
