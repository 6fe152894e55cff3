"""What is typed on a command line becomes a function or a domain, or one line that helps."""

from __future__ import annotations

import ast
import math

import pytest

from diffcheck.domain import integers, one_hot, positive, probabilities, real
from diffcheck.typed import TypedError, typed_argument, typed_arguments, typed_array, typed_function


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
    assert typed_argument(text) == expected


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x", "write NAME=DOMAIN"),
        ("x=real(3)+1", "is no number, array or domain"),
        ("x={real(3)}", "is no number, array or domain"),
        ("x=y", "is no number, array or domain"),
        ("x=[[1.0], [1.0, 2.0]]", "inhomogeneous"),
        ("x=array(1.0, 2.0)", "array takes one list"),
        ("x=array(['a'])", "no numbers"),
        ("x=real(", "write NAME=DOMAIN"),
        ("x=complex(3)", "write NAME=DOMAIN"),
        ("3=real(3)", "write NAME=DOMAIN"),
        ("x=real(size=3)", "unexpected keyword argument"),
        ("x=real(-1)", "not a size"),
        ("x=real(__import__('os').getpid())", "is no number, array or domain"),
        ("x=one_hot()", "needs a shape"),
    ],
)
def test_what_means_nothing_is_one_line(text, said):
    """Nothing else is evaluated, and the message shows what was typed."""
    with pytest.raises(TypedError) as raised:
        typed_argument(text)
    assert said in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("text", "dtype", "expected"),
    [
        ("x=[0.5, 1]", "float64", [0.5, 1.0]),
        ("x=[[1, 2], [3, 4]]", "int64", [[1, 2], [3, 4]]),
        ("x=0.5", "float64", 0.5),
        ("x=-1e300", "float64", -1e300),
        ("x=array(3)", "int64", 3),
        ("x=[]", "float64", []),
    ],
)
def test_an_array_is_numbers_in_brackets(text, dtype, expected):
    """Or one number with a point."""
    _, found = typed_argument(text)
    assert (found.dtype, found.tolist()) == (dtype, expected)


@pytest.mark.parametrize("text", ["3", "'mean'", "True", "None", "(1, 'a')"])
def test_what_is_no_number_is_handed_on(text):
    """Options of a function."""
    assert typed_argument(f"x={text}") == ("x", ast.literal_eval(text))


def test_arguments_may_be_nested():
    """Dictionaries, lists and tuples of domains and arrays."""
    _, found = typed_argument("p={'w': real(2), 'b': [array([1.0]), (real(), 2.0, 'a')]}")
    assert found["w"] == real(2)
    assert found["b"][0].tolist() == [1.0]
    assert found["b"][1] == (real(), 2.0, "a")


def test_a_cotangent_is_an_array():
    """And nothing else."""
    assert typed_array("[1.0, 0.0]").tolist() == [1.0, 0.0]
    for text in ("real(2)", "[1.0", "", "['a']"):
        with pytest.raises(TypedError, match="no array"):
            typed_array(text)


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


@pytest.mark.parametrize(("text", "said"), [("def f(x:", "SyntaxError"), ("1 / 0", "ZeroDivisionError")])
def test_a_module_that_cannot_be_imported_is_one_line(text, said, tmp_path, monkeypatch):
    """Whatever is wrong with it."""
    (tmp_path / "broken_module.py").write_text(text)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(TypedError, match=rf"broken_module cannot be imported: {said}"):
        typed_function("broken_module:f")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("math", "write MODULE:FUNCTION"),
        ("math:", "write MODULE:FUNCTION"),
        ("no_such_module_anywhere:f", "No module named"),
        ("math:no_such", "no_such"),
        ("math:pi", "is a float, and no function"),
        ("fractions:Fraction", "is a class; name a function"),
    ],
)
def test_what_is_no_function_is_one_line(text, said):
    """A name that leads nowhere says so."""
    with pytest.raises(TypedError) as raised:
        typed_function(text)
    assert said in str(raised.value)
