"""The tables that `kubectl get` prints, made by the server as the real one makes them.

A column of priority 1 is shown only with `-o wide`. Ages are those of the server's clock.

Source    pkg/printers/internalversion/printers.go; staging/src/k8s.io/apimachinery/pkg/apis/meta/v1 (Table)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from k8slab.api.kinds import Kind
from k8slab.api.pod_table import PODS
from k8slab.objects import as_text, get_condition, human_age, parse_rfc3339

__all__ = [
    "as_table",
]

Obj = dict[str, Any]
Cells = list[Any]

NONE, UNSET = "<none>", "<unset>"
ROLE = "node-role.kubernetes.io/"


class Columns(NamedTuple):
    """The titles of a kind's columns (wide ones begin with `*`), and the cells of one object."""

    titles: tuple[str, ...]
    cells: Callable[[Obj, float], Cells]


def as_table(kind: Kind, body: Obj, now: float) -> Obj:
    """The Table of a list or of one object."""
    columns = COLUMNS.get(kind.kind, DEFAULT)
    objects = body.get("items", [body])
    metadata = {name: body["metadata"][name] for name in ("resourceVersion", "continue", "remainingItemCount")
                if name in body["metadata"]}  # fmt: skip
    return {
        "kind": "Table",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": metadata,
        "columnDefinitions": [_definition(title) for title in columns.titles],
        "rows": [{"cells": columns.cells(obj, now), "object": obj} for obj in objects],
    }


def _definition(title: str) -> Obj:
    name = title.removeprefix("*")
    format_ = "name" if name == "Name" else ""
    return {"name": name, "type": "string", "format": format_, "description": "", "priority": int(title[0] == "*")}


def age(obj: Obj, now: float) -> str:
    """How long ago the object was created."""
    return since(obj["metadata"].get("creationTimestamp"), now)


def since(moment: str | None, now: float) -> str:
    """How long ago a moment was, `<unknown>` without one."""
    return human_age(now - parse_rfc3339(moment)) if moment else "<unknown>"


def _node(obj: Obj, now: float) -> Cells:
    status = obj.get("status") or {}
    ready = get_condition(obj, "Ready")
    state = "Unknown" if ready is None else "Ready" if ready["status"] == "True" else "NotReady"
    if obj["spec"].get("unschedulable"):
        state += ",SchedulingDisabled"
    labels = obj["metadata"].get("labels") or {}
    roles = sorted(name.removeprefix(ROLE) for name in labels if name.startswith(ROLE) and name != ROLE)
    addresses = {a["type"]: a["address"] for a in status.get("addresses") or ()}
    info = status.get("nodeInfo") or {}
    return [
        obj["metadata"]["name"],
        state,
        ",".join(roles) or NONE,
        age(obj, now),
        info.get("kubeletVersion", ""),
        addresses.get("InternalIP", NONE),
        addresses.get("ExternalIP", NONE),
        info.get("osImage", "<unknown>"),
        info.get("kernelVersion", "<unknown>"),
        info.get("containerRuntimeVersion", "<unknown>"),
    ]


def _containers(obj: Obj) -> Cells:
    containers = obj["spec"]["template"]["spec"].get("containers") or ()
    names, images = (",".join(c[field] for c in containers) for field in ("name", "image"))
    return [names, images, as_text(obj["spec"].get("selector") or {}) or NONE]


def _deployment(obj: Obj, now: float) -> Cells:
    status = obj.get("status") or {}
    ready = f"{status.get('readyReplicas', 0)}/{obj['spec'].get('replicas', 1)}"
    counts = [status.get("updatedReplicas", 0), status.get("availableReplicas", 0)]
    return [obj["metadata"]["name"], ready, *counts, age(obj, now), *_containers(obj)]


def _replicaset(obj: Obj, now: float) -> Cells:
    status = obj.get("status") or {}
    counts = [obj["spec"].get("replicas", 1), status.get("replicas", 0), status.get("readyReplicas", 0)]
    return [obj["metadata"]["name"], *counts, age(obj, now), *_containers(obj)]


def _service(obj: Obj, now: float) -> Cells:
    spec, type_ = obj["spec"], obj["spec"].get("type", "ClusterIP")
    selector = ",".join(f"{name}={value}" for name, value in sorted((spec.get("selector") or {}).items()))
    ports = ",".join(_port(port) for port in spec.get("ports") or ())
    cluster_ip = spec.get("clusterIP") or NONE
    return [obj["metadata"]["name"], type_, cluster_ip, _external(obj), ports or NONE, age(obj, now), selector or NONE]


def _external(service: Obj) -> str:
    spec = service["spec"]
    if spec.get("type") == "ExternalName":
        name: str = spec.get("externalName", "")
        return name
    given = list(spec.get("externalIPs") or ())
    if spec.get("type") == "LoadBalancer":
        balancer = ((service.get("status") or {}).get("loadBalancer") or {}).get("ingress") or ()
        given += [entry.get("ip") or entry.get("hostname") for entry in balancer]
        return ",".join(given) or "<pending>"
    return ",".join(given) or NONE


def _port(port: Obj) -> str:
    node_port = f":{port['nodePort']}" if port.get("nodePort") else ""
    return f"{port['port']}{node_port}/{port.get('protocol', 'TCP')}"


def _endpoint_slice(obj: Obj, now: float) -> Cells:
    ports = ",".join(str(port["port"]) for port in obj.get("ports") or ()) or UNSET
    addresses = [address for endpoint in obj.get("endpoints") or () for address in endpoint["addresses"]]
    shown = ",".join(addresses[:3]) + (f" + {len(addresses) - 3} more..." if len(addresses) > 3 else "")
    return [obj["metadata"]["name"], obj["addressType"], ports, shown or UNSET, age(obj, now)]


def _event(obj: Obj, now: float) -> Cells:
    about, source = obj["involvedObject"], obj.get("source") or {}
    last = obj.get("lastTimestamp") or obj.get("eventTime")
    first = obj.get("firstTimestamp") or obj.get("eventTime")
    count = obj.get("count", 1) or 1
    seen = since(last, now) + (f" (x{count} over {since(first, now)})" if count > 1 else "")
    target = about["kind"].lower() + (f"/{about['name']}" if about.get("name") else "")
    origin = ", ".join(filter(None, (source.get("component"), source.get("host"))))
    return [seen, obj.get("type", ""), obj.get("reason", ""), target, about.get("fieldPath", ""), origin,
            obj.get("message", "").strip(), since(first, now), count, obj["metadata"]["name"]]  # fmt: skip


def _namespace(obj: Obj, now: float) -> Cells:
    return [obj["metadata"]["name"], (obj.get("status") or {}).get("phase", ""), age(obj, now)]


def _config_map(obj: Obj, now: float) -> Cells:
    return [obj["metadata"]["name"], len(obj.get("data") or {}) + len(obj.get("binaryData") or {}), age(obj, now)]


def _secret(obj: Obj, now: float) -> Cells:
    return [obj["metadata"]["name"], obj.get("type", ""), len(obj.get("data") or {}), age(obj, now)]


def _lease(obj: Obj, now: float) -> Cells:
    return [obj["metadata"]["name"], (obj.get("spec") or {}).get("holderIdentity", ""), age(obj, now)]


def _any(obj: Obj, now: float) -> Cells:
    return [obj["metadata"]["name"], obj["metadata"].get("creationTimestamp", "")]


WORKLOAD = ("*Containers", "*Images", "*Selector")
DEFAULT = Columns(("Name", "Created At"), _any)
COLUMNS = {
    "Pod": Columns(*PODS),
    "Node": Columns(
        ("Name", "Status", "Roles", "Age", "Version", "*Internal-IP", "*External-IP", "*OS-Image", "*Kernel-Version",
         "*Container-Runtime"),
        _node,
    ),
    "Deployment": Columns(("Name", "Ready", "Up-to-date", "Available", "Age", *WORKLOAD), _deployment),
    "ReplicaSet": Columns(("Name", "Desired", "Current", "Ready", "Age", *WORKLOAD), _replicaset),
    "Service": Columns(("Name", "Type", "Cluster-IP", "External-IP", "Port(s)", "Age", "*Selector"), _service),
    "EndpointSlice": Columns(("Name", "AddressType", "Ports", "Endpoints", "Age"), _endpoint_slice),
    "Event": Columns(
        ("Last Seen", "Type", "Reason", "Object", "*Subobject", "*Source", "Message", "*First Seen", "*Count", "*Name"),
        _event,
    ),
    "Namespace": Columns(("Name", "Status", "Age"), _namespace),
    "ConfigMap": Columns(("Name", "Data", "Age"), _config_map),
    "Secret": Columns(("Name", "Type", "Data", "Age"), _secret),
    "Lease": Columns(("Name", "Holder", "Age"), _lease),
}  # fmt: skip
