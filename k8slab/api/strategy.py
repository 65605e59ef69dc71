"""What the server itself does to an object of each kind before it is stored.

`on_create` and `on_update` set the fields that belong to the system: a new object's status, the
fields that a write to the status may not touch, the generation that counts changes of the wish.

Source    pkg/registry/{core,apps,discovery}/*/strategy.go
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from k8slab.api.custom import with_stored_version
from k8slab.api.daemonsets import with_template_generation
from k8slab.api.jobs import with_template_labels, with_unique_selector
from k8slab.api.kinds import Kind
from k8slab.api.label_keys import with_label_keys
from k8slab.api.resizing import only_resources
from k8slab.objects import qos_class

__all__ = [
    "on_create",
    "on_update",
]

Obj = dict[str, Any]

FRESH_STATUS: dict[str, Obj] = {
    "Namespace": {"phase": "Active"},
    "Service": {"loadBalancer": {}},
    "Deployment": {},
    "ReplicaSet": {"replicas": 0},
    "ReplicationController": {"replicas": 0},
    "StatefulSet": {"replicas": 0, "availableReplicas": 0},
    "DaemonSet": {
        "currentNumberScheduled": 0,
        "numberMisscheduled": 0,
        "desiredNumberScheduled": 0,
        "numberReady": 0,
    },
    "Job": {},
    "CronJob": {},
    "PersistentVolume": {"phase": "Pending"},
    "PersistentVolumeClaim": {"phase": "Pending"},
    "Ingress": {"loadBalancer": {}},
    "ResourceQuota": {},
    "PodDisruptionBudget": {"disruptionsAllowed": 0, "currentHealthy": 0, "desiredHealthy": 0, "expectedPods": 0},
    "HorizontalPodAutoscaler": {"currentMetrics": None, "desiredReplicas": 0},
    "VolumeAttachment": {"attached": False},
    "ServiceCIDR": {},
}
KUBERNETES = "kubernetes"
GATED = {
    "type": "PodScheduled",
    "status": "False",
    "reason": "SchedulingGated",
    "message": "Scheduling is blocked due to non-empty scheduling gates",
}
KEPT = ("ownerReferences", "finalizers", "deletionTimestamp", "deletionGracePeriodSeconds", "generation")
KEEPS_LABELS_IN_STATUS = {"Pod", "Node", "Namespace"}


def on_create(kind: Kind, obj: Obj) -> Obj:
    """The object as it enters the store for the first time."""
    if kind.form and not kind.custom:
        return kind.form.served(on_create(kind._replace(form=None), kind.form.stored(obj)))
    if kind.custom:
        obj = _with(obj, "status", None) if "status" in kind.subresources else obj
        return {**obj, "metadata": {**obj["metadata"], "generation": 1}}
    if kind.kind == "CustomResourceDefinition":
        obj = with_stored_version({**obj, "status": {}})
    if kind.kind == "Namespace":
        obj = {**obj, "spec": _with_finalizer(obj.get("spec") or {})}
    if kind.kind == "Job":
        obj = with_template_labels(with_unique_selector(obj))
    if kind.kind == "DaemonSet":
        obj = with_template_generation(obj)
    if kind.kind == "Pod":
        obj = with_label_keys({**obj, "status": _fresh_pod_status(obj.get("spec") or {})})
    elif kind.kind in FRESH_STATUS:
        obj = {**obj, "status": FRESH_STATUS[kind.kind]}
    if kind.has_generation:
        obj = {**obj, "metadata": {**obj["metadata"], "generation": 1}}
    return obj


def _fresh_pod_status(spec: Obj) -> Obj:
    """Pending, and why nobody looks for a node yet when gates forbid it."""
    status: Obj = {"phase": "Pending", "qosClass": qos_class(spec)}
    return {**status, "conditions": [GATED]} if spec.get("schedulingGates") else status


def _with_finalizer(spec: Obj) -> Obj:
    """A namespace's spec with the finalizer by which its controller holds it until it is empty."""
    finalizers = spec.get("finalizers") or []
    return spec if KUBERNETES in finalizers else {**spec, "finalizers": [*finalizers, KUBERNETES]}


def on_update(kind: Kind, new: Obj, old: Obj, subresource: str) -> Obj:
    """The update with everything put back that this endpoint may not change."""
    if kind.form and not kind.custom:
        new, old = kind.form.stored(new), kind.form.stored(old)
        return kind.form.served(on_update(kind._replace(form=None), new, old, subresource))
    if subresource == "status":
        return _custom_status(new, old) if kind.custom else _only_status(kind, new, old)
    if subresource in DOORS:
        new = DOORS[subresource](new, old)
    if "status" in kind.subresources:
        new = _with(new, "status", old.get("status"))
    if kind.kind == "CustomResourceDefinition":
        new = with_stored_version(new)
    if kind.kind == "Job" and not kind.custom:
        new = with_template_labels(new)
    if kind.kind == "DaemonSet" and not kind.custom:
        new = with_template_generation(new, old)
    if kind.kind == "Namespace" and not kind.custom:
        if subresource != "finalize":
            finalizers = (old.get("spec") or {}).get("finalizers")
            new = _with(new, "spec", _with(new.get("spec") or {}, "finalizers", finalizers))
        return new
    if kind.has_generation:
        generation = old["metadata"].get("generation", 1)
        if _wish(kind, new) != _wish(kind, old):
            generation += 1
        new = {**new, "metadata": {**new["metadata"], "generation": generation}}
    return new


def _only_status(kind: Kind, new: Obj, old: Obj) -> Obj:
    kept = KEPT if kind.kind in KEEPS_LABELS_IN_STATUS else (*KEPT, "labels")
    metadata = _kept(new["metadata"], old["metadata"], kept)
    changed = {**old, "metadata": metadata, "status": new.get("status") or {}}
    return with_template_generation(changed, old) if kind.kind == "DaemonSet" else changed


def _only_ephemeral_containers(new: Obj, old: Obj) -> Obj:
    metadata = _kept(new["metadata"], old["metadata"], (*KEPT, "annotations", "labels"))
    added = (new.get("spec") or {}).get("ephemeralContainers")
    return {**old, "metadata": metadata, "spec": _with(old["spec"], "ephemeralContainers", added)}


def _only_resources(new: Obj, old: Obj) -> Obj:
    metadata = _kept(new["metadata"], old["metadata"], (*KEPT, "annotations", "labels"))
    return {**old, "metadata": metadata, "spec": only_resources(new.get("spec") or {}, old["spec"])}


DOORS = {"ephemeralcontainers": _only_ephemeral_containers, "resize": _only_resources}


def _kept(metadata: Obj, old: Obj, fields: Iterable[str]) -> Obj:
    """The metadata with these fields as they were."""
    plain = {name: value for name, value in metadata.items() if name not in fields}
    return {**plain, **{name: old[name] for name in fields if name in old}}


def _custom_status(new: Obj, old: Obj) -> Obj:
    """Nothing of a custom object but its status; the version it was based on has been compared."""
    metadata = {name: value for name, value in old["metadata"].items() if name != "resourceVersion"}
    return _with({**old, "metadata": metadata}, "status", new.get("status"))


def _wish(kind: Kind, obj: Obj) -> Any:
    """The part of an object whose changes count as a new generation."""
    if kind.custom:
        return {name: value for name, value in obj.items() if name != "metadata"}
    if kind.kind == "PodTemplate":
        return obj.get("template")
    if kind.kind != "EndpointSlice":
        return obj.get("spec")
    return [obj.get("endpoints"), obj.get("ports"), obj["metadata"].get("labels")]


def _with(obj: Obj, field: str, value: Any) -> Obj:
    """The object with this field set, or without it when `value` is None."""
    if obj.get(field) is value and (value is not None or field not in obj):
        return obj
    if value is not None:
        return {**obj, field: value}
    return {name: kept for name, kept in obj.items() if name != field}
