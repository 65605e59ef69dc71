"""NodeVolumeLimits: a node can have only so many volumes of a CSI driver.

Source    pkg/scheduler/framework/plugins/nodevolumelimits/csi.go
Left out  in-tree volumes that a CSI driver has taken over; volumes of a driver within a pod (csi), as upstream
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from k8slab.scheduler.framework import SKIP, ClusterEvent, NodeInfo, Plugin, PodInfo, Verdict
from k8slab.scheduler.plugins.volume_claims import PodClaim, class_of, names_claim, pod_claims

__all__ = ["NodeVolumeLimits"]

Obj = dict[str, Any]
Volumes = Mapping[str, str]  # what a volume is known by: its driver

TOO_MANY = "node(s) exceed max volume count"


class NodeVolumeLimits(Plugin):
    """Compares what CSINode says is allocatable with the volumes of the node's pods and those attached to it."""

    name = "NodeVolumeLimits"
    reads = ("CSINode", "PersistentVolumeClaim", "PersistentVolume", "StorageClass", "VolumeAttachment")
    events = {
        "Node": ("Add", "Update"),
        "CSINode": ("Add", "Update"),
        "Pod": ("Delete",),
        "PersistentVolumeClaim": ("Add",),
        "VolumeAttachment": ("Delete",),
    }

    def prepare(self, pod: PodInfo) -> Any:
        """The pod's volumes of CSI drivers; SKIP when it has no claims."""
        claims = pod_claims(pod.pod)
        if not claims:
            return SKIP
        for claim in claims:
            if self.cluster.get("PersistentVolumeClaim", pod.namespace, claim.name) is None and not claim.is_ephemeral:
                return Verdict((f'persistentvolumeclaim "{claim.name}" not found',), can_change=False)
        return self._volumes(pod)

    def filter(self, pod: PodInfo, prepared: Any, node: NodeInfo) -> Verdict | None:
        """The new volumes of each driver, with those that are there, are no more than its limit."""
        limits = self._limits(node) if prepared else {}
        if not limits:
            return None
        there: dict[str, str] = {}
        for other in node.pods.values():
            there.update(self._volumes(other))
        there.update(self._attached(node))
        more = Counter(driver for key, driver in prepared.items() if key not in there)
        known = Counter(there.values())
        if any(driver in limits and known[driver] + new > limits[driver] for driver, new in more.items()):
            return Verdict((TOO_MANY,))
        return None

    def hint(self, event: ClusterEvent, pod: Obj) -> bool:
        """A CSINode has come or has more, a pod with claims or an attachment is gone, the pod's claims have come."""
        if event.kind == "Pod":
            return event.has("Delete") and bool(pod_claims(event.old or event.new or {}))
        if event.kind == "PersistentVolumeClaim":
            return event.has("Add") and event.new is not None and names_claim(pod, event.new)
        if event.kind == "VolumeAttachment":
            return event.has("Delete")
        return event.kind in ("Node", "CSINode") and event.has("Add", "Update")

    def _limits(self, node: NodeInfo) -> Mapping[str, int]:
        csi_node = self.cluster.get("CSINode", "", node.name)
        drivers = ((csi_node or {}).get("spec") or {}).get("drivers") or ()
        counts = {driver["name"]: (driver.get("allocatable") or {}).get("count") for driver in drivers}
        return {name: count for name, count in counts.items() if count is not None}

    def _volumes(self, pod: PodInfo) -> Volumes:
        found = (self._volume(pod.namespace, claim) for claim in pod_claims(pod.pod))
        return {key: driver for key, driver in found if driver}

    def _volume(self, namespace: str, name: PodClaim) -> tuple[str, str]:
        """What the claim's volume is known by, and its driver ("": none): of one to be made, what its class says."""
        claim = self.cluster.get("PersistentVolumeClaim", namespace, name.name)
        if claim is None:
            return "", ""
        volume = self.cluster.get("PersistentVolume", "", claim["spec"].get("volumeName", ""))
        if volume is not None:
            csi = volume["spec"].get("csi")
            return (f"{csi['driver']}/{csi['volumeHandle']}", csi["driver"]) if csi else ("", "")
        storage_class = self.cluster.get("StorageClass", "", class_of(claim)) or {}
        driver: str = storage_class.get("provisioner", "")
        return f"{driver}/{namespace}/{name.name}", driver

    def _attached(self, node: NodeInfo) -> Volumes:
        found: dict[str, str] = {}
        for attachment in self.cluster.list("VolumeAttachment"):
            spec = attachment["spec"]
            if spec["nodeName"] == node.name:
                name = (spec.get("source") or {}).get("persistentVolumeName", "")
                csi = ((self.cluster.get("PersistentVolume", "", name) or {}).get("spec") or {}).get("csi")
                if csi:
                    found[f"{csi['driver']}/{csi['volumeHandle']}"] = csi["driver"]
        return found
