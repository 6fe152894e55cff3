"""Activations and their derivatives, each by the formula of torch's kernel."""

from __future__ import annotations

from collections.abc import Callable
from math import nan, pi, sqrt
from typing import Any

from diffcheck.expression.elementwise import abs as absolute
from diffcheck.expression.elementwise import (
    clip,
    exp,
    expm1,
    gelu_ndtr,
    log1p,
    minimum,
    relu,
    tanh,
    where,
)
from diffcheck.expression.trace import Tracer

Rule = Callable[..., Any]

# As the kernels have them: numbers of float64, which the rounding model knows to be rounded.
_GELU_SCALE = sqrt(2 / pi)
_GELU_CUBIC = 0.044715


# ---- kinked ----------------------------------------------------------------------------------


def _threshold_backward(g: Tracer, x: Tracer, threshold: float) -> Tracer:
    return where(x <= threshold, 0, g)


def _leaky_relu(x: Tracer, slope: float = 0.01) -> Tracer:
    return where(x > 0, x, x * slope)


def _leaky_relu_backward(g: Tracer, x: Tracer, slope: float, _: bool) -> Tracer:
    return where(x > 0, g, g * slope)


def _hardtanh(x: Tracer, low: float = -1, high: float = 1) -> Tracer:
    return clip(x, low, high)


def _hardtanh_backward(g: Tracer, x: Tracer, low: float, high: float) -> Tracer:
    return where((x <= low) | (x >= high), 0, g)


def _elu(x: Tracer, alpha: float = 1, scale: float = 1, input_scale: float = 1) -> Tracer:
    return where(x > 0, x * scale, expm1(x * input_scale) * (alpha * scale))


def _elu_backward(g: Tracer, alpha: float, scale: float, input_scale: float, is_result: bool, x: Tracer) -> Tracer:
    if is_result:
        left = g * input_scale * (x + alpha * scale)
    else:
        left = g * input_scale * (alpha * scale) * exp(x * input_scale)
    return where(x <= 0, left, g * scale)


# ---- of the logistic function ----------------------------------------------------------------


def _sigmoid(x: Tracer) -> Tracer:
    return 1 / (1 + exp(-x))


def _sigmoid_backward(g: Tracer, y: Tracer) -> Tracer:
    return g * (1 - y) * y


def _tanh_backward(g: Tracer, y: Tracer) -> Tracer:
    return g * (1 - y * y)


def _silu(x: Tracer) -> Tracer:
    return x / (1 + exp(-x))


def _silu_backward(g: Tracer, x: Tracer) -> Tracer:
    y = _sigmoid(x)
    return g * y * (1 + x * (1 - y))


def _log_sigmoid_forward(x: Tracer) -> tuple[Tracer, Tracer]:
    """The value, and the exponential that is kept for the derivative."""
    kept = exp(-absolute(x))
    return minimum(x, 0) - log1p(kept), kept


def _log_sigmoid_backward(g: Tracer, x: Tracer, kept: Tracer) -> Tracer:
    fraction = kept / (1 + kept)
    return where(x < 0, 1 - fraction, fraction) * g


def _softplus(x: Tracer, beta: float = 1, threshold: float = 20) -> Tracer:
    return where(x * beta > threshold, x, log1p(exp(x * beta)) / beta)


def _softplus_backward(g: Tracer, x: Tracer, beta: float, threshold: float) -> Tracer:
    raised = exp(x * beta)
    return where(x * beta > threshold, g, g * raised / (raised + 1))


def _logit_backward(g: Tracer, x: Tracer, eps: float | None = None) -> Tracer:
    low, outside = (0, nan) if eps is None else (eps, 0)
    return where((x < low) | (x > 1 - low), outside, g / (x * (1 - x)))


# ---- gelu ------------------------------------------------------------------------------------


def _gelu(x: Tracer, *, approximate: str = "none") -> Tracer:
    if approximate == "tanh":
        return 0.5 * x * (1 + tanh(_gelu_inner(x)))
    return x * gelu_ndtr(x)


def _gelu_inner(x: Tracer) -> Tracer:
    return (x + x * x * x * _GELU_CUBIC) * _GELU_SCALE


def _gelu_backward(g: Tracer, x: Tracer, *, approximate: str = "none") -> Tracer:
    if approximate == "tanh":
        return _gelu_by_tanh_backward(g, x)
    density = exp(x * x * -0.5) * (_GELU_SCALE / 2)
    return g * (gelu_ndtr(x) + x * density)


def _gelu_by_tanh_backward(g: Tracer, x: Tracer) -> Tracer:
    inner = tanh(_gelu_inner(x))
    inner_slope = (1 + x * x * _GELU_CUBIC * 3) * _GELU_SCALE
    return g * (0.5 * (1 + inner) + 0.5 * x * ((1 - inner * inner) * inner_slope))


RULES: dict[str, Rule] = {
    "elu": _elu,
    "elu_backward": _elu_backward,
    "gelu": _gelu,
    "gelu_backward": _gelu_backward,
    "hardtanh": _hardtanh,
    "hardtanh_backward": _hardtanh_backward,
    "leaky_relu": _leaky_relu,
    "leaky_relu_backward": _leaky_relu_backward,
    "log_sigmoid_backward": _log_sigmoid_backward,
    "log_sigmoid_forward": _log_sigmoid_forward,
    "logit_backward": _logit_backward,
    "relu": relu,
    "sigmoid": _sigmoid,
    "sigmoid_backward": _sigmoid_backward,
    "silu": _silu,
    "silu_backward": _silu_backward,
    "softplus": _softplus,
    "softplus_backward": _softplus_backward,
    "tanh_backward": _tanh_backward,
    "threshold_backward": _threshold_backward,
}
