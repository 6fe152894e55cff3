"""Colour for a terminal, by what a verdict means."""

from __future__ import annotations

from collections.abc import Callable

from diffcheck.verdict import Verdict

Paint = Callable[[str, Verdict | None], str]

RED, YELLOW, GREEN, FAINT = "31", "33", "32", "2"
BY_OUTCOME = {"failed": RED, "warned": YELLOW, "passed": GREEN, "skipped": FAINT}


def plain(text: str, _verdict: Verdict | None) -> str:
    """No colour: for files, pipes and NO_COLOR."""
    return text


def ansi(text: str, verdict: Verdict | None) -> str:
    """The text between the escape sequences that colour it on a terminal."""
    if verdict is None:
        return text
    return f"\x1b[{BY_OUTCOME[verdict.value.pytest]}m{text}\x1b[0m"
