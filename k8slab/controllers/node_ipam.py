"""Give every Node its own range of Pod addresses.

Watches   Nodes.
Compares  the ranges in use with the cluster's range, 10.244.0.0/16.
Writes    spec.podCIDR and spec.podCIDRs of a Node that has none.
Source    pkg/controller/nodeipam/ipam/range_allocator.go
Left out  IPv6 and dual stack
"""

from __future__ import annotations

from k8slab.client import After, Client, Controller, Informers, own_key
from k8slab.clock import Scheduling
from k8slab.objects import Key

__all__ = [
    "NodeIpamController",
]

RANGES = tuple(f"10.244.{i}.0/24" for i in range(256)) + tuple(
    f"10.{245 + i // 256}.{i % 256}.0/24" for i in range(2560)
)
RETRY_S = 30.0


class NodeIpamController(Controller):
    """First come, first served, lowest range first."""

    name = "node-ipam-controller"
    watches = {"Node": own_key}

    def __init__(self, client: Client, informers: Informers, loop: Scheduling) -> None:
        super().__init__(client, informers, loop)
        self.nodes = self.informer("Node")

    def reconcile(self, key: Key) -> After | None:
        """Write the lowest free range into a Node without one."""
        node = self.nodes.get(key)
        if node is None or node["spec"].get("podCIDR"):
            return None
        taken = {other["spec"].get("podCIDR") for other in self.nodes.list()}
        free = next((cidr for cidr in RANGES if cidr not in taken), None)
        if free is None:
            text = f"Node {key.name} status is now: CIDRNotAvailable"
            self.recorder.event(node, "Normal", "CIDRNotAvailable", text)
            return After(RETRY_S, background=True)
        patch = {"spec": {"podCIDR": free, "podCIDRs": [free]}}
        self.client.patch("Node", key.name, "", patch, type="strategic")
        return None
