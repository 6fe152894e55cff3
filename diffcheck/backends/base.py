"""What a backend is: a name, what it can do, and one function that differentiates.

To add a backend, copy a neighbour: satisfy `Backend`, declare `Capabilities` once, and add the
class to `BACKENDS` in `diffcheck/backends/__init__.py`. The command line, the compatibility
filter, the matrix and the support table all come from that declaration.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from diffcheck.case import Case
from diffcheck.dtype import ORDINARY
from diffcheck.lift.program import Program
from diffcheck.point import Point

REVERSE = "R"
FORWARD = "F"
SECOND_ORDER = ("RR", "FR", "RF", "FF")
PLAIN = ""
SPELLING = "spelling"


class Unsupported(Exception):
    """A backend declines: the message says why, for the matrix."""


class BadOutput(Exception):
    """A function or a formula answers with something that cannot be judged; one line that says what."""


@dataclass(frozen=True)
class Capabilities:
    """What a backend can do, declared once.

    Attributes:
        modes: words over R (reverse: the cotangent pulled back, one array per argument) and
            F (forward: the tangent pushed forward, one array of the output's shape), outermost first;
            their length is the order. RR, FR and RF give the Hessian times the tangent.
        transforms: what may be put on top of a mode; `""` is the mode alone.
        dtypes: names of the dtypes the backend computes in.
        requires: the module that must be installed, or `None`.
        one_line: what the backend is, for `diffcheck list backends`.
    """

    modes: tuple[str, ...]
    transforms: tuple[str, ...] = (PLAIN,)
    dtypes: tuple[str, ...] = ORDINARY
    requires: str | None = None
    one_line: str = ""


@dataclass(frozen=True)
class Task:
    """One derivative to compute.

    Attributes:
        function: arrays of the backend's own kind in (keyword arguments), one array out.
        point: where, and along what; its dtype is the dtype under test.
        wrt: the arguments to differentiate with respect to.
        mode, transform: as declared in the backend's capabilities.
        case: where hand-written formulas and spellings are found.
    """

    function: Callable[..., Any]
    point: Point
    wrt: tuple[str, ...]
    mode: str
    transform: str
    case: Case


@dataclass(frozen=True)
class Derivative:
    """What a backend answers: NumPy arrays, nothing of the framework's own.

    Attributes:
        value: the function's value, or `None` where the backend computes none.
        entries: modes with an R: argument name → gradient, or its derivative along the tangent
            (shape of the argument; `None` where none arrived). Others: `{"output": …}` (shape of
            the output).
            dtype: the dtype under test, or `object` holding `fractions.Fraction`
            where the backend is more precise than any dtype (SymPy).
        bound: same keys, a certain bound on the absolute error of each entry, for methods
            that are approximate by nature (finite differences, 50 digits); else `None`.
        settings: switches that were in effect (matrix-product precision, threads, subnormals).
        program: lifts what ran, when it is asked for; `None` where the method cannot be lifted.
        framework: whose functions ran, for how exact they are.
    """

    value: np.ndarray | None
    entries: Mapping[str, np.ndarray | None]
    bound: Mapping[str, np.ndarray] | None = None
    settings: Mapping[str, str] = field(default_factory=dict)
    program: Callable[[], Program] | None = None
    framework: str | None = None

    @property
    def flushes(self) -> bool:
        """Whether the backend says that it computes subnormal numbers as zero."""
        return self.settings.get("subnormals") == "flushed"


class Backend(Protocol):
    """Something that can produce a derivative."""

    @property
    def name(self) -> str:
        """What the matrix, the command line and the run file call it."""

    @property
    def capabilities(self) -> Capabilities:
        """What it can do."""

    def version(self) -> str:
        """The version of what is wrapped; only called where it is installed."""

    def transforms(self, case: Case) -> tuple[str, ...]:
        """The transforms that apply to this case (hand-written formulas are named by the case)."""

    def differentiate(self, task: Task) -> Derivative:
        """Compute one derivative.

        Raises:
            Unsupported: the backend declines, and says why.
        """


def plain_and_spelling(backend: Backend, case: Case) -> tuple[str, ...]:
    """The declared transforms, without `spelling` where the case has none of this backend's."""
    declared = backend.capabilities.transforms
    return tuple(name for name in declared if name != SPELLING or backend.name in case.spellings)


def function_of(backend: Backend, task: Task) -> Callable[..., Any]:
    """The function a task is about: the case's own, or its spelling.

    Raises:
        Unsupported: the backend has no such mode, transform or dtype, or the case no spelling.
    """
    can = backend.capabilities
    if task.mode not in can.modes:
        raise Unsupported(f"{backend.name} has no mode {task.mode}")
    if task.transform not in can.transforms:
        raise Unsupported(f"{backend.name} has no transform {task.transform!r}")
    if task.point.dtype.name not in can.dtypes:
        raise Unsupported(f"{backend.name} does not compute in {task.point.dtype.name}")
    if task.transform != SPELLING:
        return task.function
    if backend.name not in task.case.spellings:
        raise Unsupported(f"{task.case.name} has no {backend.name} spelling")
    return task.case.spellings[backend.name]


def check_output(output: Any, array: type[Any] | tuple[type[Any], ...], dtype: np.dtype, cotangent: Any = None) -> None:
    """Refuse what is not one array, of the dtype under test, that the cotangent fits.

    Args:
        output: what the function returned.
        array: the class (or classes) of the backend's arrays.
        dtype: the dtype under test.
        cotangent: an array of any kind, or `None` where it is all ones or plays no part.

    Raises:
        BadOutput: one line that says what came instead.
    """
    if isinstance(output, (tuple, list, dict)):
        raise BadOutput(f"the function returns {len(output)} outputs: return one array")
    if not isinstance(output, array):
        raise BadOutput(f"the function returns a {type(output).__name__}: return an array of the arguments' own kind")
    returned = str(output.dtype).rpartition(".")[2]
    if returned != dtype.name:
        raise BadOutput(f"the function returns {returned} where the arguments are {dtype.name}")
    if cotangent is not None and not _broadcasts(tuple(cotangent.shape), tuple(output.shape)):
        shapes = f"{tuple(output.shape)}, the cotangent {tuple(cotangent.shape)}"
        raise BadOutput(f"the output has shape {shapes}: they must be the same")


def _broadcasts(shape: tuple[int, ...], target: tuple[int, ...]) -> bool:
    """Whether an array of this shape can be broadcast to the target."""
    try:
        return np.broadcast_shapes(shape, target) == target
    except ValueError:
        return False


def first_line(error: BaseException) -> str:
    """An exception's first line, for the matrix; its type where it says nothing."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


def installed(backend: Backend) -> bool:
    """Whether the module a backend requires can be found, without importing it."""
    from importlib.util import find_spec

    required = backend.capabilities.requires
    return required is None or find_spec(required) is not None
