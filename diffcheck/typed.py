"""What somebody types on a command line: a function by its name, a domain or an array as it is written in Python."""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from pkgutil import resolve_name
from typing import Any

import numpy as np

from diffcheck.domain import Domain, integers, one_hot, positive, probabilities, real

DOMAINS: dict[str, Callable[..., Domain]] = {
    "real": real,
    "positive": positive,
    "integers": integers,
    "one_hot": one_hot,
    "probabilities": probabilities,
}

ARRAY = "array"


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
    except Exception as error:
        raise TypedError(f"{module} cannot be imported: {type(error).__name__}: {error}") from error
    if isinstance(found, type):
        raise TypedError(f"{text} is a class; name a function, or an object of that class")
    if not callable(found):
        raise TypedError(f"{text} is a {type(found).__name__}, and no function")
    function: Callable[..., Any] = found
    return function


def typed_arguments(texts: Iterable[str], names: Callable[[int], Sequence[str]]) -> list[Any]:
    """Arguments as a function takes them: by its own names where these were typed, else as they were typed.

    Args:
        texts: as `typed_argument` takes them.
        names: a number of arguments → what the function calls them.

    Raises:
        TypedError: a text that is no argument, or a name that comes twice.
    """
    typed = [typed_argument(text) for text in texts]
    arguments = dict(typed)
    if len(arguments) < len(typed):
        raise TypedError(f"--input names one argument twice; there are {', '.join(name for name, _ in typed)}")
    own = names(len(arguments))
    return [arguments[name] for name in (own if set(own) == set(arguments) else arguments)]


def typed_argument(text: str) -> tuple[str, Any]:
    """`x=real(3, low=-50, high=50)` as a name and a domain; `x=[0.5, 1.0]` as a name and an array.

    Domains and arrays may be nested: `params={'w': real(2, 3), 'b': [array([0.0]), real()]}`. Brackets around numbers
    alone are one array, and so is a number with a point; whole numbers, words, True, False and None are handed on as
    they are. Nothing but literals is evaluated.

    Raises:
        TypedError: a text that means nothing.
    """
    name, _, written = text.partition("=")
    try:
        if not name.strip().isidentifier():
            raise TypedError(_example(text))
        return name.strip(), _value(ast.parse(written.strip(), mode="eval").body)
    except (SyntaxError, KeyError):
        raise TypedError(_example(text)) from None
    except (TypeError, ValueError) as error:
        if isinstance(error, TypedError):
            raise
        raise TypedError(f"--input {text!r}: {error}") from error


def typed_array(text: str) -> np.ndarray:
    """`[0.5, 1.0]` as an array.

    Raises:
        TypedError: a text that is none.
    """
    try:
        return _array(ast.parse(text.strip(), mode="eval").body)
    except (SyntaxError, TypeError, ValueError) as error:
        raise TypedError(f"{text!r} is no array; write it as [0.5, 1.0]") from error


def _value(written: ast.expr) -> Any:
    """What an expression stands for."""
    if isinstance(written, ast.Call):
        return _called(written)
    if isinstance(written, ast.Dict):
        keys = [_literal(key) for key in written.keys if key is not None]
        return dict(zip(keys, map(_value, written.values), strict=True))
    if isinstance(written, ast.Tuple):
        return tuple(map(_value, written.elts))
    if isinstance(written, ast.List) and not _holds_numbers_alone(written):
        return [_value(branch) for branch in written.elts]
    found = _array(written) if isinstance(written, ast.List) else _literal(written)
    return np.array(found) if isinstance(found, float) else found


def _called(written: ast.Call) -> Any:
    """A domain, or an array that is marked as one."""
    name = written.func.id if isinstance(written.func, ast.Name) else ""
    if name == ARRAY:
        if len(written.args) != 1 or written.keywords:
            raise ValueError("array takes one list of numbers, or one number")
        return _array(written.args[0])
    make = DOMAINS[name]
    sizes = [_literal(argument) for argument in written.args]
    options = {keyword.arg or "": _literal(keyword.value) for keyword in written.keywords}
    return make(*sizes, **options)


def _holds_numbers_alone(written: ast.expr) -> bool:
    if isinstance(written, ast.List):
        return all(map(_holds_numbers_alone, written.elts))
    return isinstance(_literal(written), (int, float)) if _is_literal(written) else False


def _is_literal(written: ast.expr) -> bool:
    return not any(isinstance(part, (ast.Call, ast.Name)) for part in ast.walk(written))


def _literal(written: ast.expr) -> Any:
    """A number, a word, or numbers in brackets."""
    try:
        return ast.literal_eval(written)
    except ValueError as error:
        raise ValueError(f"{ast.unparse(written)} is no number, array or domain") from error


def _array(written: ast.expr) -> np.ndarray:
    numbers = np.array(_literal(written))
    if numbers.dtype.kind not in "fi":
        raise ValueError(f"{ast.unparse(written)} holds {numbers.dtype.name}, no numbers")
    return numbers


def _example(text: str) -> str:
    example = "x=real(3, low=-50, high=50)"
    domains = ", ".join(DOMAINS)
    return f"--input {text!r}: write NAME=DOMAIN, for example {example!r}; there are {domains}; or x=[0.5, 1.0]"
