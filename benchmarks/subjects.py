"""What false alarms are looked for on: functions at sizes, as cases with their named dimensions fixed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from benchmarks import functions
from benchmarks.compositions import Composition
from diffcheck import array_namespace, one_hot, positive, real, registry, special
from diffcheck.case import Case
from diffcheck.domain import Domain
from diffcheck.strategy import dimensions, draw_sizes

Array = Any
Sizes = Mapping[str, int]


@dataclass(frozen=True, eq=False)
class Subject:
    """A function at sizes.

    Attributes:
        case: the function and its domains.
        sizes: of the named dimensions of the domains.
    """

    case: Case
    sizes: Sizes

    @property
    def name(self) -> str:
        """The function and its sizes."""
        return " ".join([self.case.id, *(f"{name}={size}" for name, size in self.sizes.items())])


def subjects() -> Iterator[Subject]:
    """All functions at sizes, one family after the other."""
    for family in (_elementwise, _pairwise, _reductions, _contractions, _problems, _compositions, _cases):
        yield from family()


def _made(group: str, name: str, function: Callable[..., Any], **domains: Domain) -> Case:
    """A case that nobody wrote; all of its real arguments are differentiated."""
    wrt = tuple(argument for argument, domain in domains.items() if domain.differentiable)
    return Case(name, group, function, domains, wrt, (), "benchmarks")


def _at(case: Case, *choices: Sequence[int]) -> Iterator[Subject]:
    """A case at some choices of sizes, in the order of its dimensions."""
    for choice in choices:
        yield Subject(case, dict(zip(dimensions(case), choice, strict=True)))


# ---- functions of single numbers -------------------------------------------------------------

_ANYWHERE = real("n")
_POSITIVE = positive("n")
_UNIT = real("n", low=-1.0, high=1.0, open_low=True, open_high=True)
_PROBABILITY = real("n", low=0.0, high=1.0, open_low=True, open_high=True)

_STANDARD = {
    "sin cos tan atan sinh cosh tanh asinh exp expm1 square abs negative": _ANYWHERE,
    "log log2 log10 log1p sqrt reciprocal": _POSITIVE,
    "asin acos atanh": _UNIT,
    "acosh": real("n", low=1.0, high=10.0, open_low=True),
}
_SPECIAL = {
    "erf erfc ndtr expit log_expit softplus cbrt relu leaky_relu elu gelu silu softmax log_softmax": _ANYWHERE,
    "gammaln digamma": _POSITIVE,
    "logit": _PROBABILITY,
}
_LENGTHS = ((1,), (2,), (17,), (256,), (1_000,))


def _elementwise() -> Iterator[Subject]:
    for names, domain in _STANDARD.items():
        for name in names.split():
            yield from _at(_made("elementwise", name, _standard(name), x=domain), *_LENGTHS)
    for names, domain in _SPECIAL.items():
        for name in names.split():
            yield from _at(_made("elementwise", name, getattr(special, name), x=domain), *_LENGTHS)


def _standard(name: str) -> Callable[[Array], Array]:
    """A function of the array API standard."""
    return lambda x: getattr(array_namespace(x), name)(x)


def _pairwise() -> Iterator[Subject]:
    pairs: dict[str, tuple[Callable[[Array, Array], Array], Domain, Domain]] = {
        "add": (lambda x, y: x + y, _ANYWHERE, _ANYWHERE),
        "multiply": (lambda x, y: x * y, _ANYWHERE, _ANYWHERE),
        "divide": (lambda x, y: x / y, _ANYWHERE, _POSITIVE),
        "power": (lambda x, y: x**y, _POSITIVE, _ANYWHERE),
        "atan2": (lambda x, y: array_namespace(x).atan2(x, y), _POSITIVE, _ANYWHERE),
        "hypot": (lambda x, y: array_namespace(x).hypot(x, y), _POSITIVE, _ANYWHERE),
        "logaddexp": (lambda x, y: array_namespace(x).logaddexp(x, y), _ANYWHERE, _ANYWHERE),
        "maximum": (lambda x, y: array_namespace(x).maximum(x, y), _ANYWHERE, _ANYWHERE),
        "xlogy": (special.xlogy, _ANYWHERE, _POSITIVE),
    }
    for name, (function, first, second) in pairs.items():
        yield from _at(_made("pairwise", name, function, x=first, y=second), *_LENGTHS)


# ---- functions of whole arrays ---------------------------------------------------------------


def _reductions() -> Iterator[Subject]:
    long = ((1,), (3,), (30,), (300,), (3_000,), (30_000,), (100_000,))
    whole: dict[str, Callable[[Array], Array]] = {
        "sum": lambda x: array_namespace(x).sum(x),
        "mean of squares": lambda x: array_namespace(x).mean(x**2),
        "length": lambda x: array_namespace(x).sqrt(array_namespace(x).sum(x**2)),
        "sum of sines": lambda x: array_namespace(x).sum(array_namespace(x).sin(x)),
        "square of the sum": lambda x: array_namespace(x).sum(x) ** 2,
        "variance": functions.two_pass_variance,
        "standard deviation": lambda x: array_namespace(x).std(x),
        "logsumexp": special.logsumexp,
        "largest": lambda x: array_namespace(x).max(x),
        "smallest": lambda x: array_namespace(x).min(x),
        "sum of squared cumulative sums": lambda x: array_namespace(x).sum(array_namespace(x).cumulative_sum(x) ** 2),
    }
    for name, function in whole.items():
        sizes = long[:4] if "cumulative" in name else long
        yield from _at(_made("reductions", name, function, x=_ANYWHERE), *sizes)
    yield from _at(_made("reductions", "product", lambda x: array_namespace(x).prod(x), x=_ANYWHERE), *long[:3])
    by_axis: dict[str, Callable[[Array], Array]] = {
        "row sums, squared": lambda x: array_namespace(x).sum(array_namespace(x).sum(x, axis=1) ** 2),
        "column means, squared": lambda x: array_namespace(x).sum(array_namespace(x).mean(x, axis=0) ** 2),
        "row variances": lambda x: array_namespace(x).var(x, axis=1),
        "row softmax, squared": lambda x: array_namespace(x).sum(special.softmax(x) ** 2),
        "row logsumexp": lambda x: special.logsumexp(x, axis=1),
    }
    for name, function in by_axis.items():
        yield from _at(
            _made("reductions", name, function, x=real("m", "n")), (1, 2), (4, 5), (20, 10), (3, 1_000), (1_000, 3)
        )


def _contractions() -> Iterator[Subject]:
    terms = (1, 10, 100, 1_000, 10_000, 100_000)
    square: Callable[[Array, Array], Array] = lambda x, y: array_namespace(x).matmul(x, y) ** 2  # noqa: E731
    product = _made("contractions", "squared matrix product", square, x=real("m", "k"), y=real("k", "n"))
    yield from _at(product, *((2, k, 3) for k in terms), (30, 20, 10), (1, 5, 1), (7, 7, 7))
    dot = _made("contractions", "squared dot product", _squared_dot, x=_ANYWHERE, y=_ANYWHERE)
    yield from _at(dot, *((k,) for k in terms), (2,), (50,))
    form = _made("contractions", "quadratic form", _quadratic_form, x=_ANYWHERE, a=real("n", "n"))
    yield from _at(form, (1,), (2,), (10,), (100,), (300,))
    gram = _made("contractions", "sum of the cubed gram matrix", _gram, x=real("m", "k"))
    yield from _at(gram, (2, 3), (10, 10), (5, 1_000), (3, 20_000))
    chain = _made("contractions", "chain of products", _chain, x=real("m", "k"), y=real("k", "n"), z=real("n", "p"))
    yield from _at(chain, (1, 1, 1, 1), (2, 3, 4, 5), (10, 20, 30, 4), (3, 1_000, 3, 2))


def _squared_dot(x: Array, y: Array) -> Array:
    return array_namespace(x).vecdot(x, y) ** 2


def _quadratic_form(x: Array, a: Array) -> Array:
    xp = array_namespace(x)
    return xp.vecdot(x, xp.matmul(a, x))


def _gram(x: Array) -> Array:
    xp = array_namespace(x)
    return xp.sum(xp.matmul(x, xp.matrix_transpose(x)) ** 3)


def _chain(x: Array, y: Array, z: Array) -> Array:
    xp = array_namespace(x)
    return xp.matmul(xp.matmul(x, y), z)


# ---- the functions that errors are planted in, at more sizes ----------------------------------

_SIGNS = real("m", low=-1.0, high=1.0)


def _problems() -> Iterator[Subject]:
    vectors = ((1,), (2,), (5,), (50,), (500,), (5_000,), (50_000,))
    for function in (functions.cubic_sum, functions.logsumexp, functions.two_pass_variance):
        yield from _at(_made("problems", function.__name__, function, x=_ANYWHERE), *vectors)
    samples = {"inputs": real("m", "n"), "weights": _ANYWHERE}
    regressions = ((1, 1), (3, 2), (10, 5), (100, 20), (1_000, 5), (10, 1_000), (50_000, 2))
    squares = _made("problems", "least_squares", functions.least_squares, **samples, targets=real("m"))
    logistic = _made("problems", "logistic_regression", functions.logistic_regression, **samples, signs=_SIGNS)
    yield from _at(squares, *regressions)
    yield from _at(logistic, *regressions)
    layers = {"inputs": real("m", "n"), "weights": real("n", "h"), "weights_2": real("h", "o")}
    network = _made("problems", "two_layer_network", functions.two_layer_network, **layers, targets=real("m", "o"))
    yield from _at(network, (1, 1, 1, 1), (2, 3, 4, 2), (10, 10, 10, 1), (50, 100, 20, 5), (5, 1_000, 50, 2))
    classes = {"inputs": real("m", "n"), "weights": real("n", "c"), "one_hot": one_hot("m", "c")}
    entropy = _made("problems", "softmax_cross_entropy", functions.softmax_cross_entropy, **classes)
    yield from _at(entropy, (1, 1, 2), (3, 2, 4), (20, 10, 5), (100, 50, 10), (2_000, 4, 3))
    rows = ((1, 2), (2, 3), (4, 16), (10, 100), (2, 5_000))
    both = {"x": real("m", "n"), "direction": real("m", "n")}
    yield from _at(_made("problems", "layer_norm", functions.layer_norm, **both), *rows)
    yield from _at(_made("problems", "attention", functions.attention, **both), *rows[:4], (50, 8))
    for images, kernels in (((1, 1, 3, 3), (1, 1, 2, 2)), ((2, 3, 8, 8), (4, 3, 3, 3)), ((1, 8, 20, 20), (8, 8, 5, 5))):
        across = [size - window + 1 for size, window in zip(images[2:], kernels[2:], strict=True)]
        arrays = {"images": real(*images), "kernels": real(*kernels)}
        targets = real(images[0], kernels[0], *across)
        name = f"convolution {images} {kernels}"
        yield Subject(_made("problems", name, functions.convolution, **arrays, targets=targets), {})


# ---- random programs, and the cases ----------------------------------------------------------

COMPOSITIONS = 400


def _compositions() -> Iterator[Subject]:
    random = np.random.default_rng(0)
    for number in range(COMPOSITIONS):
        function = Composition.drawn(random, length=2 + number % 7)
        case = _made("compositions", str(function), function, x=_ANYWHERE, y=_ANYWHERE)
        yield from _at(case, (int(random.choice([1, 6, 60])),))


SIZES_OF_A_CASE = 3


def _cases() -> Iterator[Subject]:
    for number, case in enumerate(registry.load()):
        pick = partial(_pick, np.random.default_rng(number))
        drawn = [draw_sizes(pick, case) for _ in range(4 * SIZES_OF_A_CASE)]
        distinct = {tuple(sizes.values()): sizes for sizes in drawn}
        yield from (Subject(case, sizes) for sizes in list(distinct.values())[:SIZES_OF_A_CASE])


def _pick(random: np.random.Generator, count: int) -> int:
    return int(random.integers(count))
