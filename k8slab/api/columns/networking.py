"""The columns of Ingresses, NetworkPolicies and their like.

Source    pkg/printers/internalversion/printers.go
Left out  the address of an Ingress is not cut to 16 letters
"""

from __future__ import annotations

from typing import Any

from k8slab.api.columns.cells import NONE, Columns, age
from k8slab.objects import as_text

__all__ = ["COLUMNS"]

Obj = dict[str, Any]
Cells = list[Any]

DEFAULT_CLASS = "ingressclass.kubernetes.io/is-default-class"
MOST_HOSTS = 3


def _ingress(obj: Obj) -> Cells:
    spec = obj.get("spec") or {}
    balancer = ((obj.get("status") or {}).get("loadBalancer") or {}).get("ingress") or ()
    addresses = sorted({entry.get("ip") or entry.get("hostname") or "" for entry in balancer} - {""})
    ports = "80, 443" if spec.get("tls") else "80"
    name, class_name = obj["metadata"]["name"], spec.get("ingressClassName", NONE)
    return [name, class_name, _hosts(spec.get("rules") or []), ",".join(addresses), ports, age(obj)]


def _hosts(rules: list[Obj]) -> str:
    hosts = [rule["host"] for rule in rules if rule.get("host")]
    more = len(rules) - MOST_HOSTS
    shown = ",".join(hosts[:MOST_HOSTS]) or "*"
    return f"{shown} + {more} more..." if len(hosts) >= MOST_HOSTS and more > 0 else shown


def _ingress_class(obj: Obj) -> Cells:
    spec, parameters = obj.get("spec") or {}, (obj.get("spec") or {}).get("parameters")
    is_default = (obj["metadata"].get("annotations") or {}).get(DEFAULT_CLASS) == "true"
    shown = NONE
    if parameters is not None:
        group = f".{parameters['apiGroup']}" if parameters.get("apiGroup") is not None else ""
        shown = f"{parameters['kind']}{group}/{parameters['name']}"
    return [obj["metadata"]["name"] + " (default)" * is_default, spec.get("controller", ""), shown, age(obj)]


def _network_policy(obj: Obj) -> Cells:
    selector = (obj.get("spec") or {}).get("podSelector") or {}
    return [obj["metadata"]["name"], as_text(selector) or NONE, age(obj)]


def _ip_address(obj: Obj) -> Cells:
    parent = (obj.get("spec") or {}).get("parentRef")
    if parent is None:
        return [obj["metadata"]["name"], NONE]
    resource = ".".join(filter(None, (parent.get("resource"), parent.get("group"))))
    place = filter(None, (resource, parent.get("namespace"), parent.get("name")))
    return [obj["metadata"]["name"], "/".join(place)]


def _service_cidr(obj: Obj) -> Cells:
    return [obj["metadata"]["name"], ",".join((obj.get("spec") or {}).get("cidrs") or ()), age(obj)]


COLUMNS: dict[str, Columns] = {
    "IPAddress": Columns(("Name", "ParentRef"), _ip_address),
    "Ingress": Columns(("Name", "Class", "Hosts", "Address", "Ports", "Age"), _ingress),
    "IngressClass": Columns(("Name", "Controller", "Parameters", "Age"), _ingress_class),
    "NetworkPolicy": Columns(("Name", "Pod-Selector", "Age"), _network_policy),
    "ServiceCIDR": Columns(("Name", "CIDRs", "Age"), _service_cidr),
}
