"""Remove Pods whose Node is gone for good, or has been declared out of service.

Watches   Nodes and Pods.
Compares  the node a Pod is bound to with the Nodes that exist, and their taint out-of-service.
Writes    the Pod's condition DisruptionTarget and phase Failed, and its deletion without grace.
Source    pkg/controller/podgc/gc_controller.go (gcOrphaned, gcTerminating)
Left out  the limit of 12,500 terminated Pods
"""

from __future__ import annotations

from typing import Any

from k8slab.client import After, Client, Controller, Informers
from k8slab.clock import Scheduling
from k8slab.objects import Key, is_leaving, is_ready, rfc3339, with_condition
from k8slab.wire import NotFound

__all__ = [
    "PodGarbageCollector",
]

Obj = dict[str, Any]

QUARANTINE_S = 40.0
OUT_OF_SERVICE = "node.kubernetes.io/out-of-service"
LOST = {
    "type": "DisruptionTarget",
    "status": "True",
    "reason": "DeletionByPodGC",
    "message": "PodGC: node no longer exists",
}


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
        """Delete the Pods of a node that nobody knows any more; of one out of service those that are leaving."""
        pods = self.pods.by_index("node", key.name)
        node = self.nodes.get(key)
        if node is not None and _is_out_of_service(node):
            for pod in filter(is_leaving, pods):
                self._delete(pod, None)
        elif pods and not self._exists(key.name):
            for pod in pods:
                self._delete(pod, LOST)
        return None

    def _node_changed(self, old: Obj | None, new: Obj | None) -> None:
        if new is None and old is not None:
            self.queue.add_after(Key("", old["metadata"]["name"]), QUARANTINE_S)
        elif new is not None and _is_out_of_service(new):
            self.queue.add(Key("", new["metadata"]["name"]))

    def _pod_changed(self, old: Obj | None, new: Obj | None) -> None:
        """A Pod on a node that this controller has not heard of: the node may have gone before it came."""
        name = new["spec"].get("nodeName") if new is not None else None
        node = self.nodes.get(Key("", name)) if name else None
        if name and node is None:
            self.queue.add_after(Key("", name), QUARANTINE_S, background=not self.nodes.is_synced)
        elif node is not None and new is not None and is_leaving(new) and _is_out_of_service(node):
            self.queue.add(Key("", node["metadata"]["name"]))

    def _exists(self, node_name: str) -> bool:
        try:
            self.client.get("Node", node_name)
        except NotFound:
            return False
        return True

    def _delete(self, pod: Obj, why: Obj | None) -> None:
        status = pod.get("status") or {}
        if status.get("phase") not in ("Succeeded", "Failed"):
            conditions = status.get("conditions") or []
            if why is not None:
                conditions = with_condition(conditions, why, rfc3339(self.loop.now))
            self.client.patch_status(pod, {"phase": "Failed", "conditions": conditions})
        metadata = pod["metadata"]
        self.client.delete("Pod", metadata["name"], metadata["namespace"], grace_s=0, uid=metadata["uid"])


def _is_out_of_service(node: Obj) -> bool:
    """A person has said that the machine is off for good, and it is silent."""
    return not is_ready(node) and any(taint["key"] == OUT_OF_SERVICE for taint in node["spec"].get("taints") or ())
