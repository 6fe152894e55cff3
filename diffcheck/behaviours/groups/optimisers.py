"""Optimisers: whether the weights after every step are those of the documented formula.

The formulas are the cases of `optimiser`, where the hyper-parameters stand, too. What optax computes counts as jax's.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib.util import find_spec
from typing import Any

from diffcheck.behaviours.behaviour import Absent, Behaviour, Probe
from diffcheck.behaviours.evidence import Evidence, seen
from diffcheck.behaviours.rules import Rule, is_value
from diffcheck.namespace import array_namespace
from diffcheck.registry import load, select

START = [1.0, -2.0]
# No entry is zero: √g² has a kink there. The signs change, so that momentum shows.
GRADIENTS = [[0.5, -2.0], [-1.5, 0.25], [1.0, 3.0], [0.25, -1.0], [-2.0, 0.5]]
# AᵀA + I = [[2, 1], [1, 4.5]] has powers of two for pivots, so that no machine rounds.
MATRIX = [[1.0, 1.0], [0.0, 1.5], [0.0, 0.5]]
TARGETS = [1.0, 3.0, -0.5]

DIFFERENCE = "a framework that differs here trains another model with the same hyper-parameters"


@cache
def formula(name: str) -> Callable[..., Any]:
    """The function of an optimiser's case."""
    (case,) = select(load(), [f"optimiser/{name}"])
    return case.function


def follows(name: str) -> Rule:
    """The weights after one, two, … steps are those of a case."""

    def weights(w: Any, gradients: Any) -> Any:
        xp = array_namespace(w, gradients)
        return xp.stack([formula(name)(w, gradients[:steps, :]) for steps in range(1, len(GRADIENTS) + 1)])

    return is_value("weights", weights, w=START, gradients=GRADIENTS)


def lands(name: str) -> Rule:
    """The weights at the end are those of a case about a matrix."""

    def weights(w: Any, a: Any, y: Any) -> Any:
        return formula(name)(w, a, y)

    return is_value("weights", weights, w=START, a=MATRIX, y=TARGETS)


def with_optax(probe: Probe) -> Probe | Absent:
    """A probe that needs optax, where there is one."""
    return probe if find_spec("optax") else Absent("optax is not installed")


def torch_steps(optimiser: Any, **hyper_parameters: Any) -> list[list[float]]:
    """The weights after every step of a class of optimisers in `torch.optim`."""
    import torch

    w = torch.tensor(START, dtype=torch.float64, requires_grad=True)
    stepping = optimiser([w], **hyper_parameters)
    weights = []
    for g in GRADIENTS:
        w.grad = torch.tensor(g, dtype=torch.float64)
        stepping.step()
        weights.append(w.tolist())
    return weights


def optax_steps(transformation: Any) -> list[list[float]]:
    """The weights after every step of a transformation of gradients."""
    import jax
    import jax.numpy as jnp
    import optax

    with jax.enable_x64(True):
        w = jnp.array(START)
        state = transformation.init(w)
        weights = []
        for g in GRADIENTS:
            updates, state = transformation.update(jnp.array(g), state, w)
            w = optax.apply_updates(w, updates)
            weights.append(w.tolist())
    return weights


def sgd_torch() -> Evidence:
    import torch

    return seen(weights=torch_steps(torch.optim.SGD, lr=0.125))


def sgd_jax() -> Evidence:
    import optax

    return seen(weights=optax_steps(optax.sgd(0.125)))


SGD = Behaviour(
    name="optimisers/sgd",
    statement="SGD computes w ← w − η·g, step by step",
    why=DIFFERENCE,
    rule=follows("sgd"),
    probes={"torch": sgd_torch, "jax": with_optax(sgd_jax)},
    source="T2, T3",
)


def momentum_torch() -> Evidence:
    import torch

    return seen(weights=torch_steps(torch.optim.SGD, lr=0.125, momentum=0.875))


def momentum_jax() -> Evidence:
    import optax

    return seen(weights=optax_steps(optax.sgd(0.125, momentum=0.875)))


MOMENTUM = Behaviour(
    name="optimisers/momentum",
    statement="SGD with momentum computes b ← μ·b + g and w ← w − η·b, step by step",
    why="where the learning rate is inside the momentum, changing it acts later",
    rule=follows("momentum"),
    probes={"torch": momentum_torch, "jax": with_optax(momentum_jax)},
    source="T3",
)


def nesterov_torch() -> Evidence:
    import torch

    return seen(weights=torch_steps(torch.optim.SGD, lr=0.125, momentum=0.875, nesterov=True))


def nesterov_jax() -> Evidence:
    import optax

    return seen(weights=optax_steps(optax.sgd(0.125, momentum=0.875, nesterov=True)))


NESTEROV = Behaviour(
    name="optimisers/nesterov",
    statement="SGD with Nesterov's momentum computes b ← μ·b + g and w ← w − η·(g + μ·b), step by step",
    why="several formulas go by this name, and differ in where the gradient is taken",
    rule=follows("nesterov"),
    probes={"torch": nesterov_torch, "jax": with_optax(nesterov_jax)},
)


def weight_decay_torch() -> Evidence:
    import torch

    return seen(weights=torch_steps(torch.optim.SGD, lr=0.125, weight_decay=0.25))


def weight_decay_jax() -> Evidence:
    import optax

    return seen(weights=optax_steps(optax.chain(optax.add_decayed_weights(0.25), optax.sgd(0.125))))


WEIGHT_DECAY = Behaviour(
    name="optimisers/weight_decay",
    statement="SGD with weight decay computes w ← w − η·(g + λ·w), step by step",
    why="the decay is the gradient of ½λ‖w‖², without a factor 2",
    rule=follows("weight_decay"),
    probes={"torch": weight_decay_torch, "jax": with_optax(weight_decay_jax)},
)


def adam_torch() -> Evidence:
    import torch

    return seen(weights=torch_steps(torch.optim.Adam, lr=0.125, betas=(0.875, 0.984375), eps=2**-10))


def adam_jax() -> Evidence:
    import optax

    return seen(weights=optax_steps(optax.adam(0.125, b1=0.875, b2=0.984375, eps=2**-10)))


ADAM = Behaviour(
    name="optimisers/adam",
    statement="Adam computes w ← w − η·m̂/(√v̂ + ε) with unbiased means, step by step",
    why="ε outside the root and both corrections of the bias decide about the first steps",
    rule=follows("adam"),
    probes={"torch": adam_torch, "jax": with_optax(adam_jax)},
    source="T2",
)


def adamw_torch() -> Evidence:
    import torch

    hyper_parameters = {"lr": 0.125, "betas": (0.875, 0.984375), "eps": 2**-10, "weight_decay": 0.25}
    return seen(weights=torch_steps(torch.optim.AdamW, **hyper_parameters))


def adamw_jax() -> Evidence:
    import optax

    hyper_parameters = {"b1": 0.875, "b2": 0.984375, "eps": 2**-10, "weight_decay": 0.25}
    return seen(weights=optax_steps(optax.adamw(0.125, **hyper_parameters)))


ADAMW = Behaviour(
    name="optimisers/adamw",
    statement="AdamW takes η·λ·w from the weights themselves and then steps as Adam does",
    why="a decay inside the gradient would be divided by √v̂",
    rule=follows("adamw"),
    probes={"torch": adamw_torch, "jax": with_optax(adamw_jax)},
)


def rmsprop_torch() -> Evidence:
    import torch

    return seen(weights=torch_steps(torch.optim.RMSprop, lr=0.125, alpha=0.984375, eps=2**-10))


def rmsprop_jax() -> Evidence:
    import optax

    return seen(weights=optax_steps(optax.rmsprop(0.125, decay=0.984375, eps=2**-10)))


RMSPROP = Behaviour(
    name="optimisers/rmsprop",
    statement="RMSprop computes v ← α·v + (1 − α)·g² and w ← w − η·g/(√v + ε), step by step",
    why="with ε inside the root, small gradients take much smaller steps",
    rule=follows("rmsprop"),
    probes={"torch": rmsprop_torch, "jax": with_optax(rmsprop_jax)},
)


def adagrad_torch() -> Evidence:
    import torch

    return seen(weights=torch_steps(torch.optim.Adagrad, lr=0.125, eps=2**-10))


def adagrad_jax() -> Evidence:
    import optax

    return seen(weights=optax_steps(optax.adagrad(0.125, initial_accumulator_value=0.0, eps=2**-10)))


ADAGRAD = Behaviour(
    name="optimisers/adagrad",
    statement="Adagrad computes s ← s + g² and w ← w − η·g/(√s + ε), step by step",
    why="with ε inside the root, small gradients take much smaller steps",
    rule=follows("adagrad"),
    probes={"torch": adagrad_torch, "jax": with_optax(adagrad_jax)},
)


def newton_torch() -> Evidence:
    import torch

    a, y = torch.tensor(MATRIX, dtype=torch.float64), torch.tensor(TARGETS, dtype=torch.float64)
    w = torch.tensor(START, dtype=torch.float64)

    def loss(w):
        return ((a @ w - y) ** 2).sum() / 2 + (w**2).sum() / 2

    for _ in range(2):
        w = w - 0.5 * torch.linalg.solve(torch.func.hessian(loss)(w), torch.func.grad(loss)(w))
    return seen(weights=w)


def newton_jax() -> Evidence:
    import jax
    import jax.numpy as jnp

    with jax.enable_x64(True):
        a, y, w = jnp.array(MATRIX), jnp.array(TARGETS), jnp.array(START)

        def loss(w):
            return ((a @ w - y) ** 2).sum() / 2 + (w**2).sum() / 2

        for _ in range(2):
            w = w - 0.5 * jnp.linalg.solve(jax.hessian(loss)(w), jax.grad(loss)(w))
        return seen(weights=w)


NEWTON = Behaviour(
    name="optimisers/newton",
    statement="Newton's step, from the framework's own gradient and Hessian, computes w ← w − η·H⁻¹·g",
    why="no framework has this optimiser, though each has all that it needs",
    rule=lands("newton"),
    probes={"torch": newton_torch, "jax": newton_jax},
    source="T3",
)


BEHAVIOURS = (SGD, MOMENTUM, NESTEROV, WEIGHT_DECAY, ADAM, ADAMW, RMSPROP, ADAGRAD, NEWTON)
