"""The fields of HorizontalPodAutoscalers that the server fills in.

Source    pkg/apis/autoscaling/v2/defaults.go
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from k8slab.api.defaults.filling import filled, replaced

__all__ = ["DEFAULTS"]

Obj = dict[str, Any]

CPU_METRIC = {
    "type": "Resource",
    "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 80}},
}
DOUBLE = {"type": "Percent", "value": 100, "periodSeconds": 15}
FOUR_MORE = {"type": "Pods", "value": 4, "periodSeconds": 15}
SCALE_UP = {"stabilizationWindowSeconds": 0, "selectPolicy": "Max", "policies": [FOUR_MORE, DOUBLE]}
SCALE_DOWN = {"selectPolicy": "Max", "policies": [DOUBLE]}


def _autoscaler(obj: Obj) -> Obj:
    spec = filled(obj.get("spec") or {}, {"minReplicas": 1})
    if not spec.get("metrics"):
        spec = {**spec, "metrics": [CPU_METRIC]}
    behavior = spec.get("behavior")
    if behavior is not None:
        behavior = replaced(behavior, "scaleUp", filled(behavior.get("scaleUp") or {}, SCALE_UP))
        behavior = replaced(behavior, "scaleDown", filled(behavior.get("scaleDown") or {}, SCALE_DOWN))
        spec = replaced(spec, "behavior", behavior)
    return replaced(obj, "spec", spec)


DEFAULTS: dict[tuple[str, str], Callable[[Obj], Obj]] = {
    ("autoscaling/v2", "HorizontalPodAutoscaler"): _autoscaler,
}
