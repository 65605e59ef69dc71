"""The columns of volumes, claims, storage classes, CSI drivers and runtime classes.

Source    pkg/printers/internalversion/printers.go
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from k8slab.api.columns.cells import NONE, Columns, age

__all__ = ["COLUMNS"]

Obj = dict[str, Any]
Cells = list[Any]

UNSET = "<unset>"
SHORT = {"ReadWriteOnce": "RWO", "ReadOnlyMany": "ROX", "ReadWriteMany": "RWX", "ReadWriteOncePod": "RWOP"}
DEFAULT_CLASS = ("storageclass.kubernetes.io/is-default-class", "storageclass.beta.kubernetes.io/is-default-class")


def _modes(given: Iterable[str]) -> str:
    return ",".join(short for mode, short in SHORT.items() if mode in given)


def _phase(obj: Obj) -> str:
    phase: str = (obj.get("status") or {}).get("phase", "")
    return "Terminating" if obj["metadata"].get("deletionTimestamp") else phase


def _volume(obj: Obj) -> Cells:
    spec, claim = obj.get("spec") or {}, (obj.get("spec") or {}).get("claimRef") or {}
    return [
        obj["metadata"]["name"],
        str((spec.get("capacity") or {}).get("storage", "0")),
        _modes(spec.get("accessModes") or ()),
        spec.get("persistentVolumeReclaimPolicy", ""),
        _phase(obj),
        f"{claim.get('namespace', '')}/{claim.get('name', '')}" if claim else "",
        spec.get("storageClassName", ""),
        spec.get("volumeAttributesClassName", UNSET),
        (obj.get("status") or {}).get("reason", ""),
        age(obj),
        spec.get("volumeMode", UNSET),
    ]


def _claim(obj: Obj) -> Cells:
    spec, status = obj.get("spec") or {}, obj.get("status") or {}
    volume = spec.get("volumeName", "")
    return [
        obj["metadata"]["name"],
        _phase(obj),
        volume,
        str((status.get("capacity") or {}).get("storage", "0")) if volume else "",
        _modes(status.get("accessModes") or ()) if volume else "",
        spec.get("storageClassName", ""),
        spec.get("volumeAttributesClassName", UNSET),
        age(obj),
        spec.get("volumeMode", UNSET),
    ]


def _storage_class(obj: Obj) -> Cells:
    annotations = obj["metadata"].get("annotations") or {}
    is_default = any(annotations.get(name) == "true" for name in DEFAULT_CLASS)
    return [
        obj["metadata"]["name"] + " (default)" * is_default,
        obj.get("provisioner", ""),
        obj.get("reclaimPolicy", "Delete"),
        obj.get("volumeBindingMode", "Immediate"),
        bool(obj.get("allowVolumeExpansion")),
        age(obj),
    ]


def _attributes_class(obj: Obj) -> Cells:
    return [obj["metadata"]["name"], obj.get("driverName", ""), age(obj)]


def _attachment(obj: Obj) -> Cells:
    spec, is_attached = obj.get("spec") or {}, bool((obj.get("status") or {}).get("attached"))
    volume = (spec.get("source") or {}).get("persistentVolumeName", "")
    return [obj["metadata"]["name"], spec.get("attacher"), volume, spec.get("nodeName"), is_attached, age(obj)]


def _csi_driver(obj: Obj) -> Cells:
    spec = obj.get("spec") or {}
    tokens = spec.get("tokenRequests")
    return [
        obj["metadata"]["name"],
        spec.get("attachRequired", True),
        spec.get("podInfoOnMount", False),
        spec.get("storageCapacity", False),
        UNSET if tokens is None else ",".join(token.get("audience", "") for token in tokens),
        spec.get("requiresRepublish", False),
        ",".join(spec.get("volumeLifecycleModes") or ()) or NONE,
        age(obj),
    ]


def _csi_node(obj: Obj) -> Cells:
    return [obj["metadata"]["name"], len((obj.get("spec") or {}).get("drivers") or ()), age(obj)]


def _capacity(obj: Obj) -> Cells:
    return [obj["metadata"]["name"], obj.get("storageClassName", ""), str(obj.get("capacity", UNSET))]


def _runtime_class(obj: Obj) -> Cells:
    return [obj["metadata"]["name"], obj.get("handler", ""), age(obj)]


COLUMNS: dict[str, Columns] = {
    "CSIDriver": Columns(
        ("Name", "AttachRequired", "PodInfoOnMount", "StorageCapacity", "TokenRequests", "RequiresRepublish", "Modes",
         "Age"),
        _csi_driver,
    ),
    "CSINode": Columns(("Name", "Drivers", "Age"), _csi_node),
    "CSIStorageCapacity": Columns(("Name", "StorageClassName", "Capacity"), _capacity),
    "PersistentVolume": Columns(
        ("Name", "Capacity", "Access Modes", "Reclaim Policy", "Status", "Claim", "StorageClass",
         "VolumeAttributesClass", "Reason", "Age", "*VolumeMode"),
        _volume,
    ),
    "PersistentVolumeClaim": Columns(
        ("Name", "Status", "Volume", "Capacity", "Access Modes", "StorageClass", "VolumeAttributesClass", "Age",
         "*VolumeMode"),
        _claim,
    ),
    "RuntimeClass": Columns(("Name", "Handler", "Age"), _runtime_class),
    "StorageClass": Columns(
        ("Name", "Provisioner", "ReclaimPolicy", "VolumeBindingMode", "AllowVolumeExpansion", "Age"), _storage_class
    ),
    "VolumeAttachment": Columns(("Name", "Attacher", "PV", "Node", "Attached", "Age"), _attachment),
    "VolumeAttributesClass": Columns(("Name", "DriverName", "Age"), _attributes_class),
}  # fmt: skip
