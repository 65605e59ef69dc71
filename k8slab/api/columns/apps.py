"""The columns of workloads.

Source    pkg/printers/internalversion/printers.go
"""

from __future__ import annotations

from typing import Any

from k8slab.api.columns.cells import NONE, Columns, age
from k8slab.objects import as_text

__all__ = ["COLUMNS"]

Obj = dict[str, Any]
Cells = list[Any]

WORKLOAD = ("*Containers", "*Images", "*Selector")


def _containers(obj: Obj) -> Cells:
    containers = obj["spec"]["template"]["spec"].get("containers") or ()
    names, images = (",".join(c[field] for c in containers) for field in ("name", "image"))
    return [names, images, as_text(obj["spec"].get("selector") or {}) or NONE]


def _deployment(obj: Obj, now: float) -> Cells:
    status = obj.get("status") or {}
    ready = f"{status.get('readyReplicas', 0)}/{obj['spec'].get('replicas', 1)}"
    counts = [status.get("updatedReplicas", 0), status.get("availableReplicas", 0)]
    return [obj["metadata"]["name"], ready, *counts, age(obj, now), *_containers(obj)]


def _replicaset(obj: Obj, now: float) -> Cells:
    status = obj.get("status") or {}
    counts = [obj["spec"].get("replicas", 1), status.get("replicas", 0), status.get("readyReplicas", 0)]
    return [obj["metadata"]["name"], *counts, age(obj, now), *_containers(obj)]


COLUMNS = {
    "Deployment": Columns(("Name", "Ready", "Up-to-date", "Available", "Age", *WORKLOAD), _deployment),
    "ReplicaSet": Columns(("Name", "Desired", "Current", "Ready", "Age", *WORKLOAD), _replicaset),
}  # fmt: skip
