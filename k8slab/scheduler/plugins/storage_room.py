"""Whether a volume can be made for a node: the class allows it, and there is storage left.

Source    pkg/scheduler/framework/plugins/volumebinding/binder.go (checkVolumeProvisions, hasEnoughCapacity)
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from k8slab.objects import matches, size_bytes
from k8slab.scheduler.framework import Snapshot

__all__ = ["can_be_made", "has_room"]

Obj = dict[str, Any]
Labels = Mapping[str, str]

NO_PROVISIONER = ("", "kubernetes.io/no-provisioner")


def can_be_made(storage_class: Obj, labels: Labels) -> bool:
    """Somebody makes volumes of the class, also for nodes with these labels (allowedTopologies)."""
    if storage_class.get("provisioner", "") in NO_PROVISIONER:
        return False
    terms = storage_class.get("allowedTopologies") or ()
    return not terms or any(_is_in(term, labels) for term in terms)


def _is_in(term: Obj, labels: Labels) -> bool:
    wanted = term.get("matchLabelExpressions") or ()
    return bool(wanted) and all(labels.get(one["key"]) in (one.get("values") or ()) for one in wanted)


def has_room(storage_class: Obj, size_bytes_: int, labels: Labels, cluster: Snapshot) -> bool:
    """The driver does not say how much storage it has, or it has so much where a node with these labels gets at it."""
    driver = cluster.get("CSIDriver", "", storage_class["provisioner"])
    if driver is None or not driver["spec"].get("storageCapacity"):
        return True
    name = storage_class["metadata"]["name"]
    return any(
        one["storageClassName"] == name and _limit(one) >= size_bytes_ and _reaches(one, labels)
        for one in cluster.list("CSIStorageCapacity")
    )


def _limit(capacity: Obj) -> int:
    quantity = capacity.get("maximumVolumeSize", capacity.get("capacity"))
    return -1 if quantity is None else size_bytes(quantity)


def _reaches(capacity: Obj, labels: Labels) -> bool:
    topology = capacity.get("nodeTopology")
    return topology is not None and matches(topology, labels)
