"""Send Pods away from nodes whose NoExecute taints they do not bear, or not for longer.

Watches   Nodes (their taints), and Pods through themselves and their node.
Compares  the node's NoExecute taints with the Pod's tolerations and the time since it saw the two together.
Writes    the Pod's condition DisruptionTarget, and its deletion.
Source    pkg/controller/tainteviction/taint_eviction.go
Left out  tolerations that compare numbers (Gt, Lt)
"""

from __future__ import annotations

from typing import Any

from k8slab.client import After, Client, Controller, Informers, own_key
from k8slab.clock import Scheduling
from k8slab.objects import Key, is_leaving, key_of, rfc3339, tolerates, with_condition

__all__ = [
    "TaintEvictionController",
    "may_stay_s",
]

Obj = dict[str, Any]

FOR_EVER = float("inf")


class TaintEvictionController(Controller):
    """Lets a Pod stay for as long as it tolerates its node."""

    name = "taint-eviction-controller"
    watches = {"Pod": own_key}

    def __init__(self, client: Client, informers: Informers, loop: Scheduling) -> None:
        super().__init__(client, informers, loop)
        self.pods = self.informer("Pod")
        self.nodes = self.informer("Node")
        self.pods.add_index("node", lambda pod: (pod["spec"].get("nodeName", ""),))
        self.pods.on_change(self._pod_gone)
        self.nodes.on_change(self._node_changed)
        self._since: dict[str, float] = {}  # by uid: when a Pod was first seen to be on borrowed time

    def reconcile(self, key: Key) -> After | None:
        """Delete the Pod if its time on this node is over, or come back when it will be."""
        pod = self.pods.get(key)
        if pod is None or is_leaving(pod) or not pod["spec"].get("nodeName"):
            return None
        node = self.nodes.get(Key("", pod["spec"]["nodeName"]))
        stay_s, uid = may_stay_s(pod, _no_execute(node)), pod["metadata"]["uid"]
        if stay_s == FOR_EVER:
            if self._since.pop(uid, None) is not None:
                self.recorder.event(pod, "Normal", "TaintManagerEviction", f"Cancelling deletion of Pod {key}")
            return None
        left_s = self._since.setdefault(uid, self.loop.now) + stay_s - self.loop.now
        if left_s > 0:
            return After(left_s)
        self._evict(pod)
        return None

    def _pod_gone(self, old: Obj | None, new: Obj | None) -> None:
        if new is None and old is not None:
            self._since.pop(old["metadata"]["uid"], None)

    def _node_changed(self, old: Obj | None, new: Obj | None) -> None:
        if new is not None and _no_execute(old) != _no_execute(new):
            for pod in self.pods.by_index("node", new["metadata"]["name"]):
                self.queue.add(key_of(pod))

    def _evict(self, pod: Obj) -> None:
        key = key_of(pod)
        self.recorder.event(pod, "Normal", "TaintManagerEviction", f"Marking for deletion Pod {key}")
        target = {
            "type": "DisruptionTarget",
            "status": "True",
            "reason": "DeletionByTaintManager",
            "message": "Taint manager: deleting due to NoExecute taint",
        }
        conditions = with_condition((pod.get("status") or {}).get("conditions") or [], target, rfc3339(self.loop.now))
        self.client.patch_status(pod, {"conditions": conditions})
        self.client.delete("Pod", key.name, key.namespace, uid=pod["metadata"]["uid"])


def _no_execute(node: Obj | None) -> list[Obj]:
    taints = (node["spec"].get("taints") or ()) if node else ()
    return [taint for taint in taints if taint["effect"] == "NoExecute"]


def may_stay_s(pod: Obj, taints: list[Obj]) -> float:
    """For how many seconds in all the Pod bears these NoExecute taints (0: not at all; inf: for ever)."""
    tolerations = pod["spec"].get("tolerations") or []
    used: list[Obj] = []
    for taint in taints:
        bearing = [toleration for toleration in tolerations if tolerates((toleration,), taint)]
        if not bearing:
            return 0.0
        used += bearing
    limits = [toleration["tolerationSeconds"] for toleration in used if "tolerationSeconds" in toleration]
    return float(max(min(limits), 0)) if limits else FOR_EVER
