"""Keep a claim that a Pod uses, and a volume that is bound, from going: their finalizers go when nobody needs them.

Watches   PersistentVolumeClaims and the Pods that mount them; PersistentVolumes.
Compares  what is leaving with the Pods on nodes that mount it; the phase of a leaving volume with Bound.
Writes    the finalizers kubernetes.io/pvc-protection and kubernetes.io/pv-protection.
Source    pkg/controller/volume/pvcprotection/pvc_protection_controller.go,
          pkg/controller/volume/pvprotection/pv_protection_controller.go
Left out  asking the server once more which Pods there are: the cache has seen them all
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from k8slab.client import After, Client, Controller, Informers, own_key
from k8slab.clock import Scheduling
from k8slab.controllers.persistent_volumes import (
    claims_of,
)
from k8slab.objects import Key, is_leaving

__all__ = [
    "ClaimProtection",
    "VolumeProtection",
]

Obj = dict[str, Any]

CLAIM_FINALIZER, VOLUME_FINALIZER = "kubernetes.io/pvc-protection", "kubernetes.io/pv-protection"


def _claim_keys(pod: Obj) -> Iterable[Key]:
    return (Key(*name.split("/")) for name in claims_of(pod))


class ClaimProtection(Controller):
    """Its keys are claims. A Pod that has no node yet does not count: no kubelet would start it."""

    name = "pvc-protection-controller"
    watches = {"PersistentVolumeClaim": own_key, "Pod": _claim_keys}

    def __init__(self, client: Client, informers: Informers, loop: Scheduling) -> None:
        super().__init__(client, informers, loop)
        self.claims = self.informer("PersistentVolumeClaim")
        self.pods = self.informer("Pod")
        self.pods.add_index("claim", claims_of)

    def reconcile(self, key: Key) -> After | None:
        """Hold a claim as long as it is used."""
        claim = self.claims.get(key)
        if claim is not None and is_leaving(claim):
            users = self.pods.by_index("claim", f"{key.namespace}/{key.name}")
            if not any(pod["spec"].get("nodeName") for pod in users):
                _let_go(self.client, claim, CLAIM_FINALIZER)
        elif claim is not None:
            _hold(self.client, claim, CLAIM_FINALIZER)
        return None


class VolumeProtection(Controller):
    """Its keys are volumes."""

    name = "pv-protection-controller"
    watches = {"PersistentVolume": own_key}

    def __init__(self, client: Client, informers: Informers, loop: Scheduling) -> None:
        super().__init__(client, informers, loop)
        self.volumes = self.informer("PersistentVolume")

    def reconcile(self, key: Key) -> After | None:
        """Hold a volume as long as it is bound."""
        volume = self.volumes.get(key)
        if volume is not None and is_leaving(volume):
            if (volume.get("status") or {}).get("phase") != "Bound":
                _let_go(self.client, volume, VOLUME_FINALIZER)
        elif volume is not None:
            _hold(self.client, volume, VOLUME_FINALIZER)
        return None


def _hold(client: Client, obj: Obj, finalizer: str) -> None:
    """What was there before the server gave everything of its kind the finalizer."""
    known = obj["metadata"].get("finalizers") or []
    if finalizer not in known:
        client.update({**obj, "metadata": {**obj["metadata"], "finalizers": [*known, finalizer]}})


def _let_go(client: Client, obj: Obj, finalizer: str) -> None:
    known = obj["metadata"].get("finalizers") or []
    if finalizer in known:
        left = [one for one in known if one != finalizer]
        client.update({**obj, "metadata": {**obj["metadata"], "finalizers": left}})
