"""The volumes of CSI drivers on one node: which drivers are here, which volumes are in use, and what is in them.

A kubelet writes that it uses a volume before it uses it (volumesInUse, with its next status), and waits until the
attach-detach controller has written that the node has got it (volumesAttached).

Source    pkg/volume/csi/nodeinfomanager/nodeinfomanager.go, pkg/volume/csi/csi_attacher.go (MountDevice),
          pkg/volume/util/operationexecutor/operation_generator.go (GenerateVerifyControllerAttachedVolumeFunc),
          pkg/kubelet/volumemanager/cache/actual_state_of_world.go (ReadWriteOncePod)
Left out  a CSINode without drivers; the Pods in which drivers run; block devices; staging and publishing as two steps
"""

from __future__ import annotations

from collections.abc import MutableMapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from k8slab.kubelet.volumes import MountError
from k8slab.objects import size_bytes
from k8slab.wire import ApiError, NotFound
from k8slab.world import FarmError

if TYPE_CHECKING:
    from k8slab.kubelet.kubelet import Kubelet

__all__ = [
    "CsiVolumes",
    "NotYet",
]

Obj = dict[str, Any]

RETRY_S = 2.0
EXPAND_S = 3.0  # from the growth of a disk to the growth of its file system; by then the objects tell of it
ZONE = "topology.kubernetes.io/zone"
NO_DRIVER = "driver name {} not found in the list of registered CSI drivers"
EXCLUSIVE = "volume uses the ReadWriteOncePod access mode and is already in use by another pod"


class NotYet(MountError):
    """The volume is on its way; nothing is wrong, and nothing is said."""


class CsiVolumes:
    """What one kubelet knows of the volumes of drivers."""

    def __init__(self, kubelet: Kubelet) -> None:
        self._kubelet = kubelet
        self._users: dict[str, dict[str, Obj]] = {}
        self._required: dict[str, bool] = {}
        self._is_told = False
        kubelet.vm.on_plugin = self._driver_called

    @property
    def in_use(self) -> list[str]:
        """The volumes that pods here use or are about to use, by the names that the node's status has for them."""
        return sorted(self._users)

    def stop(self) -> None:
        """The kubelet is gone."""
        self._kubelet.vm.on_plugin = None

    def register(self) -> None:
        """Write which drivers are on this node; nothing without any, or before there is a Node."""
        kubelet = self._kubelet
        if not kubelet.vm.plugins or not kubelet.is_registered:
            return
        farms = kubelet.vm.plugins
        drivers = [_driver(name, farm.limit, bool(farm.zones), kubelet.vm.name) for name, farm in farms.items()]
        try:
            self._write(drivers)
        except ApiError:
            kubelet.scope.call_later(RETRY_S, self.register, background=True)

    def open(self, uid: str, volume: Obj) -> MutableMapping[str, Any]:
        """The files of a volume for a pod. Raises NotYet, MountError."""
        kubelet, spec, name = self._kubelet, volume["spec"], volume["metadata"]["name"]
        source = spec["csi"]
        unique = f"kubernetes.io/csi/{source['driver']}^{source['volumeHandle']}"
        users = self._users.setdefault(unique, {})
        users[uid] = volume
        if self._needs_attaching(source["driver"]):
            status = (kubelet.reporter.node or {}).get("status") or {}
            if unique not in (status.get("volumesInUse") or ()):
                kubelet.reporter.volumes_changed()
                raise NotYet("Volume has not been added to the list of VolumesInUse in the node's volume status")
            if not any(one["name"] == unique for one in status.get("volumesAttached") or ()):
                raise NotYet("volume is not attached according to node status")
        if spec.get("accessModes") == ["ReadWriteOncePod"] and next(iter(users)) != uid:
            raise MountError(f'MountVolume.SetUp failed for volume "{name}" : {EXCLUSIVE}')
        farm = kubelet.vm.plugins.get(source["driver"])
        try:
            if farm is None:
                text = f"kubernetes.io/csi: attacher.MountDevice failed to create newCsiDriverClient: {NO_DRIVER}"
                raise MountError(text.format(source["driver"]))
            return farm.open(source["volumeHandle"], kubelet.vm)
        except (FarmError, MountError) as problem:
            raise MountError(f'MountVolume.MountDevice failed for volume "{name}" : {problem}') from None

    def expand(self, claim: Obj, volume: Obj) -> bool:
        """Let the file system fill a volume that has grown, and say so in its claim. Raises ApiError."""
        size, status = volume["spec"]["capacity"]["storage"], claim.get("status") or {}
        known = (status.get("capacity") or {}).get("storage", 0)
        if size_bytes(size) <= size_bytes(known):
            return False
        ended = ("Resizing", "FileSystemResizePending")
        conditions = [one for one in status.get("conditions") or () if one["type"] not in ended]
        patch = {"capacity": {"storage": size}, "conditions": conditions or None}
        self._kubelet.client.patch_status(claim, {**patch, "allocatedResourceStatuses": None})
        return True

    def release(self, uid: str) -> None:
        """A pod uses none any more: the volumes that nobody else uses may go, as the next status tells."""
        before = len(self._users)
        for unique, users in list(self._users.items()):
            users.pop(uid, None)
            if not users:
                del self._users[unique]
        if len(self._users) != before:
            self._kubelet.reporter.volumes_changed()

    def _driver_called(self) -> None:
        """A driver is new here, or a disk has grown."""
        self.register()
        if self._users:
            self._kubelet.scope.call_later(EXPAND_S, self._expand_all)

    def _expand_all(self) -> None:
        for volume in [one for users in self._users.values() for one in list(users.values())[:1]]:
            with suppress(ApiError):
                self._expand_used(volume)

    def _expand_used(self, known: Obj) -> None:
        client, kubelet = self._kubelet.client, self._kubelet
        volume = client.get("PersistentVolume", known["metadata"]["name"])
        ref = volume["spec"].get("claimRef") or {}
        claim = client.get("PersistentVolumeClaim", ref.get("name", ""), ref.get("namespace", ""))
        if not self.expand(claim, volume):
            return
        source = volume["spec"]["csi"]
        for uid in self._users.get(f"kubernetes.io/csi/{source['driver']}^{source['volumeHandle']}", ()):
            text = f'MountVolume.NodeExpandVolume succeeded for volume "{volume["metadata"]["name"]}" {kubelet.vm.name}'
            kubelet.record(kubelet.workers[uid].pod, "Normal", "FileSystemResizeSuccessful", text)

    def _needs_attaching(self, driver: str) -> bool:
        """As the driver says; who says nothing is attached. Raises MountError when nobody answers."""
        if driver not in self._required:
            try:
                found = self._kubelet.client.get("CSIDriver", driver)
                self._required[driver] = found["spec"].get("attachRequired", True)
            except NotFound:
                return True
            except ApiError as error:
                raise MountError(str(error)) from None
        return self._required[driver]

    def _write(self, drivers: list[Obj]) -> None:
        client, name = self._kubelet.client, self._kubelet.vm.name
        try:
            known = client.get("CSINode", name)
        except NotFound:
            owner = {field: self._kubelet.node_reference[field] for field in ("apiVersion", "kind", "name", "uid")}
            metadata = {"name": name, "ownerReferences": [owner]}
            head: Obj = {"apiVersion": "storage.k8s.io/v1", "kind": "CSINode", "metadata": metadata}
            client.create({**head, "spec": {"drivers": drivers}})
        else:
            if known["spec"].get("drivers") != drivers:
                client.update({**known, "spec": {**known["spec"], "drivers": drivers}})


def _driver(name: str, limit: int, is_zonal: bool, node: str) -> Obj:
    found: Obj = {"name": name, "nodeID": node, "topologyKeys": [ZONE] if is_zonal else None}
    return {**found, **({"allocatable": {"count": limit}} if limit else {})}
