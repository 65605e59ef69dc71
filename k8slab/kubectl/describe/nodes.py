"""kubectl describe node: the machine, its state, and what its pods have asked for.

Source    staging/src/k8s.io/kubectl/pkg/describe/describe.go, describeNode and describeNodeResource
Left out  ResourceSlices, overhead of runtime classes
"""

from __future__ import annotations

from collections.abc import Iterator

from k8slab.client import Client
from k8slab.kubectl.describe.heads import keyed, marks
from k8slab.kubectl.describe.layout import Obj, age, amounts, conditions, date, listed, section, table, told
from k8slab.kubectl.printers import NONE
from k8slab.objects import parse_quantity, pod_resources, sum_of_resources
from k8slab.wire import NotFound

__all__ = ["node"]

ROLE = "node-role.kubernetes.io/"
UNSET = "<unset>"
INFO = {
    "  Machine ID": "machineID", "  System UUID": "systemUUID", "  Boot ID": "bootID",
    "  Kernel Version": "kernelVersion", "  OS Image": "osImage", "  Operating System": "operatingSystem",
    "  Architecture": "architecture", "  Container Runtime Version": "containerRuntimeVersion",
    "  Kubelet Version": "kubeletVersion",
}  # fmt: skip
CONDITIONS = "Type \tStatus \tLastHeartbeatTime \tLastTransitionTime \tReason \tMessage"
PODS = "Namespace\tName\t\tCPU Requests\tCPU Limits\tMemory Requests\tMemory Limits\tAge"
FIELDS = ("requests", "limits")


def node(client: Client, obj: Obj) -> Iterator[str]:
    """A node: labels, taints, lease, conditions, sizes, and its pods with what they ask for."""
    metadata, spec, status = obj["metadata"], obj["spec"], obj.get("status") or {}
    own = metadata.get("labels") or {}
    yield f"Roles:\t{','.join(sorted(k.removeprefix(ROLE) for k in own if k.startswith(ROLE))) or NONE}"
    yield from marks(obj)
    yield f"CreationTimestamp:\t{date(metadata.get('creationTimestamp'))}"
    taints = sorted(spec.get("taints") or (), key=lambda taint: (taint["effect"], taint["key"]))
    yield from listed("Taints", map(keyed, taints))
    yield from told(spec, {"Unschedulable": "unschedulable"}, missing="false")
    yield from _lease(client, metadata["name"])
    yield from conditions(status, CONDITIONS)
    yield "Addresses:"
    yield from (f"  {address['type']}:\t{address['address']}" for address in status.get("addresses") or ())
    yield from amounts(status, "capacity", "allocatable")
    yield from section("System Info", told(status.get("nodeInfo") or {}, INFO, missing=""))
    if spec.get("podCIDR"):
        yield f"PodCIDR:\t{spec['podCIDR']}"
        yield f"PodCIDRs:\t{','.join(spec.get('podCIDRs') or [spec['podCIDR']])}"
    yield from _load(client, metadata["name"], status.get("allocatable") or {}, client.now)


def _lease(client: Client, name: str) -> Iterator[str]:
    try:
        spec = client.get("Lease", name, "kube-node-lease")["spec"]
    except NotFound as error:
        yield f"Lease:\tFailed to get lease: {error.message}"
        return
    yield "Lease:"
    yield from told(spec, {"  HolderIdentity": "holderIdentity"}, missing=UNSET)
    yield from told(spec, {"  AcquireTime": "acquireTime", "  RenewTime": "renewTime"}, date, missing=UNSET)


def _load(client: Client, name: str, sizes: Obj, now: float) -> Iterator[str]:
    """The pods that are not at their end, each with its share of the node, and then the sums."""
    pods = client.list("Pod", fields=f"spec.nodeName={name},status.phase!=Succeeded,status.phase!=Failed")
    asked = [[pod_resources(pod["spec"], field) for field in FIELDS] for pod in pods]
    rows = [
        (pod["metadata"]["namespace"], pod["metadata"]["name"], "", *_shares(each, "cpu", sizes),
         *_shares(each, "memory", sizes), age(pod["metadata"].get("creationTimestamp"), now))
        for pod, each in zip(pods, asked, strict=True)
    ]  # fmt: skip
    yield f"Non-terminated Pods:\t({len(pods)} in total)"
    yield from table(PODS, rows)
    yield "Allocated resources:"
    yield "  (Total limits may be over 100 percent, i.e., overcommitted.)"
    sums = [sum_of_resources(each[place] for each in asked) for place in range(len(FIELDS))]
    others = sorted(resource for resource in sizes if resource not in ("cpu", "memory", "pods"))
    shares = ((resource, *_shares(sums, resource, sizes)) for resource in ("cpu", "memory", *others))
    yield from table("Resource\tRequests\tLimits", shares)


def _shares(amounts: list[dict[str, str]], resource: str, sizes: Obj) -> list[str]:
    """Requests and limits of one resource, each with its share of what the node has."""
    whole = parse_quantity(sizes.get(resource, "0"))
    texts = [each.get(resource, "0") for each in amounts]
    return [f"{text} ({int(parse_quantity(text) * 100 / whole) if whole else 0}%)" for text in texts]
