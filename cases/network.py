"""Layers and networks."""

from diffcheck import Claim, array_namespace, case, integers, normal, real
from diffcheck.special import avg_pool2d, conv2d, expit, max_pool2d, relu, softmax


@case(
    x=real("n", "d"),
    w1=real("d", "h"),
    w2=real("h", "o"),
    y=real("n", "o"),
    wrt=("w1", "w2"),
    dims={"n": 3, "d": 3, "h": 3, "o": 2},
    examples=[
        {
            "x": [[1.0, -2.0], [0.5, 3.0]],
            "w1": [[0.5, -1.0], [0.25, 2.0]],
            "w2": [[1.5], [-0.5]],
            "y": [[1.0], [-2.0]],
        },
        {
            "x": normal(100, 1000, seed=0),
            "w1": normal(1000, 100, seed=1),
            "w2": normal(100, 10, seed=2),
            "y": normal(100, 10, seed=3),
        },
    ],
    source="T3",
    claims=[
        Claim(
            "the tutorial's own backward pass answers 2 at x = w₂ = 1, w₁ = y = −1",
            at={"x": [[1.0]], "w1": [[-1.0]], "w2": [[1.0]], "y": [[-1.0]]},
            gradient={"w1": [[2.0]]},
        ),
        Claim(
            "the tutorial's own backward pass answers 0 at x = w₁ = w₂ = 1, y = 2",
            at={"x": [[1.0]], "w1": [[1.0]], "w2": [[1.0]], "y": [[2.0]]},
            gradient={"w1": [[0.0]]},
        ),
    ],
)
def two_layer_network(x, w1, w2, y):
    """L = Σ (relu(x·w₁)·w₂ − y)²

    Source: T3, at 100×1000 · 1000×100 · 100×10.
    """
    xp = array_namespace(x, w1, w2, y)
    predicted = xp.matmul(relu(xp.matmul(x, w1)), w2)
    return xp.sum((predicted - y) ** 2)


@two_layer_network.handwritten("mask")
def _(x, w1, w2, y):
    xp = array_namespace(x, w1, w2, y)
    before = xp.matmul(x, w1)
    hidden = relu(before)
    predicted_gradient = 2 * (xp.matmul(hidden, w2) - y)
    hidden_gradient = xp.matmul(predicted_gradient, w2.T)
    masked = xp.where(before > 0, hidden_gradient, 0)
    return {"w1": xp.matmul(x.T, masked), "w2": xp.matmul(hidden.T, predicted_gradient)}


@two_layer_network.handwritten("tutorial")
def _(x, w1, w2, y):
    """T3's own backward pass: it clamps the sign of the gradient where it should mask the hidden layer."""
    xp = array_namespace(x, w1, w2, y)
    hidden = relu(xp.matmul(x, w1))
    predicted_gradient = 2 * (xp.matmul(hidden, w2) - y)
    hidden_gradient = xp.matmul(predicted_gradient, w2.T)
    clamped = xp.maximum(hidden_gradient, 0)
    return {"w1": xp.matmul(x.T, clamped), "w2": xp.matmul(hidden.T, predicted_gradient)}


@two_layer_network.spelling("torch")
def _(x, w1, w2, y):
    predicted = x.mm(w1).clamp(min=0).mm(w2)
    return (predicted - y).pow(2).sum()


@case(
    x=real("n", "d"),
    w1=real("h", "d"),
    b1=real("h"),
    w2=real("o", "h"),
    b2=real("o"),
    wrt=("w1", "b1", "w2", "b2"),
    dims={"n": 3, "d": 3, "h": 3, "o": 2},
    examples=[
        {
            "x": [[1.0, -2.0], [0.5, 3.0]],
            "w1": [[0.5, 1.0], [-1.0, 0.25], [2.0, 0.5]],
            "b1": [0.25, -0.5, 1.0],
            "w2": [[1.0, -1.0, 0.5]],
            "b2": [0.125],
        },
    ],
    source="T3",
)
def sequential(x, w1, b1, w2, b2):
    """ŷ = relu(xW₁ᵀ + b₁)W₂ᵀ + b₂: linear, relu, linear, with biases

    Source: T3.
    """
    xp = array_namespace(x, w1, b1, w2, b2)
    hidden = relu(xp.matmul(x, w1.T) + b1)
    return xp.matmul(hidden, w2.T) + b2


@sequential.spelling("torch")
def _(x, w1, b1, w2, b2):
    from torch.nn.functional import linear, relu

    return linear(relu(linear(x, w1, b1)), w2, b2)


@case(
    x=real("n", 1, 32, 32),
    w1=real("c", 1, 5, 5),
    b1=real("c"),
    w2=real("k", "c", 5, 5),
    b2=real("k"),
    w3=real("h", "k", 5, 5),
    b3=real("h"),
    w4=real("g", "h"),
    b4=real("g"),
    w5=real("o", "g"),
    b5=real("o"),
    wrt=("w1", "b1", "w2", "b2", "w3", "b3", "w4", "b4", "w5", "b5"),
    dims={"n": 1, "c": 2, "k": 2, "h": 2, "g": 2, "o": 2},
    examples=[
        {
            "x": normal(1, 1, 32, 32, seed=0),
            "w1": normal(6, 1, 5, 5, seed=1),
            "b1": normal(6, seed=2),
            "w2": normal(16, 6, 5, 5, seed=3),
            "b2": normal(16, seed=4),
            "w3": normal(120, 16, 5, 5, seed=5),
            "b3": normal(120, seed=6),
            "w4": normal(84, 120, seed=7),
            "b4": normal(84, seed=8),
            "w5": normal(10, 84, seed=9),
            "b5": normal(10, seed=10),
        },
    ],
    source="T3",
)
def net(x, w1, b1, w2, b2, w3, b3, w4, b4, w5, b5):
    """ŷ = F₅(relu(F₄(relu(F₃(flatten(P(relu(C₂(P(relu(C₁(x)))))))))))), C convolution, P pooling, F fully connected

    Source: T3, 61,706 parameters on a 32×32 image. W₃ keeps its 16×5×5 inputs apart; its rows are flattened here.
    """
    xp = array_namespace(x, w1, w2, w3, w4, w5)
    features = max_pool2d(relu(conv2d(x, w1) + b1[:, None, None]), 2)
    features = max_pool2d(relu(conv2d(features, w2) + b2[:, None, None]), 2)
    flat = xp.reshape(features, (x.shape[0], -1))
    hidden = relu(xp.matmul(flat, xp.reshape(w3, (w3.shape[0], -1)).T) + b3)
    hidden = relu(xp.matmul(hidden, w4.T) + b4)
    return xp.matmul(hidden, w5.T) + b5


@net.spelling("torch")
def _(x, w1, b1, w2, b2, w3, b3, w4, b4, w5, b5):
    from torch.nn.functional import conv2d, linear, max_pool2d, relu

    features = max_pool2d(relu(conv2d(x, w1, b1)), (2, 2))
    features = max_pool2d(relu(conv2d(features, w2, b2)), 2)
    hidden = relu(linear(features.flatten(1), w3.flatten(1), b3))
    return linear(relu(linear(hidden, w4, b4)), w5, b5)


@case(
    x=real("n", "c", 6, 6),
    w=real("o", "c", 3, 3),
    dims={"n": 1, "c": 2, "o": 2},
    examples=[{"x": normal(1, 2, 6, 6, seed=1), "w": normal(1, 2, 3, 3, seed=2)}],
    source="LeCun et al. 1998",
)
def convolution_and_pooling(x, w):
    """y = average over 2×2 windows of x ∗ w

    Source: LeCun, Bottou, Bengio and Haffner, Proceedings of the IEEE 86 (1998) 2278–2324.
    """
    return avg_pool2d(conv2d(x, w), 2)


@convolution_and_pooling.spelling("torch")
def _(x, w):
    from torch.nn.functional import avg_pool2d, conv2d

    return avg_pool2d(conv2d(x, w), 2)


@case(
    q=real("n", "d", low=-2.0, high=2.0),
    k=real("m", "d", low=-2.0, high=2.0),
    v=real("m", "e", low=-2.0, high=2.0),
    dims={"n": 2, "m": 3, "d": 2, "e": 2},
    examples=[
        {
            "q": [[1.0, 0.5], [-1.0, 0.25]],
            "k": [[0.5, 1.0], [-0.5, 0.75], [1.5, 0.0]],
            "v": [[1.0, 0.0], [0.5, 2.0], [-1.0, 1.0]],
        },
    ],
    source="Vaswani et al. 2017",
)
def attention(q, k, v):
    """Y = softmax(QKᵀ/√d)·V

    Source: Vaswani et al., Attention is all you need, NeurIPS 2017, equation 1.
    """
    xp = array_namespace(q, k, v)
    scores = xp.matmul(q, k.T) / q.shape[-1] ** 0.5
    return xp.matmul(softmax(scores), v)


@attention.handwritten("softmax backward")
def _(q, k, v, cotangent):
    xp = array_namespace(q, k, v)
    scale = q.shape[-1] ** 0.5
    weights = softmax(xp.matmul(q, k.T) / scale)
    weight_gradient = xp.matmul(cotangent, v.T)
    mean = xp.sum(weights * weight_gradient, axis=-1, keepdims=True)
    score_gradient = weights * (weight_gradient - mean) / scale
    return {
        "q": xp.matmul(score_gradient, k),
        "k": xp.matmul(score_gradient.T, q),
        "v": xp.matmul(weights.T, cotangent),
    }


@attention.spelling("torch")
def _(q, k, v):
    from torch.nn.functional import scaled_dot_product_attention

    return scaled_dot_product_attention(q[None], k[None], v[None])[0]


@attention.spelling("jax")
def _(q, k, v):
    import jax.numpy as jnp
    from jax.nn import softmax

    return softmax(q @ k.T / jnp.sqrt(q.shape[-1]), axis=-1) @ v


@case(
    q=real("n", "d", low=-2.0, high=2.0),
    k=real("n", "d", low=-2.0, high=2.0),
    v=real("n", "d", low=-2.0, high=2.0),
    dims={"n": 3, "d": 2},
    examples=[
        {
            "q": [[1.0, 0.5], [-1.0, 0.25]],
            "k": [[0.5, 1.0], [-0.5, 0.75]],
            "v": [[1.0, 0.0], [0.5, 2.0]],
        },
    ],
    source="Vaswani et al. 2017",
)
def causal_attention(q, k, v):
    """Y = softmax(mask(QKᵀ/√d))·V, with −∞ where a row would look ahead

    Source: Vaswani et al., Attention is all you need, NeurIPS 2017, section 3.2.3.
    """
    xp = array_namespace(q, k, v)
    scores = xp.matmul(q, k.T) / q.shape[-1] ** 0.5
    past = xp.tril(xp.ones(scores.shape, dtype=q.dtype)) > 0
    return xp.matmul(softmax(xp.where(past, scores, -xp.inf)), v)


@case(
    x=real("n", "d"),
    gamma=real("d"),
    beta=real("d"),
    dims={"n": 2, "d": (2, 4)},
    examples=[
        {"x": [[1.0, 2.0, 4.0], [0.0, -1.0, 3.0]], "gamma": [1.0, 0.5, 2.0], "beta": [0.0, 1.0, -1.0]},
    ],
    source="Ba et al. 2016",
)
def layer_norm(x, gamma, beta):
    """y = γ·(x − mean(x))/√(var(x) + ε) + β over the last axis, ε = 2⁻¹⁶

    Source: Ba, Kiros and Hinton, Layer normalization, 2016; ε is a power of two so that it is exact.
    """
    xp = array_namespace(x, gamma, beta)
    centred = x - xp.mean(x, axis=-1, keepdims=True)
    variance = xp.mean(centred * centred, axis=-1, keepdims=True)
    return gamma * centred / xp.sqrt(variance + 2.0**-16) + beta


@layer_norm.spelling("torch")
def _(x, gamma, beta):
    from torch.nn.functional import layer_norm

    return layer_norm(x, x.shape[-1:], gamma, beta, eps=2.0**-16)


@layer_norm.handwritten("projection")
def _(x, gamma, beta, cotangent):
    xp = array_namespace(x, gamma, beta)
    centred = x - xp.mean(x, axis=-1, keepdims=True)
    deviation = xp.sqrt(xp.mean(centred * centred, axis=-1, keepdims=True) + 2.0**-16)
    normal_form = centred / deviation
    scaled = gamma * cotangent
    along_ones = xp.mean(scaled, axis=-1, keepdims=True)
    along_itself = normal_form * xp.mean(scaled * normal_form, axis=-1, keepdims=True)
    return {
        "x": (scaled - along_ones - along_itself) / deviation,
        "gamma": xp.sum(cotangent * normal_form, axis=0),
        "beta": xp.sum(cotangent, axis=0),
    }


@case(
    x=real("n", "d"),
    gamma=real("d"),
    beta=real("d"),
    dims={"n": (2, 4), "d": 2},
    examples=[
        {"x": [[1.0, 2.0], [0.0, -1.0], [3.0, 5.0]], "gamma": [1.0, 0.5], "beta": [0.0, 1.0]},
    ],
    source="Ioffe and Szegedy 2015",
)
def batch_norm(x, gamma, beta):
    """y = γ·(x − mean(x))/√(var(x) + ε) + β over the batch, ε = 2⁻¹⁶

    Source: Ioffe and Szegedy, Batch normalization, ICML 2015, algorithm 1.
    """
    xp = array_namespace(x, gamma, beta)
    normalised = (x - xp.mean(x, axis=0)) / xp.sqrt(xp.var(x, axis=0) + 2.0**-16)
    return gamma * normalised + beta


@batch_norm.spelling("torch")
def _(x, gamma, beta):
    from torch.nn.functional import batch_norm

    return batch_norm(x, None, None, gamma, beta, training=True, eps=2.0**-16)


@case(
    x=real("t", "d", low=-2.0, high=2.0),
    w=real("h", "d", low=-2.0, high=2.0),
    u=real("h", "h", low=-2.0, high=2.0),
    dims={"t": 3, "d": 2, "h": 2},
    examples=[
        {"x": [[1.0], [-0.5], [0.25]], "w": [[0.5], [-1.0]], "u": [[0.25, 0.5], [-0.5, 1.0]]},
    ],
    source="Elman 1990",
)
def recurrent_network(x, w, u):
    """h ← tanh(W·xₜ + U·h) over the rows of x, from h = 0

    Source: Elman, Cognitive Science 14 (1990) 179–211.
    """
    xp = array_namespace(x, w, u)
    hidden = xp.zeros(w.shape[0], dtype=x.dtype)
    for step in range(x.shape[0]):
        hidden = xp.tanh(xp.matmul(w, x[step, :]) + xp.matmul(u, hidden))
    return hidden


@case(
    x=real("d", low=-3.0, high=3.0),
    h=real("h", low=-1.0, high=1.0),
    c=real("h", low=-2.0, high=2.0),
    w=real(4, "h", "d", low=-2.0, high=2.0),
    u=real(4, "h", "h", low=-2.0, high=2.0),
    dims={"d": 2, "h": 2},
    examples=[
        {
            "x": [1.0],
            "h": [0.5],
            "c": [-0.25],
            "w": [[[0.5]], [[-1.0]], [[0.25]], [[1.0]]],
            "u": [[[1.0]], [[0.5]], [[-0.5]], [[0.75]]],
        },
    ],
    source="Hochreiter and Schmidhuber 1997",
)
def lstm_cell(x, h, c, w, u):
    """h′ = σ(o)·tanh(σ(f)·c + σ(i)·tanh(g)) with the gates i, f, g, o = Wx + Uh

    Source: Hochreiter and Schmidhuber, Neural Computation 9 (1997) 1735–1780, with the forget gate of
    Gers, Schmidhuber and Cummins (2000).
    """
    xp = array_namespace(x, h, c, w, u)
    gates = xp.matmul(w, x) + xp.matmul(u, h)
    memory = expit(gates[1, :]) * c + expit(gates[0, :]) * xp.tanh(gates[2, :])
    return expit(gates[3, :]) * xp.tanh(memory)


@case(
    table=real("v", "d"),
    words=integers("n", low=0, high=2),
    dims={"v": (3, 4), "d": 2, "n": 4},
    examples=[{"table": [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], "words": [2, 0, 2]}],
    source="standard",
)
def embedding(table, words):
    """y = Σ over positions of the squared rows that the words pick; a word used twice adds up

    Source: standard.
    """
    xp = array_namespace(table, words)
    rows = xp.take(table, words, axis=0)
    return xp.sum(rows * rows)
