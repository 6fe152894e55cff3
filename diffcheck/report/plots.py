"""The report as one picture: for every method, each cell's error as a multiple of its allowance."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from diffcheck.record import Judgement, Record, Run
from diffcheck.report.matrix import matrices, measured

# Fixed, because otherwise each file differs in its date and in the names of its parts.
SETTINGS: Any = {"svg.hashsalt": "diffcheck", "svg.fonttype": "none", "font.family": "sans-serif", "font.size": 9.0}

COLOURS = {"passed": "#2a7f46", "warned": "#b07a00", "failed": "#c22f24", "skipped": "#8a929a"}
SIZES = {"passed": 12, "warned": 18, "failed": 32, "skipped": 12}
MARKERS = {"passed": "o", "warned": "s", "failed": "X", "skipped": "d"}

LOWEST, HIGHEST = 1e-3, 1e6
"""Ratios beyond are drawn at the edge: below, rounding is invisible; above, an error is an error."""

SPREAD = 0.6
"""Height that the points of one method share, of the distance between methods."""


@dataclass(frozen=True)
class Dot:
    """One cell: its ratio across, its method's line down."""

    record: Record
    across: float
    down: float


def render(run: Run) -> str:
    """The picture as SVG; the same run gives the same bytes."""
    from matplotlib import rc_context
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    lines = _lines(run)
    with rc_context(SETTINGS):
        figure = Figure(figsize=(8.0, 1.2 + 0.24 * max(len(lines), 1)), layout="constrained")
        _draw(figure.add_subplot(), lines)
        buffer = io.StringIO()
        canvas: Any = FigureCanvasSVG(figure)
        canvas.print_svg(buffer, metadata={"Date": None})
    return buffer.getvalue()


def _lines(run: Run) -> dict[str, list[Record]]:
    """Method and dtype → its cells that were compared, in the order of the matrices' columns."""
    lines: dict[str, list[Record]] = {}
    for matrix in matrices(run):
        for (_, head), record in sorted(matrix.cells.items(), key=lambda cell: matrix.columns.index(cell[0][1])):
            if measured(record.judgement) or record.judgement.verdict.failure:
                lines.setdefault(f"{head.method} · {matrix.dtype}", []).append(record)
    return lines


def _draw(axes: Any, lines: Mapping[str, list[Record]]) -> None:
    by_outcome: dict[str, list[Dot]] = {}
    for number, records in enumerate(lines.values()):
        for dot in _dots(number, records):
            by_outcome.setdefault(dot.record.judgement.verdict.value.pytest, []).append(dot)
    for outcome, dots in sorted(by_outcome.items()):
        style = {"c": COLOURS[outcome], "marker": MARKERS[outcome], "s": SIZES[outcome], "label": _label(dots)}
        axes.scatter([dot.across for dot in dots], [dot.down for dot in dots], linewidths=0, **style)
    axes.axvline(1.0, color="#555c63", linewidth=0.8)
    axes.set_xscale("log")
    axes.set_xlim(LOWEST / 2, HIGHEST * 2)
    axes.set_ylim(len(lines) - 0.4, -0.6)
    axes.set_yticks(range(len(lines)), list(lines))
    axes.set_xlabel("largest error over all points, as a multiple of its allowance")
    axes.grid(axis="y", color="#e3e6e9", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params(axis="y", length=0)
    if by_outcome:
        axes.figure.legend(loc="outside lower center", ncols=4, frameon=False, handletextpad=0.2)


def _label(dots: Sequence[Dot]) -> str:
    return ", ".join(sorted({dot.record.judgement.verdict.name for dot in dots}))


def _dots(number: int, records: Sequence[Record]) -> list[Dot]:
    """A method's dots, spread a little over its line so that equal ratios do not hide each other."""
    return [
        Dot(record, _across(record.judgement), number + SPREAD * ((k + 0.5) / len(records) - 0.5))
        for k, record in enumerate(records)
    ]


def _across(judgement: Judgement) -> float:
    """The ratio, kept on the axis; a failure that is no number (a NaN, an exception) stands at its end."""
    if not measured(judgement):
        return HIGHEST
    return min(max(judgement.ratio, LOWEST), HIGHEST)
