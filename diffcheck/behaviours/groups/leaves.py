"""Which tensors get a gradient, and what may step in on its way there."""

from __future__ import annotations

from diffcheck.behaviours.behaviour import Absent, Behaviour
from diffcheck.behaviours.evidence import Evidence, seen
from diffcheck.behaviours.rules import equals, raises

NO_LEAVES = Absent("jax differentiates functions by their arguments and has no leaves")


def only_leaves_torch() -> Evidence:
    import torch

    x = torch.tensor(3.0, requires_grad=True)
    y = x * x
    (2 * y).backward()
    return seen(leaf=x.grad, non_leaf=y.grad)


ONLY_LEAVES = Behaviour(
    name="leaves/only_leaves",
    statement="A backward pass leaves gradients with leaves, and None with what was computed from them",
    why="the gradient of an intermediate value has to be asked for",
    rule=equals(leaf=12.0, non_leaf=None),
    probes={"torch": only_leaves_torch, "jax": NO_LEAVES},
    source="T2",
)


def retain_grad_torch() -> Evidence:
    import torch

    x = torch.tensor(3.0, requires_grad=True)
    y = x * x
    y.retain_grad()
    (2 * y).backward()
    return seen(leaf=x.grad, non_leaf=y.grad)


RETAIN_GRAD = Behaviour(
    name="leaves/retain_grad",
    statement="After retain_grad() an intermediate value gets its gradient too",
    why="the factors of the chain rule can be looked at one by one",
    rule=equals(leaf=12.0, non_leaf=2.0),
    probes={"torch": retain_grad_torch, "jax": NO_LEAVES},
)


def hook_torch() -> Evidence:
    import torch

    x = torch.tensor(3.0, requires_grad=True)
    y = x * x
    y.register_hook(lambda cotangent: 10 * cotangent)
    y.backward()
    return seen(gradient=x.grad)


def hook_jax() -> Evidence:
    import jax

    hooked = jax.custom_vjp(lambda y: y)
    hooked.defvjp(lambda y: (y, None), lambda _, cotangent: (10 * cotangent,))
    return seen(gradient=jax.grad(lambda x: hooked(x * x))(3.0))


HOOK = Behaviour(
    name="leaves/hook",
    statement="A hook may replace the cotangent, and what lies before it gets the new one",
    why="clipping is done so, and so are wrong gradients made that no formula shows",
    rule=equals(gradient=60.0),
    probes={"torch": hook_torch, "jax": hook_jax},
)


def without_detach_torch() -> Evidence:
    import torch

    params = torch.tensor([1.0, 0.0], requires_grad=True)
    (params * params).sum().backward()
    stepped = params - 0.25 * params.grad
    (stepped * stepped).sum().backward()
    return seen(is_leaf=stepped.is_leaf, gradient=stepped.grad, old_gradient=params.grad)


WITHOUT_DETACH = Behaviour(
    name="leaves/without_detach",
    statement="After a step without detach() the new parameters are no leaf, and backward leaves None with them",
    why="their graph reaches back to the old parameters, and the gradient is added there",
    rule=equals(is_leaf=False, gradient=None, old_gradient=[3.0, 0.0]),
    probes={"torch": without_detach_torch, "jax": NO_LEAVES},
    source="T2",
)


def second_step_torch() -> Evidence:
    import torch

    params = torch.tensor([1.0, 0.0], requires_grad=True)
    for _ in range(2):
        (params * params).sum().backward()
        params = params - 0.25 * params.grad
    return seen(params=params)


def second_step_jax() -> Evidence:
    import jax
    import jax.numpy as jnp

    params = jnp.array([1.0, 0.0])
    for _ in range(2):
        params = params - 0.25 * jax.grad(lambda params: (params * params).sum())(params)
    return seen(params=params)


SECOND_STEP = Behaviour(
    name="leaves/second_step",
    statement="Without detach() the second step fails, because the gradient of a non-leaf is None",
    why="a loop that forgets detach() does not train wrongly, it stops",
    rule=raises("TypeError", "NoneType"),
    probes={"torch": second_step_torch, "jax": second_step_jax},
    source="T2",
)


def detached_step_torch() -> Evidence:
    import torch

    params = torch.tensor([1.0, 0.0], requires_grad=True)
    for _ in range(2):
        (params * params).sum().backward()
        params = (params - 0.25 * params.grad).detach().requires_grad_()
    return seen(params=params)


DETACHED_STEP = Behaviour(
    name="leaves/detached_step",
    statement="With detach().requires_grad_() every step starts from a new leaf",
    why="no graph and no gradient is carried from step to step, and nothing needs zeroing",
    rule=equals(params=[0.25, 0.0]),
    probes={"torch": detached_step_torch, "jax": second_step_jax},
    source="T2",
)


def variable_torch() -> Evidence:
    import torch

    tensor = torch.tensor([1.0, 2.0])
    variable = torch.autograd.Variable(tensor, requires_grad=True)
    return seen(is_tensor=isinstance(variable, torch.Tensor), type=type(variable).__name__, is_leaf=variable.is_leaf)


VARIABLE = Behaviour(
    name="leaves/variable",
    statement="A Variable is a Tensor",
    why="whether a value enters the graph depends on requires_grad, and on no wrapper",
    rule=equals(is_tensor=True, type="Tensor", is_leaf=True),
    probes={"torch": variable_torch, "jax": Absent("jax has no Variable")},
    source="T3",
)


def module_backward_torch() -> Evidence:
    import torch

    calls = []

    class Double(torch.nn.Module):
        def forward(self, x):
            return 2 * x

        def backward(self, cotangent):
            calls.append("backward")
            return 10 * cotangent

    x = torch.tensor(3.0, requires_grad=True)
    Double()(x).backward()
    return seen(calls=calls, gradient=x.grad)


MODULE_BACKWARD = Behaviour(
    name="leaves/module_backward",
    statement="A method named backward on a Module is never called",
    why="a derivative that is written there by hand takes no part; torch.autograd.Function is for that",
    rule=equals(calls=[], gradient=2.0),
    probes={"torch": module_backward_torch, "jax": Absent("jax has no modules")},
    source="T3",
)


def function_backward_torch() -> Evidence:
    import torch

    class Double(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return 2 * x

        @staticmethod
        def backward(ctx, cotangent):
            return 10 * cotangent

    x = torch.tensor(3.0, requires_grad=True)
    Double.apply(x).backward()
    return seen(gradient=x.grad)


def function_backward_jax() -> Evidence:
    import jax

    double = jax.custom_vjp(lambda x: 2 * x)
    double.defvjp(lambda x: (2 * x, None), lambda _, cotangent: (10 * cotangent,))
    return seen(gradient=jax.grad(double)(3.0))


FUNCTION_BACKWARD = Behaviour(
    name="leaves/function_backward",
    statement="A backward that is written by hand is used, even where it is wrong",
    why="no framework checks it against forward",
    rule=equals(gradient=10.0),
    probes={"torch": function_backward_torch, "jax": function_backward_jax},
)


BEHAVIOURS = (
    ONLY_LEAVES,
    RETAIN_GRAD,
    HOOK,
    WITHOUT_DETACH,
    SECOND_STEP,
    DETACHED_STEP,
    VARIABLE,
    MODULE_BACKWARD,
    FUNCTION_BACKWARD,
)
