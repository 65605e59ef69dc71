"""NodePorts: two pods cannot have the same port of one node.

Source    pkg/scheduler/framework/plugins/nodeports/node_ports.go
"""

from __future__ import annotations

from typing import Any

from k8slab.scheduler.framework import ClusterEvent, NodeInfo, Plugin, PodInfo, Verdict, host_ports

__all__ = ["NodePorts"]

ANY = "0.0.0.0"

Obj = dict[str, Any]
Port = tuple[str, str, int]


class NodePorts(Plugin):
    """Compares the host ports of the pod with those in use."""

    name = "NodePorts"
    local = True
    reads_spec = ()
    events = {"Node": ("Add",), "Pod": ("Delete",)}

    def filter(self, pod: PodInfo, prepared: Any, node: NodeInfo) -> Verdict | None:
        """A port that is taken on the same address refuses."""
        if not pod.ports:
            return None
        taken = [port for port, count in node.used_ports.items() if count]
        if not any(_clash(wanted, port) for wanted in pod.ports for port in taken):
            return None
        return Verdict(("node(s) didn't have free ports for the requested pod ports",))

    def hint(self, event: ClusterEvent, pod: Obj) -> bool:
        """A node has come, or a pod is gone that had one of the ports."""
        if event.kind == "Node":
            return event.has("Add")
        if event.kind != "Pod" or event.old is None or not event.has("Delete"):
            return False
        freed = host_ports(event.old["spec"])
        return any(_clash(wanted, port) for wanted in host_ports(pod["spec"]) for port in freed)


def _clash(one: Port, other: Port) -> bool:
    """Two pods cannot have both: the same port of one protocol on the same address, or on all."""
    return one[1:] == other[1:] and (one[0] == other[0] or ANY in (one[0], other[0]))
