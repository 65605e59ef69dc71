"""The fields of workloads that the server fills in.

Source    pkg/apis/apps/v1/defaults.go
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from k8slab.api.defaults.filling import filled, replaced
from k8slab.api.defaults.pods import default_pod_spec

__all__ = ["DEFAULTS"]

Obj = dict[str, Any]

ROLLING = {"maxUnavailable": "25%", "maxSurge": "25%"}


def _template(spec: Obj) -> Obj:
    template = filled(spec.get("template") or {}, {"metadata": {}})
    return replaced(spec, "template", replaced(template, "spec", default_pod_spec(template.get("spec") or {})))


def _replicaset(obj: Obj) -> Obj:
    return replaced(obj, "spec", _template(filled(obj.get("spec") or {}, {"replicas": 1})))


def _deployment(obj: Obj) -> Obj:
    spec = obj.get("spec") or {}
    strategy = filled(spec.get("strategy") or {}, {"type": "RollingUpdate"})
    if strategy["type"] == "RollingUpdate":
        rolling = filled(strategy.get("rollingUpdate") or {}, ROLLING)
        strategy = replaced(strategy, "rollingUpdate", rolling)
    spec = filled(spec, {"replicas": 1, "revisionHistoryLimit": 10, "progressDeadlineSeconds": 600})
    return replaced(obj, "spec", _template(replaced(spec, "strategy", strategy)))


DEFAULTS: dict[tuple[str, str], Callable[[Obj], Obj]] = {
    ("apps/v1", "Deployment"): _deployment,
    ("apps/v1", "ReplicaSet"): _replicaset,
}
