"""NodeUnschedulable: nothing new comes to a cordoned node.

Source    pkg/scheduler/framework/plugins/nodeunschedulable/node_unschedulable.go
"""

from __future__ import annotations

from typing import Any

from k8slab.objects import tolerates
from k8slab.scheduler.framework import ClusterEvent, NodeInfo, Plugin, PodInfo, Verdict

__all__ = ["NodeUnschedulable"]

Obj = dict[str, Any]

CORDONED = {"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"}


class NodeUnschedulable(Plugin):
    """Looks at spec.unschedulable, which a pod may tolerate."""

    name = "NodeUnschedulable"
    static = True
    reads_spec = ("tolerations",)
    events = {"Node": ("Add", "UpdateNodeTaint"), "Pod": ("UpdatePodToleration",)}

    def filter(self, pod: PodInfo, prepared: Any, node: NodeInfo) -> Verdict | None:
        """A cordoned node will not do, except for pods that tolerate it."""
        if not node.node["spec"].get("unschedulable") or tolerates(pod.spec.get("tolerations") or (), CORDONED):
            return None
        return Verdict(("node(s) were unschedulable",), can_change=False)

    def hint(self, event: ClusterEvent, pod: Obj) -> bool:
        """A node is open that was not, or not there; or the pod bears it now."""
        if event.is_about(pod):
            return event.has("UpdatePodToleration") and tolerates((event.new or {})["spec"]["tolerations"], CORDONED)
        if event.kind != "Node" or event.new is None:
            return False
        was_open = event.old is not None and not event.old["spec"].get("unschedulable")
        return not was_open and not event.new["spec"].get("unschedulable")
