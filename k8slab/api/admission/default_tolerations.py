"""DefaultTolerationSeconds: a pod bears a node that is not ready or unreachable for 300 s.

Source    plugin/pkg/admission/defaulttolerationseconds/admission.go
"""

from __future__ import annotations

from typing import Any

__all__ = ["with_default_tolerations"]

Obj = dict[str, Any]

TOLERATION_S = 300
BORNE = ("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable")


def with_default_tolerations(spec: Obj) -> Obj:
    """The pod spec with the two tolerations that let it wait for its node to come back."""
    tolerations: list[Obj] = spec.get("tolerations") or []
    missing = [key for key in BORNE if not any(_bears(toleration, key) for toleration in tolerations)]
    if not missing:
        return spec
    added = [
        {"key": key, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": TOLERATION_S} for key in missing
    ]
    return {**spec, "tolerations": [*tolerations, *added]}


def _bears(toleration: Obj, key: str) -> bool:
    """The pod already says what it wants for this taint."""
    same_key = toleration.get("key", "") in (key, "")
    return same_key and toleration.get("effect", "") in ("NoExecute", "")
