"""The columns of what is not stored: metrics of Nodes and Pods, the audit record, and attempts of schedulers.

Source    github.com/kubernetes-sigs/metrics-server, pkg/api/table.go
"""

from __future__ import annotations

from typing import Any

from k8slab.api.columns.cells import NONE, Columns, since
from k8slab.objects import canonical_quantity, parse_quantity

__all__ = ["COLUMNS"]

Obj = dict[str, Any]
Cells = list[Any]


def _metrics(obj: Obj) -> Cells:
    parts = [part["usage"] for part in obj.get("containers") or [obj]]
    cpu, memory = (sum(parse_quantity(usage[name]) for usage in parts) for name in ("cpu", "memory"))
    window = obj["window"]
    return [obj["metadata"]["name"], canonical_quantity(cpu), canonical_quantity(memory, is_binary=True), window]


def _audit(obj: Obj) -> Cells:
    spec = obj["spec"]
    where = ".".join(text for text in (spec.get("resource"), spec.get("group")) if text)
    what = "/".join(text for text in (where, spec.get("subresource")) if text)
    place = "/".join(text for text in (spec.get("namespace"), spec.get("name")) if text)
    return [
        obj["metadata"]["name"],
        spec.get("user", ""),
        spec["verb"],
        what,
        place,
        spec["code"],
        since(spec["time"]),
    ]


def _attempt(obj: Obj) -> Cells:
    metadata, spec, status = obj["metadata"], obj["spec"], obj["status"]
    age, node = since(metadata["creationTimestamp"]), status.get("nodeName") or NONE
    message = status.get("message", "")
    return [metadata["name"], spec["podName"], status["result"], node, age, spec["schedulerName"], message]


METRICS = Columns(("Name", "cpu", "memory", "Window"), _metrics)
COLUMNS: dict[str, Columns] = {
    "AuditRecord": Columns(("Name", "User", "Verb", "Resource", "Object", "Code", "Age"), _audit),
    "NodeMetrics": METRICS,
    "PodMetrics": METRICS,
    "SchedulingAttempt": Columns(("Name", "Pod", "Result", "Node", "Age", "*Scheduler", "*Message"), _attempt),
}
