"""NodeResourcesBalancedAllocation: does the pod leave a sensible rest?

Source    pkg/scheduler/framework/plugins/noderesources/balanced_allocation.go
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from k8slab.scheduler.framework import MAX_SCORE, NodeInfo, Plugin, PodInfo
from k8slab.scheduler.plugins.resource_scores import is_plain

__all__ = ["NodeResourcesBalancedAllocation"]

DEFAULT_RESOURCES = ("cpu", "memory")


class NodeResourcesBalancedAllocation(Plugin):
    """Prefers nodes on which the pod makes the use of resources more even, or less uneven. Argument: `resources`."""

    name = "NodeResourcesBalancedAllocation"
    weight = 1
    local = True
    reads_spec = ()

    def prepare_scores(self, pod: PodInfo, prepared: Any, nodes: Sequence[NodeInfo]) -> Any:
        """What the pod asks for of the resources that matter: those given, no extended ones that it does not want."""
        asked = ((name, pod.requests.get(name, 0)) for name in self._resources())
        return [(name, more) for name, more in asked if more or is_plain(name)]

    def score(self, pod: PodInfo, prepared: Any, node: NodeInfo) -> int:
        """75 when the pod changes nothing; down to 50 or up to 100 by what it does to the balance."""
        before, after, allocatable, requested = [], [], node.allocatable, node.requested
        for name, more in prepared:
            capacity = allocatable.get(name)
            if capacity:
                used = requested.get(name, 0)
                before.append(used / capacity if used < capacity else 1.0)
                used += more
                after.append(used / capacity if used < capacity else 1.0)
        change = _balance(after) - _balance(before)
        return MAX_SCORE // 2 + (MAX_SCORE // 2 + change) // 2

    def applies(self, pod: PodInfo, prepared: Any) -> bool:
        """A pod that asks for nothing disturbs no balance."""
        return any(pod.requests.get(name) for name in self._resources())

    def _resources(self) -> Sequence[str]:
        return [one["name"] for one in self.args.get("resources") or ()] or DEFAULT_RESOURCES


def _balance(used: Sequence[float]) -> int:
    """100 minus the deviation, in percent, between the used parts of the resources."""
    if len(used) < 2:
        return MAX_SCORE
    if len(used) == 2:
        return int((1 - abs(used[0] - used[1]) / 2) * MAX_SCORE)
    mean = sum(used) / len(used)
    deviation = math.sqrt(sum((part - mean) * (part - mean) for part in used) / len(used))
    return int((1 - deviation) * MAX_SCORE)
