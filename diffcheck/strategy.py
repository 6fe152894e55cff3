"""How the search draws a point: small sizes, simple numbers and ties first."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from diffcheck.case import Case
from diffcheck.domain import Domain
from diffcheck.draw import Pick, draw_array, draw_weights
from diffcheck.point import Point

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

Sizes = Mapping[str, int]
OutputShape = Callable[[Mapping[str, np.ndarray]], tuple[int, ...]]

DEFAULT_SIZES = (1, 4)

# Hypothesis mixes in whole numbers that it finds in the sources of loaded modules, which would make
# a run depend on what was imported before. Past this one it knows none.
FAR_OUT = 2**100


def points(
    case: Case,
    dtype: str,
    output_shape: OutputShape,
    extra: Sequence[Point] = (),
) -> SearchStrategy[Point]:
    """A strategy for points of a case.

    Args:
        case: whose domains and dimensions.
        dtype: of every floating array.
        output_shape: the function's output shape for some arguments.
        extra: points worth drawing besides the domains' own.
    """

    def build(pick: Pick) -> Point:
        if extra and pick(4) == 3:
            return extra[pick(len(extra))]
        return draw_point(pick, case, dtype, output_shape)

    return _strategy(build)


def arrays(domain: Domain, sizes: Sizes, dtype: str) -> SearchStrategy[np.ndarray]:
    """A strategy for arrays from a domain, with the named dimensions' sizes given."""
    return _strategy(lambda pick: draw_array(pick, domain, shape_of(domain, sizes), dtype))


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
    """The shape of the output; a scalar's where the function raises, which the search will then tell."""
    try:
        with np.errstate(all="ignore"):
            return tuple(np.shape(case.function(**arguments)))
    except Exception:  # noqa: BLE001 - whatever somebody's function raises
        return ()


def _strategy(build: Callable[[Pick], Any]) -> SearchStrategy[Any]:
    from hypothesis import strategies

    @strategies.composite
    def drawn(draw: Callable[[SearchStrategy[int]], int]) -> Any:
        def pick(count: int) -> int:
            return draw(strategies.integers(FAR_OUT, FAR_OUT + count - 1)) - FAR_OUT

        return build(pick)

    return drawn()


def draw_point(pick: Pick, case: Case, dtype: str, output_shape: OutputShape) -> Point:
    """Draw sizes, then every argument, then what is pulled back and pushed forward."""
    sizes = draw_sizes(pick, case)
    arguments = {
        name: draw_array(pick, domain, shape_of(domain, sizes), dtype) for name, domain in case.domains.items()
    }
    shape = output_shape(arguments)
    return Point(
        arguments,
        cotangent=draw_weights(pick, shape, dtype) if shape else None,
        tangents={name: draw_weights(pick, arguments[name].shape, dtype) for name in case.wrt},
    )


def draw_sizes(pick: Pick, case: Case) -> dict[str, int]:
    """Draw a size for every named dimension of a case."""
    sizes = {}
    for name in dimensions(case):
        smallest, largest = case.dims.get(name, DEFAULT_SIZES)
        sizes[name] = smallest + pick(largest - smallest + 1)
    return sizes


def dimensions(case: Case) -> tuple[str, ...]:
    """The named dimensions of a case, in the order of their first appearance."""
    names = (size for domain in case.domains.values() for size in domain.shape if isinstance(size, str))
    return tuple(dict.fromkeys(names))


def shape_of(domain: Domain, sizes: Sizes) -> tuple[int, ...]:
    """A domain's shape with its named dimensions filled in."""
    return tuple(sizes[size] if isinstance(size, str) else size for size in domain.shape)
