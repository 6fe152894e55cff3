"""Smooth functions of vectors and matrices."""

from diffcheck import Claim, array_namespace, case, real
from diffcheck.special import stop_gradient


@case(
    x=real("n"),
    examples=[{"x": [0.0, 1.0, 2.0, 3.0]}],
    source="T1, T4",
    claims=[
        Claim("the value is 28 and the gradient 4x", value=28.0, gradient={"x": [0.0, 4.0, 8.0, 12.0]}, source="T4"),
        Claim("a comment: the gradient prints [0, 2, 4, 6]", gradient={"x": [0.0, 2.0, 4.0, 6.0]}, source="T1"),
        Claim("a comment: twice the square of each element", gradient={"x": [0.0, 2.0, 8.0, 18.0]}, source="T1"),
    ],
)
def squared_norm(x):
    """y = 2 xᵀx

    Source: T1 and T4. Forward accumulation of its derivative is Wengert's (1964), reverse accumulation
    Speelpenning's (1980); Griewank (1989) compares the two, Revels et al. (2016) bring forward mode to Julia.
    """
    xp = array_namespace(x)
    return 2 * xp.vecdot(x, x)


@squared_norm.handwritten("two passes")
def _(x):
    return {"x": 4 * x}


@squared_norm.spelling("torch")
def _(x):
    import torch

    return 2 * torch.dot(x, x)


@squared_norm.spelling("jax")
def _(x):
    import jax.numpy as jnp

    return 2 * jnp.dot(x, x)


@case(
    x=real("n"),
    examples=[{"x": [0.0, 1.0, 2.0, 3.0]}],
    source="T1",
    claims=[Claim("the gradient of sum(x) is all ones", gradient={"x": [1.0, 1.0, 1.0, 1.0]})],
)
def total(x):
    """y = Σᵢ xᵢ

    Source: T1.
    """
    xp = array_namespace(x)
    return xp.sum(x)


@case(
    x=real("n"),
    examples=[{"x": [0.0, 1.0, 2.0, 3.0]}],
    source="T1",
    claims=[Claim("y.sum().backward() gives 2x", gradient={"x": [0.0, 2.0, 4.0, 6.0]})],
)
def square(x):
    """yᵢ = xᵢ·xᵢ, pulled back along all ones

    Source: T1.
    """
    return x * x


@case(
    x=real("n"),
    examples=[{"x": [0.0, 1.0, 2.0, 3.0]}],
    source="T1",
    claims=[
        Claim("x.grad equals u = x·x, once the gradient has been zeroed", gradient={"x": [0.0, 1.0, 4.0, 9.0]}),
    ],
)
def detached_square(x):
    """zᵢ = uᵢ·xᵢ with u = x·x taken as a constant, so that ∂zᵢ/∂xᵢ = xᵢ² and not 3xᵢ²

    Source: T1.
    """
    return stop_gradient(x * x) * x


@detached_square.spelling("torch")
def _(x):
    return (x * x).detach() * x


@detached_square.handwritten("u is a constant")
def _(x, cotangent):
    return {"x": cotangent * x * x}


@case(
    x=real("m", "n"),
    examples=[{"x": [[1.0, 1.0], [1.0, 1.0]]}],
    source="T3",
    claims=[
        Claim(
            "at ones(2, 2) the value is 27 and the gradient 4.5 everywhere",
            value=27.0,
            gradient={"x": [[4.5, 4.5], [4.5, 4.5]]},
        ),
    ],
)
def mean_of_squares(x):
    """out = mean(3(x + 2)²)

    Source: T3.
    """
    xp = array_namespace(x)
    return xp.mean(3 * (x + 2) ** 2)


@mean_of_squares.handwritten("1.5 (x + 2) at four entries")
def _(x):
    return {"x": 6 * (x + 2) / x.size}


@case(
    # Positive numbers keep the norm away from zero, where the loop would not end.
    x=real("n", low=0.0625, high=10.0),
    examples=[{"x": [0.5, 1.25, 2.0], "cotangent": [0.1, 1.0, 0.0001]}],
    source="T3",
    claims=[
        Claim(
            "y.backward(v) gives 2ᵏ·v, k = 9 doublings at this x",
            at={"x": [0.5, 1.25, 2.0], "cotangent": [0.1, 1.0, 0.0001]},
            gradient={"x": [51.2, 512.0, 0.0512]},
        ),
    ],
)
def doubling(x):
    """y = 2ᵏx, doubled while ‖y‖ < 1000, pulled back along v = [0.1, 1, 0.0001]

    Source: T3; the number of doublings depends on the data.
    """
    xp = array_namespace(x)
    y = 2 * x
    while xp.linalg.vector_norm(y) < 1000:
        y = 2 * y
    return y


@case(
    x=real("n"),
    a=real("n", "n"),
    dims={"n": 4},
    examples=[{"x": [1.0, -2.0], "a": [[2.0, 1.0], [0.0, 3.0]]}],
    source="standard",
)
def quadratic_form(x, a):
    """y = xᵀAx

    Source: standard; the gradient is (A + Aᵀ)x, not 2Ax.
    """
    xp = array_namespace(x, a)
    return xp.vecdot(x, xp.matmul(a, x))


@quadratic_form.handwritten("(A + Aᵀ) x")
def _(x, a):
    xp = array_namespace(x, a)
    return {"x": xp.matmul(a + a.T, x), "a": xp.linalg.outer(x, x)}


@case(
    x=real("m"),
    a=real("m", "n"),
    y=real("n"),
    dims={"m": 3, "n": 3},
    examples=[{"x": [1.0, 2.0], "a": [[1.0, 0.0, -1.0], [2.0, 3.0, 0.5]], "y": [1.0, -1.0, 2.0]}],
    source="standard",
)
def bilinear(x, a, y):
    """z = xᵀAy

    Source: standard.
    """
    xp = array_namespace(x, a, y)
    return xp.einsum("i,ij,j->", x, a, y)


@case(
    x=real("m"),
    y=real("n"),
    dims={"m": 3, "n": 3},
    examples=[{"x": [1.0, 2.0], "y": [3.0, -1.0, 0.5], "cotangent": [[1.0, 0.0, 2.0], [-1.0, 0.5, 0.0]]}],
    source="standard",
)
def outer_product(x, y):
    """zᵢⱼ = xᵢ·yⱼ

    Source: standard.
    """
    xp = array_namespace(x, y)
    return xp.linalg.outer(x, y)


@outer_product.handwritten("two contractions")
def _(x, y, cotangent):
    xp = array_namespace(x, y)
    return {"x": xp.matmul(cotangent, y), "y": xp.matmul(cotangent.T, x)}


@case(
    x=real("n", low=0.25, high=10.0),
    y=real("n", low=0.25, high=10.0),
    dims={"n": 4},
    examples=[{"x": [1.0, 2.0, 2.0], "y": [2.0, 1.0, 2.0]}],
    source="standard",
)
def cosine_similarity(x, y):
    """c = xᵀy / √(xᵀx · yᵀy), away from the zero vector

    Source: standard.
    """
    xp = array_namespace(x, y)
    return xp.vecdot(x, y) / xp.sqrt(xp.vecdot(x, x) * xp.vecdot(y, y))


@case(x=real("n"), examples=[{"x": [3.0, -4.0, 0.0]}, {"x": [0.0, 0.0]}], source="standard")
def smoothed_norm(x):
    """y = √(1 + xᵀx), a norm without the kink at 0

    Source: standard.
    """
    xp = array_namespace(x)
    return xp.sqrt(1 + xp.sum(x * x))


@smoothed_norm.handwritten("x / y")
def _(x):
    xp = array_namespace(x)
    return {"x": x / xp.sqrt(1 + xp.sum(x * x))}


@case(x=real("n"), dims={"n": 5}, examples=[{"x": [1.0, -2.0, 3.0, 0.5]}], source="standard")
def cumulative_energy(x):
    """y = Σₖ (x₁ + … + xₖ)²

    Source: standard.
    """
    xp = array_namespace(x)
    return xp.sum(xp.cumulative_sum(x) ** 2)


@case(x=real("n"), dims={"n": (3, 7)}, examples=[{"x": [1.0, 2.0, 4.0, 8.0, 0.5]}], source="standard")
def moving_average(x):
    """yᵢ = (xᵢ + xᵢ₊₁ + xᵢ₊₂) / 3

    Source: standard.
    """
    return (x[:-2] + x[1:-1] + x[2:]) / 3


@case(x=real("m", "n"), dims={"m": 4, "n": 4}, examples=[{"x": [[1.0, 2.0], [4.0, 8.0]]}], source="standard")
def dirichlet_energy(x):
    """y = ½ Σ (xᵢ₊₁,ⱼ − xᵢⱼ)² + ½ Σ (xᵢ,ⱼ₊₁ − xᵢⱼ)²

    Source: standard; its gradient is minus the discrete Laplacian.
    """
    xp = array_namespace(x)
    down = x[1:, :] - x[:-1, :]
    right = x[:, 1:] - x[:, :-1]
    return (xp.sum(down * down) + xp.sum(right * right)) / 2


@case(x=real("n"), dims={"n": 5}, examples=[{"x": [1.0, -2.0, 3.0, 0.5]}], source="standard")
def circular_autocorrelation(x):
    """y = Σᵢ xᵢ·xᵢ₊₁ + Σᵢ xᵢ·xₙ₋ᵢ, indices modulo n

    Source: standard.
    """
    xp = array_namespace(x)
    return xp.sum(x * xp.roll(x, -1)) + xp.sum(x * xp.flip(x))


@case(
    x=real("n", low=-3.0, high=3.0, special=(0.0,)),
    dims={"n": 5},
    examples=[{"x": [1.0, 2.0, 0.0, 3.0]}, {"x": [0.0, 3.0, 0.0]}],
    source="standard",
)
def product_of_entries(x):
    """y = Πᵢ xᵢ

    Source: standard; dividing the product by xᵢ is not the gradient where an entry is 0.
    """
    xp = array_namespace(x)
    return xp.prod(x)


@case(
    x=real("m", "d"),
    y=real("n", "d"),
    dims={"m": 3, "n": 3, "d": 3},
    examples=[{"x": [[0.0, 1.0], [2.0, 3.0]], "y": [[1.0, 1.0]]}],
    source="standard",
)
def squared_distances(x, y):
    """dᵢⱼ = ‖xᵢ − yⱼ‖²

    Source: standard.
    """
    xp = array_namespace(x, y)
    difference = x[:, None, :] - y[None, :, :]
    return xp.sum(difference * difference, axis=-1)


@case(
    x=real("n", low=1.0, high=3.0),
    y=real("n", low=-3.0, high=-1.0),
    dims={"n": 3},
    examples=[{"x": [1.0, 1.5, 2.0], "y": [-1.0, -1.0, -1.25]}],
    source="Lennard-Jones 1924",
)
def lennard_jones(x, y):
    """V = 4(r⁻¹² − r⁻⁶) with r² = ‖x − y‖²/16

    Source: Lennard-Jones, Proceedings of the Royal Society A 106 (1924) 463–477, the exponents of 1931.
    """
    xp = array_namespace(x, y)
    inverse_sixth = (xp.sum((x - y) ** 2) / 16) ** -3
    return 4 * (inverse_sixth**2 - inverse_sixth)


@case(a=real("n", "n"), dims={"n": 3}, examples=[{"a": [[1.0, 2.0], [3.0, 4.0]]}], source="standard")
def trace_of_cube(a):
    """y = tr(A³)

    Source: standard; the gradient is 3(A²)ᵀ.
    """
    xp = array_namespace(a)
    return xp.linalg.trace(xp.matmul(a, xp.matmul(a, a)))


@trace_of_cube.handwritten("3 (A²)ᵀ")
def _(a):
    xp = array_namespace(a)
    return {"a": 3 * xp.matmul(a, a).T}


@case(
    a=real("m", "n"),
    dims={"m": (2, 4), "n": (2, 4)},
    examples=[{"a": [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]}],
    source="standard",
)
def rearrangement(a):
    """y = Σₖ cₖ² with c the columns of tril(A)ᵀ, the first row reversed and the last column, end to end

    Source: standard; every entry only moves, so the gradient is a scatter.
    """
    xp = array_namespace(a)
    lower = xp.reshape(xp.permute_dims(xp.tril(a), (1, 0)), (-1,))
    moved = xp.concat([lower, xp.flip(a[0, :]), a[:, -1]])
    return xp.sum(moved * moved)


@case(
    a=real("n", "n", low=-3.0, high=3.0),
    dims={"n": 3},
    examples=[{"a": [[2.0, 1.0], [1.0, 3.0]]}, {"a": [[1.0, 1.0], [1.0, 1.0]]}],
    source="standard",
)
def determinant(a):
    """y = det A, at a singular matrix too

    Source: standard; Jacobi's formula, the gradient is the transposed adjugate.
    """
    xp = array_namespace(a)
    return xp.linalg.det(a)


@case(
    a=real("n", "n", low=-1.0, high=1.0),
    b=real("n"),
    dims={"n": 3},
    examples=[{"a": [[0.0, 1.0], [1.0, -0.5]], "b": [1.0, 2.0]}],
    source="standard",
)
def linear_solve(a, b):
    """x with (A + 4I)x = b, the diagonal keeping the matrix regular

    Source: standard.
    """
    xp = array_namespace(a, b)
    regular = a + 4 * xp.eye(a.shape[0], dtype=a.dtype)
    return xp.linalg.solve(regular, b)


@case(
    a=real("n", "n", low=-1.0, high=1.0),
    dims={"n": 3},
    examples=[{"a": [[0.0, 1.0], [1.0, -0.5]]}],
    source="standard",
)
def inverse(a):
    """y = (A + 4I)⁻¹, the diagonal keeping the matrix regular

    Source: standard.
    """
    xp = array_namespace(a)
    return xp.linalg.inv(a + 4 * xp.eye(a.shape[0], dtype=a.dtype))
