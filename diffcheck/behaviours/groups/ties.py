"""Ties: which of several equal entries a gradient goes to."""

from __future__ import annotations

from typing import Any

from diffcheck.behaviours.behaviour import Behaviour
from diffcheck.behaviours.evidence import Evidence, seen
from diffcheck.behaviours.rules import equals, is_derivative, same
from diffcheck.namespace import array_namespace
from diffcheck.special import max_pool2d


def _max(x: Any) -> Any:
    return array_namespace(x).max(x)


def maximum_torch() -> Evidence:
    import torch

    x = torch.tensor([2.0, 2.0], requires_grad=True)
    torch.maximum(x[0], x[1]).backward()
    return seen(gradient=x.grad)


def maximum_jax() -> Evidence:
    import jax
    import jax.numpy as jnp

    return seen(gradient=jax.grad(jnp.maximum, argnums=(0, 1))(2.0, 2.0))


MAXIMUM = Behaviour(
    name="ties/maximum",
    statement="The gradients of maximum(x, y) at a tie are admissible: two shares that add up to 1",
    why="whoever gets the gradient moves away, and the tie is broken",
    rule=is_derivative("gradient", lambda x: array_namespace(x).maximum(x[0], x[1]), "float32", x=[2.0, 2.0]),
    probes={"torch": maximum_torch, "jax": maximum_jax},
)


def minimum_torch() -> Evidence:
    import torch

    x = torch.tensor([2.0, 2.0], requires_grad=True)
    torch.minimum(x[0], x[1]).backward()
    return seen(gradient=x.grad)


def minimum_jax() -> Evidence:
    import jax
    import jax.numpy as jnp

    return seen(gradient=jax.grad(jnp.minimum, argnums=(0, 1))(2.0, 2.0))


MINIMUM = Behaviour(
    name="ties/minimum",
    statement="The gradients of minimum(x, y) at a tie are admissible: two shares that add up to 1",
    why="the clipped objective of policy gradients starts exactly at such a tie",
    rule=is_derivative("gradient", lambda x: array_namespace(x).minimum(x[0], x[1]), "float32", x=[2.0, 2.0]),
    probes={"torch": minimum_torch, "jax": minimum_jax},
)


def maximum_of_itself_torch() -> Evidence:
    import torch

    x = torch.tensor(2.0, requires_grad=True)
    torch.maximum(x, x).backward()
    return seen(gradient=x.grad)


def maximum_of_itself_jax() -> Evidence:
    import jax
    import jax.numpy as jnp

    return seen(gradient=jax.grad(lambda x: jnp.maximum(x, x))(2.0))


MAXIMUM_OF_ITSELF = Behaviour(
    name="ties/maximum_of_itself",
    statement="The gradient of maximum(x, x), which is x, is 1",
    why="it is so only where the shares of a tie add up to 1",
    rule=is_derivative("gradient", lambda x: array_namespace(x).maximum(x, x), "float32", x=2.0),
    probes={"torch": maximum_of_itself_torch, "jax": maximum_of_itself_jax},
)


def max_torch() -> Evidence:
    import torch

    x = torch.tensor([1.0, 3.0, 3.0], requires_grad=True)
    x.max().backward()
    return seen(gradient=x.grad)


def max_jax() -> Evidence:
    import jax
    import jax.numpy as jnp

    return seen(gradient=jax.grad(jnp.max)(jnp.array([1.0, 3.0, 3.0])))


MAX = Behaviour(
    name="ties/max",
    statement="The gradient of max over a tie is admissible: shares of the largest entries that add up to 1",
    why="a gradient of 1 for each of them would count the maximum twice",
    rule=is_derivative("gradient", _max, "float32", x=[1.0, 3.0, 3.0]),
    probes={"torch": max_torch, "jax": max_jax},
)


def max_along_axis_torch() -> Evidence:
    import torch

    x = torch.tensor([1.0, 3.0, 3.0], requires_grad=True)
    x.max(dim=0).values.backward()
    return seen(gradient=x.grad)


def max_along_axis_jax() -> Evidence:
    import jax
    import jax.numpy as jnp

    return seen(gradient=jax.grad(lambda x: x.max(axis=0))(jnp.array([1.0, 3.0, 3.0])))


MAX_ALONG_AXIS = Behaviour(
    name="ties/max_along_axis",
    statement="The gradient of max along an axis over a tie is admissible: shares that add up to 1",
    why="with an axis torch answers an index too, and follows it",
    rule=is_derivative("gradient", _max, "float32", x=[1.0, 3.0, 3.0]),
    probes={"torch": max_along_axis_torch, "jax": max_along_axis_jax},
)


def max_spellings_torch() -> Evidence:
    import torch

    x = torch.tensor([[1.0, 3.0, 3.0]] * 4, requires_grad=True)
    y = [x[0].max(), x[1].max(dim=0).values, x[2].topk(1).values[0], x[3].sort().values[-1]]
    sum(y).backward()
    return seen(max=x.grad[0], along_axis=x.grad[1], top=x.grad[2], sort=x.grad[3])


def max_spellings_jax() -> Evidence:
    import jax
    import jax.numpy as jnp

    x = jnp.array([1.0, 3.0, 3.0])
    return seen(
        max=jax.grad(jnp.max)(x),
        along_axis=jax.grad(lambda x: x.max(axis=0))(x),
        top=jax.grad(lambda x: jax.lax.top_k(x, 1)[0][0])(x),
        sort=jax.grad(lambda x: jnp.sort(x)[-1])(x),
    )


MAX_SPELLINGS = Behaviour(
    name="ties/max_spellings",
    statement="max, max along the axis, the top entry and the last entry in order share a tie in the same way",
    why="one is put in the other's place without a second thought",
    rule=same("max", "along_axis", "top", "sort"),
    probes={"torch": max_spellings_torch, "jax": max_spellings_jax},
)


def sort_torch() -> Evidence:
    import torch

    x = torch.tensor([2.0, 2.0], requires_grad=True)
    (x.sort(stable=True).values * torch.tensor([1.0, 2.0])).sum().backward()
    return seen(gradient=x.grad)


def sort_jax() -> Evidence:
    import jax
    import jax.numpy as jnp

    weights = jnp.array([1.0, 2.0])
    return seen(gradient=jax.grad(lambda x: jnp.sort(x) @ weights)(jnp.array([2.0, 2.0])))


def _weighted_in_order(x: Any) -> Any:
    xp = array_namespace(x)
    return xp.minimum(x[0], x[1]) + 2 * xp.maximum(x[0], x[1])


SORT = Behaviour(
    name="ties/sort",
    statement="The gradient of sorted entries weighted by 1 and 2 is admissible at a tie: between (1, 2) and (2, 1)",
    why="a stable sort keeps the order that equal entries had, and their gradients with it",
    rule=is_derivative("gradient", _weighted_in_order, "float32", x=[2.0, 2.0]),
    probes={"torch": sort_torch, "jax": sort_jax},
)


def median_of_odd_torch() -> Evidence:
    import torch

    x = torch.tensor([2.0, 2.0, 5.0], requires_grad=True)
    x.median().backward()
    return seen(gradient=x.grad)


def median_of_odd_jax() -> Evidence:
    import jax
    import jax.numpy as jnp

    return seen(gradient=jax.grad(jnp.median)(jnp.array([2.0, 2.0, 5.0])))


def _median_of_three(x: Any) -> Any:
    xp = array_namespace(x)
    return xp.maximum(xp.minimum(x[0], x[1]), xp.minimum(xp.maximum(x[0], x[1]), x[2]))


MEDIAN_OF_ODD = Behaviour(
    name="ties/median_of_odd",
    statement="The gradient of the median of three is admissible at a tie: shares that add up to 1",
    why="rounded data is full of ties",
    rule=is_derivative("gradient", _median_of_three, "float32", x=[2.0, 2.0, 5.0]),
    probes={"torch": median_of_odd_torch, "jax": median_of_odd_jax},
)


def median_of_even_torch() -> Evidence:
    import torch

    x = torch.tensor([1.0, 2.0, 4.0, 8.0], requires_grad=True)
    y = x.median()
    y.backward()
    return seen(value=y, gradient=x.grad)


def median_of_even_jax() -> Evidence:
    import jax
    import jax.numpy as jnp

    value, gradient = jax.value_and_grad(jnp.median)(jnp.array([1.0, 2.0, 4.0, 8.0]))
    return seen(value=value, gradient=gradient)


MEDIAN_OF_EVEN = Behaviour(
    name="ties/median_of_even",
    statement="The median of four entries is the mean of the two in the middle, and its gradient a half for each",
    why="a framework that takes the lower one answers another value, too",
    rule=equals(value=3.0, gradient=[0.0, 0.5, 0.5, 0.0]),
    probes={"torch": median_of_even_torch, "jax": median_of_even_jax},
)


def max_pool_torch() -> Evidence:
    import torch

    x = torch.tensor([[[[1.0, 3.0], [3.0, 3.0]]]], requires_grad=True)
    torch.nn.functional.max_pool2d(x, 2).sum().backward()
    return seen(gradient=x.grad)


def max_pool_jax() -> Evidence:
    import jax
    import jax.numpy as jnp

    def pooled(x):
        return jax.lax.reduce_window(x, -jnp.inf, jax.lax.max, (1, 1, 2, 2), (1, 1, 2, 2), "VALID").sum()

    return seen(gradient=jax.grad(pooled)(jnp.array([[[[1.0, 3.0], [3.0, 3.0]]]])))


MAX_POOL = Behaviour(
    name="ties/max_pool",
    statement="The gradient of max-pooling over a tie is admissible: shares of the largest entries that add up to 1",
    why="after relu whole windows are tied at 0",
    rule=is_derivative("gradient", lambda x: max_pool2d(x, 2), "float32", x=[[[[1.0, 3.0], [3.0, 3.0]]]]),
    probes={"torch": max_pool_torch, "jax": max_pool_jax},
    source="T3",
)


def cumulative_max_torch() -> Evidence:
    import torch

    x = torch.tensor([3.0, 1.0, 3.0], requires_grad=True)
    x.cummax(0).values.sum().backward()
    return seen(gradient=x.grad)


def cumulative_max_jax() -> Evidence:
    import jax
    import jax.numpy as jnp

    return seen(gradient=jax.grad(lambda x: jax.lax.cummax(x).sum())(jnp.array([3.0, 1.0, 3.0])))


def _cumulative_max(x: Any) -> Any:
    xp = array_namespace(x)
    return x[0] + xp.maximum(x[0], x[1]) + xp.max(x)


CUMULATIVE_MAX = Behaviour(
    name="ties/cumulative_max",
    statement="The gradient of the cumulative maximum is admissible where a later entry equals the largest so far",
    why="the later entry takes over, shares, or gets nothing",
    rule=is_derivative("gradient", _cumulative_max, "float32", x=[3.0, 1.0, 3.0]),
    probes={"torch": cumulative_max_torch, "jax": cumulative_max_jax},
)


def infinity_norm_torch() -> Evidence:
    import torch

    x = torch.tensor([2.0, -2.0], requires_grad=True)
    torch.linalg.vector_norm(x, ord=float("inf")).backward()
    return seen(gradient=x.grad)


def infinity_norm_jax() -> Evidence:
    import jax
    import jax.numpy as jnp

    return seen(gradient=jax.grad(lambda x: jnp.linalg.norm(x, ord=jnp.inf))(jnp.array([2.0, -2.0])))


def _infinity_norm(x: Any) -> Any:
    xp = array_namespace(x)
    return xp.max(xp.abs(x))


INFINITY_NORM = Behaviour(
    name="ties/infinity_norm",
    statement="The gradient of the infinity norm at a tie is admissible: signed shares of size 1 together",
    why="it tells whether a tie between entries of opposite sign is seen",
    rule=is_derivative("gradient", _infinity_norm, "float32", x=[2.0, -2.0]),
    probes={"torch": infinity_norm_torch, "jax": infinity_norm_jax},
)


BEHAVIOURS = (
    MAXIMUM,
    MINIMUM,
    MAXIMUM_OF_ITSELF,
    MAX,
    MAX_ALONG_AXIS,
    MAX_SPELLINGS,
    SORT,
    MEDIAN_OF_ODD,
    MEDIAN_OF_EVEN,
    MAX_POOL,
    CUMULATIVE_MAX,
    INFINITY_NORM,
)
