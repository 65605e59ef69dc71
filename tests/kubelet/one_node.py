"""One node with a real kubelet and a real API server; nobody else is there, so pods are bound by their manifests."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from k8slab.api import Api
from k8slab.client import Client, InProcess
from k8slab.clock import Loop
from k8slab.etcd import DictStore
from k8slab.kubelet import MANIFEST_FOLDER, Kubelet, serve
from k8slab.wire import Request, Response
from k8slab.world import World

Obj = dict[str, Any]

POD_CIDR = "10.244.1.0/24"


class OneNode:
    """`given` creates pods on node-1, `run` lets time pass, `said` and `writes` tell what the kubelet did."""

    def __init__(self, *, with_network: bool = True, static_pods: Iterable[Obj] = (), **kubelet: Any) -> None:
        self.loop = Loop(seed=1)
        self.api = Api(DictStore(self.loop), self.loop, dial=lambda _, request: serve(self.kubelet, request))
        self.world = World(self.loop)
        self.is_api_up = True
        self.writes: list[str] = []
        self.client = Client(InProcess(self.api.handle, lambda: self.loop.now, "admin", isolated=True))
        for name in ("default", "kube-system", "kube-node-lease"):
            self.client.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
        transport = InProcess(self._noted, lambda: self.loop.now, "kubelet", is_reachable=lambda: self.is_api_up)
        self.vm = self.world.create_vm("node-1")
        client = Client(transport)
        for manifest in static_pods:
            self.write_manifest(manifest)
        self.vm.install("kubelet", lambda scope: Kubelet(client, scope, self.vm, **kubelet))
        self.loop.settle()
        if with_network:
            self.give_network()

    @property
    def kubelet(self) -> Kubelet:
        """The kubelet that runs now."""
        kubelet = self.vm.running["kubelet"]
        assert isinstance(kubelet, Kubelet)
        return kubelet

    def write_manifest(self, manifest: Obj) -> None:
        """Write a static pod's manifest to the node's disk."""
        self.vm.write_file(f"{MANIFEST_FOLDER}{manifest['metadata']['name']}.yaml", json.dumps(manifest))

    def give_network(self) -> None:
        """Do what the node IPAM controller does."""
        self.client.patch("Node", "node-1", "", {"spec": {"podCIDR": POD_CIDR, "podCIDRs": [POD_CIDR]}})
        self.loop.settle()
        self.writes.clear()

    def given(self, name: str, image: str = "nginx:1.27", *, settle: bool = True, **spec: Any) -> Obj:
        """Create a pod on the node; what belongs to its one container may be said in `container`."""
        container = {"name": "main", "image": image, **spec.pop("container", {})}
        created = self.client.create(
            {
                "apiVersion": "v1",
                "kind": "Pod",
                "metadata": {"name": name, "namespace": "default"},
                "spec": {"nodeName": "node-1", "containers": [container], **spec},
            }
        )
        if settle:
            self.loop.settle()
        return created

    def pod(self, name: str) -> Obj:
        """The pod as it is."""
        return self.client.get("Pod", name, "default")

    def state(self, name: str) -> str:
        """Phase, readiness, restarts and the state of the first container, in one line."""
        status = self.pod(name)["status"]
        first = status["containerStatuses"][0]
        ((kind, detail),) = first["state"].items()
        ready = next(c["status"] for c in status["conditions"] if c["type"] == "Ready")
        return f"{status['phase']} ready={ready} restarts={first['restartCount']} {kind}:{detail.get('reason', '')}"

    def gone(self, name: str) -> bool:
        """There is no such pod."""
        return all(pod["metadata"]["name"] != name for pod in self.client.list("Pod"))

    def run(self, seconds: float) -> None:
        """Let time pass."""
        self.loop.run_until(self.loop.now + seconds)

    def said(self, about: str) -> list[str]:
        """`Reason: message` of every Event about an object, in order."""
        events = self.client.list("Event")
        return [f"{e['reason']}: {e['message']}" for e in events if e["involvedObject"]["name"] == about]

    def _noted(self, request: Request) -> Response:
        response = self.api.handle(request)
        if request.verb in ("create", "update", "patch", "delete") and request.resource not in ("events", "leases"):
            path = "/".join(part for part in (request.resource, request.name, request.subresource) if part)
            self.writes.append(f"{request.verb} {path}")
        return response
