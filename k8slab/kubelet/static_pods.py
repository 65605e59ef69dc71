"""Static pods: run from manifests on the node's disk whether or not there is an API, and mirrored there to be seen.

Watches   the mirror pods on its node.
Compares  the manifests on disk with the mirrors in the API.
Writes    mirror pods (create, delete).
Source    pkg/kubelet/config/common.go (applyDefaults, tryDecodeSinglePod), pkg/kubelet/pod/mirror_client.go
Left out  see manifest_folder.py
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from typing import TYPE_CHECKING, Any

from k8slab.kubelet.pod_worker import PodWorker
from k8slab.kubelet.volumes import references
from k8slab.objects import Key, is_leaving, key_of, rfc3339
from k8slab.wire import ApiError, NotFound

if TYPE_CHECKING:
    from k8slab.kubelet.kubelet import Kubelet

__all__ = [
    "MIRROR",
    "StaticPods",
    "static_pod",
]

Obj = dict[str, Any]

MIRROR, HASH = "kubernetes.io/config.mirror", "kubernetes.io/config.hash"
SEEN, SOURCE = "kubernetes.io/config.seen", "kubernetes.io/config.source"
RETRY_S = 5.0


def static_pod(manifest: Obj, node_name: str, now: float) -> Obj:
    """The pod that a manifest on a node's disk stands for. Raises ValueError when it is none, or needs the API."""
    metadata = manifest.get("metadata") or {}
    if manifest.get("kind") != "Pod" or not metadata.get("name") or not manifest.get("spec", {}).get("containers"):
        raise ValueError("a static pod's manifest is a Pod with a name and containers")
    referred = _reference(manifest["spec"])
    if referred:
        raise ValueError(f"static pods may not reference {referred}")
    digest = hashlib.md5(json.dumps([node_name, manifest], sort_keys=True).encode(), usedforsecurity=False).hexdigest()
    annotations = {HASH: digest, SEEN: rfc3339(now), SOURCE: "file"}
    spec = manifest["spec"]
    tolerations = [*(spec.get("tolerations") or ()), {"effect": "NoExecute", "operator": "Exists"}]
    return {
        **manifest,
        "metadata": {
            **metadata,
            "name": f"{metadata['name']}-{node_name.lower()}",
            "namespace": metadata.get("namespace") or "default",
            "uid": digest,
            "annotations": {**(metadata.get("annotations") or {}), **annotations},
        },
        "spec": {**spec, "nodeName": node_name, "tolerations": tolerations},
    }


def _reference(spec: Obj) -> str:
    """The first kind of API object that a pod refers to, "" when it stands on its own."""
    if spec.get("serviceAccountName"):
        return "serviceaccounts"
    every = (*spec["containers"], *(spec.get("initContainers") or ()))
    sources = [source for one in every for source in one.get("envFrom") or ()]
    sources += [variable.get("valueFrom") or {} for one in every for variable in one.get("env") or ()]
    fields = {field for source in sources for field in source if source[field]}
    kinds = {kind for volume in spec.get("volumes") or () for kind, _ in references(volume)}
    if "Secret" in kinds or fields & {"secretRef", "secretKeyRef"} or spec.get("imagePullSecrets"):
        return "secrets"
    if "ConfigMap" in kinds or fields & {"configMapRef", "configMapKeyRef"}:
        return "configmaps"
    is_claimed = any("persistentVolumeClaim" in volume for volume in spec.get("volumes") or ())
    return "persistentvolumeclaims" if is_claimed else ""


class StaticPods:
    """The static pods of one node and their mirrors."""

    def __init__(self, kubelet: Kubelet) -> None:
        self._kubelet = kubelet
        self._workers: dict[Key, PodWorker] = {}
        self._mirrors: dict[Key, Obj] = {}

    def add(self, manifest: Obj) -> Key:
        """Run the pod of a manifest and answer its key; one of the same name is replaced. Raises ValueError."""
        kubelet = self._kubelet
        pod = static_pod(manifest, kubelet.vm.name, kubelet.scope.now)
        key = key_of(pod)
        known = self._workers.get(key)
        if known is not None and known.uid == pod["metadata"]["uid"]:
            return key
        self._drop(key)
        worker = self._workers[key] = PodWorker(kubelet, pod, is_static=True)
        kubelet.run(worker)
        self.reflect(key)
        return key

    def drop(self, key: Key) -> None:
        """Run this pod no longer."""
        self._drop(key)
        self.reflect(key)

    def mirror_changed(self, key: Key, mirror: Obj | None) -> None:
        """The API has another version of a mirror pod."""
        if mirror is None:
            self._mirrors.pop(key, None)
        else:
            self._mirrors[key] = mirror
        self.reflect(key)

    def reflect(self, key: Key) -> None:
        """Bring the mirror of a static pod to what it should be."""
        worker, mirror = self._workers.get(key), self._mirrors.get(key)
        if not self._kubelet.is_registered:
            return
        is_right = worker is not None and mirror is not None and _digest(mirror) == worker.uid
        try:
            if mirror is not None and (not is_right or is_leaving(mirror)):
                self._delete(mirror)
            elif mirror is None and worker is not None:
                self._create(worker)
        except ApiError:
            self._kubelet.scope.call_later(RETRY_S, self.reflect, key, background=True)
        if worker is not None:
            worker.mirrored(mirror if is_right else None)

    def reflect_all(self) -> None:
        """Have mirrors of everything (the API can be reached now)."""
        for key in list(self._workers):
            self.reflect(key)

    def _create(self, worker: PodWorker) -> None:
        pod, owner = worker.pod, self._kubelet.node_reference
        metadata = {name: value for name, value in pod["metadata"].items() if name != "uid"}
        metadata["annotations"] = {**metadata["annotations"], MIRROR: worker.uid}
        metadata["ownerReferences"] = [owner]
        self._kubelet.client.create({**pod, "metadata": metadata})

    def _delete(self, mirror: Obj) -> None:
        metadata = mirror["metadata"]
        name, namespace, uid = metadata["name"], metadata["namespace"], metadata["uid"]
        with contextlib.suppress(NotFound):
            self._kubelet.client.delete("Pod", name, namespace, grace_s=0, uid=uid)

    def _drop(self, key: Key) -> None:
        worker = self._workers.pop(key, None)
        if worker is not None:
            worker.removed()


def _digest(mirror: Obj) -> str:
    digest: str = (mirror["metadata"].get("annotations") or {}).get(MIRROR, "")
    return digest
