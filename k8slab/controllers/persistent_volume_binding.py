"""The four writes that bind a claim and a volume to each other, and those that tell of their phases.

Source    pkg/controller/volume/persistentvolume/pv_controller.go (bind, unbindVolume, updateClaimStatus,
          updateVolumePhaseWithEvent)
"""

from __future__ import annotations

from typing import Any

from k8slab.client import Client, Recorder
from k8slab.clock import Scheduling
from k8slab.controllers.persistent_volume_match import is_bound_to
from k8slab.controllers.persistent_volumes import (
    BIND_COMPLETED,
    BOUND_BY_CONTROLLER,
    annotations_of,
)
from k8slab.objects import rfc3339, size_bytes

__all__ = ["Binding"]

Obj = dict[str, Any]


class Binding:
    """Writes what binds; each step is left out when it has been taken."""

    def __init__(self, client: Client, recorder: Recorder, loop: Scheduling) -> None:
        self._client = client
        self._recorder = recorder
        self._loop = loop

    def bind(self, volume: Obj, claim: Obj) -> None:
        """Bind them: the volume first, then its phase, then the claim, then its status. Raises Conflict, ApiError."""
        volume = self._bound_volume(volume, claim)
        self.volume_is(volume, "Bound")
        claim = self._bound_claim(claim, volume)
        self.claim_is(claim, "Bound", volume)

    def unbind(self, volume: Obj) -> None:
        """Take a binding back; a reservation that a person made stays one."""
        metadata, spec = volume["metadata"], volume["spec"]
        if BOUND_BY_CONTROLLER in annotations_of(volume):
            left = {name: text for name, text in annotations_of(volume).items() if name != BOUND_BY_CONTROLLER}
            metadata = {**metadata, "annotations": left}
            spec = {name: value for name, value in spec.items() if name != "claimRef"}
        else:
            ref = {name: value for name, value in spec["claimRef"].items() if name != "uid"}
            spec = {**spec, "claimRef": ref}
        volume = self._client.update({**volume, "metadata": metadata, "spec": spec})
        self.volume_is(volume, "Available")

    def volume_is(self, volume: Obj, phase: str, reason: str = "", message: str = "") -> None:
        """Write the phase of a volume if it is another; with a reason, a warning tells of it."""
        if (volume.get("status") or {}).get("phase") == phase:
            return
        since = rfc3339(self._loop.now)
        status = {"phase": phase, "message": message or None, "lastPhaseTransitionTime": since}
        self._client.patch_status(volume, status)
        if reason:
            self._recorder.event(volume, "Warning", reason, message)

    def claim_is(self, claim: Obj, phase: str, volume: Obj | None = None) -> None:
        """Write the phase of a claim, and what it has got."""
        before, status = claim.get("status") or {}, {"phase": phase}
        wanted: Obj = {**status, "accessModes": None, "capacity": None}
        if volume is not None:
            capacity = self._capacity(volume, before)
            wanted |= {"accessModes": volume["spec"]["accessModes"], "capacity": capacity}
        changed = {name: value for name, value in wanted.items() if before.get(name) != value}
        if changed:
            self._client.patch_status(claim, changed)

    def claim_is_lost(self, claim: Obj, reason: str, message: str) -> None:
        """Tell, once, that a claim has lost its volume."""
        if (claim.get("status") or {}).get("phase") != "Lost":
            self.claim_is(claim, "Lost")
            self._recorder.event(claim, "Warning", reason, message)

    def _capacity(self, volume: Obj, before: Obj) -> Obj:
        """What the claim got at first: a volume that has grown is the matter of who resizes it."""
        known: Obj = before.get("capacity") or {}
        if before.get("phase") == "Bound" and size_bytes(known.get("storage", 0)):
            return known
        capacity: Obj = volume["spec"]["capacity"]
        return capacity

    def _bound_volume(self, volume: Obj, claim: Obj) -> Obj:
        metadata, ref = claim["metadata"], volume["spec"].get("claimRef") or {}
        marks = {} if is_bound_to(volume, claim) else {BOUND_BY_CONTROLLER: "yes"}
        if ref.get("uid") == metadata["uid"] and not marks.keys() - annotations_of(volume).keys():
            return volume
        wanted = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "namespace": metadata["namespace"]}
        wanted |= {"name": metadata["name"], "uid": metadata["uid"], "resourceVersion": metadata["resourceVersion"]}
        return self._client.update({**_marked(volume, marks), "spec": {**volume["spec"], "claimRef": wanted}})

    def _bound_claim(self, claim: Obj, volume: Obj) -> Obj:
        name = volume["metadata"]["name"]
        marks = {BIND_COMPLETED: "yes"}
        if claim["spec"].get("volumeName") != name:
            marks[BOUND_BY_CONTROLLER] = "yes"
        elif BIND_COMPLETED in annotations_of(claim):
            return claim
        return self._client.update({**_marked(claim, marks), "spec": {**claim["spec"], "volumeName": name}})


def _marked(obj: Obj, marks: Obj) -> Obj:
    if not marks:
        return obj
    annotations = {**annotations_of(obj), **marks}
    return {**obj, "metadata": {**obj["metadata"], "annotations": annotations}}
