"""Cluster DNS: the records of Services and pods, as CoreDNS answers them.

Watches   Services and EndpointSlices.
Compares  the name asked for with the Services that exist.
Writes    nothing; it answers.
Source    kubernetes/dns, docs/specification.md; coredns/coredns, plugin/kubernetes (kubernetes.go, findServices,
          findPods; reverse.go; ttl 30, pods insecure); kubernetes.io, "DNS for Services and Pods"
Left out  zone transfers, TXT and SOA records; upstream servers (there is no world outside: NXDOMAIN); the cache
          (kubeadm's Corefile has it off for cluster.local)
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from typing import Any, NamedTuple

from k8slab.client import Informers, Reader
from k8slab.clock import Scheduling
from k8slab.objects import Key

__all__ = [
    "CLUSTER_DOMAIN",
    "TTL_S",
    "ClusterDns",
    "Lookup",
    "Record",
    "Response",
    "candidates",
]

Obj = dict[str, Any]

CLUSTER_DOMAIN = "cluster.local"
NDOTS = 5
TTL_S = 30
SERVICE_NAME = "kubernetes.io/service-name"
REVERSE = ".in-addr.arpa"
MOST_ALIASES = 8


class Lookup(NamedTuple):
    """An answer: the name that was found and its addresses, or an alias; nothing at all is NXDOMAIN."""

    name: str
    addresses: tuple[str, ...] = ()
    alias: str = ""


class Record(NamedTuple):
    """One record: `data` as dig prints it."""

    name: str
    type: str
    data: str
    ttl_s: int = TTL_S

    def __str__(self) -> str:
        return f"{self.name}.\t{self.ttl_s}\tIN\t{self.type}\t{self.data}"


class Response(NamedTuple):
    """What a DNS server says: a code (NOERROR, NXDOMAIN) and records; NOERROR without any: no record of that type."""

    code: str
    records: tuple[Record, ...] = ()


NXDOMAIN, NO_DATA = Response("NXDOMAIN"), Response("NOERROR")


def candidates(name: str, namespace: str) -> list[str]:
    """The full names that a pod's resolver tries for `name`, in order (search domains, ndots:5)."""
    domains = (f"{namespace}.svc.{CLUSTER_DOMAIN}", f"svc.{CLUSTER_DOMAIN}", CLUSTER_DOMAIN)
    return tried(name, domains, NDOTS)


def tried(name: str, domains: tuple[str, ...], ndots: int) -> list[str]:
    """The full names that a resolver with these search domains tries."""
    if name.endswith("."):
        return [name.rstrip(".")]
    searched = [f"{name}.{domain}" for domain in domains]
    return [name, *searched] if name.count(".") >= ndots else [*searched, name]


class _Found(NamedTuple):
    """One thing behind a name: its own full name, its address, and at which port of a Service (0: none)."""

    name: str
    address: str
    port: int


class ClusterDns:
    """The records of one cluster."""

    def __init__(self, reader: Reader, loop: Scheduling) -> None:
        self._informers = Informers(reader, loop)
        self._services = self._informers.of("Service")
        self._slices = self._informers.of("EndpointSlice")
        self._slices.add_index(
            "service", lambda slice_: [(slice_["metadata"].get("labels") or {}).get(SERVICE_NAME, "")]
        )
        self._informers.start()

    def stop(self) -> None:
        """Let go of the watches."""
        self._informers.stop()

    def resolve(self, name: str, namespace: str) -> Lookup | None:
        """What a pod of `namespace` gets for `name`; None is NXDOMAIN."""
        return next(filter(None, map(self.lookup, candidates(name.lower(), namespace))), None)

    def lookup(self, name: str) -> Lookup | None:
        """The addresses of a full name; an alias is followed as far as the cluster knows it."""
        found = self.query(name)
        addresses = tuple(record.data for record in found.records if record.type == "A")
        aliases = [record.data.rstrip(".") for record in found.records if record.type == "CNAME"]
        if not addresses and not aliases:
            return None
        return Lookup(name.lower().rstrip("."), addresses, "" if addresses else aliases[-1])

    def query(self, name: str, type_: str = "A", depth: int = 0) -> Response:
        """Answer one question for a full name: A, AAAA, SRV, PTR or CNAME; `depth` aliases have led to it."""
        name = name.lower().rstrip(".")
        if name.endswith(REVERSE):
            return self._reverse(name, type_)
        if name == CLUSTER_DOMAIN or name in (f"svc.{CLUSTER_DOMAIN}", f"pod.{CLUSTER_DOMAIN}"):
            return NO_DATA
        if name.endswith(f".pod.{CLUSTER_DOMAIN}"):
            return self._pod(name, type_)
        if not name.endswith(f".svc.{CLUSTER_DOMAIN}"):
            return NXDOMAIN
        return self._service(name, name.removesuffix(f".svc.{CLUSTER_DOMAIN}").split("."), type_, depth)

    def _service(self, name: str, labels: list[str], type_: str, depth: int) -> Response:
        """[_PORT._PROTOCOL. or HOSTNAME.]NAME.NAMESPACE."""
        port = protocol = hostname = ""
        if len(labels) == 4 and labels[0][:1] == labels[1][:1] == "_":
            port, protocol, labels = labels[0][1:], labels[1][1:], labels[2:]
        elif len(labels) == 3:
            hostname, labels = labels[0], labels[1:]
        if len(labels) == 1 and self._has_services(labels[0]):
            return NO_DATA
        service = self._services.get(Key(labels[1], labels[0])) if len(labels) == 2 else None
        if service is None:
            return NXDOMAIN
        if service["spec"].get("type") == "ExternalName":
            return NXDOMAIN if hostname or port else self._alias(name, service["spec"]["externalName"], type_, depth)
        found = list(self._behind(service, hostname, port, protocol))
        if not found:
            return NXDOMAIN
        if type_ == "SRV":
            return Response("NOERROR", tuple(_srv(name, found)))
        addresses = dict.fromkeys(one.address for one in found)
        return Response("NOERROR", tuple(Record(name, "A", one) for one in addresses)) if type_ == "A" else NO_DATA

    def _behind(self, service: Obj, hostname: str, port: str, protocol: str) -> Iterator[_Found]:
        metadata, spec = service["metadata"], service["spec"]
        full = f"{metadata['name']}.{metadata['namespace']}.svc.{CLUSTER_DOMAIN}"
        if spec.get("clusterIP") == "None" or hostname:
            for endpoint, offered in self._endpoints(metadata["namespace"], metadata["name"]):
                if _is_meant(offered, port, protocol):
                    for address in endpoint["addresses"]:
                        own = endpoint.get("hostname") or address.replace(".", "-")
                        if not hostname or own == hostname:
                            yield _Found(f"{own}.{full}", address, offered.get("port") or 0)
        else:
            for offered in spec.get("ports") or ():
                if _is_meant(offered, port, protocol):
                    yield _Found(full, spec["clusterIP"], offered["port"])

    def _alias(self, name: str, target: str, type_: str, depth: int) -> Response:
        """A CNAME, and what it stands for if the cluster knows that."""
        is_followed = type_ in ("A", "AAAA") and depth < MOST_ALIASES
        rest = self.query(target, type_, depth + 1).records if is_followed else ()
        return Response("NOERROR", (Record(name, "CNAME", f"{target}."), *rest))

    def _endpoints(self, namespace: str, service: str) -> Iterator[tuple[Obj, Obj]]:
        """The endpoints that are ready, each with each of its ports (none: as one nameless port)."""
        for slice_ in self._slices.by_index("service", service):
            if slice_["metadata"]["namespace"] == namespace and slice_["addressType"] == "IPv4":
                for endpoint in slice_.get("endpoints") or ():
                    if (endpoint.get("conditions") or {}).get("ready") is not False:
                        yield from ((endpoint, port) for port in slice_.get("ports") or [{}])

    def _has_services(self, namespace: str) -> bool:
        return bool(self._services.list(namespace))

    def _pod(self, name: str, type_: str) -> Response:
        """10-244-1-2.NAMESPACE.pod.cluster.local: any address that is one (`pods insecure`)."""
        labels = name.removesuffix(f".pod.{CLUSTER_DOMAIN}").split(".")
        address = labels[0].replace("-", ".")
        if len(labels) != 2 or not _is_address(address):
            return NXDOMAIN
        return Response("NOERROR", (Record(name, "A", address),)) if type_ == "A" else NO_DATA

    def _reverse(self, name: str, type_: str) -> Response:
        """The name of an address: of a Service, or of an endpoint under its Service."""
        address = ".".join(reversed(name.removesuffix(REVERSE).split(".")))
        names = list(self._names_of(address)) if _is_address(address) else []
        if not names:
            return NXDOMAIN
        return Response("NOERROR", tuple(Record(name, "PTR", f"{one}.") for one in names) if type_ == "PTR" else ())

    def _names_of(self, address: str) -> Iterator[str]:
        for service in self._services.list():
            if service["spec"].get("clusterIP") == address:
                metadata = service["metadata"]
                yield f"{metadata['name']}.{metadata['namespace']}.svc.{CLUSTER_DOMAIN}"
                return
        for slice_ in self._slices.list():
            metadata = slice_["metadata"]
            service_name = (metadata.get("labels") or {}).get(SERVICE_NAME, "")
            for endpoint in slice_.get("endpoints") or ():
                if service_name and address in endpoint["addresses"]:
                    own = endpoint.get("hostname") or address.replace(".", "-")
                    yield f"{own}.{service_name}.{metadata['namespace']}.svc.{CLUSTER_DOMAIN}"


def _srv(name: str, found: list[_Found]) -> Iterator[Record]:
    """The ports, and the addresses of who has them; weights are equal shares of 100."""
    ports = [one for one in dict.fromkeys(found) if one.port]
    for one in ports:
        yield Record(name, "SRV", f"0 {100 // len(ports)} {one.port} {one.name}.")
    for target, address in dict.fromkeys((one.name, one.address) for one in ports):
        yield Record(target, "A", address)


def _is_meant(offered: Obj, port: str, protocol: str) -> bool:
    is_port = not port or offered.get("name", "").lower() == port
    return is_port and (not protocol or offered.get("protocol", "TCP").lower() == protocol)


def _is_address(text: str) -> bool:
    try:
        ipaddress.IPv4Address(text)
    except ValueError:
        return False
    return True
