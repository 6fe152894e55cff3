"""Where a value comes from: what a script has to import."""

from __future__ import annotations

import sys
import types
from pkgutil import resolve_name
from typing import Any

from diffcheck.script.refusal import Unwritable

# Where a framework's own functions have a public name; looked through in this order.
_PUBLIC = (
    "torch",
    "torch.nn.functional",
    "torch.nn",
    "torch.special",
    "torch.linalg",
    "jax",
    "jax.numpy",
    "jax.nn",
    "jax.lax",
    "jax.scipy.special",
    "numpy",
    "scipy.special",
)


def installed_path(value: Any) -> tuple[str, str] | None:
    """Module and name of what is not somebody's own; the name is empty for a module itself."""
    if isinstance(value, types.ModuleType):
        return (value.__name__, "") if _is_installed(value.__name__) else None
    names = {getattr(value, "__name__", ""), getattr(value, "__qualname__", "")}
    for module in (*_PUBLIC, str(getattr(value, "__module__", ""))):
        for name in sorted(filter(None, names)):
            if _is_installed(module) and getattr(sys.modules[module], name, None) is value:
                return module, name
    if type(value).__module__ == "torch" and str(value).startswith("torch."):  # a dtype, a memory format
        return "torch", str(value).removeprefix("torch.")
    return None


def _is_installed(module: str) -> bool:
    """Whether a module belongs to Python or to a package that was installed, diffcheck apart."""
    root = module.partition(".")[0]
    if module not in sys.modules or root in ("__main__", "diffcheck"):
        return False
    file = getattr(sys.modules.get(root), "__file__", None) or ""
    return root in sys.stdlib_module_names or "site-packages" in file


def import_line(path: tuple[str, str], name: str) -> str:
    """The line after which a name means what stands at a path."""
    module, attribute = path
    if not attribute:
        return f"import {module}" if module == name.partition(".")[0] else f"import {module} as {name}"
    return f"from {module} import {attribute}" + ("" if attribute == name else f" as {name}")


def own_path(value: Any) -> tuple[str, str]:
    """A module that can be imported, and what it calls a value.

    Raises:
        Unwritable: there is none.
    """
    module = getattr(value, "__module__", None) or ""
    if module in ("", "__main__", "builtins") or module not in sys.modules or not _can_be_found(module):
        raise Unwritable("no module holds it")
    qualified = getattr(value, "__qualname__", "")
    if qualified and "<" not in qualified and resolve_name(f"{module}:{qualified}") is value:
        return module, qualified
    for name, held in vars(sys.modules[module]).items():
        if held is value:
            return module, name
    raise Unwritable("no module holds it")


def _can_be_found(module: str) -> bool:
    """Whether Python finds a module by its name: not one that was loaded by path."""
    root = module.partition(".")[0]
    return root in sys.modules and getattr(sys.modules[root], "__spec__", None) is not None
