"""Which volume suits a claim: large enough, of its class and mode, meant by its selector, free; the smallest of them.

Source    pkg/controller/volume/persistentvolume/index.go (findByClaim, allPossibleMatchingAccessModes),
          pv_controller.go (checkVolumeSatisfyClaim); staging/src/k8s.io/component-helpers/storage/volume/pv_helpers.go
          (FindMatchingVolume, IsVolumeBoundToClaim)
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from k8slab.controllers.persistent_volumes import class_of, size_of
from k8slab.objects import is_leaving, matches

__all__ = [
    "best_match",
    "is_bound_to",
    "is_multi_attachable",
    "mismatch",
]

Obj = dict[str, Any]

SHARED = ("ReadWriteMany", "ReadOnlyMany")


def is_bound_to(volume: Obj, claim: Obj) -> bool:
    """The volume is reserved for this claim, by its name and, if it says one, by its uid."""
    ref, metadata = volume["spec"].get("claimRef"), claim["metadata"]
    if not ref or (ref.get("namespace"), ref.get("name")) != (metadata["namespace"], metadata["name"]):
        return False
    return ref.get("uid", "") in ("", metadata["uid"])


def is_multi_attachable(volume: Obj) -> bool:
    """Several nodes may have the volume at once."""
    return any(mode in SHARED for mode in volume["spec"].get("accessModes") or ())


def mismatch(volume: Obj, claim: Obj) -> str:
    """Why a claim cannot have the very volume that it asks for, "" when it can."""
    after, wanted = volume["spec"], claim["spec"]
    if is_leaving(volume):
        return f'the volume is marked for deletion "{volume["metadata"]["name"]}"'
    if size_of(volume) < size_of(claim):
        return "requested PV is too small"
    if class_of(volume) != class_of(claim):
        return "storageClassName does not match"
    if (after.get("volumeAttributesClassName") or "") != (wanted.get("volumeAttributesClassName") or ""):
        return "volumeAttributesClassName does not match"
    if _mode(volume) != _mode(claim):
        return "incompatible volumeMode"
    return "" if _has_modes(volume, claim) else "incompatible accessMode"


def best_match(volumes: Iterable[Obj], claim: Obj, *, is_delayed: bool) -> Obj | None:
    """The volume for a claim, None for none: of those with the fewest access modes the smallest.

    One that is reserved for the claim comes first; for a claim that waits for its first consumer only such a one.
    """
    groups: dict[tuple[str, ...], list[Obj]] = {}
    for volume in volumes:
        if _has_modes(volume, claim):
            groups.setdefault(tuple(volume["spec"].get("accessModes") or ()), []).append(volume)
    for modes in sorted(groups, key=lambda modes: (len(modes), modes)):
        found = _smallest(groups[modes], claim, is_delayed)
        if found is not None:
            return found
    return None


def _smallest(volumes: list[Obj], claim: Obj, is_delayed: bool) -> Obj | None:
    fitting = [volume for volume in volumes if _fits(volume, claim)]
    reserved = next((volume for volume in fitting if is_bound_to(volume, claim)), None)
    if reserved is not None or is_delayed:
        return reserved
    free = [volume for volume in fitting if _is_free(volume, claim)]
    return min(free, key=lambda volume: (size_of(volume), volume["metadata"]["name"]), default=None)


def _fits(volume: Obj, claim: Obj) -> bool:
    if volume["spec"].get("claimRef") and not is_bound_to(volume, claim):
        return False
    attributes = [obj["spec"].get("volumeAttributesClassName") or "" for obj in (volume, claim)]
    is_alike = _mode(volume) == _mode(claim) and attributes[0] == attributes[1]
    return is_alike and size_of(volume) >= size_of(claim) and not is_leaving(volume)


def _is_free(volume: Obj, claim: Obj) -> bool:
    if (volume.get("status") or {}).get("phase") != "Available" or class_of(volume) != class_of(claim):
        return False
    selector = claim["spec"].get("selector")
    return selector is None or matches(selector, volume["metadata"].get("labels") or {})


def _mode(obj: Obj) -> str:
    return obj["spec"].get("volumeMode") or "Filesystem"


def _has_modes(volume: Obj, claim: Obj) -> bool:
    there = volume["spec"].get("accessModes") or ()
    return all(mode in there for mode in claim["spec"].get("accessModes") or ())
