"""VolumeZone: a volume that has labels of zones and regions goes with nodes that have the same.

Source    pkg/scheduler/framework/plugins/volumezone/volume_zone.go
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from k8slab.scheduler.framework import SKIP, ClusterEvent, NodeInfo, Plugin, PodInfo, Verdict
from k8slab.scheduler.plugins.volume_claims import class_of, names_claim, pod_claims

__all__ = ["VolumeZone"]

Obj = dict[str, Any]
Places = list[tuple[str, frozenset[str]]]

CONFLICT = "node(s) had no available volume zone"
LABELS = {  # labels of volumes, with what nodes may say instead
    "failure-domain.beta.kubernetes.io/zone": "topology.kubernetes.io/zone",
    "failure-domain.beta.kubernetes.io/region": "topology.kubernetes.io/region",
    "topology.kubernetes.io/zone": "topology.kubernetes.io/zone",
    "topology.kubernetes.io/region": "topology.kubernetes.io/region",
}
BETWEEN = "__"


class VolumeZone(Plugin):
    """Compares the labels of the volumes with those of the node, if it has any of them."""

    name = "VolumeZone"
    reads = ("PersistentVolumeClaim", "PersistentVolume", "StorageClass")
    events = {
        "Node": ("Add", "UpdateNodeLabel"),
        "PersistentVolumeClaim": ("Add", "Update"),
        "PersistentVolume": ("Add", "Update"),
        "StorageClass": ("Add",),
    }

    def prepare(self, pod: PodInfo) -> Any:
        """The labels that matter with the values that will do; SKIP when there are none."""
        places: Places = []
        for name in (one.name for one in pod_claims(pod.pod) if not one.is_ephemeral):
            claim = self.cluster.get("PersistentVolumeClaim", pod.namespace, name)
            found = _verdict(f'persistentvolumeclaim "{name}" not found') if claim is None else self._places(claim)
            if isinstance(found, Verdict):
                return found
            places += found
        return places or SKIP

    def filter(self, pod: PodInfo, prepared: Any, node: NodeInfo) -> Verdict | None:
        """A node without zones and regions will always do."""
        labels = node.labels
        if not any(key in labels for key in LABELS):
            return None
        if all(labels.get(key, labels.get(LABELS[key])) in values for key, values in prepared):
            return None
        return Verdict((CONFLICT,), can_change=False)

    def hint(self, event: ClusterEvent, pod: Obj) -> bool:
        """Nodes that come or change labels, the pod's own claims, volumes with other labels, classes that wait."""
        if event.kind == "Node":
            return event.has("Add", "UpdateNodeLabel")
        if event.kind == "PersistentVolumeClaim":
            return event.has("Add", "Update") and event.new is not None and names_claim(pod, event.new)
        if event.kind == "StorageClass":
            return event.has("Add") and (event.new or {}).get("volumeBindingMode") == "WaitForFirstConsumer"
        if event.kind != "PersistentVolume" or event.new is None:
            return False
        return event.old is None or list(_labels(event.old)) != list(_labels(event.new))

    def _places(self, claim: Obj) -> Places | Verdict:
        name = claim["spec"].get("volumeName")
        if not name:
            return self._without_volume(claim)
        volume = self.cluster.get("PersistentVolume", "", name)
        return _verdict(f'persistentvolume "{name}" not found') if volume is None else list(_labels(volume))

    def _without_volume(self, claim: Obj) -> Places | Verdict:
        name = class_of(claim)
        if not name:
            return _verdict("PersistentVolumeClaim had no pv name and storageClass name")
        storage_class = self.cluster.get("StorageClass", "", name)
        if storage_class is None:
            return _verdict(f'storageclass.storage.k8s.io "{name}" not found')
        mode = storage_class.get("volumeBindingMode")
        if mode is None:
            return _verdict(f'VolumeBindingMode not set for StorageClass "{name}"')
        return [] if mode == "WaitForFirstConsumer" else _verdict("PersistentVolume had no name")


def _verdict(text: str) -> Verdict:
    return Verdict((text,), can_change=False)


def _labels(volume: Obj) -> Iterator[tuple[str, frozenset[str]]]:
    """A volume in several zones names them all: `zone-a__zone-b`."""
    labels = volume["metadata"].get("labels") or {}
    for key in LABELS:
        if labels.get(key):
            yield key, frozenset(labels[key].split(BETWEEN))
