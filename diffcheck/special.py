"""The functions that the array API lacks, dispatching on their argument as `scipy.special` does.

How each framework spells a function is one row of `diffcheck.spellings`; an array of diffcheck's
own is answered by its namespace, which carries every function below as an attribute.
"""

from __future__ import annotations

from typing import Any

from diffcheck.namespace import array_namespace, is_own
from diffcheck.spellings import spelling

Array = Any
Axes = int | tuple[int, ...] | None


def _apply(name: str, *arguments: Any, **options: Any) -> Array:
    """Call the function `name` of the arrays' framework."""
    namespace = array_namespace(*arguments)
    if is_own(namespace):
        return getattr(namespace, name)(*arguments, **options)
    return spelling(name, namespace)(*arguments, **options)


# --- error function and gamma function ----------------------------------------------------------


def erf(x: Array) -> Array:
    """2/√π · ∫₀ˣ exp(−t²) dt."""
    return _apply("erf", x)


def erfc(x: Array) -> Array:
    """1 − erf(x), without cancellation for large x."""
    return _apply("erfc", x)


def ndtr(x: Array) -> Array:
    """Φ(x) = erfc(−x/√2)/2, the standard normal distribution function."""
    return _apply("ndtr", x)


def gammaln(x: Array) -> Array:
    """The logarithm of |Γ(x)|."""
    return _apply("gammaln", x)


def digamma(x: Array) -> Array:
    """Γ′(x)/Γ(x)."""
    return _apply("digamma", x)


# --- logistic functions and other scalar functions ----------------------------------------------


def expit(x: Array) -> Array:
    """1/(1 + exp(−x)), the logistic function."""
    return _apply("expit", x)


def logit(x: Array) -> Array:
    """log(x/(1 − x)) on 0 < x < 1, the inverse of `expit`."""
    return _apply("logit", x)


def log_expit(x: Array) -> Array:
    """−log(1 + exp(−x)), the logarithm of `expit`."""
    return _apply("log_expit", x)


def softplus(x: Array) -> Array:
    """log(1 + exp(x))."""
    return _apply("softplus", x)


def xlogy(x: Array, y: Array) -> Array:
    """x·log(y), and 0 where x = 0."""
    return _apply("xlogy", x, y)


def cbrt(x: Array) -> Array:
    """The real cube root, sign(x)·|x|^(1/3)."""
    return _apply("cbrt", x)


# --- activations --------------------------------------------------------------------------------


def relu(x: Array) -> Array:
    """max(x, 0)."""
    return _apply("relu", x)


def leaky_relu(x: Array) -> Array:
    """Leave x where x > 0, else return x/100."""
    return _apply("leaky_relu", x)


def elu(x: Array) -> Array:
    """Leave x where x > 0, else return exp(x) − 1."""
    return _apply("elu", x)


def gelu(x: Array) -> Array:
    """x·Φ(x), by the error function and not by the tanh approximation."""
    return _apply("gelu", x)


def silu(x: Array) -> Array:
    """x·expit(x)."""
    return _apply("silu", x)


# --- along axes ---------------------------------------------------------------------------------


def logsumexp(x: Array, axis: Axes = None, keepdims: bool = False) -> Array:
    """The logarithm of Σ exp(xᵢ) over `axis` (all axes by default)."""
    return _apply("logsumexp", x, axis=axis, keepdims=keepdims)


def softmax(x: Array, axis: int = -1) -> Array:
    """exp(xᵢ)/Σⱼ exp(xⱼ) along `axis`."""
    return _apply("softmax", x, axis=axis)


def log_softmax(x: Array, axis: int = -1) -> Array:
    """xᵢ − log Σⱼ exp(xⱼ) along `axis`."""
    return _apply("log_softmax", x, axis=axis)


# --- structure ----------------------------------------------------------------------------------


def stop_gradient(x: Array) -> Array:
    """x, with derivative zero by definition."""
    return _apply("stop_gradient", x)


def diagonal(x: Array) -> Array:
    """The diagonal of the last two axes."""
    return _apply("diagonal", x)


def conv2d(x: Array, w: Array) -> Array:
    """y[n, o, i, j] = Σ x[n, c, i+k, j+l]·w[o, c, k, l]: stride 1, no padding.

    A cross-correlation, which is what torch and jax call a convolution.

    Args:
        x: images, shape (N, C, H, W).
        w: kernels, shape (O, C, K, L).

    Returns:
        Shape (N, O, H − K + 1, W − L + 1).
    """
    return _apply("conv2d", x, w)


def max_pool2d(x: Array, size: int) -> Array:
    """The maximum of each size × size window of the last two axes of x, shape (N, C, H, W).

    Windows do not overlap; rows and columns left over at the end are ignored.
    """
    return _apply("max_pool2d", x, size)


def avg_pool2d(x: Array, size: int) -> Array:
    """The mean of each size × size window of the last two axes of x, shape (N, C, H, W).

    Windows do not overlap; rows and columns left over at the end are ignored.
    """
    return _apply("avg_pool2d", x, size)
