"""Shapes: of what is differentiated, of the vector that is pulled back, and of what comes out."""

from __future__ import annotations

from diffcheck.behaviours.behaviour import Absent, Behaviour
from diffcheck.behaviours.evidence import Evidence, seen
from diffcheck.behaviours.rules import both, differ, equals, raises


def not_scalar_torch() -> Evidence:
    import torch

    x = torch.tensor([1.0, 2.0], requires_grad=True)
    (x * x).backward()
    return seen(gradient=x.grad)


def not_scalar_jax() -> Evidence:
    import jax
    import jax.numpy as jnp

    return seen(gradient=jax.grad(lambda x: x * x)(jnp.array([1.0, 2.0])))


NOT_SCALAR = Behaviour(
    name="shapes/not_scalar",
    statement="The backward pass of a result that is not a scalar is refused without a vector",
    why="there is no one gradient, and a silent sum would hide that",
    rule=raises(("RuntimeError", "TypeError"), "scalar"),
    probes={"torch": not_scalar_torch, "jax": not_scalar_jax},
    source="T3",
)


def pulled_back_torch() -> Evidence:
    import torch

    x = torch.tensor([2.0, 3.0], requires_grad=True)
    y = torch.stack([x[0] * x[1], x[0]])  # J = [[3, 2], [1, 0]]
    y.backward(torch.tensor([1.0, 10.0]))
    return seen(product=x.grad)


def pulled_back_jax() -> Evidence:
    import jax
    import jax.numpy as jnp

    _, pull_back = jax.vjp(lambda x: jnp.stack([x[0] * x[1], x[0]]), jnp.array([2.0, 3.0]))  # J = [[3, 2], [1, 0]]
    (product,) = pull_back(jnp.array([1.0, 10.0]))
    return seen(product=product)


PULLED_BACK = Behaviour(
    name="shapes/pulled_back",
    statement="The backward pass along v gives the vector–Jacobian product vᵀJ, here [13, 2], and not J·v = [23, 1]",
    why="the two differ wherever the Jacobian is not symmetric",
    rule=equals(product=[13.0, 2.0]),
    probes={"torch": pulled_back_torch, "jax": pulled_back_jax},
    source="T3",
)


def pushed_forward_torch() -> Evidence:
    import torch

    def f(x):
        return torch.stack([x[0] * x[1], x[0]])  # J = [[3, 2], [1, 0]]

    _, product = torch.func.jvp(f, (torch.tensor([2.0, 3.0]),), (torch.tensor([1.0, 10.0]),))
    return seen(product=product)


def pushed_forward_jax() -> Evidence:
    import jax
    import jax.numpy as jnp

    def f(x):
        return jnp.stack([x[0] * x[1], x[0]])  # J = [[3, 2], [1, 0]]

    _, product = jax.jvp(f, (jnp.array([2.0, 3.0]),), (jnp.array([1.0, 10.0]),))
    return seen(product=product)


PUSHED_FORWARD = Behaviour(
    name="shapes/pushed_forward",
    statement="The forward pass along v gives the Jacobian–vector product J·v, here [23, 1]",
    why="this is the product that is often said to come out of the backward pass",
    rule=equals(product=[23.0, 1.0]),
    probes={"torch": pushed_forward_torch, "jax": pushed_forward_jax},
    source="T3",
)


def doubled_torch() -> Evidence:
    import torch

    x = torch.tensor([3.0, 4.0, 0.0], requires_grad=True)
    y, doublings = x * 2, 1
    while y.norm() < 1000:
        y, doublings = y * 2, doublings + 1
    v = torch.tensor([0.1, 1.0, 0.0001])
    y.backward(v)
    return seen(doublings=doublings, norm=y.norm(), gradient_by_v=x.grad / v)


def doubled_jax() -> Evidence:
    import jax
    import jax.numpy as jnp

    def f(x):
        y, doublings = x * 2, 1
        while jnp.linalg.norm(y) < 1000:
            y, doublings = y * 2, doublings + 1
        return y, doublings

    y, pull_back, doublings = jax.vjp(f, jnp.array([3.0, 4.0, 0.0]), has_aux=True)
    v = jnp.array([0.1, 1.0, 0.0001])
    (gradient,) = pull_back(v)
    return seen(doublings=doublings, norm=jnp.linalg.norm(y), gradient_by_v=gradient / v)


DOUBLED = Behaviour(
    name="shapes/doubled",
    statement="A vector doubled while its norm is below 1000, pulled back along v, gives 2ᵏ·v with the k of the loop",
    why="only the steps that were taken are differentiated",
    rule=equals(doublings=8, norm=1280.0, gradient_by_v=[256.0, 256.0, 256.0]),
    probes={"torch": doubled_torch, "jax": doubled_jax},
    source="T3",
)


def vector_shape_torch() -> Evidence:
    import torch

    x = torch.tensor([1.0, 2.0], requires_grad=True)
    (x * x).backward(torch.tensor([1.0]))
    return seen(gradient=x.grad)


def vector_shape_jax() -> Evidence:
    import jax
    import jax.numpy as jnp

    _, pull_back = jax.vjp(lambda x: x * x, jnp.array([1.0, 2.0]))
    return seen(gradient=pull_back(jnp.array([1.0]))[0])


VECTOR_SHAPE = Behaviour(
    name="shapes/vector_shape",
    statement="A vector of another shape than the result is refused, even where it could be broadcast",
    why="a cotangent that is stretched would count some entries several times",
    rule=raises(("RuntimeError", "ValueError"), "shape"),
    probes={"torch": vector_shape_torch, "jax": vector_shape_jax},
)


def input_shape_torch() -> Evidence:
    import torch

    shapes = [(), (1,), (4,), (2, 3), (0,)]
    inputs = [torch.ones(shape, requires_grad=True) for shape in shapes]
    gradients = [torch.autograd.grad((x * x).sum(), x)[0] for x in inputs]
    return seen(shapes=[tuple(gradient.shape) for gradient in gradients])


def input_shape_jax() -> Evidence:
    import jax
    import jax.numpy as jnp

    shapes = [(), (1,), (4,), (2, 3), (0,)]
    gradients = [jax.grad(lambda x: (x * x).sum())(jnp.ones(shape)) for shape in shapes]
    return seen(shapes=[gradient.shape for gradient in gradients])


INPUT_SHAPE = Behaviour(
    name="shapes/input_shape",
    statement="The gradient of a scalar has the shape of what it is differentiated by",
    why="a step adds the one to the other, and broadcasting would hide a wrong shape",
    rule=equals(shapes=[[], [1], [4], [2, 3], [0]]),
    probes={"torch": input_shape_torch, "jax": input_shape_jax},
    source="T4",
)


def stretched_torch() -> Evidence:
    import torch

    x, b = torch.ones(2, 3), torch.zeros(3, requires_grad=True)
    (x + b).sum().backward()
    return seen(gradient=b.grad)


def stretched_jax() -> Evidence:
    import jax
    import jax.numpy as jnp

    x, b = jnp.ones((2, 3)), jnp.zeros(3)
    return seen(gradient=jax.grad(lambda b: (x + b).sum())(b))


STRETCHED = Behaviour(
    name="shapes/stretched",
    statement="The gradient of what was broadcast is summed over the copies",
    why="a bias is used once per row, and each use counts",
    rule=equals(gradient=[2.0, 2.0, 2.0]),
    probes={"torch": stretched_torch, "jax": stretched_jax},
)


def jacobian_torch() -> Evidence:
    import torch

    jacobian = torch.func.jacrev(lambda x: x.sum(dim=0).repeat(2))(torch.ones(2, 3))
    return seen(shape=tuple(jacobian.shape))


def jacobian_jax() -> Evidence:
    import jax
    import jax.numpy as jnp

    jacobian = jax.jacrev(lambda x: jnp.tile(x.sum(axis=0), 2))(jnp.ones((2, 3)))
    return seen(shape=jacobian.shape)


JACOBIAN = Behaviour(
    name="shapes/jacobian",
    statement="A Jacobian has the result's shape followed by the argument's",
    why="who reads it the other way round uses its transpose",
    rule=equals(shape=[6, 2, 3]),
    probes={"torch": jacobian_torch, "jax": jacobian_jax},
)


def column_minus_vector_torch() -> Evidence:
    import torch

    features, y = torch.tensor([[1.0], [2.0], [3.0]]), torch.tensor([1.0, 2.0, 4.0])
    w = torch.tensor([[2.0]], requires_grad=True)
    apart = features @ w - y
    (gradient,) = torch.autograd.grad((apart**2 / 2).sum(), w)
    (reshaped,) = torch.autograd.grad(((features @ w - y.reshape(-1, 1)) ** 2 / 2).sum(), w)
    return seen(shape=tuple(apart.shape), gradient=gradient, reshaped=reshaped)


def column_minus_vector_jax() -> Evidence:
    import jax
    import jax.numpy as jnp

    features, y = jnp.array([[1.0], [2.0], [3.0]]), jnp.array([1.0, 2.0, 4.0])
    w = jnp.array([[2.0]])
    gradient = jax.grad(lambda w: ((features @ w - y) ** 2 / 2).sum())(w)
    reshaped = jax.grad(lambda w: ((features @ w - y.reshape(-1, 1)) ** 2 / 2).sum())(w)
    return seen(shape=(features @ w - y).shape, gradient=gradient, reshaped=reshaped)


COLUMN_MINUS_VECTOR = Behaviour(
    name="shapes/column_minus_vector",
    statement="A column minus a vector silently becomes a matrix, and the loss's gradient a wrong one",
    why="nothing fails, training goes somewhere, and only a reshape makes it right",
    rule=both(equals(shape=[3, 3], reshaped=[[11.0]]), differ("gradient", "reshaped")),
    probes={"torch": column_minus_vector_torch, "jax": column_minus_vector_jax},
    source="T5",
)


def loss_warns_torch() -> Evidence:
    import warnings

    import torch

    prediction, y = torch.tensor([[2.0], [4.0], [6.0]]), torch.tensor([1.0, 2.0, 4.0])
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        torch.nn.functional.mse_loss(prediction, y)
    return seen(warns=any("target size" in str(one.message) for one in caught))


LOSS_WARNS = Behaviour(
    name="shapes/loss_warns",
    statement="The framework's own squared loss warns of a column and a vector",
    why="it is the one place where this mistake is not silent",
    rule=equals(warns=True),
    probes={"torch": loss_warns_torch, "jax": Absent("jax has no loss functions of its own")},
    source="T5",
)


BEHAVIOURS = (
    NOT_SCALAR,
    PULLED_BACK,
    PUSHED_FORWARD,
    DOUBLED,
    VECTOR_SHAPE,
    INPUT_SHAPE,
    STRETCHED,
    JACOBIAN,
    COLUMN_MINUS_VECTOR,
    LOSS_WARNS,
)
"""Of what is differentiated, of the vector that is pulled back, and of what comes out."""
