"""Whether a node takes a pod that was given to it. The scheduler decides with what it knew; the kubelet with what is.

Source    pkg/kubelet/lifecycle/predicate.go (Admit), pkg/kubelet/kubelet.go (rejectPod),
          staging/src/k8s.io/component-helpers/resource/helpers.go (PodRequests)
Left out  node affinity and taints (nodeSelector only), extended resources, preemption for critical pods,
          what a pod asks for as a whole (spec.resources)
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from k8slab.kubelet.pods import is_sidecar
from k8slab.objects import cpu_m, size_bytes

__all__ = [
    "Rejection",
    "Requests",
    "rejection",
    "requests_of",
    "total",
]

Obj = dict[str, Any]


class Requests(NamedTuple):
    """What a pod asks for."""

    cpu_m: int = 0
    memory_bytes: int = 0


class Rejection(NamedTuple):
    """Why a node refuses a pod."""

    reason: str
    message: str


def requests_of(pod: Obj) -> Requests:
    """What runs together, or more where an init container needs more beside earlier sidecars; and the overhead."""
    spec = pod["spec"]
    sidecars = most = Requests()
    for container in spec.get("initContainers") or ():
        wanted = total([sidecars, _amounts((container.get("resources") or {}).get("requests"))])
        most = _larger(most, wanted)
        if is_sidecar(container):
            sidecars = wanted
    together = [_amounts((container.get("resources") or {}).get("requests")) for container in spec["containers"]]
    return total([_larger(most, total([*together, sidecars])), _amounts(spec.get("overhead"))])


def total(requests: Iterable[Requests]) -> Requests:
    """The sum."""
    cpu = memory = 0
    for one in requests:
        cpu += one.cpu_m
        memory += one.memory_bytes
    return Requests(cpu, memory)


def rejection(pod: Obj, requests: Requests, used: Requests, pods: int, node: Obj | None) -> Rejection | None:
    """Why the node cannot take the pod besides the `pods` that `used` what they use, or None."""
    if node is None:
        return None
    allocatable = node["status"]["allocatable"]
    amounts = (
        ("pods", 1, pods, int(allocatable["pods"])),
        ("cpu", requests.cpu_m, used.cpu_m, cpu_m(allocatable["cpu"])),
        ("memory", requests.memory_bytes, used.memory_bytes, size_bytes(allocatable["memory"])),
    )
    for name, asked, taken, there in amounts:
        if asked and asked + taken > there:
            short = f"Node didn't have enough resource: {name}, requested: {asked}, used: {taken}, capacity: {there}"
            return Rejection(f"OutOf{name}", short)
    labels = node["metadata"].get("labels") or {}
    if any(labels.get(key) != value for key, value in (pod["spec"].get("nodeSelector") or {}).items()):
        return Rejection("NodeAffinity", "Predicate NodeAffinity failed")
    return None


def _larger(one: Requests, other: Requests) -> Requests:
    return Requests(max(one.cpu_m, other.cpu_m), max(one.memory_bytes, other.memory_bytes))


def _amounts(quantities: Obj | None) -> Requests:
    if not quantities:
        return Requests()
    return Requests(cpu_m(quantities.get("cpu", 0)), size_bytes(quantities.get("memory", 0)))
