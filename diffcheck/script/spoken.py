"""Code for the array API in the words of one framework."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Mapping
from importlib import import_module
from pkgutil import resolve_name
from typing import Any

from diffcheck import special
from diffcheck.namespace import array_namespace
from diffcheck.script.refusal import Unwritable
from diffcheck.spellings import OURS, TABLE

NUMPY, JAX, TORCH = "numpy", "jax", "torch"

_NAMESPACES = {JAX: ("jnp", "jax.numpy"), NUMPY: ("np", "numpy")}

# What ours come to for real numbers: the complex step and difference quotients alone need more.
_REAL = {
    "expit": "scipy.special:expit",
    "logit": "scipy.special:logit",
    "log_expit": "scipy.special:log_expit",
    "gammaln": "scipy.special:gammaln",
    "cbrt": "numpy:cbrt",
    "stop_gradient": "numpy:asarray",
}


class Spoken(ast.NodeTransformer):
    """Says in the framework's words what is written for the array API.

    Args:
        framework: `torch`, `jax` or `numpy`.
        known: what the free names of the code mean.

    Attributes:
        brought: the names that it brings along, and what they mean.
        imports: lines that a name alone does not tell.
    """

    def __init__(self, framework: str, known: Mapping[str, Any]) -> None:
        self.framework = framework
        self.known = known
        self.brought: dict[str, Any] = {}
        self.imports: set[str] = set()

    def visit_Call(self, node: ast.Call) -> ast.AST:
        meaning = self._meaning(node.func)
        if meaning is array_namespace:
            return self._namespace()
        if _is_special(meaning):
            node.keywords += _unsaid(node, meaning)
        return self.generic_visit(node)

    def visit_Name(self, node: ast.Name) -> ast.AST:
        return self._spoken(node)

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        return self._spoken(node)

    def _spoken(self, node: ast.Name | ast.Attribute) -> ast.AST:
        meaning = self._meaning(node)
        if _is_special(meaning):
            return self._spelled(meaning.__name__)
        return self.generic_visit(node)

    def _spelled(self, name: str) -> ast.AST:
        """The framework's own function, or ours where the framework has none."""
        spellings = TABLE[name]
        path = _REAL.get(name, spellings.numpy) if self.framework == NUMPY else getattr(spellings, self.framework)
        module, _, attribute = path.partition(":")
        if module.startswith(f"{OURS}."):
            self.brought[attribute] = resolve_name(path)
            return ast.Name(attribute)
        root = module.partition(".")[0]
        self.brought[root] = import_module(root)
        if "scipy" in module:  # torch and jax bring everything else along
            self.imports.add(f"import {module}")
        return ast.parse(f"{module}.{attribute}", mode="eval").body

    def _namespace(self) -> ast.AST:
        if self.framework not in _NAMESPACES:
            raise Unwritable("it is written for the array API")
        name, module = _NAMESPACES[self.framework]
        self.brought[name] = import_module(module)
        return ast.Name(name)

    def _meaning(self, node: ast.expr) -> Any:
        if isinstance(node, ast.Name):
            return self.known.get(node.id)
        return getattr(self._meaning(node.value), node.attr, None) if isinstance(node, ast.Attribute) else None


def _is_special(meaning: Any) -> bool:
    """Whether this is a function of `diffcheck.special`."""
    return inspect.isfunction(meaning) and meaning.__module__ == special.__name__


def _unsaid(node: ast.Call, function: Any) -> list[ast.keyword]:
    """The options that a call leaves to their defaults: frameworks have other ones."""
    signature = inspect.signature(function)
    said = signature.bind_partial(*node.args, **{one.arg or "": one.value for one in node.keywords}).arguments
    unsaid = {name: one.default for name, one in signature.parameters.items() if name not in said}
    return [ast.keyword(name, ast.Constant(default)) for name, default in unsaid.items()]
