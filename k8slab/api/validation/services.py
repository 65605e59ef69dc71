"""The rules for Services and EndpointSlices.

Source    pkg/apis/core/validation/validation.go (ValidateService, ValidateServiceUpdate); pkg/apis/discovery/validation
Left out  load balancer classes and source ranges, IPv6 and dual stack
"""

from __future__ import annotations

import ipaddress
from typing import Any

from k8slab.api.validation.containers import PORT_TEXT, PROTOCOLS, port_or_name
from k8slab.api.validation.meta import (
    Errors,
    duplicate,
    forbidden,
    immutable,
    invalid,
    labels,
    not_supported,
    required,
)
from k8slab.api.validation.rules import Rules, rules
from k8slab.objects import is_dns1035_label, is_dns1123_label, is_dns1123_subdomain
from k8slab.wire import FieldError

__all__ = [
    "RULES",
    "endpoint_slice",
    "endpoint_slice_update",
    "service",
    "service_update",
]

Obj = dict[str, Any]

TYPES = ("ClusterIP", "ExternalName", "LoadBalancer", "NodePort")
OPEN_TYPES = ("LoadBalancer", "NodePort")
POLICIES = ("Cluster", "Local")
AFFINITIES = ("ClientIP", "None")
ADDRESS_TYPES = ("FQDN", "IPv4", "IPv6")
ADDRESS_TEXT = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"
NODE_PORT_TEXT = "provided port is not in the valid range. The range of valid ports is 30000-32767"
MOST_STICKY_S = 86400
MOST_ENDPOINTS, MOST_ADDRESSES, MOST_PORTS = 1000, 100, 20000


def service(obj: Obj) -> Errors:
    """A Service's spec."""
    spec = obj["spec"]
    kind, ports, is_headless = spec["type"], spec.get("ports") or [], spec.get("clusterIP") == "None"
    if not ports and not is_headless and kind != "ExternalName":
        yield required("spec.ports")
    if kind in OPEN_TYPES and is_headless:
        yield invalid("spec.clusterIPs[0]", "None", f"may not be set to 'None' for {kind} services")
    if kind == "ExternalName":
        yield from _external_name(spec)
    yield from _ports(ports)
    yield from labels(spec.get("selector") or {}, "spec.selector")
    yield from _session_affinity(spec)
    address = spec.get("clusterIP")
    if address and not is_headless and kind != "ExternalName" and not _is_address(address):
        yield invalid("spec.clusterIPs[0]", address, ADDRESS_TEXT)
    for i, address in enumerate(spec.get("externalIPs") or ()):
        if not _is_address(address):
            yield invalid(f"spec.externalIPs[{i}]", address, ADDRESS_TEXT)
    if kind not in TYPES:
        yield not_supported("spec.type", kind, TYPES)
    yield from _node_ports(ports, kind)
    yield from _policies(spec)


def _external_name(spec: Obj) -> Errors:
    for name in ("clusterIPs", "ipFamilies", "ipFamilyPolicy"):
        if spec.get(name):
            yield forbidden(f"spec.{name}", "may not be set for ExternalName services")
    name = spec.get("externalName", "").removesuffix(".")
    if not name:
        yield required("spec.externalName")
    for problem in is_dns1123_subdomain(name) if name else ():
        yield invalid("spec.externalName", name, problem)


def _session_affinity(spec: Obj) -> Errors:
    affinity = spec.get("sessionAffinity")
    if affinity not in AFFINITIES:
        yield not_supported("spec.sessionAffinity", affinity, AFFINITIES)
    timeout_s = ((spec.get("sessionAffinityConfig") or {}).get("clientIP") or {}).get("timeoutSeconds", 1)
    if affinity == "ClientIP" and not 0 < timeout_s <= MOST_STICKY_S:
        text = f"must be greater than 0 and less than {MOST_STICKY_S}"
        yield invalid("spec.sessionAffinityConfig.clientIP.timeoutSeconds", timeout_s, text)


def _policies(spec: Obj) -> Errors:
    kind = spec["type"]
    if "allocateLoadBalancerNodePorts" in spec and kind != "LoadBalancer":
        yield forbidden("spec.allocateLoadBalancerNodePorts", "may only be used when `type` is 'LoadBalancer'")
    policy, is_open = spec.get("externalTrafficPolicy"), kind in OPEN_TYPES or bool(spec.get("externalIPs"))
    if policy and not is_open:
        text = "may only be set for externally-accessible services"
        yield invalid("spec.externalTrafficPolicy", policy, text)
    elif policy and policy not in POLICIES:
        yield not_supported("spec.externalTrafficPolicy", policy, POLICIES)
    policy = spec.get("internalTrafficPolicy")
    if policy and policy not in POLICIES:
        yield not_supported("spec.internalTrafficPolicy", policy, POLICIES)


def _ports(ports: list[Obj]) -> Errors:
    names: set[str] = set()
    for i, port in enumerate(ports):
        place, name, number = f"spec.ports[{i}]", port.get("name", ""), port.get("port", 0)
        if len(ports) > 1 and not name:
            yield required(f"{place}.name")
        for problem in is_dns1123_label(name) if name else ():
            yield invalid(f"{place}.name", name, problem)
        if name and name in names:
            yield duplicate(f"{place}.name", name)
        names.add(name)
        if not 1 <= number <= 65535:
            yield invalid(f"{place}.port", number, PORT_TEXT)
        if port.get("protocol") not in PROTOCOLS:
            yield not_supported(f"{place}.protocol", port.get("protocol", ""), PROTOCOLS)
        yield from port_or_name(port.get("targetPort") or number, f"{place}.targetPort")


def _node_ports(ports: list[Obj], kind: str) -> Errors:
    taken, numbers = set[tuple[str, int]](), set[tuple[str, int]]()
    for i, port in enumerate(ports):
        place, protocol, node_port = f"spec.ports[{i}].nodePort", port.get("protocol", ""), port.get("nodePort", 0)
        if not node_port:
            continue
        if kind == "ClusterIP":
            yield forbidden(place, "may not be used when `type` is 'ClusterIP'")
        elif not 30000 <= node_port <= 32767:
            yield invalid(place, node_port, NODE_PORT_TEXT)
        if (protocol, node_port) in taken:
            yield duplicate(place, node_port)
        taken.add((protocol, node_port))
    for i, port in enumerate(ports):
        protocol, number = port.get("protocol", ""), port.get("port", 0)
        if (protocol, number) in numbers:
            yield duplicate(f"spec.ports[{i}]", _as_go_writes_it(protocol, number))
        numbers.add((protocol, number))


def _as_go_writes_it(protocol: str, number: int) -> Obj:
    """A port as the server shows it: the internal type, whose fields have no names of the wire."""
    absent: Obj = {"AppProtocol": None, "TargetPort": 0, "NodePort": 0}
    order = ("Name", "Protocol", "AppProtocol", "Port", "TargetPort", "NodePort")
    shown = {**absent, "Name": "", "Protocol": protocol, "Port": number}
    return {name: shown[name] for name in order}


def service_update(new: Obj, old: Obj) -> Errors:
    """An address that was given stays, except on the way to and from ExternalName."""
    before, after = old["spec"], new["spec"]
    is_kept = "ExternalName" not in (before["type"], after["type"]) and bool(before.get("clusterIP"))
    if is_kept and after.get("clusterIP") != before["clusterIP"]:
        yield invalid("spec.clusterIPs[0]", [after.get("clusterIP", "")], "may not change once set")


def endpoint_slice(obj: Obj) -> Errors:
    """The endpoints and ports of a slice."""
    kind, endpoints, ports = obj.get("addressType", ""), obj.get("endpoints") or [], obj.get("ports") or []
    if kind not in ADDRESS_TYPES:
        yield not_supported("addressType", kind, ADDRESS_TYPES) if kind else required("addressType")
    yield from _too_many("endpoints", endpoints, MOST_ENDPOINTS)
    for i, endpoint in enumerate(endpoints if len(endpoints) <= MOST_ENDPOINTS else ()):
        addresses, place = endpoint.get("addresses") or [], f"endpoints[{i}].addresses"
        if not addresses:
            yield required(place, "must contain at least 1 address")
        yield from _too_many(place, addresses, MOST_ADDRESSES)
        for j, address in enumerate(addresses):
            yield from _endpoint_address(address, kind, f"{place}[{j}]")
        if endpoint.get("hostname"):
            for problem in is_dns1123_label(endpoint["hostname"]):
                yield invalid(f"endpoints[{i}].hostname", endpoint["hostname"], problem)
    yield from _too_many("ports", ports, MOST_PORTS)
    yield from _slice_ports(ports)


def _slice_ports(ports: list[Obj]) -> Errors:
    names: set[str] = set()
    for i, port in enumerate(ports):
        name = port.get("name", "")
        for problem in is_dns1123_label(name) if name else ():
            yield invalid(f"ports[{i}].name", name, problem)
        if name in names:
            yield duplicate(f"ports[{i}].name", name)
        names.add(name)
        if port.get("protocol") not in PROTOCOLS:
            yield not_supported(f"ports[{i}].protocol", port.get("protocol", ""), PROTOCOLS)


def _too_many(field: str, items: list[Any], most: int) -> Errors:
    if len(items) > most:
        yield FieldError("FieldValueTooMany", field, f"must have at most {most} items", len(items))


def _endpoint_address(address: str, kind: str, field: str) -> Errors:
    if kind not in ("IPv4", "IPv6"):
        return
    if not _is_address(address, 4 if kind == "IPv4" else 6):
        yield invalid(field, address, f"must be a valid {kind} address")
        return
    found = ipaddress.ip_address(address)
    if found.is_unspecified:
        yield invalid(field, address, f"may not be unspecified ({address})")
    if found.is_loopback:
        yield invalid(field, address, "may not be in the loopback range (127.0.0.0/8, ::1/128)")
    if found.is_link_local:
        yield invalid(field, address, "may not be in the link-local range (169.254.0.0/16, fe80::/10)")


def endpoint_slice_update(new: Obj, old: Obj) -> Errors:
    """The kind of addresses stays."""
    yield from immutable("addressType", new.get("addressType"), old.get("addressType"))


def _is_address(text: str, version: int = 0) -> bool:
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        return False
    return not version or found.version == version


RULES: dict[tuple[str, str], Rules] = {
    ("v1", "Service"): rules(is_dns1035_label, service, service_update),
    ("discovery.k8s.io/v1", "EndpointSlice"): rules(
        is_dns1123_subdomain, endpoint_slice, endpoint_slice_update, change_first=False
    ),
}
