"""The source of somebody's function: what is taken away, what it needs, what has none."""

from __future__ import annotations

from functools import wraps
from typing import Any

import pytest

from diffcheck.script.own_source import own_source
from diffcheck.script.refusal import Unwritable

SCALE = 2.0


def documented(x: Any, scale: float = SCALE) -> Any:
    """Says what it does."""
    y: int = abs(x)
    return [scale * k for k in range(y)]  # and why


class Holder:
    """Holds something."""

    @staticmethod
    def held(x: Any) -> Any:
        return documented(x)


def closing(inner: float) -> Any:
    def closed(x: Any) -> Any:
        return inner * x

    return closed


def registered(function: Any) -> Any:
    return function


@registered
def left_alone(x: Any) -> Any:
    return x


def wrapped(function: Any) -> Any:
    @wraps(function)
    def run(x: Any) -> Any:
        return function(x)

    return run


@wrapped
def changed(x: Any) -> Any:
    return x


def test_what_changes_nothing_is_taken_away() -> None:
    """Docstrings, annotations, comments."""
    text = "def documented(x, scale=SCALE):\n    y: int = abs(x)\n    return [scale * k for k in range(y)]"
    assert own_source(documented).text == text
    assert own_source(Holder).text.splitlines()[0] == "class Holder:"
    assert '"""' not in own_source(Holder).text


def test_what_a_source_needs_is_found() -> None:
    """Globals, what a closure holds, what methods use; nothing of Python's own."""
    assert own_source(documented).free_names() == {"SCALE": SCALE}
    assert own_source(Holder).free_names() == {"documented": documented}
    assert own_source(closing(3.0)).free_names() == {"inner": 3.0}


def test_decorators_count_where_they_made_something() -> None:
    """One that returned the function itself is not repeated."""
    assert not own_source(left_alone).is_decorated
    assert own_source(changed).is_decorated


def test_the_lambda_is_the_one_that_is_meant() -> None:
    """Two of them may stand in one line, one inside the other."""
    first, second = (lambda x: x + SCALE), (lambda x: lambda y: y * x)
    assert own_source(first).text == "lambda x: x + SCALE"
    assert own_source(second).text == "lambda x: lambda y: y * x"
    assert own_source(second(3.0)).text == "lambda y: y * x"
    assert own_source(second(3.0)).free_names() == {"x": 3.0}


def test_what_has_no_source_is_refused() -> None:
    """Built-in functions, and what was made by exec."""
    names: dict[str, Any] = {}
    exec("def lost(x): return y\nl = lambda x: x", names)  # noqa: S102  # that is how a source is lost
    for value in (names["lost"], names["l"], abs, 3):
        with pytest.raises(Unwritable, match="source"):
            own_source(value)
