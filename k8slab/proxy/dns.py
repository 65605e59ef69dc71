"""Cluster DNS: names for Services, as CoreDNS answers them.

Watches   Services and EndpointSlices.
Compares  the name asked for with the Services that exist.
Writes    nothing; it answers.
Source    kubernetes/dns, docs/specification.md; kubernetes.io, "DNS for Services and Pods"
Left out  SRV, PTR and AAAA records, names of single pods by address, caching and TTL, upstream servers
"""

from __future__ import annotations

from typing import NamedTuple

from k8slab.client import Informers, Reader
from k8slab.clock import Scheduling
from k8slab.objects import Key

__all__ = [
    "CLUSTER_DOMAIN",
    "ClusterDns",
    "Lookup",
    "candidates",
]

CLUSTER_DOMAIN = "cluster.local"
NDOTS = 5
SERVICE_NAME = "kubernetes.io/service-name"


class Lookup(NamedTuple):
    """An answer: the name that was found and its addresses, or an alias; nothing at all is NXDOMAIN."""

    name: str
    addresses: tuple[str, ...] = ()
    alias: str = ""


def candidates(name: str, namespace: str) -> list[str]:
    """The full names that a pod's resolver tries for `name`, in order (search domains, ndots:5)."""
    if name.endswith("."):
        return [name.rstrip(".")]
    domains = (f"{namespace}.svc.{CLUSTER_DOMAIN}", f"svc.{CLUSTER_DOMAIN}", CLUSTER_DOMAIN)
    searched = [f"{name}.{domain}" for domain in domains]
    return [name, *searched] if name.count(".") >= NDOTS else [*searched, name]


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
        return next(filter(None, map(self._exact, candidates(name.lower(), namespace))), None)

    def _exact(self, name: str) -> Lookup | None:
        """NAME.NAMESPACE.svc.cluster.local, or HOSTNAME.NAME.NAMESPACE.svc.cluster.local of a headless Service."""
        suffix = f".svc.{CLUSTER_DOMAIN}"
        if not name.endswith(suffix):
            return None
        labels = name.removesuffix(suffix).split(".")
        if len(labels) not in (2, 3):
            return None
        hostname, service_name, namespace = ["", *labels][-3:]
        service = self._services.get(Key(namespace, service_name))
        if service is None:
            return None
        spec = service["spec"]
        if spec.get("clusterIP") == "None":
            addresses = tuple(self._endpoint_addresses(namespace, service_name, hostname))
            return Lookup(name, addresses) if addresses else None
        if hostname:
            return None
        if spec.get("type") == "ExternalName":
            return Lookup(name, alias=spec["externalName"])
        return Lookup(name, (spec["clusterIP"],))

    def _endpoint_addresses(self, namespace: str, service: str, hostname: str) -> list[str]:
        return [
            address
            for slice_ in self._slices.by_index("service", service)
            if slice_["metadata"]["namespace"] == namespace
            for endpoint in slice_.get("endpoints") or ()
            if (endpoint.get("conditions") or {}).get("ready", True)
            and (not hostname or endpoint.get("hostname") == hostname)
            for address in endpoint["addresses"]
        ]
