"""NamespaceLifecycle: nothing is created in a namespace that is missing or leaving; three namespaces stay.

Source    staging/src/k8s.io/apiserver/pkg/admission/plugin/namespace/lifecycle/admission.go
"""

from __future__ import annotations

from k8slab.api.admission.attempt import Attempt, Cluster
from k8slab.wire import Forbidden, NotFound

__all__ = [
    "check_namespace",
    "check_namespace_deletion",
]

IMMORTAL = {"default", "kube-system", "kube-public"}


def check_namespace(cluster: Cluster, attempt: Attempt) -> None:
    """Raises NotFound when the namespace of a new object is missing, Forbidden when it is leaving."""
    name = attempt.namespace
    namespace = cluster.get("Namespace", name)
    if namespace is None:
        raise NotFound(f'namespaces "{name}" not found', {"name": name, "kind": "namespaces"})
    if not namespace["metadata"].get("deletionTimestamp"):
        return
    error = attempt.forbidden(f"unable to create new content in namespace {name} because it is being terminated")
    text = f"namespace {name} is being terminated"
    cause = {"reason": "NamespaceTerminating", "message": text, "field": "metadata.namespace"}
    error.details["causes"] = [cause]
    raise error


def check_namespace_deletion(attempt: Attempt) -> None:
    """Raises Forbidden for the namespaces that a cluster cannot be without."""
    if attempt.kind.kind == "Namespace" and attempt.name in IMMORTAL:
        text = f'namespaces "{attempt.name}" is forbidden: this namespace may not be deleted'
        raise Forbidden(text, {"name": attempt.name, "kind": "namespaces"})
