"""The searches behind the tests of case files: one for each case and dtype, done when its first test runs."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from diffcheck.case import Case
from diffcheck.known import Known, gone
from diffcheck.plan import Settings
from diffcheck.pytest_plugin.case_item import Fails
from diffcheck.record import Cell, Record
from diffcheck.reference.second_opinion import Disagreement
from diffcheck.run import execute


@dataclass(frozen=True, eq=False)
class Search:
    """One case in one dtype.

    It always has all cells that the options ask for, whichever of its tests are selected: what
    Hypothesis draws depends on them, and a test that is run alone must find the same point again.

    Attributes:
        case: what is searched.
        cells: the ways to differentiate it.
        settings: how to search.
        known: what is known of this case and others.
    """

    case: Case
    cells: tuple[Cell, ...]
    settings: Settings
    known: tuple[Known, ...]

    def record(self, cell: Cell) -> Record:
        """What was found about a cell.

        Raises:
            Fails: diffcheck contradicts itself.
        """
        found = self._found
        if isinstance(found, Disagreement):
            raise Fails(f"diffcheck contradicts itself: {found}")
        return found[cell]

    @property
    def records(self) -> Sequence[Record]:
        """All that was found; nothing where diffcheck contradicts itself."""
        return () if isinstance(self._found, Disagreement) else tuple(self._found.values())

    @cached_property
    def _found(self) -> dict[Cell, Record] | Disagreement:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # made errors, they would be taken for what a framework raises
                items = list(execute([self.case], self.cells, self.settings, self.known))
        except Disagreement as error:
            return error
        return {item.cell: item for item in items if isinstance(item, Record)}


def farewell(cell: Cell, search: Search, searches: list[Search]) -> str:
    """One sentence where a known finding names this cell, and no cell that it names shows it any more.

    Args:
        cell: asked about.
        search: that fills it.
        searches: all of the session; those with a cell that the finding names are done.
    """
    for entry in search.known:
        if entry.names(cell):
            sentences = gone([entry], list(_records(entry, searches)))
            if sentences:
                return sentences[0]
    return ""


def _records(entry: Known, searches: Sequence[Search]) -> Iterator[Record]:
    for search in searches:
        if entry in search.known and any(entry.names(cell) for cell in search.cells):
            yield from search.records
