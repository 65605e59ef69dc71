"""What happens in the cluster, as far as it may help a pod that fits nowhere.

Source    staging/src/k8s.io/kube-scheduler/framework/types.go (ActionType, ClusterEvent);
          pkg/scheduler/framework/events.go (NodeSchedulingPropertiesChange, PodSchedulingPropertiesChange)
Left out  events of ResourceClaims, ResourceSlices and Workloads
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from k8slab.scheduler.nodes import pod_requests

__all__ = [
    "ClusterEvent",
    "change_of",
    "node_change",
    "pod_change",
]

Obj = dict[str, Any]


class ClusterEvent(NamedTuple):
    """A change of one object. `actions` are upstream's: Add, Delete, Update and, of Nodes and Pods, its finer kinds.

    Of Nodes: UpdateNodeAllocatable, UpdateNodeLabel, UpdateNodeTaint (spec.unschedulable too), UpdateNodeCondition,
    UpdateNodeAnnotation. Of Pods: UpdatePodLabel, UpdatePodScaleDown, UpdatePodToleration,
    UpdatePodSchedulingGatesEliminated. A Pod that ends, or was decided for in vain, is Delete; one that gets its node
    is Add. A change of the waiting pod itself comes as Update of it (`new` has its uid).
    """

    kind: str
    actions: frozenset[str]
    old: Obj | None
    new: Obj | None

    def has(self, *actions: str) -> bool:
        """One of these actions is among what happened."""
        return not self.actions.isdisjoint(actions)

    def is_about(self, pod: Obj) -> bool:
        """It is the waiting pod itself that has changed."""
        return self.kind == "Pod" and (self.new or {}).get("metadata", {}).get("uid") == pod["metadata"]["uid"]


def change_of(kind: str, old: Obj | None, new: Obj | None) -> ClusterEvent:
    """The event of any other kind than Pod and Node."""
    action = "Add" if old is None else "Delete" if new is None else "Update"
    return ClusterEvent(kind, frozenset((action,)), old, new)


def node_change(old: Obj | None, new: Obj | None) -> ClusterEvent | None:
    """The event of a Node, None when nothing has changed that a scheduler looks at (a heartbeat)."""
    if old is None or new is None:
        return change_of("Node", old, new)
    actions = [action for action, of in NODE_PARTS.items() if of(old) != of(new)]
    return ClusterEvent("Node", frozenset((*actions, "Update")), old, new) if actions else None


def pod_change(old: Obj, new: Obj) -> ClusterEvent | None:
    """The event of a Pod that has changed, with or without a node, None when it is nothing that could help."""
    actions = [action for action, of in POD_PARTS.items() if of(old) != of(new)]
    if old["spec"].get("containers") != new["spec"].get("containers") and _asks_for_less(old, new):
        actions.append("UpdatePodScaleDown")
    if old["spec"].get("schedulingGates") and not new["spec"].get("schedulingGates"):
        actions.append("UpdatePodSchedulingGatesEliminated")
    return ClusterEvent("Pod", frozenset((*actions, "Update")), old, new) if actions else None


def _asks_for_less(old: Obj, new: Obj) -> bool:
    before, after = pod_requests(old["spec"]), pod_requests(new["spec"])
    return any(after.get(name, 0) < value for name, value in before.items())


def _conditions(node: Obj) -> Any:
    return [(one["type"], one["status"]) for one in (node.get("status") or {}).get("conditions") or ()]


NODE_PARTS: dict[str, Callable[[Obj], Any]] = {
    "UpdateNodeAllocatable": lambda node: (node.get("status") or {}).get("allocatable"),
    "UpdateNodeLabel": lambda node: node["metadata"].get("labels"),
    "UpdateNodeTaint": lambda node: (node["spec"].get("taints"), node["spec"].get("unschedulable")),
    "UpdateNodeCondition": _conditions,
    "UpdateNodeAnnotation": lambda node: node["metadata"].get("annotations"),
}
POD_PARTS: dict[str, Callable[[Obj], Any]] = {
    "UpdatePodLabel": lambda pod: pod["metadata"].get("labels"),
    "UpdatePodToleration": lambda pod: pod["spec"].get("tolerations"),
}
