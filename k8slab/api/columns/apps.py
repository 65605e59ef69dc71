"""The columns of workloads.

Source    pkg/printers/internalversion/printers.go
"""

from __future__ import annotations

from typing import Any

from k8slab.api.columns.cells import NONE, Columns, age
from k8slab.objects import as_text, controller_of

__all__ = ["COLUMNS"]

Obj = dict[str, Any]
Cells = list[Any]

WORKLOAD = ("*Containers", "*Images", "*Selector")


def _containers(obj: Obj) -> Cells:
    containers = obj["spec"]["template"]["spec"].get("containers") or ()
    names, images = (",".join(c[field] for c in containers) for field in ("name", "image"))
    return [names, images, as_text(obj["spec"].get("selector") or {}) or NONE]


def _deployment(obj: Obj) -> Cells:
    status = obj.get("status") or {}
    ready = f"{status.get('readyReplicas', 0)}/{obj['spec'].get('replicas', 1)}"
    counts = [status.get("updatedReplicas", 0), status.get("availableReplicas", 0)]
    return [obj["metadata"]["name"], ready, *counts, age(obj), *_containers(obj)]


def _replicaset(obj: Obj) -> Cells:
    status = obj.get("status") or {}
    counts = [obj["spec"].get("replicas", 1), status.get("replicas", 0), status.get("readyReplicas", 0)]
    return [obj["metadata"]["name"], *counts, age(obj), *_containers(obj)]


def _statefulset(obj: Obj) -> Cells:
    status = obj.get("status") or {}
    ready = f"{status.get('readyReplicas', 0)}/{obj['spec'].get('replicas', 1)}"
    return [obj["metadata"]["name"], ready, age(obj), *_containers(obj)[:2]]


def _daemonset(obj: Obj) -> Cells:
    status, names = obj.get("status") or {}, ("desiredNumberScheduled", "currentNumberScheduled", "numberReady")
    counts = [status.get(name, 0) for name in (*names, "updatedNumberScheduled", "numberAvailable")]
    chosen = obj["spec"]["template"]["spec"].get("nodeSelector") or {}
    where = as_text({"matchLabels": chosen}) or NONE
    return [obj["metadata"]["name"], *counts, where, age(obj), *_containers(obj)]


def _replication_controller(obj: Obj) -> Cells:
    return _replicaset({**obj, "spec": {**obj["spec"], "selector": {"matchLabels": obj["spec"]["selector"]}}})


def _revision(obj: Obj) -> Cells:
    owner = controller_of(obj)
    name = NONE
    if owner is not None:
        group = owner["apiVersion"].rpartition("/")[0]
        name = f"{owner['kind'].lower()}{'.' if group else ''}{group}/{owner['name']}"
    return [obj["metadata"]["name"], name, obj.get("revision", 0), age(obj)]


DAEMONS = ("Name", "Desired", "Current", "Ready", "Up-to-date", "Available", "Node Selector", "Age", *WORKLOAD)
REPLICAS = ("Name", "Desired", "Current", "Ready", "Age", *WORKLOAD)

COLUMNS = {
    "ControllerRevision": Columns(("Name", "Controller", "Revision", "Age"), _revision),
    "DaemonSet": Columns(DAEMONS, _daemonset),
    "Deployment": Columns(("Name", "Ready", "Up-to-date", "Available", "Age", *WORKLOAD), _deployment),
    "ReplicaSet": Columns(REPLICAS, _replicaset),
    "ReplicationController": Columns(REPLICAS, _replication_controller),
    "StatefulSet": Columns(("Name", "Ready", "Age", *WORKLOAD[:2]), _statefulset),
}  # fmt: skip
