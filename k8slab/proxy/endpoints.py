"""Which endpoints of a Service a node may use: near ones first, those that leave only when nobody else is there.

Source    pkg/proxy/topology.go (CategorizeEndpoints, topologyModeFromHints); pkg/proxy/endpointslicecache.go; KEP-1669
Left out  IPv6
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

__all__ = [
    "Backend",
    "Endpoint",
    "Usable",
    "endpoints_of",
    "has_hints",
    "usable",
]

Obj = dict[str, Any]


class Backend(NamedTuple):
    """One endpoint that may answer."""

    address: str
    port: int
    pod: str
    node: str


class Endpoint(NamedTuple):
    """A backend and what its slice says of it; `zones` and `nodes` are the hints, for whom it is meant."""

    backend: Backend
    is_ready: bool
    is_leaving: bool  # terminating, and serving still
    zones: tuple[str, ...]
    nodes: tuple[str, ...]


class Usable(NamedTuple):
    """What one node may use: by the traffic policy Cluster, by Local, and whether anybody is there at all."""

    cluster: tuple[Backend, ...]
    local: tuple[Backend, ...]
    is_anybody_there: bool


def endpoints_of(port: Obj, slices: Iterable[Obj]) -> tuple[Endpoint, ...]:
    """The endpoints of one port of a Service: ports meet by name and protocol; no address counts twice."""
    name, protocol = port.get("name", ""), port.get("protocol", "TCP")
    found = {
        one.backend: one
        for slice_ in slices
        for offered in slice_.get("ports") or ()
        if offered.get("name", "") == name and offered.get("protocol", "TCP") == protocol and offered.get("port")
        for endpoint in slice_.get("endpoints") or ()
        for one in _endpoints(endpoint, offered["port"])
    }
    return tuple(found.values())


def usable(endpoints: Sequence[Endpoint], node: str, zone: str) -> Usable:
    """What a node in a zone may use."""
    ready = [one for one in endpoints if one.is_ready]
    leaving = tuple(one.backend for one in endpoints if one.is_leaving and not one.is_ready)
    near = tuple(one.backend for one in _nearest(ready, node, zone))
    local = tuple(one.backend for one in ready if one.backend.node == node)
    local_leaving = tuple(backend for backend in leaving if backend.node == node)
    return Usable(near or leaving, local or local_leaving, bool(near or leaving))


def has_hints(endpoints: Sequence[Endpoint]) -> bool:
    """The nodes may differ in what they use."""
    return any(one.zones or one.nodes for one in endpoints)


def _nearest(ready: list[Endpoint], node: str, zone: str) -> list[Endpoint]:
    """Those meant for the node, or for its zone; everybody unless every one has a hint and one is meant for here."""
    if not ready:
        return []
    if all(one.nodes for one in ready) and any(node in one.nodes for one in ready):
        return [one for one in ready if node in one.nodes]
    if all(one.zones for one in ready) and any(zone in one.zones for one in ready):
        return [one for one in ready if zone in one.zones]
    return ready


def _endpoints(endpoint: Obj, port: int) -> Iterable[Endpoint]:
    target, conditions, hints = (endpoint.get(name) or {} for name in ("targetRef", "conditions", "hints"))
    pod = f"{target['namespace']}/{target['name']}" if target.get("kind") == "Pod" else ""
    ready, serving = (conditions.get(name) is not False for name in ("ready", "serving"))
    leaving = serving and bool(conditions.get("terminating"))
    zones, nodes = (tuple(each["name"] for each in hints.get(name) or ()) for name in ("forZones", "forNodes"))
    for address in endpoint["addresses"]:
        yield Endpoint(Backend(address, port, pod, endpoint.get("nodeName", "")), ready, leaving, zones, nodes)
