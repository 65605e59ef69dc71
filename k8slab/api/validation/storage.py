"""The rules for storage classes, what CSI drivers tell about themselves, and runtime classes.

Source    pkg/apis/storage/validation/validation.go; pkg/apis/node/validation/validation.go
Left out  inline volumes of VolumeAttachments, topology terms, the overhead of RuntimeClasses
"""

from __future__ import annotations

from typing import Any

from k8slab.api.validation import volumes
from k8slab.api.validation.meta import (
    Errors,
    duplicate,
    forbidden,
    immutable,
    invalid,
    label_selector,
    labels,
    not_negative,
    not_supported,
    required,
)
from k8slab.api.validation.rules import Rules, nothing, rules
from k8slab.objects import is_dns1123_label, is_dns1123_subdomain, is_qualified_name, parse_quantity
from k8slab.wire import FieldError

__all__ = ["RULES"]

Obj = dict[str, Any]

RECLAIM = ("Delete", "Retain")
BINDING_MODES = ("Immediate", "WaitForFirstConsumer")
FS_GROUP = ("File", "None", "ReadWriteOnceWithFSType")
LIFECYCLES = ("Persistent", "Ephemeral")
MOST_PARAMETERS, MOST_PARAMETER_BYTES = 512, 256 * 1024
LONGEST_NODE_ID = 256
SHORTEST_TOKEN_S, LONGEST_TOKEN_S, SHORTEST_PERIOD_S = 600, 1 << 32, 10
ONE_SOURCE = "must specify exactly one of inlineVolumeSpec and persistentVolumeName"


def _storage_class(obj: Obj) -> Errors:
    yield from _driver(obj.get("provisioner", ""), "provisioner")
    yield from _parameters(obj.get("parameters") or {})
    policy, mode = obj.get("reclaimPolicy"), obj.get("volumeBindingMode")
    if policy not in RECLAIM:
        yield not_supported("reclaimPolicy", policy, RECLAIM)
    if mode not in BINDING_MODES:
        yield not_supported("volumeBindingMode", mode, BINDING_MODES)


def _driver(name: str, field: str) -> Errors:
    if not name:
        yield required(field)
    for problem in is_qualified_name(name.lower()) if name else ():
        yield invalid(field, name.lower(), problem)


def _parameters(given: Obj) -> Errors:
    if len(given) > MOST_PARAMETERS:
        yield FieldError("FieldValueTooLong", "parameters", f"may not be more than {MOST_PARAMETERS} bytes")
        return
    if "" in given:
        yield invalid("parameters", "", "field can not be empty.")
    if sum(len(name) + len(value) for name, value in given.items()) > MOST_PARAMETER_BYTES:
        yield FieldError("FieldValueTooLong", "parameters", f"may not be more than {MOST_PARAMETER_BYTES} bytes")


def _storage_class_update(new: Obj, old: Obj) -> Errors:
    yield from _settled(new, old, "parameters", "provisioner", "reclaimPolicy")
    yield from immutable("volumeBindingMode", new.get("volumeBindingMode"), old.get("volumeBindingMode"))


def _settled(new: Obj, old: Obj, *fields: str) -> Errors:
    for field in fields:
        if (new.get(field) or None) != (old.get(field) or None):
            yield forbidden(field, f"updates to {field} are forbidden.")


def _attributes_class(obj: Obj) -> Errors:
    yield from _driver(obj.get("driverName", ""), "driverName")
    yield from _parameters(obj.get("parameters") or {})
    if not obj.get("parameters"):
        yield required("parameters", "must contain at least one key/value pair")


def _attributes_class_update(new: Obj, old: Obj) -> Errors:
    yield from _settled(new, old, "driverName", "parameters")


def _attachment(obj: Obj) -> Errors:
    spec = obj.get("spec") or {}
    source, attacher = spec.get("source") or {}, spec.get("attacher", "")
    volume, inline = source.get("persistentVolumeName"), source.get("inlineVolumeSpec")
    if not attacher:
        yield required("spec.attacher")
    if volume is None and inline is None:
        yield required("spec.source", ONE_SOURCE)
    elif volume is not None and inline is not None:
        yield forbidden("spec.source", ONE_SOURCE)
    elif volume == "":
        yield required("spec.source.persistentVolumeName", "must specify non empty persistentVolumeName")
    for problem in is_dns1123_subdomain(spec.get("nodeName", "")):
        yield invalid("spec.nodeName", spec.get("nodeName", ""), problem)


def _attachment_create(obj: Obj) -> Errors:
    yield from _attachment(obj)
    spec = obj.get("spec") or {}
    yield from _driver_name(spec.get("attacher", ""), "spec.attacher")
    volume = (spec.get("source") or {}).get("persistentVolumeName")
    for problem in is_dns1123_subdomain(volume) if volume is not None else ():
        yield invalid("spec.source.persistentVolumeName", volume, problem)


def _attachment_update(new: Obj, old: Obj) -> Errors:
    after, before = new.get("spec") or {}, old.get("spec") or {}
    if after != before:
        source = after.get("source") or {}
        shown = {
            "Attacher": after.get("attacher", ""),
            "Source": {
                "PersistentVolumeName": source.get("persistentVolumeName"),
                "InlineVolumeSpec": source.get("inlineVolumeSpec"),
            },
            "NodeName": after.get("nodeName", ""),
        }
        yield invalid("spec", shown, "field is immutable")


def _driver_name(name: str, field: str) -> Errors:
    if not name:
        yield required(field)
    elif len(name) > 63:
        yield FieldError("FieldValueTooLong", field, "may not be more than 63 bytes")
    for problem in is_dns1123_subdomain(name.lower()) if name else ():
        yield invalid(field, name, problem)


def _csi_driver(obj: Obj) -> Errors:
    spec = obj.get("spec") or {}
    if spec.get("fsGroupPolicy") not in FS_GROUP:
        yield not_supported("spec.fsGroupPolicy", spec.get("fsGroupPolicy"), FS_GROUP)
    audiences: set[str] = set()
    for i, token in enumerate(spec.get("tokenRequests") or ()):
        yield from _token(token, f"spec.tokenRequests[{i}]", audiences)
    for mode in spec.get("volumeLifecycleModes") or ():
        if mode not in LIFECYCLES:
            yield not_supported("spec.volumeLifecycleModes", mode, LIFECYCLES)
    period_s = spec.get("nodeAllocatableUpdatePeriodSeconds")
    if period_s is not None and period_s < SHORTEST_PERIOD_S:
        text = f"must be greater than or equal to {SHORTEST_PERIOD_S} seconds"
        yield invalid("spec.nodeAllocatableUpdatePeriodSeconds", period_s, text)


def _token(token: Obj, place: str, seen: set[str]) -> Errors:
    audience, lifetime_s = token.get("audience", ""), token.get("expirationSeconds")
    if audience in seen:
        yield duplicate(f"{place}.audience", audience)
        return
    seen.add(audience)
    if lifetime_s is not None and lifetime_s < SHORTEST_TOKEN_S:
        yield invalid(f"{place}.expirationSeconds", lifetime_s, "may not specify a duration less than 10 minutes")
    if lifetime_s is not None and lifetime_s > LONGEST_TOKEN_S:
        yield invalid(f"{place}.expirationSeconds", lifetime_s, "may not specify a duration larger than 2^32 seconds")


def _csi_driver_update(new: Obj, old: Obj) -> Errors:
    after, before = new.get("spec") or {}, old.get("spec") or {}
    yield from immutable("spec.attachedRequired", after.get("attachRequired"), before.get("attachRequired"))
    field = "volumeLifecycleModes"
    yield from immutable(f"spec.{field}", after.get(field), before.get(field))


def _csi_node(obj: Obj) -> Errors:
    seen: set[str] = set()
    for i, driver in enumerate((obj.get("spec") or {}).get("drivers") or ()):
        place, name, node_id = f"spec.drivers[{i}]", driver.get("name", ""), driver.get("nodeID", "")
        yield from _driver_name(name, f"{place}.name")
        if not node_id:
            yield required(f"{place}.nodeID")
        elif len(node_id) > LONGEST_NODE_ID:
            yield invalid(f"{place}.nodeID", node_id, f"must be {LONGEST_NODE_ID} characters or less")
        yield from not_negative((driver.get("allocatable") or {}).get("count", 0), f"{place}.allocatable.count")
        if name in seen:
            yield duplicate(f"{place}.name", name)
        seen.add(name)
        for problem in (text for key in driver.get("topologyKeys") or () for text in is_qualified_name(key)):
            yield invalid(place, driver["topologyKeys"], problem)


def _csi_node_update(new: Obj, old: Obj) -> Errors:
    before = {driver["name"]: driver for driver in (old.get("spec") or {}).get("drivers") or ()}
    for driver in (new.get("spec") or {}).get("drivers") or ():
        if driver.get("name") in before:
            after, known = (_as_go_writes_it(each) for each in (driver, before[driver["name"]]))
            yield from immutable("spec.drivers", after, known)


def _as_go_writes_it(driver: Obj) -> Obj:
    fields = {"Name": driver["name"], "NodeID": driver.get("nodeID", ""), "TopologyKeys": driver.get("topologyKeys")}
    return {**fields, "Allocatable": None}


def _capacity(obj: Obj) -> Errors:
    yield from label_selector(obj.get("nodeTopology") or {}, "nodeTopology")
    name, amount = obj.get("storageClassName", ""), obj.get("capacity")
    for problem in is_dns1123_subdomain(name):
        yield invalid("storageClassName", name, problem)
    if amount is not None and parse_quantity(amount) < 0:
        yield invalid("capacity", str(amount), "must be greater than or equal to 0")


def _capacity_update(new: Obj, old: Obj) -> Errors:
    for field in ("nodeTopology", "storageClassName"):
        yield from immutable(field, new.get(field), old.get(field))


def _runtime_class(obj: Obj) -> Errors:
    handler = obj.get("handler", "")
    for problem in is_dns1123_label(handler):
        yield invalid("handler", handler, problem)
    scheduling = obj.get("scheduling") or {}
    yield from labels(scheduling.get("nodeSelector") or {}, "scheduling.nodeSelector")


def _runtime_class_update(new: Obj, old: Obj) -> Errors:
    yield from immutable("handler", new.get("handler"), old.get("handler"))


def _rules(spec: Any, change: Any) -> Rules:
    return rules(is_dns1123_subdomain, spec, change, change_first=False)


GROUP = "storage.k8s.io/v1"
RULES: dict[tuple[str, str], Rules] = {
    **volumes.RULES,
    (GROUP, "CSIDriver"): _rules(_csi_driver, _csi_driver_update),
    (GROUP, "CSINode"): _rules(_csi_node, _csi_node_update),
    (GROUP, "CSIStorageCapacity"): _rules(_capacity, _capacity_update),
    (GROUP, "StorageClass"): _rules(_storage_class, _storage_class_update),
    (GROUP, "VolumeAttachment"): _rules(_attachment, _attachment_update)._replace(
        create=_rules(_attachment_create, nothing).create
    ),
    (GROUP, "VolumeAttributesClass"): _rules(_attributes_class, _attributes_class_update),
    ("node.k8s.io/v1", "RuntimeClass"): _rules(_runtime_class, _runtime_class_update),
}
