"""What happens in the cluster, as far as it may help a pod that fits nowhere.

Source    staging/src/k8s.io/kube-scheduler/framework/types.go (ActionType, ClusterEvent);
          pkg/scheduler/framework/events.go (NodeSchedulingPropertiesChange, PodSchedulingPropertiesChange)
Left out  events of ResourceClaims, ResourceSlices and Workloads
"""

from __future__ import annotations

from typing import Any, NamedTuple

__all__ = ["ClusterEvent"]

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
