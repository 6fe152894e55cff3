"""Where a report goes: `html:reports/index.html`, `json`, parsed and checked before anything runs."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from diffcheck.report import FORMATS, render

if TYPE_CHECKING:
    from diffcheck.record import Run
    from diffcheck.report.paint import Paint


class OutputError(ValueError):
    """A report that cannot be written; the message is one line that says what to do."""


@dataclass(frozen=True)
class Output:
    """One report to write.

    Attributes:
        name: of the format.
        path: of the file, `None` for standard output.
    """

    name: str
    path: Path | None


def outputs(texts: Iterable[str]) -> tuple[Output, ...]:
    """Parse `FMT[:PATH]`, and make sure that every file can be written; none means text.

    Raises:
        OutputError: the first thing wrong.
    """
    chosen = tuple(_output(text) for text in texts) or (Output("text", None),)
    if sum(output.path is None for output in chosen) > 1:
        raise OutputError("two reports on standard output would mix; give one of them a file: FMT:PATH")
    for output in chosen:
        _check(output)
    return chosen


def write(output: Output, run: Run) -> None:
    """Write one report; text for a terminal is as wide and as coloured as the terminal.

    Raises:
        OutputError: the file can no longer be written.
    """
    if output.path is None:
        sys.stdout.write(_for_terminal(run) if output.name == "text" else render(output.name, run))
        sys.stdout.flush()
        return
    try:
        output.path.write_text(render(output.name, run), encoding="utf-8", newline="\n")
    except OSError as error:
        raise _unwritable(output.path, error) from None


def terminal_paint(environment: Mapping[str, str] = os.environ) -> Paint:
    """Colours where standard output is a terminal that wants them (https://no-color.org)."""
    from diffcheck.report.paint import ansi, plain

    wanted = sys.stdout.isatty() and not environment.get("NO_COLOR") and environment.get("TERM") != "dumb"
    return ansi if wanted else plain


def _for_terminal(run: Run) -> str:
    from diffcheck.report import text

    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    return text.render(run, width, terminal_paint())


def _output(text: str) -> Output:
    name, colon, path = text.partition(":")
    if name not in FORMATS:
        raise OutputError(f"no format {name!r}; there are {', '.join(FORMATS)}")
    if colon and not path:
        raise OutputError(f"--output {text!r} names no file; write {name} or {name}:PATH")
    return Output(name, Path(path) if path else None)


def _check(output: Output) -> None:
    required = FORMATS[output.name].requires
    if required is not None and find_spec(required) is None:
        raise OutputError(f"{output.name} needs {required}; install it with `pip install 'diffcheck[report]'`")
    if output.path is not None:
        _check_writable(output.path)


def _check_writable(path: Path) -> None:
    """Open the file for writing without changing it, so that a run is not lost at its end."""
    new = not path.exists()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.open("ab").close()
        if new:
            path.unlink()
    except OSError as error:
        raise _unwritable(path, error) from None


def _unwritable(path: Path, error: OSError) -> OutputError:
    return OutputError(f"cannot write {path}: {error.strerror}; make {path.parent} writable or name another file")
