"""Functions that several test files are about, for any framework's arrays."""

from __future__ import annotations

from typing import Any

from diffcheck.namespace import array_namespace


def xp(x: Any) -> Any:
    """The namespace of an array, in two letters."""
    return array_namespace(x)


def absolute(x: Any) -> Any:
    """|x|"""
    return xp(x).abs(x)


def root(x: Any) -> Any:
    """√x"""
    return xp(x).sqrt(x)
