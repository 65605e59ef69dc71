"""The columns of HorizontalPodAutoscalers and Scales.

Source    pkg/printers/internalversion/printers.go (printHorizontalPodAutoscaler, formatHPAMetrics, printScale)
"""

from __future__ import annotations

from typing import Any

from k8slab.api.columns.cells import NONE, Columns, age

__all__ = ["COLUMNS"]

Obj = dict[str, Any]
Cells = list[Any]

UNKNOWN, UNSET = "<unknown>", "<unset>"
MOST_METRICS = 2
SOURCE_OF = {"ContainerResource": "containerResource"}


def _autoscaler(obj: Obj) -> Cells:
    spec, status = obj["spec"], obj.get("status") or {}
    target = spec["scaleTargetRef"]
    return [
        obj["metadata"]["name"],
        f"{target['kind']}/{target['name']}",
        _targets(spec.get("metrics") or [], status.get("currentMetrics") or []),
        str(spec.get("minReplicas", UNSET)),
        spec.get("maxReplicas", 0),
        status.get("currentReplicas", 0),
        age(obj),
    ]


def _scale(obj: Obj) -> Cells:
    wanted, there = (obj[part].get("replicas", 0) for part in ("spec", "status"))
    return [obj["metadata"]["name"], wanted, there, age(obj)]


def _targets(metrics: list[Obj], currents: list[Obj]) -> str:
    if not metrics:
        return NONE
    shown = [_metric(metric, currents[i] if i < len(currents) else {}) for i, metric in enumerate(metrics)]
    more = len(shown) - MOST_METRICS
    return ", ".join(shown[:MOST_METRICS]) + (f" + {more} more..." if more > 0 else "")


def _metric(metric: Obj, current: Obj) -> str:
    kind = metric["type"]
    name = SOURCE_OF.get(kind, kind.lower())
    source, now = metric[name], (current.get(name) or {}).get("current") or {}
    target = source["target"]
    if kind in ("Resource", "ContainerResource"):
        if target.get("averageValue") is not None:
            return f"{source['name']}: {now.get('averageValue', UNKNOWN)}/{target['averageValue']}"
        used, wanted = now.get("averageUtilization"), target.get("averageUtilization")
        return f"{source['name']}: {UNKNOWN if used is None else f'{used}%'}/{wanted}%"
    if kind == "Pods":
        return f"{now.get('averageValue', UNKNOWN)}/{target['averageValue']}"
    if target.get("averageValue") is not None:
        return f"{now.get('averageValue', UNKNOWN)}/{target['averageValue']} (avg)"
    return f"{now.get('value', UNKNOWN)}/{target['value']}"


COLUMNS: dict[str, Columns] = {
    "HorizontalPodAutoscaler": Columns(
        ("Name", "Reference", "Targets", "MinPods", "MaxPods", "Replicas", "Age"), _autoscaler
    ),
    "Scale": Columns(("Name", "Desired", "Available", "Age"), _scale),
}
