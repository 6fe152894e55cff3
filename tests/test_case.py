"""A case: an ordinary function, and everything that is known about it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from diffcheck.backends import BACKENDS
from diffcheck.backends.base import SPELLING
from diffcheck.case import SPELLED, Case, CaseError, case
from diffcheck.claim import Claim
from diffcheck.domain import Domain, integers, one_hot, positive, probabilities, real


def product(x: Any, y: Any) -> Any:
    """z = xy"""
    return x * y


def made(function: Callable[..., Any] = product, **settings: Any) -> Case:
    """A case of z = xy, with defaults where a test says nothing else."""
    return case(**{"source": "test", "x": real(), "y": real(), **settings})(function)


def message(**settings: Any) -> str:
    """What the decorator says about settings that it refuses; always one line."""
    with pytest.raises(CaseError) as caught:
        made(**settings)
    text = str(caught.value)
    assert text.startswith("case product: ")
    assert "\n" not in text
    return text.removeprefix("case product: ")


# --- what a case is -----------------------------------------------------------------------------


def test_a_case_stays_an_ordinary_function() -> None:
    """Calling the case calls the function, with any arrays, by place or by name."""
    assert made()(3.0, 4.0) == 12.0
    assert made()(y=np.array([1.0, 2.0]), x=2.0).tolist() == [2.0, 4.0]


def test_a_case_is_named_after_its_function_and_file() -> None:
    """`group/name` is what a person types."""
    assert made().name == "product"
    assert made().id == "test_case/product"


def test_domains_stand_in_the_order_of_the_signature() -> None:
    """However the decorator lists them."""
    assert list(case(source="test", y=real(), x=real("n"))(product).domains) == ["x", "y"]


def test_what_the_decorator_is_told_is_kept() -> None:
    """Examples, claims, source and sizes."""
    claim = Claim("the product is 12", value=12.0)
    told = made(examples=[{"x": 3.0, "y": 4.0}], claims=[claim], source="T1", x=real("n"), dims={"n": 4})
    assert told.examples == ({"x": 3.0, "y": 4.0},)
    assert told.claims == (claim,)
    assert told.source == "T1"
    assert told.dims == {"n": (1, 4)}


def test_what_the_decorator_is_not_told_is_empty() -> None:
    """A case needs a source and its domains, and nothing else."""
    plain = made()
    assert (plain.examples, plain.claims, plain.dims, plain.spellings, plain.handwritten_formulas) == (
        (),
        (),
        {},
        {},
        {},
    )


def test_two_cases_share_nothing() -> None:
    """What is attached to one case does not appear at another."""
    first, second = made(), made()
    first.spelling("torch")(product)
    first.handwritten("formula")(product)
    assert not second.spellings
    assert not second.handwritten_formulas


# --- what is differentiated ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("domain", "differentiated"),
    [
        (real(3), True),
        (positive(3), True),
        (probabilities(3), True),
        (integers(3, low=0, high=2), False),
        (one_hot(3), False),
    ],
)
def test_arguments_from_a_real_domain_are_differentiated(domain: Domain, differentiated: bool) -> None:
    """Labels are constants of the function unless `wrt` says otherwise."""
    assert made(y=domain).wrt == (("x", "y") if differentiated else ("x",))


@pytest.mark.parametrize(("wrt", "chosen"), [("y", ("y",)), (["y", "x"], ("y", "x")), (("x",), ("x",))])
def test_wrt_chooses_what_is_differentiated(wrt: Any, chosen: tuple[str, ...]) -> None:
    """One name or several, in the order given."""
    assert made(wrt=wrt).wrt == chosen


def test_one_hot_rows_can_be_differentiated_where_wrt_says_so() -> None:
    """They are floating numbers, after all."""
    assert made(y=one_hot(3), wrt="y").wrt == ("y",)


# --- what is refused ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("domain", "said"),
    [
        (real, "x=real is a function; with parentheses, x=real(…), it is a domain"),
        (one_hot, "x=one_hot is a function; with parentheses, x=one_hot(…), it is a domain"),
        (1.0, "x=1.0 is no domain; write x=real() for a number, real('n') for a vector"),
    ],
)
def test_what_is_no_domain_is_refused(domain: Any, said: str) -> None:
    """Forgotten parentheses first of all."""
    assert message(x=domain) == said


def test_a_misspelt_backend_is_refused() -> None:
    """Its spelling would never be judged, and nobody would notice."""
    with pytest.raises(CaseError, match=r"^case product: no backend 'trch' has spellings; torch and jax have$"):
        made().spelling("trch")


def test_the_backends_that_are_spelled_are_those_that_declare_it() -> None:
    """A new one gets its name in both places."""
    declared = {backend.name for backend in BACKENDS.values() if SPELLING in backend.capabilities.transforms}
    assert declared == set(SPELLED)


def test_a_domain_that_is_missing_is_refused() -> None:
    """The message shows the function's arguments beside the domains."""
    with pytest.raises(CaseError, match=r"^case product: takes \(x, y\) but has domains for \(x\)$"):
        case(source="test", x=real())(product)


def test_a_domain_for_no_argument_is_refused() -> None:
    """A misspelt argument is not ignored."""
    assert message(z=real()) == "takes (x, y) but has domains for (x, y, z)"


def test_a_domain_cannot_be_given_twice() -> None:
    """Python refuses it before the case is made."""
    with pytest.raises(SyntaxError, match="keyword argument repeated"):
        compile("case(source='test', x=real(), x=real())", "a case file", "eval")


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"wrt": "z"}, "wrt names 'z', which is not an argument"),
        ({"wrt": ["x", "z"]}, "wrt names 'z', which is not an argument"),
        ({"wrt": ["x", "y", "x"]}, "wrt names 'x' twice"),
        (
            {"y": integers(low=0, high=2), "wrt": "y"},
            "wrt names 'y', which holds integers and has no derivative",
        ),
        ({"wrt": ()}, "has nothing to differentiate; give an argument a real domain, or name it in wrt"),
        (
            {"x": integers(low=0, high=2), "y": one_hot(3)},
            "has nothing to differentiate; give an argument a real domain, or name it in wrt",
        ),
        ({"dims": {"n": 0}}, "dimension n goes from 1 to 0; give (smallest, largest), both at least 1"),
        ({"dims": {"n": (3, 2)}}, "dimension n goes from 3 to 2; give (smallest, largest), both at least 1"),
        ({"dims": {"n": (0, 2)}}, "dimension n goes from 0 to 2; give (smallest, largest), both at least 1"),
    ],
)
def test_what_cannot_be_differentiated_or_drawn_is_refused(settings: dict[str, Any], said: str) -> None:
    """One line that says what is wrong."""
    assert message(**settings) == said


@pytest.mark.parametrize(("size", "kept"), [(1, (1, 1)), (5, (1, 5)), ((2, 2), (2, 2)), ((2, 7), (2, 7))])
def test_a_dimension_has_a_largest_size_and_perhaps_a_smallest(size: Any, kept: tuple[int, int]) -> None:
    """A number alone is the largest."""
    assert made(x=real("n"), dims={"n": size}).dims == {"n": kept}


def test_a_case_error_is_a_value_error() -> None:
    """Who uses the decorator in a program can catch it without knowing us."""
    assert issubclass(CaseError, ValueError)


# --- what is attached ---------------------------------------------------------------------------


def test_a_spelling_is_kept_under_its_framework() -> None:
    """And the decorated function stays what it was."""
    attached = made()

    @attached.spelling("torch")
    def spelled(x: Any, y: Any) -> Any:
        return y * x

    assert attached.spellings == {"torch": spelled}
    assert spelled(2.0, 3.0) == 6.0


def test_formulas_are_kept_in_order_under_their_names() -> None:
    """Every formula may be called `_`: its name is what it was attached under."""
    attached = made()

    @attached.handwritten("by hand")
    def _(x: Any, y: Any) -> Any:
        return {"x": y, "y": x}

    @attached.handwritten("half of it")
    def _(x: Any) -> Any:
        return {"y": x}

    assert list(attached.handwritten_formulas) == ["by hand", "half of it"]
    assert attached.handwritten_formulas["by hand"](2.0, 3.0) == {"x": 3.0, "y": 2.0}
    assert attached.handwritten_formulas["half of it"](2.0) == {"y": 2.0}


def test_a_second_attachment_of_one_name_is_refused() -> None:
    """It would silently replace the first."""
    attached = made()
    attached.spelling("torch")(product)
    attached.handwritten("by hand")(product)
    with pytest.raises(CaseError, match="two spellings for torch"):
        attached.spelling("torch")(product)
    with pytest.raises(CaseError, match="two handwritten formulas 'by hand'"):
        attached.handwritten("by hand")(product)
