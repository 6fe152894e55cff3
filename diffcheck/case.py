"""A case: a function written once, where its arguments come from, and what is judged against it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from diffcheck.claim import Claim
from diffcheck.domain import Domain

Function = Callable[..., Any]

SPELLED = ("torch", "jax")
"""Backends whose own way to write a function can be judged; they declare it, and a test compares."""


class CaseError(ValueError):
    """A case that cannot be used; the message is one line that says what to do."""


@dataclass(frozen=True, eq=False)
class Case:
    """A function written once, and everything that is known about it.

    Calling a case calls its function, so it stays an ordinary function of any framework's arrays.

    Attributes:
        name: the function's name, unique within its file.
        group: the file's name without `.py`; `group/name` is unique everywhere.
        function: arrays in, one array out.
        domains: argument → where it comes from, in the order of the signature.
        wrt: the arguments that are differentiated.
        examples: worked examples: argument → numbers (lists, scalars, `normal(...)`),
            and optionally `cotangent`.
        source: where the function comes from: a label of a source, a citation.
        claims: numbers that the source states.
        dims: named dimension → (smallest, largest) size that the search draws.
        spellings: backend name → the same function as that framework writes it.
        handwritten_formulas: name → function of the same arguments (and `cotangent`, if it asks
            for it) that returns `{argument: gradient}`.
        cotangent: what is pulled back at every point; `None` where it is drawn.
    """

    name: str
    group: str
    function: Function
    domains: Mapping[str, Domain]
    wrt: tuple[str, ...]
    examples: tuple[Mapping[str, Any], ...]
    source: str
    claims: tuple[Claim, ...] = ()
    dims: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    spellings: dict[str, Function] = field(default_factory=dict)
    handwritten_formulas: dict[str, Function] = field(default_factory=dict)
    cotangent: Any = None

    @property
    def id(self) -> str:
        """`group/name`, what a person types to select the case."""
        return f"{self.group}/{self.name}"

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.function(*args, **kwargs)

    def spelling(self, backend: str) -> Callable[[Function], Function]:
        """Decorate a framework's own way to write this function.

        Raises:
            CaseError: no backend of this name has spellings, or the case has one for it.
        """
        if backend not in SPELLED:
            raise CaseError(f"case {self.name}: no backend {backend!r} has spellings; {' and '.join(SPELLED)} have")

        def attach(function: Function) -> Function:
            if backend in self.spellings:
                raise CaseError(f"case {self.name}: has two spellings for {backend}; drop one of them")
            self.spellings[backend] = function
            return function

        return attach

    def handwritten(self, name: str) -> Callable[[Function], Function]:
        """Decorate a hand-written gradient of this function, judged under `name`."""

        def attach(function: Function) -> Function:
            if name in self.handwritten_formulas:
                raise CaseError(f"case {self.name}: has two handwritten formulas {name!r}; rename one of them")
            self.handwritten_formulas[name] = function
            return function

        return attach


def case(
    *,
    examples: Sequence[Mapping[str, Any]] = (),
    wrt: str | Iterable[str] | None = None,
    source: str,
    claims: Iterable[Claim] = (),
    dims: Mapping[str, int | tuple[int, int]] | None = None,
    **domains: Domain,
) -> Callable[[Function], Case]:
    """Make a case of a function.

    Args:
        examples: worked examples, judged first and shown in reports.
        wrt: what to differentiate; by default every argument with a real domain.
        source: where the function comes from.
        claims: numbers that the source states about it.
        dims: sizes of named dimensions: a number (at most this) or (smallest, largest).
        **domains: one domain for each argument of the function.

    Raises:
        CaseError: the domains are not the function's arguments, or no domains; `wrt` names another, names one
            twice, or nothing that can be differentiated; a dimension has an impossible size.
    """

    def decorate(function: Function) -> Case:
        arguments = tuple(inspect.signature(function).parameters)
        where = f"case {function.__name__}"
        if set(arguments) != set(domains):
            raise CaseError(f"{where}: takes ({', '.join(arguments)}) but has domains for ({', '.join(domains)})")
        _check_domains(domains, where)
        return Case(
            name=function.__name__,
            group=function.__module__.rpartition(".")[2],
            function=function,
            domains={name: domains[name] for name in arguments},
            wrt=_differentiated(wrt, domains, where),
            examples=tuple(examples),
            source=source,
            claims=tuple(claims),
            dims={name: _size_range(size, f"{where}: dimension {name}") for name, size in (dims or {}).items()},
        )

    return decorate


def _check_domains(domains: Mapping[str, Any], where: str) -> None:
    for name, domain in domains.items():
        if inspect.isfunction(domain):
            called = domain.__name__
            raise CaseError(
                f"{where}: {name}={called} is a function; with parentheses, {name}={called}(…), it is a domain"
            )
        if not isinstance(domain, Domain):
            raise CaseError(
                f"{where}: {name}={domain!r} is no domain; write {name}=real() for a number, real('n') for a vector"
            )


def _differentiated(wrt: str | Iterable[str] | None, domains: Mapping[str, Domain], where: str) -> tuple[str, ...]:
    if wrt is None:
        chosen = tuple(name for name, domain in domains.items() if domain.differentiable)
    else:
        chosen = (wrt,) if isinstance(wrt, str) else tuple(wrt)
    if not chosen:
        raise CaseError(f"{where}: has nothing to differentiate; give an argument a real domain, or name it in wrt")
    for place, name in enumerate(chosen):
        if name not in domains:
            raise CaseError(f"{where}: wrt names {name!r}, which is not an argument")
        if domains[name].kind == "integer":
            raise CaseError(f"{where}: wrt names {name!r}, which holds integers and has no derivative")
        if name in chosen[:place]:
            raise CaseError(f"{where}: wrt names {name!r} twice")
    return chosen


def _size_range(size: int | tuple[int, int], where: str) -> tuple[int, int]:
    smallest, largest = (1, size) if isinstance(size, int) else size
    if not 1 <= smallest <= largest:
        raise CaseError(f"{where} goes from {smallest} to {largest}; give (smallest, largest), both at least 1")
    return smallest, largest
