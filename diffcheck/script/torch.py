"""What a script does in torch: `backward` for a gradient, `torch.func` for the other modes."""

from __future__ import annotations

from diffcheck.backends.base import REVERSE
from diffcheck.script.preamble import Preamble
from diffcheck.script.program import COTANGENT, FOUND, OUTPUT, Asked, Program, label
from diffcheck.script.transformed import cotangent, entry, tangents, transformed

# What torch makes new tensors of, unless it is told.
_DEFAULT = "float32"
_DOUBLE_BACKWARD = "RR"
_MOVING = "moving"
_ITEM = "{}.item()"


def torch_program(asked: Asked, preamble: Preamble) -> Program:
    """The derivative as diffcheck asked torch for it."""
    preamble.imports.add("import torch")
    dtype = asked.point.dtype.name
    lines = [] if dtype == _DEFAULT else [f"torch.set_default_dtype(torch.{dtype})"]
    is_grad = asked.cell.mode in (REVERSE, _DOUBLE_BACKWARD)
    for name, array in asked.point.arguments.items():
        text = preamble.array(array)
        if is_grad and name in asked.case.wrt:
            text = f"{text[:-1]}, requires_grad=True)"
        lines.append(f"{asked.names[name]} = {text}")
    if asked.cell.mode == REVERSE:
        return _backward(asked, preamble, lines)
    if asked.cell.mode == _DOUBLE_BACKWARD:
        lines += _double_backward(asked, preamble)
    else:
        lines += transformed(asked, preamble, "torch.func", "torch")
    return Program(tuple(lines), asked.number(_ITEM, entry(asked)), label(asked))


def _backward(asked: Asked, preamble: Preamble, lines: list[str]) -> Program:
    lines.append(f"{OUTPUT} = {asked.call}")
    if asked.is_value:
        return Program(tuple(lines), asked.number(_ITEM, OUTPUT + asked.brackets), label(asked))
    backward = f"{OUTPUT}.backward({cotangent(asked, preamble, 'torch')})"
    may_be_missing = asked.argument and not asked.is_answered
    lines += [backward] if not may_be_missing else [f"if {OUTPUT}.requires_grad:", f"    {backward}"]
    name = asked.names.get(asked.argument, asked.argument)
    grad = f"grad{asked.brackets}"
    return Program(tuple(lines), asked.number(_ITEM, f"{name}.{grad}"), f"{asked.argument}.{grad}")


def _double_backward(asked: Asked, preamble: Preamble) -> list[str]:
    """The gradient of a gradient; what does not depend on the inputs any more is left out."""
    asks = f"[{asked.moving}]"
    pairs = f"zip(gradients, {tangents(asked, preamble, 'torch')})"
    return [
        f"{OUTPUT} = {asked.call}",
        f"{COTANGENT} = {cotangent(asked, preamble, 'torch')}.requires_grad_()",
        f"gradients = torch.autograd.grad({OUTPUT}, {asks}, {COTANGENT}, create_graph=True, allow_unused=True)",
        f"{_MOVING} = [(g, v) for g, v in {pairs} if g is not None and g.requires_grad]",
        f"outputs, tangents = zip(*{_MOVING})",
        f"{FOUND} = torch.autograd.grad(outputs, {asks}, tangents, allow_unused=True)",
    ]
