"""A point in one line, for lists in which a point is a few words."""

from __future__ import annotations

import numpy as np

from diffcheck.point import Point
from diffcheck.report.number import brief, nested, shape_text, whole

REVERSE, FORWARD = "R", "F"


def place(point: Point, mode: str) -> str:
    """`x = 0`; with the cotangent and the tangents where the mode has them and they are not all 1."""
    arrays = dict(point.arguments)
    if has_tangents(mode):
        arrays |= {f"tangent of {name}": tangent for name, tangent in point.tangents.items() if (tangent != 1).any()}
    if REVERSE in mode and point.cotangent is not None and (point.cotangent != 1).any():
        arrays["cotangent"] = point.cotangent
    return ", ".join(f"{name} = {_array(array)}" for name, array in arrays.items())


def has_tangents(mode: str) -> bool:
    """Whether a mode goes along tangents: forward, or to a higher order."""
    return mode != REVERSE


def _array(array: np.ndarray) -> str:
    if not whole(array.shape):
        return f"array of {shape_text(array.shape)}"
    return nested(array.shape, [brief(float(number)) for number in array.ravel()])
