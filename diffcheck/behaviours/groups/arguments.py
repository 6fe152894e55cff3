"""Arguments: which of them are differentiated, how they are held, and what comes out beside the gradient."""

from __future__ import annotations

from diffcheck.behaviours.behaviour import Absent, Behaviour
from diffcheck.behaviours.evidence import Evidence, seen
from diffcheck.behaviours.rules import equals, raises


def first_torch() -> Evidence:
    import torch

    a, b = torch.tensor(2.0), torch.tensor(3.0)
    return seen(gradient=torch.func.grad(lambda a, b: a * a * b)(a, b))


def first_jax() -> Evidence:
    import jax

    return seen(gradient=jax.grad(lambda a, b: a * a * b)(2.0, 3.0))


FIRST = Behaviour(
    name="arguments/first",
    statement="Unless it is told otherwise, grad differentiates by the first argument only",
    why="the others are taken for data, and nobody says so",
    rule=equals(gradient=12.0),
    probes={"torch": first_torch, "jax": first_jax},
)


def order_torch() -> Evidence:
    import torch

    a, b = torch.tensor(2.0, requires_grad=True), torch.tensor(3.0, requires_grad=True)
    asked = torch.autograd.grad(a * a * b, (b, a))
    numbered = torch.func.grad(lambda a, b: a * a * b, argnums=(1, 0))(a, b)
    return seen(asked=asked, numbered=numbered)


def order_jax() -> Evidence:
    import jax

    numbered = jax.grad(lambda a, b: a * a * b, argnums=(1, 0))(2.0, 3.0)
    _, pull_back = jax.vjp(lambda b, a: a * a * b, 3.0, 2.0)
    return seen(asked=pull_back(1.0), numbered=numbered)


ORDER = Behaviour(
    name="arguments/order",
    statement="Several gradients come in the order in which they are asked for, not in that of the arguments",
    why="two arguments of one shape are easily confused",
    rule=equals(asked=[4.0, 12.0], numbered=[4.0, 12.0]),
    probes={"torch": order_torch, "jax": order_jax},
)


def tied_torch() -> Evidence:
    import torch

    shared = torch.tensor(3.0, requires_grad=True)
    params = {"encoder": shared, "decoder": shared}
    (params["encoder"] * params["decoder"]).backward()
    return seen(gradients=[one.grad for one in params.values()])


def tied_jax() -> Evidence:
    import jax
    import jax.numpy as jnp

    shared = jnp.array(3.0)
    params = {"encoder": shared, "decoder": shared}
    gradient = jax.grad(lambda p: p["encoder"] * p["decoder"])(params)
    return seen(gradients=[gradient[name] for name in params])


TIED = Behaviour(
    name="arguments/tied",
    statement="A parameter held under two names gets the sum over both uses, here 6, under either name",
    why="tied weights that get two gradients do not stay tied",
    rule=equals(gradients=[6.0, 6.0]),
    probes={"torch": tied_torch, "jax": tied_jax},
)


def dictionary_torch() -> Evidence:
    import torch

    params = {"weight": torch.tensor([1.0, 2.0]), "bias": torch.tensor(0.5)}
    gradient = torch.func.grad(lambda p: (p["weight"] * 3 + p["bias"]).sum())(params)
    return seen(gradient=gradient)


def dictionary_jax() -> Evidence:
    import jax
    import jax.numpy as jnp

    params = {"weight": jnp.array([1.0, 2.0]), "bias": jnp.array(0.5)}
    gradient = jax.grad(lambda p: (p["weight"] * 3 + p["bias"]).sum())(params)
    return seen(gradient=gradient)


DICTIONARY = Behaviour(
    name="arguments/dictionary",
    statement="The gradient with respect to a dictionary of parameters is a dictionary with the same names",
    why="a step can then be written once for all parameters",
    rule=equals(gradient={"weight": [3.0, 3.0], "bias": 2.0}),
    probes={"torch": dictionary_torch, "jax": dictionary_jax},
)


def nested_torch() -> Evidence:
    import torch

    params = [(torch.tensor(2.0), torch.tensor(3.0)), {"scale": torch.tensor(4.0)}]
    gradient = torch.func.grad(lambda p: p[0][0] * p[0][1] * p[1]["scale"])(params)
    return seen(gradient=gradient)


def nested_jax() -> Evidence:
    import jax

    params = [(2.0, 3.0), {"scale": 4.0}]
    gradient = jax.grad(lambda p: p[0][0] * p[0][1] * p[1]["scale"])(params)
    return seen(gradient=gradient)


NESTED = Behaviour(
    name="arguments/nested",
    statement="Lists, tuples and dictionaries of parameters may hold each other",
    why="a network's parameters are such a tree",
    rule=equals(gradient=[[12.0, 8.0], {"scale": 6.0}]),
    probes={"torch": nested_torch, "jax": nested_jax},
)


def unused_torch() -> Evidence:
    import torch

    a, b = torch.tensor(2.0, requires_grad=True), torch.tensor([3.0, 4.0], requires_grad=True)
    (a * a).backward()
    return seen(gradient=b.grad)


def unused_jax() -> Evidence:
    import jax
    import jax.numpy as jnp

    return seen(gradient=jax.grad(lambda a, b: a * a, argnums=1)(2.0, jnp.array([3.0, 4.0])))


UNUSED = Behaviour(
    name="arguments/unused",
    statement="The gradient with respect to what the result does not depend on is zeros",
    why="where it is None, a step over all parameters has to leave some out",
    rule=equals(gradient=[0.0, 0.0]),
    probes={"torch": unused_torch, "jax": unused_jax},
)


def unused_functional_torch() -> Evidence:
    import torch

    a, b = torch.tensor(2.0), torch.tensor([3.0, 4.0])
    return seen(gradient=torch.func.grad(lambda a, b: a * a, argnums=1)(a, b))


UNUSED_FUNCTIONAL = Behaviour(
    name="arguments/unused_functional",
    statement="Asked of a function, the gradient with respect to an argument that it does not use is zeros",
    why="torch has two interfaces, and they answer this differently",
    rule=equals(gradient=[0.0, 0.0]),
    probes={"torch": unused_functional_torch, "jax": unused_jax},
)


def unused_refused_torch() -> Evidence:
    import torch

    a, b = torch.tensor(2.0, requires_grad=True), torch.tensor([3.0, 4.0], requires_grad=True)
    return seen(gradient=torch.autograd.grad(a * a, b)[0])


UNUSED_REFUSED = Behaviour(
    name="arguments/unused_refused",
    statement="To ask for the gradient with respect to what the result does not depend on is an error",
    why="it mostly means that the graph was cut by mistake",
    rule=raises("RuntimeError", "appears to not have been used in the graph"),
    probes={"torch": unused_refused_torch, "jax": unused_jax},
)


def unused_on_request_torch() -> Evidence:
    import torch

    a, b = torch.tensor(2.0, requires_grad=True), torch.tensor([3.0, 4.0], requires_grad=True)
    (allowed,) = torch.autograd.grad(a * a, b, allow_unused=True)
    (filled,) = torch.autograd.grad(a * a, b, materialize_grads=True)
    return seen(allowed=allowed, filled=filled)


UNUSED_ON_REQUEST = Behaviour(
    name="arguments/unused_on_request",
    statement="Such a gradient is None where it is allowed, and zeros where they are asked for",
    why="None and zeros are not the same to an optimiser with momentum or weight decay",
    rule=equals(allowed=None, filled=[0.0, 0.0]),
    probes={"torch": unused_on_request_torch, "jax": Absent("jax has nothing to allow: it answers with zeros at once")},
)


def auxiliary_torch() -> Evidence:
    import torch

    def loss(w):
        predicted = w * 3
        return (predicted - 1) ** 2, predicted * w

    gradient, extra = torch.func.grad(loss, has_aux=True)(torch.tensor(2.0))
    return seen(gradient=gradient, extra=extra)


def auxiliary_jax() -> Evidence:
    import jax

    def loss(w):
        predicted = w * 3
        return (predicted - 1) ** 2, predicted * w

    gradient, extra = jax.grad(loss, has_aux=True)(2.0)
    return seen(gradient=gradient, extra=extra)


AUXILIARY = Behaviour(
    name="arguments/auxiliary",
    statement="What a function returns beside its loss comes out as it is, and adds nothing to the gradient",
    why="predictions can be logged without a second forward pass",
    rule=equals(gradient=30.0, extra=12.0),
    probes={"torch": auxiliary_torch, "jax": auxiliary_jax},
)


def pair_torch() -> Evidence:
    import torch

    return seen(gradient=torch.func.grad(lambda w: (w * w, w * 3))(torch.tensor(2.0)))


def pair_jax() -> Evidence:
    import jax

    return seen(gradient=jax.grad(lambda w: (w * w, w * 3))(2.0))


PAIR = Behaviour(
    name="arguments/pair",
    statement="A function that returns a pair is refused unless its second part is declared auxiliary",
    why="nobody can know which of the two is meant to be differentiated",
    rule=raises(("RuntimeError", "TypeError")),
    probes={"torch": pair_torch, "jax": pair_jax},
)


def value_torch() -> Evidence:
    import torch

    gradient, value = torch.func.grad_and_value(lambda w: w * w)(torch.tensor(3.0))
    return seen(first=gradient, second=value)


def value_jax() -> Evidence:
    import jax

    value, gradient = jax.value_and_grad(lambda w: w * w)(3.0)
    return seen(first=value, second=gradient)


VALUE = Behaviour(
    name="arguments/value",
    statement="Where value and gradient come together, the value, here 9, comes first",
    why="the two frameworks put them in opposite order, and for a scalar nothing fails",
    rule=equals(first=9.0, second=6.0),
    probes={"torch": value_torch, "jax": value_jax},
)


BEHAVIOURS = (
    FIRST,
    ORDER,
    TIED,
    DICTIONARY,
    NESTED,
    UNUSED,
    UNUSED_FUNCTIONAL,
    UNUSED_REFUSED,
    UNUSED_ON_REQUEST,
    AUXILIARY,
    PAIR,
    VALUE,
)
"""Which of them are differentiated, how they are held, and what comes out beside the gradient."""
