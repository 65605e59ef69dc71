"""NodeResourcesFit and NodeResourcesBalancedAllocation: is there room, and does it leave a sensible rest?

Source    pkg/scheduler/framework/plugins/noderesources/{fit,least_allocated,balanced_allocation}.go
Left out  MostAllocated and RequestedToCapacityRatio; extended resources in scores
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from k8slab.scheduler.framework import MAX_SCORE, ClusterEvent, NodeInfo, Plugin, PodInfo, Verdict, pod_requests
from k8slab.scheduler.nodes import amount

__all__ = ["NodeResourcesBalancedAllocation", "NodeResourcesFit"]

Obj = dict[str, Any]


class NodeResourcesFit(Plugin):
    """What all pods ask for together must be no more than the node has; the emptier, the better."""

    name = "NodeResourcesFit"
    weight = 1

    def filter(self, pod: PodInfo, prepared: Any, node: NodeInfo) -> Verdict | None:
        """Every resource that is too scarce is named."""
        reasons = []
        can_change = True
        if len(node.pods) + 1 > node.allocatable.get("pods", 0):
            reasons.append("Too many pods")
        for name, wanted in pod.requests.items():
            if not wanted:
                continue
            capacity = node.allocatable.get(name, 0)
            if wanted > capacity - node.requested.get(name, 0):
                reasons.append(f"Insufficient {name}")
                can_change = can_change and wanted <= capacity
        return Verdict(tuple(reasons), can_change) if reasons else None

    def score(self, pod: PodInfo, prepared: Any, node: NodeInfo) -> int:
        """LeastAllocated: the free part of cpu and of memory, in percent, averaged."""
        scores = [
            _free_percent(node.scored_cpu + pod.scored[0], node.allocatable.get("cpu", 0)),
            _free_percent(node.scored_memory + pod.scored[1], node.allocatable.get("memory", 0)),
        ]
        known = [score for score in scores if score is not None]
        return sum(known) // len(known) if known else 0

    def hint(self, event: ClusterEvent, pod: Obj) -> bool:
        """A pod is gone or asks for less, or a node has come, or has grown, that would be large enough if empty."""
        wants = {name: value for name, value in pod_requests(pod["spec"]).items() if value}
        if event.kind == "Pod":
            return event.has("Delete") or (event.has("UpdatePodScaleDown") and _frees(event, wants, pod))
        if event.kind != "Node" or event.new is None or not event.has("Add", "UpdateNodeAllocatable"):
            return False
        before, after = (_allocatable(node) for node in (event.old or {}, event.new))
        if not after.get("pods") or any(value > after.get(name, 0) for name, value in wants.items()):
            return False
        return event.old is None or any(after.get(name, 0) > before.get(name, 0) for name in (*wants, "pods"))


def _frees(event: ClusterEvent, wants: Mapping[str, int], pod: Obj) -> bool:
    old, new = event.old or {}, event.new or {}
    if event.is_about(pod):
        return True
    before, after = pod_requests(old["spec"]), pod_requests(new["spec"])
    return bool(new["spec"].get("nodeName")) and any(after.get(name, 0) < before.get(name, 0) for name in wants)


def _allocatable(node: Obj) -> dict[str, int]:
    given = (node.get("status") or {}).get("allocatable") or {}
    return {name: amount(name, value) for name, value in given.items()}


def _free_percent(requested: int, capacity: int) -> int | None:
    if not capacity:
        return None
    return 0 if requested > capacity else (capacity - requested) * MAX_SCORE // capacity


class NodeResourcesBalancedAllocation(Plugin):
    """Prefers nodes on which the pod makes the use of cpu and memory more even, or less uneven."""

    name = "NodeResourcesBalancedAllocation"
    weight = 1

    def score(self, pod: PodInfo, prepared: Any, node: NodeInfo) -> int:
        """75 when the pod changes nothing; down to 50 or up to 100 by what it does to the balance."""
        cpu_m, memory_bytes = node.requested.get("cpu", 0), node.requested.get("memory", 0)
        more_m, more_bytes = pod.requests.get("cpu", 0), pod.requests.get("memory", 0)
        change = _balance(cpu_m + more_m, memory_bytes + more_bytes, node) - _balance(cpu_m, memory_bytes, node)
        return MAX_SCORE // 2 + (MAX_SCORE // 2 + change) // 2

    def applies(self, pod: PodInfo, prepared: Any) -> bool:
        """A pod that asks for nothing disturbs no balance."""
        return bool(pod.requests.get("cpu") or pod.requests.get("memory"))


def _balance(cpu_m: int, memory_bytes: int, node: NodeInfo) -> int:
    """100 minus the deviation, in percent, between the used parts of cpu and of memory."""
    all_cpu_m, all_bytes = node.allocatable.get("cpu", 0), node.allocatable.get("memory", 0)
    if not all_cpu_m or not all_bytes:
        return MAX_SCORE
    deviation = abs(min(cpu_m / all_cpu_m, 1.0) - min(memory_bytes / all_bytes, 1.0)) / 2
    return int((1 - deviation) * MAX_SCORE)
