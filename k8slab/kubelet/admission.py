"""Whether a node takes a pod that was given to it. The scheduler decides with what it knew; the kubelet with what is.

Source    pkg/kubelet/lifecycle/predicate.go (Admit), pkg/kubelet/kubelet.go (rejectPod)
Left out  node affinity and taints (nodeSelector only), extended resources, preemption for critical pods
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
    """The larger of what its containers need together and what any init container needs before them."""
    spec = pod["spec"]
    main = total(_of_container(container) for container in spec["containers"])
    init = spec.get("initContainers") or ()
    main = total([main, *(_of_container(container) for container in init if is_sidecar(container))])
    first = [_of_container(container) for container in init if not is_sidecar(container)]
    if not first:
        return main
    return Requests(max(r.cpu_m for r in (main, *first)), max(r.memory_bytes for r in (main, *first)))


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


def _of_container(container: Obj) -> Requests:
    requests = (container.get("resources") or {}).get("requests")
    if not requests:
        return Requests()
    return Requests(cpu_m(requests.get("cpu", 0)), size_bytes(requests.get("memory", 0)))
