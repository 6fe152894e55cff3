"""A tape: the operations of one run of somebody's function, each with what it got from both sides.

To add a framework's, copy a neighbour and give it a line in `TAPES`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from diffcheck.point import Point
from diffcheck.subject import Call
from diffcheck.tape.jax import jax_tape
from diffcheck.tape.step import Step, Stop, Tape
from diffcheck.tape.torch import torch_tape

TAPES: Mapping[str, Callable[[Call, Point, tuple[str, ...]], Tape]] = {"torch": torch_tape, "jax": jax_tape}
"""Framework → a call, a point and what is differentiated → the tape of that run."""

__all__ = ["TAPES", "Step", "Stop", "Tape"]
