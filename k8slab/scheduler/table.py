"""The scheduler's own count of the cluster: every node with the pods on it, and those it has just decided for.

A decision counts at once ("assumed"), before the API has said so; the watch confirms it, or its failure undoes it.

Source    pkg/scheduler/backend/cache/cache.go
"""

from __future__ import annotations

from typing import Any

from k8slab.objects import is_leaving
from k8slab.scheduler.census import Census
from k8slab.scheduler.nodes import NodeInfo, PodInfo, pod_info

__all__ = ["NodeTable"]

Obj = dict[str, Any]

COUNTED = ("containers", "initContainers", "overhead", "priority", "affinity")  # of a spec


class NodeTable:
    """Nodes by name."""

    def __init__(self) -> None:
        self.nodes: dict[str, NodeInfo] = {}
        self.census = Census()
        self._place: dict[str, str] = {}
        self._homeless: dict[str, dict[str, PodInfo]] = {}

    def node_changed(self, old: Obj | None, new: Obj | None) -> bool:
        """A Node has come, changed or gone; True when pods that fitted nowhere may fit now."""
        if new is None:
            self._node_gone((old or {})["metadata"]["name"])
            return False
        name = new["metadata"]["name"]
        known = self.nodes.get(name)
        if known is not None:
            before, images = _counts(known.node), _images(known.node)
            if (before, images) != (_counts(new), _images(new)):
                known.set_node(new)
            return before != _counts(new)
        self.nodes[name] = info = NodeInfo(new, self.census)
        for uid, pod in self._homeless.pop(name, {}).items():
            info.add(uid, pod)
        return True

    def _node_gone(self, name: str) -> None:
        gone = self.nodes.pop(name, None)
        if gone is not None:
            gone.gone()
            if gone.pods:
                self._homeless[name] = dict(gone.pods)

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

    def has(self, uid: str) -> bool:
        """The pod is counted on a node."""
        return uid in self._place

    def promised(self, node_name: str) -> None:
        """A promise of room on this node has been made or taken back."""
        node = self.nodes.get(node_name)
        if node is not None:
            node.promised()

    def forget(self, uid: str) -> bool:
        """The pod takes nothing any more; True when it has taken something."""
        place = self._place.pop(uid, None)
        if place is None:
            return False
        if place in self.nodes:
            self.nodes[place].remove(uid)
        else:
            self._homeless.get(place, {}).pop(uid, None)
        return True

    def pod_changed(self, new: Obj) -> bool:
        """A bound Pod takes room until it has ended; True when it has made room."""
        if (new.get("status") or {}).get("phase") in ("Succeeded", "Failed"):
            return self.forget(new["metadata"]["uid"])
        uid, name = new["metadata"]["uid"], new["spec"]["nodeName"]
        if self._place.get(uid) != name:
            self.assume(pod_info(new), name)
        elif (node := self.nodes.get(name)) is not None:
            self._refresh(node, uid, new)
        return False

    def _refresh(self, node: NodeInfo, uid: str, new: Obj) -> None:
        old = node.pods[uid].pod
        if _stands(old["metadata"], new["metadata"]) and all(
            old["spec"].get(part) == new["spec"].get(part) for part in COUNTED
        ):
            node.refresh(uid, new)
        else:
            node.remove(uid)
            node.add(uid, pod_info(new))


def _stands(old: Obj, new: Obj) -> bool:
    """Labels are as they were, and so is whether the pod is leaving."""
    return old.get("labels") == new.get("labels") and is_leaving({"metadata": old}) == is_leaving({"metadata": new})


def _counts(node: Obj) -> tuple[Any, ...]:
    """What of a Node can make a pod fit: heartbeats cannot."""
    return node["spec"], node["metadata"].get("labels"), (node.get("status") or {}).get("allocatable")


def _images(node: Obj) -> Any:
    return (node.get("status") or {}).get("images")
