"""What cuts the graph: constants made on purpose, and operations whose derivative is nothing but zero."""

from __future__ import annotations

from diffcheck import array_namespace
from diffcheck.behaviours.behaviour import Absent, Behaviour
from diffcheck.behaviours.evidence import Evidence, seen
from diffcheck.behaviours.rules import both, equals, is_derivative, raises, same

ON_REQUEST = Absent("jax differentiates where it is asked to, and has no mode that switches it off")


def detach_torch() -> Evidence:
    import torch

    x = torch.tensor([0.0, 1.0, 2.0, 3.0], requires_grad=True)
    u = (x * x).detach()
    (u * x).sum().backward()
    return seen(u=u, gradient=x.grad)


def detach_jax() -> Evidence:
    import jax
    import jax.numpy as jnp

    x = jnp.array([0.0, 1.0, 2.0, 3.0])
    gradient = jax.grad(lambda x: (jax.lax.stop_gradient(x * x) * x).sum())(x)
    return seen(u=x * x, gradient=gradient)


DETACH = Behaviour(
    name="cutting/detach",
    statement="What is detached is a constant, so that detach(x·x)·x has the gradient x·x",
    why="targets, baselines and straight-through estimators rely on it",
    rule=both(same("u", "gradient"), equals(gradient=[0.0, 1.0, 4.0, 9.0])),
    probes={"torch": detach_torch, "jax": detach_jax},
    source="T1",
)


def without_zeroing_torch() -> Evidence:
    import torch

    x = torch.tensor([0.0, 1.0, 2.0, 3.0], requires_grad=True)
    x.sum().backward()
    u = (x * x).detach()
    (u * x).sum().backward()
    return seen(u=u, gradient=x.grad, equal=x.grad == u)


def without_zeroing_jax() -> Evidence:
    import jax
    import jax.numpy as jnp

    x = jnp.array([0.0, 1.0, 2.0, 3.0])
    jax.grad(jnp.sum)(x)
    gradient = jax.grad(lambda x: (jax.lax.stop_gradient(x * x) * x).sum())(x)
    return seen(u=x * x, gradient=gradient, equal=gradient == x * x)


WITHOUT_ZEROING = Behaviour(
    name="cutting/without_zeroing",
    statement="The gradient of detach(x·x)·x is x·x although that of an earlier sum was not zeroed",
    why="so it is claimed, and what accumulated makes it untrue everywhere",
    rule=same("u", "gradient"),
    probes={"torch": without_zeroing_torch, "jax": without_zeroing_jax},
    source="T1",
)


def comparison_torch() -> Evidence:
    import torch

    x = torch.tensor([0.0, 1.0, 2.0, 3.0], requires_grad=True)
    u = (x * x).detach()
    (u * x).sum().backward()
    return seen(equal=x.grad == u)


def comparison_jax() -> Evidence:
    import jax
    import jax.numpy as jnp

    x = jnp.array([0.0, 1.0, 2.0, 3.0])
    gradient = jax.grad(lambda x: (jax.lax.stop_gradient(x * x) * x).sum())(x)
    return seen(equal=gradient == x * x)


COMPARISON = Behaviour(
    name="cutting/comparison",
    statement="A gradient and a detached value can be compared with ==, entry by entry",
    why="it is claimed that they cannot",
    rule=equals(equal=[True, True, True, True]),
    probes={"torch": comparison_torch, "jax": comparison_jax},
    source="T1",
)


def without_detach_torch() -> Evidence:
    import torch

    x = torch.tensor([0.0, 1.0, 2.0, 3.0], requires_grad=True)
    u = x * x
    (u * x).sum().backward()
    return seen(gradient=x.grad)


def without_detach_jax() -> Evidence:
    import jax
    import jax.numpy as jnp

    x = jnp.array([0.0, 1.0, 2.0, 3.0])
    return seen(gradient=jax.grad(lambda x: (x * x * x).sum())(x))


WITHOUT_DETACH = Behaviour(
    name="cutting/without_detach",
    statement="Without detach() the gradient of (x·x)·x is 3·x²",
    why="the difference is what detaching is for",
    rule=is_derivative("gradient", lambda x: x * x * x, dtype="float32", x=[0.0, 1.0, 2.0, 3.0]),
    probes={"torch": without_detach_torch, "jax": without_detach_jax},
    source="T1",
)


def graph_survives_torch() -> Evidence:
    import torch

    x = torch.tensor([0.0, 1.0, 2.0, 3.0], requires_grad=True)
    y = x * x
    (y.detach() * x).sum().backward()
    x.grad.zero_()
    y.sum().backward()
    return seen(gradient=x.grad)


def graph_survives_jax() -> Evidence:
    import jax
    import jax.numpy as jnp

    x = jnp.array([0.0, 1.0, 2.0, 3.0])
    y, pull_back = jax.vjp(lambda x: x * x, x)
    jax.grad(lambda x: (jax.lax.stop_gradient(y) * x).sum())(x)
    (gradient,) = pull_back(jnp.ones(4))
    return seen(gradient=gradient)


GRAPH_SURVIVES = Behaviour(
    name="cutting/graph_survives",
    statement="The graph of a value survives that a copy of it was detached and used",
    why="one forward pass serves a loss that sees through it and another that does not",
    rule=is_derivative("gradient", lambda x: x * x, dtype="float32", x=[0.0, 1.0, 2.0, 3.0]),
    probes={"torch": graph_survives_torch, "jax": graph_survives_jax},
    source="T1",
)


def forward_mode_torch() -> Evidence:
    import torch

    _, tangent = torch.func.jvp(lambda x: x.detach() * x, (torch.tensor(3.0),), (torch.tensor(1.0),))
    return seen(tangent=tangent)


def forward_mode_jax() -> Evidence:
    import jax

    _, tangent = jax.jvp(lambda x: jax.lax.stop_gradient(x) * x, (3.0,), (1.0,))
    return seen(tangent=tangent)


FORWARD_MODE = Behaviour(
    name="cutting/forward_mode",
    statement="Detaching cuts in forward mode as it does in reverse mode",
    why="both modes have to give one derivative",
    rule=equals(tangent=3.0),
    probes={"torch": forward_mode_torch, "jax": forward_mode_jax},
)


def no_grad_torch() -> Evidence:
    import torch

    x = torch.tensor([1.0, 2.0], requires_grad=True)
    with torch.no_grad():
        y = x * x
    return seen(inside=y.requires_grad, outside=(x * x).requires_grad)


NO_GRAD = Behaviour(
    name="cutting/no_grad",
    statement="What is computed inside no_grad does not require grad",
    why="an update or an evaluation costs no graph",
    rule=equals(inside=False, outside=True),
    probes={"torch": no_grad_torch, "jax": ON_REQUEST},
    source="T3",
)


def inference_mode_torch() -> Evidence:
    import torch

    w = torch.tensor(2.0, requires_grad=True)
    with torch.inference_mode():
        h = 3 * w
    z = w * h
    return seen(value=z)


INFERENCE_MODE = Behaviour(
    name="cutting/inference_mode",
    statement="What is computed inside inference_mode cannot be saved for a backward pass later",
    why="it is stricter than no_grad, whose results are constants like all others",
    rule=raises("RuntimeError", "Inference tensors cannot be saved for backward"),
    probes={"torch": inference_mode_torch, "jax": ON_REQUEST},
)


def argmax_torch() -> Evidence:
    import torch

    x = torch.tensor([1.0, 2.0], requires_grad=True)
    x.argmax().float().backward()
    return seen(gradient=x.grad)


def argmax_jax() -> Evidence:
    import jax
    import jax.numpy as jnp

    x = jnp.array([1.0, 2.0])
    return seen(gradient=jax.grad(lambda x: x.argmax().astype(float))(x))


ARGMAX = Behaviour(
    name="cutting/argmax",
    statement="A derivative through argmax is refused",
    why="it is zero wherever it exists, and training with it would stand still",
    rule=raises("RuntimeError", "does not require grad"),
    probes={"torch": argmax_torch, "jax": argmax_jax},
)


def integer_cast_torch() -> Evidence:
    import torch

    x = torch.tensor([0.3, 1.7], requires_grad=True)
    x.long().float().sum().backward()
    return seen(gradient=x.grad)


def integer_cast_jax() -> Evidence:
    import jax
    import jax.numpy as jnp

    x = jnp.array([0.3, 1.7])
    return seen(gradient=jax.grad(lambda x: x.astype(int).astype(float).sum())(x))


INTEGER_CAST = Behaviour(
    name="cutting/integer_cast",
    statement="A derivative through a cast to integers is refused",
    why="casting back to floats does not bring the graph back",
    rule=raises("RuntimeError", "does not require grad"),
    probes={"torch": integer_cast_torch, "jax": integer_cast_jax},
)


def rounding_torch() -> Evidence:
    import torch

    x = torch.tensor([0.25, 1.75], requires_grad=True)
    x.round().sum().backward()
    return seen(gradient=x.grad)


def rounding_jax() -> Evidence:
    import jax
    import jax.numpy as jnp

    x = jnp.array([0.25, 1.75])
    return seen(gradient=jax.grad(lambda x: jnp.round(x).sum())(x))


ROUNDING = Behaviour(
    name="cutting/rounding",
    statement="The gradient through round is zero, and nobody says so",
    why="quantisation stops training in silence unless its gradient is replaced",
    rule=is_derivative("gradient", lambda x: array_namespace(x).round(x), dtype="float32", x=[0.25, 1.75]),
    probes={"torch": rounding_torch, "jax": rounding_jax},
)


def mask_torch() -> Evidence:
    import torch

    x = torch.tensor([-1.0, 2.0], requires_grad=True)
    ((x > 0).float() * x).sum().backward()
    return seen(gradient=x.grad)


def mask_jax() -> Evidence:
    import jax
    import jax.numpy as jnp

    x = jnp.array([-1.0, 2.0])
    return seen(gradient=jax.grad(lambda x: ((x > 0).astype(float) * x).sum())(x))


MASK = Behaviour(
    name="cutting/mask",
    statement="A comparison is a constant, so that a mask times x has the mask as its gradient",
    why="that is the derivative away from the threshold; a jump at it stays unseen",
    rule=equals(gradient=[0.0, 1.0]),
    probes={"torch": mask_torch, "jax": mask_jax},
)


BEHAVIOURS = (
    DETACH,
    WITHOUT_ZEROING,
    COMPARISON,
    WITHOUT_DETACH,
    GRAPH_SURVIVES,
    FORWARD_MODE,
    NO_GRAD,
    INFERENCE_MODE,
    ARGMAX,
    INTEGER_CAST,
    ROUNDING,
    MASK,
)
