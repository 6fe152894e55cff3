"""A verdict does not depend on names, on the order in which things are summed, or on how a batch is cut.

An answer is what is true, rounded, with a mistake planted in it or none. The same answer to the same
question, asked in other words, gets the same verdict for the same cause, entry by entry, and the same ratio
of error to allowance.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from diffcheck import array_namespace as xp
from diffcheck.backends.base import Derivative
from diffcheck.judge import judge
from diffcheck.lift.program import NotLifted, Program
from diffcheck.record import Judgement
from diffcheck.special import log_softmax, logsumexp, relu
from diffcheck.verdict import Cause, Verdict
from tests.judging import referred

Arrays = dict[str, np.ndarray]
Function = Callable[..., Any]


# ---- answers ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Question:
    """A function at a point, and what somebody answers."""

    function: Function
    arguments: Arrays
    answers: Arrays
    dtype: str = "float64"
    program: Callable[[], Program] | None = None

    @property
    def judgement(self) -> Judgement:
        """What follows."""
        reference = referred(self.function, self.arguments, self.dtype)
        return judge(Derivative(None, self.answers, program=self.program), reference)


@dataclass(frozen=True)
class Mistake:
    """What is done to one entry of a right answer, or to none."""

    name: str
    alter: Callable[[float], float]


def multiplied(factor: float) -> Mistake:
    """A planted factor."""
    return Mistake(f"times {factor!r}", lambda entry: entry * factor)


RIGHT = multiplied(1.0)
MISTAKES = [
    RIGHT,
    *(multiplied(1 + size) for size in (1e-3, 1e-6, 1e-9, 1e-12, 1e-15)),
    *(multiplied(factor) for factor in (2.0, -1.0, 0.0)),
    Mistake("NaN", lambda _: float("nan")),
    Mistake("infinite", lambda _: float("inf")),
]
mistakes = st.sampled_from(MISTAKES)
places = st.integers(0, 10**6)


def asked(function: Function, arguments: Arrays, mistake: Mistake, place: int, dtype: str = "float64") -> Question:
    """A question, with a mistake in one entry of the first argument's derivative."""
    rounded = {name: np.asarray(array, dtype) for name, array in arguments.items()}
    reference = referred(function, rounded, dtype)
    answers = {name: np.array(entry.high.astype(dtype)) for name, entry in reference.entries.items()}
    first = next(iter(answers.values()))
    first.flat[place % first.size] = mistake.alter(first.flat[place % first.size])
    return Question(function, rounded, answers, dtype)


def assert_same(first: Question, second: Question) -> None:
    """The same verdict for the same cause, the same counts of entries, and the same ratio."""
    one, other = first.judgement, second.judgement
    assert (one.verdict, one.cause) == (other.verdict, other.cause)
    assert one.counts == other.counts
    assert one.ratio == pytest.approx(other.ratio, rel=1e-6, nan_ok=True)


# ---- functions of a batch and of weights -----------------------------------------------------


def network(x: Any, w: Any, v: Any) -> Any:
    """Σ tanh(xw)v, over examples."""
    return xp(x).sum(xp(x).tanh(x @ w) @ v)


def likelihood(x: Any, w: Any, v: Any) -> Any:
    """The negative logarithms of softmax(xw), weighed."""
    return -xp(x).sum(log_softmax(x @ w) * v)


def squares(x: Any, w: Any, v: Any) -> Any:
    """Σ (xw − v)²"""
    return xp(x).sum((x @ w - v) ** 2)


def rectified(x: Any, w: Any, v: Any) -> Any:
    """Σ max(xw, 0)v"""
    return xp(x).sum(relu(x @ w) @ v)


def sums(x: Any, w: Any, v: Any) -> Any:
    """Σ log Σ exp(xw) + Σ v³, over examples."""
    return xp(x).sum(logsumexp(x @ w, axis=-1)) + xp(x).sum(v**3)


FUNCTIONS = st.sampled_from([network, likelihood, squares, rectified, sums])
numbers = st.integers(-40, 40).map(lambda k: k / 8)


@st.composite
def points(draw: st.DrawFn) -> Arrays:
    """Examples x, weights w and v; short numbers, so that some are zero and some repeat."""
    batch, inner, outer = (draw(st.integers(2, 4)) for _ in range(3))

    def array(*shape: int) -> np.ndarray:
        size = int(np.prod(shape))
        return np.array(draw(st.lists(numbers, min_size=size, max_size=size))).reshape(shape)

    return {"x": array(batch, inner), "w": array(inner, outer), "v": array(outer)}


dtypes = st.sampled_from(["float64", "float32"])
orders = st.integers(0, 2**32 - 1).map(np.random.default_rng)


# ---- names -----------------------------------------------------------------------------------

NAMES = ["x", "w", "v", "a", "output", "value", "tangent", "x_1", "lambda_", "β", "S", "Q", "zeta"]


@given(FUNCTIONS, points(), mistakes, places, dtypes, st.lists(st.sampled_from(NAMES), min_size=3, unique=True))
def test_names_say_nothing(
    function: Function, point: Arrays, mistake: Mistake, place: int, dtype: str, names: list[str]
) -> None:
    """Nor does the order of the alphabet: the judgement is the same to the last bit, but for the argument's name."""
    question = asked(function, point, mistake, place, dtype)
    new = dict(zip(point, names, strict=False))

    def renamed_function(**arguments: Any) -> Any:
        return function(**{name: arguments[new[name]] for name in point})

    def renamed(arrays: Arrays) -> Arrays:
        return {new[name]: array for name, array in arrays.items()}

    other = Question(renamed_function, renamed(question.arguments), renamed(question.answers), dtype)
    assert_same(question, other)
    one, two = question.judgement, other.judgement
    assert two.argument == new[one.argument]
    assert (one.index, one.allowance, one.ulps) == (two.index, two.allowance, two.ulps)


# ---- the order of what is summed -------------------------------------------------------------


@given(FUNCTIONS, points(), mistakes, places, dtypes, orders)
def test_examples_and_what_is_summed_have_no_order(
    function: Function, point: Arrays, mistake: Mistake, place: int, dtype: str, order: np.random.Generator
) -> None:
    """Examples in another order, inner entries in another order: answers in the same order get the same verdict."""
    question = asked(function, point, mistake, place, dtype)
    batch, inner, outer = (order.permutation(size) for size in (*point["x"].shape, point["v"].size))

    def shuffled(arrays: Mapping[str, np.ndarray]) -> Arrays:
        return {
            "x": arrays["x"][batch][:, inner],
            "w": arrays["w"][inner][:, outer],
            "v": arrays["v"][outer],
        }

    assert_same(question, Question(function, shuffled(question.arguments), shuffled(question.answers), dtype))


@given(FUNCTIONS, points(), mistakes, places, dtypes)
def test_axes_have_no_order(function: Function, point: Arrays, mistake: Mistake, place: int, dtype: str) -> None:
    """A function of the transposed arguments, with the answers transposed alike."""
    question = asked(function, point, mistake, place, dtype)

    def transposed_function(x: Any, w: Any, v: Any) -> Any:
        return function(xp(x).matrix_transpose(x), xp(x).matrix_transpose(w), v)

    def transposed(arrays: Arrays) -> Arrays:
        return {name: array.T for name, array in arrays.items()}

    other = Question(transposed_function, transposed(question.arguments), transposed(question.answers), dtype)
    assert_same(question, other)


@given(points(), mistakes, places, dtypes)
def test_factors_have_no_order(point: Arrays, mistake: Mistake, place: int, dtype: str) -> None:
    """Σ xw v as a product of matrices, the other way round, and as sums over named axes."""

    def product(x: Any, w: Any, v: Any) -> Any:
        return xp(x).sum(x @ w @ v)

    def reversed_product(x: Any, w: Any, v: Any) -> Any:
        return xp(x).sum(v @ xp(x).matrix_transpose(w) @ xp(x).matrix_transpose(x))

    def contracted(x: Any, w: Any, v: Any) -> Any:
        return xp(x).sum(xp(x).tensordot(xp(x).tensordot(x, w, axes=1), v, axes=1))

    question = asked(product, point, mistake, place, dtype)
    for spelled in (reversed_product, contracted):
        assert_same(question, Question(spelled, question.arguments, question.answers, dtype))


def unknown() -> Program:
    """A program that cannot be lifted."""
    raise NotLifted("nobody knows")


def test_entries_of_an_unknown_program_have_no_order() -> None:
    """One of 40 entries is off by more than a rounding of the inputs explains, be it the first or the last."""
    x = np.full(40, 1e-3)

    def careless(x: Any) -> Any:
        return xp(x).sum((1 - xp(x).cos(x)) / x**2)

    truth = referred(careless, {"x": x}).entries["x"].high
    answer = truth - 2 * np.spacing(truth)  # 2.2 ulp off, of which 2 are always allowed
    answer[-1] = truth[-1] * (1 + 1e-6)
    last = Question(careless, {"x": x}, {"x": answer}, program=unknown)
    assert_same(last, Question(careless, {"x": x}, {"x": answer[::-1]}, program=unknown))
    assert last.judgement.cause is Cause.OPAQUE


# ---- batches ---------------------------------------------------------------------------------


@given(FUNCTIONS, points(), mistakes, places, dtypes, st.integers(1, 3))
def test_a_batch_may_be_split(
    function: Function, point: Arrays, mistake: Mistake, place: int, dtype: str, cut: int
) -> None:
    """The examples as one array or as two arguments: every example's gradient is the same."""
    cut = min(cut, point["x"].shape[0] - 1)
    question = asked(of_examples(function, point), {"x": point["x"]}, mistake, place, dtype)
    one = of_examples(function, point)

    def of_two(first: Any, second: Any) -> Any:
        return one(x=first) + one(x=second)

    def split(arrays: Arrays) -> Arrays:
        return {"first": arrays["x"][:cut], "second": arrays["x"][cut:]}

    assert_same(question, Question(of_two, split(question.arguments), split(question.answers), dtype))


def of_examples(function: Function, point: Arrays) -> Function:
    """A function of the examples alone; sums of weights are constants then."""
    return lambda x: function(x, xp(x).asarray(point["w"]), xp(x).asarray(point["v"]))


@given(points(), mistakes, places, dtypes, st.integers(1, 3))
def test_weights_do_not_see_how_a_batch_is_split(
    point: Arrays, mistake: Mistake, place: int, dtype: str, cut: int
) -> None:
    """Their gradients are sums over the examples, rounded in another order: the verdict is the same."""
    cut = min(cut, point["x"].shape[0] - 1)

    def of_one(w: Any, v: Any, x: Any) -> Any:
        return network(x, w, v)

    def of_two(w: Any, v: Any, first: Any, second: Any) -> Any:
        return network(first, w, v) + network(second, w, v)

    question = asked(of_one, {name: point[name] for name in ("w", "v", "x")}, mistake, place, dtype)

    def split(arrays: Arrays) -> Arrays:
        return {"w": arrays["w"], "v": arrays["v"], "first": arrays["x"][:cut], "second": arrays["x"][cut:]}

    other = Question(of_two, split(question.arguments), split(question.answers), dtype)
    one, two = question.judgement, other.judgement
    assert (one.verdict, one.cause, one.counts) == (two.verdict, two.cause, two.counts)


# ---- kinks -----------------------------------------------------------------------------------

slopes = st.sampled_from([-0.5, 0.0, 0.25, 0.5, 1.0, 1.5, float("nan")])
ties = st.lists(st.tuples(st.sampled_from([0.0, 0.0, 1.0, -2.0]), slopes), min_size=2, max_size=5)


def rectifiers(x: Any) -> Any:
    return xp(x).sum(relu(x))


def largest(x: Any) -> Any:
    return xp(x).max(x)


@given(ties, orders, st.sampled_from([rectifiers, largest]))
def test_a_kink_has_no_order(drawn: list[tuple[float, float]], order: np.random.Generator, function: Function) -> None:
    """Entries in another order, and under another name: admissible or not, jointly."""
    x, answer = (np.array(column) for column in zip(*drawn, strict=True))
    shuffled = order.permutation(x.size)
    question = Question(function, {"x": x}, {"x": answer})
    assert_same(question, Question(function, {"x": x[shuffled]}, {"x": answer[shuffled]}))

    def of_lengths(lengths: Any) -> Any:
        return function(lengths)

    assert_same(question, Question(of_lengths, {"lengths": x}, {"lengths": answer}))


@pytest.mark.parametrize("function", [largest, lambda x: xp(x).sqrt(xp(x).max(x) ** 2)], ids=["largest", "its size"])
@pytest.mark.parametrize("place", [0, 1, 16, 31])
def test_each_of_many_ties_may_be_picked(function: Function, place: int) -> None:
    """Of 32 numbers that are the largest any may be the one; no entry has a single slope."""
    judgement = Question(function, {"x": np.zeros(32)}, {"x": np.eye(32)[place]}).judgement
    assert (judgement.verdict, judgement.counts) == (Verdict.CONVENTION, {"CONVENTION": 32})


@given(ties, st.integers(1, 4))
def test_a_batch_of_kinks_may_be_split(drawn: list[tuple[float, float]], cut: int) -> None:
    """Each entry has a kink of its own; of two that are equally far off either may be shown."""
    x, answer = (np.array(column) for column in zip(*drawn, strict=True))
    cut = min(cut, x.size - 1)

    def of_two(first: Any, second: Any) -> Any:
        return rectifiers(first) + rectifiers(second)

    whole = Question(rectifiers, {"x": x}, {"x": answer})
    arguments, answers = ({"first": array[:cut], "second": array[cut:]} for array in (x, answer))
    one, two = whole.judgement, Question(of_two, arguments, answers).judgement
    assert (one.verdict, one.counts, one.ratio) == (two.verdict, two.counts, two.ratio)


@given(ties, st.integers(1, 4))
def test_a_tie_may_be_split(drawn: list[tuple[float, float]], cut: int) -> None:
    """The largest of all is the larger of the largest of two parts: what is admissible is admissible jointly."""
    x, answer = (np.array(column) for column in zip(*drawn, strict=True))
    cut = min(cut, x.size - 1)

    def of_two(first: Any, second: Any) -> Any:
        return xp(first).max(xp(first).concat([first, second]))

    whole = Question(largest, {"x": x}, {"x": answer})
    arguments, answers = ({"first": array[:cut], "second": array[cut:]} for array in (x, answer))
    assert_same(whole, Question(of_two, arguments, answers))
