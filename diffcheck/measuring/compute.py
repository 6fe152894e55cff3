"""What each framework computes on the grid, by every path that may lead to other numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from diffcheck.dtype import ORDINARY, limits
from diffcheck.measuring.primitive import Columns, Primitive, in_jax, in_numpy, in_torch

Path = Callable[[Primitive, Columns, np.dtype], np.ndarray]

# What a framework raises that lacks a function in a dtype.
_LACKS = (NotImplementedError, RuntimeError, TypeError)


def computed(framework: str, primitive: Primitive, dtype: str) -> Iterator[np.ndarray]:
    """The values on the grid by every path, in float64; none where the framework lacks the function.

    What is stored in 16 bits is computed in float32, so one path says enough.
    """
    points = primitive.points(dtype)
    paths = PATHS[framework] if dtype in ORDINARY else PATHS[framework][:1]
    for path in paths:
        try:
            found = path(primitive, points, limits(dtype).dtype)
        except _LACKS:
            return
        yield found


def _numpy(primitive: Primitive, points: Columns, dtype: np.dtype) -> np.ndarray:
    with np.errstate(all="ignore"):
        return _as_asked(in_numpy(primitive)(*(column.astype(dtype) for column in points)), dtype)


def _torch_at_once(primitive: Primitive, points: Columns, dtype: np.dtype) -> np.ndarray:
    """A long array: vector instructions."""
    found = in_torch(primitive)(*_tensors(points, dtype))
    return _as_asked(found, dtype)


def _torch_one_by_one(primitive: Primitive, points: Columns, dtype: np.dtype) -> np.ndarray:
    """Every fourth number in an array of its own, where no vector instruction is used; the others together."""
    import torch

    function = in_torch(primitive)
    tensors = _tensors(points, dtype)
    found = function(*tensors)
    numbers = zip(*(tensor[::4].split(1) for tensor in tensors), strict=True)
    found[::4] = torch.cat([function(*arguments) for arguments in numbers])
    return _as_asked(found, dtype)


def _jax_eager(primitive: Primitive, points: Columns, dtype: np.dtype) -> np.ndarray:
    """Operation by operation."""
    return _in_jax(lambda function: function, primitive, points, dtype)


def _jax_compiled(primitive: Primitive, points: Columns, dtype: np.dtype) -> np.ndarray:
    """As one program over a long array."""
    import jax

    return _in_jax(jax.jit, primitive, points, dtype)


def _jax_one_by_one(primitive: Primitive, points: Columns, dtype: np.dtype) -> np.ndarray:
    """As one program over single numbers, which XLA need not vectorise."""
    import jax

    def over_numbers(function: Callable[..., Any]) -> Callable[..., Any]:
        return jax.jit(lambda *columns: jax.lax.map(lambda numbers: function(*numbers), columns))

    return _in_jax(over_numbers, primitive, points, dtype)


PATHS: dict[str, tuple[Path, ...]] = {
    "numpy": (_numpy,),
    "torch": (_torch_at_once, _torch_one_by_one),
    "jax": (_jax_compiled, _jax_eager, _jax_one_by_one),
}


# ---- pieces ----------------------------------------------------------------------------------


def _tensors(points: Columns, dtype: np.dtype) -> list[Any]:
    import torch

    return [torch.from_numpy(column).to(getattr(torch, dtype.name)) for column in points]


def _in_jax(transform: Callable[..., Any], primitive: Primitive, points: Columns, dtype: np.dtype) -> np.ndarray:
    import jax

    with jax.enable_x64(dtype == np.float64):
        columns = [jax.numpy.asarray(column.astype(dtype)) for column in points]
        return _as_asked(transform(in_jax(primitive))(*columns), dtype)


def _as_asked(found: Any, dtype: np.dtype) -> np.ndarray:
    """An answer in float64, if it came in the dtype that was asked for."""
    if str(found.dtype).rpartition(".")[2] != dtype.name:
        raise TypeError(f"asked in {dtype.name}, answered in {found.dtype}")
    if hasattr(found, "double"):
        return np.asarray(found.double().numpy())
    return np.asarray(found).astype(float)
