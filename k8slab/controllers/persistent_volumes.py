"""What claims and volumes say of themselves: their class, their size, and the marks that the binder makes on them.

Source    staging/src/k8s.io/component-helpers/storage/volume/helpers.go (GetPersistentVolumeClaimClass),
          pv_helpers.go (AnnBindCompleted …)
"""

from __future__ import annotations

from typing import Any

from k8slab.objects import size_bytes

__all__ = [
    "BIND_COMPLETED",
    "BOUND_BY_CONTROLLER",
    "PROVISIONED_BY",
    "SELECTED_NODE",
    "annotations_of",
    "claims_of",
    "class_of",
    "size_of",
]

Obj = dict[str, Any]

BIND_COMPLETED = "pv.kubernetes.io/bind-completed"
BOUND_BY_CONTROLLER = "pv.kubernetes.io/bound-by-controller"
PROVISIONED_BY = "pv.kubernetes.io/provisioned-by"
SELECTED_NODE = "volume.kubernetes.io/selected-node"
BETA_CLASS = "volume.beta.kubernetes.io/storage-class"


def annotations_of(obj: Obj) -> Obj:
    """The annotations of an object, perhaps none."""
    return obj["metadata"].get("annotations") or {}


def claims_of(pod: Obj) -> list[str]:
    """`namespace/name` of the claims that a pod mounts."""
    namespace = pod["metadata"].get("namespace", "")
    found = []
    for volume in pod["spec"].get("volumes") or ():
        if "persistentVolumeClaim" in volume:
            found.append(f"{namespace}/{volume['persistentVolumeClaim']['claimName']}")
        elif "ephemeral" in volume:
            found.append(f"{namespace}/{pod['metadata']['name']}-{volume['name']}")
    return found


def class_of(obj: Obj) -> str:
    """The storage class that a volume or a claim names, "" for none."""
    known: str = annotations_of(obj).get(BETA_CLASS) or obj["spec"].get("storageClassName") or ""
    return known


def size_of(obj: Obj) -> int:
    """The bytes that a volume has, or that a claim asks for."""
    spec = obj["spec"]
    amounts = spec.get("capacity") or (spec.get("resources") or {}).get("requests") or {}
    return size_bytes(amounts.get("storage", 0))
