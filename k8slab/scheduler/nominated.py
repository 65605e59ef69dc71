"""Pods that wait for a certain node to become free: room there is promised to them.

Source    pkg/scheduler/backend/queue/nominator.go
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from k8slab.scheduler.nodes import PodInfo

__all__ = ["Nominated"]


class Nominated:
    """The nominated pods by node. `changed(node name)` is told when the promises there change."""

    def __init__(self, changed: Callable[[str], None] = lambda name: None) -> None:
        self._changed = changed
        self._node_of: dict[str, str] = {}
        self._on: dict[str, dict[str, PodInfo]] = {}
        self.state = 0  # changes with the promises

    def __bool__(self) -> bool:
        return bool(self._node_of)

    @property
    def nodes(self) -> Mapping[str, object]:
        """The nodes that somebody waits for, by name."""
        return self._on

    def set(self, pod: PodInfo, node_name: str) -> None:
        """The pod waits for this node ("" for none)."""
        self.drop(pod.uid)
        if node_name:
            self.state += 1
            self._node_of[pod.uid] = node_name
            self._on.setdefault(node_name, {})[pod.uid] = pod
            self._changed(node_name)

    def seen(self, pod: PodInfo, before: str, now: str) -> None:
        """The pod's status told `before`, and tells now, which node that is.

        An update that knows nothing of a nomination made a moment ago does not take it back.
        """
        known = self._node_of.get(pod.uid, "")
        self.set(pod, known if known and not before and not now else now)

    def drop(self, uid: str) -> None:
        """The pod has its node, or needs none any more."""
        name = self._node_of.pop(uid, None)
        if name is not None:
            self.state += 1
            del self._on[name][uid]
            if not self._on[name]:
                del self._on[name]
            self._changed(name)

    def on(self, node_name: str) -> Iterable[PodInfo]:
        """The pods that wait for this node."""
        return self._on.get(node_name, {}).values()

    def node_of(self, uid: str) -> str:
        """The node that a pod waits for, "" for none."""
        return self._node_of.get(uid, "")
