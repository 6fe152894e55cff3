"""Optimisers: the weights after some steps, as a function of the first ones and of the gradients on the way.

Every formula is the one that `torch.optim` documents. The hyper-parameters are binary fractions, so that no
program rounds them.
"""

from diffcheck import array_namespace, case, real

LEARNING_RATE = 1 / 8
MOMENTUM = 7 / 8
DECAY = 1 / 4
# The decay rates of the running means of g and of g².
BETA1, BETA2 = 7 / 8, 63 / 64
# Far larger than the usual 1e-8: an ε in another place is seen.
EPSILON = 1 / 1024

WEIGHTS = real("n")
GRADIENTS = real("steps", "n")
# Where g is 0 for the first time, √g² has a kink.
POSITIVE = real("steps", "n", low=0.125, high=10.0)
DIMS = {"steps": 3, "n": 2}
EXAMPLE = {"w": [1.0, -2.0], "gradients": [[0.5, 2.0], [1.5, 0.25], [1.0, 3.0], [0.25, 1.0], [2.0, 0.5]]}


@case(w=WEIGHTS, gradients=GRADIENTS, dims=DIMS, examples=[EXAMPLE], source="T3, Robbins and Monro 1951")
def sgd(w, gradients):
    """w ← w − η·g, with η = 1/8

    Source: T3's first-order update; Robbins and Monro, The Annals of Mathematical Statistics 22 (1951) 400–407.
    """
    for g in _each(gradients):
        w = w - LEARNING_RATE * g
    return w


@case(w=WEIGHTS, gradients=GRADIENTS, dims=DIMS, examples=[EXAMPLE], source="T3, Polyak 1964")
def momentum(w, gradients):
    """b ← μ·b + g, w ← w − η·b, with η = 1/8 and μ = 7/8

    Source: T3's SGD with momentum; Polyak, USSR Computational Mathematics and Mathematical Physics 4 (1964) 1–17.
    """
    b = 0.0
    for g in _each(gradients):
        b = MOMENTUM * b + g
        w = w - LEARNING_RATE * b
    return w


@case(w=WEIGHTS, gradients=GRADIENTS, dims=DIMS, examples=[EXAMPLE], source="Sutskever et al. 2013")
def nesterov(w, gradients):
    """b ← μ·b + g, w ← w − η·(g + μ·b), with η = 1/8 and μ = 7/8

    Source: Sutskever, Martens, Dahl and Hinton, On the importance of initialization and momentum in deep
    learning, ICML 2013, in the form of `torch.optim.SGD`.
    """
    b = 0.0
    for g in _each(gradients):
        b = MOMENTUM * b + g
        w = w - LEARNING_RATE * (g + MOMENTUM * b)
    return w


@case(w=WEIGHTS, gradients=GRADIENTS, dims=DIMS, examples=[EXAMPLE], source="Krogh and Hertz 1991")
def weight_decay(w, gradients):
    """w ← w − η·(g + λ·w), with η = 1/8 and λ = 1/4

    Source: Krogh and Hertz, A simple weight decay can improve generalization, NIPS 1991.
    """
    for g in _each(gradients):
        w = w - LEARNING_RATE * (g + DECAY * w)
    return w


@case(w=WEIGHTS, gradients=POSITIVE, dims=DIMS, examples=[EXAMPLE], source="Kingma and Ba 2015")
def adam(w, gradients):
    """w ← w − η·m̂/(√v̂ + ε), m̂ and v̂ the unbiased running means of g and g²

    Source: Kingma and Ba, Adam: a method for stochastic optimization, ICLR 2015.
    """
    for change in _adam(gradients):
        w = w - LEARNING_RATE * change
    return w


@case(w=WEIGHTS, gradients=POSITIVE, dims=DIMS, examples=[EXAMPLE], source="Loshchilov and Hutter 2019")
def adamw(w, gradients):
    """w ← w − η·λ·w, then w ← w − η·m̂/(√v̂ + ε) as in Adam

    Source: Loshchilov and Hutter, Decoupled weight decay regularization, ICLR 2019.
    """
    for change in _adam(gradients):
        w = w - LEARNING_RATE * DECAY * w
        w = w - LEARNING_RATE * change
    return w


@case(w=WEIGHTS, gradients=POSITIVE, dims=DIMS, examples=[EXAMPLE], source="Tieleman and Hinton 2012")
def rmsprop(w, gradients):
    """v ← α·v + (1 − α)·g², w ← w − η·g/(√v + ε), with α = 63/64

    Source: Tieleman and Hinton, Lecture 6.5 of Neural networks for machine learning, Coursera 2012.
    """
    xp = array_namespace(w, gradients)
    v = 0.0
    for g in _each(gradients):
        v = BETA2 * v + (1 - BETA2) * g**2
        w = w - LEARNING_RATE * g / (xp.sqrt(v) + EPSILON)
    return w


@case(w=WEIGHTS, gradients=POSITIVE, dims=DIMS, examples=[EXAMPLE], source="Duchi et al. 2011")
def adagrad(w, gradients):
    """s ← s + g², w ← w − η·g/(√s + ε)

    Source: Duchi, Hazan and Singer, Journal of Machine Learning Research 12 (2011) 2121–2159.
    """
    xp = array_namespace(w, gradients)
    s = 0.0
    for g in _each(gradients):
        s = s + g**2
        w = w - LEARNING_RATE * g / (xp.sqrt(s) + EPSILON)
    return w


@case(
    w=real("n"),
    a=real("m", "n", low=-3.0, high=3.0),
    y=real("m"),
    dims={"m": 3, "n": 2},
    examples=[{"w": [1.0, -2.0], "a": [[1.0, 0.5], [-1.0, 2.0], [0.0, 1.0]], "y": [1.0, 3.0, -0.5]}],
    source="T3",
)
def newton(w, a, y):
    """w ← w − η·H⁻¹·g, with η = 1/2, for the loss ½‖Aw − y‖² + ½‖w‖², twice

    Source: T3's second-order update; the second term of the loss keeps H = AᵀA + I away from singular matrices.
    """
    xp = array_namespace(w, a, y)
    hessian = xp.matmul(a.T, a) + xp.eye(a.shape[1], dtype=a.dtype)
    for _ in range(2):
        g = xp.matmul(hessian, w) - xp.matmul(a.T, y)
        w = w - xp.linalg.solve(hessian, g) / 2
    return w


def _each(gradients):
    return [gradients[step, :] for step in range(gradients.shape[0])]


def _adam(gradients):
    """The change of every step, before the learning rate"""
    xp = array_namespace(gradients)
    m, v = 0.0, 0.0
    for step, g in enumerate(_each(gradients), 1):
        m = BETA1 * m + (1 - BETA1) * g
        v = BETA2 * v + (1 - BETA2) * g**2
        unbiased_m, unbiased_v = m / (1 - BETA1**step), v / (1 - BETA2**step)
        yield unbiased_m / (xp.sqrt(unbiased_v) + EPSILON)
