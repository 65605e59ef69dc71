"""What a kubelet tells about use: the Summary of its node, its pods and their containers.

Source    staging/src/k8s.io/kubelet/pkg/apis/stats/v1alpha1/types.go; pkg/kubelet/server/stats
Left out  disks, network, what a pod uses beside its containers; samples: what is told is the use of this moment
"""

from __future__ import annotations

from typing import Any

from k8slab.world import Vm, usage_of

__all__ = [
    "summary",
]

Obj = dict[str, Any]

NANO_PER_MILLI = 1_000_000


def summary(vm: Vm) -> Obj:
    """The Summary of a machine."""
    cpu_m, memory_bytes, rows = usage_of(vm)
    pods: dict[tuple[str, str], list[Obj]] = {}
    for row in rows:
        used = {"name": row.container, **_used(row.cpu_m, row.memory_bytes)}
        pods.setdefault((row.namespace, row.pod), []).append(used)
    return {
        "node": {"nodeName": vm.name, **_used(cpu_m, memory_bytes)},
        "pods": [
            {"podRef": {"namespace": namespace, "name": name}, "containers": used}
            for (namespace, name), used in pods.items()
        ],
    }


def _used(cpu_m: float, memory_bytes: int) -> Obj:
    return {
        "cpu": {"usageNanoCores": round(cpu_m * NANO_PER_MILLI)},
        "memory": {"workingSetBytes": int(memory_bytes)},
    }
