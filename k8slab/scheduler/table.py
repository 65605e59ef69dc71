"""The scheduler's own count of the cluster: every node with the pods on it, and those it has just decided for.

A decision counts at once ("assumed"), before the API has said so; the watch confirms it, or its failure undoes it.

Source    pkg/scheduler/backend/cache/cache.go
"""

from __future__ import annotations

from typing import Any

from k8slab.scheduler.framework import NodeInfo, PodInfo, pod_info

__all__ = ["NodeTable"]

Obj = dict[str, Any]


class NodeTable:
    """Nodes by name."""

    def __init__(self) -> None:
        self.nodes: dict[str, NodeInfo] = {}
        self._place: dict[str, str] = {}
        self._homeless: dict[str, dict[str, PodInfo]] = {}

    def node_changed(self, old: Obj | None, new: Obj | None) -> None:
        """A Node has come, changed or gone."""
        if new is None:
            gone = self.nodes.pop((old or {})["metadata"]["name"], None)
            if gone is not None and gone.pods:
                self._homeless[gone.name] = dict(gone.pods)
            return
        name = new["metadata"]["name"]
        known = self.nodes.get(name)
        if known is not None:
            if old is None or _counts(old) != _counts(new):
                known.set_node(new)
            return
        self.nodes[name] = info = NodeInfo(new)
        for uid, pod in self._homeless.pop(name, {}).items():
            info.add(uid, pod)

    def assume(self, pod: PodInfo, node_name: str) -> None:
        """Count the pod on this node (and no longer where it was counted before)."""
        uid = pod.pod["metadata"]["uid"]
        if self._place.get(uid) == node_name:
            return
        self.forget(uid)
        self._place[uid] = node_name
        node = self.nodes.get(node_name)
        if node is not None:
            node.add(uid, pod)
        else:
            self._homeless.setdefault(node_name, {})[uid] = pod

    def forget(self, uid: str) -> None:
        """The pod takes nothing any more."""
        place = self._place.pop(uid, None)
        if place is None:
            return
        if place in self.nodes:
            self.nodes[place].remove(uid)
        else:
            self._homeless.get(place, {}).pop(uid, None)

    def pod_changed(self, new: Obj) -> None:
        """A bound Pod takes room until it has ended."""
        if (new.get("status") or {}).get("phase") in ("Succeeded", "Failed"):
            self.forget(new["metadata"]["uid"])
        elif self._place.get(new["metadata"]["uid"]) != new["spec"]["nodeName"]:
            self.assume(pod_info(new), new["spec"]["nodeName"])


def _counts(node: Obj) -> tuple[Any, ...]:
    """What of a Node can change a decision: heartbeats do not."""
    status, metadata = node.get("status") or {}, node["metadata"]
    return node["spec"], metadata.get("labels"), status.get("allocatable"), status.get("images")
