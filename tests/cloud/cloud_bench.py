"""A workbench for one controller of a cloud, and Services and Nodes for it."""

from __future__ import annotations

from typing import Any

from bench import Bench, node

from k8slab.client import Client, Controller, Informers, InProcess
from k8slab.world import Cloud, World, list_prices

Obj = dict[str, Any]

UNINITIALIZED = {"key": "node.cloudprovider.kubernetes.io/uninitialized", "value": "true", "effect": "NoSchedule"}


class CloudBench(Bench):
    """A server, a cloud with the VMs n1 and n2, and the controller on both."""

    def __init__(self, controller: Any) -> None:
        super().__init__()
        self.world = World(self.loop)
        self.cloud = Cloud(self.world, "nimbus", "region-1", list_prices)
        for name, zone in (("n1", "zone-a"), ("n2", "zone-b")):
            self.cloud.adopt(self.world.create_vm(name, zone, 4000, 8 * 1024**3))
        client = Client(InProcess(self._noted, lambda: self.loop.now, controller.name))
        self.informers = Informers(client, self.loop)
        self.controller: Controller = controller(client, self.informers, self.loop, self.cloud)

    def later(self, seconds: float) -> None:
        """Let time pass without the controller."""
        self.loop._now += seconds


def new_node(name: str, **spec: Any) -> Obj:
    """A ready Node that waits for its cloud."""
    return node(name, taints=[UNINITIALIZED], **spec)


def service(name: str = "web", kind: str = "LoadBalancer", **spec: Any) -> Obj:
    """A Service with one port."""
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "namespace": "default"},
        "spec": {"type": kind, "selector": {"app": name}, "ports": [{"port": 80, "nodePort": 30080}], **spec},
    }


def balancer(kind: str = "LoadBalancer") -> Obj:
    """The Service of `service`, without the port of the nodes when its kind has none."""
    found = service(kind=kind)
    if kind == "ClusterIP":
        del found["spec"]["ports"][0]["nodePort"]
    return found
