"""The operators of traced arrays: each calls the function of the array API that it stands for."""

from __future__ import annotations

from typing import Any


def _call(name: str, *operands: Any) -> Any:
    from diffcheck.expression import array_api  # the functions are built on tracers

    return getattr(array_api, name)(*operands)


# NumPy calls its own functions for `array * traced`.
_NUMPY_OPERATORS = {
    "power": "pow",
    "true_divide": "divide",
    **{
        name: name
        for name in (
            "add subtract multiply divide matmul equal not_equal less less_equal greater greater_equal "
            "logical_and logical_or"
        ).split()
    },
}


class Operators:
    """What makes `2 * x @ w + b` work on traced arrays."""

    __array_priority__ = 1000
    __hash__ = object.__hash__

    def __array_ufunc__(self, ufunc: Any, method: str, *operands: Any, **options: Any) -> Any:
        """NumPy's operators with a traced operand; NumPy's functions see NumPy arrays only.

        Raises:
            TypeError: what to write instead.
        """
        name = _NUMPY_OPERATORS.get(ufunc.__name__)
        if name is None or method != "__call__" or options:
            raise TypeError(
                f"np.{ufunc.__name__} knows NumPy arrays only; write array_namespace(x).{ufunc.__name__}(x)"
            )
        return _call(name, *operands)

    # ---- arithmetic ----

    def __add__(self, other: Any) -> Any:
        return _call("add", self, other)

    def __radd__(self, other: Any) -> Any:
        return _call("add", other, self)

    def __sub__(self, other: Any) -> Any:
        return _call("subtract", self, other)

    def __rsub__(self, other: Any) -> Any:
        return _call("subtract", other, self)

    def __mul__(self, other: Any) -> Any:
        return _call("multiply", self, other)

    def __rmul__(self, other: Any) -> Any:
        return _call("multiply", other, self)

    def __truediv__(self, other: Any) -> Any:
        return _call("divide", self, other)

    def __rtruediv__(self, other: Any) -> Any:
        return _call("divide", other, self)

    def __pow__(self, other: Any) -> Any:
        return _call("pow", self, other)

    def __rpow__(self, other: Any) -> Any:
        return _call("pow", other, self)

    def __matmul__(self, other: Any) -> Any:
        return _call("matmul", self, other)

    def __rmatmul__(self, other: Any) -> Any:
        return _call("matmul", other, self)

    def __neg__(self) -> Any:
        return _call("negative", self)

    def __pos__(self) -> Any:
        return _call("positive", self)

    def __abs__(self) -> Any:
        return _call("abs", self)

    # ---- conditions ----

    def __lt__(self, other: Any) -> Any:
        return _call("less", self, other)

    def __le__(self, other: Any) -> Any:
        return _call("less_equal", self, other)

    def __gt__(self, other: Any) -> Any:
        return _call("greater", self, other)

    def __ge__(self, other: Any) -> Any:
        return _call("greater_equal", self, other)

    def __and__(self, other: Any) -> Any:
        return _call("logical_and", self, other)

    def __or__(self, other: Any) -> Any:
        return _call("logical_or", self, other)

    def __eq__(self, other: object) -> Any:
        return _call("equal", self, other)

    def __ne__(self, other: object) -> Any:
        return _call("not_equal", self, other)

    def __invert__(self) -> Any:
        return _call("logical_not", self)

    # ---- indexing ----

    def __getitem__(self, key: Any) -> Any:
        return _call("get_item", self, key)

    @property
    def T(self) -> Any:  # the array API's name
        """The transpose of a matrix."""
        from diffcheck.expression import linear

        return linear.transpose(self)

    @property
    def mT(self) -> Any:  # the array API's name
        """The last two axes exchanged."""
        return _call("matrix_transpose", self)
