"""Sums of products of balls: NumPy's einsum, exactly, in integers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from flint import arb
from hypothesis import given, settings
from hypothesis import strategies as st

from diffcheck.expression import nodes, sums
from diffcheck.expression.nodes import Einsum
from diffcheck.reference.ball import exact_balls
from diffcheck.reference.ball_products import BallProducts
from diffcheck.reference.contraction import contract
from diffcheck.reference.double_algebra import DoubleProducts
from diffcheck.reference.double_double import DoubleDouble
from diffcheck.reference.precision import precision

LETTERS = "ijkl"
SIZES = dict(zip(LETTERS, (1, 2, 3, 2), strict=True))

terms = st.text(alphabet=LETTERS, max_size=3)


def node_for(subscripts: str, arrays: list[np.ndarray], sizes: dict[str, int] | None = None) -> Any:
    """The einsum node of inputs x0, x1, … ; labels are letters."""
    inputs, _, output = subscripts.partition("->")
    factors = [
        (nodes.variable(f"x{k}", array.shape), [ord(letter) for letter in term])
        for k, (term, array) in enumerate(zip(inputs.split(","), arrays, strict=True))
    ]
    return sums.einsum(factors, [ord(letter) for letter in output], {ord(k): n for k, n in (sizes or {}).items()})


def contracted(subscripts: str, arrays: list[np.ndarray], sizes: dict[str, int] | None = None) -> np.ndarray:
    node = node_for(subscripts, arrays, sizes)
    assert isinstance(node, Einsum)
    with precision(128):
        return contract(node, [exact_balls(array) for array in _operands(node, arrays)], BallProducts())


def in_doubles(subscripts: str, arrays: list[np.ndarray], sizes: dict[str, int] | None = None) -> DoubleDouble:
    node = node_for(subscripts, arrays, sizes)
    assert isinstance(node, Einsum)
    return contract(node, [DoubleDouble.exact(array) for array in _operands(node, arrays)], DoubleProducts())


def _operands(node: Einsum, arrays: list[np.ndarray]) -> list[np.ndarray]:
    by_name = {f"x{k}": array for k, array in enumerate(arrays)}
    return [by_name[factor.name] for factor in node.operands]  # type: ignore[attr-defined]


@settings(max_examples=300)
@given(data=st.data(), inputs=st.lists(terms, min_size=1, max_size=3), seed=st.integers(0, 2**16))
def test_it_is_numpys_einsum(data: st.DataObject, inputs: list[str], seed: int) -> None:
    """Repeated labels, labels of one factor only, scalars, axes of size one, up to three factors."""
    used = sorted(set("".join(inputs)))
    output = data.draw(st.permutations(used)) if used else []
    kept = "".join(output[: data.draw(st.integers(0, len(output)))])
    subscripts = f"{','.join(inputs)}->{kept}"
    random = np.random.default_rng(seed)
    arrays = [random.integers(-9, 10, [SIZES[letter] for letter in term]) for term in inputs]
    node = node_for(subscripts, arrays)
    if not isinstance(node, Einsum):
        return  # one factor as it stands
    found = contracted(subscripts, arrays)
    expected = np.einsum(subscripts, *arrays)
    assert found.shape == expected.shape
    assert all(ball == value for ball, value in zip(found.ravel(), expected.ravel().tolist(), strict=True))
    doubles = in_doubles(subscripts, arrays)
    assert (doubles.high == expected).all()
    assert not doubles.low.any()
    assert not doubles.radius.any()


@pytest.mark.parametrize(
    ("subscripts", "shapes", "sizes", "expected"),
    [
        ("i->ij", [(2,)], {"j": 3}, (2, 3)),
        ("i->j", [(2,)], {"j": 3}, (3,)),
        ("i->", [(2,)], {"j": 3}, ()),
        ("i,k->jik", [(2,), (3,)], {"j": 2}, (2, 2, 3)),
        ("i,i->", [(0,), (0,)], None, ()),
        ("ij,jk->ik", [(2, 0), (0, 3)], None, (2, 3)),
        ("ij,jk->ik", [(0, 2), (2, 3)], None, (0, 3)),
        ("bij,bjk->bik", [(2, 3, 2), (2, 2, 4)], None, (2, 3, 4)),
        (",->", [(), ()], None, ()),
    ],
)
def test_labels_that_no_factor_carries_repeat_or_count(
    subscripts: str, shapes: Any, sizes: Any, expected: tuple[int, ...]
) -> None:
    """In the output they repeat entries, summed they multiply by their size; empty sums are zero."""
    arrays = [np.arange(1, int(np.prod(shape, initial=1)) + 1).reshape(shape) for shape in shapes]
    found = contracted(subscripts, arrays, sizes)
    inputs, _, output = subscripts.partition("->")
    extra = [np.ones(size, int) for size in (sizes or {}).values()]
    named = ",".join([inputs, *(sizes or {})])
    there = np.einsum(f"{named}->{output}", *arrays, *extra)
    assert found.shape == there.shape == expected
    assert [int(ball.unique_fmpz()) for ball in found.ravel()] == there.ravel().tolist()
    doubles = in_doubles(subscripts, arrays, sizes)
    assert doubles.shape == expected
    assert doubles.high.ravel().tolist() == there.ravel().tolist()


def test_small_entries_beside_large_ones_keep_their_digits() -> None:
    """A matrix product whose entries span 10^±200 is narrow in each of them."""
    scales = 10.0 ** np.array([-200, 0, 200])
    left, right = np.outer(scales, [1.0, 3.0]), np.outer([1.0, -1 / 3], scales)
    found = contracted("ij,jk->ik", [left, right])
    assert all(ball.rel_accuracy_bits() > 60 or ball.is_exact() for ball in found.ravel())


def test_one_infinite_entry_spoils_only_its_own_row() -> None:
    """No other entry becomes indeterminate with it."""
    found = contracted("ij,jk->ik", [np.array([[np.inf, 1.0], [2.0, 3.0]]), np.ones((2, 2))])
    assert [ball.is_finite() for ball in found.ravel()] == [False, False, True, True]
    assert [float(ball) for ball in found[1]] == [5.0, 5.0]


def test_zero_times_infinity_is_nothing() -> None:
    """Indeterminate, as in a float."""
    [ball] = contracted("i,i->", [np.array([0.0]), np.array([np.inf])]).ravel()
    assert ball.is_nan()


def test_inexact_factors_stay_enclosed() -> None:
    """The product of balls contains the product of anything inside them."""
    node = node_for("ij,jk->ik", [np.ones((2, 2)), np.ones((2, 2))])
    wide = np.array([[arb(1, 0.5), arb(-2, 0.25)], [arb(0, 1), arb(3)]], dtype=object)
    found = contract(node, [wide, wide], BallProducts())
    for shift in (-1, 1):
        inside = np.array([[1 + shift * 0.5, -2 + shift * 0.25], [shift * 1.0, 3.0]])
        assert all(b.contains(arb(v)) for b, v in zip(found.ravel(), (inside @ inside).ravel().tolist(), strict=True))
