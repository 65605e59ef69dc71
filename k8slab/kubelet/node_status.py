"""The Node object of a machine, and its status. Pure.

Source    pkg/kubelet/kubelet_node_status.go (initialNode), pkg/kubelet/nodestatus/setters.go
Left out  huge pages, swap, features, runtime handlers
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from k8slab.objects import rfc3339
from k8slab.world import Vm

__all__ = [
    "KUBELET_PROGRAM",
    "KUBELET_VERSION",
    "NETWORK_PROBLEM",
    "NO_ADDRESS",
    "conditions_of",
    "new_node",
    "pressure_reason",
    "status_of",
]

Obj = dict[str, Any]

KUBELET_VERSION, KUBELET_PROGRAM = "v1.37.0", "/usr/bin/kubelet"
KIB = 1024
DISK_KIB = 102_626_232
EVICTION_HARD_KIB = 100 * KIB  # memory.available<100Mi
IMAGES_SHOWN = 50
NETWORK_PROBLEM = (
    "container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady "
    "message:Network plugin returns error: cni plugin not initialized"
)
NO_ADDRESS = (
    "Failed to create pod sandbox: rpc error: code = Unknown desc = failed to setup network for sandbox: plugin "
    'type="ptp" failed (add): failed to allocate for range 0: no IP addresses available in range set: {}'
)
PRESSURES = (
    ("MemoryPressure", "HasSufficientMemory", "has sufficient memory available",
     "HasInsufficientMemory", "has insufficient memory available"),
    ("DiskPressure", "HasNoDiskPressure", "has no disk pressure", "HasDiskPressure", "has disk pressure"),
    ("PIDPressure", "HasSufficientPID", "has sufficient PID available",
     "HasInsufficientPID", "has insufficient PID available"),
)  # fmt: skip


def new_node(vm: Vm, now: float, labels: Obj, taints: Iterable[Obj] = (), version: str = KUBELET_VERSION) -> Obj:
    """The Node that a kubelet registers for its machine; it is not ready, having no pod addresses yet."""
    wanted = list(taints)
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "name": vm.name,
            "labels": {**default_labels(vm), **labels},
            "annotations": {"volumes.kubernetes.io/controller-managed-attach-detach": "true"},
        },
        "spec": {"taints": wanted} if wanted else {},
        "status": status_of(vm, [], NETWORK_PROBLEM, now, version=version),
    }


def default_labels(vm: Vm) -> dict[str, str]:
    """The labels that every kubelet gives its node."""
    return {
        "beta.kubernetes.io/arch": "amd64",
        "beta.kubernetes.io/os": "linux",
        "kubernetes.io/arch": "amd64",
        "kubernetes.io/hostname": vm.name,
        "kubernetes.io/os": "linux",
        "topology.kubernetes.io/zone": vm.zone,
    }


def status_of(
    vm: Vm,
    before: list[Obj],
    problem: str,
    now: float,
    pressures: Iterable[str] = (),
    version: str = KUBELET_VERSION,
) -> Obj:
    """The whole status; `before` are the conditions there are, `problem` is why the node is not ready.

    `version` is that of the kubelet that runs.
    """
    memory_kib = vm.memory_bytes // KIB
    capacity = {
        "cpu": str(vm.cpu_m // 1000) if vm.cpu_m % 1000 == 0 else f"{vm.cpu_m}m",
        "ephemeral-storage": f"{DISK_KIB}Ki",
        "hugepages-1Gi": "0",
        "hugepages-2Mi": "0",
        "memory": f"{memory_kib}Ki",
        "pods": str(vm.max_pods),
    }
    return {
        "addresses": [{"type": "InternalIP", "address": vm.address}, {"type": "Hostname", "address": vm.name}],
        "allocatable": {
            **capacity,
            "ephemeral-storage": str(DISK_KIB * KIB * 9 // 10),
            "memory": f"{max(memory_kib - EVICTION_HARD_KIB, 0)}Ki",
        },
        "capacity": capacity,
        "conditions": conditions_of(before, problem, now, pressures),
        "daemonEndpoints": {"kubeletEndpoint": {"Port": 10250}},
        "images": _images(vm),
        "nodeInfo": _node_info(vm, version),
    }


def conditions_of(before: list[Obj], problem: str, now: float, pressures: Iterable[str] = ()) -> list[Obj]:
    """Our four conditions with a fresh heartbeat, and those that others wrote."""
    ready = ("Ready", "False", "KubeletNotReady", problem)
    if not problem:
        ready = ("Ready", "True", "KubeletReady", "kubelet is posting ready status")
    old = {condition["type"]: condition for condition in before}
    ours = [_condition(old.pop(one[0], None), now, *one) for one in (*_pressures(set(pressures)), ready)]
    return [*old.values(), *ours]


def pressure_reason(name: str, pressures: Iterable[str]) -> str:
    """What the node has or has not of a resource, as in the reasons of its conditions and Events."""
    row = next(row for row in PRESSURES if row[0] == name)
    return row[3] if name in pressures else row[1]


def _pressures(there: set[str]) -> Iterable[tuple[str, str, str, str]]:
    for name, good, well, bad, badly in PRESSURES:
        if name in there:
            yield name, "True", f"Kubelet{bad}", f"kubelet {badly}"
        else:
            yield name, "False", f"Kubelet{good}", f"kubelet {well}"


def _condition(old: Obj | None, now: float, type_: str, status: str, reason: str, message: str) -> Obj:
    is_same = old is not None and old["status"] == status
    return {
        "type": type_,
        "status": status,
        "lastHeartbeatTime": rfc3339(now),
        "lastTransitionTime": old["lastTransitionTime"] if is_same and old is not None else rfc3339(now),
        "reason": reason,
        "message": message,
    }


def _images(vm: Vm) -> list[Obj]:
    """What the node has pulled, the largest first."""
    images = {image.reference: image for image in vm.runtime.images.values()}
    largest = sorted(images.values(), key=lambda image: (-image.size_bytes, image.reference))[:IMAGES_SHOWN]
    return [{"names": [image.image_id, image.reference], "sizeBytes": image.size_bytes} for image in largest]


def _node_info(vm: Vm, version: str) -> Obj:
    return {
        "architecture": "amd64",
        "bootID": vm.boot_id,
        "containerRuntimeVersion": vm.runtime.version,
        "kernelVersion": "6.12.48+deb13-amd64",
        "kubeProxyVersion": "",
        "kubeletVersion": version,
        "machineID": vm.machine_id,
        "operatingSystem": "linux",
        "osImage": "Debian GNU/Linux 13 (trixie)",
        "systemUUID": vm.machine_id,
    }
