"""The backends, by name. Looking one up imports its file; using one imports its framework.

To add a backend, write its file and give its class a line here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from diffcheck.backends.base import Backend

_CLASSES = {
    "sympy": "SympyBackend",
    "torch": "TorchBackend",
    "jax": "JaxBackend",
    "finite_difference": "FiniteDifferenceBackend",
    "handwritten": "HandwrittenBackend",
}


class Backends(Mapping[str, "Backend"]):
    """Name → backend, in the order of the matrix's columns; each is made when first looked up."""

    def __getitem__(self, name: str) -> Backend:
        if name not in _CLASSES:
            raise KeyError(name)
        return _backend(name)

    def __contains__(self, name: object) -> bool:
        return name in _CLASSES

    def __iter__(self) -> Iterator[str]:
        return iter(_CLASSES)

    def __len__(self) -> int:
        return len(_CLASSES)


@cache
def _backend(name: str) -> Backend:
    module = import_module(f"diffcheck.backends.{name}")
    backend: Backend = getattr(module, _CLASSES[name])()
    return backend


BACKENDS = Backends()
