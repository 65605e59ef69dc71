"""What a pod's containers may take, as cgroups and the kernel are told.

Source    pkg/kubelet/qos/policy.go (GetContainerOOMScoreAdjust), pkg/kubelet/types/pod_update.go (IsCriticalPod),
          pkg/kubelet/kuberuntime/kuberuntime_container_linux.go (generateLinuxContainerResources)
Left out  resources of the pod as a whole, memory.min and memory.high, huge pages
"""

from __future__ import annotations

from typing import Any

from k8slab.kubelet.pods import is_sidecar
from k8slab.objects import canonical_quantity, cpu_m, size_bytes
from k8slab.world import Limits

__all__ = [
    "actual_resources",
    "container_limits",
    "is_critical",
    "oom_score_adj",
    "qos_class",
]

Obj = dict[str, Any]

SYSTEM_CRITICAL = 2_000_000_000
GUARANTEED_ADJ, BEST_EFFORT_ADJ = -997, 1000


def container_limits(pod: Obj, spec: Obj, memory_bytes: int, *, is_static: bool = False) -> Limits:
    """What a container asks for and may take on a machine with so much memory."""
    adj = oom_score_adj(pod, spec, memory_bytes, is_static=is_static)
    resources = spec.get("resources")
    if not resources:
        return Limits(oom_score_adj=adj)
    requests, limits = resources.get("requests") or {}, resources.get("limits") or {}
    cpu_limit = limits.get("cpu", 0)
    return Limits(cpu_m(requests.get("cpu", cpu_limit)), cpu_m(cpu_limit), size_bytes(limits.get("memory", 0)), adj)


def actual_resources(allocated: Obj, limits: Limits) -> Obj:
    """What a running container has, in the words of a manifest: what was allocated, but where it is not set yet."""
    if not limits.cpu_request_m and not limits.cpu_limit_m and not limits.memory_limit_bytes:
        return allocated
    has = {
        ("requests", "cpu"): (cpu_m, limits.cpu_request_m, f"{limits.cpu_request_m}m"),
        ("limits", "cpu"): (cpu_m, limits.cpu_limit_m, f"{limits.cpu_limit_m}m"),
        ("limits", "memory"): (size_bytes, limits.memory_limit_bytes, _memory(limits.memory_limit_bytes)),
    }
    for (field, name), (amount_of, amount, text) in has.items():
        told = (allocated.get(field) or {}).get(name)
        if told is not None and amount_of(told) != amount:
            allocated = {**allocated, field: {**allocated[field], name: text}}
    return allocated


def _memory(amount: int) -> str:
    return canonical_quantity(amount, is_binary=True)


def is_critical(pod: Obj, *, is_static: bool = False) -> bool:
    """The node, or the whole cluster, needs this pod: it is not evicted, and is let in under pressure."""
    return is_static or (pod["spec"].get("priority") or 0) >= SYSTEM_CRITICAL


def qos_class(pod: Obj) -> str:
    """Guaranteed, Burstable or BestEffort, as the API has worked it out."""
    return (pod.get("status") or {}).get("qosClass") or "BestEffort"


def oom_score_adj(pod: Obj, spec: Obj, memory_bytes: int, *, is_static: bool = False) -> int:
    """How readily the kernel ends a container when the machine has no memory left: from -997, hardly, to 1000."""
    is_needed = is_critical(pod, is_static=is_static) and pod["spec"].get("priorityClassName") == "system-node-critical"
    qos = qos_class(pod)
    if is_needed or qos == "Guaranteed":
        return GUARANTEED_ADJ
    if qos == "BestEffort":
        return BEST_EFFORT_ADJ
    adj = _burstable(spec, memory_bytes)
    if is_sidecar(spec):
        adj = min([adj, *(_burstable(one, memory_bytes) for one in pod["spec"]["containers"])])
    return min(max(adj, 1000 + GUARANTEED_ADJ), BEST_EFFORT_ADJ - 1)


def _burstable(spec: Obj, memory_bytes: int) -> int:
    requested = size_bytes(((spec.get("resources") or {}).get("requests") or {}).get("memory", 0))
    return 1000 - 1000 * requested // memory_bytes
