"""What can be typed after `diffcheck`. Imports nothing heavy: `--help` is quick."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import NoReturn

from diffcheck.report import FORMATS

RUN_FILE = Path("reports/run.jsonl")
USAGE = 2

MOST_JOBS = 4
"""Each worker imports every framework, which takes about a gigabyte of memory."""

EXIT_CODES = """\
exit codes, the first that applies: 2 usage · 3 a required backend is missing, something crashed or timed
out, or diffcheck contradicts itself · 1 a failing verdict, or a known finding that is gone · 5 nothing
selected or nothing judged · 4 only inconclusive · 0 otherwise"""


class Parser(argparse.ArgumentParser):
    """A parser whose errors are one line."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong and stop."""
        print(f"diffcheck: error: {message}; see `{self.prog} --help`", file=sys.stderr)
        raise SystemExit(USAGE)


def parser() -> Parser:
    """The whole command line."""
    root = Parser(
        prog="diffcheck",
        description="Is this derivative right? Judges derivatives against an enclosure of the true one.",
        epilog=EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    commands = root.add_subparsers(dest="command", metavar="COMMAND", required=True, parser_class=Parser)
    _run(commands.add_parser("run", help="differentiate cases by every method and judge each answer"))
    _check(commands.add_parser("check", help="judge the derivatives of somebody's own torch or jax function"))
    _behaviours(commands.add_parser("behaviours", help="put statements about frameworks to the test"))
    _list(commands.add_parser("list", help="what there is: cases, backends, modes, behaviours, known findings"))
    _show(commands.add_parser("show", help="formula, closed form, value by every method, step-size table"))
    _report(commands.add_parser("report", help="render stored runs again"))
    _compare(commands.add_parser("compare", help="what changed between two stored runs"))
    _replay(commands.add_parser("replay", help="compute one stored record again"))
    return root


def names(text: str) -> list[str]:
    """`torch,jax` as two names."""
    return [name.strip() for name in text.split(",") if name.strip()]


def count(text: str) -> int:
    """A whole number, 0 or more."""
    return _at_least(0, int(text))


def positive(text: str) -> int:
    """A whole number, 1 or more."""
    return _at_least(1, int(text))


def seconds(text: str) -> float:
    """A time that is not over at once."""
    if not float(text) > 0:
        raise argparse.ArgumentTypeError(f"{text} is no time to wait for; write a number above 0")
    return float(text)


def _at_least(least: int, number: int) -> int:
    if number < least:
        raise argparse.ArgumentTypeError(f"{number} is too few; write a whole number from {least} up")
    return number


def _run(command: argparse.ArgumentParser) -> None:
    select = "case names `group/case`, unique short names, globs, source:T3; none means all"
    command.add_argument("select", nargs="*", metavar="SELECT", help=select)
    choose = command.add_argument_group("methods", "each may be repeated, or hold several names between commas")
    choose.add_argument("-b", "--backend", type=names, action="extend", default=[], help="only these backends")
    choose.add_argument("-m", "--mode", type=names, action="extend", default=[], help="only these modes: R, F, RR, …")
    transforms = "only these transforms; `plain` is a mode alone"
    choose.add_argument("-t", "--transform", type=names, action="extend", default=[], help=transforms)
    dtypes = "float64, float32, bfloat16, float16 (default: float64, float32)"
    choose.add_argument("-d", "--dtype", type=names, action="extend", default=[], help=dtypes)
    orders = "order of the derivative, 1 or 2; may be repeated (default: that of the modes, else 1)"
    choose.add_argument("--order", type=int, action="append", default=[], metavar="N", help=orders)
    search = command.add_argument_group("search")
    search.add_argument("--profile", default="quick", metavar="quick|ci|deep", help="how hard to try (default: quick)")
    points = "points drawn for each case and dtype"
    search.add_argument("-n", "--max-examples", type=count, metavar="N", help=points)
    search.add_argument("--seed", type=int, default=0, help="of every random choice (default: 0)")
    search.add_argument("--known", type=Path, metavar="FILE", help="known findings; their points come first")
    execution = command.add_argument_group("execution")
    jobs = min(MOST_JOBS, os.cpu_count() or 1)
    execution.add_argument("-j", "--jobs", type=int, default=jobs, help=f"worker processes (here: {jobs})")
    limit = "seconds for one case in one dtype"
    execution.add_argument("--timeout", type=seconds, metavar="SECONDS", help=limit)
    execution.add_argument("--resume", action="store_true", help="go on with an interrupted run")
    require = "fail with exit code 3 where this backend is not installed"
    execution.add_argument("--require", type=names, action="extend", default=[], metavar="BACKEND", help=require)
    _cases(execution)
    _run_file(execution)
    _outputs(command)


def _check(command: argparse.ArgumentParser) -> None:
    command.add_argument("function", metavar="MODULE:FUNCTION", help="positional arrays in, arrays out")
    domain = (
        "an argument, in the order of the function: 'x=real(3, low=-50, high=50)', 'x=[0.5, 1.0]', "
        '\'params={"w": real(2, 3), "b": real(3)}\'; may be repeated'
    )
    command.add_argument("--input", action="append", default=[], required=True, metavar="NAME=DOMAIN", help=domain)
    definition = "the same function for the array API, torch or jax, or a case; without it, its own forward is read"
    command.add_argument("--definition", metavar="MODULE:FUNCTION", help=definition)
    cotangent = "weighs the outputs: '[1.0, 0.0]' (default: each in turn, and drawn weights)"
    command.add_argument("--cotangent", metavar="ARRAY", help=cotangent)
    command.add_argument("-b", "--backend", help="torch or jax (default: those that the function takes)")
    command.add_argument("-m", "--mode", type=names, action="extend", default=[], help="only these modes: R, F, RR, …")
    dtypes = "float64, float32, bfloat16, float16 (default: float64, float32)"
    command.add_argument("-d", "--dtype", type=names, action="extend", default=[], help=dtypes)
    orders = "order of the derivative, 1 or 2; may be repeated (default: 1)"
    command.add_argument("--order", type=int, action="append", default=[], metavar="N", help=orders)
    points = "points drawn in each dtype (default: 100)"
    command.add_argument("-n", "--max-examples", type=count, default=100, metavar="N", help=points)
    command.add_argument("--seed", type=int, default=0, help="of every random choice (default: 0)")
    workers = "check in so many worker processes, one dtype in each: a function may end its own"
    command.add_argument("-j", "--jobs", type=positive, metavar="N", help=workers)
    limit = "seconds for one dtype, in a worker process; a function may hang"
    command.add_argument("--timeout", type=seconds, metavar="SECONDS", help=limit)
    command.add_argument("--run-file", type=Path, metavar="FILE", help="store the records there")
    _outputs(command)


def _behaviours(command: argparse.ArgumentParser) -> None:
    select = "names `group/name`, short names, groups, globs, source:T3; none means all"
    command.add_argument("select", nargs="*", metavar="SELECT", help=select)
    frameworks = "torch, jax (default: both)"
    command.add_argument("-b", "--backend", type=names, action="extend", default=[], help=frameworks)
    command.add_argument("--run-file", type=Path, metavar="FILE", help="store what was seen there")
    store = "store what each framework did there, in a run file named for its version, for `diffcheck compare`"
    command.add_argument("--store", type=Path, metavar="FOLDER", help=store)
    _outputs(command)


def _compare(command: argparse.ArgumentParser) -> None:
    command.add_argument("old", type=Path, metavar="OLD", help="a run file")
    command.add_argument("new", type=Path, metavar="NEW", help="a later one, perhaps with other versions installed")
    command.add_argument("--exit-zero", action="store_true", help="exit with 0 whatever changed")


def _list(command: argparse.ArgumentParser) -> None:
    command.add_argument("what", choices=("cases", "backends", "modes", "behaviours", "known"))
    command.add_argument("--known", type=Path, metavar="FILE", help="the file of known findings")
    _cases(command)


def _show(command: argparse.ArgumentParser) -> None:
    command.add_argument("case", metavar="CASE", help="`group/case`, or a short name that only one case has")
    point = "where: x=1 or x=[0,1,2,3]; other arguments keep the values of the first worked example"
    command.add_argument("--at", nargs="+", action="extend", default=[], metavar="NAME=VALUE", help=point)
    _cases(command)


def _report(command: argparse.ArgumentParser) -> None:
    command.add_argument("runs", nargs="+", type=Path, metavar="RUN", help="run files; several are shown as one run")
    _outputs(command)


def _replay(command: argparse.ArgumentParser) -> None:
    command.add_argument("id", metavar="ID", help="as a report prints it; the beginning is enough")
    script = "print a stand-alone script that shows it with the framework alone"
    command.add_argument("--script", action="store_true", help=script)
    _cases(command)
    _run_file(command)


def _cases(command: argparse._ActionsContainer) -> None:
    files = "a case file, or a folder of them, instead of diffcheck's own; may be repeated"
    command.add_argument("--cases", type=Path, action="append", default=[], metavar="PATH", help=files)


def _run_file(command: argparse._ActionsContainer) -> None:
    default = f"where the records are (default: {RUN_FILE})"
    command.add_argument("--run-file", type=Path, default=RUN_FILE, metavar="FILE", help=default)


def _outputs(command: argparse.ArgumentParser) -> None:
    group = command.add_argument_group("output", "; ".join(f"{name}: {row.one_line}" for name, row in FORMATS.items()))
    formats = "a format, to a file or to standard output; may be repeated (default: text)"
    group.add_argument("--output", action="append", default=[], metavar="FMT[:PATH]", help=formats)
    group.add_argument("--exit-zero", action="store_true", help="exit with 0 whatever the verdicts are")
