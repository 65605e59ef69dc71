"""Keep what is on a disk when a VolumeSnapshot asks for it.

Watches   VolumeSnapshots, VolumeSnapshotContents.
Compares  the snapshots that are asked for with those of the farm.
Writes    VolumeSnapshotContents, the status of both, a finalizer, Events.
Source    kubernetes-csi/external-snapshotter (pkg/common-controller, pkg/sidecar-controller)
Left out  snapshots that were there before (volumeSnapshotContentName), groups of snapshots, the default class
"""

from __future__ import annotations

from typing import Any

from k8slab.client import After, Client, Informers
from k8slab.clock import Scheduling
from k8slab.csi.driver import DriverController, Machines
from k8slab.objects import Key, is_leaving, rfc3339
from k8slab.wire import NotFound
from k8slab.world import Farm, FarmError

__all__ = ["Snapshotter"]

Obj = dict[str, Any]

SNAPSHOT_S = 2.0  # an assumption
API = "snapshot.storage.k8s.io/v1"
FINALIZER = "snapshot.storage.kubernetes.io/volumesnapshot-bound-protection"
GIB = 1024**3


class Snapshotter(DriverController):
    """Its keys are VolumeSnapshots."""

    name = "snapshot-controller"

    def __init__(self, client: Client, informers: Informers, loop: Scheduling, farm: Farm, machines: Machines) -> None:
        super().__init__(client, informers, loop, farm, machines)
        self.snapshots = self.watch("VolumeSnapshot", _key_of)

    def reconcile(self, key: Key) -> After | None:
        """Take a snapshot that is asked for, delete one that nobody wants."""
        snapshot = self.snapshots.get(key)
        if snapshot is None:
            return None
        held = FINALIZER in (snapshot["metadata"].get("finalizers") or [])
        if is_leaving(snapshot):
            return self._delete(snapshot) if held else None
        if (snapshot.get("status") or {}).get("readyToUse"):
            return None
        early = self.too_early(key)
        if early is not None:
            return early
        try:
            volume, class_name, policy = self._wish(key, snapshot)
        except FarmError as problem:
            self.recorder.event(snapshot, "Warning", "SnapshotContentCreationFailed", str(problem))
            told = {"message": str(problem), "time": rfc3339(self.loop.now)}
            self.client.patch_status(snapshot, {"readyToUse": False, "error": told})
            return self.later(key)
        if volume is None:
            return None  # it is another driver's
        return self._take(key, snapshot, volume, class_name, policy)

    def _wish(self, key: Key, snapshot: Obj) -> tuple[Obj | None, str, str]:
        """The volume to be kept (None: not by this driver), the class and what its policy is. Raises FarmError."""
        class_name = snapshot["spec"].get("volumeSnapshotClassName") or ""
        claim_name = (snapshot["spec"].get("source") or {}).get("persistentVolumeClaimName", "")
        try:
            kind = self.client.get("VolumeSnapshotClass", class_name)
            if kind["driver"] != self.farm.driver:
                return None, "", ""
            claim = self.client.get("PersistentVolumeClaim", claim_name, key.namespace)
        except NotFound as error:
            raise FarmError(
                "NotFound", f"failed to get input parameters to create snapshot {key.name}: {error}"
            ) from None
        if not claim["spec"].get("volumeName"):
            text = f"the PVC {claim_name} is not yet bound to a PV, will not attempt to take a snapshot"
            raise FarmError("FailedPrecondition", text)
        return self.client.get("PersistentVolume", claim["spec"]["volumeName"]), class_name, kind["deletionPolicy"]

    def _take(self, key: Key, snapshot: Obj, volume: Obj, class_name: str, policy: str) -> After | None:
        uid, name = snapshot["metadata"]["uid"], f"snapcontent-{snapshot['metadata']['uid']}"
        if (key, uid) not in self._due:
            text = f"Waiting for a snapshot {key.namespace}/{key.name} to be created by the CSI driver."
            self.recorder.event(snapshot, "Normal", "CreatingSnapshot", text)
        wait = self.takes(key, uid, SNAPSHOT_S)
        if wait is not None:
            return wait
        if FINALIZER not in (snapshot["metadata"].get("finalizers") or []):
            known = snapshot["metadata"].get("finalizers") or []
            snapshot = self.client.update(
                {**snapshot, "metadata": {**snapshot["metadata"], "finalizers": [*known, FINALIZER]}}
            )
        handle = f"snapshot-{uid}"
        taken = self.farm.snapshot(handle, volume["spec"]["csi"]["volumeHandle"])
        self._content(snapshot, volume, name, handle, taken.size_bytes, class_name, policy)
        status = {"boundVolumeSnapshotContentName": name, "creationTime": rfc3339(taken.taken_at), "readyToUse": True}
        size = {"restoreSize": f"{taken.size_bytes // GIB}Gi", "error": None}
        self.client.patch_status(snapshot, {**status, **size})
        self.went_well(key)
        text = f"Snapshot {key.namespace}/{key.name} is ready to use."
        self.recorder.event(snapshot, "Normal", "SnapshotReady", text)
        return None

    def _content(
        self, snapshot: Obj, volume: Obj, name: str, handle: str, size: int, class_name: str, policy: str
    ) -> None:
        metadata = snapshot["metadata"]
        ref = {"apiVersion": API, "kind": "VolumeSnapshot", "name": metadata["name"]}
        spec = {
            "deletionPolicy": policy,
            "driver": self.farm.driver,
            "source": {"volumeHandle": volume["spec"]["csi"]["volumeHandle"]},
            "volumeSnapshotClassName": class_name,
            "volumeSnapshotRef": {**ref, "namespace": metadata["namespace"], "uid": metadata["uid"]},
        }
        head = {"apiVersion": API, "kind": "VolumeSnapshotContent", "metadata": {"name": name}}
        made = self.client.create({**head, "spec": spec})
        self.client.patch_status(made, {"readyToUse": True, "restoreSize": size, "snapshotHandle": handle})

    def _delete(self, snapshot: Obj) -> After | None:
        metadata = snapshot["metadata"]
        name = (snapshot.get("status") or {}).get("boundVolumeSnapshotContentName", "")
        try:
            content = self.client.get("VolumeSnapshotContent", name) if name else None
        except NotFound:
            content = None
        if content is not None and content["spec"]["deletionPolicy"] == "Delete":
            self.farm.delete_snapshot(f"snapshot-{metadata['uid']}")
            self.client.delete("VolumeSnapshotContent", name)
        left = [one for one in metadata["finalizers"] if one != FINALIZER]
        self.client.update({**snapshot, "metadata": {**metadata, "finalizers": left}})
        return None


def _key_of(snapshot: Obj) -> tuple[Key, ...]:
    return (Key(snapshot["metadata"]["namespace"], snapshot["metadata"]["name"]),)
