"""Make the volumes that claims ask a driver for, and delete those that are let go of.

Watches   PersistentVolumeClaims and PersistentVolumes; reads StorageClasses, Nodes, VolumeSnapshots.
Compares  the claims that name the driver with its volumes; the phase of its volumes with Released.
Writes    PersistentVolumes; takes the chosen node out of a claim that could not be served there; Events.
Source    kubernetes-csi/external-provisioner (controller.go, topology.go), kubernetes-sigs/
          sig-storage-lib-external-provisioner (controller.go: shouldProvision, provisionClaimOperation, shouldDelete)
Left out  cloning a claim (dataSource of another claim is refused), secrets, CSIStorageCapacity, parameters of classes
"""

from __future__ import annotations

from typing import Any

from k8slab.client import After, Client, Informers
from k8slab.clock import Scheduling
from k8slab.csi.driver import DriverController, Machines, is_by
from k8slab.objects import Key, is_leaving, size_bytes
from k8slab.wire import ApiError
from k8slab.world import Farm, FarmError

__all__ = ["Provisioner"]

Obj = dict[str, Any]

ASKED = "volume.kubernetes.io/storage-provisioner"
MADE = "pv.kubernetes.io/provisioned-by"
CHOSEN = "volume.kubernetes.io/selected-node"
FINALIZER = "external-provisioner.volume.kubernetes.io/finalizer"
ZONE = "topology.kubernetes.io/zone"
SNAPSHOTS = "snapshot.storage.k8s.io"
CREATE_S, DELETE_S = 1.5, 1.0  # an assumption: what small network disks take
GIB = 1024**3


class Provisioner(DriverController):
    """Its keys are claims, and volumes (without a namespace)."""

    name = "external-provisioner"

    def __init__(self, client: Client, informers: Informers, loop: Scheduling, farm: Farm, machines: Machines) -> None:
        super().__init__(client, informers, loop, farm, machines)
        self.claims = self.watch("PersistentVolumeClaim", self._own_claim)
        self.volumes = self.watch("PersistentVolume", self._own_volume)

    def reconcile(self, key: Key) -> After | None:
        """Make what is asked for, delete what is let go of."""
        if not key.namespace:
            volume = self.volumes.get(key)
            return self._delete(key, volume) if volume is not None else None
        claim = self.claims.get(key)
        if claim is None or is_leaving(claim) or claim["spec"].get("volumeName"):
            return None
        name = f"pvc-{claim['metadata']['uid']}"
        if self.volumes.get(Key("", name)) is not None or not claim["spec"].get("storageClassName"):
            return None
        storage_class = self.client.get("StorageClass", claim["spec"]["storageClassName"])
        is_delayed = storage_class.get("volumeBindingMode") == "WaitForFirstConsumer"
        if is_delayed and CHOSEN not in (claim["metadata"].get("annotations") or {}):
            return None
        return self.too_early(key) or self._provision(key, claim, storage_class, name)

    def _own_claim(self, claim: Obj) -> tuple[Key, ...]:
        metadata = claim["metadata"]
        return (Key(metadata["namespace"], metadata["name"]),) if is_by(claim, ASKED, self.farm.driver) else ()

    def _own_volume(self, volume: Obj) -> tuple[Key, ...]:
        return (Key("", volume["metadata"]["name"]),) if is_by(volume, MADE, self.farm.driver) else ()

    # Making

    def _provision(self, key: Key, claim: Obj, storage_class: Obj, name: str) -> After | None:
        text = f'External provisioner is provisioning volume for claim "{key.namespace}/{key.name}"'
        if (key, name) not in self._due:
            self.recorder.event(claim, "Normal", "Provisioning", text)
        wait = self.takes(key, name, CREATE_S)
        if wait is not None:
            return wait
        try:
            size, zone = self._create(claim, storage_class, name)
        except FarmError as problem:
            return self._failed_with(key, claim, storage_class, problem)
        self.client.create(self._volume(claim, storage_class, name, size, zone))
        self.went_well(key)
        self.recorder.event(claim, "Normal", "ProvisioningSucceeded", f"Successfully provisioned volume {name}")
        return None

    def _create(self, claim: Obj, storage_class: Obj, name: str) -> tuple[int, str]:
        """Have the farm make a disk; answers its size and zone. Raises FarmError."""
        metadata, spec = claim["metadata"], claim["spec"]
        if not self.farm.is_shared and "ReadWriteMany" in spec["accessModes"]:
            raise FarmError("InvalidArgument", "MULTI_NODE_MULTI_WRITER is not supported by disks")
        if spec.get("volumeMode") == "Block" and self.farm.is_shared:
            raise FarmError("InvalidArgument", "a file server has no block devices")
        asked = size_bytes(spec["resources"]["requests"]["storage"])
        size = -(-asked // GIB) * GIB
        zone, source = self._zone(claim, storage_class), self._source(claim)
        labels = {"namespace": metadata["namespace"], "claim": metadata["name"]}
        return self.farm.create(name, size, zone, source, **labels).size_bytes, zone

    def _zone(self, claim: Obj, storage_class: Obj) -> str:
        """Where the disk is to lie: with the node that was chosen, else where the farm has promised least."""
        if not self.farm.zones:
            return ""
        allowed = _allowed_zones(storage_class)
        chosen = (claim["metadata"].get("annotations") or {}).get(CHOSEN)
        if chosen:
            try:
                node = self.client.get("Node", chosen)
            except ApiError as error:
                raise FarmError("NotFound", f"error generating accessibility requirements: {error}") from None
            return str((node["metadata"].get("labels") or {}).get(ZONE, ""))
        zones = [zone for zone in self.farm.zones if allowed is None or zone in allowed]
        if not zones:
            raise FarmError("ResourceExhausted", f"{self.farm.name} has no disks in the zones that the class allows")
        load = {zone: sum(disk.size_bytes for disk in self.farm.disks.values() if disk.zone == zone) for zone in zones}
        return min(zones, key=lambda zone: load[zone])

    def _source(self, claim: Obj) -> str:
        """The snapshot with which the disk begins, "" for none. Raises FarmError."""
        given = claim["spec"].get("dataSource") or claim["spec"].get("dataSourceRef")
        if not given:
            return ""
        if given.get("apiGroup") != SNAPSHOTS or given.get("kind") != "VolumeSnapshot":
            raise FarmError("InvalidArgument", f"{given.get('kind')} is no source from which this driver can begin")
        name, namespace = given["name"], claim["metadata"]["namespace"]
        try:
            snapshot = self.client.get("VolumeSnapshot", name, namespace)
        except ApiError as error:
            raise FarmError(
                "NotFound", f"error getting handle for DataSource Type VolumeSnapshot by Name {name}: {error}"
            ) from None
        if not (snapshot.get("status") or {}).get("readyToUse"):
            raise FarmError("Unavailable", f"snapshot {name} is not Ready")
        return f"snapshot-{snapshot['metadata']['uid']}"

    def _failed_with(self, key: Key, claim: Obj, storage_class: Obj, problem: FarmError) -> After | None:
        class_name = storage_class["metadata"]["name"]
        text = f'failed to provision volume with StorageClass "{class_name}": {problem}'
        self.recorder.event(claim, "Warning", "ProvisioningFailed", text)
        annotations = claim["metadata"].get("annotations") or {}
        if problem.code == "ResourceExhausted" and CHOSEN in annotations:
            left = {name: value for name, value in annotations.items() if name != CHOSEN}
            self.client.update({**claim, "metadata": {**claim["metadata"], "annotations": left}})
            return None  # the scheduler may find another node
        return self.later(key)

    def _volume(self, claim: Obj, storage_class: Obj, name: str, size: int, zone: str) -> Obj:
        metadata, spec = claim["metadata"], claim["spec"]
        ref = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "namespace": metadata["namespace"]}
        wanted: Obj = {
            "accessModes": spec["accessModes"],
            "capacity": {"storage": f"{size // GIB}Gi"},
            "claimRef": {**ref, **{field: metadata[field] for field in ("name", "uid", "resourceVersion")}},
            "csi": {"driver": self.farm.driver, "volumeHandle": name, "fsType": "ext4"},
            "persistentVolumeReclaimPolicy": storage_class.get("reclaimPolicy", "Delete"),
            "storageClassName": storage_class["metadata"]["name"],
            "volumeMode": spec.get("volumeMode", "Filesystem"),
        }
        if storage_class.get("mountOptions"):
            wanted["mountOptions"] = storage_class["mountOptions"]
        if zone:
            term = {"matchExpressions": [{"key": ZONE, "operator": "In", "values": [zone]}]}
            wanted["nodeAffinity"] = {"required": {"nodeSelectorTerms": [term]}}
        marks = {MADE: self.farm.driver}
        head = {"name": name, "annotations": marks, "finalizers": [FINALIZER]}
        return {"apiVersion": "v1", "kind": "PersistentVolume", "metadata": head, "spec": wanted}

    # Deleting

    def _delete(self, key: Key, volume: Obj) -> After | None:
        is_released = (volume.get("status") or {}).get("phase") == "Released"
        is_kept = volume["spec"].get("persistentVolumeReclaimPolicy") != "Delete"
        if is_kept and is_leaving(volume):
            self._forget(volume)
            return None
        if not is_released or is_kept:
            return None
        wait = self.too_early(key) or self.takes(key, "delete", DELETE_S)
        if wait is not None:
            return wait
        try:
            self.farm.delete(volume["spec"]["csi"]["volumeHandle"])
        except FarmError as problem:
            self.recorder.event(volume, "Warning", "VolumeFailedDelete", str(problem))
            return self.later(key)
        self.went_well(key)
        if not is_leaving(volume):
            self.client.delete("PersistentVolume", key.name)
            volume = self.client.get("PersistentVolume", key.name)
        self._forget(volume)
        return None

    def _forget(self, volume: Obj) -> None:
        """Nothing of the driver holds the object any more."""
        known = volume["metadata"].get("finalizers") or []
        if FINALIZER in known:
            left = [one for one in known if one != FINALIZER]
            self.client.update({**volume, "metadata": {**volume["metadata"], "finalizers": left}})


def _allowed_zones(storage_class: Obj) -> set[str] | None:
    """The zones of the class's allowedTopologies, None when it allows every one."""
    terms = storage_class.get("allowedTopologies")
    if not terms:
        return None
    every = [rule for term in terms for rule in term.get("matchLabelExpressions") or ()]
    return {zone for rule in every if rule["key"] == ZONE for zone in rule["values"]}
