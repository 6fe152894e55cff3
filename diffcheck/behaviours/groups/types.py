"""Types: in which precision a gradient comes, what integers do, and which convention complex numbers follow."""

from __future__ import annotations

from diffcheck.behaviours.behaviour import Behaviour
from diffcheck.behaviours.evidence import Evidence, seen
from diffcheck.behaviours.rules import equals, raises


def gradient_dtype_torch() -> Evidence:
    import torch

    dtypes = [torch.float16, torch.bfloat16, torch.float32]
    inputs = [torch.ones(2, dtype=dtype, requires_grad=True) for dtype in dtypes]
    return seen(dtypes=[torch.autograd.grad((x * x).sum(), x)[0].dtype for x in inputs])


def gradient_dtype_jax() -> Evidence:
    import jax
    import jax.numpy as jnp

    inputs = [jnp.ones(2, dtype) for dtype in (jnp.float16, jnp.bfloat16, jnp.float32)]
    return seen(dtypes=[jax.grad(lambda x: (x * x).sum())(x).dtype for x in inputs])


GRADIENT_DTYPE = Behaviour(
    name="types/gradient_dtype",
    statement="A gradient has the dtype of what it is differentiated by",
    why="it is rounded to the parameter's precision, however the loss was computed",
    rule=equals(dtypes=["float16", "bfloat16", "float32"]),
    probes={"torch": gradient_dtype_torch, "jax": gradient_dtype_jax},
)


def gradient_device_torch() -> Evidence:
    import torch

    inputs = [torch.ones(2, device=device, requires_grad=True) for device in ("cpu", "meta")]
    gradients = [torch.autograd.grad((x * x).sum(), x)[0] for x in inputs]
    return seen(same_device=[gradient.device == x.device for gradient, x in zip(gradients, inputs, strict=True)])


def gradient_device_jax() -> Evidence:
    import jax
    import jax.numpy as jnp

    inputs = [jax.device_put(jnp.ones(2), device) for device in (jax.devices()[0], jax.devices("cpu")[0])]
    gradients = [jax.grad(lambda x: (x * x).sum())(x) for x in inputs]
    return seen(same_device=[gradient.device == x.device for gradient, x in zip(gradients, inputs, strict=True)])


GRADIENT_DEVICE = Behaviour(
    name="types/gradient_device",
    statement="A gradient lies on the device of what it is differentiated by",
    why="a step then needs no transfer",
    rule=equals(same_device=[True, True]),
    probes={"torch": gradient_device_torch, "jax": gradient_device_jax},
)


def integers_torch() -> Evidence:
    import torch

    x = torch.tensor([1, 2], requires_grad=True)
    (x * x).sum().backward()
    return seen(gradient=x.grad)


def integers_jax() -> Evidence:
    import jax
    import jax.numpy as jnp

    return seen(gradient=jax.grad(lambda x: (x * x).sum())(jnp.array([1, 2])))


INTEGERS = Behaviour(
    name="types/integers",
    statement="A derivative by integers is refused",
    why="a missing decimal point is found at once",
    rule=raises(("RuntimeError", "TypeError"), "complex"),
    probes={"torch": integers_torch, "jax": integers_jax},
)


def loss_in_float64_torch() -> Evidence:
    import torch

    w, x = torch.tensor([0.1], requires_grad=True), torch.tensor([3.0], dtype=torch.float64)
    loss = (w * x).sum()
    loss.backward()
    return seen(loss=loss.dtype, gradient=w.grad.dtype)


def loss_in_float64_jax() -> Evidence:
    import jax
    import jax.numpy as jnp

    with jax.enable_x64(True):
        w, x = jnp.array([0.1], jnp.float32), jnp.array([3.0], jnp.float64)
        loss, gradient = jax.value_and_grad(lambda w: (w * x).sum())(w)
    return seen(loss=loss.dtype, gradient=gradient.dtype)


LOSS_IN_FLOAT64 = Behaviour(
    name="types/loss_in_float64",
    statement="float64 data make the loss of a float32 parameter float64, and leave its gradient float32",
    why="a loss with sixteen digits says nothing about the gradient's",
    rule=equals(loss="float64", gradient="float32"),
    probes={"torch": loss_in_float64_torch, "jax": loss_in_float64_jax},
)


def float64_kept_torch() -> Evidence:
    import numpy as np
    import torch

    x = torch.tensor(np.float64(1 + 2**-40), dtype=torch.float64, requires_grad=True)
    (x * x).backward()
    return seen(dtype=x.grad.dtype, gradient=x.grad)


def float64_kept_jax() -> Evidence:
    import jax
    import jax.numpy as jnp
    import numpy as np

    gradient = jax.grad(lambda x: x * x)(jnp.array(np.float64(1 + 2**-40), dtype=jnp.float64))
    return seen(dtype=gradient.dtype, gradient=gradient)


FLOAT64_KEPT = Behaviour(
    name="types/float64_kept",
    statement="What is asked for in float64 is computed in float64",
    why="jax cuts it to float32 unless jax_enable_x64 is on, and a finite difference with a small step is then noise",
    rule=equals(dtype="float64", gradient=2 + 2**-39),
    probes={"torch": float64_kept_torch, "jax": float64_kept_jax},
)


def float64_on_request_torch() -> Evidence:
    import torch

    torch.set_default_dtype(torch.float64)
    x = torch.tensor(1 + 2**-40, requires_grad=True)
    (x * x).backward()
    return seen(dtype=x.grad.dtype, gradient=x.grad)


def float64_on_request_jax() -> Evidence:
    import jax

    with jax.enable_x64(True):
        gradient = jax.grad(lambda x: x * x)(1 + 2**-40)
    return seen(dtype=gradient.dtype, gradient=gradient)


FLOAT64_ON_REQUEST = Behaviour(
    name="types/float64_on_request",
    statement="A switch makes float64 the dtype of Python numbers and of their gradients",
    why="a check of derivatives should turn it on first",
    rule=equals(dtype="float64", gradient=2 + 2**-39),
    probes={"torch": float64_on_request_torch, "jax": float64_on_request_jax},
)


def python_number_torch() -> Evidence:
    import torch

    w = torch.tensor([1.0], dtype=torch.float16, requires_grad=True)
    loss = (w * 3.0).sum()
    loss.backward()
    return seen(loss=loss.dtype, gradient=w.grad.dtype)


def python_number_jax() -> Evidence:
    import jax
    import jax.numpy as jnp

    loss, gradient = jax.value_and_grad(lambda w: (w * 3.0).sum())(jnp.array([1.0], jnp.float16))
    return seen(loss=loss.dtype, gradient=gradient.dtype)


PYTHON_NUMBER = Behaviour(
    name="types/python_number",
    statement="A Python number takes the precision of the array that it meets",
    why="a learning rate written in the code does not turn a float16 network into float64",
    rule=equals(loss="float16", gradient="float16"),
    probes={"torch": python_number_torch, "jax": python_number_jax},
)


def scalar_array_torch() -> Evidence:
    import torch

    w = torch.tensor([1.0], requires_grad=True)
    loss = (w * torch.tensor(3.0, dtype=torch.float64)).sum()
    loss.backward()
    return seen(loss=loss.dtype, gradient=w.grad.dtype)


def scalar_array_jax() -> Evidence:
    import jax
    import jax.numpy as jnp

    with jax.enable_x64(True):
        scale = jnp.array(3.0, jnp.float64)
        loss, gradient = jax.value_and_grad(lambda w: (w * scale).sum())(jnp.array([1.0], jnp.float32))
    return seen(loss=loss.dtype, gradient=gradient.dtype)


SCALAR_ARRAY = Behaviour(
    name="types/scalar_array",
    statement="An array without dimensions does not raise the precision of one that has some",
    why="the same line computes in float32 in one framework and in float64 in the other",
    rule=equals(loss="float32", gradient="float32"),
    probes={"torch": scalar_array_torch, "jax": scalar_array_jax},
)


def cast_torch() -> Evidence:
    import torch

    x = torch.tensor(3.0, requires_grad=True)
    (x.to(torch.float16) * (1 / 3)).backward()
    return seen(dtype=x.grad.dtype, gradient=x.grad)


def cast_jax() -> Evidence:
    import jax
    import jax.numpy as jnp

    gradient = jax.grad(lambda x: (x.astype(jnp.float16) * (1 / 3)).astype(jnp.float32))(jnp.array(3.0))
    return seen(dtype=gradient.dtype, gradient=gradient)


CAST = Behaviour(
    name="types/cast",
    statement="A cast to float16 on the way lets the gradient through, rounded to float16, and back as float32",
    why="mixed precision leaves float32 gradients with float16 digits",
    rule=equals(dtype="float32", gradient=0.333251953125),
    probes={"torch": cast_torch, "jax": cast_jax},
)


def underflow_torch() -> Evidence:
    import torch

    x, factor = torch.tensor(1.0, dtype=torch.float16, requires_grad=True), 2**-13
    (plain,) = torch.autograd.grad(x * factor * factor, x)
    (scaled,) = torch.autograd.grad(x * factor * factor, x, torch.tensor(2.0**12, dtype=torch.float16))
    return seen(gradient=plain, scaled=scaled.float() / 2**12)


def underflow_jax() -> Evidence:
    import jax
    import jax.numpy as jnp

    factor = 2**-13
    _, pull_back = jax.vjp(lambda x: x * factor * factor, jnp.array(1.0, jnp.float16))
    (plain,), (scaled,) = pull_back(jnp.array(1.0, jnp.float16)), pull_back(jnp.array(2.0**12, jnp.float16))
    return seen(gradient=plain, scaled=scaled.astype(jnp.float32) / 2**12)


UNDERFLOW = Behaviour(
    name="types/underflow",
    statement="A gradient too small for float16 is zero, and a scaled loss brings it back",
    why="this is what loss scaling is for",
    rule=equals(gradient=0.0, scaled=2**-26),
    probes={"torch": underflow_torch, "jax": underflow_jax},
)


def complex_gradient_torch() -> Evidence:
    import torch

    z = torch.tensor(3 + 4j, requires_grad=True)
    (z * z.conj()).real.backward()
    return seen(gradient=z.grad)


def complex_gradient_jax() -> Evidence:
    import jax

    return seen(gradient=jax.grad(lambda z: (z * z.conj()).real)(3 + 4j))


COMPLEX_GRADIENT = Behaviour(
    name="types/complex_gradient",
    statement="The gradient of |z|² at z = 3 + 4i is 6 + 8i, the direction of steepest ascent",
    why="where it is the conjugate, a step along its negative does not descend",
    rule=equals(gradient=6 + 8j),
    probes={"torch": complex_gradient_torch, "jax": complex_gradient_jax},
)


def holomorphic_torch() -> Evidence:
    import torch

    z = torch.tensor(3 + 4j, requires_grad=True)
    (z * z).backward(torch.tensor(1 + 0j))
    return seen(gradient=z.grad)


def holomorphic_jax() -> Evidence:
    import jax

    return seen(gradient=jax.grad(lambda z: z * z, holomorphic=True)(3 + 4j))


HOLOMORPHIC = Behaviour(
    name="types/holomorphic",
    statement="A holomorphic function pulled back along one gives its complex derivative, here 2z = 6 + 8i",
    why="the other convention gives the conjugate, and each is right about one of the two",
    rule=equals(gradient=6 + 8j),
    probes={"torch": holomorphic_torch, "jax": holomorphic_jax},
)


def complex_loss_torch() -> Evidence:
    import torch

    z = torch.tensor(3 + 4j, requires_grad=True)
    (z * z).backward()
    return seen(gradient=z.grad)


def complex_loss_jax() -> Evidence:
    import jax

    return seen(gradient=jax.grad(lambda z: z * z)(3 + 4j))


COMPLEX_LOSS = Behaviour(
    name="types/complex_loss",
    statement="A complex loss is refused unless it is said what to pull back",
    why="complex numbers have no order, so that nothing descends",
    rule=raises(("RuntimeError", "TypeError"), "real"),
    probes={"torch": complex_loss_torch, "jax": complex_loss_jax},
)


def real_through_complex_torch() -> Evidence:
    import torch

    x = torch.tensor(3.0, requires_grad=True)
    z = x * (1 + 2j)
    (z * z.conj()).real.backward()
    return seen(dtype=x.grad.dtype, gradient=x.grad)


def real_through_complex_jax() -> Evidence:
    import jax

    def f(x):
        z = x * (1 + 2j)
        return (z * z.conj()).real

    gradient = jax.grad(f)(3.0)
    return seen(dtype=gradient.dtype, gradient=gradient)


REAL_THROUGH_COMPLEX = Behaviour(
    name="types/real_through_complex",
    statement="The gradient by a real number is real where complex ones come in between",
    why="both conventions agree here, and nothing has to be conjugated",
    rule=equals(dtype="float32", gradient=30.0),
    probes={"torch": real_through_complex_torch, "jax": real_through_complex_jax},
)


BEHAVIOURS = (
    GRADIENT_DTYPE,
    GRADIENT_DEVICE,
    INTEGERS,
    LOSS_IN_FLOAT64,
    FLOAT64_KEPT,
    FLOAT64_ON_REQUEST,
    PYTHON_NUMBER,
    SCALAR_ARRAY,
    CAST,
    UNDERFLOW,
    COMPLEX_GRADIENT,
    HOLOMORPHIC,
    COMPLEX_LOSS,
    REAL_THROUGH_COMPLEX,
)
"""In which precision a gradient comes, what integers do, and which convention complex numbers follow."""
