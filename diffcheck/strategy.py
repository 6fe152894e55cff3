"""How the search draws a point: small sizes, simple numbers and ties first."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from diffcheck.case import Case, CaseError
from diffcheck.domain import Domain, Drawn
from diffcheck.draw import LARGEST_BY_ENTRY, Pick, draw_array, draw_weights
from diffcheck.example import example_point, weighed
from diffcheck.point import Point

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

Sizes = Mapping[str, int]
Own = Callable[[Drawn, str], np.ndarray]
OutputShape = Callable[[Mapping[str, np.ndarray]], tuple[int, ...]]

DEFAULT_SIZES = (1, 4)

# Hypothesis mixes in whole numbers that it finds in the sources of loaded modules, which would make
# a run depend on what was imported before. Past this one it knows none.
FAR_OUT = 2**100


@dataclass(frozen=True)
class Scope:
    """Which points a strategy draws.

    Attributes:
        sizes: of the named dimensions, to choose from; `None`: each on its own, in its range.
        simple: simple numbers only, and ones to pull back and push forward.
    """

    sizes: tuple[Sizes, ...] | None = None
    simple: bool = False


EVERYTHING = Scope()


def points(
    case: Case, dtype: str, output_shape: OutputShape, scope: Scope = EVERYTHING, extra: Sequence[Point] = ()
) -> SearchStrategy[Point]:
    """A strategy for points of a case.

    Args:
        case: whose domains and dimensions.
        dtype: of every floating array.
        output_shape: the function's output shape for some arguments.
        scope: which points.
        extra: points worth drawing besides the domains' own.
    """

    def build(pick: Pick, own: Own) -> Point:
        if extra and pick(4) == 3:
            return extra[pick(len(extra))]
        return draw_point(pick, case, dtype, output_shape, scope, own)

    return _strategy(build)


def arrays(domain: Domain, sizes: Sizes, dtype: str) -> SearchStrategy[np.ndarray]:
    """A strategy for arrays from a domain, with the named dimensions' sizes given."""
    return _strategy(lambda pick, _: draw_array(pick, domain, shape_of(domain, sizes), dtype))


def output_shape(case: Case) -> OutputShape:
    """What shape a case's output has, asked of the function itself, on NumPy, once per set of shapes."""
    known: dict[tuple[tuple[int, ...], ...], tuple[int, ...]] = {}

    def shape(arguments: Mapping[str, np.ndarray]) -> tuple[int, ...]:
        key = tuple(array.shape for array in arguments.values())
        if key not in known:
            known[key] = _shape_on_numpy(case, arguments)
        return known[key]

    return shape


def _shape_on_numpy(case: Case, arguments: Mapping[str, np.ndarray]) -> tuple[int, ...]:
    """The shape of the output; a scalar's where the function raises, which the search will then tell.

    Asked in float64: NumPy does little in bfloat16.
    """
    try:
        with np.errstate(all="ignore"):
            return tuple(np.shape(case.function(**Point(arguments).astype(np.float64).arguments)))
    except Exception:  # noqa: BLE001 - whatever somebody's function raises
        return ()


@lru_cache(maxsize=4096)
def _far_out(count: int) -> SearchStrategy[int]:
    """A strategy for one of some numbers; making one takes as long as drawing from it."""
    from hypothesis import strategies

    return strategies.integers(FAR_OUT, FAR_OUT + count - 1)


def _strategy(build: Callable[[Pick, Own], Any]) -> SearchStrategy[Any]:
    from hypothesis import assume, strategies

    @strategies.composite
    def drawn(draw: Callable[[SearchStrategy[Any]], Any]) -> Any:
        def pick(count: int) -> int:
            return int(draw(_far_out(count))) - FAR_OUT

        def own(domain: Drawn, dtype: str) -> np.ndarray:
            array = own_array(draw(domain.strategy), domain, dtype)
            assume(np.isfinite(array.astype(float)).all())
            return array

        return build(pick, own)

    return drawn()


def draw_point(
    pick: Pick, case: Case, dtype: str, output_shape: OutputShape, scope: Scope, own: Own | None = None
) -> Point:
    """Draw sizes, then every argument, then what is pulled back and pushed forward.

    Args:
        pick: picks a number.
        case: whose point.
        dtype: of every floating array.
        output_shape: the function's output shape for some arguments.
        scope: which points.
        own: draws from somebody's own strategy; without, its simplest array is taken.
    """
    sizes = draw_sizes(pick, case) if scope.sizes is None else scope.sizes[pick(len(scope.sizes))]

    def array(domain: Domain) -> np.ndarray:
        if isinstance(domain, Drawn):
            return own_array(domain.simplest, domain, dtype) if own is None else own(domain, dtype)
        return draw_array(pick, domain, shape_of(domain, sizes), dtype, simple=scope.simple)

    arguments = {name: array(domain) for name, domain in case.domains.items()}
    if scope.simple:
        return weighed(case, Point(arguments))
    shape = output_shape(arguments) if case.cotangent is None else ()
    cotangent = draw_weights(pick, shape, dtype) if shape else None
    tangents = {name: draw_weights(pick, arguments[name].shape, dtype) for name in case.wrt}
    return weighed(case, Point(arguments, cotangent, tangents))


def own_array(value: Any, domain: Drawn, dtype: str) -> np.ndarray:
    """What somebody's own strategy drew, in the dtype under test.

    Raises:
        CaseError: that is no array of numbers.
    """
    try:
        with np.errstate(over="ignore"):
            return np.asarray(value, np.int64 if domain.kind == "integer" else dtype)
    except (TypeError, ValueError) as error:
        raise CaseError(f"a strategy draws what is no array of numbers: {error}") from error


def draw_sizes(pick: Pick, case: Case) -> dict[str, int]:
    """Draw a size for every named dimension of a case."""
    return {name: low + pick(high - low + 1) for name, (low, high) in size_ranges(case).items()}


def few_sizes(case: Case) -> tuple[Sizes, ...]:
    """Few choices of sizes: those of a small worked example, unequal ones, and the smallest."""
    unequal = {
        name: low + (1 + place) % (high - low + 1)
        for place, (name, (low, high)) in enumerate(size_ranges(case).items())
    }
    choices: list[Sizes] = []
    for sizes in (*_example_sizes(case), unequal, smallest_sizes(case)):
        if sizes not in choices:
            choices.append(sizes)
    return tuple(choices)


def _example_sizes(case: Case) -> list[Sizes]:
    """The sizes of the first worked example that could have been drawn entry by entry."""
    for example in case.examples:
        arguments = example_point(case, example, "float64").arguments
        if is_small(arguments):
            shapes = ((domain.shape, arguments[name].shape) for name, domain in case.domains.items())
            pairs = (pair for declared, shape in shapes for pair in zip(declared, shape, strict=True))
            return [{name: size for name, size in pairs if isinstance(name, str)}]
    return []


def is_small(arguments: Mapping[str, np.ndarray]) -> bool:
    """Whether every array is small enough to be drawn entry by entry."""
    return all(array.size <= LARGEST_BY_ENTRY for array in arguments.values())


def smallest_sizes(case: Case) -> Sizes:
    """The smallest size of every named dimension."""
    return {name: low for name, (low, _) in size_ranges(case).items()}


def size_ranges(case: Case) -> dict[str, tuple[int, int]]:
    """Named dimension → its smallest and its largest size."""
    return {name: case.dims.get(name, DEFAULT_SIZES) for name in dimensions(case)}


def dimensions(case: Case) -> tuple[str, ...]:
    """The named dimensions of a case, in the order of their first appearance."""
    names = (size for domain in case.domains.values() for size in domain.shape if isinstance(size, str))
    return tuple(dict.fromkeys(names))


def shape_of(domain: Domain, sizes: Sizes) -> tuple[int, ...]:
    """A domain's shape with its named dimensions filled in."""
    return tuple(sizes[size] if isinstance(size, str) else size for size in domain.shape)
