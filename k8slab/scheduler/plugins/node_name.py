"""NodeName: a pod that names its node goes there or nowhere.

Source    pkg/scheduler/framework/plugins/nodename/node_name.go
"""

from __future__ import annotations

from typing import Any

from k8slab.scheduler.framework import ClusterEvent, NodeInfo, Plugin, PodInfo, Verdict

__all__ = ["NodeName"]

Obj = dict[str, Any]


class NodeName(Plugin):
    """Compares spec.nodeName."""

    name = "NodeName"
    static = True
    reads_spec = ("nodeName",)
    events = {"Node": ("Add",)}

    def filter(self, pod: PodInfo, prepared: Any, node: NodeInfo) -> Verdict | None:
        """Only the named node will do."""
        wanted = pod.spec.get("nodeName")
        if not wanted or wanted == node.name:
            return None
        return Verdict(("node(s) didn't match the requested node name",), can_change=False)

    def hint(self, event: ClusterEvent, pod: Obj) -> bool:
        """A node has come."""
        return event.kind == "Node" and event.has("Add")
