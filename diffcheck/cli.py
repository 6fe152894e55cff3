"""The command line. Every command is a few lines: what it does stands in the module it calls."""

from __future__ import annotations

import ast
import io
import os
import shlex
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from diffcheck.arguments import USAGE, parser

if TYPE_CHECKING:
    from argparse import Namespace

    from diffcheck.case import Case
    from diffcheck.plan import Settings
    from diffcheck.record import Run

# What a shell reports for a program that a signal ended: 128 + SIGINT, 128 + SIGPIPE.
INTERRUPTED = 130
BROKEN_PIPE = 141

NOTHING_SELECTED = 5
KNOWN_FILE = "known.toml"


class UsageError(ValueError):
    """Something typed that cannot be done; the message is one line that says what to do."""


def main(argv: Sequence[str] | None = None) -> int:
    """Do what the command line says; return the exit code."""
    argv = sys.argv[1:] if argv is None else list(argv)
    _write_any_character()
    try:
        arguments = parser().parse_args(argv)
        return COMMANDS[arguments.command](arguments)
    except KeyboardInterrupt:
        return _say(f"interrupted{_how_to_resume(argv)}", INTERRUPTED)
    except BrokenPipeError:
        _drop_output()
        return BROKEN_PIPE
    except ValueError as error:
        if isinstance(error, _errors_of_usage()):
            return _say(f"error: {error}", _exit_code(error))
        raise


# --- commands -----------------------------------------------------------------------------------


def run(arguments: Namespace) -> int:
    """Run cases; write the run file and the reports."""
    from diffcheck.outcome import MISSING_OR_DEAD
    from diffcheck.plan import plan
    from diffcheck.progress import Progress
    from diffcheck.reference.second_opinion import Disagreement
    from diffcheck.report.output import outputs
    from diffcheck.run import run as run_cases

    cases = _selected(arguments.cases, arguments.select)
    settings = _settings(arguments)
    chosen = outputs(arguments.output)
    cells = plan(cases, settings)
    if not cells:
        return _say("error: no method is left to run; loosen -b, -m, -t, -d or --order", NOTHING_SELECTED)
    places = {"folders": arguments.cases, "resume": arguments.resume}
    try:
        with Progress(len(cells)) as progress:
            done = run_cases(cases, settings, arguments.run_file, **places, watch=progress.watch)
    except Disagreement as error:
        return _say(f"stopped: {error}", MISSING_OR_DEAD)
    return _reported(done, chosen, arguments)


def check(arguments: Namespace) -> int:
    """Judge somebody's own function."""
    from diffcheck.outcome import MISSING_OR_DEAD
    from diffcheck.reference.second_opinion import Disagreement
    from diffcheck.report.output import outputs
    from diffcheck.run_file import write_run
    from diffcheck.typed_check import TypedCheck, checked, checked_in_workers

    chosen = outputs(arguments.output)
    asked = TypedCheck(
        arguments.function,
        tuple(arguments.input),
        arguments.definition,
        arguments.cotangent,
        arguments.backend,
        tuple(arguments.mode),
        tuple(arguments.order) or (1,),
        tuple(arguments.dtype),
        arguments.max_examples,
        arguments.seed,
    )
    in_workers = arguments.jobs is not None or arguments.timeout is not None
    try:
        found = checked_in_workers(asked, arguments.jobs or 1, arguments.timeout) if in_workers else checked(asked)
    except Disagreement as error:
        return _say(f"stopped: {error}", MISSING_OR_DEAD)
    if arguments.run_file:
        write_run(arguments.run_file, found)
    return _reported(found, chosen, arguments)


def show(arguments: Namespace) -> int:
    """Print a case's derivation, its value by every method and its step-size table."""
    from diffcheck.describe import describe
    from diffcheck.report.output import terminal_paint
    from diffcheck.report.sheet_text import sheet_text
    from diffcheck.table import example_at

    cases = _selected(arguments.cases, [arguments.case])
    typed = typed_point(arguments.at)
    if typed and len(cases) > 1:
        raise UsageError(f"--at needs one case, and {arguments.case!r} is {len(cases)}")
    for case in cases:
        sheet = describe(case, example_at(case, typed) if typed else None)
        print(sheet_text(sheet, terminal_paint()))
    return 0


def report(arguments: Namespace) -> int:
    """Render stored runs again."""
    from diffcheck.merge import merge
    from diffcheck.report.output import outputs
    from diffcheck.run_file import read_run

    chosen = outputs(arguments.output)
    return _reported(merge([read_run(path) for path in arguments.runs]), chosen, arguments)


def replay(arguments: Namespace) -> int:
    """Compute a stored record again and say whether it is the same; or print a script that shows it."""
    from diffcheck.outcome import outcome
    from diffcheck.registry import load
    from diffcheck.replay import find_record, unchanged_case
    from diffcheck.replay import replay as compute_again
    from diffcheck.report.finding import Finding
    from diffcheck.report.output import terminal_paint
    from diffcheck.report.text import finding_text
    from diffcheck.run_file import read_run
    from diffcheck.script.script import script

    stored, cases = read_run(arguments.run_file), load(arguments.cases)
    found = find_record(arguments.id, stored)
    if arguments.script:
        print(script(found, unchanged_case(found, cases)), end="")
        return 0
    before = found.judgement.verdict
    record = compute_again(arguments.id, stored, cases)
    now = record.judgement.verdict
    print(finding_text(Finding(record), None, terminal_paint()))
    print(f"\nrecorded {before.name}, now {now.name}" + ("" if now.name == before.name else ": not the same any more"))
    return outcome([record])


def behaviours(arguments: Namespace) -> int:
    """Put statements about frameworks to the test."""
    from diffcheck.behaviours import behaviours as selected
    from diffcheck.behaviours.run import run as observe
    from diffcheck.behaviours.run import store
    from diffcheck.report.output import outputs
    from diffcheck.run_file import write_run

    chosen = outputs(arguments.output)
    done = observe(selected(arguments.select), arguments.backend)
    if arguments.run_file:
        write_run(arguments.run_file, done)
    if arguments.store:
        store(done, arguments.store)
    return _reported(done, chosen, arguments)


def compare(arguments: Namespace) -> int:
    """Say what changed between two runs."""
    from diffcheck.compare import changes
    from diffcheck.outcome import FAILING
    from diffcheck.run_file import read_run

    found = changes(read_run(arguments.old), read_run(arguments.new))
    print("\n".join(found) or "nothing changed")
    return FAILING if found and not arguments.exit_zero else 0


def list_things(arguments: Namespace) -> int:
    """Print what there is, one per line."""
    from diffcheck import listing
    from diffcheck.report.sheet_text import columns

    lists: dict[str, Callable[[], list[listing.Row]]] = {
        "cases": lambda: listing.cases(_selected(arguments.cases, [])),
        "backends": listing.backends,
        "modes": listing.modes,
        "behaviours": listing.behaviours,
        "known": lambda: listing.known(_known_file(arguments)),
    }
    rows = lists[arguments.what]()
    print("\n".join(columns(rows)) if rows else "  none")
    return 0


COMMANDS: Mapping[str, Callable[[Namespace], int]] = {
    "run": run,
    "check": check,
    "behaviours": behaviours,
    "list": list_things,
    "show": show,
    "report": report,
    "compare": compare,
    "replay": replay,
}


# --- what was typed -----------------------------------------------------------------------------


def typed_point(texts: Iterable[str]) -> dict[str, Any]:
    """`["x=1", "w=[1, 2]"]` as argument → numbers.

    Raises:
        UsageError: a text that is not NAME=NUMBERS.
    """
    point = {}
    for text in texts:
        name, equals, value = text.partition("=")
        try:
            point[name.strip()] = ast.literal_eval(value.strip())
        except (ValueError, SyntaxError):
            equals = ""
        if not (equals and name.strip().isidentifier()):
            raise UsageError(f"--at {text!r}: write NAME=NUMBERS, for example x=1 or x=[0,1,2,3]")
    return point


def _selected(files: Sequence[Path], patterns: Sequence[str]) -> tuple[Case, ...]:
    from diffcheck.registry import load, select

    return select(load(files), patterns)


def _settings(arguments: Namespace) -> Settings:
    from diffcheck.plan import Settings, check_settings

    settings = Settings(
        backends=tuple(arguments.backend),
        modes=tuple(arguments.mode),
        orders=tuple(arguments.order),
        transforms=tuple("" if name == "plain" else name for name in arguments.transform),
        dtypes=tuple(arguments.dtype),
        profile=arguments.profile,
        max_examples=arguments.max_examples,
        seed=arguments.seed,
        jobs=arguments.jobs,
        timeout=arguments.timeout,
        known=_known_file(arguments),
        required=tuple(arguments.require),
    )
    check_settings(settings)
    return settings


def _known_file(arguments: Namespace) -> Path | None:
    """The file that was named, else the one that lies beside the cases."""
    from diffcheck.registry import default_folder

    folders = arguments.cases or [default_folder()]
    beside = (folder / KNOWN_FILE for folder in folders)
    return arguments.known or next((file for file in beside if file.is_file()), None)


# --- what is answered ---------------------------------------------------------------------------


def _reported(done: Run, chosen: Iterable[Any], arguments: Namespace) -> int:
    from diffcheck.outcome import outcome
    from diffcheck.report.output import write

    for output in chosen:
        write(output, done)
    if arguments.exit_zero:
        return 0
    return outcome(done.records, gone=done.gone, missing=done.missing, observed=bool(done.behaviours))


def _say(sentence: str, code: int) -> int:
    print(f"diffcheck: {sentence}", file=sys.stderr)
    return code


def _how_to_resume(argv: Sequence[str]) -> str:
    if argv[:1] != ["run"]:
        return ""
    again = [*argv, *([] if "--resume" in argv else ["--resume"])]
    return f"; what is done is kept, go on with: diffcheck {shlex.join(again)}"


def _errors_of_usage() -> tuple[type[ValueError], ...]:
    """Errors whose message is meant for the person who typed the command."""
    from diffcheck.case import CaseError
    from diffcheck.known import KnownError
    from diffcheck.plan import SettingsError
    from diffcheck.replay import ReplayError
    from diffcheck.report.output import OutputError
    from diffcheck.run_file import RunFileError
    from diffcheck.script.refusal import NoScript
    from diffcheck.subject import CheckError
    from diffcheck.typed import TypedError

    return (
        UsageError,
        CaseError,
        CheckError,
        KnownError,
        NoScript,
        SettingsError,
        ReplayError,
        OutputError,
        RunFileError,
        TypedError,
    )


def _exit_code(error: ValueError) -> int:
    from diffcheck.registry import NothingSelected

    return NOTHING_SELECTED if isinstance(error, NothingSelected) else USAGE


def _write_any_character() -> None:
    """Glyphs that a terminal's encoding lacks become question marks instead of an exception."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def _drop_output() -> None:
    """Whoever read our output has gone: what Python still holds for it must not be written at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
