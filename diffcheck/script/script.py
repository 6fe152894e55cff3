"""Writes a script: a record as a few lines that anybody can run who has the framework."""

from __future__ import annotations

from collections.abc import Callable

from diffcheck.case import Case
from diffcheck.domain import Normal
from diffcheck.point import Point
from diffcheck.record import Judgement, Record
from diffcheck.report.finding import title
from diffcheck.report.number import WIDE, decimal, enclosure, short
from diffcheck.script.jax import jax_program
from diffcheck.script.numpy import difference_program, handwritten_program
from diffcheck.script.own_source import own_source
from diffcheck.script.preamble import Preamble
from diffcheck.script.program import Asked, Program, asked
from diffcheck.script.refusal import NoScript, Unwritable
from diffcheck.script.spoken import JAX, NUMPY, TORCH
from diffcheck.script.torch import torch_program
from diffcheck.subject import Subject
from diffcheck.verdict import Verdict

MOST_LINES = 25
"""A longer script imports somebody's functions from their own module, where that is possible."""

MOST_CHARACTERS = 20_000
"""A longer script is not for people; most of it are the numbers of a large point."""

BITS = 60
"""Relative accuracy of an enclosure of one number (`diffcheck.reference.certify`)."""

_WRITERS: dict[str, tuple[str, Callable[[Asked, Preamble], Program]]] = {
    "torch": (TORCH, torch_program),
    "jax": (JAX, jax_program),
    "handwritten": (NUMPY, handwritten_program),
    "finite_difference": (NUMPY, difference_program),
}


def script(record: Record, case: Case) -> str:
    """Write a stand-alone script that shows what a record says.

    It imports the framework alone, computes the number that was judged, bit for bit, and prints it beside the
    true one. Somebody's own function is there with its source. Where that is not to be found, or where it is
    too long, the function comes from its module; a function that no module holds leaves a line to fill in.

    Args:
        record: what is shown.
        case: whose function it is.

    Raises:
        NoScript: nothing ran, or what ran cannot be said in a few lines.
    """
    if record.point is None:
        raise NoScript(f"nothing ran: {record.judgement.message or record.judgement.cause.value}")
    if record.cell.backend not in _WRITERS:
        raise NoScript(f"there are scripts for {', '.join(_WRITERS)}, not for {record.cell.backend}")
    try:
        text = _text(record, case, record.point, short=False)
        if _length(text) > MOST_LINES:
            text = min(text, _text(record, case, record.point, short=True), key=_length)
    except Unwritable as error:
        raise NoScript(f"the script cannot be written: {error}") from error
    if len(text) > MOST_CHARACTERS:
        raise NoScript("the point has too many numbers for a script: replay it, or check a smaller one")
    return text


def _length(text: str) -> int:
    return text.count("\n")


def _text(record: Record, case: Case, point: Point, *, short: bool) -> str:
    framework, write = _WRITERS[record.cell.backend]
    normal = [value for example in case.examples for value in example.values() if isinstance(value, Normal)]
    preamble = Preamble(framework, short=short, normal=normal)
    judgement = record.judgement
    program = write(asked(record, case, point, preamble), preamble)
    lines = (
        _caught(program.lines) if judgement.verdict is Verdict.RAISED else [*program.lines, _printed(record, program)]
    )
    sections = [_header(record, case), preamble.imported, preamble.defined, lines]
    spaced = "\n\n".join("\n".join(section) for section in sections if section) + "\n"
    return spaced if _length(spaced) <= MOST_LINES else spaced.replace("\n\n", "\n")


# ---- what it says --------------------------------------------------------------------------------


def _header(record: Record, case: Case) -> list[str]:
    judgement = record.judgement
    rows = [
        f"{title(record)}: {judgement.verdict.name}, {judgement.verdict.value.message}",
        _certified(judgement),
        _definition(case),
        f"likely: {judgement.causes[0]}" if judgement.causes else "",
    ]
    return [f"# {row}" for row in rows if row]


def _definition(case: Case) -> str:
    """What the truth is the truth of, where that is not the function itself."""
    subject = case.function
    if not isinstance(subject, Subject) or subject.definition.call is subject.call:
        return ""
    definition = subject.definition.call.function
    try:
        text = own_source(definition).text
    except Unwritable:
        text = getattr(definition, "__name__", type(definition).__name__)
    head, *rest = text.splitlines()
    return f"judged by its definition: {head if not rest else definition.__name__}"


def _certified(judgement: Judgement) -> str:
    """How the truth is known."""
    lower, upper = judgement.lower, judgement.upper
    if lower is None or upper is None:
        return ""
    if lower == upper:
        return f"certified by ball arithmetic: exactly {decimal(lower)}"
    between = f"between {decimal(lower)} and {decimal(upper)}"
    if upper - lower > WIDE * max(abs(lower), abs(upper)):
        return f"certified by ball arithmetic: at this kink every number {between} is right"
    return f"certified by ball arithmetic, to {BITS} bits at least: {between}"


def _printed(record: Record, program: Program) -> str:
    """The last line: the number beside the truth."""
    judgement = record.judgement
    if judgement.value is None:
        return f'print(f"{program.label} is {{{program.number}}}: {judgement.message}")'
    words = [f"true value {enclosure(judgement.lower, judgement.upper)}", _distance(judgement)]
    return f'print(f"{program.label} = {{{program.number}!r}}, {", ".join(filter(None, words))}")'


def _distance(judgement: Judgement) -> str:
    """How far it is off; where the truth is 0, ulps mean nothing."""
    is_zero = judgement.lower == judgement.upper == 0
    return f"{short(judgement.ulps)} ulp apart" if judgement.ulps is not None and not is_zero else ""


def _caught(lines: tuple[str, ...]) -> list[str]:
    return [
        "try:",
        *(f"    {line}" for line in lines),
        "except Exception as error:",
        '    print(f"raises {type(error).__name__}: {error}; a derivative exists here")',
    ]
