"""NodeUnschedulable: nothing new comes to a cordoned node.

Source    pkg/scheduler/framework/plugins/nodeunschedulable/node_unschedulable.go
"""

from __future__ import annotations

from typing import Any

from k8slab.objects import tolerates
from k8slab.scheduler.framework import NodeInfo, Plugin, PodInfo, Verdict

__all__ = ["NodeUnschedulable"]

CORDONED = {"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"}


class NodeUnschedulable(Plugin):
    """Looks at spec.unschedulable, which a pod may tolerate."""

    name = "NodeUnschedulable"
    static = True

    def filter(self, pod: PodInfo, prepared: Any, node: NodeInfo) -> Verdict | None:
        """A cordoned node will not do, except for pods that tolerate it."""
        if not node.node["spec"].get("unschedulable") or tolerates(pod.spec.get("tolerations") or (), CORDONED):
            return None
        return Verdict(("node(s) were unschedulable",), can_change=False)
