"""Where a pod may be: which taints it bears, and which nodes its affinity means.

Source    staging/src/k8s.io/api/core/v1/toleration.go (ToleratesTaint);
          staging/src/k8s.io/component-helpers/scheduling/corev1/nodeaffinity/nodeaffinity.go
Left out  tolerations that compare numbers (Gt, Lt)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from k8slab.objects.selectors import matches_requirement

__all__ = [
    "matches_node_term",
    "tolerates",
]

Obj = Mapping[str, Any]


def tolerates(tolerations: Iterable[Obj], taint: Obj) -> bool:
    """One of the tolerations covers the taint."""
    return any(_covers(toleration, taint) for toleration in tolerations)


def _covers(toleration: Obj, taint: Obj) -> bool:
    if toleration.get("effect") and toleration["effect"] != taint["effect"]:
        return False
    if toleration.get("key") and toleration["key"] != taint["key"]:
        return False
    if toleration.get("operator", "Equal") == "Exists":
        return True
    return bool(toleration.get("key")) and bool(toleration.get("value", "") == taint.get("value", ""))


def matches_node_term(term: Obj, labels: Mapping[str, str], name: str) -> bool:
    """Every expression of a nodeSelectorTerm holds for a node; a term without any selects nothing."""
    expressions, fields = term.get("matchExpressions") or (), term.get("matchFields") or ()
    if not expressions and not fields:
        return False
    named = {"metadata.name": name}
    return all(matches_requirement(e, labels) for e in expressions) and all(
        matches_requirement(f, named) for f in fields
    )
