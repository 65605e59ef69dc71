"""The class of service of a pod, by which the kernel and the kubelet choose who goes first.

Source    pkg/apis/core/v1/helper/qos/qos.go (ComputePodQOS)
Left out  resources of the pod as a whole
"""

from __future__ import annotations

from typing import Any

from k8slab.objects.quantities import parse_quantity

__all__ = [
    "qos_class",
]

Obj = dict[str, Any]


def qos_class(spec: Obj) -> str:
    """Guaranteed, Burstable or BestEffort, from the requests and limits for cpu and memory of all containers."""
    some, all_guaranteed = False, True
    for container in (*spec.get("containers", ()), *spec.get("initContainers", ())):
        resources = container.get("resources") or {}
        limits, requests = resources.get("limits") or {}, resources.get("requests") or {}
        for name in ("cpu", "memory"):
            limit, request = limits.get(name, 0), requests.get(name, 0)
            some = some or bool(parse_quantity(limit)) or bool(parse_quantity(request))
            if not parse_quantity(limit) or parse_quantity(limit) != parse_quantity(request):
                all_guaranteed = False
    if not some:
        return "BestEffort"
    return "Guaranteed" if all_guaranteed else "Burstable"
