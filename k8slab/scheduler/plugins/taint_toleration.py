"""TaintToleration: a pod stays away from taints it does not bear, and prefers nodes with few of the soft kind.

Source    pkg/scheduler/framework/plugins/tainttoleration/taint_toleration.go
Left out  the operators Lt and Gt (TaintTolerationComparisonOperators, off by default in v1.37)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from k8slab.objects import tolerates
from k8slab.scheduler.framework import ClusterEvent, NodeInfo, Plugin, PodInfo, Verdict, normalised

__all__ = ["TaintToleration"]

Obj = dict[str, Any]

HARD = ("NoSchedule", "NoExecute")
SOFT = "PreferNoSchedule"


class TaintToleration(Plugin):
    """Filters by NoSchedule and NoExecute, scores by PreferNoSchedule."""

    name = "TaintToleration"
    weight = 3
    static = True
    reads_spec = ("tolerations",)
    events = {"Node": ("Add", "UpdateNodeTaint"), "Pod": ("UpdatePodToleration",)}

    def filter(self, pod: PodInfo, prepared: Any, node: NodeInfo) -> Verdict | None:
        """One hard taint that the pod does not bear refuses it. Which one is not said, since v1.35."""
        if _bears(pod.spec, node.taints):
            return None
        return Verdict(("node(s) had untolerated taint(s)",), can_change=False)

    def score(self, pod: PodInfo, prepared: Any, node: NodeInfo) -> int:
        """How many soft taints the pod does not bear (fewer is better)."""
        taints = node.taints
        if not taints:
            return 0
        tolerations = pod.spec.get("tolerations") or ()
        return sum(taint["effect"] == SOFT and not tolerates(tolerations, taint) for taint in taints)

    def normalise(self, scores: list[int]) -> list[int]:
        """Turn the counts round: none is 100."""
        return normalised(scores, reverse=True)

    def hint(self, event: ClusterEvent, pod: Obj) -> bool:
        """A node has lost the taints that the pod does not bear, or has come without; or the pod bears more now."""
        if event.is_about(pod):
            return event.has("UpdatePodToleration")
        if event.kind != "Node" or event.new is None:
            return False
        bore = event.old is not None and _bears(pod["spec"], event.old["spec"].get("taints") or ())
        return not bore and _bears(pod["spec"], event.new["spec"].get("taints") or ())


def _bears(spec: Obj, taints: Sequence[Obj]) -> bool:
    """The pod tolerates every hard taint."""
    tolerations = spec.get("tolerations") or ()
    return all(taint["effect"] not in HARD or tolerates(tolerations, taint) for taint in taints)
