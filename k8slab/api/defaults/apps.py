"""The fields of workloads that the server fills in.

Source    pkg/apis/apps/v1/defaults.go, conversion.go; pkg/apis/core/v1/defaults.go (SetDefaults_ReplicationController)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from k8slab.api.defaults.filling import each, filled, replaced
from k8slab.api.defaults.pods import default_pod_spec

__all__ = ["DEFAULTS"]

Obj = dict[str, Any]

ROLLING = {"maxUnavailable": "25%", "maxSurge": "25%"}
ROLLING_DAEMONS = {"maxUnavailable": 1, "maxSurge": 0}
ROLLING_IN_ORDER = {"partition": 0, "maxUnavailable": 1}
KEEP_CLAIMS = {"whenDeleted": "Retain", "whenScaled": "Retain"}
CLAIM = {"apiVersion": "v1", "kind": "PersistentVolumeClaim"}


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


def _statefulset(obj: Obj) -> Obj:
    spec = obj.get("spec") or {}
    strategy = spec.get("updateStrategy") or {}
    if not strategy.get("type"):
        strategy = filled(strategy, {"type": "RollingUpdate", "rollingUpdate": {}})
    if strategy["type"] == "RollingUpdate" and strategy.get("rollingUpdate") is not None:
        strategy = replaced(strategy, "rollingUpdate", filled(strategy["rollingUpdate"], ROLLING_IN_ORDER))
    spec = filled(spec, {"podManagementPolicy": "OrderedReady", "replicas": 1, "revisionHistoryLimit": 10})
    retention = filled(spec.get("persistentVolumeClaimRetentionPolicy") or {}, KEEP_CLAIMS)
    spec = replaced(replaced(spec, "updateStrategy", strategy), "persistentVolumeClaimRetentionPolicy", retention)
    if spec.get("volumeClaimTemplates"):
        spec = replaced(spec, "volumeClaimTemplates", each(spec["volumeClaimTemplates"], _claim_template))
    return replaced(obj, "spec", _template(spec))


def _claim_template(claim: Obj) -> Obj:
    """A claim in a StatefulSet says what it is, as if it stood alone."""
    claim = replaced(claim, "spec", filled(claim.get("spec") or {}, {"volumeMode": "Filesystem"}))
    status = filled(claim.get("status") or {}, {"phase": "Pending"})
    return replaced(filled(claim, CLAIM), "status", status)


def _daemonset(obj: Obj) -> Obj:
    spec = filled(obj.get("spec") or {}, {"revisionHistoryLimit": 10})
    strategy = filled(spec.get("updateStrategy") or {}, {"type": "RollingUpdate"})
    if strategy["type"] == "RollingUpdate":
        rolling = filled(strategy.get("rollingUpdate") or {}, ROLLING_DAEMONS)
        strategy = replaced(strategy, "rollingUpdate", rolling)
    return replaced(obj, "spec", _template(replaced(spec, "updateStrategy", strategy)))


def _replication_controller(obj: Obj) -> Obj:
    """The template's labels are also the selector, and the labels of the controller itself."""
    spec = obj.get("spec") or {}
    labels = ((spec.get("template") or {}).get("metadata") or {}).get("labels")
    if labels and not spec.get("selector"):
        spec = {**spec, "selector": labels}
    if labels and not obj["metadata"].get("labels"):
        obj = {**obj, "metadata": {**obj["metadata"], "labels": labels}}
    spec = filled(spec, {"replicas": 1})
    return replaced(obj, "spec", _template(spec) if spec.get("template") is not None else spec)


DEFAULTS: dict[tuple[str, str], Callable[[Obj], Obj]] = {
    ("apps/v1", "DaemonSet"): _daemonset,
    ("apps/v1", "Deployment"): _deployment,
    ("apps/v1", "ReplicaSet"): _replicaset,
    ("apps/v1", "StatefulSet"): _statefulset,
    ("v1", "ReplicationController"): _replication_controller,
}
