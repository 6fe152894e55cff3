"""Functions written so that rounding, overflow or cancellation matter, beside the careful way."""

from diffcheck import array_namespace, case, real
from diffcheck.special import log_expit, logsumexp, softmax


@case(
    x=real(low=-30.0, high=800.0, special=(800.0,)),
    examples=[{"x": 1.0}, {"x": -20.0}, {"x": 800.0}],
    source="standard",
)
def softplus_naive(x):
    """y = ln(1 + exp x), as it is written; exp overflows at 710, in float32 at 89

    Source: standard.
    """
    xp = array_namespace(x)
    return xp.log(1 + xp.exp(x))


@case(x=real(low=-30.0, high=30.0), examples=[{"x": 1.0}, {"x": -20.0}], source="standard")
def softplus_by_log1p(x):
    """y = log1p(exp x)

    Source: standard.
    """
    xp = array_namespace(x)
    return xp.log1p(xp.exp(x))


@case(x=real(low=-800.0, high=800.0, special=(0.0,)), examples=[{"x": 1.0}, {"x": 800.0}], source="Mächler 2012")
def softplus_stable(x):
    """y = max(x, 0) + log1p(exp(−|x|)), smooth although its parts have kinks at 0

    Source: Mächler, Accurately computing log(1 − exp(−|a|)), Rmpfr vignette, 2012.
    """
    xp = array_namespace(x)
    return xp.maximum(x, xp.zeros_like(x)) + xp.log1p(xp.exp(-xp.abs(x)))


@case(x=real(low=-800.0, high=800.0), examples=[{"x": 1.0}, {"x": -20.0}], source="standard")
def softplus_by_logaddexp(x):
    """y = logaddexp(x, 0)

    Source: standard.
    """
    xp = array_namespace(x)
    return xp.logaddexp(x, xp.zeros_like(x))


@case(
    x=real(low=-30.0, high=30.0),
    examples=[{"x": 1.0}, {"x": 25.0}],
    source="standard",
)
def log_logistic_naive(x):
    """y = ln(1/(1 + exp(−x)))

    Source: standard.
    """
    xp = array_namespace(x)
    return xp.log(1 / (1 + xp.exp(-x)))


@log_logistic_naive.spelling("torch")
def _(x):
    from torch.nn.functional import logsigmoid

    return logsigmoid(x)


@log_logistic_naive.spelling("jax")
def _(x):
    return log_expit(x)


@case(z=real("n", low=-30.0, high=30.0), dims={"n": 4}, examples=[{"z": [1.0, 2.0, 3.0]}], source="standard")
def logsumexp_naive(z):
    """y = ln Σᵢ exp zᵢ, as it is written

    Source: standard.
    """
    xp = array_namespace(z)
    return xp.log(xp.sum(xp.exp(z)))


@case(
    z=real("n", low=-800.0, high=800.0),
    dims={"n": 4},
    examples=[{"z": [1.0, 2.0, 3.0]}, {"z": [-200.0, 1.0]}],
    source="Blanchard et al. 2021",
)
def logsumexp_stable(z):
    """y = m + ln Σᵢ exp(zᵢ − m) with m = max z

    Source: Blanchard, Higham and Higham, IMA Journal of Numerical Analysis 41 (2021) 2311–2330.
    """
    xp = array_namespace(z)
    largest = xp.max(z)
    return largest + xp.log(xp.sum(xp.exp(z - largest)))


@logsumexp_stable.spelling("torch")
def _(z):
    return z.logsumexp(0)


@logsumexp_stable.spelling("jax")
def _(z):
    return logsumexp(z)


@logsumexp_stable.handwritten("softmax")
def _(z):
    return {"z": softmax(z)}


@case(
    z=real("n", low=-30.0, high=30.0),
    dims={"n": 4},
    examples=[{"z": [1.0, 2.0, 3.0], "cotangent": [0.0, 1.0, 0.0]}],
    source="standard",
)
def log_softmax_naive(z):
    """yᵢ = ln(exp zᵢ / Σⱼ exp zⱼ)

    Source: standard.
    """
    xp = array_namespace(z)
    weights = xp.exp(z)
    return xp.log(weights / xp.sum(weights))


@case(
    x=real("n", low=-1000.0, high=1000.0),
    dims={"n": 5},
    examples=[{"x": [1.0, 2.0, 4.0]}],
    source="Chan et al. 1983",
)
def variance_two_pass(x):
    """v = mean((x − mean x)²)

    Source: Chan, Golub and LeVeque, The American Statistician 37 (1983) 242–247.
    """
    xp = array_namespace(x)
    return xp.mean((x - xp.mean(x)) ** 2)


@variance_two_pass.spelling("torch")
def _(x):
    return x.var(correction=0)


@variance_two_pass.spelling("jax")
def _(x):
    import jax.numpy as jnp

    return jnp.var(x)


@variance_two_pass.handwritten("2 (x − mean) / n")
def _(x):
    xp = array_namespace(x)
    return {"x": 2 * (x - xp.mean(x)) / x.size}


@case(
    x=real("n", low=-1000.0, high=1000.0),
    dims={"n": 5},
    examples=[{"x": [1.0, 2.0, 4.0]}, {"x": [1000.0, 999.9375, 999.875]}],
    source="Chan et al. 1983",
)
def variance_one_pass(x):
    """v = mean(x²) − (mean x)², which cancels when the mean is large

    Source: Chan, Golub and LeVeque, The American Statistician 37 (1983) 242–247.
    """
    xp = array_namespace(x)
    return xp.mean(x * x) - xp.mean(x) ** 2


@case(x=real(low=0.0009765625, high=3.0), examples=[{"x": 1.0}, {"x": 0.0009765625}], source="Higham 2002")
def cosine_quotient(x):
    """y = (1 − cos x)/x²

    Source: Higham, Accuracy and stability of numerical algorithms, SIAM 2002, section 1.7.
    """
    xp = array_namespace(x)
    return (1 - xp.cos(x)) / x**2


@case(x=real(low=0.5, high=1.5), examples=[{"x": 1.25}, {"x": 1.0078125}], source="standard")
def expanded_power(x):
    """y = x⁷ − 7x⁶ + 21x⁵ − 35x⁴ + 35x³ − 21x² + 7x − 1 = (x − 1)⁷

    Source: standard.
    """
    return x**7 - 7 * x**6 + 21 * x**5 - 35 * x**4 + 35 * x**3 - 21 * x**2 + 7 * x - 1


@expanded_power.handwritten("7 (x − 1)⁶")
def _(x):
    return {"x": 7 * (x - 1) ** 6}


@case(x=real(low=0.0009765625, high=5.0), examples=[{"x": 1.0}, {"x": 0.0009765625}], source="Higham 2002")
def exponential_quotient(x):
    """y = (exp x − 1)/x

    Source: Higham, Accuracy and stability of numerical algorithms, SIAM 2002, section 1.14.1.
    """
    xp = array_namespace(x)
    return (xp.exp(x) - 1) / x


@case(x=real(low=0.0009765625, high=5.0), examples=[{"x": 1.0}, {"x": 0.0009765625}], source="Higham 2002")
def exponential_quotient_by_expm1(x):
    """y = expm1(x)/x

    Source: Higham, Accuracy and stability of numerical algorithms, SIAM 2002, section 1.14.1.
    """
    xp = array_namespace(x)
    return xp.expm1(x) / x


@case(
    x=real(low=1.0, high=1000.0),
    y=real(low=1.0, high=1000.0),
    examples=[{"x": 3.0, "y": 4.0}],
    source="standard",
)
def hypotenuse_naive(x, y):
    """r = √(x² + y²), whose squares would overflow before the root does

    Source: standard.
    """
    xp = array_namespace(x, y)
    return xp.sqrt(x * x + y * y)


@hypotenuse_naive.spelling("torch")
def _(x, y):
    import torch

    return torch.hypot(x, y)


@hypotenuse_naive.spelling("jax")
def _(x, y):
    import jax.numpy as jnp

    return jnp.hypot(x, y)


@case(
    b=real(low=2.0, high=100.0),
    c=real(low=0.0009765625, high=0.5),
    examples=[{"b": 3.0, "c": 0.5}, {"b": 100.0, "c": 0.0009765625}],
    source="Forsythe 1970",
)
def smaller_root(b, c):
    """x = (−b + √(b² − 4c))/2, the root of x² + bx + c nearer to 0

    Source: Forsythe, The American Mathematical Monthly 77 (1970) 931–956.
    """
    xp = array_namespace(b, c)
    return (xp.sqrt(b * b - 4 * c) - b) / 2


@case(x=real(), examples=[{"x": 1.0}], source="standard")
def shifted(x):
    """y = x + 10¹⁰, where difference quotients drown

    Source: standard; gradcheck and check_grads fail its derivative 1.
    """
    return x + 1e10


@case(x=real(low=-1.0, high=1.0), examples=[{"x": 0.75}], source="standard")
def fast_sine(x):
    """y = sin(10⁴·x), which turns faster than fixed steps resolve

    Source: standard; check_grads fails its derivative.
    """
    xp = array_namespace(x)
    return xp.sin(10000 * x)


@fast_sine.handwritten("chain rule")
def _(x):
    xp = array_namespace(x)
    return {"x": 10000 * xp.cos(10000 * x)}


@case(x=real(), examples=[{"x": 1.0}], source="standard")
def faint_sine(x):
    """y = 2⁻²⁰·sin x, so small that absolute tolerances pass a zero derivative

    Source: standard.
    """
    xp = array_namespace(x)
    return xp.sin(x) / 2**20


@case(
    x=real(low=-20.0, high=20.0),
    examples=[{"x": 1.0}, {"x": 15.0}],
    source="standard",
)
def saturated_logistic(x):
    """y = σ(x)·(1 − σ(x)) with σ(x) = 1/(1 + exp(−x)), the slope of a logistic unit

    Source: standard.
    """
    xp = array_namespace(x)
    s = 1 / (1 + xp.exp(-x))
    return s * (1 - s)
