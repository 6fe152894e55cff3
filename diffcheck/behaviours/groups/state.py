"""Where gradients are kept: what is there before, after, and after a second time."""

from __future__ import annotations

from diffcheck.behaviours.behaviour import Absent, Behaviour
from diffcheck.behaviours.evidence import Evidence, seen
from diffcheck.behaviours.rules import equals, raises

RETURNS = Absent("jax returns gradients and keeps none")


def nothing_before_torch() -> Evidence:
    import torch

    params = torch.tensor([1.0, 0.0], requires_grad=True)
    return seen(gradient=params.grad)


NOTHING_BEFORE = Behaviour(
    name="state/nothing_before",
    statement="Before the first backward pass the gradient is None",
    why="code that reads it too early fails at once instead of using zeros",
    rule=equals(gradient=None),
    probes={"torch": nothing_before_torch, "jax": RETURNS},
    source="T2, T4",
)


ZEROS_BEFORE = Behaviour(
    name="state/zeros_before",
    statement="Before the first backward pass the gradient is an array of zeros",
    why="that is what attach_grad of MXNet leaves, and code that relies on it fails elsewhere",
    rule=equals(gradient=[0.0, 0.0]),
    probes={"torch": nothing_before_torch, "jax": RETURNS},
    source="T4",
)


def accumulates_torch() -> Evidence:
    import torch

    x = torch.tensor([0.0, 1.0, 2.0, 3.0], requires_grad=True)
    (2 * torch.dot(x, x)).backward()
    first = x.grad.clone()
    x.sum().backward()
    return seen(first=first, gradient=x.grad)


def accumulates_jax() -> Evidence:
    import jax
    import jax.numpy as jnp

    x = jnp.array([0.0, 1.0, 2.0, 3.0])
    first = jax.grad(lambda x: 2 * jnp.dot(x, x))(x)
    return seen(first=first, gradient=jax.grad(jnp.sum)(x))


ACCUMULATES = Behaviour(
    name="state/accumulates",
    statement="A second backward pass adds its gradient to what is there",
    why="a training loop that does not zero gradients uses the sum of all of them",
    rule=equals(first=[0.0, 4.0, 8.0, 12.0], gradient=[1.0, 5.0, 9.0, 13.0]),
    probes={"torch": accumulates_torch, "jax": accumulates_jax},
    source="T1, T2, T5",
)


def two_losses_torch() -> Evidence:
    import torch

    w = torch.tensor([2.0, -3.0], requires_grad=True)
    (w * w).sum().backward()
    (5 * w).sum().backward()
    apart = w.grad
    w.grad = None
    ((w * w).sum() + (5 * w).sum()).backward()
    return seen(apart=apart, together=w.grad)


def two_losses_jax() -> Evidence:
    import jax
    import jax.numpy as jnp

    w = jnp.array([2.0, -3.0])
    apart = jax.grad(lambda w: (w * w).sum())(w) + jax.grad(lambda w: (5 * w).sum())(w)
    together = jax.grad(lambda w: (w * w).sum() + (5 * w).sum())(w)
    return seen(apart=apart, together=together)


TWO_LOSSES = Behaviour(
    name="state/two_losses",
    statement="The gradients of two losses add up to the gradient of their sum",
    why="a large batch may be taken in parts that fit into memory",
    rule=equals(apart=[9.0, -1.0], together=[9.0, -1.0]),
    probes={"torch": two_losses_torch, "jax": two_losses_jax},
    source="T5",
)


def no_backward_torch() -> Evidence:
    import torch

    w = torch.tensor([2.0, -3.0], requires_grad=True)
    training = (w * w).sum()
    validation = (5 * w).sum()
    training.backward()
    return seen(validation=validation, gradient=w.grad)


def no_backward_jax() -> Evidence:
    import jax
    import jax.numpy as jnp

    w = jnp.array([2.0, -3.0])
    gradient, validation = jax.grad(lambda w: ((w * w).sum(), (5 * w).sum()), has_aux=True)(w)
    return seen(validation=validation, gradient=gradient)


NO_BACKWARD = Behaviour(
    name="state/no_backward",
    statement="A loss that is computed, but never pulled back, leaves the gradient alone",
    why="a validation loss does not train, even where its graph is recorded",
    rule=equals(validation=-5.0, gradient=[4.0, -6.0]),
    probes={"torch": no_backward_torch, "jax": no_backward_jax},
    source="T2",
)


def zero_grad_torch() -> Evidence:
    import torch

    w = torch.tensor([2.0, -3.0], requires_grad=True)
    optimizer = torch.optim.SGD([w], lr=0.1)
    (w * w).sum().backward()
    optimizer.zero_grad()
    return seen(gradient=w.grad)


ZERO_GRAD = Behaviour(
    name="state/zero_grad",
    statement="optimizer.zero_grad() sets gradients to zero",
    why="a parameter with a zero gradient is still moved by momentum and weight decay, one with None is skipped",
    rule=equals(gradient=[0.0, 0.0]),
    probes={"torch": zero_grad_torch, "jax": RETURNS},
    source="T2",
)


def zeros_on_request_torch() -> Evidence:
    import torch

    w = torch.tensor([2.0, -3.0], requires_grad=True)
    optimizer = torch.optim.SGD([w], lr=0.1)
    (w * w).sum().backward()
    optimizer.zero_grad(set_to_none=False)
    return seen(gradient=w.grad)


ZEROS_ON_REQUEST = Behaviour(
    name="state/zeros_on_request",
    statement="optimizer.zero_grad(set_to_none=False) sets gradients to zero",
    why="code that reads the gradient after zeroing needs numbers there",
    rule=equals(gradient=[0.0, 0.0]),
    probes={"torch": zeros_on_request_torch, "jax": RETURNS},
    source="T2",
)


def zero_in_place_torch() -> Evidence:
    import torch

    x = torch.tensor([1.0, 2.0], requires_grad=True)
    (x * x).sum().backward()
    address = x.grad.data_ptr()
    x.grad.zero_()
    return seen(gradient=x.grad, kept=x.grad.data_ptr() == address)


ZERO_IN_PLACE = Behaviour(
    name="state/zero_in_place",
    statement="x.grad.zero_() writes zeros into the gradient's memory",
    why="whoever holds the gradient sees it vanish",
    rule=equals(gradient=[0.0, 0.0], kept=True),
    probes={"torch": zero_in_place_torch, "jax": Absent("arrays of jax are immutable")},
    source="T1",
)


def memory_torch() -> Evidence:
    import torch

    x = torch.tensor([1.0, 2.0], requires_grad=True)
    (x * x).sum().backward()
    first = x.grad
    (x * x).sum().backward()
    return seen(reused=x.grad.data_ptr() == first.data_ptr(), first=first)


def memory_jax() -> Evidence:
    import jax
    import jax.numpy as jnp

    x = jnp.array([1.0, 2.0])
    first = jax.grad(lambda x: (x * x).sum())(x)
    second = jax.grad(lambda x: (x * x).sum())(x)
    return seen(reused=second.unsafe_buffer_pointer() == first.unsafe_buffer_pointer(), first=first)


MEMORY = Behaviour(
    name="state/memory",
    statement="Accumulation writes into memory that was allocated once",
    why="a gradient that was put aside without a copy changes with the next backward pass",
    rule=equals(reused=True, first=[4.0, 8.0]),
    probes={"torch": memory_torch, "jax": memory_jax},
    source="T4",
)


def memory_after_zero_grad_torch() -> Evidence:
    import torch

    x = torch.tensor([1.0, 2.0], requires_grad=True)
    (x * x).sum().backward()
    first = x.grad
    torch.optim.SGD([x], lr=0.1).zero_grad()
    (x * x).sum().backward()
    return seen(reused=x.grad.data_ptr() == first.data_ptr())


MEMORY_AFTER_ZERO_GRAD = Behaviour(
    name="state/memory_after_zero_grad",
    statement="The gradient's memory is reused after optimizer.zero_grad()",
    why="the claim that it is allocated once holds only where gradients are zeroed in place",
    rule=equals(reused=True),
    probes={"torch": memory_after_zero_grad_torch, "jax": RETURNS},
    source="T4",
)


def second_backward_torch() -> Evidence:
    import torch

    x = torch.tensor(3.0, requires_grad=True)
    y = x * x
    y.backward()
    y.backward()
    return seen(gradient=x.grad)


SECOND_BACKWARD = Behaviour(
    name="state/second_backward",
    statement="A second backward pass through the same graph fails unless the graph is retained",
    why="what the first pass needed is freed after it",
    rule=raises("RuntimeError", "Trying to backward through the graph a second time"),
    probes={"torch": second_backward_torch, "jax": Absent("a vjp function of jax may be called as often as wanted")},
)


def retained_torch() -> Evidence:
    import torch

    x = torch.tensor(3.0, requires_grad=True)
    y = x * x
    y.backward(retain_graph=True)
    first, x.grad = x.grad, None
    y.backward()
    return seen(first=first, second=x.grad)


def retained_jax() -> Evidence:
    import jax

    _, pull_back = jax.vjp(lambda x: x * x, 3.0)
    (first,) = pull_back(1.0)
    (second,) = pull_back(1.0)
    return seen(first=first, second=second)


RETAINED = Behaviour(
    name="state/retained",
    statement="A graph that is retained gives the same gradient a second time",
    why="several cotangents may be pulled back through one forward pass",
    rule=equals(first=6.0, second=6.0),
    probes={"torch": retained_torch, "jax": retained_jax},
)


def between_experiments_torch() -> Evidence:
    import torch

    w = torch.tensor([1.0, -2.0], requires_grad=True)
    gradients, starts = [], []
    for _ in ("one experiment", "another"):
        starts.append(w.tolist())
        for _ in range(2):
            (w * torch.tensor([2.0, 4.0])).sum().backward()
            gradients.append(w.grad.tolist())
            with torch.no_grad():
                w -= 0.25 * w.grad
                w.grad.zero_()
    return seen(gradients=gradients, starts=starts)


def between_experiments_jax() -> Evidence:
    import jax
    import jax.numpy as jnp

    w = jnp.array([1.0, -2.0])
    gradients, starts = [], []
    for _ in ("one experiment", "another"):
        starts.append(w.tolist())
        for _ in range(2):
            gradients.append(jax.grad(lambda w: (w * jnp.array([2.0, 4.0])).sum())(w).tolist())
            w = w - 0.25 * jnp.array(gradients[-1])
    return seen(gradients=gradients, starts=starts)


BETWEEN_EXPERIMENTS = Behaviour(
    name="state/between_experiments",
    statement="Where every step zeroes the gradient, a second experiment inherits the parameters and no gradient",
    why="parameters that are not made anew start where the last experiment ended",
    rule=equals(gradients=[[2.0, 4.0]] * 4, starts=[[1.0, -2.0], [0.0, -4.0]]),
    probes={"torch": between_experiments_torch, "jax": between_experiments_jax},
    source="T5",
)


BEHAVIOURS = (
    NOTHING_BEFORE,
    ZEROS_BEFORE,
    ACCUMULATES,
    TWO_LOSSES,
    NO_BACKWARD,
    ZERO_GRAD,
    ZEROS_ON_REQUEST,
    ZERO_IN_PLACE,
    MEMORY,
    MEMORY_AFTER_ZERO_GRAD,
    SECOND_BACKWARD,
    RETAINED,
    BETWEEN_EXPERIMENTS,
)
