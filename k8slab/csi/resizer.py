"""Make volumes larger when their claims ask for more.

Watches   PersistentVolumeClaims that are bound to volumes of the driver.
Compares  the size that a claim asks for with the capacity that it has.
Writes    the capacity of the volume; conditions of the claim (Resizing, FileSystemResizePending), its capacity; Events.
Source    kubernetes-csi/external-resizer (pkg/controller/controller.go, expand_and_recover.go)
Left out  status.allocatedResources and taking a wish that cannot be met back; modifying volumes by attributes classes
"""

from __future__ import annotations

from typing import Any

from k8slab.client import After, Client, Informers
from k8slab.clock import Scheduling
from k8slab.csi.driver import DriverController, Machines
from k8slab.objects import Key, get_condition, is_leaving, rfc3339, size_bytes, with_condition
from k8slab.world import Farm, FarmError

__all__ = ["Resizer"]

Obj = dict[str, Any]

GROW_S = 1.0  # an assumption
GIB = 1024**3
RESTART = "Waiting for user to (re-)start a pod to finish file system resize of volume on node."


class Resizer(DriverController):
    """Its keys are claims."""

    name = "external-resizer"

    def __init__(self, client: Client, informers: Informers, loop: Scheduling, farm: Farm, machines: Machines) -> None:
        super().__init__(client, informers, loop, farm, machines)
        self.volumes = self.informer("PersistentVolume")
        self.claims = self.watch("PersistentVolumeClaim", _key_of)

    def reconcile(self, key: Key) -> After | None:
        """Take one step towards the size that the claim asks for."""
        claim = self.claims.get(key)
        volume = self.volumes.get(Key("", claim["spec"].get("volumeName") or "")) if claim is not None else None
        if claim is None or volume is None or is_leaving(claim):
            return None
        if (volume["spec"].get("csi") or {}).get("driver") != self.farm.driver or _wanted(claim) <= _granted(claim):
            return None
        if get_condition(claim, "FileSystemResizePending") is not None and _wanted(claim) <= _size(volume):
            return None  # the rest is up to the kubelet
        return self._grow(key, claim, volume)

    def _grow(self, key: Key, claim: Obj, volume: Obj) -> After | None:
        name, early = volume["metadata"]["name"], self.too_early(key)
        if early is not None:
            return early
        if (key, "grow") not in self._due:
            self.recorder.event(claim, "Normal", "Resizing", f"External resizer is resizing volume {name}")
            self._condition(claim, "Resizing", "")
        wait = self.takes(key, "grow", GROW_S)
        if wait is not None:
            return wait
        try:
            size = self.farm.grow(volume["spec"]["csi"]["volumeHandle"], -(-_wanted(claim) // GIB) * GIB)
        except FarmError as problem:
            text = f'resize volume "{name}" by resizer "{self.farm.driver}" failed: {problem}'
            self.recorder.event(claim, "Warning", "VolumeResizeFailed", text)
            return self.later(key)
        self.went_well(key)
        capacity = {"storage": f"{size // GIB}Gi"}
        self.client.patch("PersistentVolume", name, "", {"spec": {"capacity": capacity}})
        if self.farm.is_shared:
            left = [one for one in _conditions(claim) if one["type"] != "Resizing"]
            self.client.patch_status(claim, {"capacity": capacity, "conditions": left or None})
            self.recorder.event(claim, "Normal", "VolumeResizeSuccessful", "Resize volume succeeded")
            return None
        self._condition(claim, "FileSystemResizePending", RESTART)
        text = "Require file system resize of volume on node"
        self.recorder.event(claim, "Normal", "FileSystemResizeRequired", text)
        return None

    def _condition(self, claim: Obj, type_: str, message: str) -> None:
        now, mine = rfc3339(self.loop.now), ("Resizing", "FileSystemResizePending")
        others = [one for one in _conditions(claim) if one["type"] not in mine]
        wanted = {"type": type_, "status": "True", "lastProbeTime": None, **({"message": message} if message else {})}
        self.client.patch_status(claim, {"conditions": with_condition(others, wanted, now)})


def _key_of(claim: Obj) -> tuple[Key, ...]:
    """Only a claim that asks for more than it has is looked at."""
    is_bound = bool(claim["spec"].get("volumeName")) and _granted(claim) > 0
    metadata = claim["metadata"]
    return (Key(metadata["namespace"], metadata["name"]),) if is_bound and _wanted(claim) > _granted(claim) else ()


def _conditions(claim: Obj) -> list[Obj]:
    return (claim.get("status") or {}).get("conditions") or []


def _wanted(claim: Obj) -> int:
    return size_bytes(claim["spec"]["resources"]["requests"]["storage"])


def _granted(claim: Obj) -> int:
    return size_bytes(((claim.get("status") or {}).get("capacity") or {}).get("storage", 0))


def _size(volume: Obj) -> int:
    return size_bytes(volume["spec"]["capacity"]["storage"])
