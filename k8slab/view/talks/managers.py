"""Where no calls are on record: how many objects of each kind bear fields of whom, as managedFields tell.

Left out  who reads; who has written what is gone, or was written over
"""

from __future__ import annotations

from collections import Counter

from k8slab.client import Reader
from k8slab.view.talks.counting import KUBELETS, Matrix
from k8slab.view.writers import component_of, manager_name
from k8slab.wire import ApiError, ServiceUnavailable

__all__ = [
    "managers_matrix",
]

KINDS = (
    "Pod", "Deployment", "ReplicaSet", "StatefulSet", "DaemonSet", "Job", "Service", "EndpointSlice", "Node", "Lease",
)  # fmt: skip


def managers_matrix(reader: Reader) -> Matrix:
    """Objects by manager and kind. Raises ServiceUnavailable."""
    counts: Counter[tuple[str, str]] = Counter()
    totals: Counter[str] = Counter()
    nodes: set[str] = set()
    for kind in KINDS:
        try:
            objects = reader.list(kind)
        except ServiceUnavailable:
            raise
        except ApiError:
            continue
        for obj in objects:
            names = {manager_name(one.get("manager", ""), obj) for one in obj["metadata"].get("managedFields") or ()}
            components = {component_of(name) for name in names}
            nodes |= {name for name in components if name.startswith("node/")}
            for row in {KUBELETS if name.startswith("node/") or name == "kubelet" else name for name in components}:
                counts[row, kind] += 1
                totals[row] += 1
    rows = tuple(sorted(totals, key=lambda row: (-totals[row], row)))
    columns = tuple(kind for kind in KINDS if any(column == kind for _, column in counts))
    return Matrix("managers", rows, columns, counts, totals, totals.total(), len(nodes))
