"""How NumPy, torch and jax spell the functions of `diffcheck.special`: one row per function.

To add a function, add a row here and a public function there. A spelling is the framework's own
function, or one of ours (in the file of the framework) where the call differs. It is imported when
it is first used, and its framework with it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any

OURS = "diffcheck.spellings"
COMPLEX_NUMPY = "diffcheck.analytic"


@dataclass(frozen=True)
class Spellings:
    """One function in three frameworks, each as `module:attribute`."""

    numpy: str
    torch: str
    jax: str


def spelling(name: str, namespace: Any) -> Callable[..., Any]:
    """Return the function `name` of the framework whose array namespace is given.

    Raises:
        NotImplementedError: the framework has no spellings here.
    """
    import array_api_compat as compat

    row = TABLE[name]
    if compat.is_numpy_namespace(namespace) or namespace.__name__ == COMPLEX_NUMPY:
        return _resolve(row.numpy)
    if compat.is_torch_namespace(namespace):
        return _resolve(row.torch)
    if compat.is_jax_namespace(namespace):
        return _resolve(row.jax)
    raise NotImplementedError(f"special.{name} has no spelling for {namespace.__name__}: add one in {OURS}")


@cache
def _resolve(path: str) -> Callable[..., Any]:
    """Import what `module:attribute` names."""
    module, _, attribute = path.partition(":")
    target: Any = import_module(module)
    for part in attribute.split("."):
        target = getattr(target, part)
    function: Callable[..., Any] = target
    return function


TABLE: dict[str, Spellings] = {
    "erf": Spellings("scipy.special:erf", "torch.special:erf", "jax.scipy.special:erf"),
    "erfc": Spellings("scipy.special:erfc", "torch.special:erfc", "jax.scipy.special:erfc"),
    "ndtr": Spellings("scipy.special:ndtr", "torch.special:ndtr", "jax.scipy.special:ndtr"),
    "gammaln": Spellings(f"{OURS}.numpy:gammaln", "torch.special:gammaln", "jax.scipy.special:gammaln"),
    "digamma": Spellings("scipy.special:digamma", "torch.special:digamma", "jax.scipy.special:digamma"),
    "expit": Spellings(f"{OURS}.numpy:expit", "torch.special:expit", "jax.scipy.special:expit"),
    "logit": Spellings(f"{OURS}.numpy:logit", "torch.special:logit", "jax.scipy.special:logit"),
    "log_expit": Spellings(f"{OURS}.numpy:log_expit", "torch.nn.functional:logsigmoid", "jax.nn:log_sigmoid"),
    "softplus": Spellings(f"{OURS}.numpy:softplus", f"{OURS}.torch:softplus", "jax.nn:softplus"),
    "xlogy": Spellings(f"{OURS}.numpy:xlogy", "torch.special:xlogy", "jax.scipy.special:xlogy"),
    "cbrt": Spellings(f"{OURS}.numpy:cbrt", f"{OURS}.torch:cbrt", "jax.numpy:cbrt"),
    "relu": Spellings(f"{OURS}.numpy:relu", "torch.nn.functional:relu", "jax.nn:relu"),
    "leaky_relu": Spellings(f"{OURS}.numpy:leaky_relu", "torch.nn.functional:leaky_relu", "jax.nn:leaky_relu"),
    "elu": Spellings(f"{OURS}.numpy:elu", "torch.nn.functional:elu", "jax.nn:elu"),
    "gelu": Spellings(f"{OURS}.numpy:gelu", "torch.nn.functional:gelu", f"{OURS}.jax:gelu"),
    "silu": Spellings(f"{OURS}.numpy:silu", "torch.nn.functional:silu", "jax.nn:silu"),
    "logsumexp": Spellings("scipy.special:logsumexp", f"{OURS}.torch:logsumexp", "jax.scipy.special:logsumexp"),
    "softmax": Spellings("scipy.special:softmax", f"{OURS}.torch:softmax", "jax.nn:softmax"),
    "log_softmax": Spellings("scipy.special:log_softmax", f"{OURS}.torch:log_softmax", "jax.nn:log_softmax"),
    "stop_gradient": Spellings(f"{OURS}.numpy:stop_gradient", "torch:Tensor.detach", "jax.lax:stop_gradient"),
    "diagonal": Spellings("numpy.linalg:diagonal", "torch.linalg:diagonal", "jax.numpy.linalg:diagonal"),
    "conv2d": Spellings(f"{OURS}.numpy:conv2d", "torch.nn.functional:conv2d", f"{OURS}.jax:conv2d"),
    "max_pool2d": Spellings(f"{OURS}.numpy:max_pool2d", "torch.nn.functional:max_pool2d", f"{OURS}.jax:max_pool2d"),
    "avg_pool2d": Spellings(f"{OURS}.numpy:avg_pool2d", "torch.nn.functional:avg_pool2d", f"{OURS}.jax:avg_pool2d"),
}
