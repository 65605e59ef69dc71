"""How a client finds the address of a name: its hosts file, then its name servers, one question for each full name.

Source    resolv.conf(5) (search, ndots); kubernetes.io, "DNS for Services and Pods"
Left out  the question for AAAA that goes along with each one for A (it is answered with nothing), caching in clients,
          a second name server after the first has said NXDOMAIN (as in a real resolver, that is an answer)
"""

from __future__ import annotations

from k8slab.proxy.dns import CLUSTER_DOMAIN, NDOTS, ClusterDns, Lookup, tried
from k8slab.proxy.hops import FailedError
from k8slab.proxy.trip import CONNECT_TIMEOUT_S, Accepted, Trip
from k8slab.world import Network, Resolver
from k8slab.world.resolver import UPSTREAM

__all__ = [
    "address_of",
    "cluster_first",
    "lookup",
]

DNS_PORT = 53
QUESTION_BYTES, RECORD_BYTES = 18, 16  # of a DNS message, beside the name


def cluster_first(network: Network, namespace: str) -> Resolver:
    """The resolver of a pod whose manifest says nothing about DNS."""
    domains = (f"{namespace}.svc.{CLUSTER_DOMAIN}", f"svc.{CLUSTER_DOMAIN}", CLUSTER_DOMAIN)
    return Resolver((network.name_server,), domains, (f"ndots:{NDOTS}",))


def address_of(trip: Trip, host: str, dns: ClusterDns, network: Network) -> str:
    """One address of a host. Raises FailedError."""
    if host.replace(".", "").isdigit():
        return host
    if trip.sender.vm is None:
        raise FailedError(f"curl: (6) Could not resolve host: {host}")
    resolver = _resolver(trip, network)
    if known := resolver.known(host):
        trip.hop("hosts", trip.sender.vm, f"{host} is {known} in /etc/hosts")
        return known
    found = lookup(trip, host, dns, network)
    if found is None or not found.addresses:
        raise FailedError(f"curl: (6) Could not resolve host: {found.alias if found is not None else host}")
    addresses = found.addresses
    return addresses[0] if len(addresses) == 1 else addresses[trip.chance(len(addresses))]


def lookup(trip: Trip, host: str, dns: ClusterDns, network: Network) -> Lookup | None:
    """Ask for each full name in turn until one is known. Raises FailedError when no server answers."""
    resolver = _resolver(trip, network)
    server = _server(trip, host, resolver)
    for name in tried(host.lower(), resolver.domains, resolver.ndots):
        found = dns.lookup(name) if server is not None else None
        if server is not None:
            trip.took_s += server.connection.latency_s * 2
        _note(trip, name, found, server)
        if found is not None:
            return found
    return None


def _resolver(trip: Trip, network: Network) -> Resolver:
    sandbox = trip.sender.sandbox
    own = sandbox.resolver if sandbox is not None else None
    return own if own is not None else cluster_first(network, trip.sender.namespace)


def _server(trip: Trip, host: str, resolver: Resolver) -> Accepted | None:
    """The first name server that answers; None is the machines' own, which knows no name of the cluster."""
    for address in resolver.servers:
        if address == UPSTREAM:
            return None
        try:
            return trip.connect(address, DNS_PORT, quiet=True, protocol="UDP")
        except FailedError:
            trip.took_s += CONNECT_TIMEOUT_S
    raise FailedError(f"curl: (6) Could not resolve host: {host} (no DNS pod answers)")


def _note(trip: Trip, name: str, found: Lookup | None, server: Accepted | None) -> None:
    if found is None:
        text = f"{name}: NXDOMAIN"
    elif found.addresses:
        text = f"{found.name} is {', '.join(found.addresses)}"
    else:
        text = f"{found.name} is an alias of {found.alias}, outside the cluster"
    count = len(found.addresses) if found is not None else 0
    size_bytes = 2 * (QUESTION_BYTES + len(name)) + RECORD_BYTES * count
    container = server.connection.container if server is not None else None
    zone = container.sandbox.vm.zone if container is not None else ""
    trip.hop("dns", server.pod if server is not None else UPSTREAM, text, zone=zone, size_bytes=size_bytes)
