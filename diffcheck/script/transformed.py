"""Derivatives by `jvp` and `vjp`, which torch and jax call the same."""

from __future__ import annotations

from diffcheck.backends.base import FORWARD, REVERSE
from diffcheck.script.preamble import Preamble
from diffcheck.script.program import FOUND, OUTPUT, Asked


def transformed(
    asked: Asked, preamble: Preamble, module: str, arrays: str, outside: dict[str, str] | None = None
) -> list[str]:
    """The lines that compute an output and its derivative in any mode.

    Args:
        asked: which.
        preamble: of the script.
        module: that has `jvp` and `vjp`.
        arrays: that has `ones_like` and `broadcast_to`.
        outside: name → array; takes the directions, which then are only named in the lines.
    """
    mode, moving, function = asked.cell.mode, asked.moving, asked.function
    along = tangents(asked, preamble, arrays, outside if mode != REVERSE else None)
    weights = cotangent(asked, preamble, arrays, outside) if REVERSE in mode else ""
    if mode == REVERSE:
        return [f"{OUTPUT}, pull = {module}.vjp({function}, {moving})", f"{FOUND} = pull({weights})"]
    if mode == FORWARD:
        primals = asked.each(asked.names.__getitem__)
        return [f"{OUTPUT}, {FOUND} = {module}.jvp({function}, {primals}, {along})"]
    outer, inner = tuple(mode)
    return [
        f"{OUTPUT} = {asked.call}",
        f"def first({moving}):",
        f"    return {_once(inner, module, function, asked, weights, along)}",
        f"{FOUND} = {_once(outer, module, 'first', asked, weights if inner == FORWARD else along, along)}",
    ]


def _once(letter: str, module: str, function: str, asked: Asked, weights: str, along: str) -> str:
    moving, primals = asked.moving, asked.each(asked.names.__getitem__)
    if letter == FORWARD:
        return f"{module}.jvp({function}, {primals}, {along})[1]"
    return f"{module}.vjp({function}, {moving})[1]({weights})"


def cotangent(asked: Asked, preamble: Preamble, arrays: str, outside: dict[str, str] | None = None) -> str:
    """What weighs the outputs; ones are made of the output's shape."""
    given = asked.point.cotangent
    if given is None or (outside is None and (given == 1).all()):
        return f"{arrays}.ones_like({OUTPUT})"
    text = preamble.array(given)
    if outside is not None:
        outside["weights"], text = text, "weights"
    return f"{arrays}.broadcast_to({text}, {OUTPUT}.shape)"


def tangents(asked: Asked, preamble: Preamble, arrays: str, outside: dict[str, str] | None = None) -> str:
    """A tuple of what is pushed forward."""

    def tangent(name: str) -> str:
        given = asked.point.tangents.get(name)
        is_plain = given is None or bool((given == 1).all())
        text = f"{arrays}.ones_like({asked.names[name]})" if is_plain or given is None else preamble.array(given)
        if outside is None:
            return text
        outside[f"d{asked.names[name]}"] = text
        return f"d{asked.names[name]}"

    return asked.each(tangent)


def entry(asked: Asked) -> str:
    """The entry of what was found, or of the output."""
    if asked.is_value:
        return OUTPUT + asked.brackets
    place = f"[{asked.case.wrt.index(asked.argument)}]" if asked.argument in asked.case.wrt else ""
    return FOUND + place + asked.brackets
