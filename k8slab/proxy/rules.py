"""The rule table of a node: for every address and port of a Service, who may answer.

Source    pkg/proxy/iptables/proxier.go (syncProxyRules), pkg/proxy/topology.go (CategorizeEndpoints)
Left out  session affinity, traffic policies Local, load balancers' addresses, external IPs, topology hints, IPv6
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from k8slab.objects import Key, key_of

__all__ = [
    "Backend",
    "Rule",
    "RuleTable",
    "build_rules",
]

Obj = dict[str, Any]

SERVICE_NAME = "kubernetes.io/service-name"


class Backend(NamedTuple):
    """One endpoint that may answer."""

    address: str
    port: int
    pod: str
    node: str


class Rule(NamedTuple):
    """What happens to packets for one port of a Service: one of `backends`, or refused when there are none."""

    service: str
    port_name: str
    protocol: str
    backends: tuple[Backend, ...]


class RuleTable(NamedTuple):
    """`cluster` by (address, port, protocol), `node_ports` by (port, protocol) on any address of the node."""

    cluster: dict[tuple[str, int, str], Rule]
    node_ports: dict[tuple[int, str], Rule]

    def find(self, address: str, port: int, node_address: str, protocol: str = "TCP") -> Rule | None:
        """The rule that catches a packet for this address on the node that has `node_address`, if one does."""
        found = self.cluster.get((address, port, protocol))
        if found is None and address == node_address:
            found = self.node_ports.get((port, protocol))
        return found

    def __str__(self) -> str:
        lines = [_line(f"{address}:{port}", rule) for (address, port, _), rule in sorted(self.cluster.items())]
        lines += [_line(f"*:{port}", rule) for (port, _), rule in sorted(self.node_ports.items())]
        return "\n".join(lines)


def _line(place: str, rule: Rule) -> str:
    name = f"{rule.service}:{rule.port_name}" if rule.port_name else rule.service
    backends = ", ".join(f"{b.address}:{b.port}" for b in rule.backends) or "REJECT (no endpoints)"
    return f"{rule.protocol} {place:<22} {name:<28} -> {backends}"


def build_rules(services: Iterable[Obj], slices: Iterable[Obj]) -> RuleTable:
    """The table for these Services and EndpointSlices."""
    by_service: dict[Key, list[Obj]] = {}
    for slice_ in slices:
        name = (slice_["metadata"].get("labels") or {}).get(SERVICE_NAME)
        if name and slice_["addressType"] == "IPv4":
            by_service.setdefault(Key(slice_["metadata"]["namespace"], name), []).append(slice_)
    table = RuleTable({}, {})
    for service in services:
        key, spec = key_of(service), service["spec"]
        if spec.get("type") == "ExternalName" or spec.get("clusterIP") in (None, "", "None"):
            continue
        for port in spec.get("ports") or ():
            rule = _rule(str(key), port, by_service.get(key, []))
            table.cluster[spec["clusterIP"], port["port"], rule.protocol] = rule
            if port.get("nodePort"):
                table.node_ports[port["nodePort"], rule.protocol] = rule
    return table


def _rule(service: str, port: Obj, slices: list[Obj]) -> Rule:
    name, protocol = port.get("name", ""), port.get("protocol", "TCP")
    backends = [
        (endpoint, backend)
        for slice_ in slices
        for offered in slice_.get("ports") or ()
        if offered.get("name", "") == name and offered.get("protocol", "TCP") == protocol and offered.get("port")
        for endpoint in slice_.get("endpoints") or ()
        for backend in _backends(endpoint, offered["port"])
    ]
    ready = [backend for endpoint, backend in backends if _condition(endpoint, "ready", default=True)]
    leaving = [
        backend
        for endpoint, backend in backends
        if _condition(endpoint, "serving", default=True) and _condition(endpoint, "terminating", default=False)
    ]
    # With nobody ready, those who are leaving and still serve are better than nobody (KEP-1669).
    return Rule(service, name, protocol, tuple(dict.fromkeys(ready or leaving)))


def _backends(endpoint: Obj, port: int) -> Iterable[Backend]:
    target = endpoint.get("targetRef") or {}
    pod = f"{target['namespace']}/{target['name']}" if target.get("kind") == "Pod" else ""
    for address in endpoint["addresses"]:
        yield Backend(address, port, pod, endpoint.get("nodeName", ""))


def _condition(endpoint: Obj, name: str, *, default: bool) -> bool:
    value = (endpoint.get("conditions") or {}).get(name)
    return default if value is None else bool(value)
