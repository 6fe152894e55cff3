"""Lays out a matrix in columns, in as many tables side by side as a terminal is wide."""

from __future__ import annotations

from collections.abc import Sequence

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
    widths = [max(len(text) for text in (*head, *(cells[k][0] for _, cells in rows))) for k, head in enumerate(heads)]
    label_width = max((len(label) for label, _ in rows), default=0)
    parts = _cut(widths, None if width is None else width - label_width)
    return "\n\n".join(
        "\n".join(_part([heads[k] for k in part], rows, part, [widths[k] for k in part], label_width, paint))
        for part in parts
    )


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


def _part(
    heads: list[Head], rows: Sequence[Row], part: list[int], widths: list[int], label_width: int, paint: Paint
) -> list[str]:
    lines = []
    for level in range(max(len(head) for head in heads)):
        words = [_head_word(heads, k, level).ljust(widths[k]) for k in range(len(heads))]
        lines.append((" " * label_width + GAP + GAP.join(words)).rstrip())
    for label, cells in rows:
        words = [_cell(cells[k], width, paint) for k, width in zip(part, widths, strict=True)]
        lines.append((label.ljust(label_width) + GAP + GAP.join(words)).rstrip())
    return [line for line in lines if line]


def _head_word(heads: list[Head], k: int, level: int) -> str:
    """The first line names a backend only where it begins."""
    if level == 0 and k > 0 and heads[k - 1][0] == heads[k][0]:
        return ""
    return heads[k][level]


def _cell(cell: CellText, width: int, paint: Paint) -> str:
    text, verdict = cell
    return paint(text, verdict) + " " * (width - len(text))
