"""kubectl describe pod, and a pod template inside a workload.

Source    staging/src/k8s.io/kubectl/pkg/describe/describe.go, describePod and DescribePodTemplate
Left out  ephemeral containers, readiness gates, topology spread constraints, devices
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from k8slab.client import Client
from k8slab.kubectl.describe.containers import containers
from k8slab.kubectl.describe.layout import NONE, annotation_lines, labels, listed, marks, names
from k8slab.kubectl.describe.moments import age, date
from k8slab.kubectl.describe.volumes import volumes
from k8slab.objects import controller_of

__all__ = [
    "controlled_by",
    "pod",
    "pod_template",
]

Obj = dict[str, Any]


def pod(client: Client, obj: Obj) -> Iterator[str]:
    """A pod, its containers, volumes and tolerations."""
    spec, status = obj["spec"], obj.get("status") or {}
    yield from names(obj)
    yield from _placed(spec, status)
    yield from marks(obj)
    yield from _phase(obj, client.now)
    yield f"IP:\t{status.get('podIP', '')}"
    yield from _ips(status)
    yield from controlled_by(obj)
    if status.get("nominatedNodeName"):
        yield f"NominatedNodeName:\t{status['nominatedNodeName']}"
    if spec.get("initContainers"):
        yield from containers("Init Containers", spec["initContainers"], status.get("initContainerStatuses"), obj)
    yield from containers("Containers", spec["containers"], status.get("containerStatuses"), obj)
    if status.get("conditions"):
        yield "Conditions:"
        yield "  Type\tStatus"
        yield from (f"  {condition['type']} \t{condition['status']} " for condition in status["conditions"])
    yield from volumes(spec.get("volumes"))
    yield f"QoS Class:\t{status.get('qosClass', '')}"
    yield from labels("Node-Selectors", spec.get("nodeSelector"))
    yield from listed("Tolerations", _tolerations(spec))


def _placed(spec: Obj, status: Obj) -> Iterator[str]:
    if spec.get("priority") is not None:
        yield f"Priority:\t{spec['priority']}"
    if spec.get("priorityClassName"):
        yield f"Priority Class Name:\t{spec['priorityClassName']}"
    if spec.get("serviceAccountName"):
        yield f"Service Account:\t{spec['serviceAccountName']}"
    yield f"Node:\t{spec['nodeName']}/{status.get('hostIP', '')}" if spec.get("nodeName") else f"Node:\t{NONE}"
    if status.get("startTime"):
        yield f"Start Time:\t{date(status['startTime'])}"


def _phase(obj: Obj, now: float) -> Iterator[str]:
    metadata, status = obj["metadata"], obj.get("status") or {}
    if metadata.get("deletionTimestamp") and status.get("phase") not in ("Failed", "Succeeded"):
        yield f"Status:\tTerminating (lasts {age(metadata['deletionTimestamp'], now)})"
        yield f"Termination Grace Period:\t{metadata.get('deletionGracePeriodSeconds', 0)}s"
    else:
        yield f"Status:\t{status.get('phase', '')}"
    for field in ("reason", "message"):
        if status.get(field):
            yield f"{field.capitalize()}:\t{status[field]}"


def _ips(status: Obj) -> Iterator[str]:
    if not status.get("podIPs"):
        yield f"IPs:\t{NONE}"
        return
    yield "IPs:"
    yield from (f"  IP:\t{address['ip']}" for address in status["podIPs"])


def controlled_by(obj: Obj) -> Iterator[str]:
    """The controller among the owners, if there is one."""
    if owner := controller_of(obj):
        yield f"Controlled By:\t{owner['kind']}/{owner['name']}"


def _tolerations(spec: Obj) -> Iterator[str]:
    for toleration in sorted(spec.get("tolerations") or (), key=lambda toleration: toleration.get("key", "")):
        text: str = toleration.get("key", "")
        if toleration.get("value"):
            text += f"={toleration['value']}"
        if toleration.get("effect"):
            text += f":{toleration['effect']}"
        if toleration.get("operator") == "Exists" and not toleration.get("value"):
            text += " op=Exists" if text else "op=Exists"
        if "tolerationSeconds" in toleration:
            text += f" for {toleration['tolerationSeconds']}s"
        yield text


def pod_template(template: Obj) -> Iterator[str]:
    """A pod template as it stands in the description of a workload."""
    metadata, spec = template.get("metadata") or {}, template["spec"]
    yield "Pod Template:"
    yield from labels("  Labels", metadata.get("labels"))
    if metadata.get("annotations"):
        yield from annotation_lines("  Annotations", metadata["annotations"])
    if spec.get("serviceAccountName"):
        yield f"  Service Account:\t{spec['serviceAccountName']}"
    if spec.get("initContainers"):
        yield from containers("Init Containers", spec["initContainers"], None, None, "  ")
    yield from containers("Containers", spec["containers"], None, None, "  ")
    yield from volumes(spec.get("volumes"), "  ")
    if spec.get("priorityClassName"):
        yield f"  Priority Class Name:\t{spec['priorityClassName']}"
    yield from labels("  Node-Selectors", spec.get("nodeSelector"))
    yield from listed("  Tolerations", _tolerations(spec))
