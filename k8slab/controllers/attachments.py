"""Which volumes are attached, to whom they are asked to be, and what is said of those that cannot be. Pure.

Source    pkg/volume/csi/csi_attacher.go (getAttachmentName), pkg/volume/util/util.go (IsPodTerminated),
          pkg/controller/volume/attachdetach/reconciler/reconciler.go (reportMultiAttachError),
          pkg/controller/volume/attachdetach/util/util.go (DetermineVolumeAction)
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any

from k8slab.objects import is_leaving

__all__ = [
    "attachment",
    "has_ended",
    "is_out_of_service",
    "multi_attach_text",
    "unique_name",
]

Obj = dict[str, Any]

OUT_OF_SERVICE = "node.kubernetes.io/out-of-service"


def unique_name(volume: Obj) -> str:
    """The name of a driver's volume in the status of nodes."""
    source = volume["spec"]["csi"]
    return f"kubernetes.io/csi/{source['driver']}^{source['volumeHandle']}"


def attachment(volume: Obj, node: str) -> Obj:
    """The VolumeAttachment by which a driver is asked to give a node a volume."""
    source = volume["spec"]["csi"]
    digest = hashlib.sha256(f"{source['volumeHandle']}{source['driver']}{node}".encode()).hexdigest()
    spec = {"attacher": source["driver"], "nodeName": node}
    return {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "VolumeAttachment",
        "metadata": {"name": f"csi-{digest}"},
        "spec": {**spec, "source": {"persistentVolumeName": volume["metadata"]["name"]}},
    }


def has_ended(pod: Obj) -> bool:
    """Nothing of a Pod runs any more, or will: it needs no volumes."""
    status = pod.get("status") or {}
    if status.get("phase") in ("Succeeded", "Failed"):
        return True
    containers = status.get("containerStatuses") or ()
    return is_leaving(pod) and not any("running" in (one.get("state") or {}) for one in containers)


def is_out_of_service(node: Obj) -> bool:
    """A person has said that the machine is off for good."""
    return any(taint["key"] == OUT_OF_SERVICE for taint in node["spec"].get("taints") or ())


def multi_attach_text(volume_name: str, pod: Obj, others: Iterable[Obj]) -> str:
    """Why a Pod's node does not get a volume that is attached elsewhere, perhaps for these Pods."""
    namespace, users = pod["metadata"]["namespace"], list(others)
    here = [one["metadata"]["name"] for one in users if one["metadata"]["namespace"] == namespace]
    elsewhere = len(users) - len(here)
    start = f'Multi-Attach error for volume "{volume_name}" '
    if not users:
        return start + "Volume is already exclusively attached to one node and can't be attached to another"
    if not here:
        return start + f"Volume is already used by {elsewhere} pod(s) in different namespaces"
    text = start + f"Volume is already used by pod(s) {', '.join(here)}"
    return text + (f" and {elsewhere} pod(s) in different namespaces" if elsewhere else "")
