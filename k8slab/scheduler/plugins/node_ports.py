"""NodePorts: two pods cannot have the same port of one node.

Source    pkg/scheduler/framework/plugins/nodeports/node_ports.go
"""

from __future__ import annotations

from typing import Any

from k8slab.scheduler.framework import NodeInfo, Plugin, PodInfo, Verdict

__all__ = ["NodePorts"]

ANY = "0.0.0.0"


class NodePorts(Plugin):
    """Compares the host ports of the pod with those in use."""

    name = "NodePorts"

    def filter(self, pod: PodInfo, prepared: Any, node: NodeInfo) -> Verdict | None:
        """A port that is taken on the same address refuses."""
        for address, protocol, port in pod.ports:
            for (other, other_protocol, other_port), count in node.used_ports.items():
                same_address = address == other or ANY in (address, other)
                if count and same_address and (protocol, port) == (other_protocol, other_port):
                    return Verdict(("node(s) didn't have free ports for the requested pod ports",))
        return None
