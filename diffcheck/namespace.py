"""The array namespace that a function's arguments call for."""

from __future__ import annotations

from typing import Any

_PYTHON_SCALARS = (bool, int, float, complex, type(None))


def array_namespace(*arrays: Any) -> Any:
    """Return the array-API namespace of some arrays.

    An array of diffcheck's own (an expression, an array of symbols) brings its namespace along,
    and wins over NumPy constants beside it. All others get what `array_api_compat` knows:
    NumPy and torch behind the standard's names, `jax.numpy` as it is.

    Args:
        *arrays: arrays of one framework; Python numbers and `None` among them are ignored.

    Raises:
        TypeError: no argument is an array, or two frameworks are mixed.
    """
    # By exact type: NumPy's float64 scalar is a Python float too, and counts as an array.
    candidates = [array for array in arrays if type(array) not in _PYTHON_SCALARS]
    if not candidates:
        given = ", ".join(type(array).__name__ for array in arrays) or "nothing"
        raise TypeError(f"array_namespace needs at least one array, but got {given}")
    for array in candidates:
        own = _own_namespace(array)
        if own is not None:
            return own
    import array_api_compat

    if any(array_api_compat.is_numpy_array(array) and array.dtype.kind == "c" for array in candidates):
        from diffcheck import analytic  # only the complex step hands complex arrays to a function

        return analytic
    return array_api_compat.array_namespace(*candidates)


def is_own(namespace: Any) -> bool:
    """Whether a namespace is one of diffcheck's own (expressions, symbols)."""
    return getattr(namespace, "is_diffcheck", False) is True


def _own_namespace(array: Any) -> Any:
    """The array's own namespace where that is one of diffcheck's, else `None`."""
    answer = getattr(array, "__array_namespace__", None)
    if answer is None:
        return None
    namespace = answer()
    return namespace if is_own(namespace) else None
