"""VolumeRestrictions: some volumes are for one pod at a time.

Source    pkg/scheduler/framework/plugins/volumerestrictions/volume_restrictions.go
"""

from __future__ import annotations

from typing import Any

from k8slab.scheduler.framework import SKIP, ClusterEvent, NodeInfo, Plugin, PodInfo, Verdict
from k8slab.scheduler.plugins.volume_claims import names_claim, pod_claims

__all__ = ["VolumeRestrictions"]

Obj = dict[str, Any]

DISK = "node(s) had no available disk"
ONE_POD = "node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod access mode"
DISKS = ("gcePersistentDisk", "awsElasticBlockStore", "rbd", "iscsi")


class Exclusive:
    """The names of the pod's claims with ReadWriteOncePod, and how many uses of them there are on nodes."""

    def __init__(self, names: frozenset[str], uses: int) -> None:
        self.names, self.uses = names, uses


class VolumeRestrictions(Plugin):
    """Compares claims with the access mode ReadWriteOncePod, and the disks of some old volume types."""

    name = "VolumeRestrictions"
    events = {"Node": ("Add",), "Pod": ("Delete",), "PersistentVolumeClaim": ("Add",)}
    reads = ("PersistentVolumeClaim",)

    def prepare(self, pod: PodInfo) -> Any:
        """The claims that nobody else may use; SKIP when there is nothing to compare."""
        names = set()
        for name in (one.name for one in pod_claims(pod.pod) if not one.is_ephemeral):
            claim = self.cluster.get("PersistentVolumeClaim", pod.namespace, name)
            if claim is None:
                return Verdict((f'persistentvolumeclaim "{name}" not found',), can_change=False)
            if "ReadWriteOncePod" in (claim["spec"].get("accessModes") or ()):
                names.add(name)
        if not names and not _disks(pod.pod):
            return SKIP
        return Exclusive(frozenset(names), len(names & self._in_use(pod)) if names else 0)

    def filter(self, pod: PodInfo, prepared: Any, node: NodeInfo) -> Verdict | None:
        """No disk of another pod of the node; no claim that another pod uses, wherever that is."""
        disks = _disks(pod.pod)
        if disks and any(
            _collide(one, two) for other in node.pods.values() for one in disks for two in _disks(other.pod)
        ):
            return Verdict((DISK,))
        return Verdict((ONE_POD,)) if prepared.uses > 0 else None

    def copied(self, prepared: Any) -> Any:
        """A count of its own."""
        return Exclusive(prepared.names, prepared.uses)

    def pod_added(self, pod: PodInfo, prepared: Any, other: PodInfo, node: NodeInfo) -> None:
        """Its uses count."""
        self._count(prepared, pod, other, 1)

    def pod_removed(self, pod: PodInfo, prepared: Any, other: PodInfo, node: NodeInfo) -> None:
        """Its uses are over."""
        self._count(prepared, pod, other, -1)

    def hint(self, event: ClusterEvent, pod: Obj) -> bool:
        """A pod of the namespace with one of the claims is gone, or one of them has come."""
        if event.kind == "PersistentVolumeClaim":
            return event.has("Add") and event.new is not None and names_claim(pod, event.new)
        if event.kind == "Node":
            return event.has("Add")
        return event.kind == "Pod" and event.has("Delete")

    def _in_use(self, pod: PodInfo) -> set[str]:
        """The names of the claims of the pod's namespace that pods with a node use."""
        everyone = (other for node in self.cluster.nodes.values() for other in node.pods.values())
        return {one.name for other in everyone if other.namespace == pod.namespace for one in pod_claims(other.pod)}

    def _count(self, prepared: Exclusive, pod: PodInfo, other: PodInfo, sign: int) -> None:
        if prepared.names and other.namespace == pod.namespace:
            prepared.uses += sign * sum(one.name in prepared.names for one in pod_claims(other.pod))


def _disks(pod: Obj) -> list[tuple[str, Obj]]:
    volumes = pod["spec"].get("volumes") or ()
    return [(kind, volume[kind]) for volume in volumes for kind in DISKS if kind in volume]


def _collide(one: tuple[str, Obj], two: tuple[str, Obj]) -> bool:
    """The same disk, and not by both for reading only (an EBS volume not even then)."""
    (kind, disk), (other_kind, other) = one, two
    if kind != other_kind:
        return False
    if kind == "awsElasticBlockStore":
        return bool(disk["volumeID"] == other["volumeID"])
    if disk.get("readOnly") and other.get("readOnly"):
        return False
    if kind == "gcePersistentDisk":
        return bool(disk["pdName"] == other["pdName"])
    if kind == "iscsi":
        return bool(disk["iqn"] == other["iqn"])
    is_same = (disk.get("pool", "rbd"), disk["image"]) == (other.get("pool", "rbd"), other["image"])
    return is_same and not set(disk["monitors"]).isdisjoint(other["monitors"])
