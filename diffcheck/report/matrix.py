"""The agreement matrix: cases down, methods across, one table for each dtype."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import isfinite

from diffcheck.record import Cell, Judgement, Record, Run
from diffcheck.verdict import Cause, Verdict

NAMED_BY_CASE = "handwritten"
"""The backend whose transforms are named by each case: they share one column."""

NOT_JUDGED = (4, 5)
"""Exit codes of the verdicts that leave the question open: inconclusive, nothing judged."""

MEASURED = (Verdict.AGREES, Verdict.INCONCLUSIVE, Verdict.DIFFERENT, Verdict.WRONG)
"""Verdicts that rest on how far a value is from the reference."""

REVERSE_FIRST = str.maketrans("RF", "01")
"""Sorts modes with reverse before forward."""


@dataclass(frozen=True)
class Column:
    """One method, as the head of a column."""

    backend: str
    mode: str
    transform: str

    @property
    def method(self) -> str:
        """The method in one line."""
        return " ".join(part for part in (self.backend, self.mode, self.transform) if part)


@dataclass(frozen=True)
class Matrix:
    """One table.

    Attributes:
        dtype: the dtype under test.
        cases: the rows.
        columns: the columns, backends together.
        cells: (case, column) → the worst record there; absent where the method does not apply.
    """

    dtype: str
    cases: tuple[str, ...]
    columns: tuple[Column, ...]
    cells: Mapping[tuple[str, Column], Record]


def matrices(run: Run) -> tuple[Matrix, ...]:
    """One matrix for each dtype, in the order in which the run met them."""
    dtypes = dict.fromkeys(record.cell.dtype for record in run.records)
    return tuple(_matrix(dtype, [r for r in run.records if r.cell.dtype == dtype]) for dtype in dtypes)


def column(cell: Cell) -> Column:
    """The column in which a cell stands."""
    transform = "" if cell.backend == NAMED_BY_CASE else cell.transform
    return Column(cell.backend, cell.mode, transform)


def measured(judgement: Judgement) -> bool:
    """Whether the distance to the reference says something: at a kink any admissible value is as good."""
    if judgement.verdict not in MEASURED or judgement.allowance is None or not isfinite(judgement.allowance):
        return False
    if judgement.verdict is Verdict.INCONCLUSIVE and not judgement.ratio > 1:
        return False
    return judgement.value is not None and isfinite(judgement.value)


def rank(record: Record) -> tuple[int, float]:
    """Orders records from harmless to worst: by verdict, then by error over allowance."""
    return (record.judgement.verdict.value.severity, record.judgement.ratio)


@dataclass(frozen=True)
class Open:
    """Why cells have no answer to the question.

    Attributes:
        verdict: what they have instead.
        methods: whose cells they are.
        reason: why.
        cases: whose cells they are, each once.
    """

    verdict: Verdict
    methods: tuple[str, ...]
    reason: str
    cases: tuple[str, ...]


def unjudged(run: Run) -> list[Open]:
    """Why cells were not judged or not decided; methods and cases with the same reason stand together."""
    by_method: dict[tuple[Verdict, str, str], dict[str, None]] = {}
    for record in run.records:
        if record.judgement.verdict.value.exit_code in NOT_JUDGED:
            key = (record.judgement.verdict, column(record.cell).method, _reason(record.judgement))
            by_method.setdefault(key, {})[record.cell.case] = None
    together: dict[tuple[Verdict, str, tuple[str, ...]], list[str]] = {}
    for (verdict, method, reason), cases in by_method.items():
        together.setdefault((verdict, reason, tuple(cases)), []).append(method)
    return [Open(verdict, tuple(methods), reason, cases) for (verdict, reason, cases), methods in together.items()]


def _reason(judgement: Judgement) -> str:
    """The message where it is the same for many points, the cause where it holds a point's numbers."""
    if judgement.cause is Cause.NOT_COVERED:
        return judgement.message.partition(";")[0]  # what has no rule; then how a method looks at a point
    if judgement.verdict is Verdict.INCONCLUSIVE:
        return judgement.cause.value
    return judgement.message or judgement.cause.value


def counts(run: Run) -> dict[Verdict, int]:
    """How many cells have each verdict, worst first, without those that no cell has."""
    found = Counter(record.judgement.verdict for record in run.records)
    return dict(sorted(found.items(), key=lambda item: (-item[0].value.severity, item[0].name)))


def _matrix(dtype: str, records: list[Record]) -> Matrix:
    cells: dict[tuple[str, Column], Record] = {}
    for record in records:
        key = (record.cell.case, column(record.cell))
        cells[key] = max(cells.get(key, record), record, key=rank)
    cases = tuple(dict.fromkeys(record.cell.case for record in records))
    return Matrix(dtype, cases, _columns(column(record.cell) for record in records), cells)


def _columns(found: Iterable[Column]) -> tuple[Column, ...]:
    """Backends in the order of the run; within one, plain before the rest, order 1 first, reverse before forward."""
    columns = list(dict.fromkeys(found))
    backends = list(dict.fromkeys(one.backend for one in columns))
    transforms = list(dict.fromkeys(["", *(one.transform for one in columns)]))
    return tuple(
        sorted(
            columns,
            key=lambda one: (
                backends.index(one.backend),
                transforms.index(one.transform),
                len(one.mode),
                one.mode.translate(REVERSE_FIRST),
            ),
        )
    )
