"""Claims and volumes as the scheduler reads them: which claims a pod has, which volume suits one on a node.

Source    pkg/scheduler/framework/plugins/volumebinding/binder.go (GetPodVolumeClaims, isPVCFullyBound);
          staging/src/k8s.io/component-helpers/storage/volume/pv_helpers.go (FindMatchingVolume, CheckNodeAffinity)
Left out  in-tree volumes that a CSI driver has taken over
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, NamedTuple

from k8slab.objects import is_leaving, matches, matches_node_term, size_bytes

__all__ = [
    "PodClaim",
    "class_of",
    "find_volume",
    "is_fully_bound",
    "is_reachable",
    "names_claim",
    "pod_claims",
    "size_of",
]

Obj = dict[str, Any]

BIND_COMPLETED = "pv.kubernetes.io/bind-completed"
BETA_CLASS = "volume.beta.kubernetes.io/storage-class"


class PodClaim(NamedTuple):
    """The name of a claim that a pod uses; an ephemeral one is made for the pod alone."""

    name: str
    is_ephemeral: bool = False


def pod_claims(pod: Obj) -> list[PodClaim]:
    """The claims that a pod uses."""
    found = []
    for volume in pod["spec"].get("volumes") or ():
        if "persistentVolumeClaim" in volume:
            found.append(PodClaim(volume["persistentVolumeClaim"]["claimName"]))
        elif "ephemeral" in volume:
            found.append(PodClaim(f"{pod['metadata']['name']}-{volume['name']}", is_ephemeral=True))
    return found


def names_claim(pod: Obj, claim: Obj) -> bool:
    """The pod uses this claim."""
    metadata = claim["metadata"]
    same = metadata.get("namespace") == pod["metadata"].get("namespace")
    return same and any(one.name == metadata["name"] for one in pod_claims(pod))


def class_of(obj: Obj) -> str:
    """The storage class that a claim or a volume names, "" for none."""
    annotations = obj["metadata"].get("annotations") or {}
    name: str = annotations.get(BETA_CLASS) or obj["spec"].get("storageClassName") or ""
    return name


def size_of(obj: Obj) -> int:
    """The bytes that a volume has, or that a claim asks for."""
    spec = obj["spec"]
    amounts = spec.get("capacity") or (spec.get("resources") or {}).get("requests") or {}
    return size_bytes(amounts.get("storage", 0))


def is_fully_bound(claim: Obj) -> bool:
    """The claim has its volume, and the binder has finished with it."""
    return bool(claim["spec"].get("volumeName")) and BIND_COMPLETED in (claim["metadata"].get("annotations") or {})


def is_reachable(volume: Obj, labels: Mapping[str, str]) -> bool:
    """A node with these labels can have the volume (the volume's nodeAffinity)."""
    required = (volume["spec"].get("nodeAffinity") or {}).get("required")
    if not required:
        return True
    return any(matches_node_term(term, labels, "") for term in required.get("nodeSelectorTerms") or ())


def find_volume(volumes: Iterable[Obj], claim: Obj, labels: Mapping[str, str], taken: Collection[str]) -> Obj | None:
    """The volume for a claim on a node with these labels: the one reserved for it, or the smallest that suits it.

    `taken` are names of volumes that another claim of the pod gets.
    """
    suitable = []
    for volume in volumes:
        if volume["metadata"]["name"] in taken or not _suits(volume, claim):
            continue
        if volume["spec"].get("claimRef"):
            return volume if is_reachable(volume, labels) else None
        if _is_free(volume, claim) and is_reachable(volume, labels):
            suitable.append(volume)
    return min(suitable, key=lambda volume: (size_of(volume), volume["metadata"]["name"]), default=None)


def _suits(volume: Obj, claim: Obj) -> bool:
    """Nobody else's, large enough, of the same mode, and not leaving."""
    ref, metadata = volume["spec"].get("claimRef"), claim["metadata"]
    if ref:
        is_meant = (ref.get("namespace"), ref.get("name")) == (metadata.get("namespace"), metadata["name"])
        if not is_meant or ref.get("uid", "") not in ("", metadata.get("uid", "")):
            return False
    given, wanted = volume["spec"], claim["spec"]
    if given.get("volumeMode", "Filesystem") != wanted.get("volumeMode", "Filesystem"):
        return False
    if (given.get("volumeAttributesClassName") or "") != (wanted.get("volumeAttributesClassName") or ""):
        return False
    return size_of(volume) >= size_of(claim) and not is_leaving(volume)


def _is_free(volume: Obj, claim: Obj) -> bool:
    """Available, of the class that is asked for, selected, with all access modes."""
    selector, modes = claim["spec"].get("selector"), volume["spec"].get("accessModes") or ()
    if (volume.get("status") or {}).get("phase") != "Available" or class_of(volume) != class_of(claim):
        return False
    if selector is not None and not matches(selector, volume["metadata"].get("labels") or {}):
        return False
    return all(mode in modes for mode in claim["spec"].get("accessModes") or ())
