"""NodeResourcesFit: is there room?

Source    pkg/scheduler/framework/plugins/noderesources/fit.go
Left out  extended resources that ResourceClaims provide
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from k8slab.scheduler.framework import ClusterEvent, NodeInfo, Plugin, PodInfo, Verdict, pod_requests
from k8slab.scheduler.nodes import amount
from k8slab.scheduler.plugins.resource_scores import free_percent, strategy_of

__all__ = ["NodeResourcesFit"]

Obj = dict[str, Any]


class NodeResourcesFit(Plugin):
    """What all pods ask for together must be no more than the node has; the emptier, the better.

    Arguments: `scoringStrategy` (type, resources, requestedToCapacityRatio); `ignoredResources` and
    `ignoredResourceGroups`, the extended resources that somebody else looks after.
    """

    name = "NodeResourcesFit"
    weight = 1
    local = True
    reads_spec = ()
    events = {"Node": ("Add", "UpdateNodeAllocatable"), "Pod": ("Delete", "UpdatePodScaleDown")}

    def filter(self, pod: PodInfo, prepared: Any, node: NodeInfo) -> Verdict | None:
        """Every resource that is too scarce is named."""
        reasons = []
        can_change = True
        if len(node.pods) + 1 > node.allocatable.get("pods", 0):
            reasons.append("Too many pods")
        for name, wanted in pod.requests.items():
            if not wanted or (self.args and self._ignores(name)):
                continue
            capacity = node.allocatable.get(name, 0)
            if wanted > capacity - node.requested.get(name, 0):
                reasons.append(f"Insufficient {name}")
                can_change = can_change and wanted <= capacity
        return Verdict(tuple(reasons), can_change) if reasons else None

    def _ignores(self, resource: str) -> bool:
        if "/" not in resource:
            return False
        groups = self.args.get("ignoredResourceGroups") or ()
        return resource in (self.args.get("ignoredResources") or ()) or resource.partition("/")[0] in groups

    def prepare_scores(self, pod: PodInfo, prepared: Any, nodes: Sequence[NodeInfo]) -> Any:
        """The strategy, None for the default one."""
        return strategy_of(self.args) if self.args.get("scoringStrategy") else None

    def score(self, pod: PodInfo, prepared: Any, node: NodeInfo) -> int:
        """By default LeastAllocated: the free part of cpu and of memory, in percent, averaged."""
        if prepared is not None:
            score: int = prepared.score(pod, node)
            return score
        cpu_m, size_bytes = node.allocatable.get("cpu", 0), node.allocatable.get("memory", 0)
        known = [free_percent(node.scored_cpu + pod.scored[0], cpu_m)] if cpu_m else []
        if size_bytes:
            known.append(free_percent(node.scored_memory + pod.scored[1], size_bytes))
        return sum(known) // len(known) if known else 0

    def hint(self, event: ClusterEvent, pod: Obj) -> bool:
        """A pod is gone or asks for less, or a node has come, or has grown, that would be large enough if empty."""
        if event.kind == "Pod" and event.has("Delete"):
            return True
        wants = {name: value for name, value in pod_requests(pod["spec"]).items() if value}
        if event.kind == "Pod":
            return event.has("UpdatePodScaleDown") and _frees(event, wants, pod)
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
