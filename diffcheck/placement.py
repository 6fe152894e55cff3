"""Placement: where the answered entries lie at a kink, or near one, all of them jointly.

At max(x, y) with x = y, (1, 0) and (½, ½) are admissible and (1, 1) is not, though each of its entries
is. An answer that does not fit as a whole is sifted, each part that hangs on other numbers by itself:
entries that do not fit alone are set aside, and the others are placed without them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from diffcheck.reference.asked import Asked
from diffcheck.reference.hull import place
from diffcheck.reference.kink import Place
from diffcheck.reference.reference import Reference

Entries = Mapping[str, np.ndarray]

# So many parts of an answer are placed to find the entries at fault.
_MOST_PLACED = 64

# What is not decided for more entries than this is not divided: it takes longest.
_MOST_UNKNOWN = 32


def at_kink(answered: Entries, slack: Entries, reference: Reference) -> dict[str, np.ndarray]:
    """Where the entries lie that have no narrow enclosure.

    Args:
        answered: argument → its derivative as floats; arguments without one are missing.
        slack: argument → how far each entry may be off.
        reference: what is true.

    Returns:
        argument → array of `Place`; `None` for entries that a kink has no say in.
    """
    kink = reference.kink
    if kink is None or kink.asked.size == 0:
        return {}
    blank = {name: np.full(mask.shape, np.nan) for name, mask in kink.asked.masks.items()}
    claim = kink.asked.gathered({**blank, **answered})
    margin = kink.asked.gathered({**blank, **slack})
    chosen = np.isfinite(claim) & ~np.isinf(kink.ends) & ~kink.unbounded
    places = np.full(chosen.shape, None, dtype=object)
    for part in kink.parts:
        found = _sifted(lambda among: kink.place(np.where(among, claim, 0.0), margin, among), chosen & part)
        places[part] = found[part]
    return kink.asked.spread(places, otherwise=None)


def near_kink(answered: Entries, slack: Entries, reference: Reference) -> dict[str, np.ndarray] | None:
    """Where the entries lie among the derivatives of the branches that rounding may take.

    Returns:
        argument → array of `Place`, `None` for entries that no branch moves; or `None` where the
        branches are too many to be told apart, or may be mixed to something that lies between none of
        them (above order 1).
    """
    cells = reference.nearby.cells.derivatives if reference.closed_form.order == 1 else None
    if cells is None:
        return None
    asked = Asked(
        {
            name: np.any([arrays[name] != cells[0][1][name] for _, arrays in cells], axis=0)
            & np.isfinite(answered[name])
            for name in cells[0][1]
            if name in answered
        }
    )
    vertices = np.array([asked.gathered(arrays) for _, arrays in cells])
    claim, margin = asked.gathered(answered), asked.gathered(slack)

    def placed(among: np.ndarray) -> Place:
        found = place(claim[among], vertices[:, among], margin[among]).inside
        return {True: Place.INSIDE, False: Place.BEYOND, None: Place.UNKNOWN}[found]

    return asked.spread(_sifted(placed, np.ones(claim.shape, dtype=bool)), otherwise=None)


def _sifted(placed: Callable[[np.ndarray], Place], chosen: np.ndarray) -> np.ndarray:
    """The place of each chosen entry: jointly, or without those that do not fit alone."""
    places = np.full(chosen.shape, None, dtype=object)
    if not chosen.any():
        return places
    together = placed(chosen)
    places[chosen] = together
    if together is Place.INSIDE or (together is Place.UNKNOWN and chosen.sum() > _MOST_UNKNOWN):
        return places
    alone = _at_fault(placed, chosen)
    places[list(alone)] = list(alone.values())
    rest = chosen.copy()
    rest[list(alone)] = False
    if alone and rest.any():
        places[rest] = placed(rest)
    return places


def _at_fault(placed: Callable[[np.ndarray], Place], chosen: np.ndarray) -> dict[int, Place]:
    """The entries that do not fit alone, and their places: halves that fit as a whole are not divided further."""
    found: dict[int, Place] = {}
    begun = [np.flatnonzero(chosen)]
    for _ in range(_MOST_PLACED):
        if not begun:
            break
        part = begun.pop(0)
        among = np.zeros(chosen.shape, dtype=bool)
        among[part] = True
        place_of_part = placed(among)
        if place_of_part is Place.INSIDE or (place_of_part is Place.UNKNOWN and part.size > _MOST_UNKNOWN):
            continue
        if part.size == 1:
            found[int(part[0])] = place_of_part
        else:
            begun += np.array_split(part, 2)
    return found
