"""The fields of volumes, claims, storage classes and CSI drivers that the server fills in.

Source    pkg/apis/core/v1/defaults.go; pkg/apis/storage/v1/defaults.go
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from k8slab.api.defaults.filling import filled, replaced

__all__ = ["DEFAULTS"]

Obj = dict[str, Any]

CSI_DRIVER = {
    "attachRequired": True,
    "podInfoOnMount": False,
    "storageCapacity": False,
    "fsGroupPolicy": "ReadWriteOnceWithFSType",
    "volumeLifecycleModes": ["Persistent"],
    "requiresRepublish": False,
    "seLinuxMount": False,
}


def _volume(obj: Obj) -> Obj:
    given = {"persistentVolumeReclaimPolicy": "Retain", "volumeMode": "Filesystem"}
    spec = filled(obj.get("spec") or {}, given)
    if spec.get("hostPath") is not None:
        spec = replaced(spec, "hostPath", filled(spec["hostPath"], {"type": ""}))
    return replaced(obj, "spec", spec)


def _claim(obj: Obj) -> Obj:
    return replaced(obj, "spec", filled(obj.get("spec") or {}, {"volumeMode": "Filesystem"}))


def _storage_class(obj: Obj) -> Obj:
    return filled(obj, {"reclaimPolicy": "Delete", "volumeBindingMode": "Immediate"})


def _csi_driver(obj: Obj) -> Obj:
    return replaced(obj, "spec", filled(obj.get("spec") or {}, CSI_DRIVER))


DEFAULTS: dict[tuple[str, str], Callable[[Obj], Obj]] = {
    ("v1", "PersistentVolume"): _volume,
    ("v1", "PersistentVolumeClaim"): _claim,
    ("storage.k8s.io/v1", "CSIDriver"): _csi_driver,
    ("storage.k8s.io/v1", "StorageClass"): _storage_class,
}
