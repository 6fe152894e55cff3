"""Modules that a function holds without being one: their buffers are after a check what they were before."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from types import FunctionType, MethodType
from typing import Any

from diffcheck.module import is_module
from diffcheck.subject import Subject

DEEPEST = 4
"""A function in a closure of a function, and so on: so far somebody's modules are looked for."""


@contextmanager
def held_as_they_were(*functions: Any) -> Iterator[None]:
    """Restore the buffers and the mode of every module that the functions reach: batch norm writes to its own."""
    modules = [module for function in functions for module in _modules(function)] if "torch" in sys.modules else []
    parts = [part for module in modules for part in module.modules()]
    buffers = [buffer for part in parts for buffer in part.buffers(recurse=False)]
    before = [(buffer, buffer.detach().clone()) for buffer in buffers]
    modes = [(part, part.training) for part in parts]
    try:
        yield
    finally:
        for buffer, value in before:
            buffer.data.copy_(value)
        for part, training in modes:
            part.training = training


def _modules(thing: Any, depth: int = 0) -> Iterator[Any]:
    """The modules in a method's object, in what a function closes over, names or is given beforehand."""
    if is_module(thing):
        yield thing
    elif depth < DEEPEST:
        for part in _parts(thing):
            yield from _modules(part, depth + 1)


def _parts(thing: Any) -> Iterator[Any]:
    if isinstance(thing, Subject):
        yield thing.call.function
    elif isinstance(thing, MethodType):
        yield from (thing.__self__, thing.__func__)
    elif isinstance(thing, partial):
        yield from (thing.func, *thing.args, *thing.keywords.values())
    elif isinstance(thing, FunctionType):
        yield from thing.__defaults__ or ()
        for cell in thing.__closure__ or ():
            try:
                yield cell.cell_contents
            except ValueError:  # a name that has no value yet
                continue
        yield from (thing.__globals__[name] for name in thing.__code__.co_names if name in thing.__globals__)
