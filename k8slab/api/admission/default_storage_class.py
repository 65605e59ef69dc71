"""DefaultStorageClass: a claim that names no class gets the one marked as default, the newest of several.

Source    plugin/pkg/admission/storage/storageclass/setdefault/admission.go; pkg/volume/util/storageclass.go
"""

from __future__ import annotations

from typing import Any

from k8slab.api.admission.attempt import Cluster

__all__ = ["with_default_class"]

Obj = dict[str, Any]

MARKS = ("storageclass.kubernetes.io/is-default-class", "storageclass.beta.kubernetes.io/is-default-class")
BETA_NAME = "volume.beta.kubernetes.io/storage-class"


def with_default_class(cluster: Cluster, claim: Obj) -> Obj:
    """The claim with a class, if it names none and there is a default."""
    spec = claim.get("spec") or {}
    if spec.get("storageClassName") is not None or BETA_NAME in (claim["metadata"].get("annotations") or {}):
        return claim
    classes = [each for each in cluster.list("StorageClass") if _is_default(each)]
    if not classes:
        return claim
    newest = max(each["metadata"]["creationTimestamp"] for each in classes)
    name = min(each["metadata"]["name"] for each in classes if each["metadata"]["creationTimestamp"] == newest)
    return {**claim, "spec": {**spec, "storageClassName": name}}


def _is_default(storage_class: Obj) -> bool:
    annotations = storage_class["metadata"].get("annotations") or {}
    return any(annotations.get(mark) == "true" for mark in MARKS)
