"""Losses and likelihoods of models that are fitted to data."""

from diffcheck import Claim, array_namespace, case, integers, normal, one_hot, probabilities, real
from diffcheck.special import log_softmax, logsumexp, softmax, softplus, xlogy

# Readings of an unknown thermometer and in degrees Celsius: the data of T2.
UNKNOWN = [35.7, 55.9, 58.2, 81.9, 56.3, 48.9, 33.9, 21.8, 48.4, 60.4, 68.4]
CELSIUS = [0.5, 14.0, 15.0, 28.0, 11.0, 8.0, 3.0, -4.0, 6.0, 13.0, 21.0]
START = {"params": [1.0, 0.0], "t_u": UNKNOWN, "t_c": CELSIUS}
# The exact minimiser w = 152075/283314, b = −2451344/141657 of the quadratic loss.
MINIMUM = {**START, "params": [152075 / 283314, -2451344 / 141657]}


@case(
    params=real(2, low=-20.0, high=20.0),
    t_u=real("n", low=-50.0, high=100.0),
    t_c=real("n", low=-50.0, high=50.0),
    wrt="params",
    dims={"n": 4},
    examples=[START, MINIMUM],
    source="T2",
    claims=[
        Claim("the first gradient, at w = 1 and b = 0", at=START, gradient={"params": [4517.29636, 82.6]}),
        Claim("the minimum is 36495491/12465816", at=MINIMUM, value=2.9276455709, gradient={"params": [0.0, 0.0]}),
    ],
)
def temperature_loss(params, t_u, t_c):
    """L = mean((w·t_u + b − t_c)²) with params = [w, b]

    Source: T2, on its eleven readings.
    """
    xp = array_namespace(params, t_u, t_c)
    predicted = params[0] * t_u + params[1]
    return xp.mean((predicted - t_c) ** 2)


@temperature_loss.handwritten("normal equations")
def _(params, t_u, t_c):
    xp = array_namespace(params, t_u, t_c)
    residual = params[0] * t_u + params[1] - t_c
    return {"params": 2 * xp.stack([xp.mean(residual * t_u), xp.mean(residual)])}


@temperature_loss.spelling("torch")
def _(params, t_u, t_c):
    from torch.nn.functional import mse_loss

    w, b = params
    return mse_loss(w * t_u + b, t_c)


@case(
    params=real(2, low=-20.0, high=20.0),
    t_u=real("n", low=-50.0, high=100.0),
    t_c=real("n", low=-50.0, high=50.0),
    wrt="params",
    dims={"n": 4},
    examples=[START],
    source="T2",
)
def scaled_temperature_loss(params, t_u, t_c):
    """L = mean((w·0.1·t_u + b − t_c)²) with params = [w, b]

    Source: T2, which scales its readings by 0.1 so that one step size suits both parameters.
    """
    xp = array_namespace(params, t_u, t_c)
    predicted = params[0] * (0.1 * t_u) + params[1]
    return xp.mean((predicted - t_c) ** 2)


@case(
    w=real("d"),
    b=real(),
    x=real("n", "d"),
    y=real("n"),
    wrt=("w", "b"),
    dims={"n": 4, "d": 3},
    examples=[{"w": [0.5, -1.0], "b": 0.25, "x": [[1.0, 2.0], [3.0, -1.0], [0.0, 1.0]], "y": [1.0, 2.0, -1.0]}],
    source="T5",
)
def half_squared_loss(w, b, x, y):
    """lᵢ = (ŷᵢ − yᵢ)²/2 with ŷ = Xw + b, a column that is pulled back along all ones

    Source: T5, which leaves the mean to the update.
    """
    xp = array_namespace(w, b, x, y)
    predicted = xp.matmul(x, w) + b
    return (predicted - y) ** 2 / 2


@half_squared_loss.handwritten("Xᵀ residual")
def _(w, b, x, y, cotangent):
    xp = array_namespace(w, b, x, y)
    weighted = cotangent * (xp.matmul(x, w) + b - y)
    return {"w": xp.matmul(x.T, weighted), "b": xp.sum(weighted)}


@case(
    w=real(2),
    b=real(),
    x=real("n", 2),
    noise=real("n", 1),
    wrt=("w", "b"),
    dims={"n": 4},
    examples=[{"w": [0.0, 0.0], "b": 0.0, "x": normal(1000, 2, seed=1), "noise": normal(1000, 1, seed=2)}],
    source="T5",
)
def synthetic_regression(w, b, x, noise):
    """lᵢ = (Xw + b − y)²/2 with y = X[2, −3.4]ᵀ + 4.2 + 0.01·noise, columns of n rows

    Source: T5, a thousand rows from its generator.
    """
    xp = array_namespace(w, b, x, noise)
    true_w = xp.asarray([2.0, -3.4], dtype=x.dtype)
    y = xp.matmul(x, xp.reshape(true_w, (2, 1))) + 4.2 + noise / 100
    predicted = xp.matmul(x, xp.reshape(w, (2, 1))) + b
    return (predicted - y) ** 2 / 2


@case(
    w=real("d"),
    x=real("n", "d"),
    y=real("n"),
    wrt="w",
    dims={"n": 4, "d": 3},
    examples=[{"w": [0.5, -1.0], "x": [[1.0, 2.0], [3.0, -1.0]], "y": [1.0, 2.0]}],
    source="Hoerl and Kennard 1970",
)
def ridge(w, x, y):
    """L = ‖Xw − y‖² + ½‖w‖²

    Source: Hoerl and Kennard, Technometrics 12 (1970) 55–67.
    """
    xp = array_namespace(w, x, y)
    residual = xp.matmul(x, w) - y
    return xp.vecdot(residual, residual) + xp.vecdot(w, w) / 2


@ridge.handwritten("2Xᵀ(Xw − y) + w")
def _(w, x, y):
    xp = array_namespace(w, x, y)
    return {"w": 2 * xp.matmul(x.T, xp.matmul(x, w) - y) + w}


@case(
    w=real("d", low=-3.0, high=3.0),
    b=real(low=-3.0, high=3.0),
    x=real("n", "d", low=-3.0, high=3.0),
    y=integers("n", low=0, high=1),
    wrt=("w", "b"),
    dims={"n": 4, "d": 3},
    examples=[{"w": [0.5, -1.0], "b": 0.25, "x": [[1.0, 2.0], [3.0, -1.0], [0.0, 1.0]], "y": [1, 0, 1]}],
    source="Cox 1958",
)
def logistic_regression(w, b, x, y):
    """L = mean(ln(1 + exp z) − y·z) with z = Xw + b, labels 0 and 1

    Source: Cox, Journal of the Royal Statistical Society B 20 (1958) 215–242.
    """
    xp = array_namespace(w, b, x, y)
    z = xp.matmul(x, w) + b
    return xp.mean(softplus(z) - xp.astype(y, z.dtype) * z)


@logistic_regression.spelling("torch")
def _(w, b, x, y):
    from torch.nn.functional import binary_cross_entropy_with_logits

    return binary_cross_entropy_with_logits(x @ w + b, y.to(x.dtype))


@case(
    w=real("d", low=-1.0, high=1.0),
    x=real("n", "d", low=-2.0, high=2.0),
    y=integers("n", low=0, high=9),
    wrt="w",
    dims={"n": 4, "d": 3},
    examples=[{"w": [0.5, -0.25], "x": [[1.0, 2.0], [1.5, -1.0], [0.0, 1.0]], "y": [1, 4, 0]}],
    source="Nelder and Wedderburn 1972",
)
def poisson_regression(w, x, y):
    """L = Σ(exp(η) − y·η) with η = Xw, counts y

    Source: Nelder and Wedderburn, Journal of the Royal Statistical Society A 135 (1972) 370–384.
    """
    xp = array_namespace(w, x, y)
    eta = xp.matmul(x, w)
    return xp.sum(xp.exp(eta) - xp.astype(y, eta.dtype) * eta)


@poisson_regression.handwritten("Xᵀ(exp η − y)")
def _(w, x, y):
    xp = array_namespace(w, x, y)
    return {"w": xp.matmul(x.T, xp.exp(xp.matmul(x, w)) - xp.astype(y, w.dtype))}


@case(
    z=real("n", "c"),
    y=one_hot("n", "c"),
    wrt="z",
    dims={"n": 3, "c": 4},
    examples=[{"z": [[2.0, 1.0, 0.5], [0.0, -1.0, 3.0]], "y": [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]}],
    source="standard",
)
def softmax_cross_entropy(z, y):
    """L = mean over rows of (ln Σⱼ exp zⱼ − Σⱼ yⱼzⱼ), one-hot labels y

    Source: standard.
    """
    xp = array_namespace(z, y)
    return xp.mean(logsumexp(z, axis=-1) - xp.sum(y * z, axis=-1))


@softmax_cross_entropy.handwritten("softmax minus labels")
def _(z, y):
    return {"z": (softmax(z) - y) / z.shape[0]}


@softmax_cross_entropy.spelling("torch")
def _(z, y):
    from torch.nn.functional import cross_entropy

    return cross_entropy(z, y)


@softmax_cross_entropy.spelling("jax")
def _(z, y):
    import jax

    return -(y * jax.nn.log_softmax(z)).sum(axis=-1).mean()


@case(
    z=real("n", 3),
    y=integers("n", low=0, high=2),
    dims={"n": 4},
    examples=[{"z": [[2.0, 1.0, 0.5], [0.0, -1.0, 3.0]], "y": [0, 1]}],
    source="standard",
)
def cross_entropy_of_labels(z, y):
    """L = −mean over rows of ln softmax(z)ᵧ, the entry that an integer label y picks

    Source: standard.
    """
    xp = array_namespace(z, y)
    rows = xp.arange(z.shape[0])
    return -xp.mean(log_softmax(z)[rows, y])


@cross_entropy_of_labels.spelling("torch")
def _(z, y):
    from torch.nn.functional import cross_entropy

    return cross_entropy(z, y)


@case(
    z=real("n", "c", low=-4.0, high=4.0),
    y=one_hot("n", "c"),
    wrt="z",
    dims={"n": 3, "c": (2, 4)},
    examples=[{"z": [[2.0, 1.0, 0.5], [0.0, -1.0, 3.0]], "y": [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]}],
    source="Lin et al. 2017",
)
def focal_loss(z, y):
    """L = −Σ y·(1 − p)²·ln p with p = softmax(z)

    Source: Lin, Goyal, Girshick, He and Dollár, Focal loss for dense object detection, ICCV 2017, with γ = 2.
    """
    xp = array_namespace(z, y)
    return -xp.sum(y * (1 - softmax(z)) ** 2 * log_softmax(z))


@case(
    p=probabilities("n", open_low=True),
    z=real("n"),
    dims={"n": 4},
    examples=[{"p": [0.5, 0.25, 0.25], "z": [1.0, 0.0, -1.0]}],
    source="Kullback and Leibler 1951",
)
def kl_divergence(p, z):
    """D = Σᵢ pᵢ(ln pᵢ − ln softmax(z)ᵢ)

    Source: Kullback and Leibler, The Annals of Mathematical Statistics 22 (1951) 79–86.
    """
    xp = array_namespace(p, z)
    return xp.sum(xlogy(p, p)) - xp.sum(p * log_softmax(z))


@kl_divergence.handwritten("scores")
def _(p, z):
    xp = array_namespace(p, z)
    return {"p": xp.log(p) + 1 - log_softmax(z), "z": xp.sum(p) * softmax(z) - p}


@case(
    x=real("n"),
    mu=real(),
    log_sigma=real(low=-2.0, high=2.0),
    wrt=("mu", "log_sigma"),
    dims={"n": 5},
    examples=[{"x": [1.0, 2.5, -0.5], "mu": 0.5, "log_sigma": 0.25}],
    source="standard",
)
def gaussian_log_likelihood(x, mu, log_sigma):
    """ℓ = −Σ((x − μ)²/2σ² + ln σ + ½ ln 2π) with σ = exp(log_sigma)

    Source: standard.
    """
    xp = array_namespace(x, mu, log_sigma)
    scaled = (x - mu) * xp.exp(-log_sigma)
    constant = xp.log(xp.asarray(2 * xp.pi, dtype=x.dtype)) / 2
    return -xp.sum(scaled * scaled / 2 + log_sigma + constant)


@gaussian_log_likelihood.handwritten("score")
def _(x, mu, log_sigma):
    xp = array_namespace(x, mu, log_sigma)
    scaled = (x - mu) * xp.exp(-log_sigma)
    return {"mu": xp.sum(scaled) * xp.exp(-log_sigma), "log_sigma": xp.sum(scaled * scaled - 1)}
