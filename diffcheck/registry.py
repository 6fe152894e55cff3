"""The registry: finds cases in files and folders, checks them, and selects by name."""

from __future__ import annotations

import ast
import difflib
import hashlib
import re
import sys
import traceback
from collections.abc import Iterable, Iterator, Sequence
from fnmatch import fnmatchcase
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType

from diffcheck.case import Case, CaseError
from diffcheck.example import check_example

SOURCE = "source:"
LISTING = "`diffcheck list cases` shows them all"


class NothingSelected(CaseError):
    """A pattern that no case matches; the pattern itself is in order."""


def default_folder() -> Path:
    """The cases that come with diffcheck: in the package, or beside it in a checkout."""
    package = Path(__file__).parent
    packaged = package / "_cases"
    return packaged if packaged.is_dir() else package.parent / "cases"


def load(paths: Iterable[str | Path] = ()) -> tuple[Case, ...]:
    """Load and check the cases of files and folders.

    Args:
        paths: files, and folders whose `*.py` files are read; none means diffcheck's own cases.

    Returns:
        The cases, sorted by `group/name`.

    Raises:
        CaseError: a path without cases, a file that does not import, two cases of one name,
            a worked example that does not fit its domains.
    """
    cases: dict[str, Case] = {}
    homes: dict[str, Path] = {}
    for path in [Path(path) for path in paths] or [default_folder()]:
        for file, case in _cases_below(path):
            if case.id in cases:
                raise CaseError(f"{file}: case {case.id} is already in {homes[case.id]}; rename one of them")
            cases[case.id] = case
            homes[case.id] = file
    for case in cases.values():
        check_case(case)
    return tuple(cases[name] for name in sorted(cases))


def select(cases: Sequence[Case], patterns: Iterable[str] = ()) -> tuple[Case, ...]:
    """Select cases.

    Args:
        cases: to choose from.
        patterns: each `group/name`, a short name that only one case has, a glob of either
            (`scalar/*`, `soft*`), or `source:T3`; none selects everything.

    Returns:
        The cases that any pattern matches, in the order given.

    Raises:
        NothingSelected: a glob or a source that no case matches.
        CaseError: a name that no case has, or that several have.
    """
    patterns = tuple(patterns)
    if not patterns:
        return tuple(cases)
    chosen = {case.id for pattern in patterns for case in _matching(cases, pattern)}
    return tuple(case for case in cases if case.id in chosen)


def check_case(case: Case) -> None:
    """Check what a case says about itself: its dimensions, its worked examples, its claims.

    Raises:
        CaseError: the first thing wrong with it, in one line.
    """
    named = {size for domain in case.domains.values() for size in domain.shape if isinstance(size, str)}
    if unused := [name for name in case.dims if name not in named]:
        raise CaseError(f"case {case.id}: dims names {unused[0]!r}, which is no dimension of its domains")
    for name, domain in case.domains.items():
        if outside := [number for number in domain.special if not domain.low <= number <= domain.high]:
            raise CaseError(f"case {case.id}: the domain of {name!r} has the special number {outside[0]} outside it")
    for number, example in enumerate(case.examples, 1):
        check_example(case, example, f"case {case.id}, example {number}")
    for claim in case.claims:
        where = f"case {case.id}, claim {claim.statement!r}"
        if claim.at:
            check_example(case, claim.at, where)
        if unknown := [name for name in claim.gradient or () if name not in case.wrt]:
            raise CaseError(f"{where}: {unknown[0]!r} is not differentiated")


# --- finding ------------------------------------------------------------------------------------


def _cases_below(path: Path) -> Iterator[tuple[Path, Case]]:
    """The cases of a file or a folder, each with its file; a path without any is an error."""
    found = False
    for file in _files(path):
        for case in _cases_of(_import(file)):
            found = True
            yield file, case
    if not found:
        raise CaseError(f"{path}: no cases here; decorate a function with @diffcheck.case")


def _files(path: Path) -> list[Path]:
    if path.is_dir():
        return sorted(file for file in path.glob("*.py") if not file.name.startswith("_"))
    if not path.exists():
        raise CaseError(f"{path}: no such file or folder; name a case file or a folder of them")
    if path.suffix != ".py":
        raise CaseError(f"{path}: not a Python file; case files end in .py")
    return [path]


def _cases_of(module: ModuleType) -> list[Case]:
    """The cases that a module defines, in order; what it imports from elsewhere is not its own."""
    own = (value for value in vars(module).values() if isinstance(value, Case))
    return list(dict.fromkeys(case for case in own if case.function.__module__ == module.__name__))


def _import(file: Path) -> ModuleType:
    """Import a file under a private name that ends in the file's stem, which becomes the group."""
    digest = hashlib.sha256(str(file.resolve()).encode()).hexdigest()[:12]
    name = f"_diffcheck_cases.{digest}.{file.stem}"
    module = ModuleType(name)
    module.__file__ = str(file)
    sys.modules[name] = module
    try:
        _refuse_repeated_names(file)
        SourceFileLoader(name, str(file.absolute())).exec_module(module)
    except CaseError as error:
        raise CaseError(f"{_place(file, error)}: {error}") from error
    except Exception as error:
        raise CaseError(f"{_place(file, error)}: does not import: {type(error).__name__}: {error}") from error
    return module


def _refuse_repeated_names(file: Path) -> None:
    """Refuse two functions of one name: the second would silently replace the first."""
    first: dict[str, int] = {}
    for node in ast.parse(file.read_text(encoding="utf-8"), str(file)).body:
        if not isinstance(node, ast.FunctionDef) or node.name == "_":
            continue
        if node.name in first:
            raise CaseError(f"{node.name} is defined in line {first[node.name]} and again in line {node.lineno}")
        first[node.name] = node.lineno


def _place(file: Path, error: Exception) -> str:
    """`file:line`, as far as the line in the file itself is known."""
    if isinstance(error, SyntaxError) and error.lineno is not None:
        return f"{file}:{error.lineno}"
    frames = traceback.extract_tb(error.__traceback__)
    lines = [frame.lineno for frame in frames if Path(frame.filename) == file.absolute()]
    return f"{file}:{lines[-1]}" if lines else str(file)


# --- selecting ----------------------------------------------------------------------------------


def _matching(cases: Sequence[Case], pattern: str) -> list[Case]:
    if pattern.startswith(SOURCE):
        return _by_source(cases, pattern)
    if any(character in pattern for character in "*?["):
        return _by_glob(cases, pattern)
    return [_by_name(cases, pattern)]


def _by_source(cases: Sequence[Case], pattern: str) -> list[Case]:
    label = re.escape(pattern.removeprefix(SOURCE))
    found = [case for case in cases if re.search(rf"\b{label}\b", case.source, re.IGNORECASE)]
    if not found:
        sources = ", ".join(sorted({case.source for case in cases}))
        raise NothingSelected(f"no case comes from {pattern!r}; the sources are {sources}")
    return found


def _by_glob(cases: Sequence[Case], pattern: str) -> list[Case]:
    found = [case for case in cases if fnmatchcase(case.id, pattern) or fnmatchcase(case.name, pattern)]
    if not found:
        raise NothingSelected(f"no case matches {pattern!r}; {LISTING}")
    return found


def _by_name(cases: Sequence[Case], name: str) -> Case:
    found = [case for case in cases if name in (case.id, case.name)]
    if len(found) == 1:
        return found[0]
    if found:
        ids = " or ".join(case.id for case in found)
        raise CaseError(f"{name!r} is the name of several cases; write {ids}")
    raise CaseError(f"no case {name!r}; {_suggestion(cases, name)}")


def _suggestion(cases: Sequence[Case], name: str) -> str:
    if name in {case.group for case in cases}:
        return f"for the whole group write '{name}/*'"
    names = [case.id for case in cases] + [case.name for case in cases]
    close = difflib.get_close_matches(name, names, n=3)
    return f"did you mean {' or '.join(close)}?" if close else LISTING
