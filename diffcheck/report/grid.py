"""Lays out a matrix in columns, in as many tables side by side as a terminal is wide."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from diffcheck.report.paint import Paint
from diffcheck.verdict import Verdict

Head = tuple[str, ...]
CellText = tuple[str, Verdict | None]
Row = tuple[str, list[CellText]]

GAP = "  "


def grid(heads: Sequence[Head], rows: Sequence[Row], width: int | None, paint: Paint) -> str:
    """The table, cut between columns into several where it is wider than `width`.

    Args:
        heads: one head per column, its lines from top to bottom.
        rows: a label and one cell per column.
        width: in characters; `None` cuts nothing.
        paint: colours a cell by its verdict.
    """
    label_width = max((len(label) for label, _ in rows), default=0)
    parts = _cut(_widths(heads, rows), None if width is None else width - label_width)
    return "\n\n".join("\n".join(_part(*_columns(part, heads, rows), label_width, paint)) for part in parts)


def _columns(part: Sequence[int], heads: Sequence[Head], rows: Sequence[Row]) -> tuple[list[Head], list[Row]]:
    """Some of the columns."""
    return [heads[k] for k in part], [(label, [cells[k] for k in part]) for label, cells in rows]


def _widths(heads: Sequence[Head], rows: Sequence[Row]) -> list[int]:
    """As wide as the words of a column; the last column of a backend makes room for the backend's name."""
    widths = [
        max(len(text) for text in (*head[1:], *(cells[k][0] for _, cells in rows))) for k, head in enumerate(heads)
    ]
    for name, group in groupby(range(len(heads)), key=lambda k: heads[k][0]):
        columns = list(group)
        there = sum(widths[k] for k in columns) + len(GAP) * (len(columns) - 1)
        widths[columns[-1]] += max(0, len(name) - there)
    return widths


def _cut(widths: Sequence[int], room: int | None) -> list[list[int]]:
    """Which columns stand in which table; at least one in each."""
    parts: list[list[int]] = [[]]
    used = 0
    for k, width in enumerate(widths):
        used += width + len(GAP)
        if room is not None and used > room and parts[-1]:
            parts.append([])
            used = width + len(GAP)
        parts[-1].append(k)
    return parts


def _part(heads: list[Head], rows: list[Row], label_width: int, paint: Paint) -> list[str]:
    widths = _widths(heads, rows)
    lines = [" " * label_width + GAP + _backends(heads, widths)]
    for level in range(1, max(len(head) for head in heads)):
        words = [head[level].ljust(width) for head, width in zip(heads, widths, strict=True)]
        lines.append(" " * label_width + GAP + GAP.join(words))
    for label, cells in rows:
        words = [_cell(cell, width, paint) for cell, width in zip(cells, widths, strict=True)]
        lines.append(label.ljust(label_width) + GAP + GAP.join(words))
    return [line.rstrip() for line in lines if line.strip()]


def _backends(heads: list[Head], widths: list[int]) -> str:
    """The first line of the head: each backend's name over all of its columns."""
    words = []
    for name, group in groupby(zip(heads, widths, strict=True), key=lambda one: one[0][0]):
        columns = [width for _, width in group]
        words.append(name.ljust(sum(columns) + len(GAP) * (len(columns) - 1)))
    return GAP.join(words)


def _cell(cell: CellText, width: int, paint: Paint) -> str:
    text, verdict = cell
    return paint(text, verdict) + " " * (width - len(text))
