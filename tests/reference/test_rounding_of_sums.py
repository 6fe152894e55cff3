"""The rounding of sums of products: a bound for any order, and a spread that grows like a random walk."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import sympy as sp
import torch

from diffcheck.dtype import LOW, limits
from diffcheck.expression import nodes, sums
from diffcheck.expression.heads import SLOTS
from diffcheck.expression.nodes import Node
from diffcheck.reference.rounded import Arithmetic, Rounded
from diffcheck.reference.rounding import propagate

A = SLOTS[0]
U32 = 2.0**-24


def rounded(node: Node, arrays: Mapping[str, Any], dtype: str = "float32") -> Rounded:
    """One node as a dtype computes it."""
    inputs = {name: np.asarray(array, float) for name, array in arrays.items()}
    [found], _ = propagate([node], inputs, Arithmetic.of(dtype))
    return found


@pytest.mark.parametrize("size", [1, 2, 10, 1000])
def test_the_bound_of_a_sum_grows_with_its_terms(size: int) -> None:
    """(K − 1)·u·Σ|p|, whatever the order."""
    x = nodes.variable("x", (size,))
    found = rounded(sums.einsum([(x, (0,))], ()), {"x": np.ones(size)})
    assert found.worst == pytest.approx((size - 1) * U32 * size)


def test_a_program_that_counts_rounds_nothing() -> None:
    """Whole numbers of the dtype, without products; a definition may be computed by other sums."""
    x = nodes.variable("x", (1000,))
    total = sums.einsum([(x, (0,))], ())
    ran = Arithmetic.of("float32", lifted=True)
    for numbers, rounds in ((np.ones(1000), False), (np.full(1000, 0.5), True), (np.full(1000, 2.0**20), True)):
        [found], _ = propagate([total], {"x": numbers}, ran)
        assert bool(found.worst > 0) is rounds
    assert rounded(total, {"x": np.ones(1000)}).worst > 0
    square = sums.einsum([(x, (0,)), (x, (0,))], ())
    assert propagate([square], {"x": np.ones(1000)}, ran)[0][0].worst > 0


def test_terms_of_one_sign_err_like_the_sum_and_alternating_ones_like_their_root() -> None:
    """√(K/3)·|Σp| against √(K/2)·‖p‖: a random walk of partial sums."""
    x = nodes.variable("x", (1000,))
    total = sums.einsum([(x, (0,))], ())
    ones = np.linspace(1 - 1e-9, 1 + 1e-9, 1000)
    same = rounded(total, {"x": ones}).sigma / U32
    alternating = rounded(total, {"x": np.tile([1.0, -1.0], 500) * ones}).sigma / U32
    assert same == pytest.approx(1000 * np.sqrt(1000 / 9), rel=0.1)
    assert alternating == pytest.approx(np.sqrt(1000 / 6 * 1000), rel=0.1)


@pytest.mark.parametrize("order", ["forward", "backward", "pairwise"])
def test_a_sum_of_one_constant_stays_within_the_bound_in_any_order(order: str) -> None:
    """Its roundings all have one sign: far outside any spread, never outside the bound."""
    values = np.full(1000, 0.1, np.float32)
    total = np.float32(0)
    for value in values if order == "forward" else values[::-1]:
        total = np.float32(total + value)
    computed_sum = np.sum(values) if order == "pairwise" else total
    exact = 1000 * float(np.float32(0.1))
    found = rounded(sums.einsum([(nodes.variable("x", (1000,)), (0,))], ()), {"x": values})
    assert abs(float(computed_sum) - exact) <= found.worst


def test_the_error_of_a_repeated_number_adds_up_linearly() -> None:
    """A thousand copies of one rounded number err a thousand times as much, not √1000 times."""
    x, y = nodes.variable("x", ()), nodes.variable("y", (1000,))
    one = nodes.mapped(sp.exp(A), x)
    repeated = sums.einsum([(one, ()), (nodes.filled(1, (1000,)), (0,))], ())
    each = sums.einsum([(nodes.mapped(sp.exp(A), y), (0,))], ())
    error = rounded(one, {"x": 1.0}).sigma
    copies = rounded(repeated, {"x": 1.0})
    own = rounded(each, {"x": 1.0, "y": np.linspace(1 - 1e-6, 1 + 1e-6, 1000)})
    assert copies.sigma >= 999 * error
    assert own.sigma == pytest.approx(np.hypot(np.sqrt(1000) * error, _own_of_sum(1000, float(np.e))), rel=0.1)
    assert rounded(each, {"x": 1.0, "y": np.ones(1000)}).sigma >= 999 * error


@pytest.mark.parametrize("framework", ["torch", "jax"])
def test_a_program_errs_like_the_few_additions_that_were_measured(framework: str) -> None:
    """Along one axis, and in a framework that was measured; other sums and definitions err like all their terms."""
    x = nodes.variable("x", (2, 50_000))
    ran = Arithmetic.of("float32", framework=framework, lifted=True)
    numbers = np.random.default_rng(0).random((2, 50_000)).astype(np.float32).astype(float)

    def sigma(node: Node, arithmetic: Arithmetic) -> float:
        return float(np.max(propagate([node], {"x": numbers}, arithmetic)[0][0].sigma))

    total = sums.einsum([(x, (0, 1))], (0,), in_blocks=True)
    assert sigma(total, ran) < sigma(total, Arithmetic.of("float32", framework=framework)) / 5
    assert sigma(total, Arithmetic.of("float32", framework="mutant", lifted=True)) > 5 * sigma(total, ran)
    for longer in (
        sums.einsum([(x, (0, 1))], (0,)),
        sums.einsum([(x, (0, 1))], (), in_blocks=True),
        sums.einsum([(x, (0, 1)), (x, (0, 1))], (0,)),
    ):
        assert sigma(longer, ran) == sigma(longer, Arithmetic.of("float32", lifted=True))


@pytest.mark.parametrize("size", [100, 3_000, 100_000])
@pytest.mark.parametrize("repeated", [False, True])
def test_sums_of_frameworks_stay_within_what_is_allowed(size: int, repeated: bool) -> None:
    """Of other numbers than those that were measured, along either axis; one number repeated, too."""
    random = np.random.default_rng(size)
    numbers = random.random((6, 1 if repeated else size)).astype(np.float32) * np.ones((6, size), np.float32)
    x = nodes.variable("x", (6, size))
    for framework, found in (
        ("torch", torch.from_numpy(numbers).sum(1).numpy()),
        ("torch", torch.from_numpy(numbers.T.copy()).sum(0).numpy()),
        ("jax", np.asarray(jnp.sum(numbers, 1))),
        ("jax", np.asarray(jnp.sum(numbers.T.copy(), 0))),
    ):
        arithmetic = Arithmetic.of("float32", framework=framework, lifted=True)
        [total], _ = propagate(
            [sums.einsum([(x, (0, 1))], (0,), in_blocks=True)], {"x": numbers.astype(float)}, arithmetic
        )
        assert np.all(np.abs(found - numbers.astype(float).sum(1)) <= 6 * total.sigma)


def _own_of_sum(terms: int, value: float) -> float:
    total = terms * value
    return U32 / np.sqrt(3) * np.sqrt((terms - 1) / 2 * terms * value**2 + (terms - 1) / 3 * total**2)


def test_a_product_of_matrices_bounds_every_entry() -> None:
    """K·u·|A||B|, which is Higham's bound for an inner product."""
    random = np.random.default_rng(0)
    left, right = random.standard_normal((2, 20, 20))
    node = sums.einsum([(nodes.variable("x", (20, 20)), (0, 1)), (nodes.variable("y", (20, 20)), (1, 2))], (0, 2))
    found = rounded(node, {"x": left, "y": right})
    assert found.worst == pytest.approx(20 * U32 * (np.abs(left) @ np.abs(right)))


def test_empty_sums_have_no_error() -> None:
    """And are zero."""
    found = rounded(sums.einsum([(nodes.variable("x", (0,)), (0,))], ()), {"x": np.zeros(0)})
    assert (found.value, found.sigma, found.worst) == (0, 0, 0)


# --- low precision --------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", LOW)
def test_low_precision_stores_a_sum_once(dtype: str) -> None:
    """A thousand terms err by one rounding of the dtype, and by a thousand of float32."""
    x = nodes.variable("x", (1000,))
    found = rounded(sums.einsum([(x, (0,))], ()), {"x": np.ones(1000)}, dtype)
    assert found.worst == pytest.approx(1000 * (limits(dtype).unit + 999 * U32), rel=1e-3)
    assert found.sigma == pytest.approx(1000 * limits(dtype).unit / np.sqrt(3), rel=1e-3)


@pytest.mark.parametrize("dtype", LOW)
def test_low_precision_stores_every_partial_sum_where_entries_meet(dtype: str) -> None:
    """What is added up in place errs by a thousand roundings of the dtype."""
    x = nodes.variable("x", (1000,))
    found = rounded(nodes.scatter(x, np.zeros(1000, int), (1,)), {"x": np.ones(1000)}, dtype)
    assert found.worst == pytest.approx(999 * limits(dtype).unit * 1000)


def drawn(dtype: str, *shape: int) -> np.ndarray:
    """Numbers between 0 and 1/16, whose sums stay in every range."""
    return (np.random.default_rng(0).random(shape) / 16).astype(dtype)


def in_torch(array: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(array.astype(np.float32)).to(getattr(torch, array.dtype.name))


def stacked(array: np.ndarray, axis: int = 0) -> np.ndarray:
    return np.stack([array] * 3, axis)


def adjoint_of_a_broadcast(array: np.ndarray) -> jax.Array:
    """What one number gets back that was repeated."""
    [total] = jax.vjp(lambda number: number * jnp.ones_like(array), jnp.ones((), array.dtype))[1](jnp.asarray(array))
    return total


SUMS: dict[str, Callable[[Any], Any]] = {
    "torch: sum": lambda x: in_torch(x).sum(),
    "torch: sum of columns": lambda x: in_torch(stacked(x, 1)).sum(0),
    "torch: sum of rows": lambda x: in_torch(stacked(x)).sum(1),
    "torch: matrix times vector": lambda x: in_torch(stacked(x)) @ in_torch(np.ones_like(x)),
    "torch: product of matrices": lambda x: in_torch(stacked(x)) @ in_torch(np.ones_like(stacked(x, 1))),
    "jax: sum": jnp.sum,
    "jax: compiled sum": jax.jit(jnp.sum),
    "jax: adjoint of a broadcast": adjoint_of_a_broadcast,
    "jax: matrix times vector": lambda x: jnp.matmul(stacked(x), np.ones_like(x)),
}


@pytest.mark.parametrize("dtype", LOW)
@pytest.mark.parametrize("name", SUMS)
def test_frameworks_add_low_precision_up_in_float32(name: str, dtype: str) -> None:
    """The experiment behind the accumulator: 10,000 terms err by at most four roundings, in torch and in jax."""
    terms = drawn(dtype, 10_000)
    answer = SUMS[name](terms)
    value = answer.double().numpy() if isinstance(answer, torch.Tensor) else np.asarray(answer).astype(float)
    exact = terms.astype(float).sum()
    assert np.max(np.abs(value - exact)) <= 4 * limits(dtype).unit * exact


@pytest.mark.parametrize("dtype", LOW)
@pytest.mark.parametrize("framework", ["torch", "jax"])
def test_frameworks_store_every_partial_sum_where_entries_meet(framework: str, dtype: str) -> None:
    """The experiment behind scatter: the adjoint of taking one entry 10,000 times has lost all digits but one."""
    terms = drawn(dtype, 10_000)
    first = np.zeros(10_000, int)
    if framework == "torch":
        source = torch.zeros(1, dtype=in_torch(terms).dtype, requires_grad=True)
        [gradient] = torch.autograd.grad(source[torch.from_numpy(first)], source, in_torch(terms))
        value = float(gradient)
    else:
        [pulled] = jax.vjp(lambda source: source[first], jnp.zeros(1, dtype))[1](jnp.asarray(terms))
        value = float(pulled[0])
    exact = float(terms.astype(float).sum())
    assert abs(value - exact) > 100 * limits(dtype).unit * exact
    assert abs(value - exact) <= 10_000 * limits(dtype).unit * exact
