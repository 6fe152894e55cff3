"""The search: draws points, judges every method at each of them, and makes each finding small.

One search per case and dtype. Known points come first, then worked examples, then points that were
handed in, then what Hypothesis draws, pushed towards the worst ratio of error to allowance. Each
cell with a finding is then shrunk on its own, keeping its verdict and cause. Same case, same seed,
same records.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from diffcheck.case import Case
from diffcheck.cell import judge_cell, reference_or_judgement
from diffcheck.effort import Effort, settings, within_a_test
from diffcheck.example import example_point, weighed
from diffcheck.expression.closed_form import question
from diffcheck.identity import seed_of
from diffcheck.point import Point
from diffcheck.record import Cell, Record
from diffcheck.shrink import Shrinker
from diffcheck.strategy import EVERYTHING, Scope, few_sizes, is_small, output_shape, points
from diffcheck.tally import EXAMPLE, KNOWN, SEARCH, Tally

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

# Backends that compile for every set of shapes.
COMPILING = ("jax",)

# Hypothesis wants a finite number to push up.
HIGHEST_TARGET = 1e300


@within_a_test()
def search(
    case: Case,
    dtype: str,
    cells: Sequence[Cell],
    effort: Effort,
    seed: int,
    known: Sequence[Point] = (),
    extra: Sequence[Point] = (),
) -> list[Record]:
    """Search one case in one dtype.

    Args:
        case: what to search.
        dtype: under test.
        cells: the methods to judge, all of this case and dtype.
        effort: how hard to try.
        seed: of every random choice.
        known: points to judge before all others.
        extra: points to judge that random drawing would miss, such as kinks that were solved for.

    Returns:
        One record per cell, in the order of the cells.
    """
    visitor = _Visitor(case, cells, effort.compiled_shapes)
    for point in known:
        visitor.visit(point, KNOWN)
    for example in case.examples:
        visitor.visit(example_point(case, example, dtype), EXAMPLE)
    for point in extra:
        visitor.visit(weighed(case, point), SEARCH)
    scope = Scope(few_sizes(case)) if effort.few_sizes else EVERYTHING
    own_seed = seed_of(seed, case.id, dtype)
    if effort.examples:
        _explore(points(case, dtype, output_shape(case), scope), visitor, effort.examples, own_seed)
    shrinker = Shrinker(case, dtype, cells, effort, own_seed, [weighed(case, point) for point in extra])
    return [shrinker.finish(tally) for tally in visitor.tallies]


def _explore(strategy: SearchStrategy[Point], visitor: _Visitor, examples: int, seed: int) -> None:
    """Let Hypothesis draw points, and push it towards the worst ratio."""
    import hypothesis

    @hypothesis.seed(seed)
    @hypothesis.settings(settings(examples))
    @hypothesis.given(strategy)
    def visit(point: Point) -> None:
        ratio = visitor.visit(point, SEARCH)
        hypothesis.target(min(ratio, HIGHEST_TARGET))

    visit()


class _Visitor:
    """Judges every cell at each point that it is taken to."""

    def __init__(self, case: Case, cells: Sequence[Cell], compiled_shapes: int) -> None:
        self.case = case
        self.tallies = [Tally(cell) for cell in cells]
        self.compiled_shapes = compiled_shapes
        self.shapes: set[tuple[tuple[int, ...], ...]] = set()

    def visit(self, point: Point, found: str) -> float:
        """Judge every cell at a point; return the worst ratio."""
        self._note_shapes(point, found)
        chosen = [tally for tally in self.tallies if self._sees(tally.cell, point, found)]
        questions = dict.fromkeys(question(tally.cell.mode) for tally in chosen)
        references = {mode: reference_or_judgement(self.case, point, mode) for mode in questions}
        ratios = [0.0]
        for tally in chosen:
            judgement = judge_cell(self.case, tally.cell, point, references[question(tally.cell.mode)])
            tally.add(judgement, point, found)
            ratios.append(judgement.ratio)
        return max(ratios)

    def _sees(self, cell: Cell, point: Point, found: str) -> bool:
        """Whether a cell is judged at a point: what compiles sees few of the drawn shapes."""
        return cell.backend not in COMPILING or found != SEARCH or _shapes(point) in self.shapes

    def _note_shapes(self, point: Point, found: str) -> None:
        """Let what compiles see these shapes at drawn points, too; a large example's are not drawn."""
        if len(self.shapes) < self.compiled_shapes and (found == SEARCH or is_small(point.arguments)):
            self.shapes.add(_shapes(point))


def _shapes(point: Point) -> tuple[tuple[int, ...], ...]:
    return tuple(array.shape for array in point.arguments.values())
