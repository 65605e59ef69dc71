"""The rules for PersistentVolumes and PersistentVolumeClaims.

Source    pkg/apis/core/validation/validation.go (ValidatePersistentVolume…, ValidatePersistentVolumeClaim…)
Left out  the fields of volume types other than hostPath, local, nfs and csi; data sources; classes in annotations
"""

from __future__ import annotations

import json
import posixpath
from typing import Any

from k8slab.api.validation.meta import (
    Errors,
    forbidden,
    immutable,
    invalid,
    label_selector,
    not_supported,
    required,
)
from k8slab.api.validation.rules import Rules, rules
from k8slab.api.validation.values import positive
from k8slab.objects import is_dns1123_subdomain, parse_quantity

__all__ = ["RULES"]

Obj = dict[str, Any]

MODES = ("ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod")
RECLAIM, VOLUME_MODES = ("Delete", "Recycle", "Retain"), ("Block", "Filesystem")
SOURCES = (
    "hostPath", "gcePersistentDisk", "awsElasticBlockStore", "glusterfs", "flocker", "nfs", "rbd", "quobyte", "cephfs",
    "iscsi", "cinder", "fc", "flexVolume", "azureFile", "vsphereVolume", "photonPersistentDisk", "portworxVolume",
    "azureDisk", "scaleIO", "local", "storageos", "csi",
)  # fmt: skip
NEEDS = {"hostPath": ("path",), "local": ("path",), "nfs": ("server", "path"), "csi": ("driver", "volumeHandle")}
CLAIM_TEXT = "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims"


def _volume(obj: Obj) -> Errors:
    spec = obj.get("spec") or {}
    yield from _access_modes(spec.get("accessModes") or (), "")
    yield from _capacity(spec.get("capacity") or {})
    policy = spec.get("persistentVolumeReclaimPolicy", "")
    if policy and policy not in RECLAIM:
        yield not_supported("spec.persistentVolumeReclaimPolicy", policy, RECLAIM)
    yield from _sources(spec)
    path = (spec.get("hostPath") or {}).get("path")
    if path and posixpath.normpath(path) == "/" and policy == "Recycle":
        text = "may not be 'recycle' for a hostPath mount of '/'"
        yield forbidden("spec.persistentVolumeReclaimPolicy", text)
    yield from _names(spec)
    if spec.get("volumeAttributesClassName") == "":
        yield required("spec.volumeAttributesClassName", "an empty string is disallowed")
    if spec.get("volumeAttributesClassName") is not None and spec.get("csi") is None:
        yield required("spec.csi", "has to be specified when using volumeAttributesClassName")


def _access_modes(modes: Any, detail: str) -> Errors:
    if not modes:
        yield required("spec.accessModes", detail)
    for mode in modes:
        if mode not in MODES:
            yield not_supported("spec.accessModes", mode, MODES)
    if "ReadWriteOncePod" in modes and any(mode in MODES[:3] for mode in modes):
        yield forbidden("spec.accessModes", "may not use ReadWriteOncePod with other access modes")


def _capacity(capacity: Obj) -> Errors:
    if not capacity:
        yield required("spec.capacity")
    if list(capacity) != ["storage"]:
        yield not_supported("spec.capacity", capacity or None, ["storage"])
    for name, quantity in capacity.items():
        yield from positive(quantity, f"spec.capacity[{name}]")


def _sources(spec: Obj) -> Errors:
    given = [name for name in SOURCES if spec.get(name) is not None]
    if not given:
        yield required("spec", "must specify a volume type")
        return
    for name in NEEDS.get(given[0], ()):
        if not spec[given[0]].get(name):
            yield required(f"spec.{given[0]}.{name}")
    if ".." in ((spec.get("hostPath") or {}).get("path") or "").split("/"):
        yield invalid("spec.hostPath.path", spec["hostPath"]["path"], "must not contain '..'")
    for name in given[1:]:
        yield forbidden(f"spec.{name}", "may not specify more than 1 volume type")
    if given[0] == "local" and not (spec.get("nodeAffinity") or {}).get("required"):
        yield required("spec.nodeAffinity", "Local volume requires node affinity")


def _names(spec: Obj) -> Errors:
    """The classes that a volume and a claim name, and how they are used."""
    for field in ("storageClassName", "volumeAttributesClassName"):
        for problem in is_dns1123_subdomain(spec[field]) if spec.get(field) else ():
            yield invalid(f"spec.{field}", spec[field], problem)
    mode = spec.get("volumeMode")
    if mode is not None and mode not in VOLUME_MODES:
        yield not_supported("spec.volumeMode", mode, VOLUME_MODES)


def _volume_update(new: Obj, old: Obj) -> Errors:
    after, before = new.get("spec") or {}, old.get("spec") or {}
    changed = [name for name in SOURCES if after.get(name) != before.get(name)]
    if changed:
        text = "spec.persistentvolumesource is immutable after creation\nchanged: " + json.dumps(changed)
        yield forbidden("spec.persistentvolumesource", text)
    yield from immutable("volumeMode", after.get("volumeMode"), before.get("volumeMode"))
    if before.get("nodeAffinity") is not None:
        yield from immutable("nodeAffinity", after.get("nodeAffinity"), before["nodeAffinity"])
    yield from _attributes_update(after, before, may_be_empty=True)


def _claim(obj: Obj) -> Errors:
    spec = obj.get("spec") or {}
    yield from _access_modes(spec.get("accessModes") or (), "at least 1 access mode is required")
    yield from label_selector(spec.get("selector") or {}, "spec.selector")
    size = ((spec.get("resources") or {}).get("requests") or {}).get("storage")
    if size is None:
        yield required("spec.resources[storage]")
    else:
        yield from positive(size, "spec.resources[storage]")
    yield from _names(spec)


def _claim_update(new: Obj, old: Obj) -> Errors:
    after, before = new.get("spec") or {}, old.get("spec") or {}
    loose = {"volumeAttributesClassName"}
    if not before.get("volumeName"):
        loose.add("volumeName")
    if before.get("storageClassName") is None:
        loose.add("storageClassName")
    is_bound = (new.get("status") or {}).get("phase") == "Bound"
    fixed = [{name: value for name, value in spec.items() if name not in loose} for spec in (after, before)]
    if is_bound:
        fixed = [{**spec, "resources": _without_size(spec.get("resources") or {})} for spec in fixed]
    if fixed[0] != fixed[1]:
        names = [name for name in sorted({*fixed[0], *fixed[1]}) if fixed[0].get(name) != fixed[1].get(name)]
        yield forbidden("spec", f"{CLAIM_TEXT}\nchanged: {json.dumps(names)}")
    sizes = [((spec.get("resources") or {}).get("requests") or {}).get("storage", 0) for spec in (after, before)]
    granted = ((old.get("status") or {}).get("capacity") or {}).get("storage", 0)
    if parse_quantity(sizes[0]) < parse_quantity(sizes[1]) and parse_quantity(sizes[0]) <= parse_quantity(granted):
        yield forbidden("spec.resources.requests.storage", "field can not be less than status.capacity")
    yield from immutable("volumeMode", after.get("volumeMode"), before.get("volumeMode"))
    yield from _attributes_update(after, before, may_be_empty=False)


def _without_size(resources: Obj) -> Obj:
    requests = resources.get("requests") or {}
    return {**resources, "requests": {name: value for name, value in requests.items() if name != "storage"}}


def _attributes_update(after: Obj, before: Obj, *, may_be_empty: bool) -> Errors:
    """A class of attributes can be exchanged, not taken away."""
    field = "volumeAttributesClassName"
    if before.get(field) is None:
        return
    if after.get(field) is None:
        yield forbidden(f"spec.{field}", "update from non-nil value to nil is forbidden")
    elif after[field] != before[field] and not after[field] and not may_be_empty:
        yield forbidden(f"spec.{field}", "update from non-nil value to an empty string is forbidden")


RULES: dict[tuple[str, str], Rules] = {
    ("v1", "PersistentVolume"): rules(is_dns1123_subdomain, _volume, _volume_update, change_first=False),
    ("v1", "PersistentVolumeClaim"): rules(is_dns1123_subdomain, _claim, _claim_update, change_first=False),
}
