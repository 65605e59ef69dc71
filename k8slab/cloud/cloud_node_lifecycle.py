"""Remove the Nodes whose VMs are gone from the cloud, and taint those whose VMs are stopped.

Watches   Nodes.
Compares  every five seconds each Node that is not ready with its VM in the cloud.
Writes    deletes Nodes; the taint node.cloudprovider.kubernetes.io/shutdown; Events (DeletingNode).
Source    staging/src/k8s.io/cloud-provider/controllers/nodelifecycle/node_lifecycle_controller.go (MonitorNodes)
Left out  nothing known
"""

from __future__ import annotations

from typing import Any

from k8slab.client import After, Client, Controller, Informers
from k8slab.clock import Scheduling
from k8slab.cloud.taints import SHUTDOWN, is_initialized
from k8slab.objects import Key, is_ready, parse_rfc3339
from k8slab.wire import ApiError
from k8slab.world import Cloud, CloudError

__all__ = [
    "CloudNodeLifecycleController",
]

Obj = dict[str, Any]

MONITOR = Key("", "")
MONITOR_PERIOD_S = 5.0  # --node-monitor-period
UNINITIALIZED_S = 60.0
TAINT = {"key": SHUTDOWN, "effect": "NoSchedule"}


class CloudNodeLifecycleController(Controller):
    """Every five seconds: is there still a VM behind each Node that is silent?"""

    name = "cloud-node-lifecycle-controller"

    def __init__(self, client: Client, informers: Informers, loop: Scheduling, cloud: Cloud) -> None:
        super().__init__(client, informers, loop)
        self.cloud = cloud
        self.nodes = self.informer("Node")
        self._suspects: dict[str, None] = {}
        self.nodes.on_change(self._node_changed)
        self.enqueue(MONITOR)

    def reconcile(self, key: Key) -> After | None:
        """Look at the Nodes that are not ready, or were not."""
        for name in list(self._suspects):
            node = self.nodes.get(Key("", name))
            if node is not None:
                self._look(node)
        return After(MONITOR_PERIOD_S, background=True)

    def _node_changed(self, old: Obj | None, new: Obj | None) -> None:
        """Only Nodes that are not ready, or still have the taint of one that is stopped, need a look."""
        either = new or old
        assert either is not None
        if new is not None and (not is_ready(new) or _is_shut_down(new)):
            self._suspects[new["metadata"]["name"]] = None
        else:
            self._suspects.pop(either["metadata"]["name"], None)

    def _look(self, node: Obj) -> None:
        if is_ready(node):
            self._set_taints(node, [taint for taint in node["spec"].get("taints") or () if not _is_same(taint)])
            return
        if not node["spec"].get("providerID") and not is_initialized(node):
            age_s = self.loop.now - parse_rfc3339(node["metadata"]["creationTimestamp"])
            if age_s < UNINITIALIZED_S:
                return  # it will soon have one
        try:
            instance = self.cloud.find(node["spec"].get("providerID", ""), node["metadata"]["name"])
        except CloudError:
            return  # nobody knows: the next look may
        if instance is None:
            self._delete(node)
        elif instance.state == "stopped" and not _is_shut_down(node):
            self._set_taints(node, [*(node["spec"].get("taints") or ()), TAINT])

    def _delete(self, node: Obj) -> None:
        name = node["metadata"]["name"]
        text = f"Deleting node {name} because it does not exist in the cloud provider"
        self.recorder.event(node, "Normal", "DeletingNode", text)
        try:
            self.client.delete("Node", name)
        except ApiError as error:
            self.recorder.event(node, "Warning", "DeletingNodeFailed", f"Failed deleting node {name}: {error}")

    def _set_taints(self, node: Obj, taints: list[Obj]) -> None:
        if taints != (node["spec"].get("taints") or []):
            metadata = node["metadata"]
            version = {"resourceVersion": metadata["resourceVersion"]}
            patch = {"metadata": version, "spec": {"taints": taints or None}}
            self.client.patch("Node", metadata["name"], "", patch, type="merge")


def _is_same(taint: Obj) -> bool:
    return (taint["key"], taint["effect"]) == (TAINT["key"], TAINT["effect"])


def _is_shut_down(node: Obj) -> bool:
    return any(_is_same(taint) for taint in node["spec"].get("taints") or ())
