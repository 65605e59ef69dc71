"""What a node does with packets for a Service: who may answer at each of its addresses, or why nobody does.

A Service has a cluster address, perhaps addresses of its own outside (externalIPs, those of a load balancer) and a port
on every node. From outside, `externalTrafficPolicy: Local` leaves only the endpoints of the node that was asked; what
comes from that node itself may go anywhere all the same.

Source    pkg/proxy/iptables/proxier.go (syncProxyRules); pkg/proxy/serviceport.go; pkg/proxy/util/utils.go
          (ShouldSkipService); pkg/proxy/healthcheck/service_health.go
Left out  IPv6, --nodeport-addresses (a node port is open on the node's one address)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from k8slab.objects import key_of
from k8slab.proxy.endpoints import Backend, Endpoint, Usable, endpoints_of, has_hints, usable

__all__ = [
    "Health",
    "Place",
    "Rule",
    "ServiceRules",
]

Obj = dict[str, Any]

SERVICE_NAME = "kubernetes.io/service-name"
AFFINITY_S = 10_800
NO_ENDPOINTS, NO_LOCAL_ENDPOINTS = "no endpoints", "no local endpoints"


class Place(NamedTuple):
    """Where a rule catches packets: at an address ("" stands for the node's own) and a port.

    `is_for_proxy`: not caught there, but brought by a load balancer to the node port (ipMode Proxy).
    """

    address: str
    port: int
    protocol: str
    is_for_proxy: bool = False


class Rule(NamedTuple):
    """What happens to packets for one port of a Service: one of `backends` gets them.

    Without backends they are refused, or dropped when there are endpoints that this node must not use (`lacks` says
    which). `from_outside` is the rule for packets that do not come from this very node, if that differs.
    `sticky_s`: for how long a client stays with its endpoint. `sources`: who alone may come, as ranges; empty for all.
    `hides_client`: the endpoint sees the node's address instead of the client's.
    """

    service: str
    port_name: str
    protocol: str
    backends: tuple[Backend, ...]
    kind: str = "cluster"
    lacks: str = ""
    from_outside: Rule | None = None
    sticky_s: int = 0
    sources: tuple[str, ...] = ()
    hides_client: bool = False

    @property
    def is_dropping(self) -> bool:
        """Packets vanish; a client waits for its timeout."""
        return self.lacks == NO_LOCAL_ENDPOINTS


class Health(NamedTuple):
    """What the health check port of a Service tells a load balancer: how many endpoints are ready on this node."""

    service: str
    local_endpoints: int


class ServiceRules:
    """The rules of one Service, parsed once and told for each node."""

    def __init__(self, service: Obj, slices: Iterable[Obj]) -> None:
        self.service = service
        self.slices = tuple(slices)
        spec = service["spec"]
        ports: list[Obj] = [] if is_skipped(service) else spec.get("ports") or []
        ipv4 = [slice_ for slice_ in self.slices if slice_["addressType"] == "IPv4"]
        self._ports = [(port, endpoints_of(port, ipv4)) for port in ports]
        self._is_local = "Local" in (spec.get("internalTrafficPolicy"), spec.get("externalTrafficPolicy"))
        self._has_hints = any(has_hints(endpoints) for _, endpoints in self._ports)
        self._told: dict[tuple[str, str], dict[Place, Rule]] = {}

    def is_of(self, service: Obj, slices: Sequence[Obj]) -> bool:
        """These are the very objects that were parsed."""
        if service is not self.service or slices is self.slices:
            return service is self.service
        return tuple(map(id, slices)) == tuple(map(id, self.slices))

    def on(self, node: str, zone: str) -> dict[Place, Rule]:
        """The rules of a node; the same ones for all nodes that do not differ."""
        is_about_node = self._is_local or self._has_hints
        key = (node if is_about_node else "", zone if self._has_hints else "")
        if key not in self._told:
            self._told[key] = dict(self._rules(*key))
        return self._told[key]

    def health(self, node: str) -> tuple[int, Health] | None:
        """The health check port and what it says on a node, if the Service has one."""
        port = self.service["spec"].get("healthCheckNodePort")
        if not port or not self._ports:
            return None
        ready = {one.backend.address for _, found in self._ports for one in found if _is_ready_on(one, node)}
        return port, Health(str(key_of(self.service)), len(ready))

    def _rules(self, node: str, zone: str) -> Iterator[tuple[Place, Rule]]:
        spec = self.service["spec"]
        for port, endpoints in self._ports:
            found = usable(endpoints, node, zone)
            inside = self._rule(port, found, "cluster", is_local=spec.get("internalTrafficPolicy") == "Local")
            yield Place(spec["clusterIP"], port["port"], inside.protocol), inside
            yield from self._external(port, found)

    def _external(self, port: Obj, found: Usable) -> Iterator[tuple[Place, Rule]]:
        """Where the outside finds a port."""
        spec, protocol = self.service["spec"], port.get("protocol", "TCP")
        for address in spec.get("externalIPs") or ():
            yield Place(address, port["port"], protocol), self._outer(port, found, "external IP")
        if port.get("nodePort"):
            yield Place("", port["nodePort"], protocol), self._outer(port, found, "node port")
        for ingress in ((self.service.get("status") or {}).get("loadBalancer") or {}).get("ingress") or ():
            if ingress.get("ip"):
                rule = self._outer(port, found, "load balancer", tuple(spec.get("loadBalancerSourceRanges") or ()))
                is_for_proxy = ingress.get("ipMode") == "Proxy"
                yield Place(ingress["ip"], port["port"], protocol, is_for_proxy), rule

    def _outer(self, port: Obj, found: Usable, kind: str, sources: tuple[str, ...] = ()) -> Rule:
        rule = self._rule(port, found, kind)._replace(sources=sources, hides_client=True)
        if self.service["spec"].get("externalTrafficPolicy") != "Local":
            return rule
        local = self._rule(port, found, kind, is_local=True)._replace(sources=sources)
        return rule._replace(from_outside=local, hides_client=False)

    def _rule(self, port: Obj, found: Usable, kind: str, *, is_local: bool = False) -> Rule:
        spec = self.service["spec"]
        backends = found.local if is_local else found.cluster
        lacks = "" if backends else NO_LOCAL_ENDPOINTS if found.is_anybody_there else NO_ENDPOINTS
        sticky_s = 0
        if spec.get("sessionAffinity") == "ClientIP":
            sticky_s = ((spec.get("sessionAffinityConfig") or {}).get("clientIP") or {}).get(
                "timeoutSeconds", AFFINITY_S
            )
        name, protocol = port.get("name", ""), port.get("protocol", "TCP")
        return Rule(str(key_of(self.service)), name, protocol, backends, kind, lacks, sticky_s=sticky_s)


def is_skipped(service: Obj) -> bool:
    """There is no rule for a Service without an address of its own."""
    spec = service["spec"]
    return spec.get("type") == "ExternalName" or spec.get("clusterIP") in (None, "", "None")


def _is_ready_on(endpoint: Endpoint, node: str) -> bool:
    return endpoint.is_ready and endpoint.backend.node == node
