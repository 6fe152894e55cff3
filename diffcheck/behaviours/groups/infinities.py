"""Infinities: masked scores, overflow, unguarded quotients, and the modes that look for NaN."""

from __future__ import annotations

from diffcheck.behaviours.behaviour import Behaviour
from diffcheck.behaviours.evidence import Evidence, seen
from diffcheck.behaviours.rules import equals, is_derivative, raises
from diffcheck.special import log_softmax, softplus

NAN = float("nan")


def masked_softmax_torch() -> Evidence:
    import torch

    x = torch.tensor([0.0, 0.0, -torch.inf], requires_grad=True)
    (torch.softmax(x, 0) @ torch.tensor([1.0, 2.0, 4.0])).backward()
    return seen(gradient=x.grad)


def masked_softmax_jax() -> Evidence:
    import jax
    import jax.numpy as jnp

    weights = jnp.array([1.0, 2.0, 4.0])
    return seen(gradient=jax.grad(lambda x: jax.nn.softmax(x) @ weights)(jnp.array([0.0, 0.0, -jnp.inf])))


MASKED_SOFTMAX = Behaviour(
    name="infinities/masked_softmax",
    statement="A score of minus infinity has the gradient 0 in a softmax, and the others are as without it",
    why="that is how attention is masked",
    rule=equals(gradient=[-0.25, 0.25, 0.0]),
    probes={"torch": masked_softmax_torch, "jax": masked_softmax_jax},
)


def fully_masked_softmax_torch() -> Evidence:
    import torch

    x = torch.tensor([-torch.inf, -torch.inf], requires_grad=True)
    torch.softmax(x, 0).sum().backward()
    return seen(gradient=x.grad)


def fully_masked_softmax_jax() -> Evidence:
    import jax
    import jax.numpy as jnp

    return seen(gradient=jax.grad(lambda x: jax.nn.softmax(x).sum())(jnp.array([-jnp.inf, -jnp.inf])))


FULLY_MASKED_SOFTMAX = Behaviour(
    name="infinities/fully_masked_softmax",
    statement="The gradient of a sum of a softmax, which is always 1, is 0 also where all scores are minus infinity",
    why="a row of padding is masked everywhere, and its NaN reaches every parameter",
    rule=equals(gradient=[0.0, 0.0]),
    probes={"torch": fully_masked_softmax_torch, "jax": fully_masked_softmax_jax},
)


def masked_logsumexp_torch() -> Evidence:
    import torch

    x = torch.tensor([0.0, -torch.inf], requires_grad=True)
    torch.logsumexp(x, 0).backward()
    return seen(gradient=x.grad)


def masked_logsumexp_jax() -> Evidence:
    import jax
    import jax.numpy as jnp

    return seen(gradient=jax.grad(jax.nn.logsumexp)(jnp.array([0.0, -jnp.inf])))


MASKED_LOGSUMEXP = Behaviour(
    name="infinities/masked_logsumexp",
    statement="An entry of minus infinity has the gradient 0 in logsumexp, and the only other one 1",
    why="an impossible event has no part in a sum of probabilities",
    rule=equals(gradient=[1.0, 0.0]),
    probes={"torch": masked_logsumexp_torch, "jax": masked_logsumexp_jax},
)


def fully_masked_logsumexp_torch() -> Evidence:
    import torch

    x = torch.tensor([-torch.inf, -torch.inf], requires_grad=True)
    torch.logsumexp(x, 0).backward()
    return seen(gradient=x.grad)


def fully_masked_logsumexp_jax() -> Evidence:
    import jax
    import jax.numpy as jnp

    return seen(gradient=jax.grad(jax.nn.logsumexp)(jnp.array([-jnp.inf, -jnp.inf])))


FULLY_MASKED_LOGSUMEXP = Behaviour(
    name="infinities/fully_masked_logsumexp",
    statement="The gradient of logsumexp of two equal entries is a half for each, also where both are minus infinity",
    why="a path that is impossible in a dynamic program makes all gradients NaN",
    rule=equals(gradient=[0.5, 0.5]),
    probes={"torch": fully_masked_logsumexp_torch, "jax": fully_masked_logsumexp_jax},
)


def log_softmax_torch() -> Evidence:
    import torch

    x = torch.tensor([200.0, 0.0], requires_grad=True)
    torch.log_softmax(x, 0)[1].backward()
    return seen(gradient=x.grad)


def log_softmax_jax() -> Evidence:
    import jax
    import jax.numpy as jnp

    return seen(gradient=jax.grad(lambda x: jax.nn.log_softmax(x)[1])(jnp.array([200.0, 0.0])))


LOG_SOFTMAX = Behaviour(
    name="infinities/log_softmax",
    statement="The gradient of log_softmax is right for scores that are far apart",
    why="a confident wrong prediction is where the gradient is needed most",
    rule=is_derivative("gradient", lambda x: log_softmax(x)[1], "float32", x=[200.0, 0.0]),
    probes={"torch": log_softmax_torch, "jax": log_softmax_jax},
)


def log_of_softmax_torch() -> Evidence:
    import torch

    x = torch.tensor([200.0, 0.0], requires_grad=True)
    torch.log(torch.softmax(x, 0))[1].backward()
    return seen(gradient=x.grad)


def log_of_softmax_jax() -> Evidence:
    import jax
    import jax.numpy as jnp

    return seen(gradient=jax.grad(lambda x: jnp.log(jax.nn.softmax(x))[1])(jnp.array([200.0, 0.0])))


LOG_OF_SOFTMAX = Behaviour(
    name="infinities/log_of_softmax",
    statement="The gradient of log(softmax(x)) is that of log_softmax(x) for scores that are far apart",
    why="the probability is 0 in float32, and its logarithm minus infinity",
    rule=is_derivative("gradient", lambda x: log_softmax(x)[1], "float32", x=[200.0, 0.0]),
    probes={"torch": log_of_softmax_torch, "jax": log_of_softmax_jax},
)


def softplus_torch() -> Evidence:
    import torch

    x = torch.tensor(100.0, requires_grad=True)
    torch.nn.functional.softplus(x).backward()
    return seen(gradient=x.grad)


def softplus_jax() -> Evidence:
    import jax

    return seen(gradient=jax.grad(jax.nn.softplus)(100.0))


SOFTPLUS = Behaviour(
    name="infinities/softplus",
    statement="The gradient of softplus at 100 is 1",
    why="a function of its own is right where its formula overflows",
    rule=is_derivative("gradient", softplus, "float32", x=100.0),
    probes={"torch": softplus_torch, "jax": softplus_jax},
)


def written_softplus_torch() -> Evidence:
    import torch

    x = torch.tensor(100.0, requires_grad=True)
    torch.log(1 + torch.exp(x)).backward()
    return seen(gradient=x.grad)


def written_softplus_jax() -> Evidence:
    import jax
    import jax.numpy as jnp

    return seen(gradient=jax.grad(lambda x: jnp.log(1 + jnp.exp(x)))(100.0))


WRITTEN_SOFTPLUS = Behaviour(
    name="infinities/written_softplus",
    statement="The gradient of log(1 + exp(x)) at 100 is that of softplus",
    why="exp(100) is infinite in float32, and infinity divided by itself is NaN",
    rule=is_derivative("gradient", softplus, "float32", x=100.0),
    probes={"torch": written_softplus_torch, "jax": written_softplus_jax},
)


def normalised_torch() -> Evidence:
    import torch

    x = torch.zeros(2, requires_grad=True)
    y = x / torch.linalg.vector_norm(x)
    y.sum().backward()
    return seen(value=y, gradient=x.grad)


def normalised_jax() -> Evidence:
    import jax
    import jax.numpy as jnp

    x = jnp.zeros(2)
    gradient = jax.grad(lambda x: (x / jnp.linalg.norm(x)).sum())(x)
    return seen(value=x / jnp.linalg.norm(x), gradient=gradient)


NORMALISED = Behaviour(
    name="infinities/normalised",
    statement="A zero vector divided by its norm is NaN, and so is the gradient",
    why="there is no direction, and both answers say so",
    rule=equals(value=[NAN, NAN], gradient=[NAN, NAN]),
    probes={"torch": normalised_torch, "jax": normalised_jax},
)


def hole_torch() -> Evidence:
    import torch

    x = torch.tensor(0.0, requires_grad=True)
    y = x / x
    y.backward()
    return seen(value=y, gradient=x.grad)


def hole_jax() -> Evidence:
    import jax
    import jax.numpy as jnp

    value, gradient = jax.value_and_grad(lambda x: x / x)(jnp.array(0.0))
    return seen(value=value, gradient=gradient)


HOLE = Behaviour(
    name="infinities/hole",
    statement="The value and the gradient of x / x at 0 are NaN",
    why="a limit exists, but no framework looks for limits",
    rule=equals(value=NAN, gradient=NAN),
    probes={"torch": hole_torch, "jax": hole_jax},
)


def nan_is_found_torch() -> Evidence:
    import torch

    x = torch.tensor(0.0, requires_grad=True)
    with torch.autograd.detect_anomaly():
        torch.where(x > 0, torch.sqrt(x), 0).backward()
    return seen(gradient=x.grad)


def nan_is_found_jax() -> Evidence:
    import jax
    import jax.numpy as jnp

    with jax.debug_nans(True):
        gradient = jax.grad(lambda x: jnp.where(x > 0, jnp.sqrt(x), 0))(0.0)
    return seen(gradient=gradient)


NAN_IS_FOUND = Behaviour(
    name="infinities/nan_is_found",
    statement="Anomaly mode, or debug_nans, raises where a gradient becomes NaN and names the step",
    why="without it nobody says where a NaN came from",
    rule=raises(("RuntimeError", "FloatingPointError"), "nan"),
    probes={"torch": nan_is_found_torch, "jax": nan_is_found_jax},
)


def infinity_is_found_torch() -> Evidence:
    import torch

    x = torch.tensor(0.0, requires_grad=True)
    with torch.autograd.detect_anomaly():
        torch.sqrt(x).backward()
    return seen(gradient=x.grad)


def infinity_is_found_jax() -> Evidence:
    import jax
    import jax.numpy as jnp

    with jax.debug_nans(True):
        gradient = jax.grad(jnp.sqrt)(0.0)
    return seen(gradient=gradient)


INFINITY_IS_FOUND = Behaviour(
    name="infinities/infinity_is_found",
    statement="Anomaly mode, or debug_nans, raises where a gradient becomes infinite",
    why="the infinity comes first, and the NaN that is reported steps later",
    rule=raises(("RuntimeError", "FloatingPointError")),
    probes={"torch": infinity_is_found_torch, "jax": infinity_is_found_jax},
)


BEHAVIOURS = (
    MASKED_SOFTMAX,
    FULLY_MASKED_SOFTMAX,
    MASKED_LOGSUMEXP,
    FULLY_MASKED_LOGSUMEXP,
    LOG_SOFTMAX,
    LOG_OF_SOFTMAX,
    SOFTPLUS,
    WRITTEN_SOFTPLUS,
    NORMALISED,
    HOLE,
    NAN_IS_FOUND,
    INFINITY_IS_FOUND,
)
