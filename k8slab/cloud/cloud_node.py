"""Tell every new Node what its cloud knows of it, and take the taint away that keeps pods off until then.

Watches   Nodes.
Compares  a Node that is tainted as not initialized with its VM in the cloud; every five minutes the addresses of all.
Writes    spec.providerID, the labels of instance type, zone and region, the taint; addresses; Events (Synced).
Source    staging/src/k8s.io/cloud-provider/controllers/node/node_controller.go (syncNode, UpdateNodeStatus)
Left out  addresses outside the cloud, further labels of a provider, an address that the kubelet was given
"""

from __future__ import annotations

from typing import Any

from k8slab.client import After, Again, Client, Controller, Informers, own_key
from k8slab.clock import Scheduling
from k8slab.cloud.taints import UNINITIALIZED, is_initialized
from k8slab.objects import Key
from k8slab.world import Cloud, CloudError, Instance

__all__ = [
    "CloudNodeController",
]

Obj = dict[str, Any]

ALL = Key("", "")
STATUS_PERIOD_S = 300.0  # --node-status-update-frequency
TYPE, BETA_TYPE = "node.kubernetes.io/instance-type", "beta.kubernetes.io/instance-type"
ZONE, BETA_ZONE = "topology.kubernetes.io/zone", "failure-domain.beta.kubernetes.io/zone"
REGION, BETA_REGION = "topology.kubernetes.io/region", "failure-domain.beta.kubernetes.io/region"
FOLLOWERS = ((BETA_ZONE, ZONE), (BETA_REGION, REGION), (BETA_TYPE, TYPE))


class CloudNodeController(Controller):
    """Introduces Nodes to their VMs."""

    name = "cloud-node-controller"
    watches = {"Node": own_key}

    def __init__(self, client: Client, informers: Informers, loop: Scheduling, cloud: Cloud) -> None:
        super().__init__(client, informers, loop)
        self.cloud = cloud
        self.nodes = self.informer("Node")
        self.queue.add_after(ALL, STATUS_PERIOD_S, background=True)

    def reconcile(self, key: Key) -> After | None:
        """Initialize one Node; or look at the addresses of all."""
        if key == ALL:
            self._update_addresses()
            return After(STATUS_PERIOD_S, background=True)
        node = self.nodes.get(key)
        if node is None:
            return None
        if is_initialized(node):
            self._reconcile_labels(node)
        else:
            self._initialize(node)
        return None

    def _initialize(self, node: Obj) -> None:
        """Raises Again while the cloud does not answer, or knows no VM for this Node."""
        instance = self._instance_of(node)
        if instance is None:
            raise Again
        metadata = node["metadata"]
        spec: Obj = {"taints": [taint for taint in node["spec"]["taints"] if taint["key"] != UNINITIALIZED] or None}
        if not node["spec"].get("providerID"):
            spec["providerID"] = self.cloud.provider_id(instance)
        labels = labels_of(instance, self.cloud.region)
        patch = {"metadata": {"resourceVersion": metadata["resourceVersion"], "labels": labels}, "spec": spec}
        patched = self.client.patch("Node", metadata["name"], "", patch, type="merge")
        self._update_address(patched, instance)
        self.recorder.event(node, "Normal", "Synced", "Node synced successfully")

    def _reconcile_labels(self, node: Obj) -> None:
        """Have the labels of today follow those of the days before, as upstream still does."""
        labels = node["metadata"].get("labels") or {}
        wrong = {ga: labels[beta] for beta, ga in FOLLOWERS if beta in labels and labels.get(ga) != labels[beta]}
        if wrong:
            self.client.patch("Node", node["metadata"]["name"], "", {"metadata": {"labels": wrong}}, type="merge")

    def _update_addresses(self) -> None:
        for node in self.nodes.list():
            instance = self._instance_of(node) if is_initialized(node) else None
            if instance is not None:
                self._update_address(node, instance)

    def _update_address(self, node: Obj, instance: Instance) -> None:
        wanted = addresses_of(instance)
        told = (node.get("status") or {}).get("addresses") or []
        if wanted and {one["type"]: one["address"] for one in told} != {one["type"]: one["address"] for one in wanted}:
            self.client.patch_status(node, {"addresses": wanted})

    def _instance_of(self, node: Obj) -> Instance | None:
        """The VM, None when there is none or the cloud does not answer."""
        try:
            return self.cloud.find(node["spec"].get("providerID", ""), node["metadata"]["name"])
        except CloudError:
            return None


def labels_of(instance: Instance, region: str) -> dict[str, str]:
    """What a cloud has a Node labelled with, in the words of today and of before."""
    size, zone = instance.size.name, instance.order.zone
    return {BETA_TYPE: size, TYPE: size, BETA_ZONE: zone, ZONE: zone, BETA_REGION: region, REGION: region}


def addresses_of(instance: Instance) -> list[Obj]:
    """Where a VM is reached, [] as long as it has not booted."""
    if instance.vm is None:
        return []
    internal = {"type": "InternalIP", "address": instance.vm.address}
    return [internal, {"type": "Hostname", "address": instance.name}]
