"""Addresses and ports for Services: from fixed ranges, never twice, by the seeded chance.

Source    pkg/registry/core/service/{ipallocator,portallocator}; KEP-3070 (the lower part of a range is kept
          for addresses that people ask for)
Left out  IPv6 and dual stack; ServiceCIDR and IPAddress objects; health check node ports
"""

from __future__ import annotations

import ipaddress
import random
from collections.abc import Callable, Iterable
from typing import Any

from k8slab.wire import FieldError, InternalError, invalid

__all__ = [
    "NODE_PORTS",
    "SERVICE_CIDR",
    "ServiceAddresses",
]

Obj = dict[str, Any]

SERVICE_CIDR = "10.96.0.0/12"
NODE_PORTS = range(30000, 32768)
OPEN_TYPES = ("NodePort", "LoadBalancer")
ADDRESS_FIELDS = ("clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy")
KEPT_PORTS = 86
TRIES = 10_000


class ServiceAddresses:
    """Gives each Service what its type needs. `services` answers the Services that exist; `cidr` is an IPv4 range."""

    def __init__(self, services: Callable[[], Iterable[Obj]], chance: random.Random, cidr: str = SERVICE_CIDR) -> None:
        self._services = services
        self._chance = chance
        self._range = ipaddress.ip_network(cidr)
        self._kept = _kept(self._range.num_addresses)

    def allocate(self, service: Obj, old: Obj | None = None) -> Obj:
        """The Service with its cluster IP, IP family and node ports. Raises Invalid for one that is taken."""
        before: Obj = (old or {}).get("spec") or {}
        spec = _without_leftovers(service.get("spec") or {}, before)
        service = {**service, "spec": spec}
        if spec.get("type") == "ExternalName":
            return service
        others = [s for s in self._services() if old is None or s["metadata"]["uid"] != old["metadata"]["uid"]]
        address = spec.get("clusterIP") or before.get("clusterIP") or self._free_address(others)
        if address != "None":
            self._check_address(service, address, others)
        spec = {
            **spec,
            "clusterIP": address,
            "clusterIPs": [address],
            "ipFamilies": spec.get("ipFamilies") or ["IPv4"],
            "ipFamilyPolicy": spec.get("ipFamilyPolicy") or "SingleStack",
        }
        if spec.get("type") in OPEN_TYPES and spec.get("allocateLoadBalancerNodePorts", True):
            spec["ports"] = self._with_node_ports(service, before.get("ports") or (), others)
        return {**service, "spec": spec}

    def _free_address(self, others: list[Obj]) -> str:
        taken = {s["spec"].get("clusterIP") for s in others}
        last = self._range.num_addresses - 1
        for _ in range(TRIES):
            address = str(self._range[self._chance.randrange(self._kept, last)])
            if address not in taken:
                return address
        for index in (*range(self._kept, last), *range(1, self._kept)):
            address = str(self._range[index])
            if address not in taken:
                return address
        raise InternalError("Internal error occurred: failed to allocate a serviceIP: range is full")

    def _check_address(self, service: Obj, address: str, others: list[Obj]) -> None:
        problem = ""
        try:
            if ipaddress.ip_address(address) not in self._range:
                problem = f"failed to allocate IP {address}: the provided network does not match the current range"
        except ValueError:
            return  # validation has its own words for this
        if any(s["spec"].get("clusterIP") == address for s in others):
            problem = f"failed to allocate IP {address}: provided IP is already allocated"
        if problem:
            error = FieldError("FieldValueInvalid", "spec.clusterIPs", problem, [address])
            raise invalid("Service", "", service["metadata"]["name"], [error])

    def _with_node_ports(self, service: Obj, before: Iterable[Obj], others: list[Obj]) -> list[Obj]:
        taken = {port.get("nodePort") for s in others for port in s["spec"].get("ports") or ()}
        had = {(p.get("port"), p.get("protocol")): p.get("nodePort") for p in before}
        ports = []
        for i, port in enumerate(service["spec"].get("ports") or ()):
            number = port.get("nodePort") or had.get((port.get("port"), port.get("protocol")))
            if not number:
                number = self._chance.choice([n for n in NODE_PORTS[KEPT_PORTS:] if n not in taken])
            elif number in taken:
                text = "provided port is already allocated"
                error = FieldError("FieldValueInvalid", f"spec.ports[{i}].nodePort", text, number)
                raise invalid("Service", "", service["metadata"]["name"], [error])
            taken.add(number)
            ports.append({**port, "nodePort": number})
        return ports


def _kept(size: int) -> int:
    """Where those addresses of a range end that are left for people to ask for while there are others.

    Source: pkg/registry/core/service/ipallocator/ipallocator.go, calculateRangeOffset
    """
    return 1 if size <= 16 else min(max(16, size // 16), 256)


def _without_leftovers(spec: Obj, before: Obj) -> Obj:
    """The spec without what the server once put there for another type, and what nobody has touched since.

    Source: pkg/registry/core/service/strategy.go, dropTypeDependentFields
    """
    type_ = spec.get("type")
    names = [*ADDRESS_FIELDS] if type_ == "ExternalName" else []
    if type_ not in OPEN_TYPES:
        names.append("externalTrafficPolicy")
    if type_ != "LoadBalancer":
        names.append("allocateLoadBalancerNodePorts")
    leftover = {name for name in names if name in spec and spec[name] == before.get(name)}
    kept = {name: value for name, value in spec.items() if name not in leftover} if leftover else spec
    if type_ in OPEN_TYPES or before.get("type") not in OPEN_TYPES or _node_ports(spec) != _node_ports(before):
        return kept
    return {**kept, "ports": [{n: v for n, v in port.items() if n != "nodePort"} for port in spec.get("ports") or ()]}


def _node_ports(spec: Obj) -> list[int]:
    return [port.get("nodePort", 0) for port in spec.get("ports") or ()]
