"""What is typed on a command line becomes a function or a domain, or one line that helps."""

from __future__ import annotations

import math

import pytest

from diffcheck.domain import integers, one_hot, positive, probabilities, real
from diffcheck.typed import TypedError, typed_arguments, typed_domain, typed_function


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x=real(3, low=-50, high=50)", ("x", real(3, low=-50, high=50))),
        (" x = real() ", ("x", real())),
        ("w=real('n', 2, special=(0.5,))", ("w", real("n", 2, special=(0.5,)))),
        ("p=positive(2)", ("p", positive(2))),
        ("k=integers(4, low=0, high=2)", ("k", integers(4, low=0, high=2))),
        ("y=one_hot(2, 3)", ("y", one_hot(2, 3))),
        ("q=probabilities(3)", ("q", probabilities(3))),
    ],
)
def test_a_domain_is_written_as_in_python(text, expected):
    """Every domain can be typed."""
    assert typed_domain(text) == expected


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x", "write NAME=DOMAIN"),
        ("x=3", "write NAME=DOMAIN"),
        ("x=real(", "write NAME=DOMAIN"),
        ("x=complex(3)", "write NAME=DOMAIN"),
        ("3=real(3)", "write NAME=DOMAIN"),
        ("x=real(size=3)", "unexpected keyword argument"),
        ("x=real(-1)", "not a size"),
        ("x=real(__import__('os').getpid())", "malformed"),
        ("x=one_hot()", "needs a shape"),
    ],
)
def test_what_is_no_domain_is_one_line(text, said):
    """Nothing else is evaluated, and the message shows what was typed."""
    with pytest.raises(TypedError) as raised:
        typed_domain(text)
    assert said in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(("own", "expected"), [("ab", [real(2), real(1)]), ("xy", [real(1), real(2)])])
def test_domains_come_in_the_order_of_the_function(own, expected):
    """Its own names put them in order; other names are names only."""
    assert typed_arguments(["b=real(1)", "a=real(2)"], lambda number: own[:number]) == expected


def test_a_name_that_comes_twice_is_refused():
    """One of the two would be lost."""
    with pytest.raises(TypedError, match="twice"):
        typed_arguments(["a=real(1)", "a=real(2)"], lambda number: "ab")


def test_a_function_is_found_by_its_name():
    """MODULE:FUNCTION, also in a class."""
    assert typed_function("math:sin") is math.sin
    assert typed_function("diffcheck.domain:Domain.__init__").__name__ == "__init__"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("math", "write MODULE:FUNCTION"),
        ("math:", "write MODULE:FUNCTION"),
        ("no_such_module_anywhere:f", "No module named"),
        ("math:no_such", "no_such"),
        ("math:pi", "is a float, and no function"),
    ],
)
def test_what_is_no_function_is_one_line(text, said):
    """A name that leads nowhere says so."""
    with pytest.raises(TypedError) as raised:
        typed_function(text)
    assert said in str(raised.value)
