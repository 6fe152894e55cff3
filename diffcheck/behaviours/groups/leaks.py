"""Values that get past the graph: changed in place, or taken out of the framework and put back."""

from __future__ import annotations

from diffcheck.behaviours.behaviour import Absent, Behaviour
from diffcheck.behaviours.evidence import Evidence, seen
from diffcheck.behaviours.rules import equals, is_derivative, raises


def through_data_torch() -> Evidence:
    import torch

    x = torch.tensor(3.0, requires_grad=True)
    y = x * x
    x.data.fill_(10.0)
    y.backward()
    return seen(value=y, gradient=x.grad)


def through_data_jax() -> Evidence:
    import jax
    import jax.numpy as jnp

    x = jnp.array(3.0)
    y, pull_back = jax.vjp(lambda x: x * x, x)
    x = x.at[()].set(10.0)
    (gradient,) = pull_back(1.0)
    return seen(value=y, gradient=gradient)


THROUGH_DATA = Behaviour(
    name="leaks/through_data",
    statement="A change through .data after the forward pass leaves the gradient right",
    why="autograd does not notice such a change, and what it saved is no longer what was used",
    rule=is_derivative("gradient", lambda x: x * x, dtype="float32", x=3.0),
    probes={"torch": through_data_torch, "jax": through_data_jax},
)


def through_detach_torch() -> Evidence:
    import torch

    x = torch.tensor(3.0, requires_grad=True)
    y = x * x
    x.detach().fill_(10.0)
    y.backward()
    return seen(value=y, gradient=x.grad)


THROUGH_DETACH = Behaviour(
    name="leaks/through_detach",
    statement="A change through detach() of a value saved for the backward pass is noticed there",
    why="detach() counts versions together with its tensor, .data does not",
    rule=raises("RuntimeError", "modified by an inplace operation"),
    probes={"torch": through_detach_torch, "jax": Absent("arrays of jax are immutable, and share nothing")},
)


def leaf_in_place_torch() -> Evidence:
    import torch

    w = torch.tensor([2.0, -3.0], requires_grad=True)
    (w * w).sum().backward()
    w -= 0.25 * w.grad
    return seen(w=w)


def leaf_in_place_jax() -> Evidence:
    import jax
    import jax.numpy as jnp

    w = jnp.array([2.0, -3.0])
    w -= 0.25 * jax.grad(lambda w: (w * w).sum())(w)
    return seen(w=w)


LEAF_IN_PLACE = Behaviour(
    name="leaks/leaf_in_place",
    statement="An update in place of a leaf that requires grad is refused",
    why="an update is no part of the loss, and has to be written under no_grad",
    rule=raises("RuntimeError", "a leaf Variable that requires grad is being used in an in-place operation"),
    probes={"torch": leaf_in_place_torch, "jax": leaf_in_place_jax},
    source="T2, T5",
)


def update_under_no_grad_torch() -> Evidence:
    import torch

    w = torch.tensor([2.0, -3.0], requires_grad=True)
    (w * w).sum().backward()
    with torch.no_grad():
        w -= 0.25 * w.grad
    return seen(w=w, is_leaf=w.is_leaf, requires_grad=w.requires_grad)


UPDATE_UNDER_NO_GRAD = Behaviour(
    name="leaks/update_under_no_grad",
    statement="An update in place under no_grad is carried out, and leaves a leaf that requires grad",
    why="the next step can go on with the same parameter",
    rule=equals(w=[1.0, -1.5], is_leaf=True, requires_grad=True),
    probes={"torch": update_under_no_grad_torch, "jax": Absent("arrays of jax are immutable, and there is no no_grad")},
    source="T2, T5",
)


def saved_in_place_torch() -> Evidence:
    import torch

    x = torch.tensor([0.0, 0.0], requires_grad=True)
    y = x.sigmoid()
    y[0] = 7.0
    y.sum().backward()
    return seen(gradient=x.grad)


def saved_in_place_jax() -> Evidence:
    import jax
    import jax.numpy as jnp

    x = jnp.array([0.0, 0.0])
    return seen(gradient=jax.grad(lambda x: jax.nn.sigmoid(x).at[0].set(7.0).sum())(x))


SAVED_IN_PLACE = Behaviour(
    name="leaks/saved_in_place",
    statement="A change in place of a value that was saved for the backward pass is noticed there",
    why="the derivative would be computed from the new value; a version counter tells",
    rule=raises("RuntimeError", "modified by an inplace operation"),
    probes={"torch": saved_in_place_torch, "jax": saved_in_place_jax},
)


def unsaved_in_place_torch() -> Evidence:
    import torch

    x = torch.tensor([3.0, 4.0], requires_grad=True)
    y = 2 * x
    y[0] = 7.0
    (5 * y).sum().backward()
    return seen(gradient=x.grad)


def unsaved_in_place_jax() -> Evidence:
    import jax
    import jax.numpy as jnp

    x = jnp.array([3.0, 4.0])
    return seen(gradient=jax.grad(lambda x: (5 * (2 * x).at[0].set(7.0)).sum())(x))


UNSAVED_IN_PLACE = Behaviour(
    name="leaks/unsaved_in_place",
    statement="A change in place of a value that nobody saved is differentiated: the entry written over gets zero",
    why="not every change in place is an error",
    rule=equals(gradient=[0.0, 10.0]),
    probes={"torch": unsaved_in_place_torch, "jax": unsaved_in_place_jax},
)


def numpy_torch() -> Evidence:
    import numpy as np
    import torch

    x = torch.tensor([1.0, 2.0], requires_grad=True)
    y = torch.from_numpy(np.sin(x.numpy()))
    return seen(y=y)


def numpy_jax() -> Evidence:
    import jax
    import jax.numpy as jnp
    import numpy as np

    x = jnp.array([1.0, 2.0])
    return seen(gradient=jax.grad(lambda x: np.sin(np.asarray(x)).sum())(x))


NUMPY = Behaviour(
    name="leaks/numpy",
    statement="NumPy gets no value that is being differentiated",
    why="what NumPy computes has no graph, and the derivative would be lost without a word",
    rule=raises(("RuntimeError", "TracerArrayConversionError")),
    probes={"torch": numpy_torch, "jax": numpy_jax},
)


def float_torch() -> Evidence:
    import torch

    x = torch.tensor(3.0, requires_grad=True)
    (float(x) * x).backward()
    return seen(gradient=x.grad)


def float_jax() -> Evidence:
    import jax

    return seen(gradient=jax.grad(lambda x: float(x) * x)(3.0))


FLOAT = Behaviour(
    name="leaks/float",
    statement="float(x) of a value that is being differentiated is refused",
    why="a Python number is a constant, so that x·x has the gradient x instead of 2·x",
    rule=raises("ConcretizationTypeError"),
    probes={"torch": float_torch, "jax": float_jax},
)


def item_torch() -> Evidence:
    import torch

    x = torch.tensor(3.0, requires_grad=True)
    (x.item() * x).backward()
    return seen(gradient=x.grad)


def item_jax() -> Evidence:
    import jax

    return seen(gradient=jax.grad(lambda x: x.item() * x)(3.0))


ITEM = Behaviour(
    name="leaks/item",
    statement="x.item() of a value that is being differentiated is refused",
    why="a Python number is a constant, so that x·x has the gradient x instead of 2·x",
    rule=raises("ConcretizationTypeError"),
    probes={"torch": item_torch, "jax": item_jax},
)


def item_compiled_jax() -> Evidence:
    import jax

    return seen(gradient=jax.jit(jax.grad(lambda x: x.item() * x))(3.0))


ITEM_COMPILED = Behaviour(
    name="leaks/item_compiled",
    statement="Under a compiler x.item() is refused",
    why="the same function runs, wrongly, without the compiler",
    rule=raises("ConcretizationTypeError"),
    probes={"torch": Absent("torch.compile leaves such a line to Python"), "jax": item_compiled_jax},
)


def summed_losses_torch() -> Evidence:
    import torch

    w = torch.tensor(2.0, requires_grad=True)
    total, number = 0.0, 0.0
    for x in (1.0, 10.0, 100.0):
        loss = w * x
        total += loss
        number += loss.item()
    total.backward()
    return seen(gradient=w.grad, total=total, number=number, type=type(number).__name__)


SUMMED_LOSSES = Behaviour(
    name="leaks/summed_losses",
    statement="A running sum of losses keeps the graphs of all of them, a sum of their item()s keeps none",
    why="memory grows with every batch where only a number was wanted",
    rule=equals(gradient=111.0, total=222.0, number=222.0, type="float"),
    probes={"torch": summed_losses_torch, "jax": Absent("jax keeps no graph outside a transformation")},
)


BEHAVIOURS = (
    THROUGH_DATA,
    THROUGH_DETACH,
    LEAF_IN_PLACE,
    UPDATE_UNDER_NO_GRAD,
    SAVED_IN_PLACE,
    UNSAVED_IN_PLACE,
    NUMPY,
    FLOAT,
    ITEM,
    ITEM_COMPILED,
    SUMMED_LOSSES,
)
