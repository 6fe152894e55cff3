"""Functions that need more than elementary ones: error function, gamma function, softmax and their kin."""

from diffcheck import array_namespace, case, positive, real
from diffcheck.special import (
    cbrt,
    digamma,
    erf,
    erfc,
    expit,
    gammaln,
    gelu,
    log_expit,
    logit,
    ndtr,
    silu,
    softmax,
    softplus,
    xlogy,
)


@case(
    x=real("n", low=-30.0, high=30.0),
    dims={"n": 3},
    examples=[{"x": [0.0, 1.0, -2.5]}],
    source="Dugas et al. 2000",
)
def softplus_unit(x):
    """yᵢ = ln(1 + exp xᵢ)

    Source: Dugas, Bengio, Bélisle, Nadeau and Garcia, NIPS 2000.
    """
    return softplus(x)


@softplus_unit.handwritten("logistic function")
def _(x, cotangent):
    return {"x": cotangent * expit(x)}


@case(
    x=real("n", low=-6.0, high=6.0),
    dims={"n": 3},
    examples=[{"x": [1.0]}, {"x": [0.0, -0.75, 3.0]}],
    source="Hendrycks and Gimpel 2016",
)
def gaussian_error_unit(x):
    """yᵢ = xᵢ·Φ(xᵢ), gelu by the error function

    Source: Hendrycks and Gimpel, Gaussian error linear units, 2016.
    """
    return gelu(x)


@gaussian_error_unit.spelling("torch")
def _(x):
    from torch.nn.functional import gelu

    return gelu(x)


@gaussian_error_unit.spelling("jax")
def _(x):
    from jax.nn import gelu

    # As it comes: jax approximates by tanh unless told otherwise.
    return gelu(x)


@gaussian_error_unit.handwritten("Φ(x) + x·φ(x)")
def _(x, cotangent):
    xp = array_namespace(x)
    density = xp.exp(-x * x / 2) / (2 * xp.pi) ** 0.5
    return {"x": cotangent * (ndtr(x) + x * density)}


@case(
    x=real("n", low=-6.0, high=6.0),
    dims={"n": 3},
    examples=[{"x": [1.0, 0.0, -0.75]}],
    source="Hendrycks and Gimpel 2016",
)
def gaussian_error_unit_by_tanh(x):
    """yᵢ = ½xᵢ(1 + tanh(√(2/π)(xᵢ + 0.044715xᵢ³))), the approximation of gelu

    Source: Hendrycks and Gimpel, Gaussian error linear units, 2016.
    """
    xp = array_namespace(x)
    scale = (2 / xp.pi) ** 0.5
    return x / 2 * (1 + xp.tanh(scale * (x + 0.044715 * x**3)))


@gaussian_error_unit_by_tanh.spelling("torch")
def _(x):
    from torch.nn.functional import gelu

    return gelu(x, approximate="tanh")


@gaussian_error_unit_by_tanh.spelling("jax")
def _(x):
    from jax.nn import gelu

    return gelu(x)


@case(
    x=real("n", low=-20.0, high=20.0),
    dims={"n": 3},
    examples=[{"x": [1.0, 0.0, -2.5]}],
    source="Elfwing et al. 2018",
)
def sigmoid_linear_unit(x):
    """yᵢ = xᵢ·σ(xᵢ), silu or swish

    Source: Elfwing, Uchibe and Doya, Neural Networks 107 (2018) 3–11.
    """
    return silu(x)


@sigmoid_linear_unit.handwritten("σ(1 + x(1 − σ))")
def _(x, cotangent):
    return {"x": cotangent * expit(x) * (1 + x * expit(-x))}


@sigmoid_linear_unit.spelling("jax")
def _(x):
    import jax

    return jax.nn.swish(x)


@case(x=real(low=-30.0, high=30.0), examples=[{"x": 1.0}, {"x": -20.0}], source="standard")
def log_logistic(x):
    """y = ln σ(x)

    Source: standard.
    """
    return log_expit(x)


@log_logistic.handwritten("σ(−x)")
def _(x):
    return {"x": expit(-x)}


@case(
    p=real(low=0.0009765625, high=0.9990234375, special=(0.5,)),
    examples=[{"p": 0.25}, {"p": 0.5}],
    source="Berkson 1944",
)
def log_odds(p):
    """y = ln(p/(1 − p))

    Source: Berkson, Journal of the American Statistical Association 39 (1944) 357–365.
    """
    return logit(p)


@log_odds.handwritten("1/(p − p²)")
def _(p):
    return {"p": 1 / (p * (1 - p))}


@case(x=real(low=-4.0, high=4.0), examples=[{"x": 0.5}, {"x": 0.0}], source="standard")
def error_function(x):
    """y = erf(x)

    Source: standard; Abramowitz and Stegun, Handbook of Mathematical Functions, chapter 7.
    """
    return erf(x)


@error_function.handwritten("Gaussian density")
def _(x):
    xp = array_namespace(x)
    return {"x": 2 / xp.pi**0.5 * xp.exp(-x * x)}


@case(x=real(low=-2.0, high=8.0), examples=[{"x": 0.5}, {"x": 6.0}], source="standard")
def gaussian_tail(x):
    """y = −ln(erfc(x)/2), the surprise of a tail

    Source: standard.
    """
    xp = array_namespace(x)
    return -xp.log(erfc(x) / 2)


@case(
    spot=real(low=80.0, high=120.0),
    strike=real(low=80.0, high=120.0),
    rate=real(low=0.0, high=0.125),
    volatility=real(low=0.25, high=1.0),
    time=real(low=1.0, high=4.0),
    examples=[{"spot": 100.0, "strike": 95.0, "rate": 0.0625, "volatility": 0.25, "time": 1.0}],
    source="Black and Scholes 1973",
)
def call_price(spot, strike, rate, volatility, time):
    """c = S·Φ(d₁) − K·exp(−rT)·Φ(d₁ − v√T), d₁ = (ln(S/K) + (r + v²/2)T)/(v√T)

    Source: Black and Scholes, Journal of Political Economy 81 (1973) 637–654; the gradient holds the option's Greeks.
    """
    xp = array_namespace(spot, strike, rate, volatility, time)
    spread = volatility * xp.sqrt(time)
    d1 = (xp.log(spot / strike) + (rate + volatility**2 / 2) * time) / spread
    return spot * ndtr(d1) - strike * xp.exp(-rate * time) * ndtr(d1 - spread)


@case(
    x=positive("n"),
    shape=real(low=0.25, high=8.0),
    rate=real(low=0.25, high=8.0),
    wrt=("shape", "rate"),
    dims={"n": 3},
    examples=[{"x": [0.5, 2.0, 1.25], "shape": 2.5, "rate": 1.5}],
    source="standard",
)
def gamma_log_likelihood(x, shape, rate):
    """ℓ = Σ(k ln r − lnΓ(k) + (k − 1) ln xᵢ − r·xᵢ) with shape k and rate r

    Source: standard.
    """
    xp = array_namespace(x, shape, rate)
    return xp.sum(shape * xp.log(rate) - gammaln(shape) + (shape - 1) * xp.log(x) - rate * x)


@gamma_log_likelihood.handwritten("score")
def _(x, shape, rate):
    xp = array_namespace(x, shape, rate)
    shape_score = xp.sum(xp.log(rate) - digamma(shape) + xp.log(x))
    return {"shape": shape_score, "rate": xp.sum(shape / rate - x)}


@case(
    a=real(low=0.25, high=8.0),
    b=real(low=0.25, high=8.0),
    examples=[{"a": 2.0, "b": 0.5}],
    source="standard",
)
def log_beta(a, b):
    """y = lnΓ(a) + lnΓ(b) − lnΓ(a + b)

    Source: standard.
    """
    return gammaln(a) + gammaln(b) - gammaln(a + b)


@log_beta.handwritten("digamma")
def _(a, b):
    return {"a": digamma(a) - digamma(a + b), "b": digamma(b) - digamma(a + b)}


@case(shape=real(low=0.25, high=8.0), examples=[{"shape": 2.0}, {"shape": 0.5}], source="standard")
def gamma_entropy(shape):
    """H = k + lnΓ(k) + (1 − k)ψ(k), the entropy of a gamma variable of rate 1, ψ the digamma function

    Source: standard.
    """
    return shape + gammaln(shape) + (1 - shape) * digamma(shape)


@case(
    z=real("n", low=-5.0, high=5.0),
    temperature=real(low=0.25, high=4.0),
    dims={"n": 4},
    examples=[{"z": [1.0, 2.0, 3.0], "temperature": 0.5, "cotangent": [1.0, 0.0, -2.0]}],
    source="Hinton et al. 2015",
)
def softmax_with_temperature(z, temperature):
    """p = softmax(z/T)

    Source: Hinton, Vinyals and Dean, Distilling the knowledge in a neural network, 2015.
    """
    return softmax(z / temperature)


@softmax_with_temperature.handwritten("p (g − pᵀg)")
def _(z, temperature, cotangent):
    xp = array_namespace(z, temperature)
    p = softmax(z / temperature)
    scaled = p * (cotangent - xp.vecdot(p, cotangent)) / temperature
    return {"z": scaled, "temperature": -xp.vecdot(scaled, z) / temperature}


@case(
    z=real("n"),
    dims={"n": 4},
    examples=[{"z": [1.0, 2.0, 3.0]}],
    source="standard",
)
def softmax_total(z):
    """y = Σᵢ softmax(z)ᵢ, which is 1: the gradient is exactly zero

    Source: standard.
    """
    xp = array_namespace(z)
    return xp.sum(softmax(z))


@case(
    z=real("n", low=-8.0, high=8.0),
    dims={"n": 4},
    examples=[{"z": [1.0, 2.0, 0.0]}],
    source="Shannon 1948",
)
def softmax_entropy(z):
    """H = −Σᵢ pᵢ ln pᵢ with p = softmax(z)

    Source: Shannon, The Bell System Technical Journal 27 (1948) 379–423.
    """
    xp = array_namespace(z)
    p = softmax(z)
    return -xp.sum(xlogy(p, p))


@case(x=real(low=-8.0, high=8.0), examples=[{"x": 8.0}, {"x": -0.125}], source="standard")
def cube_root_of_shifted_square(x):
    """y = ∛(x² + 1)

    Source: standard.
    """
    return cbrt(x * x + 1)
