"""What a script does in jax: `jax.vjp` and `jax.jvp`, eager or compiled."""

from __future__ import annotations

from diffcheck.backends.jax import JIT
from diffcheck.script.preamble import Preamble
from diffcheck.script.program import FOUND, OUTPUT, Asked, Program, label
from diffcheck.script.transformed import entry, transformed

_X64 = "float64"


def jax_program(asked: Asked, preamble: Preamble) -> Program:
    """The derivative as diffcheck asked jax for it, with its switches."""
    preamble.imports |= {"import jax", "import jax.numpy as jnp"}
    lines = [
        'jax.config.update("jax_platforms", "cpu")',
        'jax.config.update("jax_default_matmul_precision", "highest")',
    ]
    if asked.point.dtype.name == _X64:
        lines.append('jax.config.update("jax_enable_x64", True)')
    lines += [f"{asked.names[name]} = {preamble.array(array)}" for name, array in asked.point.arguments.items()]
    lines += _compiled(asked, preamble) if asked.cell.transform == JIT else transformed(asked, preamble, "jax", "jnp")
    return Program(tuple(lines), asked.number("float({})", entry(asked)), label(asked))


def _compiled(asked: Asked, preamble: Preamble) -> list[str]:
    """All steps in one compiled function; arrays that are known beforehand would be compiled in."""
    outside: dict[str, str] = {}
    steps = transformed(asked, preamble, "jax", "jnp", outside)
    arguments = ", ".join([*asked.names.values(), *outside])
    return [
        *(f"{name} = {text}" for name, text in outside.items()),
        "@jax.jit",
        f"def run({arguments}):",
        *(f"    {line}" for line in [*steps, f"return {OUTPUT}, {FOUND}"]),
        f"{OUTPUT}, {FOUND} = run({arguments})",
    ]
