"""The columns of Nodes, Namespaces, ConfigMaps, Secrets, accounts, Endpoints, PodTemplates, Events and Leases.

Source    pkg/printers/internalversion/printers.go
"""

from __future__ import annotations

from typing import Any

from k8slab.api.columns.cells import NONE, Aging, Columns, age, since
from k8slab.objects import get_condition

__all__ = ["COLUMNS"]

Obj = dict[str, Any]
Cells = list[Any]

ROLE = "node-role.kubernetes.io/"
MOST_ENDPOINTS = 3


def _node(obj: Obj) -> Cells:
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
        age(obj),
        info.get("kubeletVersion", ""),
        addresses.get("InternalIP", NONE),
        addresses.get("ExternalIP", NONE),
        info.get("osImage", "<unknown>"),
        info.get("kernelVersion", "<unknown>"),
        info.get("containerRuntimeVersion", "<unknown>"),
    ]


def _event(obj: Obj) -> Cells:
    about, source = obj.get("involvedObject") or {}, obj.get("source") or {}
    last = obj.get("lastTimestamp") or obj.get("eventTime")
    first = obj.get("firstTimestamp") or obj.get("eventTime")
    count = obj.get("count", 1) or 1
    seen = since(last) if count <= 1 else _repeated(since(last), since(first), count)
    target = about.get("kind", "").lower() + (f"/{about['name']}" if about.get("name") else "")
    origin = ", ".join(filter(None, (source.get("component"), source.get("host"))))
    return [seen, obj.get("type", ""), obj.get("reason", ""), target, about.get("fieldPath", ""), origin,
            obj.get("message", "").strip(), since(first), count, obj["metadata"]["name"]]  # fmt: skip


def _repeated(last: Aging, first: Aging, count: int) -> Aging:
    return lambda now: f"{last(now)} (x{count} over {first(now)})"


def _namespace(obj: Obj) -> Cells:
    return [obj["metadata"]["name"], (obj.get("status") or {}).get("phase", ""), age(obj)]


def _config_map(obj: Obj) -> Cells:
    return [obj["metadata"]["name"], len(obj.get("data") or {}) + len(obj.get("binaryData") or {}), age(obj)]


def _secret(obj: Obj) -> Cells:
    return [obj["metadata"]["name"], obj.get("type", ""), len(obj.get("data") or {}), age(obj)]


def _service_account(obj: Obj) -> Cells:
    return [obj["metadata"]["name"], age(obj)]


def _lease(obj: Obj) -> Cells:
    return [obj["metadata"]["name"], (obj.get("spec") or {}).get("holderIdentity", ""), age(obj)]


def _endpoints(obj: Obj) -> Cells:
    found: list[str] = []
    for subset in obj.get("subsets") or ():
        ips = [f"[{a['ip']}]" if ":" in a["ip"] else a["ip"] for a in subset.get("addresses") or ()]
        ports = subset.get("ports")
        found += [f"{ip}:{port['port']}" for port in ports for ip in ips] if ports else ips
    more = f" + {len(found) - MOST_ENDPOINTS} more..." if len(found) > MOST_ENDPOINTS else ""
    return [obj["metadata"]["name"], ",".join(found[:MOST_ENDPOINTS]) + more or NONE, age(obj)]


def _pod_template(obj: Obj) -> Cells:
    template = obj.get("template") or {}
    containers = (template.get("spec") or {}).get("containers") or ()
    names, images = (",".join(c.get(field, "") for c in containers) for field in ("name", "image"))
    labels = (template.get("metadata") or {}).get("labels") or {}
    shown = ",".join(f"{key}={value}" for key, value in sorted(labels.items()))
    return [obj["metadata"]["name"], names, images, shown or NONE]


COLUMNS = {
    "Node": Columns(
        ("Name", "Status", "Roles", "Age", "Version", "*Internal-IP", "*External-IP", "*OS-Image", "*Kernel-Version",
         "*Container-Runtime"),
        _node,
    ),
    "Endpoints": Columns(("Name", "Endpoints", "Age"), _endpoints),
    "PodTemplate": Columns(("Name", "Containers", "Images", "Pod Labels"), _pod_template),
    "Event": Columns(
        ("Last Seen", "Type", "Reason", "Object", "*Subobject", "*Source", "Message", "*First Seen", "*Count", "*Name"),
        _event,
    ),
    "Namespace": Columns(("Name", "Status", "Age"), _namespace),
    "ConfigMap": Columns(("Name", "Data", "Age"), _config_map),
    "Secret": Columns(("Name", "Type", "Data", "Age"), _secret),
    "ServiceAccount": Columns(("Name", "Age"), _service_account),
    "Lease": Columns(("Name", "Holder", "Age"), _lease),
}  # fmt: skip
