"""How NumPy, torch and jax spell the functions of `diffcheck.special`: one row per function.

To add a function, add a row here and a public function there. A spelling is a dotted path, or a
small function of this module where the call differs. Frameworks are imported when first used.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any

Array = Any
Axes = int | tuple[int, ...] | None
Path = str | Callable[..., Array]


@dataclass(frozen=True)
class Spellings:
    """One function in three frameworks: dotted paths `module:attribute`, or functions."""

    numpy: Path
    torch: Path
    jax: Path


def spelling(name: str, namespace: Any) -> Callable[..., Array]:
    """Return the function `name` of the framework whose array namespace is given.

    Raises:
        NotImplementedError: the framework has no spellings here.
    """
    import array_api_compat as compat

    row = TABLE[name]
    if compat.is_numpy_namespace(namespace):
        return _resolve(row.numpy)
    if compat.is_torch_namespace(namespace):
        return _resolve(row.torch)
    if compat.is_jax_namespace(namespace):
        return _resolve(row.jax)
    raise NotImplementedError(f"special.{name} has no spelling for {namespace.__name__}; add one in spellings.py")


@cache
def _resolve(path: Path) -> Callable[..., Array]:
    """Import what a dotted path names."""
    if callable(path):
        return path
    module, _, attribute = path.partition(":")
    target: Any = import_module(module)
    for part in attribute.split("."):
        target = getattr(target, part)
    function: Callable[..., Array] = target
    return function


# --- NumPy: compositions that keep the dtype, and formulas for the complex step -------------------


def _also_complex(path: Path, formula: Callable[[Array], Array]) -> Callable[[Array], Array]:
    """SciPy's function for real numbers, and its definition for complex ones, which SciPy refuses."""

    def function(x: Array) -> Array:
        import numpy as np

        return formula(x) if np.iscomplexobj(x) else _resolve(path)(x)

    return function


def _complex_expit(x: Array) -> Array:
    import numpy as np

    return 1 / (1 + np.exp(-x))


def _complex_logit(x: Array) -> Array:
    import numpy as np

    return np.log(x / (1 - x))


def _complex_softplus(x: Array) -> Array:
    """log(1 + exp(x)), arranged so that exp does not overflow."""
    import numpy as np

    return np.where(x.real > 0, x, 0) + np.log1p(np.exp(np.where(x.real > 0, -x, x)))


def _complex_cbrt(x: Array) -> Array:
    import numpy as np

    sign = np.where(x.real < 0, -1, 1)
    return sign * (sign * x) ** (1 / 3)


def _complex_gammaln(x: Array) -> Array:
    from scipy.special import loggamma

    return loggamma(x)


def _complex_log_expit(x: Array) -> Array:
    return -_complex_softplus(-x)


def _real_softplus(x: Array) -> Array:
    import numpy as np

    return np.logaddexp(x, 0)


_numpy_expit = _also_complex("scipy.special:expit", _complex_expit)
_numpy_logit = _also_complex("scipy.special:logit", _complex_logit)
_numpy_log_expit = _also_complex("scipy.special:log_expit", _complex_log_expit)
_numpy_softplus = _also_complex(_real_softplus, _complex_softplus)
_numpy_cbrt = _also_complex("numpy:cbrt", _complex_cbrt)
_numpy_gammaln = _also_complex("scipy.special:gammaln", _complex_gammaln)


def _numpy_xlogy(x: Array, y: Array) -> Array:
    """SciPy promotes float32 to float64 beside a Python number, so numbers are cast first."""
    import numpy as np
    from scipy.special import xlogy

    dtype = np.result_type(x, y)
    return xlogy(np.asarray(x, dtype), np.asarray(y, dtype))


def _numpy_relu(x: Array) -> Array:
    import numpy as np

    return np.maximum(x, 0)


def _numpy_leaky_relu(x: Array) -> Array:
    import numpy as np

    return np.where(x > 0, x, 0.01 * x)


def _numpy_elu(x: Array) -> Array:
    import numpy as np

    return np.where(x > 0, x, np.expm1(np.minimum(x, 0)))


def _numpy_gelu(x: Array) -> Array:
    from scipy.special import ndtr

    return x * ndtr(x)


def _numpy_silu(x: Array) -> Array:
    return x * _numpy_expit(x)


def _numpy_conv2d(x: Array, w: Array) -> Array:
    import numpy as np

    patches = np.lib.stride_tricks.sliding_window_view(x, w.shape[2:], axis=(2, 3))
    channels_last = np.tensordot(patches, w, axes=([1, 4, 5], [1, 2, 3]))
    return np.moveaxis(channels_last, -1, 1)


def _numpy_windows(x: Array, size: int) -> Array:
    """The pooling windows of x, shape (N, C, H//size, size, W//size, size)."""
    images, channels, height, width = x.shape
    rows, columns = height // size, width // size
    cropped = x[:, :, : rows * size, : columns * size]
    return cropped.reshape(images, channels, rows, size, columns, size)


def _numpy_max_pool2d(x: Array, size: int) -> Array:
    return _numpy_windows(x, size).max(axis=(3, 5))


def _numpy_avg_pool2d(x: Array, size: int) -> Array:
    return _numpy_windows(x, size).mean(axis=(3, 5))


def _identity(x: Array) -> Array:
    return x


# --- torch --------------------------------------------------------------------------------------


def _torch_softplus(x: Array) -> Array:
    """Return log(1 + exp(x)) where torch would return x itself: above 20, where the definition is x + 2e-9.

    Above 40, x and the derivative 1 are right to less than half an ulp in float64.
    """
    from torch.nn.functional import softplus

    return softplus(x, threshold=40)


def _torch_cbrt(x: Array) -> Array:
    return x.sign() * x.abs() ** (1 / 3)


def _torch_logsumexp(x: Array, axis: Axes = None, keepdims: bool = False) -> Array:
    from torch import logsumexp

    axes = tuple(range(x.ndim)) if axis is None else axis
    return logsumexp(x, dim=axes, keepdim=keepdims)


def _torch_softmax(x: Array, axis: int = -1) -> Array:
    from torch import softmax

    return softmax(x, dim=axis)


def _torch_log_softmax(x: Array, axis: int = -1) -> Array:
    from torch import log_softmax

    return log_softmax(x, dim=axis)


def _torch_max_pool2d(x: Array, size: int) -> Array:
    from torch.nn.functional import max_pool2d

    return max_pool2d(x, size)


def _torch_avg_pool2d(x: Array, size: int) -> Array:
    from torch.nn.functional import avg_pool2d

    return avg_pool2d(x, size)


# --- jax ----------------------------------------------------------------------------------------


def _jax_gelu(x: Array) -> Array:
    """Ask for the exact form: jax approximates by tanh unless told otherwise."""
    from jax.nn import gelu

    return gelu(x, approximate=False)


def _jax_conv2d(x: Array, w: Array) -> Array:
    from jax.lax import conv

    return conv(x, w, window_strides=(1, 1), padding="VALID")


def _jax_max_pool2d(x: Array, size: int) -> Array:
    from jax import lax

    window = (1, 1, size, size)
    return lax.reduce_window(x, -float("inf"), lax.max, window, window, "VALID")


def _jax_avg_pool2d(x: Array, size: int) -> Array:
    from jax import lax

    window = (1, 1, size, size)
    return lax.reduce_window(x, 0.0, lax.add, window, window, "VALID") / size**2


# --- the table ----------------------------------------------------------------------------------

TABLE: dict[str, Spellings] = {
    "erf": Spellings("scipy.special:erf", "torch.special:erf", "jax.scipy.special:erf"),
    "erfc": Spellings("scipy.special:erfc", "torch.special:erfc", "jax.scipy.special:erfc"),
    "ndtr": Spellings("scipy.special:ndtr", "torch.special:ndtr", "jax.scipy.special:ndtr"),
    "gammaln": Spellings(_numpy_gammaln, "torch.special:gammaln", "jax.scipy.special:gammaln"),
    "digamma": Spellings("scipy.special:digamma", "torch.special:digamma", "jax.scipy.special:digamma"),
    "expit": Spellings(_numpy_expit, "torch.special:expit", "jax.scipy.special:expit"),
    "logit": Spellings(_numpy_logit, "torch.special:logit", "jax.scipy.special:logit"),
    "log_expit": Spellings(_numpy_log_expit, "torch.nn.functional:logsigmoid", "jax.nn:log_sigmoid"),
    "softplus": Spellings(_numpy_softplus, _torch_softplus, "jax.nn:softplus"),
    "xlogy": Spellings(_numpy_xlogy, "torch.special:xlogy", "jax.scipy.special:xlogy"),
    "cbrt": Spellings(_numpy_cbrt, _torch_cbrt, "jax.numpy:cbrt"),
    "relu": Spellings(_numpy_relu, "torch.nn.functional:relu", "jax.nn:relu"),
    "leaky_relu": Spellings(_numpy_leaky_relu, "torch.nn.functional:leaky_relu", "jax.nn:leaky_relu"),
    "elu": Spellings(_numpy_elu, "torch.nn.functional:elu", "jax.nn:elu"),
    "gelu": Spellings(_numpy_gelu, "torch.nn.functional:gelu", _jax_gelu),
    "silu": Spellings(_numpy_silu, "torch.nn.functional:silu", "jax.nn:silu"),
    "logsumexp": Spellings("scipy.special:logsumexp", _torch_logsumexp, "jax.scipy.special:logsumexp"),
    "softmax": Spellings("scipy.special:softmax", _torch_softmax, "jax.nn:softmax"),
    "log_softmax": Spellings("scipy.special:log_softmax", _torch_log_softmax, "jax.nn:log_softmax"),
    "stop_gradient": Spellings(_identity, "torch:Tensor.detach", "jax.lax:stop_gradient"),
    "diagonal": Spellings("numpy.linalg:diagonal", "torch.linalg:diagonal", "jax.numpy.linalg:diagonal"),
    "conv2d": Spellings(_numpy_conv2d, "torch.nn.functional:conv2d", _jax_conv2d),
    "max_pool2d": Spellings(_numpy_max_pool2d, _torch_max_pool2d, _jax_max_pool2d),
    "avg_pool2d": Spellings(_numpy_avg_pool2d, _torch_avg_pool2d, _jax_avg_pool2d),
}
