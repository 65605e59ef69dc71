"""How full a node is good: the strategies of NodeResourcesFit, each for one resource, and what they make of several.

Source    pkg/scheduler/framework/plugins/noderesources/{least_allocated,most_allocated,requested_to_capacity_ratio,
          resource_allocation}.go; plugins/helper/shape_score.go; pkg/scheduler/apis/config/v1/defaults.go
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from k8slab.scheduler.framework import MAX_SCORE, NodeInfo, PodInfo

__all__ = [
    "MOST_IN_SHAPE",
    "Strategy",
    "broken_line",
    "free_percent",
    "is_plain",
    "strategy_of",
]

Line = Callable[[int], int]

PLAIN = ("cpu", "memory", "ephemeral-storage")  # every node has these; what else there is counts where it is asked for
DEFAULT_RESOURCES = (("cpu", 1), ("memory", 1))
MOST_IN_SHAPE = 10  # scores in a shape go from 0 to 10


def is_plain(resource: str) -> bool:
    """The resource is none of the extended ones, and no huge pages."""
    return resource in PLAIN


class Strategy(NamedTuple):
    """Resources with weights, and what a node gets for one of them: from what is asked for then, and its capacity."""

    resources: Sequence[tuple[str, int]]
    one: Callable[[int, int], int]
    is_ratio: bool = False

    def score(self, pod: PodInfo, node: NodeInfo) -> int:
        """The weighted mean; a resource that the node has none of, or that is extended and not asked for, is left out.

        RequestedToCapacityRatio leaves out what scores 0, too, and rounds.
        """
        total = weights = 0
        for resource, weight in self.resources:
            capacity = node.allocatable.get(resource, 0)
            if not capacity or not (is_plain(resource) or pod.requests.get(resource)):
                continue
            score = self.one(_asked(pod, node, resource), capacity)
            if score or not self.is_ratio:
                total += score * weight
                weights += weight
        if not weights:
            return 0
        return int(total / weights + 0.5) if self.is_ratio else total // weights


def _asked(pod: PodInfo, node: NodeInfo, resource: str) -> int:
    """What all pods and this one ask for; of cpu and memory, what is assumed of containers that do not say."""
    if resource == "cpu":
        return node.scored_cpu + pod.scored[0]
    if resource == "memory":
        return node.scored_memory + pod.scored[1]
    return node.requested.get(resource, 0) + pod.requests.get(resource, 0)


def free_percent(requested: int, capacity: int) -> int:
    """LeastAllocated: what stays free, in percent."""
    return 0 if requested > capacity else (capacity - requested) * MAX_SCORE // capacity


def _used_percent(requested: int, capacity: int) -> int:
    """MostAllocated: what is in use, in percent."""
    return min(requested, capacity) * MAX_SCORE // capacity


def broken_line(points: Iterable[tuple[int, int]]) -> Line:
    """Straight from point to point (utilization in percent, score), level before the first and after the last."""
    shape = list(points)

    def line(at: int) -> int:
        if at <= shape[0][0]:
            return shape[0][1]
        for (x, y), (next_x, next_y) in pairwise(shape):
            if at <= next_x:
                return y + int((next_y - y) * (at - x) / (next_x - x))
        return shape[-1][1]

    return line


def strategy_of(args: Mapping[str, Any]) -> Strategy:
    """The strategy that the plugin's arguments ask for (`scoringStrategy`), LeastAllocated if none."""
    given = args.get("scoringStrategy") or {}
    kind = given.get("type", "LeastAllocated")
    resources = [(one["name"], one.get("weight") or 1) for one in given.get("resources") or ()] or DEFAULT_RESOURCES
    if kind == "LeastAllocated":
        return Strategy(resources, free_percent)
    if kind == "MostAllocated":
        return Strategy(resources, _used_percent)
    if kind != "RequestedToCapacityRatio":
        raise ValueError(f"scoringStrategy.type: Unsupported value: {kind!r}")
    shape = (given.get("requestedToCapacityRatio") or {}).get("shape") or ()
    if not shape:
        raise ValueError("scoringStrategy.requestedToCapacityRatio.shape: Required value: at least one point")
    line = broken_line((point["utilization"], point["score"] * MAX_SCORE // MOST_IN_SHAPE) for point in shape)
    return Strategy(resources, lambda asked, capacity: line(_used_percent(asked, capacity)), is_ratio=True)
