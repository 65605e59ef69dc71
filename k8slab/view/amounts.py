"""How much CPU and memory Pods ask for, and Nodes have."""

from __future__ import annotations

from typing import Any, NamedTuple

from k8slab.objects import cpu_m, size_bytes

__all__ = [
    "Amount",
    "amount_of",
    "allocatable",
    "requests_of",
]

Obj = dict[str, Any]


class Amount(NamedTuple):
    """CPU in thousandths of a core, memory in bytes."""

    cpu_m: int = 0
    memory_bytes: int = 0

    def plus(self, other: Amount) -> Amount:
        """Both together."""
        return Amount(self.cpu_m + other.cpu_m, self.memory_bytes + other.memory_bytes)

    def or_more(self, other: Amount) -> Amount:
        """The larger of the two, of each."""
        return Amount(max(self.cpu_m, other.cpu_m), max(self.memory_bytes, other.memory_bytes))


NOTHING = Amount()


def requests_of(pod: Obj) -> Amount:
    """What runs together, or more where an init container needs more beside earlier sidecars; and the overhead.

    A pod that has ended asks for nothing any more.
    Source: staging/src/k8s.io/component-helpers/resource/helpers.go, PodRequests
    """
    if (pod.get("status") or {}).get("phase") in ("Succeeded", "Failed"):
        return NOTHING
    spec = pod["spec"]
    together, sidecars, most = NOTHING, NOTHING, NOTHING
    for container in spec.get("containers") or ():
        together = together.plus(_requests(container))
    for container in spec.get("initContainers") or ():
        asked = _requests(container)
        if container.get("restartPolicy") == "Always":
            together, sidecars = together.plus(asked), sidecars.plus(asked)
        else:
            most = most.or_more(sidecars.plus(asked))
    return together.or_more(most).plus(amount_of(spec.get("overhead") or {}))


def allocatable(node: Obj) -> Amount:
    """What a node has for pods."""
    status = node.get("status") or {}
    return amount_of(status.get("allocatable") or status.get("capacity") or {})


def _requests(container: Obj) -> Amount:
    requests = (container.get("resources") or {}).get("requests")
    return amount_of(requests) if requests else NOTHING


def amount_of(quantities: Obj) -> Amount:
    """CPU and memory among some quantities."""
    try:
        return Amount(cpu_m(quantities.get("cpu", 0)), size_bytes(quantities.get("memory", 0)))
    except ValueError:
        return NOTHING  # a picture does not fail over one odd quantity
