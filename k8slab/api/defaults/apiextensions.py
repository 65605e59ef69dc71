"""The fields of CustomResourceDefinitions that the server fills in.

Source    apiextensions-apiserver/pkg/apis/apiextensions/v1/defaults.go
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from k8slab.api.defaults.filling import filled, replaced

__all__ = ["DEFAULTS"]

Obj = dict[str, Any]


def _definition(obj: Obj) -> Obj:
    spec = obj.get("spec") or {}
    names = spec.get("names") or {}
    if kind := names.get("kind"):
        names = filled(names, {"singular": kind.lower(), "listKind": f"{kind}List"})
    spec = filled(replaced(spec, "names", names), {"conversion": {"strategy": "None"}})
    return replaced(obj, "spec", spec)


DEFAULTS: dict[tuple[str, str], Callable[[Obj], Obj]] = {
    ("apiextensions.k8s.io/v1", "CustomResourceDefinition"): _definition,
}
