"""DefaultIngressClass: an Ingress that names no class gets the one marked as default, the newest of several.

Source    plugin/pkg/admission/network/defaultingressclass/admission.go
"""

from __future__ import annotations

from typing import Any

from k8slab.api.admission.attempt import Cluster

__all__ = ["with_default_ingress_class"]

Obj = dict[str, Any]

MARK = "ingressclass.kubernetes.io/is-default-class"
OLD_NAME = "kubernetes.io/ingress.class"


def with_default_ingress_class(cluster: Cluster, ingress: Obj) -> Obj:
    """The Ingress with a class, if it names none and there is a default."""
    spec = ingress.get("spec") or {}
    if spec.get("ingressClassName") is not None or OLD_NAME in (ingress["metadata"].get("annotations") or {}):
        return ingress
    classes = [each["metadata"] for each in cluster.list("IngressClass") if _is_default(each)]
    if not classes:
        return ingress
    newest = max(each["creationTimestamp"] for each in classes)
    name = min(each["name"] for each in classes if each["creationTimestamp"] == newest)
    return {**ingress, "spec": {**spec, "ingressClassName": name}}


def _is_default(ingress_class: Obj) -> bool:
    return (ingress_class["metadata"].get("annotations") or {}).get(MARK) == "true"
