"""kubectl describe node: the machine, its state, and what its pods have asked for.

Source    staging/src/k8s.io/kubectl/pkg/describe/describe.go, describeNode and describeNodeResource
Left out  ResourceSlices, overhead of runtime classes
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from k8slab.client import Client
from k8slab.kubectl.describe.layout import NONE, annotation_lines, labels, listed
from k8slab.kubectl.describe.moments import age, date
from k8slab.objects import cpu_m, size_bytes
from k8slab.wire import NotFound

__all__ = [
    "node",
]

Obj = dict[str, Any]

ROLE = "node-role.kubernetes.io/"
INFO = (
    ("Machine ID", "machineID"), ("System UUID", "systemUUID"), ("Boot ID", "bootID"),
    ("Kernel Version", "kernelVersion"), ("OS Image", "osImage"), ("Operating System", "operatingSystem"),
    ("Architecture", "architecture"), ("Container Runtime Version", "containerRuntimeVersion"),
    ("Kubelet Version", "kubeletVersion"),
)  # fmt: skip


def node(client: Client, obj: Obj) -> Iterator[str]:
    """A node: labels, taints, lease, conditions, sizes, and its pods with what they ask for."""
    metadata, spec, status = obj["metadata"], obj["spec"], obj.get("status") or {}
    own = metadata.get("labels") or {}
    yield f"Name:\t{metadata['name']}"
    yield f"Roles:\t{','.join(sorted(k.removeprefix(ROLE) for k in own if k.startswith(ROLE))) or NONE}"
    yield from labels("Labels", own)
    yield from annotation_lines("Annotations", metadata.get("annotations"))
    yield f"CreationTimestamp:\t{date(metadata.get('creationTimestamp'))}"
    yield from listed("Taints", _taints(spec))
    yield f"Unschedulable:\t{str(spec.get('unschedulable', False)).lower()}"
    yield from _lease(client, metadata["name"])
    yield from _conditions(status)
    yield "Addresses:"
    yield from (f"  {address['type']}:\t{address['address']}" for address in status.get("addresses") or ())
    for field in ("capacity", "allocatable"):
        if status.get(field):
            yield f"{field.capitalize()}:"
            yield from (f"  {name}:\t{amount}" for name, amount in sorted(status[field].items()))
    yield "System Info:"
    yield from (f"  {title}:\t{(status.get('nodeInfo') or {}).get(field, '')}" for title, field in INFO)
    if spec.get("podCIDR"):
        yield f"PodCIDR:\t{spec['podCIDR']}"
        yield f"PodCIDRs:\t{','.join(spec.get('podCIDRs') or [spec['podCIDR']])}"
    yield from _load(client, obj)


def _taints(spec: Obj) -> Iterator[str]:
    for taint in sorted(spec.get("taints") or (), key=lambda taint: (taint["effect"], taint["key"])):
        yield taint["key"] + (f"={taint['value']}" if taint.get("value") else "") + f":{taint['effect']}"


def _lease(client: Client, name: str) -> Iterator[str]:
    try:
        spec = client.get("Lease", name, "kube-node-lease")["spec"]
    except NotFound as error:
        yield f"Lease:\tFailed to get lease: {error.message}"
        return
    times = [date(spec[field]) if spec.get(field) else "<unset>" for field in ("acquireTime", "renewTime")]
    yield "Lease:"
    yield f"  HolderIdentity:\t{spec.get('holderIdentity', '<unset>')}"
    yield f"  AcquireTime:\t{times[0]}"
    yield f"  RenewTime:\t{times[1]}"


def _conditions(status: Obj) -> Iterator[str]:
    yield "Conditions:"
    yield "  Type\tStatus\tLastHeartbeatTime\tLastTransitionTime\tReason\tMessage"
    yield "  ----\t------\t-----------------\t------------------\t------\t-------"
    for condition in status.get("conditions") or ():
        times = " \t".join(date(condition.get(field)) for field in ("lastHeartbeatTime", "lastTransitionTime"))
        why = f"{condition.get('reason', '')} \t{condition.get('message', '')}"
        yield f"  {condition['type']} \t{condition['status']} \t{times} \t{why}"


def _load(client: Client, obj: Obj) -> Iterator[str]:
    fields = f"spec.nodeName={obj['metadata']['name']},status.phase!=Succeeded,status.phase!=Failed"
    pods = client.list("Pod", fields=fields)
    sizes = (obj.get("status") or {}).get("allocatable") or {}
    yield f"Non-terminated Pods:\t({len(pods)} in total)"
    yield "  Namespace\tName\t\tCPU Requests\tCPU Limits\tMemory Requests\tMemory Limits\tAge"
    yield "  ---------\t----\t\t------------\t----------\t---------------\t-------------\t---"
    for pod in pods:
        metadata = pod["metadata"]
        cells = [_share(_of_pod(pod, field, name), name, sizes) for name in ("cpu", "memory") for field in FIELDS]
        since = age(metadata.get("creationTimestamp"), client.now)
        yield f"  {metadata['namespace']}\t{metadata['name']}\t\t" + "\t".join([*cells, since])
    yield "Allocated resources:"
    yield "  (Total limits may be over 100 percent, i.e., overcommitted.)"
    yield "  Resource\tRequests\tLimits"
    yield "  --------\t--------\t------"
    for name in ("cpu", "memory", *sorted(n for n in sizes if n not in ("cpu", "memory", "pods"))):
        sums = [_share(sum(_of_pod(pod, field, name) for pod in pods), name, sizes) for field in FIELDS]
        yield f"  {name}\t" + "\t".join(sums)


FIELDS = ("requests", "limits")


def _measure(name: str) -> Callable[[str], int]:
    return cpu_m if name == "cpu" else size_bytes


def _of_pod(pod: Obj, field: str, name: str) -> int:
    """What all containers of a pod ask for at once; an init container alone may ask for more."""
    together, alone = (
        [
            _measure(name)(((c.get("resources") or {}).get(field) or {}).get(name, "0"))
            for c in pod["spec"].get(kind) or ()
        ]
        for kind in ("containers", "initContainers")
    )
    return max(sum(together), *alone, 0)


def _share(amount: int, name: str, sizes: Obj) -> str:
    whole = _measure(name)(sizes.get(name, "0"))
    percent = amount * 100 // whole if whole else 0
    return f"{_quantity(amount, name)} ({percent}%)"


def _quantity(amount: int, name: str) -> str:
    if name == "cpu":
        return f"{amount}m" if amount % 1000 else str(amount // 1000)
    for power, suffix in ((30, "Gi"), (20, "Mi"), (10, "Ki")):
        if amount and amount % (1 << power) == 0:
            return f"{amount >> power}{suffix}"
    return str(amount)
