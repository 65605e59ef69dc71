"""The rules for Services and EndpointSlices.

Source    pkg/apis/core/validation/validation.go (ValidateService, ValidateServiceUpdate); pkg/apis/discovery/validation
Left out  load balancer classes and source ranges, IPv6 and dual stack
"""

from __future__ import annotations

import ipaddress
from typing import Any

from k8slab.api.validation.meta import Errors, immutable, invalid, labels, not_supported, required
from k8slab.api.validation.pods import PORT_TEXT, PROTOCOLS
from k8slab.objects import is_dns1123_label, is_dns1123_subdomain
from k8slab.wire import FieldError

__all__ = [
    "endpoint_slice",
    "endpoint_slice_update",
    "service",
    "service_update",
]

Obj = dict[str, Any]

TYPES = ("ClusterIP", "ExternalName", "LoadBalancer", "NodePort")
ADDRESS_TYPES = ("FQDN", "IPv4", "IPv6")
MOST_ENDPOINTS, MOST_PORTS = 1000, 20000


def service(obj: Obj) -> Errors:
    """A Service's spec."""
    spec = obj["spec"]
    kind, ports = spec["type"], spec.get("ports") or []
    if kind not in TYPES:
        yield not_supported("spec.type", kind, TYPES)
    if kind == "ExternalName":
        if not spec.get("externalName"):
            yield required("spec.externalName")
        for problem in is_dns1123_subdomain(spec["externalName"].rstrip(".")) if spec.get("externalName") else ():
            yield invalid("spec.externalName", spec["externalName"], problem)
    elif not ports and spec.get("clusterIP") != "None":
        yield required("spec.ports")
    if kind in ("LoadBalancer", "NodePort") and spec.get("clusterIP") == "None":
        yield invalid("spec.clusterIPs[0]", "None", f"may not be set to 'None' for {kind} services")
    address = spec.get("clusterIP")
    if address and address != "None" and not _is_address(address):
        yield invalid("spec.clusterIPs[0]", address, "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)")
    if spec.get("selector"):
        yield from labels(spec["selector"], "spec.selector")
    if spec.get("sessionAffinity") not in ("ClientIP", "None"):
        yield not_supported("spec.sessionAffinity", spec.get("sessionAffinity", ""), ("ClientIP", "None"))
    yield from _ports(ports, kind)


def _ports(ports: list[Obj], kind: str) -> Errors:
    names: set[str] = set()
    numbers: set[tuple[str, int]] = set()
    for i, port in enumerate(ports):
        place, name, number = f"spec.ports[{i}]", port.get("name", ""), port.get("port", 0)
        if len(ports) > 1 and not name:
            yield required(f"{place}.name")
        for problem in is_dns1123_label(name) if name else ():
            yield invalid(f"{place}.name", name, problem)
        if name and name in names:
            yield FieldError("FieldValueDuplicate", f"{place}.name", "", name)
        names.add(name)
        if not 1 <= number <= 65535:
            yield invalid(f"{place}.port", number, PORT_TEXT)
        target = port.get("targetPort")
        if isinstance(target, int) and not 1 <= target <= 65535:
            yield invalid(f"{place}.targetPort", target, PORT_TEXT)
        protocol = port.get("protocol", "")
        if protocol not in PROTOCOLS:
            yield not_supported(f"{place}.protocol", protocol, PROTOCOLS)
        if (protocol, number) in numbers:
            yield FieldError("FieldValueDuplicate", place, "", {"port": number, "protocol": protocol})
        numbers.add((protocol, number))
        node_port = port.get("nodePort", 0)
        if node_port and kind == "ClusterIP":
            yield FieldError("FieldValueForbidden", f"{place}.nodePort", "may not be used when `type` is 'ClusterIP'")
        elif node_port and not 30000 <= node_port <= 32767:
            text = "provided port is not in the valid range. The range of valid ports is 30000-32767"
            yield invalid(f"{place}.nodePort", node_port, text)


def service_update(new: Obj, old: Obj) -> Errors:
    """An address that was given stays, except on the way to and from ExternalName."""
    before, after = old["spec"], new["spec"]
    is_kept = "ExternalName" not in (before["type"], after["type"]) and bool(before.get("clusterIP"))
    if is_kept and after.get("clusterIP") != before["clusterIP"]:
        yield invalid("spec.clusterIPs[0]", [after.get("clusterIP", "")], "may not change once set")


def endpoint_slice(obj: Obj) -> Errors:
    """The endpoints and ports of a slice."""
    kind, endpoints = obj.get("addressType", ""), obj.get("endpoints") or []
    if kind not in ADDRESS_TYPES:
        yield not_supported("addressType", kind, ADDRESS_TYPES) if kind else required("addressType")
    if len(endpoints) > MOST_ENDPOINTS:
        yield FieldError("FieldValueTooMany", "endpoints", f"must have at most {MOST_ENDPOINTS} items", len(endpoints))
    for i, endpoint in enumerate(endpoints):
        addresses = endpoint.get("addresses") or []
        if not addresses:
            yield required(f"endpoints[{i}].addresses", "must contain at least 1 address")
        for j, address in enumerate(addresses):
            if kind in ("IPv4", "IPv6") and not _is_address(address, 4 if kind == "IPv4" else 6):
                yield invalid(f"endpoints[{i}].addresses[{j}]", address, f"must be a valid {kind} address")
    for i, port in enumerate(obj.get("ports") or ()):
        if port.get("protocol") not in PROTOCOLS:
            yield not_supported(f"ports[{i}].protocol", port.get("protocol", ""), PROTOCOLS)


def endpoint_slice_update(new: Obj, old: Obj) -> Errors:
    """The kind of addresses stays."""
    yield from immutable("addressType", new.get("addressType"), old.get("addressType"))


def _is_address(text: str, version: int = 0) -> bool:
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        return False
    return not version or found.version == version
