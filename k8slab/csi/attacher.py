"""Give nodes the disks that VolumeAttachments ask for, and take them back.

Watches   VolumeAttachments of the driver.
Compares  which machines should have a disk with those that have it.
Writes    status.attached or attachError, a finalizer.
Source    kubernetes-csi/external-attacher (pkg/controller/csi_handler.go)
Left out  the finalizer that it gives the volume; inline volumes
"""

from __future__ import annotations

from typing import Any

from k8slab.client import After, Client, Informers
from k8slab.clock import Scheduling
from k8slab.csi.driver import DriverController, Machines
from k8slab.objects import Key, is_leaving, rfc3339
from k8slab.wire import NotFound
from k8slab.world import FarmError

__all__ = ["Attacher"]

Obj = dict[str, Any]

ATTACH_S, DETACH_S = 1.0, 1.0  # an assumption
SHARED = ("ReadWriteMany", "ReadOnlyMany")


class Attacher(DriverController):
    """Its keys are attachments."""

    name = "external-attacher"

    def __init__(self, client: Client, informers: Informers, loop: Scheduling, farm: Any, machines: Machines) -> None:
        super().__init__(client, informers, loop, farm, machines)
        self.attachments = self.watch("VolumeAttachment", self._own)
        self._finalizer = f"external-attacher/{farm.driver.replace('.', '-')}"

    def reconcile(self, key: Key) -> After | None:
        """Attach what is asked for, detach what is leaving."""
        one = self.attachments.get(key)
        if one is None:
            return None
        known = one["metadata"].get("finalizers") or []
        if is_leaving(one):
            return self._detach(key, one, known) if self._finalizer in known else None
        if (one.get("status") or {}).get("attached"):
            return None
        wait = self.too_early(key) or self.takes(key, "attach", ATTACH_S)
        if wait is not None:
            return wait
        if self._finalizer not in known:
            metadata = {**one["metadata"], "finalizers": [*known, self._finalizer]}
            one = self.client.update({**one, "metadata": metadata})
        return self._attach(key, one)

    def _own(self, one: Obj) -> tuple[Key, ...]:
        return (Key("", one["metadata"]["name"]),) if one["spec"]["attacher"] == self.farm.driver else ()

    def _attach(self, key: Key, one: Obj) -> After | None:
        node = one["spec"]["nodeName"]
        try:
            volume = self.client.get("PersistentVolume", one["spec"]["source"]["persistentVolumeName"])
            machine = self.machines.get(node)
            if machine is None:
                raise FarmError("NotFound", f"there is no machine {node}")
            modes = volume["spec"]["accessModes"]
            is_exclusive, read_only = not any(mode in SHARED for mode in modes), modes == ["ReadOnlyMany"]
            handle = volume["spec"]["csi"]["volumeHandle"]
            self.farm.attach(handle, machine, is_exclusive=is_exclusive, read_only=read_only)
        except (FarmError, NotFound) as problem:
            told = {"message": str(problem), "time": rfc3339(self.loop.now)}
            before = ((one.get("status") or {}).get("attachError") or {}).get("message")
            if before != told["message"]:
                self.client.patch_status(one, {"attached": False, "attachError": told})
            return self.later(key)
        self.went_well(key)
        self.client.patch_status(one, {"attached": True, "attachError": None})
        return None

    def _detach(self, key: Key, one: Obj, known: list[str]) -> After | None:
        wait = self.takes(key, "detach", DETACH_S)
        if wait is not None:
            return wait
        try:
            volume = self.client.get("PersistentVolume", one["spec"]["source"]["persistentVolumeName"])
            handle = volume["spec"]["csi"]["volumeHandle"]
        except NotFound:
            handle = one["spec"]["source"]["persistentVolumeName"]
        self.farm.detach(handle, one["spec"]["nodeName"])
        left = [each for each in known if each != self._finalizer]
        self.client.update({**one, "metadata": {**one["metadata"], "finalizers": left}})
        return None
