"""Steps: functions that are constant between their jumps, where a derivative is 0 or there is none."""

from __future__ import annotations

from typing import Any

from diffcheck.behaviours.behaviour import Behaviour
from diffcheck.behaviours.evidence import Evidence, seen
from diffcheck.behaviours.rules import both, equals, is_derivative
from diffcheck.namespace import array_namespace


def sign_torch() -> Evidence:
    import torch

    x = torch.tensor([-2.0, 3.0], requires_grad=True)
    x.sign().sum().backward()
    return seen(gradient=x.grad)


def sign_jax() -> Evidence:
    import jax
    import jax.numpy as jnp

    return seen(gradient=jax.grad(lambda x: jnp.sign(x).sum())(jnp.array([-2.0, 3.0])))


SIGN = Behaviour(
    name="steps/sign",
    statement="The gradient of sign is 0 away from its jump",
    why="a network that takes signs learns nothing before them",
    rule=is_derivative("gradient", lambda x: array_namespace(x).sign(x), "float32", x=[-2.0, 3.0]),
    probes={"torch": sign_torch, "jax": sign_jax},
)


def sign_at_jump_torch() -> Evidence:
    import torch

    x = torch.tensor(0.0, requires_grad=True)
    x.sign().backward()
    return seen(gradient=x.grad)


def sign_at_jump_jax() -> Evidence:
    import jax
    import jax.numpy as jnp

    return seen(gradient=jax.grad(jnp.sign)(0.0))


SIGN_AT_JUMP = Behaviour(
    name="steps/sign_at_jump",
    statement="The gradient of sign at its jump, where there is none, is NaN",
    why="a finite answer hides that nothing can be answered",
    rule=equals(gradient=float("nan")),
    probes={"torch": sign_at_jump_torch, "jax": sign_at_jump_jax},
)


def round_and_floor_torch() -> Evidence:
    import torch

    x = torch.tensor([0.25, 1.75], requires_grad=True)
    y = torch.tensor([0.25, 1.75], requires_grad=True)
    (x.round() + y.floor()).sum().backward()
    return seen(round=x.grad, floor=y.grad)


def round_and_floor_jax() -> Evidence:
    import jax
    import jax.numpy as jnp

    x = jnp.array([0.25, 1.75])
    return seen(
        round=jax.grad(lambda x: jnp.round(x).sum())(x),
        floor=jax.grad(lambda x: jnp.floor(x).sum())(x),
    )


ROUND_AND_FLOOR = Behaviour(
    name="steps/round_and_floor",
    statement="The gradients of round and floor are 0 between their jumps",
    why="a quantised network needs another backward pass, or learns nothing",
    rule=both(
        is_derivative("round", lambda x: array_namespace(x).round(x), "float32", x=[0.25, 1.75]),
        is_derivative("floor", lambda x: array_namespace(x).floor(x), "float32", x=[0.25, 1.75]),
    ),
    probes={"torch": round_and_floor_torch, "jax": round_and_floor_jax},
)


def remainder_torch() -> Evidence:
    import torch

    x = torch.tensor([0.25, 1.75], requires_grad=True)
    torch.remainder(x, 1.0).sum().backward()
    return seen(gradient=x.grad)


def remainder_jax() -> Evidence:
    import jax
    import jax.numpy as jnp

    return seen(gradient=jax.grad(lambda x: jnp.remainder(x, 1.0).sum())(jnp.array([0.25, 1.75])))


def _remainder(x: Any) -> Any:
    return x - array_namespace(x).floor(x)


REMAINDER = Behaviour(
    name="steps/remainder",
    statement="The gradient of the remainder of x divided by 1 is 1 between its jumps",
    why="a phase that wraps around is still a phase",
    rule=is_derivative("gradient", _remainder, "float32", x=[0.25, 1.75]),
    probes={"torch": remainder_torch, "jax": remainder_jax},
)


def heaviside_torch() -> Evidence:
    import torch

    x = torch.tensor(2.0, requires_grad=True)
    torch.heaviside(x, torch.tensor(0.5)).backward()
    return seen(gradient=x.grad)


def heaviside_jax() -> Evidence:
    import jax
    import jax.numpy as jnp

    return seen(gradient=jax.grad(lambda x: jnp.heaviside(x, 0.5))(2.0))


def _step(x: Any) -> Any:
    xp = array_namespace(x)
    return xp.where(x > 0, xp.ones_like(x), xp.zeros_like(x))


HEAVISIDE = Behaviour(
    name="steps/heaviside",
    statement="The gradient of the Heaviside step is 0 away from its jump",
    why="where it is zero almost everywhere, raising is an answer that nobody overlooks",
    rule=is_derivative("gradient", _step, "float32", x=2.0),
    probes={"torch": heaviside_torch, "jax": heaviside_jax},
)


def comparison_torch() -> Evidence:
    import torch

    x = torch.tensor(2.0, requires_grad=True)
    (x > 0).float().backward()
    return seen(gradient=x.grad)


def comparison_jax() -> Evidence:
    import jax

    return seen(gradient=jax.grad(lambda x: (x > 0).astype(float))(2.0))


COMPARISON = Behaviour(
    name="steps/comparison",
    statement="The gradient of a comparison turned into a number is 0",
    why="an accuracy makes a loss that nothing can be learned from",
    rule=is_derivative("gradient", _step, "float32", x=2.0),
    probes={"torch": comparison_torch, "jax": comparison_jax},
)


BEHAVIOURS = (SIGN, SIGN_AT_JUMP, ROUND_AND_FLOOR, REMAINDER, HEAVISIDE, COMPARISON)
