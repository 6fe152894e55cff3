"""The front door for somebody's own function: `check` and `assert_gradient`."""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import islice
from typing import Any, Literal

import numpy as np

from diffcheck.agreement import agreement
from diffcheck.backends.base import Unsupported, first_line
from diffcheck.blame import blamed
from diffcheck.case import Case, CaseError
from diffcheck.cell import differentiate
from diffcheck.checked import Finding, Report, failures
from diffcheck.dtype import DTYPES, ORDINARY
from diffcheck.effort import Effort
from diffcheck.environment import versions
from diffcheck.example import example_point
from diffcheck.given import Given, give
from diffcheck.held import held_as_they_were
from diffcheck.identity import definition_hash
from diffcheck.kink_points import kink_points
from diffcheck.lift.primal import FRAMEWORKS
from diffcheck.load import affordable, check_memory, numbers_of
from diffcheck.own_case import first_point, own_case
from diffcheck.plan import MODES
from diffcheck.point import Point
from diffcheck.record import Cell, Judgement, Record, Run
from diffcheck.reference.second_opinion import Disagreement
from diffcheck.retyped import retyped
from diffcheck.search import search
from diffcheck.subject import CheckError, Subject, try_out, written_to
from diffcheck.verdict import Cause, Verdict

Function = Callable[..., Any]
Points = Literal["around", "given"]

MOST_UNITS = 64
"""Outputs of which each is differentiated on its own at the point that was given."""

TRIES = 8
"""How often a function is asked whether it is random, before diffcheck is blamed."""

KINK_POINTS = 24
SHRINK_TRIES = 120


class GradientError(AssertionError):
    """A derivative that is wrong, or could not be judged; the message shows the smallest example.

    Attributes:
        findings: those that fail, worst first; none where nothing could be judged.
    """

    findings: Sequence[Finding] = ()


def check(
    function: Function,
    /,
    *arguments: Any,
    definition: Function | None = None,
    wrt: str | Iterable[str] | None = None,
    cotangent: Any = None,
    backend: str | None = None,
    modes: Sequence[str] | None = None,
    orders: Sequence[int] = (1,),
    dtypes: Sequence[str] | None = None,
    points: Points = "around",
    max_examples: int = 100,
    seed: int = 0,
) -> Report:
    """Judge the derivatives of somebody's own torch or jax function, or `torch.nn.Module`.

    Args:
        function: positional arguments in; one floating array out, or several.
        *arguments: arrays of the framework, domains such as `real(3)`, Hypothesis strategies for arrays, and lists,
            tuples and dictionaries of them; anything else is handed on as it is. Arrays are the first point, and set
            shapes and dtype.
        definition: the same function for the array API, torch or jax, or a case. Values are compared before
            derivatives. Without it the function's own forward is read; rules for its derivative are not.
        wrt: the arguments to differentiate, or leaves of them; by default all floating ones, not a module's buffers.
        cotangent: weighs the outputs; by default each output in turn at the point that was given, up to 64, and
            drawn weights elsewhere.
        backend: `torch` or `jax`; by default whose arrays are given, else each that takes the function.
        modes: words over R (reverse) and F (forward); by default all of the orders.
        orders: of the derivative, 1 or 2.
        dtypes: names; by default that of the arrays, and float64 and float32 for domains.
        points: `around`: drawn from the domains, too, those of arrays being their magnitude; `given`: arrays only.
        max_examples: points drawn in each dtype; fewer of more than 10⁵ numbers, which the report says; 0: only the
            arrays that were given, or the simplest.
        seed: of every random choice.

    Raises:
        CheckError: the function cannot be checked; one line that says why.
        Disagreement: diffcheck reads the function wrongly, or its two certified opinions differ: a bug of diffcheck.
    """
    with _randomness(), held_as_they_were(function, definition), _alive():
        given = give(function, arguments)
        chosen = tuple(dtypes or ([given.dtype] if given.dtype else ORDINARY))
        _check_settings(backend, chosen, modes, orders, points, given)
        numbers = numbers_of(given.leaves)
        check_memory(numbers)
        effort = _effort(max_examples, points, numbers)
        records: list[Record] = []
        definitions = {}
        cases: dict[Cell, Case] = {}
        for framework in _frameworks(given, backend, chosen[0], is_read=definition is None):
            for dtype in chosen:
                case = own_case(function, given, definition, framework, dtype, _names(wrt), cotangent)
                definitions[case.id] = definition_hash(case)
                cells = [Cell(case.id, framework, mode, "", dtype) for mode in chosen_modes(modes, orders)]
                cases |= dict.fromkeys(cells, case)
                records += _guarded(case, cells, effort, seed, _first(case, given, dtype))
    settings = {"examples": str(effort.examples), "points": points}
    environment = {**versions(), "seed": str(seed)}
    if 0 < effort.examples < max_examples:
        environment["sampled"] = f"{effort.examples} of {max_examples} points, of {numbers:,} numbers each"
    return Report(Run(environment, tuple(records), settings=settings, definitions=definitions), cases)


def assert_gradient(function: Function, /, *arguments: Any, **options: Any) -> None:
    """Assert that the derivatives of a function are right; arguments and options are those of `check`.

    Raises:
        GradientError: one is wrong, or none could be judged.
        CheckError: as `check`.
    """
    __tracebackhide__ = True  # pytest shows the caller's line, not ours
    assert_ok(check(function, *arguments, **options))


def assert_ok(report: Report) -> None:
    """Assert that a report has something that was judged, and nothing that fails.

    Raises:
        GradientError: it has not.
    """
    __tracebackhide__ = True
    if report.ok:
        return
    failing = failures(report)
    error = GradientError("\n\n".join(map(str, failing)) or f"nothing could be judged\n\n{report}")
    error.findings = failing
    raise error


# ---- what is asked -----------------------------------------------------------------------------


def _check_settings(
    backend: str | None,
    dtypes: Sequence[str],
    modes: Sequence[str] | None,
    orders: Sequence[int],
    points: str,
    given: Given,
) -> None:
    choices = (
        ("backend", () if backend is None else (backend,), FRAMEWORKS),
        ("dtype", dtypes, DTYPES),
        ("mode", modes or (), MODES),
        ("order", orders, sorted({len(mode) for mode in MODES})),
        ("points", (points,), ("around", "given")),
    )
    for kind, asked, known in choices:
        for name in asked:
            if name not in known:
                raise CheckError(f"no {kind} {name!r}; there are {', '.join(map(str, known))}")
    if backend is not None and given.framework not in (None, backend):
        raise CheckError(f"the arrays are {given.framework}'s, the backend is {backend}")
    if points == "given" and any(leaf.example is None for leaf in given.leaves):
        raise CheckError("points='given' needs arrays: a domain gives no point")


def _names(wrt: str | Iterable[str] | None) -> tuple[str, ...] | None:
    return wrt if wrt is None else (wrt,) if isinstance(wrt, str) else tuple(wrt)


def chosen_modes(modes: Sequence[str] | None, orders: Sequence[int]) -> tuple[str, ...]:
    """The modes that were asked for; where none were, all of the orders."""
    return tuple(mode for mode in MODES if (mode in modes if modes else len(mode) in orders))


def _frameworks(given: Given, backend: str | None, dtype: str, *, is_read: bool) -> tuple[str, ...]:
    """Whose derivatives are judged: each framework that was imported and whose arrays the function takes.

    Raises:
        CheckError: none; or the function's own forward is to be read, and hands its numbers to others.
    """
    point = first_point(given.leaves, dtype)
    asked = backend or given.framework
    reasons = []
    found = []
    for name in (asked,) if asked else tuple(name for name in FRAMEWORKS if name in sys.modules):
        try:
            stays = try_out(given.call, name, point)
        except CheckError as error:
            reasons.append(error)
            continue
        if is_read and not stays:
            raise CheckError("the function hands numbers to NumPy, where they are lost to sight: give definition=")
        found.append(name)
    if found:
        return tuple(found)
    raise reasons[0] if reasons else CheckError("neither torch nor jax is imported: whose function is it?")


# ---- its records -------------------------------------------------------------------------------


def _first(case: Case, given: Given, dtype: str) -> Point:
    """The first point of a case, whose arguments may be fewer than those that were given."""
    return first_point((leaf for leaf in given.leaves if leaf.name in case.domains), dtype)


def _effort(max_examples: int, points: Points, numbers: int) -> Effort:
    """Fewer points where each of them has many numbers."""
    around = points == "around" and max_examples > 0
    return Effort(
        examples=affordable(max_examples, numbers) if around else 0,
        few_sizes=True,
        compiled_shapes=1,
        shrink_tries=affordable(SHRINK_TRIES, numbers) if around else 0,
        shrink_range=False,
        share=True,
        kink_points=KINK_POINTS if around and affordable(KINK_POINTS, numbers) == KINK_POINTS else 0,
    )


def _guarded(case: Case, cells: Sequence[Cell], effort: Effort, seed: int, first: Point) -> list[Record]:
    """The records; should diffcheck itself fail, they say so."""
    try:
        return _records(case, cells, effort, seed, first)
    except (CheckError, Disagreement):
        raise
    except CaseError as error:
        raise CheckError(str(error)) from error
    except Exception as error:  # noqa: BLE001 - nobody can do anything with a trace of our lines
        message = f"diffcheck failed here: {type(error).__name__}: {first_line(error)}"
        return [Record("", cell, Judgement(Verdict.CRASHED, Cause.EXCEPTION, message=message)) for cell in cells]


def _records(case: Case, cells: Sequence[Cell], effort: Effort, seed: int, first: Point) -> list[Record]:
    """One record for each cell, in their order; a mode that is refused at the first point is asked for no more."""
    dtype = first.dtype.name
    refused = [cell for cell in cells if _refuses(case, cell, first)]
    asked = [cell for cell in cells if cell not in refused]
    kinks = kink_points(case, dtype, seed, effort.kink_points) if asked and effort.kink_points else []
    found = search(case, dtype, refused, replace(effort, examples=0), seed, extra=[first]) if refused else []
    found += search(case, dtype, asked, effort, seed, extra=[*_units(case, dtype), *kinks]) if asked else []
    for record in found:
        _check_reading(case, record)
    agreement(case, dtype, found, max(len(cell.mode) for cell in cells))
    ordered = sorted(found, key=lambda record: cells.index(record.cell))
    return [blamed(_without_id(record, case), case) for record in ordered]


def _without_id(record: Record, case: Case) -> Record:
    """A record that is not replayed by its id: no file holds the case."""
    return replace(record, id="", replay=retyped(record, case))


def _refuses(case: Case, cell: Cell, point: Point) -> bool:
    """Whether a framework refuses a mode; any other exception is the function's own, and becomes a verdict."""
    try:
        differentiate(case, cell, point)
    except Unsupported:
        return True
    except Exception:  # noqa: BLE001 - whatever a framework raises
        return False
    return False


def _units(case: Case, dtype: str) -> Iterator[Point]:
    """The point that was given with each output on its own, where somebody does not say how to weigh them."""
    if case.cotangent is not None:
        return
    for example in case.examples:
        point = example_point(case, example, dtype)
        shape = np.shape(case.function(**point.arguments))
        most = affordable(MOST_UNITS, sum(array.size for array in point.arguments.values()))
        for index in islice(np.ndindex(shape), most) if shape else ():
            cotangent = np.zeros(shape, dtype)
            cotangent[index] = 1
            yield replace(point, cotangent=cotangent)


def _check_reading(case: Case, record: Record) -> None:
    """A function that is its own definition has its own value.

    Raises:
        CheckError: it is random.
        Disagreement: it was read wrongly.
    """
    subject = case.function
    assert isinstance(subject, Subject)
    if record.judgement.verdict is not Verdict.DIFFERENT or record.point is None:
        return
    if subject.definition.call is subject.call:
        for _ in range(TRIES):
            try_out(subject.call, subject.framework, record.point)  # a random function may give two equal values
        _check_arguments_kept(subject, record.point)
        said = first_line(ValueError(record.judgement.message))
        raise Disagreement(
            f"{case.id}: diffcheck reads this function wrongly: {said}; please report it, give definition="
        )


def _check_arguments_kept(subject: Subject, point: Point) -> None:
    """See that a function leaves its arguments alone.

    Raises:
        CheckError: it writes to one.
    """
    if name := written_to(subject.call, subject.framework, point):
        raise CheckError(f"the function writes to its argument {name}: work on a copy, {name}.clone()")


@contextmanager
def _alive() -> Iterator[None]:
    """A function that ends the process is one that cannot be checked in it.

    Raises:
        CheckError: it called `sys.exit`, whatever the code.
    """
    try:
        yield
    except SystemExit as error:
        code = "" if error.code is None else repr(error.code)
        raise CheckError(f"the function ends the process with sys.exit({code})") from error


@contextmanager
def _randomness() -> Iterator[None]:
    """Random numbers of Python and NumPy are as they were afterwards; frameworks see to their own."""
    of_python, of_numpy = random.getstate(), np.random.get_state()  # noqa: NPY002  # what the caller's code uses
    try:
        yield
    finally:
        random.setstate(of_python)
        np.random.set_state(of_numpy)  # noqa: NPY002
