"""What somebody types on a command line: a function by its name, a domain as it is written in Python."""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from pkgutil import resolve_name
from typing import Any

from diffcheck.domain import Domain, integers, one_hot, positive, probabilities, real

DOMAINS: dict[str, Callable[..., Domain]] = {
    "real": real,
    "positive": positive,
    "integers": integers,
    "one_hot": one_hot,
    "probabilities": probabilities,
}


class TypedError(ValueError):
    """Something typed that means nothing; the message is one line that says what to write."""


def typed_function(text: str) -> Callable[..., Any]:
    """The function, module or case that `package.module:name` names; modules beside the caller are found, too.

    Raises:
        TypedError: there is none.
    """
    module, colon, name = text.partition(":")
    if not (module and colon and name):
        raise TypedError(f"{text!r} names no function; write MODULE:FUNCTION, for example mypackage.ops:swish")
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)
    try:
        found = resolve_name(text)
    except (ImportError, AttributeError, ValueError) as error:
        raise TypedError(f"{text}: {error}") from error
    if not callable(found):
        raise TypedError(f"{text} is a {type(found).__name__}, and no function")
    function: Callable[..., Any] = found
    return function


def typed_arguments(texts: Iterable[str], names: Callable[[int], Sequence[str]]) -> list[Domain]:
    """Domains as a function takes them: by its own names where these were typed, else as they were typed.

    Args:
        texts: as `typed_domain` takes them.
        names: a number of arguments → what the function calls them.

    Raises:
        TypedError: a text that is no domain, or a name that comes twice.
    """
    typed = [typed_domain(text) for text in texts]
    domains = dict(typed)
    if len(domains) < len(typed):
        raise TypedError(f"--input names one argument twice; there are {', '.join(name for name, _ in typed)}")
    own = names(len(domains))
    return [domains[name] for name in (own if set(own) == set(domains) else domains)]


def typed_domain(text: str) -> tuple[str, Domain]:
    """`x=real(3, low=-50, high=50)` as a name and a domain. Nothing but numbers and names of sizes is evaluated.

    Raises:
        TypedError: a text that is not NAME=DOMAIN(…).
    """
    name, _, written = text.partition("=")
    try:
        call = ast.parse(written.strip(), mode="eval").body
        if not (name.strip().isidentifier() and isinstance(call, ast.Call) and isinstance(call.func, ast.Name)):
            raise TypedError(_example(text))
        make = DOMAINS[call.func.id]
        sizes = [ast.literal_eval(argument) for argument in call.args]
        options = {keyword.arg or "": ast.literal_eval(keyword.value) for keyword in call.keywords}
        return name.strip(), make(*sizes, **options)
    except (SyntaxError, KeyError):
        raise TypedError(_example(text)) from None
    except (TypeError, ValueError) as error:
        if isinstance(error, TypedError):
            raise
        raise TypedError(f"--input {text!r}: {error}") from error


def _example(text: str) -> str:
    example = "x=real(3, low=-50, high=50)"
    return f"--input {text!r}: write NAME=DOMAIN, for example {example!r}; there are {', '.join(DOMAINS)}"
