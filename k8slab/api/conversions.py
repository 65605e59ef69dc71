"""Built-in kinds that are served in a second version: how what is stored is shown in it, and back.

What a v1 HorizontalPodAutoscaler has no field for lies in its annotations, so that nothing is lost on the way.

Source    pkg/apis/autoscaling/{annotations,helpers}.go, pkg/apis/autoscaling/v1/conversion.go;
          pkg/apis/events/v1/conversion.go
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, NamedTuple

__all__ = [
    "CONVERSIONS",
    "Conversion",
]

Obj = dict[str, Any]
Path = tuple[str, str]


class Conversion(NamedTuple):
    """The way between the version that is stored (`hub`) and another one."""

    hub: str
    served: Callable[[Obj], Obj]
    stored: Callable[[Obj], Obj]

    def through(self, change: Callable[[Obj], Obj]) -> Callable[[Obj], Obj]:
        """What `change` does to the stored form, done to the other one."""
        return lambda obj: self.served(change(self.stored(obj)))


ALPHA = "autoscaling.alpha.kubernetes.io/"
METRICS, CURRENT = ALPHA + "metrics", ALPHA + "current-metrics"
BEHAVIOR, CONDITIONS = ALPHA + "behavior", ALPHA + "conditions"
NOTES = (METRICS, CURRENT, BEHAVIOR, CONDITIONS)
SOURCES: dict[str, tuple[Path, ...]] = {  # fields in v1, and where they lie in v2; {} is target or current
    "object": (("target", "describedObject"), ("metricName", "metric.name"), ("{}Value", "{}.value"),
               ("selector", "metric.selector"), ("averageValue", "{}.averageValue")),
    "pods": (("metricName", "metric.name"), ("{}AverageValue", "{}.averageValue"), ("selector", "metric.selector")),
    "resource": (("name", "name"), ("{}AverageUtilization", "{}.averageUtilization"),
                 ("{}AverageValue", "{}.averageValue")),
    "containerResource": (("name", "name"), ("{}AverageUtilization", "{}.averageUtilization"),
                          ("{}AverageValue", "{}.averageValue"), ("container", "container")),
    "external": (("metricName", "metric.name"), ("metricSelector", "metric.selector"), ("{}Value", "{}.value"),
                 ("{}AverageValue", "{}.averageValue")),
}  # fmt: skip
TARGET_TYPES = {"averageUtilization": "Utilization", "averageValue": "AverageValue", "value": "Value"}
SPEC_FIELDS = ("scaleTargetRef", "minReplicas", "maxReplicas")
STATUS_FIELDS = ("observedGeneration", "lastScaleTime", "currentReplicas", "desiredReplicas")


def _autoscaler_served(obj: Obj) -> Obj:
    spec, status = obj.get("spec") or {}, obj.get("status") or {}
    metrics, current = spec.get("metrics") or [], status.get("currentMetrics") or []
    others = [metric for metric in metrics if _utilization(metric, "target") is None]
    notes = {
        METRICS: [_metric_served(metric, "target") for metric in others],
        CURRENT: [_metric_served(metric, "current") for metric in current],
        BEHAVIOR: spec.get("behavior"),
        CONDITIONS: status.get("conditions"),
    }
    cpu = next((use for metric in metrics if (use := _utilization(metric, "target")) is not None), None)
    now = next((use for metric in current if (use := _utilization(metric, "current")) is not None), None)
    shown_status: Obj = {"currentReplicas": 0, "desiredReplicas": 0, **_kept(status, STATUS_FIELDS)}
    return {
        **obj,
        "apiVersion": "autoscaling/v1",
        "metadata": _noted(obj["metadata"], {name: _compact(value) for name, value in notes.items() if value}),
        "spec": {**_kept(spec, SPEC_FIELDS), **({} if cpu is None else {"targetCPUUtilizationPercentage": cpu})},
        "status": {**shown_status, **({} if now is None else {"currentCPUUtilizationPercentage": now})},
    }


def _autoscaler_stored(obj: Obj) -> Obj:
    spec, status = obj.get("spec") or {}, obj.get("status") or {}
    notes = (obj["metadata"].get("annotations") or {}) if isinstance(obj["metadata"], dict) else {}
    metrics = [_metric_stored(metric, "target") for metric in _read(notes.get(METRICS), list)]
    if (cpu := spec.get("targetCPUUtilizationPercentage")) is not None:
        target = {"type": "Utilization", "averageUtilization": cpu}
        metrics.append({"type": "Resource", "resource": {"name": "cpu", "target": target}})
    current = [_metric_stored(metric, "current") for metric in _read(notes.get(CURRENT), list)]
    if not current and (now := status.get("currentCPUUtilizationPercentage")) is not None:
        current = [{"type": "Resource", "resource": {"name": "cpu", "current": {"averageUtilization": now}}}]
    parts = {"metrics": metrics, "behavior": _read(notes.get(BEHAVIOR), dict)}
    told = {"currentMetrics": current or None, "conditions": _read(notes.get(CONDITIONS), list)}
    return {
        **obj,
        "apiVersion": "autoscaling/v2",
        "metadata": _noted(obj["metadata"], {}),
        "spec": {**_kept(spec, SPEC_FIELDS), **{name: value for name, value in parts.items() if value}},
        "status": {**_kept(status, STATUS_FIELDS), **{n: v for n, v in told.items() if v or n == "currentMetrics"}},
    }


def _kept(fields: Obj, names: tuple[str, ...]) -> Obj:
    return {name: fields[name] for name in names if name in fields}


def _noted(metadata: Obj, notes: dict[str, str]) -> Obj:
    """The metadata with these notes of ours, and no others of ours."""
    before = metadata.get("annotations") or {}
    after = {**{name: text for name, text in before.items() if name not in NOTES}, **notes}
    if after == before:
        return metadata
    rest = {name: value for name, value in metadata.items() if name != "annotations"}
    return {**rest, "annotations": after} if after else rest


def _utilization(metric: Obj, side: str) -> Any:
    resource = metric.get("resource") or {}
    return (resource.get(side) or {}).get("averageUtilization") if resource.get("name") == "cpu" else None


def _metric_served(metric: Obj, side: str) -> Obj:
    shown: Obj = {"type": metric.get("type")}
    for name in SOURCES.keys() & metric.keys():
        found = {old.format(side): _at(metric[name], new.format(side)) for old, new in SOURCES[name]}
        if name == "object":
            found[f"{side}Value"] = found[f"{side}Value"] or "0"
        shown[name] = {field: value for field, value in found.items() if value is not None}
    return shown


def _metric_stored(metric: Any, side: str) -> Obj:
    metric = metric if isinstance(metric, dict) else {}
    made: Obj = {"type": metric.get("type")}
    for name in SOURCES.keys() & metric.keys():
        source: Obj = {}
        for old, new in SOURCES[name]:
            value = _at(metric[name], old.format(side))
            if value is not None and not (old == "{}Value" and value == "0"):
                _put(source, new.format(side), value)
        if side == "target":
            kind = next((word for field, word in TARGET_TYPES.items() if field in (source.get(side) or {})), "Value")
            _put(source, "target.type", kind)
        made[name] = source
    return made


def _at(value: Any, path: str) -> Any:
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _put(made: Obj, path: str, value: Any) -> None:
    outer, _, inner = path.rpartition(".")
    (made.setdefault(outer, {}) if outer else made)[inner] = value


def _compact(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _read(text: Any, wanted: type) -> Any:
    """What a note says; nothing when it says something else."""
    try:
        value = json.loads(text) if isinstance(text, str) else None
    except (ValueError, RecursionError):
        value = None
    return value if isinstance(value, wanted) else wanted()


EVENT_FIELDS = {  # in events.k8s.io/v1, where core/v1 has other names
    "regarding": "involvedObject",
    "note": "message",
    "reportingController": "reportingComponent",
    "deprecatedSource": "source",
    "deprecatedFirstTimestamp": "firstTimestamp",
    "deprecatedLastTimestamp": "lastTimestamp",
    "deprecatedCount": "count",
}
CORE_FIELDS = {core: event for event, core in EVENT_FIELDS.items()}


def _event_served(obj: Obj) -> Obj:
    renamed = {CORE_FIELDS.get(name, name): value for name, value in obj.items()}
    return {**renamed, "apiVersion": "events.k8s.io/v1", "eventTime": renamed.get("eventTime")}


def _event_stored(obj: Obj) -> Obj:
    return {**{EVENT_FIELDS.get(name, name): value for name, value in obj.items()}, "apiVersion": "v1"}


CONVERSIONS: dict[tuple[str, str], Conversion] = {
    ("autoscaling/v1", "HorizontalPodAutoscaler"): Conversion("autoscaling/v2", _autoscaler_served, _autoscaler_stored),
    ("events.k8s.io/v1", "Event"): Conversion("v1", _event_served, _event_stored),
}
