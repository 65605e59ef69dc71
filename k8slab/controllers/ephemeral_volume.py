"""Make the claim of every ephemeral volume of a Pod; it goes with the Pod, which owns it.

Watches   Pods and PersistentVolumeClaims.
Compares  the ephemeral volumes of a Pod with the claims called `<pod>-<volume>`.
Writes    creates PersistentVolumeClaims; Events.
Source    pkg/controller/volume/ephemeral/controller.go (handleVolume);
          staging/src/k8s.io/component-helpers/storage/ephemeral/ephemeral.go (VolumeIsForPod)
Left out  metrics
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from k8slab.client import After, Client, Controller, Informers, Recorder, owner_key
from k8slab.clock import Scheduling
from k8slab.objects import Key, is_leaving, owned_by, owner_reference
from k8slab.wire import ApiError, Conflict

__all__ = ["EphemeralVolumeController"]

Obj = dict[str, Any]


def _keys_of_pod(pod: Obj) -> Iterable[Key]:
    if _ephemeral(pod):
        yield Key(pod["metadata"]["namespace"], pod["metadata"]["name"])


def _ephemeral(pod: Obj) -> list[Obj]:
    return [volume for volume in pod["spec"].get("volumes") or () if volume.get("ephemeral")]


class EphemeralVolumeController(Controller):
    """Its keys are Pods."""

    name = "ephemeral-volume-controller"
    watches = {"Pod": _keys_of_pod, "PersistentVolumeClaim": owner_key("Pod")}

    def __init__(self, client: Client, informers: Informers, loop: Scheduling) -> None:
        super().__init__(client, informers, loop)
        self.pods = self.informer("Pod")
        self.claims = self.informer("PersistentVolumeClaim")
        self.recorder = Recorder(client, loop, "ephemeral_volume")

    def reconcile(self, key: Key) -> After | None:
        """Make the claims that a Pod lacks."""
        pod = self.pods.get(key)
        if pod is None or is_leaving(pod):
            return None
        for volume in _ephemeral(pod):
            self._make(pod, volume)
        return None

    def _make(self, pod: Obj, volume: Obj) -> None:
        metadata = pod["metadata"]
        name = f"{metadata['name']}-{volume['name']}"
        known = self.claims.get(Key(metadata["namespace"], name))
        if known is not None and not owned_by(known, pod):
            text = (
                f"PVC {metadata['namespace']}/{name} was not created for pod {metadata['namespace']}/{metadata['name']}"
            )
            raise Conflict(f"{text} (pod is not owner)")
        if known is not None:
            return
        template = volume["ephemeral"]["volumeClaimTemplate"]
        own = {"name": name, "namespace": metadata["namespace"], "ownerReferences": [owner_reference(pod)]}
        claim = {"metadata": {**(template.get("metadata") or {}), **own}, "spec": template["spec"]}
        try:
            self.client.create({"apiVersion": "v1", "kind": "PersistentVolumeClaim", **claim})
        except ApiError as error:
            text = f"ephemeral volume controller failed to create PVC: {error}"
            self.recorder.event(pod, "Warning", "FailedBinding", text)
            raise
