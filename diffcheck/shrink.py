"""Makes findings small: the smallest sizes and the simplest numbers with the same verdict and cause."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from random import Random
from typing import TYPE_CHECKING

from diffcheck.case import Case
from diffcheck.cell import answer, explain, judge_cell, reference_or_judgement
from diffcheck.effort import Effort, settings
from diffcheck.expression.closed_form import question
from diffcheck.identity import point_hash, record_id
from diffcheck.nearer import nearer
from diffcheck.point import Point
from diffcheck.record import Cell, Judgement, Record
from diffcheck.reference.reference import Reference
from diffcheck.strategy import EVERYTHING, Scope, output_shape, points, smallest_sizes
from diffcheck.tally import SEARCH, Tally
from diffcheck.verdict import Cause, Verdict

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

PLAIN = ""

# An allowance this large beside the derivative takes half of a float32's digits: worth a word.
HALF_OF_THE_DIGITS = 2.0**-12
JIT = "jit"


def is_finding(verdict: Verdict) -> bool:
    """Whether a person should look at this verdict."""
    return verdict.value.pytest in ("failed", "warned")


def deserves_explanation(judgement: Judgement) -> bool:
    """Whether there is more to say: about a finding, a doubt, or half of the digits lost."""
    if is_finding(judgement.verdict) or judgement.verdict is Verdict.INCONCLUSIVE:
        return True
    if judgement.allowance is None or judgement.lower is None or judgement.upper is None:
        return False
    return judgement.allowance > HALF_OF_THE_DIGITS * max(abs(judgement.lower), abs(judgement.upper)) > 0


class Shrinker:
    """Turns the tallies of one search into records.

    Args:
        case: what was searched.
        dtype: under test.
        cells: all methods that were judged.
        effort: how hard to try.
        seed: of every random choice.
        extra: points that were drawn besides those of the domains.
    """

    def __init__(
        self, case: Case, dtype: str, cells: Sequence[Cell], effort: Effort, seed: int, extra: Sequence[Point] = ()
    ) -> None:
        self.case = case
        self.cells = cells
        self.effort = effort
        self.seed = seed
        self.small: dict[Cell, Point] = {}
        self._strategies = [
            points(case, dtype, output_shape(case), Scope((smallest_sizes(case),), simple=True)),
            points(case, dtype, output_shape(case), Scope(simple=True)),
            points(case, dtype, output_shape(case), EVERYTHING, extra),
        ]
        self._references: dict[tuple[str, str], Reference | Judgement] = {}

    def finish(self, tally: Tally) -> Record:
        """The record of a cell: a finding at a small point, anything else where it was worst."""
        if tally.worst is None or tally.point is None:
            raise ValueError(f"{tally.cell} was judged nowhere: a search needs a point")
        record = Record(
            id="",
            cell=tally.cell,
            judgement=tally.worst,
            point=tally.point,
            points=tally.points,
            entries=tally.entries,
            verdicts=dict(sorted(tally.verdicts.items())),
            found=tally.found,
        )
        if is_finding(tally.worst.verdict):
            record = self._examined(record)
        if deserves_explanation(record.judgement):
            record = replace(record, judgement=self._explained(record, tally))
        if record.judgement.cause is Cause.TIE:
            record = replace(record, others=self._others(record))
        return replace(record, id=record_id(self.case, record.cell, record.point))

    def _examined(self, record: Record) -> Record:
        """A finding at a small point, confirmed without compilation, beside the other methods' answers."""
        smaller = self._smaller(record.cell, record.judgement)
        if smaller is not None:
            self.small[record.cell] = smaller
            record = replace(record, point=smaller, judgement=self._judge(record.cell, smaller), found=SEARCH)
        if record.cell.transform == JIT:
            record = self._confirmed(record)
        return replace(record, others=self._others(record))

    def _explained(self, record: Record, tally: Tally) -> Judgement:
        """What is known beyond the numbers; likely causes are read off the larger point, which shows more."""
        found = self._explain(record.cell, _point(record), record.judgement)
        if tally.worst is None or tally.point is None or tally.point is record.point:
            return found
        larger = self._explain(record.cell, tally.point, tally.worst)
        return replace(found, causes=larger.causes or found.causes)

    def _explain(self, cell: Cell, point: Point, judgement: Judgement) -> Judgement:
        return explain(self.case, cell, point, judgement, self._reference(cell, point))

    def _confirmed(self, record: Record) -> Record:
        """Say whether a compiled function's finding is the function's or the compiler's."""
        eager = self._judge(replace(record.cell, transform=PLAIN), _point(record))
        same = eager.verdict is record.judgement.verdict
        note = "the same without jit" if same else f"{eager.verdict.name} without jit"
        message = f"{record.judgement.message}; {note}" if record.judgement.message else note
        return replace(record, judgement=replace(record.judgement, message=message))

    def _smaller(self, cell: Cell, worst: Judgement) -> Point | None:
        """A small point at which a cell gets the same verdict for the same cause."""
        if worst.verdict is Verdict.RANGE and not self.effort.shrink_range:
            return None
        candidates = self._candidates(cell)
        if self.effort.share or cell.transform == JIT:
            return self._first(cell, worst, candidates) or self._find(cell, worst)
        return self._find(cell, worst) or self._first(cell, worst, candidates)

    def _candidates(self, cell: Cell) -> list[Point]:
        """Small points of other cells; first that of the same method without its transform."""
        eager = replace(cell, transform=PLAIN)
        first = [self.small[eager]] if eager in self.small else []
        return first + list(self.small.values())

    def _first(self, cell: Cell, worst: Judgement, candidates: Sequence[Point]) -> Point | None:
        return next((point for point in candidates if self._shows(cell, worst, point)), None)

    def _find(self, cell: Cell, worst: Judgement) -> Point | None:
        """Search from the simple end: most findings need neither size nor digits, and start out small."""
        found = (self._find_among(strategy, cell, worst) for strategy in self._strategies)
        point = next((point for point in found if point is not None), None)
        return point and nearer(self.case, point, partial(self._shows, cell, worst))

    def _find_among(self, strategy: SearchStrategy[Point], cell: Cell, worst: Judgement) -> Point | None:
        """Let Hypothesis find and shrink a point, as long as there are tries left."""
        import hypothesis
        from hypothesis.errors import HypothesisException

        tried: dict[str, bool] = {}

        def shows(point: Point) -> bool:
            key = point_hash(point)
            if key not in tried:
                tried[key] = len(tried) < self.effort.shrink_tries and self._shows(cell, worst, point)
            return tried[key]

        random = Random(self.seed)  # noqa: S311 - repeatable, not secret
        examples = max(self.effort.shrink_tries // 4, 1)
        try:
            return hypothesis.find(strategy, shows, settings=settings(examples), random=random)
        except HypothesisException:
            return None

    def _shows(self, cell: Cell, worst: Judgement, point: Point) -> bool:
        judgement = self._judge(cell, point)
        return (judgement.verdict, judgement.cause) == (worst.verdict, worst.cause)

    def _judge(self, cell: Cell, point: Point) -> Judgement:
        """Judge a cell at a point."""
        return judge_cell(self.case, cell, point, self._reference(cell, point))

    def _reference(self, cell: Cell, point: Point) -> Reference | Judgement:
        """What is true at a point; kept, as cells are shrunk along the same points."""
        key = (point_hash(point), question(cell.mode))
        if key not in self._references:
            self._references[key] = reference_or_judgement(self.case, point, question(cell.mode))
        return self._references[key]

    def _others(self, record: Record) -> dict[str, float | None]:
        """What the other methods that are asked the same answer for the worst entry."""
        judgement = record.judgement
        if judgement.value is None:
            return {}
        return {
            cell.method: answer(self.case, cell, _point(record), judgement.argument, judgement.index)
            for cell in self.cells
            if question(cell.mode) == question(record.cell.mode) and cell != record.cell
        }


def _point(record: Record) -> Point:
    if record.point is None:
        raise ValueError(f"{record.cell} has no point")
    return record.point
