"""What the five source tutorials state about frameworks; what they state about numbers stands with the cases."""

from __future__ import annotations

from diffcheck.behaviours.stated import Stated

STATED = (
    Stated("T2", "params.grad is None before the first backward pass", ("state/nothing_before", "gradient"), None),
)
