"""Give every claim a volume: one that is there, or one that a provisioner is asked to make; reclaim what is let go of.

Watches   PersistentVolumeClaims, PersistentVolumes, StorageClasses; Pods that wait for a claim.
Compares  what a claim asks for with the volumes that are free; the claim of a volume with the claims there are.
Writes    claimRef, volumeName and their annotations, both phases, Events; deletes a hostPath volume of /tmp.
Source    pkg/controller/volume/persistentvolume/pv_controller.go (syncClaim, syncVolume, provisionClaim, reclaimVolume)
Left out  the pods that scrub a volume (Recycle: it becomes Failed); migration of in-tree drivers to CSI
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from k8slab.client import After, Client, Controller, Informers, Recorder
from k8slab.clock import Scheduling
from k8slab.controllers.persistent_volume_binding import Binding
from k8slab.controllers.persistent_volume_match import best_match, is_bound_to, mismatch
from k8slab.controllers.persistent_volumes import (
    BIND_COMPLETED,
    PROVISIONED_BY,
    SELECTED_NODE,
    annotations_of,
    claims_of,
    class_of,
)
from k8slab.objects import Key
from k8slab.wire import NotFound

__all__ = ["PersistentVolumeBinder"]

Obj = dict[str, Any]

RESYNC_S = 15.0  # --pvclaimbinder-sync-period
PROVISIONERS = ("volume.beta.kubernetes.io/storage-provisioner", "volume.kubernetes.io/storage-provisioner")
DEFAULT_MARKS = ("storageclass.kubernetes.io/is-default-class", "storageclass.beta.kubernetes.io/is-default-class")
NO_CLASS = "no persistent volumes available for this claim and no storage class is set"
WAITING = (
    "Waiting for a volume to be created either by the external provisioner '{}' or manually by the system "
    "administrator. If volume creation is delayed, please verify that the provisioner is running and correctly "
    "registered."
)
NO_REFERENCE = "Bound claim has lost reference to PersistentVolume. Data on the volume is lost!"
NO_VOLUME = "Bound claim has lost its PersistentVolume. Data on the volume is lost!"
TWO_CLAIMS = "Two claims are bound to the same volume, this one is bound incorrectly"


def _keys_of_claim(claim: Obj) -> Iterable[Key]:
    """Itself, and the volume that it names."""
    metadata, name = claim["metadata"], claim["spec"].get("volumeName")
    yield Key(metadata["namespace"], metadata["name"])
    if name:
        yield Key("", name)


def _keys_of_volume(volume: Obj) -> Iterable[Key]:
    """Itself, and the claim for which it is."""
    yield Key("", volume["metadata"]["name"])
    ref = volume["spec"].get("claimRef")
    if ref:
        yield Key(ref.get("namespace", ""), ref.get("name", ""))


class PersistentVolumeBinder(Controller):
    """Its keys are claims, and volumes (without a namespace)."""

    name = "persistent-volume-binder"
    watches = {"PersistentVolumeClaim": _keys_of_claim, "PersistentVolume": _keys_of_volume}

    def __init__(self, client: Client, informers: Informers, loop: Scheduling) -> None:
        super().__init__(client, informers, loop)
        self.claims = self.informer("PersistentVolumeClaim")
        self.volumes = self.informer("PersistentVolume")
        self.classes = self.informer("StorageClass")
        self.pods = informers.of("Pod")
        self.pods.add_index("claim", claims_of)
        self.recorder = Recorder(client, loop, "persistentvolume-controller")
        self.binding = Binding(client, self.recorder, loop)
        self._pending: dict[Key, float] = {}
        self.volumes.on_change(self._supply_changed)
        self.classes.on_change(self._supply_changed)

    def reconcile(self, key: Key) -> After | None:
        """Bring a claim to a volume, or a volume to what its claim leaves of it."""
        if not key.namespace:
            volume = self.volumes.get(key)
            return self._volume(volume) if volume is not None else None
        claim = self.claims.get(key)
        self._pending.pop(key, None)
        if claim is None:
            return None
        if BIND_COMPLETED in annotations_of(claim):
            self._bound(claim)
            return None
        if self._unbound(claim):
            return None
        self._pending[key] = self.loop.now + RESYNC_S
        return After(RESYNC_S, background=True)

    def _supply_changed(self, old: Obj | None, new: Obj | None) -> None:
        """The next look at the claims that wait is no more a look at what was there before."""
        for key, when in self._pending.items() if new is not None else ():
            self.queue.add_after(key, max(when - self.loop.now - 0.001, 0.0))

    # Claims

    def _unbound(self, claim: Obj) -> bool:
        """Bind it if that can be; True when nothing is left to be done for it here."""
        if claim["spec"].get("volumeName"):
            return self._as_asked(claim, claim["spec"]["volumeName"])
        storage_class = self.classes.get(Key("", class_of(claim)))
        is_delayed = (storage_class or {}).get("volumeBindingMode") == "WaitForFirstConsumer"
        volume = best_match(self.volumes.list(), claim, is_delayed=is_delayed)
        if volume is not None:
            self.binding.bind(volume, claim)
            return True
        if self._gets_default_class(claim):
            return True
        if is_delayed and SELECTED_NODE not in annotations_of(claim):
            self._say_what_it_waits_for(claim)
        elif class_of(claim):
            self._ask_provisioner(claim, storage_class)
            return False
        else:
            self.recorder.event(claim, "Normal", "FailedBinding", NO_CLASS)
        self.binding.claim_is(claim, "Pending")
        return False

    def _as_asked(self, claim: Obj, name: str) -> bool:
        volume = self.volumes.get(Key("", name))
        if volume is not None and not volume["spec"].get("claimRef"):
            problem = mismatch(volume, claim)
            if not problem:
                self.binding.bind(volume, claim)
                return True
            text = f'Cannot bind to requested volume "{name}": {problem}'
            self.recorder.event(claim, "Warning", "VolumeMismatch", text)
        elif volume is not None and is_bound_to(volume, claim):
            self.binding.bind(volume, claim)
            return True
        elif volume is not None:
            text = f'volume "{name}" already bound to a different claim.'
            self.recorder.event(claim, "Warning", "FailedBinding", text)
        self.binding.claim_is(claim, "Pending")
        return False

    def _bound(self, claim: Obj) -> None:
        name = claim["spec"].get("volumeName")
        volume = self.volumes.get(Key("", name)) if name else None
        if volume is None:
            self.binding.claim_is_lost(claim, "ClaimLost", NO_VOLUME if name else NO_REFERENCE)
        elif not volume["spec"].get("claimRef") or volume["spec"]["claimRef"].get("uid") == claim["metadata"]["uid"]:
            self.binding.bind(volume, claim)
        else:
            self.binding.claim_is_lost(claim, "ClaimMisbound", TWO_CLAIMS)

    def _gets_default_class(self, claim: Obj) -> bool:
        """A claim older than the default class gets it all the same."""
        if claim["spec"].get("storageClassName") is not None or class_of(claim):
            return False
        marked = [each for each in self.classes.list() if _is_default(each)]
        if not marked:
            return False
        newest = max(each["metadata"]["creationTimestamp"] for each in marked)
        name = min(each["metadata"]["name"] for each in marked if each["metadata"]["creationTimestamp"] == newest)
        self.client.update({**claim, "spec": {**claim["spec"], "storageClassName": name}})
        return True

    def _say_what_it_waits_for(self, claim: Obj) -> None:
        users = self.pods.by_index("claim", f"{claim['metadata']['namespace']}/{claim['metadata']['name']}")
        names = sorted(pod["metadata"]["name"] for pod in users if not pod["spec"].get("nodeName"))
        if names:
            text = f"waiting for pod{'s' * (len(names) > 1)} {','.join(names)} to be scheduled"
            self.recorder.event(claim, "Normal", "WaitForPodScheduled", text)
        else:
            text = "waiting for first consumer to be created before binding"
            self.recorder.event(claim, "Normal", "WaitForFirstConsumer", text)

    def _ask_provisioner(self, claim: Obj, storage_class: Obj | None) -> None:
        """Have the driver that the class names see that the claim is meant for it."""
        if storage_class is None:
            text = f'storageclass.storage.k8s.io "{class_of(claim)}" not found'
            self.recorder.event(claim, "Warning", "ProvisioningFailed", text)
            return
        provisioner = storage_class["provisioner"]
        if provisioner.startswith("kubernetes.io/"):
            text = f"no volume plugin matched name: {provisioner}"
            self.recorder.event(claim, "Warning", "ProvisioningFailed", text)
            return
        marks = dict.fromkeys(PROVISIONERS, provisioner)
        if marks.items() - annotations_of(claim).items():
            metadata = {**claim["metadata"], "annotations": {**annotations_of(claim), **marks}}
            claim = self.client.update({**claim, "metadata": metadata})
        self.recorder.event(claim, "Normal", "ExternalProvisioning", WAITING.format(provisioner))

    # Volumes

    def _volume(self, volume: Obj) -> After | None:
        ref, name = volume["spec"].get("claimRef"), volume["metadata"]["name"]
        if not ref or not ref.get("uid"):
            self.binding.volume_is(volume, "Available")
            return None
        claim = self._claim_of(ref)
        if claim is None:
            return self._released(volume)
        is_for = claim["spec"].get("volumeName")
        if not is_for:
            self.queue.add(Key(ref["namespace"], ref["name"]))
        elif is_for == name:
            self.binding.volume_is(volume, "Bound")
        elif PROVISIONED_BY in annotations_of(volume) and _policy(volume) == "Delete":
            return self._released(volume)
        else:
            self.binding.unbind(volume)
        return None

    def _claim_of(self, ref: Obj) -> Obj | None:
        """The claim that is meant, None when it is gone, and perhaps another bears its name."""
        claim = self.claims.get(Key(ref["namespace"], ref["name"]))
        if claim is None:
            try:
                claim = self.client.get("PersistentVolumeClaim", ref["name"], ref["namespace"])
            except NotFound:
                return None
        return claim if claim["metadata"]["uid"] == ref["uid"] else None

    def _released(self, volume: Obj) -> After | None:
        """Nobody has a claim on it any more: do as its policy says."""
        phase = (volume.get("status") or {}).get("phase")
        if phase not in ("Released", "Failed"):
            self.binding.volume_is(volume, "Released")
            return None  # that change brings it back here
        if _policy(volume) == "Recycle":
            self.binding.volume_is(volume, "Failed", "VolumeFailedRecycle", "No recycler plugin found for the volume!")
        elif _policy(volume) == "Delete" and PROVISIONED_BY not in annotations_of(volume):
            self._delete(volume)
        return None

    def _delete(self, volume: Obj) -> None:
        name, path = volume["metadata"]["name"], (volume["spec"].get("hostPath") or {}).get("path", "")
        if path.startswith("/tmp/"):
            self.client.delete("PersistentVolume", name)
            return
        problem = f'error getting deleter volume plugin for volume "{name}": no deletable volume plugin matched'
        if path:
            problem = f"host_path deleter only supports /tmp/.+ but received provided {path}"
        self.binding.volume_is(volume, "Failed", "VolumeFailedDelete", problem)


def _is_default(storage_class: Obj) -> bool:
    return any(annotations_of(storage_class).get(mark) == "true" for mark in DEFAULT_MARKS)


def _policy(volume: Obj) -> str:
    return volume["spec"].get("persistentVolumeReclaimPolicy") or "Retain"
