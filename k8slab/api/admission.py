"""Admission: the last word before a new object is stored.

NamespaceLifecycle   nothing is created in a namespace that is missing or leaving; three namespaces stay.
DefaultTolerationSeconds   a pod bears a node that is not ready or unreachable for 300 s.

Source    staging/src/k8s.io/apiserver/pkg/admission/plugin/namespace/lifecycle/admission.go,
          plugin/pkg/admission/defaulttolerationseconds/admission.go
Left out  LimitRanger, ResourceQuota, ServiceAccount, Priority, Pod Security, webhooks
"""

from __future__ import annotations

from typing import Any

from k8slab.api.kinds import Kind
from k8slab.wire import Forbidden, NotFound

__all__ = [
    "check_namespace",
    "check_namespace_deletion",
    "with_default_tolerations",
]

Obj = dict[str, Any]

IMMORTAL = {"default", "kube-system", "kube-public"}
TOLERATION_S = 300
BORNE = ("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable")


def check_namespace(kind: Kind, name: str, namespace: Obj | None, namespace_name: str) -> None:
    """Raises NotFound when the namespace of a new object is missing, Forbidden when it is leaving."""
    if namespace is None:
        details = {"name": namespace_name, "kind": "namespaces"}
        raise NotFound(f'namespaces "{namespace_name}" not found', details)
    if not namespace["metadata"].get("deletionTimestamp"):
        return
    text = f"unable to create new content in namespace {namespace_name} because it is being terminated"
    cause = {
        "reason": "NamespaceTerminating",
        "message": f"namespace {namespace_name} is being terminated",
        "field": "metadata.namespace",
    }
    details = {"name": name, **({"group": kind.group} if kind.group else {}), "kind": kind.plural}
    raise Forbidden(f'{kind.full_name} "{name}" is forbidden: {text}', {**details, "causes": [cause]})


def check_namespace_deletion(kind: Kind, name: str) -> None:
    """Raises Forbidden for the namespaces that a cluster cannot be without."""
    if kind.kind == "Namespace" and name in IMMORTAL:
        text = f'namespaces "{name}" is forbidden: this namespace may not be deleted'
        raise Forbidden(text, {"name": name, "kind": "namespaces"})


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
