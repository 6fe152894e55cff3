"""diffcheck: is this derivative right?

A function is written once. Its derivative is computed by SymPy, torch, jax, finite differences
and by hand, and each is judged against an enclosure of the true one.

Every public name is looked up when it is first used, so that `import diffcheck` imports nothing.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from diffcheck import special
    from diffcheck.case import Case, CaseError, case
    from diffcheck.check import GradientError, assert_gradient, check
    from diffcheck.checked import Finding, Report
    from diffcheck.claim import Claim
    from diffcheck.domain import integers, normal, one_hot, positive, probabilities, real
    from diffcheck.expression.show import closed_form
    from diffcheck.namespace import array_namespace
    from diffcheck.reference.public import reference
    from diffcheck.subject import CheckError
    from diffcheck.table import table
    from diffcheck.verdict import Cause, Verdict

__all__ = [
    "Case",
    "CaseError",
    "Cause",
    "CheckError",
    "Claim",
    "Finding",
    "GradientError",
    "Report",
    "Verdict",
    "array_namespace",
    "assert_gradient",
    "case",
    "check",
    "closed_form",
    "integers",
    "normal",
    "one_hot",
    "positive",
    "probabilities",
    "real",
    "reference",
    "special",
    "table",
]

_HOMES = {
    "Case": "diffcheck.case:Case",
    "CaseError": "diffcheck.case:CaseError",
    "Cause": "diffcheck.verdict:Cause",
    "CheckError": "diffcheck.subject:CheckError",
    "Claim": "diffcheck.claim:Claim",
    "Finding": "diffcheck.checked:Finding",
    "GradientError": "diffcheck.check:GradientError",
    "Report": "diffcheck.checked:Report",
    "Verdict": "diffcheck.verdict:Verdict",
    "array_namespace": "diffcheck.namespace:array_namespace",
    "assert_gradient": "diffcheck.check:assert_gradient",
    "case": "diffcheck.case:case",
    "check": "diffcheck.check:check",
    "closed_form": "diffcheck.expression.show:closed_form",
    "integers": "diffcheck.domain:integers",
    "normal": "diffcheck.domain:normal",
    "one_hot": "diffcheck.domain:one_hot",
    "positive": "diffcheck.domain:positive",
    "probabilities": "diffcheck.domain:probabilities",
    "real": "diffcheck.domain:real",
    "reference": "diffcheck.reference.public:reference",
    "special": "diffcheck.special:",
    "table": "diffcheck.table:table",
}


class _Package(ModuleType):
    """This package: a public name stays public when a submodule of the same name is imported.

    The import system stores every submodule as an attribute of its package. Without this,
    `diffcheck.case` would turn from the decorator into the module that defines it.
    """

    def __setattr__(self, name: str, value: object) -> None:
        if name in _HOMES and isinstance(value, ModuleType):
            return
        super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from pkgutil import resolve_name

    return resolve_name(_HOMES[name])


def __dir__() -> list[str]:
    return __all__
