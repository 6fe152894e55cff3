"""Kinks: which of the admissible gradients is picked where a function bends."""

from __future__ import annotations

from typing import Any

from diffcheck.behaviours.behaviour import Behaviour
from diffcheck.behaviours.evidence import Evidence, seen
from diffcheck.behaviours.rules import both, is_derivative, same
from diffcheck.namespace import array_namespace
from diffcheck.special import leaky_relu, relu


def relu_torch() -> Evidence:
    import torch

    x = torch.tensor(0.0, requires_grad=True)
    torch.relu(x).backward()
    return seen(gradient=x.grad)


def relu_jax() -> Evidence:
    import jax

    return seen(gradient=jax.grad(jax.nn.relu)(0.0))


RELU = Behaviour(
    name="kinks/relu",
    statement="The gradient of relu at 0 is admissible: a number from 0 to 1",
    why="a unit whose input is exactly 0 learns or does not learn, as the framework likes",
    rule=is_derivative("gradient", relu, "float32", x=0.0),
    probes={"torch": relu_torch, "jax": relu_jax},
)


def clamp_at_zero_torch() -> Evidence:
    import torch

    x = torch.tensor(0.0, requires_grad=True)
    x.clamp(min=0).backward()
    return seen(gradient=x.grad)


def clamp_at_zero_jax() -> Evidence:
    import jax
    import jax.numpy as jnp

    return seen(gradient=jax.grad(lambda x: jnp.clip(x, min=0))(0.0))


CLAMP_AT_ZERO = Behaviour(
    name="kinks/clamp_at_zero",
    statement="The gradient of clamp(min=0) at 0 is admissible: a number from 0 to 1",
    why="the hidden layer of a hand-written network is often spelled so",
    rule=is_derivative("gradient", relu, "float32", x=0.0),
    probes={"torch": clamp_at_zero_torch, "jax": clamp_at_zero_jax},
    source="T3",
)


def relu_spellings_torch() -> Evidence:
    import torch

    x = torch.zeros(4, requires_grad=True)
    zero = torch.tensor(0.0)
    y = [torch.relu(x[0]), x[1].clamp(min=0), torch.maximum(x[2], zero), torch.where(x[3] > 0, x[3], 0)]
    sum(y).backward()
    return seen(relu=x.grad[0], clamp=x.grad[1], maximum=x.grad[2], where=x.grad[3])


def relu_spellings_jax() -> Evidence:
    import jax
    import jax.numpy as jnp

    return seen(
        relu=jax.grad(jax.nn.relu)(0.0),
        clamp=jax.grad(lambda x: jnp.clip(x, min=0))(0.0),
        maximum=jax.grad(lambda x: jnp.maximum(x, 0))(0.0),
        where=jax.grad(lambda x: jnp.where(x > 0, x, 0))(0.0),
    )


RELU_SPELLINGS = Behaviour(
    name="kinks/relu_spellings",
    statement="relu, clamp(min=0), maximum(x, 0) and where(x > 0, x, 0) pick the same gradient at 0",
    why="one is put in the other's place without a second thought",
    rule=same("relu", "clamp", "maximum", "where"),
    probes={"torch": relu_spellings_torch, "jax": relu_spellings_jax},
    source="T3",
)


def relu_difference_torch() -> Evidence:
    import torch

    x = torch.tensor(0.0, requires_grad=True)
    (torch.relu(x) - torch.relu(-x)).backward()
    return seen(gradient=x.grad)


def relu_difference_jax() -> Evidence:
    import jax

    return seen(gradient=jax.grad(lambda x: jax.nn.relu(x) - jax.nn.relu(-x))(0.0))


RELU_DIFFERENCE = Behaviour(
    name="kinks/relu_difference",
    statement="The gradient of relu(x) - relu(-x), which is x, is 1 at 0",
    why="choices that are admissible one by one need not fit together",
    rule=is_derivative("gradient", lambda x: relu(x) - relu(-x), "float32", x=0.0),
    probes={"torch": relu_difference_torch, "jax": relu_difference_jax},
)


def clip_torch() -> Evidence:
    import torch

    x = torch.tensor([-1.0, 1.0], requires_grad=True)
    x.clip(-1, 1).sum().backward()
    return seen(gradient=x.grad)


def clip_jax() -> Evidence:
    import jax
    import jax.numpy as jnp

    x = jnp.array([-1.0, 1.0])
    return seen(gradient=jax.grad(lambda x: jnp.clip(x, -1, 1).sum())(x))


CLIP = Behaviour(
    name="kinks/clip",
    statement="The gradient of clip at its bounds is admissible: a number from 0 to 1",
    why="pixels and probabilities often lie exactly on a bound",
    rule=is_derivative("gradient", lambda x: array_namespace(x).clip(x, -1.0, 1.0), "float32", x=[-1.0, 1.0]),
    probes={"torch": clip_torch, "jax": clip_jax},
)


def bounded_torch() -> Evidence:
    import torch
    from torch.nn.functional import hardtanh, relu6

    x = torch.tensor([0.0, 6.0], requires_grad=True)
    y = torch.tensor([-1.0, 1.0], requires_grad=True)
    (relu6(x).sum() + hardtanh(y).sum()).backward()
    return seen(relu6=x.grad, hardtanh=y.grad)


def bounded_jax() -> Evidence:
    import jax
    import jax.numpy as jnp

    relu6 = jax.grad(lambda x: jax.nn.relu6(x).sum())(jnp.array([0.0, 6.0]))
    hardtanh = jax.grad(lambda x: jax.nn.hard_tanh(x).sum())(jnp.array([-1.0, 1.0]))
    return seen(relu6=relu6, hardtanh=hardtanh)


BOUNDED = Behaviour(
    name="kinks/bounded",
    statement="The gradients of relu6 and hardtanh at their bounds are admissible: numbers from 0 to 1",
    why="both are clips, and need not pick what clip picks",
    rule=both(
        is_derivative("relu6", lambda x: array_namespace(x).clip(x, 0.0, 6.0), "float32", x=[0.0, 6.0]),
        is_derivative("hardtanh", lambda x: array_namespace(x).clip(x, -1.0, 1.0), "float32", x=[-1.0, 1.0]),
    ),
    probes={"torch": bounded_torch, "jax": bounded_jax},
)


def where_torch() -> Evidence:
    import torch

    x = torch.tensor(0.0, requires_grad=True)
    torch.where(x > 0, x, 0).backward()
    return seen(gradient=x.grad)


def where_jax() -> Evidence:
    import jax
    import jax.numpy as jnp

    return seen(gradient=jax.grad(lambda x: jnp.where(x > 0, x, 0))(0.0))


def _where(x: Any) -> Any:
    xp = array_namespace(x)
    return xp.where(x > 0, x, xp.zeros_like(x))


WHERE = Behaviour(
    name="kinks/where",
    statement="The gradient of where(x > 0, x, 0) at 0 is admissible: a number from 0 to 1",
    why="the comparison, strict or not, says which branch is differentiated",
    rule=is_derivative("gradient", _where, "float32", x=0.0),
    probes={"torch": where_torch, "jax": where_jax},
)


def abs_torch() -> Evidence:
    import torch

    x = torch.tensor(0.0, requires_grad=True)
    x.abs().backward()
    return seen(gradient=x.grad)


def abs_jax() -> Evidence:
    import jax
    import jax.numpy as jnp

    return seen(gradient=jax.grad(jnp.abs)(0.0))


ABS = Behaviour(
    name="kinks/abs",
    statement="The gradient of abs at 0 is admissible: a number from -1 to 1",
    why="with 0 a weight under an L1 penalty may stay at 0, with 1 the penalty pushes it away",
    rule=is_derivative("gradient", lambda x: array_namespace(x).abs(x), "float32", x=0.0),
    probes={"torch": abs_torch, "jax": abs_jax},
)


def leaky_relu_torch() -> Evidence:
    import torch

    x = torch.tensor(0.0, requires_grad=True)
    torch.nn.functional.leaky_relu(x).backward()
    return seen(gradient=x.grad)


def leaky_relu_jax() -> Evidence:
    import jax

    return seen(gradient=jax.grad(jax.nn.leaky_relu)(0.0))


LEAKY_RELU = Behaviour(
    name="kinks/leaky_relu",
    statement="The gradient of leaky_relu at 0 is admissible: a number from 0.01 to 1",
    why="the two ends are a hundred times apart",
    rule=is_derivative("gradient", leaky_relu, "float32", x=0.0),
    probes={"torch": leaky_relu_torch, "jax": leaky_relu_jax},
)


def huber_torch() -> Evidence:
    import torch

    x = torch.tensor([-1.0, 1.0], requires_grad=True)
    torch.nn.functional.smooth_l1_loss(x, torch.zeros(2), reduction="sum").backward()
    return seen(gradient=x.grad)


def huber_jax() -> Evidence:
    import jax
    import jax.numpy as jnp

    def huber(x):
        return jnp.sum(jnp.where(abs(x) <= 1, x**2 / 2, abs(x) - 0.5))

    return seen(gradient=jax.grad(huber)(jnp.array([-1.0, 1.0])))


def _huber(x: Any) -> Any:
    xp = array_namespace(x)
    return xp.sum(xp.where(xp.abs(x) <= 1, x * x / 2, xp.abs(x) - 0.5))


HUBER = Behaviour(
    name="kinks/huber",
    statement="The gradient of the Huber loss is -1 and 1 at its threshold, where its branches meet smoothly",
    why="there is nothing to pick where both branches have the same slope",
    rule=is_derivative("gradient", _huber, "float32", x=[-1.0, 1.0]),
    probes={"torch": huber_torch, "jax": huber_jax},
)


def _two_layers(w1: Any, x: Any, w2: Any, y: Any) -> Any:
    xp = array_namespace(w1, x, w2, y)
    return xp.sum((xp.matmul(relu(xp.matmul(x, w1)), w2) - y) ** 2)


def _is_gradient_of_two_layers(w1: float, y: float) -> Any:
    return is_derivative("gradient", _two_layers, "float32", w1=[[w1]], x=[[1.0]], w2=[[1.0]], y=[[y]])


def clamped_backward_of_inactive_torch() -> Evidence:
    import torch

    x, w1, w2, y = (torch.tensor([[number]]) for number in (1.0, -1.0, 1.0, -1.0))
    h = x.mm(w1).clamp(min=0)
    g_pred = 2 * (h.mm(w2) - y)
    g_h = g_pred.mm(w2.t())
    g_h.clamp_(min=0)
    return seen(gradient=x.t().mm(g_h))


def clamped_backward_of_inactive_jax() -> Evidence:
    import jax.numpy as jnp

    x, w1, w2, y = (jnp.array([[number]]) for number in (1.0, -1.0, 1.0, -1.0))
    h = jnp.clip(x @ w1, min=0)
    g_pred = 2 * (h @ w2 - y)
    g_h = jnp.clip(g_pred @ w2.T, min=0)
    return seen(gradient=x.T @ g_h)


CLAMPED_BACKWARD_OF_INACTIVE = Behaviour(
    name="kinks/clamped_backward_of_inactive",
    statement="In a hand-written backward pass, g_h.clamp_(min=0) stops the gradient of a unit that was clamped",
    why="it looks at the sign of the gradient, and the forward pass looked at that of the activation",
    rule=_is_gradient_of_two_layers(w1=-1.0, y=-1.0),
    probes={"torch": clamped_backward_of_inactive_torch, "jax": clamped_backward_of_inactive_jax},
    source="T3",
)


def clamped_backward_of_active_torch() -> Evidence:
    import torch

    x, w1, w2, y = (torch.tensor([[number]]) for number in (1.0, 1.0, 1.0, 2.0))
    h = x.mm(w1).clamp(min=0)
    g_pred = 2 * (h.mm(w2) - y)
    g_h = g_pred.mm(w2.t())
    g_h.clamp_(min=0)
    return seen(gradient=x.t().mm(g_h))


def clamped_backward_of_active_jax() -> Evidence:
    import jax.numpy as jnp

    x, w1, w2, y = (jnp.array([[number]]) for number in (1.0, 1.0, 1.0, 2.0))
    h = jnp.clip(x @ w1, min=0)
    g_pred = 2 * (h @ w2 - y)
    g_h = jnp.clip(g_pred @ w2.T, min=0)
    return seen(gradient=x.T @ g_h)


CLAMPED_BACKWARD_OF_ACTIVE = Behaviour(
    name="kinks/clamped_backward_of_active",
    statement="In a hand-written backward pass, g_h.clamp_(min=0) lets through the gradient of a unit that is active",
    why="a weight that should grow stays as it is, because its gradient is negative",
    rule=_is_gradient_of_two_layers(w1=1.0, y=2.0),
    probes={"torch": clamped_backward_of_active_torch, "jax": clamped_backward_of_active_jax},
    source="T3",
)


def masked_backward_torch() -> Evidence:
    import torch

    x, w1 = torch.tensor([[1.0]]), torch.tensor([[-1.0, 1.0]])
    w2, y = torch.tensor([[1.0], [1.0]]), torch.tensor([[2.0]])
    h = x.mm(w1)
    g_h = (2 * (h.clamp(min=0).mm(w2) - y)).mm(w2.t())
    g_h[h < 0] = 0
    return seen(gradient=x.t().mm(g_h))


def masked_backward_jax() -> Evidence:
    import jax.numpy as jnp

    x, w1 = jnp.array([[1.0]]), jnp.array([[-1.0, 1.0]])
    w2, y = jnp.array([[1.0], [1.0]]), jnp.array([[2.0]])
    h = x @ w1
    g_h = 2 * (jnp.clip(h, min=0) @ w2 - y) @ w2.T
    return seen(gradient=x.T @ jnp.where(h < 0, 0, g_h))


MASKED_BACKWARD = Behaviour(
    name="kinks/masked_backward",
    statement="A hand-written backward pass that masks where the activation is negative gives the derivative",
    why="that is the line that the clamp of the gradient should have been",
    rule=is_derivative("gradient", _two_layers, "float32", w1=[[-1.0, 1.0]], x=[[1.0]], w2=[[1.0], [1.0]], y=[[2.0]]),
    probes={"torch": masked_backward_torch, "jax": masked_backward_jax},
    source="T3",
)


BEHAVIOURS = (
    RELU,
    CLAMP_AT_ZERO,
    RELU_SPELLINGS,
    RELU_DIFFERENCE,
    CLIP,
    BOUNDED,
    WHERE,
    ABS,
    LEAKY_RELU,
    HUBER,
    CLAMPED_BACKWARD_OF_INACTIVE,
    CLAMPED_BACKWARD_OF_ACTIVE,
    MASKED_BACKWARD,
)
