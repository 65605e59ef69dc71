"""PersistentVolumeClaimResize: only a claim whose class lets volumes grow may ask for more than it has.

Source    plugin/pkg/admission/storage/persistentvolume/resize/admission.go
"""

from __future__ import annotations

from typing import Any

from k8slab.api.admission.attempt import Attempt, Cluster
from k8slab.objects import size_bytes

__all__ = ["check_resize"]

Obj = dict[str, Any]

ONLY_DYNAMIC = (
    "only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize"
)


def check_resize(cluster: Cluster, attempt: Attempt, new: Obj, old: Obj | None) -> None:
    """Raises Forbidden for a bound claim that asks for more than its class lets it have."""
    if old is None or (old.get("status") or {}).get("phase") != "Bound" or _size(new) <= _size(old):
        return
    name = (new.get("spec") or {}).get("storageClassName") or ""
    storage_class = cluster.get("StorageClass", name) if name else None
    if storage_class is None or not storage_class.get("allowVolumeExpansion"):
        raise attempt.forbidden(ONLY_DYNAMIC)


def _size(claim: Obj) -> int:
    return size_bytes(((claim.get("spec") or {}).get("resources") or {}).get("requests", {}).get("storage", 0))
