"""Singular points: norms, roots, powers and angles where a derivative is infinite or there is none."""

from __future__ import annotations

from typing import Any

from diffcheck.behaviours.behaviour import Behaviour
from diffcheck.behaviours.evidence import Evidence, seen
from diffcheck.behaviours.rules import equals, is_derivative
from diffcheck.namespace import array_namespace
from diffcheck.special import xlogy

NAN = float("nan")


def _norm(x: Any) -> Any:
    return array_namespace(x).linalg.vector_norm(x)


def norm_torch() -> Evidence:
    import torch

    x = torch.zeros(2, requires_grad=True)
    torch.linalg.vector_norm(x).backward()
    return seen(gradient=x.grad)


def norm_jax() -> Evidence:
    import jax
    import jax.numpy as jnp

    return seen(gradient=jax.grad(jnp.linalg.norm)(jnp.zeros(2)))


NORM = Behaviour(
    name="singular/norm",
    statement="The gradient of the Euclidean norm at 0 is admissible: a vector no longer than 1",
    why="parameters that start at 0 under a penalty on their norm become NaN otherwise",
    rule=is_derivative("gradient", _norm, "float32", x=[0.0, 0.0]),
    probes={"torch": norm_torch, "jax": norm_jax},
)


def written_norm_torch() -> Evidence:
    import torch

    x = torch.zeros(2, requires_grad=True)
    torch.sqrt((x * x).sum()).backward()
    return seen(gradient=x.grad)


def written_norm_jax() -> Evidence:
    import jax
    import jax.numpy as jnp

    return seen(gradient=jax.grad(lambda x: jnp.sqrt((x * x).sum()))(jnp.zeros(2)))


WRITTEN_NORM = Behaviour(
    name="singular/written_norm",
    statement="The gradient of the norm written as a root of squares is admissible at 0",
    why="the root's derivative is infinite and that of the squares 0",
    rule=is_derivative("gradient", _norm, "float32", x=[0.0, 0.0]),
    probes={"torch": written_norm_torch, "jax": written_norm_jax},
)


def hypot_torch() -> Evidence:
    import torch

    x = torch.zeros(2, requires_grad=True)
    torch.hypot(x[0], x[1]).backward()
    return seen(gradient=x.grad)


def hypot_jax() -> Evidence:
    import jax
    import jax.numpy as jnp

    return seen(gradient=jax.grad(jnp.hypot, argnums=(0, 1))(0.0, 0.0))


HYPOT = Behaviour(
    name="singular/hypot",
    statement="The gradient of hypot at the origin is admissible: a vector no longer than 1",
    why="a distance between two points that coincide has a kink, not a pole",
    rule=is_derivative("gradient", _norm, "float32", x=[0.0, 0.0]),
    probes={"torch": hypot_torch, "jax": hypot_jax},
)


def std_torch() -> Evidence:
    import torch

    x = torch.tensor([2.0, 2.0, 2.0, 2.0], requires_grad=True)
    x.std().backward()
    return seen(gradient=x.grad)


def std_jax() -> Evidence:
    import jax
    import jax.numpy as jnp

    return seen(gradient=jax.grad(lambda x: x.std(ddof=1))(jnp.array([2.0, 2.0, 2.0, 2.0])))


STD = Behaviour(
    name="singular/std",
    statement="The gradient of the standard deviation of equal entries is admissible",
    why="one constant feature is enough to meet it",
    rule=is_derivative("gradient", lambda x: array_namespace(x).std(x, correction=1), "float32", x=[2.0] * 4),
    probes={"torch": std_torch, "jax": std_jax},
)


def sqrt_torch() -> Evidence:
    import torch

    x = torch.tensor(0.0, requires_grad=True)
    torch.sqrt(x).backward()
    return seen(gradient=x.grad)


def sqrt_jax() -> Evidence:
    import jax
    import jax.numpy as jnp

    return seen(gradient=jax.grad(jnp.sqrt)(0.0))


SQRT = Behaviour(
    name="singular/sqrt",
    statement="The gradient of sqrt at 0 is infinity",
    why="an infinity is right here, and turns into NaN at the next product with 0",
    rule=is_derivative("gradient", lambda x: array_namespace(x).sqrt(x), "float32", x=0.0),
    probes={"torch": sqrt_torch, "jax": sqrt_jax},
)


def xlogy_torch() -> Evidence:
    import torch

    x = torch.tensor(0.0, requires_grad=True)
    torch.xlogy(x, x).backward()
    return seen(gradient=x.grad)


def xlogy_jax() -> Evidence:
    import jax
    from jax.scipy.special import xlogy

    return seen(gradient=jax.grad(lambda x: xlogy(x, x))(0.0))


XLOGY = Behaviour(
    name="singular/xlogy",
    statement="The gradient of x log x at 0, spelled xlogy(x, x), is minus infinity",
    why="xlogy is there to be right at 0, and is so in its value only",
    rule=is_derivative("gradient", lambda x: xlogy(x, x), "float32", x=0.0),
    probes={"torch": xlogy_torch, "jax": xlogy_jax},
)


def entropy_torch() -> Evidence:
    import torch

    x = torch.tensor([0.0, 1.0], requires_grad=True)
    torch.special.entr(x).sum().backward()
    return seen(gradient=x.grad)


def entropy_jax() -> Evidence:
    import jax
    import jax.numpy as jnp
    from jax.scipy.special import entr

    return seen(gradient=jax.grad(lambda x: entr(x).sum())(jnp.array([0.0, 1.0])))


ENTROPY = Behaviour(
    name="singular/entropy",
    statement="The gradient of the entropy -x log x, spelled entr(x), is infinity at 0",
    why="a function of its own can have the right rule where a product of two has none",
    rule=is_derivative("gradient", lambda x: -xlogy(x, x), "float32", x=[0.0, 1.0]),
    probes={"torch": entropy_torch, "jax": entropy_jax},
)


def power_zero_torch() -> Evidence:
    import torch

    x = torch.tensor(0.0, requires_grad=True)
    (x**0).backward()
    return seen(gradient=x.grad)


def power_zero_jax() -> Evidence:
    import jax

    return seen(gradient=jax.grad(lambda x: x**0)(0.0))


POWER_ZERO = Behaviour(
    name="singular/power_zero",
    statement="The gradient of x ** 0 at 0 is 0",
    why="a polynomial written as a sum of powers starts with it",
    rule=is_derivative("gradient", lambda x: x**0, "float32", x=0.0),
    probes={"torch": power_zero_torch, "jax": power_zero_jax},
)


def power_array_zero_torch() -> Evidence:
    import torch

    x = torch.tensor(0.0, requires_grad=True)
    torch.pow(x, torch.tensor(0.0)).backward()
    return seen(gradient=x.grad)


def power_array_zero_jax() -> Evidence:
    import jax
    import jax.numpy as jnp

    return seen(gradient=jax.grad(lambda x: jnp.power(x, jnp.array(0.0)))(0.0))


POWER_ARRAY_ZERO = Behaviour(
    name="singular/power_array_zero",
    statement="The gradient of x ** n at 0 is 0 also where n is a floating-point array that holds 0",
    why="n times x to the n - 1 is 0 times infinity",
    rule=is_derivative("gradient", lambda x: x**0, "float32", x=0.0),
    probes={"torch": power_array_zero_torch, "jax": power_array_zero_jax},
)


def power_of_zero_torch() -> Evidence:
    import torch

    y = torch.tensor(2.0, requires_grad=True)
    torch.pow(torch.tensor(0.0), y).backward()
    return seen(gradient=y.grad)


def power_of_zero_jax() -> Evidence:
    import jax
    import jax.numpy as jnp

    return seen(gradient=jax.grad(lambda y: jnp.power(0.0, y))(2.0))


POWER_OF_ZERO = Behaviour(
    name="singular/power_of_zero",
    statement="The gradient of 0 ** y with respect to the exponent is 0 at y = 2",
    why="the rule has a logarithm of 0 in it",
    rule=equals(gradient=0.0),
    probes={"torch": power_of_zero_torch, "jax": power_of_zero_jax},
)


def power_of_itself_torch() -> Evidence:
    import torch

    x = torch.tensor(0.0, requires_grad=True)
    (x**x).backward()
    return seen(gradient=x.grad)


def power_of_itself_jax() -> Evidence:
    import jax

    return seen(gradient=jax.grad(lambda x: x**x)(0.0))


POWER_OF_ITSELF = Behaviour(
    name="singular/power_of_itself",
    statement="The gradient of x ** x at 0 is minus infinity",
    why="the special values of base and exponent, each sound by itself, add up to a finite number",
    rule=is_derivative("gradient", lambda x: x**x, "float32", x=0.0),
    probes={"torch": power_of_itself_torch, "jax": power_of_itself_jax},
)


def product_torch() -> Evidence:
    import torch

    x = torch.tensor([0.0, 2.0, 3.0], requires_grad=True)
    x.prod().backward()
    return seen(gradient=x.grad)


def product_jax() -> Evidence:
    import jax
    import jax.numpy as jnp

    return seen(gradient=jax.grad(jnp.prod)(jnp.array([0.0, 2.0, 3.0])))


PRODUCT = Behaviour(
    name="singular/product",
    statement="The gradient of a product with one factor 0 is that of the other factors",
    why="the product divided by the factor is 0/0",
    rule=is_derivative("gradient", lambda x: array_namespace(x).prod(x), "float32", x=[0.0, 2.0, 3.0]),
    probes={"torch": product_torch, "jax": product_jax},
)


def atan2_torch() -> Evidence:
    import torch

    x = torch.zeros(2, requires_grad=True)
    torch.atan2(x[0], x[1]).backward()
    return seen(gradient=x.grad)


def atan2_jax() -> Evidence:
    import jax
    import jax.numpy as jnp

    return seen(gradient=jax.grad(jnp.arctan2, argnums=(0, 1))(0.0, 0.0))


ATAN2 = Behaviour(
    name="singular/atan2",
    statement="The gradient of atan2 at the origin, where there is none, is NaN",
    why="the origin has no angle, and a finite answer hides it",
    rule=equals(gradient=[NAN, NAN]),
    probes={"torch": atan2_torch, "jax": atan2_jax},
)


def guarded_torch() -> Evidence:
    import torch

    x = torch.zeros(2, requires_grad=True)
    (x / torch.linalg.vector_norm(x).clamp(min=0.5)).sum().backward()
    return seen(gradient=x.grad)


def guarded_jax() -> Evidence:
    import jax
    import jax.numpy as jnp

    return seen(gradient=jax.grad(lambda x: (x / jnp.maximum(jnp.linalg.norm(x), 0.5)).sum())(jnp.zeros(2)))


def _guarded(x: Any) -> Any:
    xp = array_namespace(x)
    return x / xp.maximum(_norm(x), xp.zeros_like(x[0]) + 0.5)


GUARDED = Behaviour(
    name="singular/guarded",
    statement="The gradient of x divided by its norm, or by 0.5 where that is larger, is 2 at 0",
    why="the guard keeps the quotient finite, and must keep the gradient finite as well",
    rule=is_derivative("gradient", _guarded, "float32", x=[0.0, 0.0]),
    probes={"torch": guarded_torch, "jax": guarded_jax},
)


BEHAVIOURS = (
    NORM,
    WRITTEN_NORM,
    HYPOT,
    STD,
    SQRT,
    XLOGY,
    ENTROPY,
    POWER_ZERO,
    POWER_ARRAY_ZERO,
    POWER_OF_ZERO,
    POWER_OF_ITSELF,
    PRODUCT,
    ATAN2,
    GUARDED,
)
