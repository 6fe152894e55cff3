"""Modes: forward and reverse, one inside the other, and the identities that tie them together."""

from __future__ import annotations

from diffcheck.behaviours.behaviour import Behaviour
from diffcheck.behaviours.evidence import Evidence, seen
from diffcheck.behaviours.rules import both, equals, same


def inner_product_torch() -> Evidence:
    import torch

    def f(x):
        return torch.stack([x[0] * x[1], x[0] ** 2])

    x, tangent, cotangent = torch.tensor([2.0, 3.0]), torch.tensor([1.0, 5.0]), torch.tensor([7.0, 1.0])
    pushed = torch.func.jvp(f, (x,), (tangent,))[1]
    (pulled,) = torch.func.vjp(f, x)[1](cotangent)
    return seen(forward=cotangent @ pushed, reverse=pulled @ tangent)


def inner_product_jax() -> Evidence:
    import jax
    import jax.numpy as jnp

    def f(x):
        return jnp.stack([x[0] * x[1], x[0] ** 2])

    x, tangent, cotangent = jnp.array([2.0, 3.0]), jnp.array([1.0, 5.0]), jnp.array([7.0, 1.0])
    pushed = jax.jvp(f, (x,), (tangent,))[1]
    (pulled,) = jax.vjp(f, x)[1](cotangent)
    return seen(forward=cotangent @ pushed, reverse=pulled @ tangent)


INNER_PRODUCT = Behaviour(
    name="modes/inner_product",
    statement="A cotangent times the jvp of a tangent is the vjp of the cotangent times the tangent",
    why="this checks the two modes against each other without any finite difference",
    rule=both(equals(forward=95.0), same("forward", "reverse")),
    probes={"torch": inner_product_torch, "jax": inner_product_jax},
)


def linear_torch() -> Evidence:
    import torch

    _, pull_back = torch.func.vjp(lambda x: x**3, torch.tensor([1.0, 2.0]))
    u, v = torch.tensor([1.0, -1.0]), torch.tensor([4.0, 0.5])
    return seen(at_once=pull_back(2 * u + 3 * v)[0], in_parts=2 * pull_back(u)[0] + 3 * pull_back(v)[0])


def linear_jax() -> Evidence:
    import jax
    import jax.numpy as jnp

    _, pull_back = jax.vjp(lambda x: x**3, jnp.array([1.0, 2.0]))
    u, v = jnp.array([1.0, -1.0]), jnp.array([4.0, 0.5])
    return seen(at_once=pull_back(2 * u + 3 * v)[0], in_parts=2 * pull_back(u)[0] + 3 * pull_back(v)[0])


LINEAR = Behaviour(
    name="modes/linear",
    statement="A vjp is linear in its cotangent",
    why="losses may be weighted before or after the backward pass",
    rule=both(equals(at_once=[42.0, -6.0]), same("at_once", "in_parts")),
    probes={"torch": linear_torch, "jax": linear_jax},
)


def rows_torch() -> Evidence:
    import torch

    def f(x):
        return torch.stack([x[0] * x[1], x[0] ** 2, x[1] ** 3])

    x = torch.tensor([2.0, 3.0])
    _, pull_back = torch.func.vjp(f, x)
    return seen(jacobian=torch.func.jacrev(f)(x), rows=[pull_back(row)[0] for row in torch.eye(3)])


def rows_jax() -> Evidence:
    import jax
    import jax.numpy as jnp

    def f(x):
        return jnp.stack([x[0] * x[1], x[0] ** 2, x[1] ** 3])

    x = jnp.array([2.0, 3.0])
    _, pull_back = jax.vjp(f, x)
    return seen(jacobian=jax.jacrev(f)(x), rows=[pull_back(row)[0] for row in jnp.eye(3)])


ROWS = Behaviour(
    name="modes/rows",
    statement="The rows of a Jacobian are the vjps of the unit vectors",
    why="one backward pass gives one row, so that few results and many parameters are cheap",
    rule=both(equals(jacobian=[[3.0, 2.0], [4.0, 0.0], [0.0, 27.0]]), same("jacobian", "rows")),
    probes={"torch": rows_torch, "jax": rows_jax},
)


def columns_torch() -> Evidence:
    import torch

    def f(x):
        return torch.stack([x[0] * x[1], x[0] ** 2, x[1] ** 3])

    x = torch.tensor([2.0, 3.0])
    columns = [torch.func.jvp(f, (x,), (unit,))[1] for unit in torch.eye(2)]
    return seen(forward=torch.func.jacfwd(f)(x), reverse=torch.func.jacrev(f)(x), columns=torch.stack(columns, dim=1))


def columns_jax() -> Evidence:
    import jax
    import jax.numpy as jnp

    def f(x):
        return jnp.stack([x[0] * x[1], x[0] ** 2, x[1] ** 3])

    x = jnp.array([2.0, 3.0])
    columns = [jax.jvp(f, (x,), (unit,))[1] for unit in jnp.eye(2)]
    return seen(forward=jax.jacfwd(f)(x), reverse=jax.jacrev(f)(x), columns=jnp.stack(columns, axis=1))


COLUMNS = Behaviour(
    name="modes/columns",
    statement="The columns of a Jacobian are the jvps of the unit vectors, and either mode gives the same Jacobian",
    why="one forward pass gives one column, so that few parameters and many results are cheap",
    rule=both(equals(forward=[[3.0, 2.0], [4.0, 0.0], [0.0, 27.0]]), same("forward", "reverse", "columns")),
    probes={"torch": columns_torch, "jax": columns_jax},
)


def hessian_torch() -> Evidence:
    import torch
    from torch.func import grad, hessian, jacfwd, jacrev

    def f(x):
        return x[0] ** 2 * x[1] + x[1] ** 3

    x = torch.tensor([2.0, 3.0])
    return seen(hessian=hessian(f)(x), forward_of_reverse=jacfwd(grad(f))(x), reverse_of_reverse=jacrev(grad(f))(x))


def hessian_jax() -> Evidence:
    import jax.numpy as jnp
    from jax import grad, hessian, jacfwd, jacrev

    def f(x):
        return x[0] ** 2 * x[1] + x[1] ** 3

    x = jnp.array([2.0, 3.0])
    return seen(hessian=hessian(f)(x), forward_of_reverse=jacfwd(grad(f))(x), reverse_of_reverse=jacrev(grad(f))(x))


HESSIAN = Behaviour(
    name="modes/hessian",
    statement="Forward mode over reverse mode gives the same Hessian as reverse mode twice",
    why="the first is the cheaper one, and any difference is an error in one of the two",
    rule=both(equals(hessian=[[6.0, 4.0], [4.0, 18.0]]), same("hessian", "forward_of_reverse", "reverse_of_reverse")),
    probes={"torch": hessian_torch, "jax": hessian_jax},
)


def reverse_of_forward_torch() -> Evidence:
    import torch
    from torch.func import jacfwd, jacrev

    def f(x):
        return x[0] ** 2 * x[1] + x[1] ** 3

    x = torch.tensor([2.0, 3.0])
    return seen(reverse_of_forward=jacrev(jacfwd(f))(x), forward_of_forward=jacfwd(jacfwd(f))(x))


def reverse_of_forward_jax() -> Evidence:
    import jax.numpy as jnp
    from jax import jacfwd, jacrev

    def f(x):
        return x[0] ** 2 * x[1] + x[1] ** 3

    x = jnp.array([2.0, 3.0])
    return seen(reverse_of_forward=jacrev(jacfwd(f))(x), forward_of_forward=jacfwd(jacfwd(f))(x))


REVERSE_OF_FORWARD = Behaviour(
    name="modes/reverse_of_forward",
    statement="A jvp can be differentiated in either mode",
    why="the modes may be nested in any order",
    rule=both(equals(reverse_of_forward=[[6.0, 4.0], [4.0, 18.0]]), same("reverse_of_forward", "forward_of_forward")),
    probes={"torch": reverse_of_forward_torch, "jax": reverse_of_forward_jax},
)


def hessian_vector_torch() -> Evidence:
    import torch
    from torch.func import grad, jvp

    def f(x):
        return x[0] ** 2 * x[1] + x[1] ** 3

    x, v = torch.tensor([2.0, 3.0]), torch.tensor([1.0, 10.0])
    product = jvp(grad(f), (x,), (v,))[1]
    return seen(product=product, gradient_of_slope=grad(lambda x: grad(f)(x) @ v)(x))


def hessian_vector_jax() -> Evidence:
    import jax.numpy as jnp
    from jax import grad, jvp

    def f(x):
        return x[0] ** 2 * x[1] + x[1] ** 3

    x, v = jnp.array([2.0, 3.0]), jnp.array([1.0, 10.0])
    product = jvp(grad(f), (x,), (v,))[1]
    return seen(product=product, gradient_of_slope=grad(lambda x: grad(f)(x) @ v)(x))


HESSIAN_VECTOR = Behaviour(
    name="modes/hessian_vector",
    statement="The jvp of a gradient is the Hessian times the tangent, without the Hessian",
    why="it costs a few gradients instead of one per parameter",
    rule=both(equals(product=[46.0, 184.0]), same("product", "gradient_of_slope")),
    probes={"torch": hessian_vector_torch, "jax": hessian_vector_jax},
)


def thrice_torch() -> Evidence:
    import torch
    from torch.func import grad

    def f(x):
        return x**3

    x = torch.tensor(2.0)
    return seen(derivatives=[grad(f)(x), grad(grad(f))(x), grad(grad(grad(f)))(x), grad(grad(grad(grad(f))))(x)])


def thrice_jax() -> Evidence:
    from jax import grad

    def f(x):
        return x**3

    return seen(
        derivatives=[grad(f)(2.0), grad(grad(f))(2.0), grad(grad(grad(f)))(2.0), grad(grad(grad(grad(f))))(2.0)]
    )


THRICE = Behaviour(
    name="modes/thrice",
    statement="The gradient of a gradient is the second derivative, and so on: x³ at 2 gives 12, 12, 6, 0",
    why="Newton steps, penalties on gradients and physics need more than the first",
    rule=equals(derivatives=[12.0, 12.0, 6.0, 0.0]),
    probes={"torch": thrice_torch, "jax": thrice_jax},
)


def two_levels_torch() -> Evidence:
    import torch
    from torch.func import grad

    return seen(derivative=grad(lambda x: x * grad(lambda y: x + y)(torch.tensor(1.0)))(torch.tensor(2.0)))


def two_levels_jax() -> Evidence:
    from jax import grad

    return seen(derivative=grad(lambda x: x * grad(lambda y: x + y)(1.0))(2.0))


TWO_LEVELS = Behaviour(
    name="modes/two_levels",
    statement="A derivative inside another keeps the two variables apart: d/dx (x · d/dy (x + y)) is 1",
    why="a mode that confuses its perturbations gives 2",
    rule=equals(derivative=1.0),
    probes={"torch": two_levels_torch, "jax": two_levels_jax},
)


def two_levels_forward_torch() -> Evidence:
    import torch
    from torch.func import jacfwd

    return seen(derivative=jacfwd(lambda x: x * jacfwd(lambda y: x + y)(torch.tensor(1.0)))(torch.tensor(2.0)))


def two_levels_forward_jax() -> Evidence:
    from jax import jacfwd

    return seen(derivative=jacfwd(lambda x: x * jacfwd(lambda y: x + y)(1.0))(2.0))


TWO_LEVELS_FORWARD = Behaviour(
    name="modes/two_levels_forward",
    statement="Forward mode inside forward mode keeps the two perturbations apart",
    why="this is where dual numbers without a tag are wrong",
    rule=equals(derivative=1.0),
    probes={"torch": two_levels_forward_torch, "jax": two_levels_forward_jax},
)


BEHAVIOURS = (
    INNER_PRODUCT,
    LINEAR,
    ROWS,
    COLUMNS,
    HESSIAN,
    REVERSE_OF_FORWARD,
    HESSIAN_VECTOR,
    THRICE,
    TWO_LEVELS,
    TWO_LEVELS_FORWARD,
)
"""Forward and reverse, one inside the other, and the identities that tie them together."""
