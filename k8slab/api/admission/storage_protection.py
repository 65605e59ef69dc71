"""StorageObjectInUseProtection: a new claim or volume bears the finalizer by which it is held while it is used.

Source    plugin/pkg/admission/storage/storageobjectinuseprotection/admission.go
"""

from __future__ import annotations

from typing import Any

__all__ = ["with_protection"]

Obj = dict[str, Any]

FINALIZERS = {
    "PersistentVolume": "kubernetes.io/pv-protection",
    "PersistentVolumeClaim": "kubernetes.io/pvc-protection",
}


def with_protection(kind: str, obj: Obj) -> Obj:
    """The object with the finalizer of its kind, if the kind has one."""
    finalizer, metadata = FINALIZERS.get(kind), obj["metadata"]
    known = metadata.get("finalizers") or []
    if finalizer is None or finalizer in known:
        return obj
    return {**obj, "metadata": {**metadata, "finalizers": [*known, finalizer]}}
