"""NaN: what a branch not taken, a mask or a missing entry does to a gradient."""

from __future__ import annotations

from typing import Any

from diffcheck.behaviours.behaviour import Behaviour
from diffcheck.behaviours.evidence import Evidence, seen
from diffcheck.behaviours.rules import equals, is_derivative
from diffcheck.namespace import array_namespace

NAN = float("nan")


def where_at_edge_torch() -> Evidence:
    import torch

    x = torch.tensor(0.0, requires_grad=True)
    torch.where(x > 0, torch.sqrt(x), 0).backward()
    return seen(gradient=x.grad)


def where_at_edge_jax() -> Evidence:
    import jax
    import jax.numpy as jnp

    return seen(gradient=jax.grad(lambda x: jnp.where(x > 0, jnp.sqrt(x), 0))(0.0))


WHERE_AT_EDGE = Behaviour(
    name="nan/where_at_edge",
    statement="The gradient of where(x > 0, sqrt(x), 0) at 0 is 0, that of the branch taken",
    why="the branch not taken gets the cotangent 0, and 0 times infinity is NaN",
    rule=equals(gradient=0.0),
    probes={"torch": where_at_edge_torch, "jax": where_at_edge_jax},
)


def where_outside_domain_torch() -> Evidence:
    import torch

    x = torch.tensor([-1.0, 4.0], requires_grad=True)
    torch.where(x > 0, torch.sqrt(x), 0).sum().backward()
    return seen(gradient=x.grad)


def where_outside_domain_jax() -> Evidence:
    import jax
    import jax.numpy as jnp

    x = jnp.array([-1.0, 4.0])
    return seen(gradient=jax.grad(lambda x: jnp.where(x > 0, jnp.sqrt(x), 0).sum())(x))


def _root_or_zero(x: Any) -> Any:
    xp = array_namespace(x)
    return xp.where(x > 0, xp.sqrt(x), xp.zeros_like(x))


WHERE_OUTSIDE_DOMAIN = Behaviour(
    name="nan/where_outside_domain",
    statement="The gradient of where(x > 0, sqrt(x), 0) is 0 where the branch not taken has no value",
    why="the function's value is right, and one step of training makes every parameter NaN",
    rule=is_derivative("gradient", _root_or_zero, "float32", x=[-1.0, 4.0]),
    probes={"torch": where_outside_domain_torch, "jax": where_outside_domain_jax},
)


def where_quotient_torch() -> Evidence:
    import torch

    x = torch.tensor(0.0, requires_grad=True)
    torch.where(x == 0, 1.0, torch.sin(x) / x).backward()
    return seen(gradient=x.grad)


def where_quotient_jax() -> Evidence:
    import jax
    import jax.numpy as jnp

    return seen(gradient=jax.grad(lambda x: jnp.where(x == 0, 1.0, jnp.sin(x) / x))(0.0))


def _sinc(x: Any) -> Any:
    xp = array_namespace(x)
    return xp.where(x == 0, 1.0, xp.sin(x) / x)


WHERE_QUOTIENT = Behaviour(
    name="nan/where_quotient",
    statement="The gradient of where(x == 0, 1, sin(x)/x) at 0 is 0",
    why="a hole that is filled in the value is still there in the derivative",
    rule=is_derivative("gradient", _sinc, "float32", x=0.0),
    probes={"torch": where_quotient_torch, "jax": where_quotient_jax},
)


def double_where_torch() -> Evidence:
    import torch

    x = torch.tensor([-1.0, 4.0], requires_grad=True)
    inside = torch.where(x > 0, x, 1.0)
    torch.where(x > 0, torch.sqrt(inside), 0).sum().backward()
    return seen(gradient=x.grad)


def double_where_jax() -> Evidence:
    import jax
    import jax.numpy as jnp

    def root(x):
        inside = jnp.where(x > 0, x, 1.0)
        return jnp.where(x > 0, jnp.sqrt(inside), 0).sum()

    return seen(gradient=jax.grad(root)(jnp.array([-1.0, 4.0])))


DOUBLE_WHERE = Behaviour(
    name="nan/double_where",
    statement="A second where, around the argument of the branch not taken, makes the gradient 0 there",
    why="no step of the backward pass is infinite when the argument is inside the domain",
    rule=is_derivative("gradient", _root_or_zero, "float32", x=[-1.0, 4.0]),
    probes={"torch": double_where_torch, "jax": double_where_jax},
)


def masked_log_torch() -> Evidence:
    import torch

    x = torch.tensor([0.0, 1.0], requires_grad=True)
    mask = torch.tensor([False, True])
    torch.where(mask, torch.log(x), 0).sum().backward()
    return seen(gradient=x.grad)


def masked_log_jax() -> Evidence:
    import jax
    import jax.numpy as jnp

    mask = jnp.array([False, True])
    return seen(gradient=jax.grad(lambda x: jnp.where(mask, jnp.log(x), 0).sum())(jnp.array([0.0, 1.0])))


def _masked_log(x: Any, mask: Any) -> Any:
    xp = array_namespace(x)
    return xp.sum(xp.where(mask > 0, xp.log(x), xp.zeros_like(x)))


MASKED_LOG = Behaviour(
    name="nan/masked_log",
    statement="The gradient of a logarithm that is masked out is 0",
    why="a mask over the terms of a likelihood does not protect the parameters behind them",
    rule=is_derivative("gradient", _masked_log, "float32", x=[0.0, 1.0], mask=[0, 1]),
    probes={"torch": masked_log_torch, "jax": masked_log_jax},
)


def selected_log_torch() -> Evidence:
    import torch

    x = torch.tensor([0.0, 1.0], requires_grad=True)
    mask = torch.tensor([False, True])
    torch.log(x[mask]).sum().backward()
    return seen(gradient=x.grad)


def selected_log_jax() -> Evidence:
    import jax
    import jax.numpy as jnp

    mask = jnp.array([False, True])
    return seen(gradient=jax.grad(lambda x: jnp.log(x[mask]).sum())(jnp.array([0.0, 1.0])))


SELECTED_LOG = Behaviour(
    name="nan/selected_log",
    statement="The gradient of a logarithm of selected entries is 0 for the others",
    why="a branch that is never computed has no backward pass",
    rule=is_derivative("gradient", _masked_log, "float32", x=[0.0, 1.0], mask=[0, 1]),
    probes={"torch": selected_log_torch, "jax": selected_log_jax},
)


def zero_times_root_torch() -> Evidence:
    import torch

    x = torch.tensor(0.0, requires_grad=True)
    (0 * torch.sqrt(x)).backward()
    return seen(gradient=x.grad)


def zero_times_root_jax() -> Evidence:
    import jax
    import jax.numpy as jnp

    return seen(gradient=jax.grad(lambda x: 0 * jnp.sqrt(x))(0.0))


ZERO_TIMES_ROOT = Behaviour(
    name="nan/zero_times_root",
    statement="The gradient of 0 * sqrt(x) at 0 is 0",
    why="a term with weight 0 does not switch its gradient off",
    rule=is_derivative("gradient", lambda x: 0 * array_namespace(x).sqrt(x), "float32", x=0.0),
    probes={"torch": zero_times_root_torch, "jax": zero_times_root_jax},
)


def replaced_torch() -> Evidence:
    import torch

    x = torch.tensor([-1.0, 4.0], requires_grad=True)
    torch.sqrt(x).nan_to_num().sum().backward()
    return seen(gradient=x.grad)


def replaced_jax() -> Evidence:
    import jax
    import jax.numpy as jnp

    x = jnp.array([-1.0, 4.0])
    return seen(gradient=jax.grad(lambda x: jnp.nan_to_num(jnp.sqrt(x)).sum())(x))


REPLACED = Behaviour(
    name="nan/replaced",
    statement="nan_to_num keeps a NaN out of the gradient, as it keeps it out of the value",
    why="what is replaced by a number afterwards has still been computed",
    rule=equals(gradient=[0.0, 0.25]),
    probes={"torch": replaced_torch, "jax": replaced_jax},
)


def nansum_torch() -> Evidence:
    import torch

    x = torch.tensor([1.0, float("nan")], requires_grad=True)
    torch.nansum(x).backward()
    return seen(gradient=x.grad)


def nansum_jax() -> Evidence:
    import jax
    import jax.numpy as jnp

    return seen(gradient=jax.grad(jnp.nansum)(jnp.array([1.0, jnp.nan])))


NANSUM = Behaviour(
    name="nan/nansum",
    statement="The gradient of nansum is 1 for a number and 0 for a NaN",
    why="a missing entry has no part in the sum",
    rule=equals(gradient=[1.0, 0.0]),
    probes={"torch": nansum_torch, "jax": nansum_jax},
)


def nanmean_torch() -> Evidence:
    import torch

    x = torch.tensor([1.0, float("nan"), 3.0], requires_grad=True)
    torch.nanmean(x).backward()
    return seen(gradient=x.grad)


def nanmean_jax() -> Evidence:
    import jax
    import jax.numpy as jnp

    return seen(gradient=jax.grad(jnp.nanmean)(jnp.array([1.0, jnp.nan, 3.0])))


NANMEAN = Behaviour(
    name="nan/nanmean",
    statement="The gradient of nanmean is shared by the numbers and 0 for a NaN",
    why="the mean is over the entries that are there",
    rule=equals(gradient=[0.5, 0.0, 0.5]),
    probes={"torch": nanmean_torch, "jax": nanmean_jax},
)


def nansum_of_squares_torch() -> Evidence:
    import torch

    x = torch.tensor([1.0, float("nan")], requires_grad=True)
    torch.nansum(x * x).backward()
    return seen(gradient=x.grad)


def nansum_of_squares_jax() -> Evidence:
    import jax
    import jax.numpy as jnp

    return seen(gradient=jax.grad(lambda x: jnp.nansum(x * x))(jnp.array([1.0, jnp.nan])))


NANSUM_OF_SQUARES = Behaviour(
    name="nan/nansum_of_squares",
    statement="nansum over squares keeps a NaN among the entries out of the gradient",
    why="the square of a NaN has the derivative NaN, and 0 times NaN is NaN",
    rule=equals(gradient=[2.0, 0.0]),
    probes={"torch": nansum_of_squares_torch, "jax": nansum_of_squares_jax},
)


def kink_of_nan_torch() -> Evidence:
    import torch

    x = torch.tensor([float("nan"), float("nan")], requires_grad=True)
    (x[0].clip(0, 1) + torch.relu(x[1])).backward()
    return seen(clip=x.grad[0], relu=x.grad[1])


def kink_of_nan_jax() -> Evidence:
    import jax
    import jax.numpy as jnp

    clip = jax.grad(lambda x: jnp.clip(x, 0, 1))(jnp.nan)
    return seen(clip=clip, relu=jax.grad(jax.nn.relu)(jnp.nan))


KINK_OF_NAN = Behaviour(
    name="nan/kink_of_nan",
    statement="The gradients of clip and relu at NaN are NaN",
    why="a comparison with NaN is false, and the gradient of whichever branch that means looks sound",
    rule=equals(clip=NAN, relu=NAN),
    probes={"torch": kink_of_nan_torch, "jax": kink_of_nan_jax},
)


def max_of_nan_torch() -> Evidence:
    import torch

    x = torch.tensor([1.0, float("nan"), 2.0], requires_grad=True)
    x.max().backward()
    return seen(gradient=x.grad)


def max_of_nan_jax() -> Evidence:
    import jax
    import jax.numpy as jnp

    return seen(gradient=jax.grad(jnp.max)(jnp.array([1.0, jnp.nan, 2.0])))


MAX_OF_NAN = Behaviour(
    name="nan/max_of_nan",
    statement="The gradient of max over entries with a NaN is NaN, as its value is",
    why="a finite gradient of a NaN loss lets the training go on",
    rule=equals(gradient=[NAN, NAN, NAN]),
    probes={"torch": max_of_nan_torch, "jax": max_of_nan_jax},
)


BEHAVIOURS = (
    WHERE_AT_EDGE,
    WHERE_OUTSIDE_DOMAIN,
    WHERE_QUOTIENT,
    DOUBLE_WHERE,
    MASKED_LOG,
    SELECTED_LOG,
    ZERO_TIMES_ROOT,
    REPLACED,
    NANSUM,
    NANMEAN,
    NANSUM_OF_SQUARES,
    KINK_OF_NAN,
    MAX_OF_NAN,
)
