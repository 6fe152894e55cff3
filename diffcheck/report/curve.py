"""The V-curve of difference quotients as a small inline SVG: error against step, both logarithmic.

Drawn by hand rather than with a plotting library: a page holds one for each case, its colours
follow the page's own in light and dark, and each is about two kilobytes.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from html import escape

from diffcheck.report.number import short
from diffcheck.sheet import StepTable

WIDTH, HEIGHT = 480, 260
MINUS = "\N{MINUS SIGN}"
LEFT, RIGHT, TOP, BOTTOM = 44, 12, 22, 40


@dataclass(frozen=True)
class Axis:
    """Decades from `low` to `high` on pixels from `start` to `end`."""

    low: int
    high: int
    start: float
    end: float

    def place(self, power: float) -> float:
        """Where 10 to this power stands, in pixels."""
        share = (power - self.low) / (self.high - self.low)
        return round(self.start + share * (self.end - self.start), 1)

    @property
    def ticks(self) -> range:
        """At most about six powers of ten."""
        stride = max(1, math.ceil((self.high - self.low) / 6))
        return range(self.low, self.high + 1, stride)


def v_curve(table: StepTable) -> str:
    """The curve of every scheme, or `""` where no error can be drawn on a logarithmic axis."""
    steps = [math.log10(row.step) for row in table.rows]
    errors = [math.log10(error) for row in table.rows for error in row.errors.values() if 0 < error < math.inf]
    if not errors or len(steps) < 2:
        return ""
    # An exact quotient has no logarithm: it is drawn on the lowest line of the picture.
    across = Axis(math.floor(min(steps)), math.ceil(max(steps)), LEFT, WIDTH - RIGHT)
    up = Axis(math.floor(min(errors)) - 1, math.ceil(max(errors)), HEIGHT - BOTTOM, TOP)
    parts = [*_grid(across, up), *(_line(table, scheme, k, across, up) for k, scheme in enumerate(table.schemes))]
    label = escape(caption(table))
    return f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{label}">{"".join(parts)}</svg>'


def caption(table: StepTable) -> str:
    """What the curve shows, in words: the smallest error of every scheme and where it is."""
    best = []
    for scheme in table.schemes:
        error, step = min((row.errors[scheme], row.step) for row in table.rows if scheme in row.errors)
        best.append(f"{scheme} {short(error)} at h = {short(step)}")
    return f"Smallest error: {', '.join(best)}"


def _grid(across: Axis, up: Axis) -> Iterable[str]:
    bottom, right = HEIGHT - BOTTOM, WIDTH - RIGHT
    verticals = "".join(f"M{across.place(power)} {TOP}V{bottom}" for power in across.ticks)
    horizontals = "".join(f"M{LEFT} {up.place(power)}H{right}" for power in up.ticks)
    yield f'<path d="{verticals}{horizontals}"/>'
    for power in across.ticks:
        yield f'<text x="{across.place(power)}" y="{bottom + 16}" text-anchor="middle">{_power(power)}</text>'
    for power in up.ticks:
        yield f'<text x="{LEFT - 6}" y="{up.place(power) + 4}" text-anchor="end">{_power(power)}</text>'
    yield f'<text x="{right}" y="{HEIGHT - 4}" text-anchor="end">step h</text>'
    yield f'<text x="{LEFT}" y="{TOP - 6}">error</text>'


def _power(power: int) -> str:
    """A power of ten with its exponent raised."""
    exponent = str(power).replace("-", MINUS)
    return f'10<tspan dy="-4" font-size="8">{exponent}</tspan>' if power else "1"


def _line(table: StepTable, scheme: str, k: int, across: Axis, up: Axis) -> str:
    """One scheme; the class picks colour and dash from the page's style."""
    points = []
    for row in table.rows:
        error = row.errors.get(scheme, math.nan)
        if math.isfinite(error):
            y = up.place(math.log10(error) if error else up.low)
            points.append(f"{across.place(math.log10(row.step))} {y}")
    return f'<polyline class="s{k}" points="{",".join(points)}"/>'
