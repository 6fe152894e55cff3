"""Functions with kinks, at their kinks and away from them."""

from diffcheck import array_namespace, case, integers, real
from diffcheck.special import elu, leaky_relu, relu


@case(x=real(special=(0.0,)), examples=[{"x": 0.0}, {"x": 2.0}, {"x": -1.5}], source="T3")
def rectifier(x):
    """y = max(x, 0), spelled relu; the subdifferential at 0 is [0, 1]

    Source: T3, which clamps its hidden layer.
    """
    return relu(x)


@rectifier.spelling("torch")
def _(x):
    return x.clamp(min=0)


@rectifier.spelling("jax")
def _(x):
    import jax.numpy as jnp

    return jnp.maximum(x, 0)


@rectifier.handwritten("step")
def _(x):
    xp = array_namespace(x)
    return {"x": xp.astype(x > 0, x.dtype)}


@case(x=real(special=(0.0,)), examples=[{"x": 0.0}, {"x": 2.0}], source="standard")
def rectifier_by_where(x):
    """y = x where x > 0, else 0

    Source: standard.
    """
    xp = array_namespace(x)
    return xp.where(x > 0, x, xp.zeros_like(x))


@case(x=real(special=(0.0,)), examples=[{"x": 0.0}, {"x": -2.5}], source="standard")
def absolute_value(x):
    """y = |x|; the subdifferential at 0 is [−1, 1]

    Source: standard.
    """
    xp = array_namespace(x)
    return xp.abs(x)


@absolute_value.handwritten("sign")
def _(x):
    xp = array_namespace(x)
    return {"x": xp.sign(x)}


@case(
    x=real(),
    y=real(),
    examples=[{"x": 1.0, "y": 1.0}, {"x": 2.0, "y": -1.0}],
    source="standard",
)
def greater_of_two(x, y):
    """z = max(x, y), a tie along x = y

    Source: standard.
    """
    xp = array_namespace(x, y)
    return xp.maximum(x, y)


@case(
    x=real(low=-2.0, high=3.0, special=(0.0, 1.0)),
    examples=[{"x": 0.5}, {"x": 0.0}, {"x": 2.5}],
    source="standard",
)
def clipped_square(x):
    """y = clip(x, 0, 1)²; smooth at 0, a kink at 1

    Source: standard.
    """
    xp = array_namespace(x)
    return xp.clip(x, 0.0, 1.0) ** 2


@case(x=real(special=(0.0,)), examples=[{"x": 0.0}, {"x": 1.5}], source="standard")
def rectifier_difference(x):
    """y = relu(x) − relu(−x), which is x: the derivative at 0 is 1

    Source: standard; the chain rule with relu′(0) = 0 answers 0.
    """
    return relu(x) - relu(-x)


@case(x=real(special=(0.0,)), examples=[{"x": 0.0}, {"x": 1.5}], source="standard")
def clip_difference(x):
    """y = max(x, 0) − max(−x, 0), which is x, with maxima in place of relu

    Source: standard.
    """
    xp = array_namespace(x)
    zero = xp.zeros_like(x)
    return xp.maximum(x, zero) - xp.maximum(-x, zero)


@case(
    x=real(low=-5.0, high=5.0, special=(-1.0, 0.0, 1.0)),
    examples=[{"x": 0.5}, {"x": 1.0}, {"x": -3.0}],
    source="Collobert 2004",
)
def hard_tanh(x):
    """y = clip(x, −1, 1)

    Source: Collobert, Large scale machine learning, thesis, Paris VI 2004.
    """
    xp = array_namespace(x)
    return xp.clip(x, -1.0, 1.0)


@hard_tanh.spelling("torch")
def _(x):
    from torch.nn.functional import hardtanh

    return hardtanh(x)


@hard_tanh.spelling("jax")
def _(x):
    from jax.nn import hard_tanh

    return hard_tanh(x)


@case(
    x=real(low=-5.0, high=5.0, special=(-3.0, 3.0)),
    examples=[{"x": 1.0}, {"x": 3.0}, {"x": -4.0}],
    source="Howard et al. 2019",
)
def hard_sigmoid(x):
    """y = clip(x + 3, 0, 6) / 6

    Source: Howard et al., Searching for MobileNetV3, ICCV 2019.
    """
    xp = array_namespace(x)
    return xp.clip(x + 3.0, 0.0, 6.0) / 6.0


@hard_sigmoid.spelling("torch")
def _(x):
    from torch.nn.functional import hardsigmoid

    return hardsigmoid(x)


@hard_sigmoid.spelling("jax")
def _(x):
    from jax.nn import hard_sigmoid

    return hard_sigmoid(x)


@case(
    x=real("n", special=(0.0,)),
    dims={"n": 3},
    examples=[{"x": [-1.0, 0.0, 2.0], "cotangent": [1.0, 2.0, -1.0]}],
    source="Maas et al. 2013",
)
def leaky_rectifier(x):
    """yᵢ = xᵢ where xᵢ > 0, else xᵢ/100

    Source: Maas, Hannun and Ng, Rectifier nonlinearities improve neural network acoustic models, ICML 2013.
    """
    return leaky_relu(x)


@case(
    x=real("n", low=-5.0, high=5.0, special=(0.0,)),
    dims={"n": 3},
    examples=[{"x": [-1.0, 0.0, 2.0]}],
    source="Clevert et al. 2016",
)
def exponential_linear_unit(x):
    """yᵢ = xᵢ where xᵢ > 0, else exp(xᵢ) − 1; once differentiable at 0

    Source: Clevert, Unterthiner and Hochreiter, Fast and accurate deep network learning by ELUs, ICLR 2016.
    """
    return elu(x)


@case(
    x=real("n", special=(-1.0, 1.0)),
    dims={"n": 3},
    examples=[{"x": [0.5, 1.0, -3.0]}],
    source="Huber 1964",
)
def huber_loss(x):
    """L = Σ h(xᵢ), h(x) = x²/2 where |x| ≤ 1, else |x| − ½

    Source: Huber, The Annals of Mathematical Statistics 35 (1964) 73–101; smooth where the branches meet.
    """
    xp = array_namespace(x)
    size = xp.abs(x)
    return xp.sum(xp.where(size <= 1, x * x / 2, size - 0.5))


@huber_loss.handwritten("clip")
def _(x):
    xp = array_namespace(x)
    return {"x": xp.clip(x, -1.0, 1.0)}


@huber_loss.spelling("torch")
def _(x):
    import torch

    return torch.nn.functional.huber_loss(x, torch.zeros_like(x), reduction="sum")


@case(
    w=real("d"),
    x=real("n", "d"),
    y=integers("n", low=0, high=1),
    wrt="w",
    dims={"n": 3, "d": 2},
    examples=[{"w": [1.0, 0.0], "x": [[1.0, 2.0], [-2.0, 1.0], [0.5, 0.5]], "y": [1, 1, 0]}],
    source="Cortes and Vapnik 1995",
)
def hinge_loss(w, x, y):
    """L = Σ max(0, 1 − sᵢ·xᵢᵀw) with the sign s = 2y − 1

    Source: Cortes and Vapnik, Machine Learning 20 (1995) 273–297.
    """
    xp = array_namespace(w, x, y)
    sign = 2 * xp.astype(y, w.dtype) - 1
    return xp.sum(relu(1 - sign * xp.matmul(x, w)))


@case(
    w=real("d", special=(0.0,)),
    x=real("n", "d"),
    y=real("n"),
    wrt="w",
    dims={"n": 3, "d": 3},
    examples=[{"w": [0.5, 0.0], "x": [[1.0, 2.0], [3.0, -1.0]], "y": [1.0, 2.0]}],
    source="Tibshirani 1996",
)
def lasso(w, x, y):
    """L = ½‖Xw − y‖² + Σ|wⱼ|

    Source: Tibshirani, Journal of the Royal Statistical Society B 58 (1996) 267–288.
    """
    xp = array_namespace(w, x, y)
    return xp.sum((xp.matmul(x, w) - y) ** 2) / 2 + xp.sum(xp.abs(w))


@case(
    x=real("n", special=(0.0,)),
    dims={"n": 4},
    examples=[{"x": [1.0, 3.0, 3.0]}, {"x": [2.0, -1.0]}],
    source="standard",
)
def largest_entry(x):
    """y = maxᵢ xᵢ, over a tie: the subdifferential is the segment between the unit vectors

    Source: standard.
    """
    xp = array_namespace(x)
    return xp.max(x)


@largest_entry.spelling("torch")
def _(x):
    return x.max(0).values


@case(
    x=real("n", special=(0.0,)),
    dims={"n": 4},
    examples=[{"x": [3.0, -4.0]}, {"x": [0.0, 0.0]}],
    source="standard",
)
def euclidean_norm(x):
    """y = ‖x‖₂; the subdifferential at 0 is the unit ball

    Source: standard.
    """
    xp = array_namespace(x)
    return xp.linalg.vector_norm(x)


@case(
    x=real("n", special=(0.0,)),
    dims={"n": 4},
    examples=[{"x": [3.0, 0.0, -4.0]}],
    source="standard",
)
def one_norm(x):
    """y = ‖x‖₁ = Σ|xᵢ|

    Source: standard.
    """
    xp = array_namespace(x)
    return xp.sum(xp.abs(x))


@one_norm.spelling("torch")
def _(x):
    import torch

    return torch.linalg.vector_norm(x, ord=1)


@case(
    x=real("n", special=(0.0,)),
    dims={"n": 4},
    examples=[{"x": [3.0, 1.0, -4.0]}, {"x": [2.0, -2.0]}],
    source="standard",
)
def max_norm(x):
    """y = ‖x‖∞ = maxᵢ |xᵢ|

    Source: standard.
    """
    xp = array_namespace(x)
    return xp.max(xp.abs(x))


@case(
    a=real("m", "n"),
    dims={"m": 3, "n": 3},
    examples=[{"a": [[1.0, 2.0], [3.0, 4.0]]}, {"a": [[0.0, 0.0]]}],
    source="standard",
)
def frobenius_norm(a):
    """y = √(Σᵢⱼ aᵢⱼ²)

    Source: standard.
    """
    xp = array_namespace(a)
    return xp.sqrt(xp.sum(a * a))


@frobenius_norm.spelling("torch")
def _(a):
    import torch

    return torch.linalg.matrix_norm(a)


@case(x=real(low=0.0, high=10.0), examples=[{"x": 4.0}, {"x": 0.0}], source="standard")
def square_root(x):
    """y = √x, whose derivative at 0 is +∞

    Source: standard.
    """
    xp = array_namespace(x)
    return xp.sqrt(x)


@case(
    x=real(low=-4.0, high=4.0, special=(0.0, 1.0)),
    examples=[{"x": 0.0}, {"x": -2.0}, {"x": 4.0}],
    source="standard",
)
def square_root_above_one(x):
    """y = x where x < 1, else √x; the derivative at 0 is 1, though the other branch has none there

    Source: standard; the chain rule multiplies the branch not taken by 0, and 0·∞ is NaN.
    """
    xp = array_namespace(x)
    return xp.where(x < 1, x, xp.sqrt(x))


@case(
    x=real("n"),
    dims={"n": (2, 4)},
    examples=[{"x": [1.0, 3.0, 3.0, 0.5]}],
    source="Rudin et al. 1992",
)
def total_variation(x):
    """y = Σ|xᵢ₊₁ − xᵢ|

    Source: Rudin, Osher and Fatemi, Physica D 60 (1992) 259–268.
    """
    xp = array_namespace(x)
    return xp.sum(xp.abs(x[1:] - x[:-1]))


@case(x=real(low=-3.0, high=3.0), examples=[{"x": 0.25}, {"x": -1.75}], source="standard")
def triangle_wave(x):
    """y = |x − round(x)|, kinks at every half and every whole number

    Source: standard.
    """
    xp = array_namespace(x)
    return xp.abs(x - xp.round(x))


@case(
    x=real(low=-3.0, high=3.0, special=(0.0,)),
    examples=[{"x": 1.0}, {"x": 0.0}, {"x": -1.0}],
    source="standard",
)
def step_up(x):
    """y = x + 1 where x > 0, else x; no derivative at the jump

    Source: standard.
    """
    xp = array_namespace(x)
    return xp.where(x > 0, x + 1, x)
