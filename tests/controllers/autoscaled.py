"""Pods as an autoscaler finds them, and autoscalers, for tests."""

from __future__ import annotations

from typing import Any

from k8slab.controllers.horizontal_pod_autoscaler_metrics import PodMetric, PodMetrics
from k8slab.objects import rfc3339

Obj = dict[str, Any]

NOW = 1_767_300_000.0
MINUTE_S = 60.0
COOL_S, HOT_S = 10 * MINUTE_S, MINUTE_S  # how long ago a pod has started: long enough, or just now


def pods(count: int, **more: Any) -> list[Obj]:
    """Running Pods web-0, web-1 …; every value in `more` is a list with one entry a Pod, or one for all."""
    return [pod(f"web-{i}", **{name: _nth(value, i) for name, value in more.items()}) for i in range(count)]


def pod(
    name: str,
    *,
    request: str | None = "1",
    ready: str = "True",
    phase: str = "Running",
    leaving: bool = False,
    age_s: float = COOL_S,
    changed_s: float = COOL_S,
) -> Obj:
    """A Pod of one container that has started and changed its readiness so many seconds ago."""
    requests = {} if request is None else {"cpu": request, "memory": request}
    condition = {"type": "Ready", "status": ready, "lastTransitionTime": rfc3339(NOW - changed_s)}
    return {
        "metadata": {"name": name, **({"deletionTimestamp": rfc3339(NOW)} if leaving else {})},
        "spec": {"containers": [{"name": "main", "resources": {"requests": requests}}]},
        "status": {"phase": phase, "startTime": rfc3339(NOW - age_s), "conditions": [condition]},
    }


def measured(*levels: int, **more: int) -> PodMetrics:
    """These thousandths for web-0, web-1 …, measured just now."""
    named = {**{f"web-{i}": level for i, level in enumerate(levels)}, **more}
    return {name: PodMetric(level, NOW) for name, level in named.items()}


def autoscaler(name: str = "web", most: int = 10, least: int = 1, kind: str = "Deployment", **spec: Any) -> Obj:
    """An autoscaler for half of the cpu, unless told otherwise."""
    half = {"type": "Resource", "resource": {"name": "cpu", "target": utilization(50)}}
    target = {"apiVersion": "apps/v1", "kind": kind, "name": "web"}
    return {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": name, "namespace": "default"},
        "spec": {"scaleTargetRef": target, "minReplicas": least, "maxReplicas": most, "metrics": [half], **spec},
    }


def utilization(percent: int) -> Obj:
    """A target in per cent."""
    return {"type": "Utilization", "averageUtilization": percent}


def _nth(value: Any, i: int) -> Any:
    return value[i] if isinstance(value, list) else value
