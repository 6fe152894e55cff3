"""Points where the closed form says nothing, 0/0 or 0·∞, and the derivative's limits do.

The derivative of sin(x)/x at 0, of x²·log x, of (√x)³ or of √(x²) is what it tends to. So is the value
of sin(x)/x: the hole that the formula leaves is removable.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from flint import arb

from diffcheck.reference.enclosure import Enclosure
from diffcheck.reference.kink import Kink

_EVERYWHERE = arb(0, float("inf"))


def says_nothing(entry: Enclosure) -> np.ndarray:
    """The entries of which nothing is known: no number, or a hull without an end."""
    endless = entry.open & ~np.isfinite(entry.radius)
    return np.isnan(entry.high) | endless


def resolved(entries: Mapping[str, Enclosure], kink: Kink) -> dict[str, Enclosure]:
    """The entries with what their limits say, where the closed form says nothing.

    One limit is the derivative; several bounded ones are a kink. What is not seen to tend to anything
    may be any number; what grows without bound stays as it is.
    """
    if kink.is_outside or kink.jumps:
        return dict(entries)
    ends = kink.asked.spread(kink.ends)
    unsettled = kink.asked.spread(kink.unsettled)
    bounded = kink.asked.spread(~kink.unbounded & ~kink.unsettled & np.isnan(kink.ends))
    return {
        name: _resolved(entry, ends[name], bounded[name] == 1, unsettled[name] == 1) if name in ends else entry
        for name, entry in entries.items()
    }


def _resolved(entry: Enclosure, ends: np.ndarray, bounded: np.ndarray, unsettled: np.ndarray) -> Enclosure:
    silent = says_nothing(entry)
    balls = entry.balls.copy()
    single = silent & ~np.isnan(ends)
    kinked = silent & bounded
    wide = silent & unsettled
    balls[single] = [_exact(end) for end in ends[single].tolist()]
    balls[kinked | wide] = _EVERYWHERE
    is_open = (entry.open & ~single & ~wide) | kinked
    return Enclosure(balls, np.asarray(is_open), np.asarray((entry.wide & ~single & ~kinked) | wide))


def _exact(end: float) -> arb:
    """A limit, known to the 53 bits of a float; zero and infinity are exact."""
    if end == 0:
        return arb(0)
    if end - end != 0:
        return arb.pos_inf() if end > 0 else arb.neg_inf()
    return arb(end, abs(end) * 2.0**-53)
