"""Derivatives of higher order, as torch computes them: one transformation for each letter of a mode.

FR, RF and FF nest `torch.func.jvp` and `torch.func.vjp`. RR is the double backward that people write:
`torch.autograd.grad` of what `torch.autograd.grad(create_graph=True)` returns. That one does not see what is
marked as differentiable once: it takes it for a constant (torch 2.13; `backward` raises), so we look ourselves.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor

DOUBLE_BACKWARD = "RR"

Function = Callable[..., Any]
Tensors = Sequence["Tensor"]


def entries_of_order(
    function: Function, inputs: Tensors, mode: str, cotangent: Tensor | None, tangents: Tensors
) -> tuple[Tensor | None, ...]:
    """Differentiate a function as often as the mode has letters.

    Args:
        function: tensors in, one tensor out.
        inputs: where.
        mode: a word over R and F, outermost first, of at least two letters.
        cotangent: weighs the outputs; `None`: ones.
        tangents: one for each input: pushed forward, and pulled back through a gradient.

    Returns:
        modes with an R: one entry for each input, `None` where no gradient arrives; others: one, of the
        output's shape.

    Raises:
        RuntimeError: torch refuses; the message is its own.
    """
    if mode == DOUBLE_BACKWARD:
        return _double_backward(function, inputs, cotangent, tangents)
    program = function
    weights: Function = partial(_weights, cotangent)
    for letter in reversed(mode):
        if letter == "F":
            program = partial(_pushed, program, tuple(tangents))
        else:
            program = partial(_pulled, program, weights)
            weights = partial(_given, tuple(tangents))
    found = program(*inputs)
    return found if isinstance(found, tuple) else (found,)


def _double_backward(
    function: Function, inputs: Tensors, cotangent: Tensor | None, tangents: Tensors
) -> tuple[Tensor | None, ...]:
    import torch

    inputs = [tensor.requires_grad_() for tensor in inputs]
    value = function(*inputs)
    if not value.requires_grad:
        return (None,) * len(inputs)
    pulled = _weights(cotangent, value).requires_grad_()  # a constant one hides what is differentiable once
    gradients = torch.autograd.grad(value, inputs, pulled, create_graph=True, allow_unused=True)
    _refuse_differentiable_once(gradients)
    pairs = zip(gradients, tangents, strict=True)
    moving = [(gradient, along) for gradient, along in pairs if gradient is not None and gradient.requires_grad]
    if not moving:
        return (None,) * len(inputs)
    outputs, weights = zip(*moving, strict=True)
    return torch.autograd.grad(outputs, inputs, weights, allow_unused=True)


def _refuse_differentiable_once(gradients: Sequence[Tensor | None]) -> None:
    waiting = [gradient.grad_fn for gradient in gradients if gradient is not None]
    seen = set()
    while waiting:
        node = waiting.pop()
        if node is None or node in seen:
            continue
        if type(node).__name__ == "Error":
            raise RuntimeError("trying to differentiate twice a function that was marked with @once_differentiable")
        seen.add(node)
        waiting += [following for following, _ in node.next_functions]


def _pushed(program: Function, tangents: tuple[Tensor, ...], *inputs: Tensor) -> Any:
    import torch

    return torch.func.jvp(program, inputs, tangents)[1]


def _pulled(program: Function, weights: Function, *inputs: Tensor) -> Any:
    import torch

    output, pull = torch.func.vjp(program, *inputs)[:2]
    return pull(weights(output))


def _weights(cotangent: Tensor | None, output: Tensor) -> Tensor:
    import torch

    return torch.ones_like(output) if cotangent is None else cotangent.expand_as(output)


def _given(tangents: tuple[Tensor, ...], _: Any) -> tuple[Tensor, ...]:
    return tangents
