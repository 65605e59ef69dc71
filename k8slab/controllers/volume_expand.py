"""Say of a claim that asks for more that its driver is expected to see to it.

Watches   PersistentVolumeClaims and PersistentVolumes.
Compares  the size that a bound claim asks for with its capacity.
Writes    Events.
Source    pkg/controller/volume/expand/expand_controller.go (syncHandler)
Left out  volumes that are no CSI volumes: none of them can grow any more
"""

from __future__ import annotations

from typing import Any

from k8slab.client import After, Client, Controller, Informers, Recorder
from k8slab.clock import Scheduling
from k8slab.objects import Key, size_bytes

__all__ = ["VolumeExpandController"]

Obj = dict[str, Any]

WAITING = "waiting for an external controller to expand this PVC"


def _key_of(claim: Obj) -> tuple[Key, ...]:
    """Only a bound claim that asks for more than it has is looked at."""
    wanted = size_bytes(claim["spec"]["resources"]["requests"]["storage"])
    has = size_bytes(((claim.get("status") or {}).get("capacity") or {}).get("storage", 0))
    metadata = claim["metadata"]
    return (Key(metadata["namespace"], metadata["name"]),) if 0 < has < wanted else ()


class VolumeExpandController(Controller):
    """Its keys are claims."""

    name = "expand-controller"

    def __init__(self, client: Client, informers: Informers, loop: Scheduling) -> None:
        super().__init__(client, informers, loop)
        self.volumes = self.informer("PersistentVolume")
        self.claims = self.watch("PersistentVolumeClaim", _key_of)
        self.recorder = Recorder(client, loop, "volume_expand")
        self._told: dict[Key, str] = {}

    def reconcile(self, key: Key) -> After | None:
        """Tell it, once for each wish."""
        claim = self.claims.get(key)
        volume = self.volumes.get(Key("", claim["spec"].get("volumeName") or "")) if claim is not None else None
        if claim is None or volume is None or not _key_of(claim) or not volume["spec"].get("csi"):
            self._told.pop(key, None)
            return None
        wish = str(claim["spec"]["resources"]["requests"]["storage"])
        if self._told.get(key) != wish:
            self._told[key] = wish
            self.recorder.event(claim, "Normal", "ExternalExpanding", WAITING)
        return None
