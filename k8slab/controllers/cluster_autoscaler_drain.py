"""Which nodes a cluster could do without: little used, and with nothing on them that must stay.

Source    github.com/kubernetes/autoscaler, cluster-autoscaler/simulator/{drain,drainability/rules}, .../utilization
Left out  DaemonSets and mirror pods count as use; per-node-group options; GPUs
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from k8slab.objects import budgets_of, controller_of, parse_quantity, pod_resources

__all__ = [
    "blocker_of",
    "is_bound_to_its_node",
    "movable",
    "utilization",
]

Obj = dict[str, Any]

SAFE = "cluster-autoscaler.kubernetes.io/safe-to-evict"
NO_SCALE_DOWN = "cluster-autoscaler.kubernetes.io/scale-down-disabled"
MIRROR = "kubernetes.io/config.mirror"
LOCAL = ("emptyDir", "hostPath")


def utilization(node: Obj, pods: Iterable[Obj]) -> float:
    """The larger of the shares of cpu and memory that the pods on a node request."""
    there = (node.get("status") or {}).get("allocatable") or {}
    requests = [pod_resources(pod["spec"], "requests") for pod in pods]
    shares = [0.0]
    for name in ("cpu", "memory"):
        if total := parse_quantity(there.get(name, 0)):
            shares.append(float(sum(parse_quantity(one.get(name, 0)) for one in requests) / total))
    return max(shares)


def is_bound_to_its_node(pod: Obj) -> bool:
    """The pod goes with its node, and nobody need move it: a mirror, or one of a DaemonSet."""
    owner = controller_of(pod)
    return MIRROR in _notes(pod) or (owner is not None and owner["kind"] == "DaemonSet")


def movable(pods: Iterable[Obj]) -> list[Obj]:
    """The pods that would have to go elsewhere."""
    return [pod for pod in pods if not is_bound_to_its_node(pod)]


def blocker_of(node: Obj, pods: Iterable[Obj], budgets: Mapping[str, list[Obj]]) -> str:
    """Why a node must stay; "" when nothing is in the way. `budgets` are the PodDisruptionBudgets by namespace."""
    if _notes(node).get(NO_SCALE_DOWN) == "true":
        return "ScaleDownDisabledAnnotation"
    for pod in movable(pods):
        if problem := _problem(pod, budgets_of(pod, budgets.get(pod["metadata"]["namespace"], []))):
            return problem
    return ""


def _problem(pod: Obj, budgets: list[Obj]) -> str:
    if any((budget.get("status") or {}).get("disruptionsAllowed", 0) < 1 for budget in budgets):
        return "NotEnoughPdb"
    safe = _notes(pod).get(SAFE)
    if safe == "true":
        return ""
    if safe == "false":
        return "NotSafeToEvictAnnotation"
    if controller_of(pod) is None:
        return "NotReplicated"
    if pod["metadata"]["namespace"] == "kube-system" and not budgets:
        return "UnmovableKubeSystemPod"
    is_local = any(kind in volume for volume in pod["spec"].get("volumes") or () for kind in LOCAL)
    return "LocalStorageRequested" if is_local else ""


def _notes(obj: Obj) -> Mapping[str, str]:
    return obj["metadata"].get("annotations") or {}
