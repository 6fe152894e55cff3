"""Tracing: what compiling keeps of a Python function, its conditions, its loops and its derivative."""

from __future__ import annotations

from diffcheck.behaviours.behaviour import Behaviour
from diffcheck.behaviours.evidence import Evidence, seen
from diffcheck.behaviours.rules import both, equals, raises, same


def frozen_branch_torch() -> Evidence:
    import torch

    def square_or_negative(x):
        return x * x if x > 0 else -x

    x = torch.tensor(-3.0, requires_grad=True)
    torch.jit.trace(square_or_negative, torch.tensor(2.0))(x).backward()
    return seen(gradient=x.grad)


def frozen_branch_jax() -> Evidence:
    import jax

    def square_or_negative(x):
        return x * x if x > 0 else -x

    return seen(gradient=jax.grad(jax.jit(square_or_negative))(-3.0))


FROZEN_BRANCH = Behaviour(
    name="tracing/frozen_branch",
    statement="Tracing refuses a Python condition on a traced value",
    why="a trace that keeps the way it happened to take gives −6 at −3, where the derivative is −1",
    rule=raises("TracerBoolConversionError"),
    probes={"torch": frozen_branch_torch, "jax": frozen_branch_jax},
)


def compiled_branch_torch() -> Evidence:
    import torch

    @torch.compile(backend="eager")
    def square_or_negative(x):
        return x * x if x > 0 else -x

    inputs = [torch.tensor(value, requires_grad=True) for value in (2.0, -3.0)]
    return seen(gradients=[torch.autograd.grad(square_or_negative(x), x)[0] for x in inputs])


def compiled_branch_jax() -> Evidence:
    import jax

    @jax.jit
    def square_or_negative(x):
        return jax.lax.cond(x > 0, lambda x: x * x, lambda x: -x, x)

    return seen(gradients=[jax.grad(square_or_negative)(x) for x in (2.0, -3.0)])


COMPILED_BRANCH = Behaviour(
    name="tracing/compiled_branch",
    statement="A compiled function takes the way that its argument asks for each time, here 4 at 2 and −1 at −3",
    why="compiling must not freeze the first call's way",
    rule=equals(gradients=[4.0, -1.0]),
    probes={"torch": compiled_branch_torch, "jax": compiled_branch_jax},
)


def compiled_torch() -> Evidence:
    import torch

    def f(x):
        return (x * x * x - 2 * x).sum()

    x = torch.tensor([1.0, 2.0, -3.0], requires_grad=True)
    (plain,) = torch.autograd.grad(f(x), x)
    (compiled,) = torch.autograd.grad(torch.compile(f, backend="aot_eager")(x), x)
    return seen(plain=plain, compiled=compiled)


def compiled_jax() -> Evidence:
    import jax
    import jax.numpy as jnp

    def f(x):
        return (x * x * x - 2 * x).sum()

    x = jnp.array([1.0, 2.0, -3.0])
    return seen(plain=jax.grad(f)(x), compiled=jax.jit(jax.grad(f))(x))


COMPILED = Behaviour(
    name="tracing/compiled",
    statement="A compiled function has the same gradient",
    why="compiling may change the order of operations, but not what is computed",
    rule=both(equals(plain=[1.0, 10.0, 25.0]), same("plain", "compiled")),
    probes={"torch": compiled_torch, "jax": compiled_jax},
)


def captured_torch() -> Evidence:
    import torch

    settings = {"scale": 2.0}
    f = torch.compile(lambda x: settings["scale"] * x, backend="eager")
    x = torch.tensor(1.0, requires_grad=True)
    (before,) = torch.autograd.grad(f(x), x)
    settings["scale"] = 3.0
    (after,) = torch.autograd.grad(f(x), x)
    return seen(before=before, after=after)


def captured_jax() -> Evidence:
    import jax

    settings = {"scale": 2.0}
    gradient = jax.jit(jax.grad(lambda x: settings["scale"] * x))
    before = gradient(1.0)
    settings["scale"] = 3.0
    return seen(before=before, after=gradient(1.0))


CAPTURED = Behaviour(
    name="tracing/captured",
    statement="A compiled function sees when a number that it took from outside has changed",
    why="otherwise its gradient is that of the old number, and nothing says so",
    rule=equals(before=2.0, after=3.0),
    probes={"torch": captured_torch, "jax": captured_jax},
)


def compiled_rule_torch() -> Evidence:
    import torch

    class Seven(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * x

        @staticmethod
        def backward(ctx, cotangent):
            return 7 * cotangent

    x = torch.tensor(1.0, requires_grad=True)
    torch.compile(Seven.apply, backend="aot_eager")(x).backward()
    return seen(gradient=x.grad)


def compiled_rule_jax() -> Evidence:
    import jax

    seven = jax.custom_vjp(lambda x: x * x)
    seven.defvjp(lambda x: (x * x, None), lambda _, cotangent: (7 * cotangent,))
    return seen(gradient=jax.grad(jax.jit(seven))(1.0))


COMPILED_RULE = Behaviour(
    name="tracing/compiled_rule",
    statement="A derivative written by hand, here 7, survives compiling",
    why="a compiler that differentiated the function itself would undo every correction made by hand",
    rule=equals(gradient=7.0),
    probes={"torch": compiled_rule_torch, "jax": compiled_rule_jax},
)


def python_loop_torch() -> Evidence:
    import torch

    x = torch.tensor(1.0, requires_grad=True)
    y = x
    while y < 1000:
        y = 2 * y
    y.backward()
    return seen(gradient=x.grad)


def python_loop_jax() -> Evidence:
    import jax

    def f(x):
        while x < 1000:
            x = 2 * x
        return x

    return seen(gradient=jax.grad(f)(1.0))


PYTHON_LOOP = Behaviour(
    name="tracing/python_loop",
    statement="A Python loop that runs until data say stop has a derivative in reverse mode",
    why="what was done is recorded step by step, however many steps that takes",
    rule=equals(gradient=1024.0),
    probes={"torch": python_loop_torch, "jax": python_loop_jax},
)


def loop_in_reverse_torch() -> Evidence:
    import torch
    from torch._higher_order_ops import while_loop

    x = torch.tensor(1.0, requires_grad=True)
    (y,) = while_loop(lambda y: y < 1000, lambda y: (2 * y,), (x,))
    y.backward()
    return seen(gradient=x.grad)


def loop_in_reverse_jax() -> Evidence:
    import jax

    def f(x):
        return jax.lax.while_loop(lambda y: y < 1000, lambda y: 2 * y, x)

    return seen(gradient=jax.grad(f)(1.0))


LOOP_IN_REVERSE = Behaviour(
    name="tracing/loop_in_reverse",
    statement="The framework's own while loop has a derivative in reverse mode",
    why="the number of steps is unknown beforehand, and so is what reverse mode would have to keep",
    rule=equals(gradient=1024.0),
    probes={"torch": loop_in_reverse_torch, "jax": loop_in_reverse_jax},
)


def loop_forward_torch() -> Evidence:
    import torch
    from torch._higher_order_ops import while_loop

    def f(x):
        return while_loop(lambda y: y < 1000, lambda y: (2 * y,), (x,))[0]

    return seen(tangent=torch.func.jvp(f, (torch.tensor(1.0),), (torch.tensor(1.0),))[1])


def loop_forward_jax() -> Evidence:
    import jax

    def f(x):
        return jax.lax.while_loop(lambda y: y < 1000, lambda y: 2 * y, x)

    return seen(tangent=jax.jvp(f, (1.0,), (1.0,))[1])


LOOP_FORWARD = Behaviour(
    name="tracing/loop_forward",
    statement="The framework's own while loop has a derivative in forward mode",
    why="forward mode keeps nothing, so that the number of steps does not matter",
    rule=equals(tangent=1024.0),
    probes={"torch": loop_forward_torch, "jax": loop_forward_jax},
)


BEHAVIOURS = (
    FROZEN_BRANCH,
    COMPILED_BRANCH,
    COMPILED,
    CAPTURED,
    COMPILED_RULE,
    PYTHON_LOOP,
    LOOP_IN_REVERSE,
    LOOP_FORWARD,
)
"""What compiling keeps of a Python function, its conditions, its loops and its derivative."""
