"""The fields of bindings that the server fills in.

Source    pkg/apis/rbac/v1/defaults.go
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from k8slab.api.defaults.filling import each, filled, replaced

__all__ = ["DEFAULTS"]

Obj = dict[str, Any]

GROUP = "rbac.authorization.k8s.io"


def _binding(obj: Obj) -> Obj:
    obj = replaced(obj, "roleRef", filled(obj.get("roleRef") or {}, {"apiGroup": GROUP}))
    return replaced(obj, "subjects", each(obj["subjects"], _subject)) if obj.get("subjects") else obj


def _subject(subject: Obj) -> Obj:
    return filled(subject, {"apiGroup": GROUP}) if subject.get("kind") in ("User", "Group") else subject


DEFAULTS: dict[tuple[str, str], Callable[[Obj], Obj]] = {
    (f"{GROUP}/v1", "ClusterRoleBinding"): _binding,
    (f"{GROUP}/v1", "RoleBinding"): _binding,
}
