"""Remove Pods whose Node is gone for good.

Watches   Nodes and Pods.
Compares  the node a Pod is bound to with the Nodes that exist.
Writes    the Pod's condition DisruptionTarget and phase Failed, and its deletion without grace.
Source    pkg/controller/podgc/gc_controller.go (gcOrphaned)
Left out  the limit of 12,500 terminated Pods; the out-of-service taint
"""

from __future__ import annotations

from typing import Any

from k8slab.client import After, Client, Controller, Informers
from k8slab.clock import Scheduling
from k8slab.objects import Key, rfc3339, with_condition
from k8slab.wire import NotFound

__all__ = [
    "PodGarbageCollector",
]

Obj = dict[str, Any]

QUARANTINE_S = 40.0


class PodGarbageCollector(Controller):
    """Its keys are node names: it looks a quarantine after a node has gone."""

    name = "pod-garbage-collector"

    def __init__(self, client: Client, informers: Informers, loop: Scheduling) -> None:
        super().__init__(client, informers, loop)
        self.nodes = self.informer("Node")
        self.pods = self.informer("Pod")
        self.pods.add_index("node", lambda pod: (pod["spec"].get("nodeName", ""),))
        self.nodes.on_change(self._node_changed)
        self.pods.on_change(self._pod_changed)

    def reconcile(self, key: Key) -> After | None:
        """Delete the Pods of a node that nobody knows any more."""
        pods = self.pods.by_index("node", key.name)
        if not pods or self._exists(key.name):
            return None
        for pod in pods:
            self._delete(pod)
        return None

    def _node_changed(self, old: Obj | None, new: Obj | None) -> None:
        if new is None and old is not None:
            self.queue.add_after(Key("", old["metadata"]["name"]), QUARANTINE_S)

    def _pod_changed(self, old: Obj | None, new: Obj | None) -> None:
        """A Pod on a node that this controller has not heard of: the node may have gone before it came."""
        name = new["spec"].get("nodeName") if new is not None else None
        if name and self.nodes.get(Key("", name)) is None:
            self.queue.add_after(Key("", name), QUARANTINE_S, background=not self.nodes.is_synced)

    def _exists(self, node_name: str) -> bool:
        try:
            self.client.get("Node", node_name)
        except NotFound:
            return False
        return True

    def _delete(self, pod: Obj) -> None:
        target = {
            "type": "DisruptionTarget",
            "status": "True",
            "reason": "DeletionByPodGC",
            "message": "PodGC: node no longer exists",
        }
        status = pod.get("status") or {}
        if status.get("phase") not in ("Succeeded", "Failed"):
            conditions = with_condition(status.get("conditions") or [], target, rfc3339(self.loop.now))
            self.client.patch_status(pod, {"phase": "Failed", "conditions": conditions})
        metadata = pod["metadata"]
        self.client.delete("Pod", metadata["name"], metadata["namespace"], grace_s=0, uid=metadata["uid"])
