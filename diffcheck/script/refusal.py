"""What cannot be written, and why."""

from __future__ import annotations


class Unwritable(Exception):
    """Something that has no text; one line that says why."""


class NoScript(ValueError):
    """A record of which no script can be written; one line that says why."""
