"""A domain: where an argument comes from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import DTypeLike

Kind = Literal["real", "integer", "one_hot", "probabilities"]
Size = int | str


@dataclass(frozen=True)
class Domain:
    """Where an argument comes from.

    Attributes:
        shape: sizes, or names of dimensions whose size the search draws; `()` is a scalar.
        kind: `real` numbers, `integer` labels or indices (an int64 array, a constant of the
            function), `one_hot` rows or `probabilities` along the last axis.
        low, high: the range, ends included where `open_low`/`open_high` do not exclude them.
        open_low, open_high: exclude the end.
        special: numbers worth trying besides the usual ones.
    """

    shape: tuple[Size, ...]
    kind: Kind = "real"
    low: float = -10.0
    high: float = 10.0
    open_low: bool = False
    open_high: bool = False
    special: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        for size in self.shape:
            if not isinstance(size, str) and not (isinstance(size, int) and size >= 0):
                raise ValueError(f"{size!r} is not a size; a range is low=…, high=…, and a scalar has no size at all")

    @property
    def differentiable(self) -> bool:
        """Whether an argument from here is differentiated unless `wrt` says otherwise."""
        return self.kind in ("real", "probabilities")


@dataclass(frozen=True, eq=False)
class Drawn(Domain):
    """Where somebody's own Hypothesis strategy draws an argument from.

    Attributes:
        strategy: of arrays, or of anything that NumPy makes an array of.
        simplest: the simplest array that it draws; other shapes may occur, too.
    """

    strategy: Any = None
    simplest: np.ndarray | None = None


def real(
    *shape: Size,
    low: float | None = None,
    high: float | None = None,
    open_low: bool = False,
    open_high: bool = False,
    special: tuple[float, ...] = (),
) -> Domain:
    """Real numbers; without a range, of ordinary magnitude (−10 to 10)."""
    return Domain(
        shape,
        "real",
        -10.0 if low is None else low,
        10.0 if high is None else high,
        open_low,
        open_high,
        special,
    )


def positive(*shape: Size, high: float = 10.0, special: tuple[float, ...] = ()) -> Domain:
    """Real numbers above zero."""
    return Domain(shape, "real", 0.0, high, open_low=True, special=special)


def integers(*shape: Size, low: int, high: int) -> Domain:
    """Whole numbers from low to high, both included: labels and indices, constants of the function."""
    return Domain(shape, "integer", low, high)


def one_hot(*shape: Size) -> Domain:
    """Rows along the last axis with a single 1: constants of the function unless `wrt` names them."""
    _require_last_axis("one_hot", shape)
    return Domain(shape, "one_hot", 0.0, 1.0)


def probabilities(*shape: Size, open_low: bool = False) -> Domain:
    """Rows along the last axis that add up to exactly 1; `open_low` leaves out zeros."""
    _require_last_axis("probabilities", shape)
    return Domain(shape, "probabilities", 0.0, 1.0, open_low=open_low)


def _require_last_axis(name: str, shape: tuple[Size, ...]) -> None:
    if not shape:
        raise ValueError(f"{name}() needs a shape: its rows lie along the last axis")


@dataclass(frozen=True)
class Normal:
    """Standard normal numbers for a big worked example, instead of a typed list.

    Attributes:
        shape: sizes.
        seed: of NumPy's `default_rng`.
    """

    shape: tuple[int, ...]
    seed: int = 0

    def array(self, dtype: DTypeLike) -> np.ndarray:
        """The numbers, rounded to float32 first so that float32 and float64 get the same point."""
        import numpy as np

        numbers = np.random.default_rng(self.seed).standard_normal(self.shape)
        return numbers.astype(np.float32).astype(dtype)


def normal(*shape: int, seed: int = 0) -> Normal:
    """Standard normal numbers for a worked example: the same ones for the same shape and seed."""
    return Normal(shape, seed)
