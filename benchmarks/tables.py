"""Tables in Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table, one line for each row; whole numbers get a comma every three digits."""
    lines = [columns, ["---"] * len(columns), *rows]
    return "".join(f"| {' | '.join(map(_cell, line))} |\n" for line in lines)


def threshold(delta: float) -> str:
    """The smallest error that is caught, as tables show it."""
    if np.isnan(delta):
        return "–"
    return "> 1" if np.isinf(delta) else f"{delta:.0e}"


def _cell(content: object) -> str:
    return f"{content:,}" if isinstance(content, int) else str(content)
