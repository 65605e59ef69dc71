"""Who has to leave a node that runs out of memory or disk, and what is said about it. Pure.

Source    pkg/kubelet/eviction/helpers.go (rankMemoryPressure, rankDiskPressureFunc, evictionMessage, thresholdsMet);
          kubernetes.io, "Node-pressure Eviction"; pkg/kubelet/eviction/defaults_linux.go
Left out  soft thresholds, minimum reclaim, inodes, allocatableMemory; pid.available has no threshold unless one is set;
          what logs take; the annotations of the Event
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from k8slab.kubelet.resources import is_critical, qos_class
from k8slab.objects import canonical_quantity, pod_resources, size_bytes, tolerates

__all__ = [
    "SIGNALS",
    "PodUse",
    "Signal",
    "disk_limit",
    "local_problem",
    "low_message",
    "ranked",
    "refusal_message",
]

Obj = dict[str, Any]

MIB = 1024**2
MEMORY, DISK = "memory", "ephemeral-storage"
PRESSURES = {MEMORY: "MemoryPressure", DISK: "DiskPressure"}
MEMORY_TAINT = {"key": "node.kubernetes.io/memory-pressure", "effect": "NoSchedule"}


class Signal(NamedTuple):
    """What is measured, and how little of it may be left: in bytes, or (below 1) as a part of all there is."""

    name: str
    resource: str
    threshold: float

    @property
    def condition(self) -> str:
        """The node's condition that tells of it."""
        return PRESSURES[self.resource]

    def least_bytes(self, capacity_bytes: int) -> int:
        """How much must be available."""
        return int(self.threshold if self.threshold >= 1 else capacity_bytes * self.threshold)


SIGNALS = (  # percentages are numbers of single precision
    Signal("memory.available", MEMORY, 100 * MIB),
    Signal("nodefs.available", DISK, 0.10000000149011612),
    Signal("imagefs.available", DISK, 0.15000000596046448),
)


class PodUse(NamedTuple):
    """What a pod takes of a node: by container, and in its volumes."""

    pod: Obj
    memory: dict[str, int]
    disk: dict[str, int]
    volumes: dict[str, int]
    is_static: bool = False

    @property
    def is_critical(self) -> bool:
        """It may not be evicted."""
        return is_critical(self.pod, is_static=self.is_static)

    def used(self, resource: str) -> int:
        """All of it, in bytes."""
        if resource == MEMORY:
            return sum(self.memory.values())
        return sum(self.disk.values()) + sum(self.volumes.values())

    def beyond(self, resource: str) -> int:
        """How much more than it asked for, in bytes."""
        return self.used(resource) - size_bytes(pod_resources(self.pod["spec"], "requests").get(resource, 0))


def ranked(uses: Iterable[PodUse], resource: str) -> list[PodUse]:
    """Who is evicted first: who takes more than asked for, then low priority, then who takes most beyond it."""

    def rank(use: PodUse) -> tuple[bool, int, int]:
        beyond = use.beyond(resource)
        return beyond <= 0, use.pod["spec"].get("priority") or 0, -beyond

    return sorted(uses, key=rank)


def low_message(resource: str, least_bytes: int, available_bytes: int, use: PodUse) -> str:
    """Why a pod was evicted from a node that ran out of a resource."""
    least, left = (canonical_quantity(amount, is_binary=True) for amount in (least_bytes, available_bytes))
    text = f"The node was low on resource: {resource}. Threshold quantity: {least}, available: {left}. "
    every = (*use.pod["spec"]["containers"], *(use.pod["spec"].get("initContainers") or ()))
    requests = {one["name"]: (one.get("resources") or {}).get("requests") or {} for one in every}
    for name, amount in (use.memory if resource == MEMORY else use.disk).items():
        asked = requests.get(name, {}).get(resource, "0")
        if amount > size_bytes(asked):
            taken = canonical_quantity(amount, is_binary=True)
            text += f"Container {name} was using {taken}, request is {asked}, has larger consumption of {resource}. "
    return text


def disk_limit(container: Obj) -> int:
    """How much disk a container may take, in bytes; 0 when there is no limit."""
    limits = (container.get("resources") or {}).get("limits")
    return size_bytes(limits.get(DISK, 0)) if limits else 0


def local_problem(use: PodUse) -> str:
    """Why a pod takes more disk than it may, "" when it does not."""
    for volume in use.pod["spec"].get("volumes") or ():
        limit = (volume.get("emptyDir") or {}).get("sizeLimit")
        if limit and use.volumes.get(volume["name"], 0) > size_bytes(limit) > 0:
            return f'Usage of EmptyDir volume "{volume["name"]}" exceeds the limit "{limit}". '
    total = pod_resources(use.pod["spec"], "limits").get(DISK)
    if total is not None and use.used(DISK) > size_bytes(total):
        return f"Pod ephemeral local storage usage exceeds the total limit of containers {total}. "
    for container in use.pod["spec"]["containers"]:
        limit_bytes = disk_limit(container)
        if limit_bytes and use.disk.get(container["name"], 0) > limit_bytes:
            limit = container["resources"]["limits"][DISK]
            return f'Container {container["name"]} exceeded its local ephemeral storage limit "{limit}". '
    return ""


def refusal_message(pod: Obj, pressures: Iterable[str]) -> str:
    """Why a node under pressure does not take a pod, "" when it does."""
    there = list(pressures)
    if not there or is_critical(pod):
        return ""
    is_modest = qos_class(pod) != "BestEffort" or tolerates(pod["spec"].get("tolerations") or (), MEMORY_TAINT)
    if there == ["MemoryPressure"] and is_modest:
        return ""
    return f"The node had condition: [{' '.join(there)}]. "
