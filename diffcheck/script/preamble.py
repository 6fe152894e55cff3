"""The preamble of a script: the imports and definitions that its expressions need."""

from __future__ import annotations

import ast
import functools
import inspect
import re
import types
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import count
from typing import Any

import numpy as np

from diffcheck.case import Case
from diffcheck.domain import Normal
from diffcheck.lift.primal import framework_of, numpy_of
from diffcheck.module import is_module
from diffcheck.script import literal
from diffcheck.script.built import built, needs_arguments
from diffcheck.script.origin import import_line, installed_path, own_path
from diffcheck.script.own_source import OwnSource, own_source
from diffcheck.script.refusal import Unwritable
from diffcheck.script.spoken import JAX, NUMPY, TORCH, Spoken

_ARRAYS = {
    TORCH: "torch.tensor({}, dtype=torch.{})",
    JAX: "jnp.array({}, dtype=jnp.{})",
    NUMPY: "np.array({}, dtype=np.{})",
}
_IMPORTS = {"jnp": "import jax.numpy as jnp", "np": "import numpy as np"}

# jax's kinds of functions: what makes them, and where they keep their rules.
_COMPILED = "PjitFunction"
_WRAPPERS = {
    _COMPILED: ("jax.jit",),
    "custom_vjp": ("jax.custom_vjp", "fwd", "bwd"),
    "custom_jvp": ("jax.custom_jvp", "jvp"),
}
_WITHOUT_TEXT = "# paste the definition of {} here: {}"


@dataclass(frozen=True)
class Word:
    """Text that stands for itself."""

    text: str


class Preamble:
    """Imports and definitions, collected while expressions are written.

    Args:
        framework: `torch`, `jax` or `numpy`: whose arrays the script computes with.
        short: whether functions are imported from their own module, where that is possible.
        normal: arrays that can be made by a seed.
    """

    def __init__(self, framework: str, *, short: bool = False, normal: Iterable[Normal] = ()) -> None:
        self.framework = framework
        self.short = short
        self.normal = tuple(normal)
        self.imports: set[str] = set()
        self.definitions: dict[str, str] = {}
        self._bound: dict[str, Any] = {}

    @property
    def imported(self) -> list[str]:
        """The lines that import."""
        return sorted(self.imports, key=lambda line: (not line.startswith("import "), line))

    @property
    def defined(self) -> list[str]:
        """The definitions, in an order in which Python can read them."""
        return [line for text in self.definitions.values() for line in text.splitlines() if line.strip()]

    @property
    def names(self) -> set[str]:
        """What means something already."""
        return {*self._bound, *self.definitions, "torch", "jax", "jnp", "np"}

    # ---- values ----------------------------------------------------------------------------------

    def array(self, values: np.ndarray) -> str:
        """An array of the framework with these numbers."""
        text = _ARRAYS[self.framework].format(self._numbers(values), values.dtype.name)
        self.imports.add(_IMPORTS.get(text.partition(".")[0], "import torch"))
        for module in ("np", "zlib", "base64"):
            if re.search(rf"\b{module}\.", text):
                self.imports.add(_IMPORTS.get(module, f"import {module}"))
        return text

    def _numbers(self, values: np.ndarray) -> str:
        if values.size > literal.WRITTEN_OUT:
            for one in self.normal:
                if one.shape == values.shape and np.array_equal(one.array(values.dtype), values):
                    return f"np.random.default_rng({one.seed}).standard_normal({one.shape}).astype(np.float32)"
        return literal.array(values)

    def expression(self, value: Any) -> str:
        """The text of a value: a number, an array, a tree of them, a function, a module."""
        if isinstance(value, Word):
            return value.text
        if isinstance(value, (bool, int, str, bytes, types.NoneType, types.EllipsisType)):
            return repr(value)
        if isinstance(value, (float, np.floating)):
            return literal.number(float(value))
        if framework_of(value) or isinstance(value, np.ndarray):
            return self.array(numpy_of(value))
        if isinstance(value, slice):
            return repr(value)
        if isinstance(value, (list, tuple, Mapping)):
            return self._tree(value)
        if isinstance(value, Case):
            return self.expression(value.function)
        return self._thing(value)

    def _tree(self, value: Any) -> str:
        if isinstance(value, Mapping):
            return f"{{{', '.join(f'{key!r}: {self.expression(item)}' for key, item in value.items())}}}"
        words = [self.expression(item) for item in value]
        if hasattr(value, "_fields"):
            return f"{self.expression(type(value))}({', '.join(words)})"
        if isinstance(value, list):
            return f"[{', '.join(words)}]"
        return f"({', '.join(words)}{',' if len(words) == 1 else ''})"

    # ---- functions, classes, modules -------------------------------------------------------------

    def _thing(self, value: Any) -> str:
        if isinstance(value, functools.partial):
            self.imports.add("import functools")
            given = [self.expression(item) for item in (value.func, *value.args)]
            named = [f"{name}={self.expression(item)}" for name, item in value.keywords.items()]
            return f"functools.partial({', '.join([*given, *named])})"
        if path := installed_path(value):
            self.imports.add(f"import {path[0]}")
            return ".".join(filter(None, path))
        owner = getattr(value, "__self__", None)
        if owner is not None and not isinstance(owner, types.ModuleType) and hasattr(value, "__name__"):
            return f"{self.expression(owner)}.{value.__name__}"
        if type(value).__name__ == _COMPILED and not inspect.isfunction(value.__wrapped__):
            self.imports.add("import jax")
            return f"jax.jit({self.expression(value.__wrapped__)})"
        ways = [self._imported, self._own] if self.short else [self._own, self._imported]
        reasons = []
        for way in ways:
            before = self.imports.copy(), self.definitions.copy(), self._bound.copy()
            try:
                return way(value)
            except Unwritable as error:
                self.imports, self.definitions, self._bound = before
                reasons.append(str(error))
        return self._pasted(value, reasons[ways.index(self._own)])

    def written(self, value: Any, name: str = "") -> str:
        """The name of a function or a class that is written out.

        Args:
            value: the function.
            name: its name in the script; by default its own.

        Raises:
            Unwritable: it has no source, or needs what has no text.
        """
        name = name or getattr(value, "__name__", "")
        if not name:
            raise Unwritable(f"it is a {type(value).__name__}")
        source = own_source(value)
        if isinstance(source.tree, ast.Lambda):
            name = next(free for k in count() if (free := f"f{k or ''}") not in self._bound)
        else:
            source.tree.name = name
        if self._bound.setdefault(name, value) is not value:
            raise Unwritable(f"another {name} is there already")
        if name in self.definitions:
            return name
        text = self._definition(source)
        self.definitions[name] = f"{name} = {text}" if isinstance(source.tree, ast.Lambda) else text
        self._wrap(name, value, source)
        return name

    def _own(self, value: Any) -> str:
        return self._module(value) if is_module(value) else self.written(value)

    def _definition(self, source: OwnSource) -> str:
        """A definition's text; all that it needs is there before it."""
        free = source.names()
        spoken = Spoken(self.framework, {name: source.namespace[name] for name in free if name in source.namespace})
        rewritten = OwnSource(spoken.visit(source.tree), {**source.namespace, **spoken.brought})
        self.imports |= spoken.imports
        self._bind(rewritten.free_names())
        return rewritten.text

    def _wrap(self, name: str, value: Any, source: OwnSource) -> None:
        """What makes more of a definition: jax's compilation and custom rules.

        Raises:
            Unwritable: something else does, and the source does not show it.
        """
        if not hasattr(value, "__wrapped__"):
            return
        kind = type(value).__name__
        if kind not in _WRAPPERS:
            if not source.is_decorated:
                raise Unwritable("it is wrapped by what its source does not show")
            return
        wrapper, *rules = _WRAPPERS[kind]
        if not source.is_decorated:
            self.imports.add("import jax")
            self.definitions[name] += f"\n{name} = {wrapper}({name})"
        if rules:
            written = ", ".join(self._rule(name, getattr(value, rule)) for rule in rules)
            self.definitions[f"rules of {name}"] = f"{name}.def{wrapper[-3:]}({written})"

    def _rule(self, name: str, rule: Any) -> str:
        if rule is None:
            raise Unwritable(f"{name} has no rule")
        return self.expression(rule)

    def _imported(self, value: Any) -> str:
        """From the module that holds it."""
        module, name = own_path(value)
        self.imports.add(f"from {module} import {name.partition('.')[0]}  # your own module")
        return name

    def _pasted(self, value: Any, reason: str) -> str:
        """By the person who has it.

        Raises:
            Unwritable: it is neither a function nor a class nor a module.
        """
        if not (hasattr(value, "__name__") or is_module(value)):
            raise Unwritable(f"a {type(value).__name__} has no text")
        name = getattr(value, "__name__", type(value).__name__.lower())
        name = name if name.isidentifier() else "f"
        self.definitions[name] = _WITHOUT_TEXT.format(name, reason)
        return name

    def _module(self, module: Any) -> str:
        """A call that builds a module; the script gives it its parameters and buffers.

        Raises:
            Unwritable: no single call does.
        """
        self.imports.add("import torch")
        modes = {part.training for part in module.modules()}
        if len(modes) > 1:
            raise Unwritable("parts of it are in training, others are not")
        call = built(module) or self._built_by_itself(module)
        return call if modes == {True} else f"{call}.eval()"

    def _built_by_itself(self, module: Any) -> str:
        """A call of somebody's own class; what it takes is known to the person who has it."""
        own = type(module)
        name = self.expression(own)
        if not needs_arguments(own):
            return f"{name}()"
        self.definitions["module"] = f"# write here how it is built: module = {name}(…)"
        return "module"

    # ---- names -----------------------------------------------------------------------------------

    def _bind(self, names: Mapping[str, Any]) -> None:
        """See that names mean in the script what they mean where they come from.

        Raises:
            Unwritable: one of them cannot.
        """
        for name, value in names.items():
            if name in self._bound:
                if self._bound[name] is not value:
                    raise Unwritable(f"{name} has two meanings")
            elif path := installed_path(value):
                self._bound[name] = value
                self.imports.add(import_line(path, name))
            elif (text := self.expression(value)) != name:
                self._bound[name] = value
                self.definitions[name] = f"{name} = {text}"
