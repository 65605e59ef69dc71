"""Follow one HTTP request hop by hop: name, rule, endpoint, answer.

The request starts on a machine, in the shoes of a pod of some namespace. Its name is looked up at the
cluster's DNS (which is itself a Service with pods behind it), the rules of that machine choose an
endpoint, the endpoint's container answers. A packet for a port of another machine is caught by the rules
there; that is also the only way in from outside. Every way in which this fails for a real client fails here.

Source    the texts of curl 7.7 (errors 6, 7, 28 and 52; newer ones no longer tell refused from unreachable)
Left out  HTTPS, redirects, keep-alive, bandwidth
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple
from urllib.parse import SplitResult, urlsplit

from k8slab.clock import Scheduling
from k8slab.proxy.dns import ClusterDns, Lookup
from k8slab.proxy.rules import Rule
from k8slab.world import Connection, HttpRequest, Network, Vm

__all__ = [
    "Answer",
    "Arrival",
    "Hop",
    "Requests",
]

DNS_PORT = 53
CONNECT_TIMEOUT_S = 5.0
REFUSED_S = 0.001


class Hop(NamedTuple):
    """One stage of the way: what stood there, on which node, what happened, seconds since the start."""

    stage: str
    node: str
    text: str
    at_s: float


class Answer(NamedTuple):
    """What the client got: a status and a body, or (status 0) an error. `pod` is who answered."""

    status: int
    body: str
    error: str
    pod: str
    took_s: float
    hops: tuple[Hop, ...]

    @property
    def ok(self) -> bool:
        """A pod answered with a status below 400."""
        return 0 < self.status < 400

    def __str__(self) -> str:
        lines = [f"{hop.at_s * 1000:8.1f} ms  {hop.stage:<9} {hop.node:<14} {hop.text}" for hop in self.hops]
        end = f"{self.status} from {self.pod}" if self.status else self.error
        return "\n".join([*lines, f"{self.took_s * 1000:8.1f} ms  {'answer':<9} {'':<14} {end}"])

    def __repr__(self) -> str:
        return str(self)


class Arrival(NamedTuple):
    """How far a request gets before somebody thinks about it: the connection and who accepted it, or an error.

    `service` is whose rule caught it, on the machine `gate`.
    """

    connection: Connection | None
    pod: str
    port: int
    took_s: float
    error: str = ""
    hops: tuple[Hop, ...] = ()
    service: str = ""
    gate: Vm | None = None


class _Failed(Exception):
    """The request ends here, with the text a client would see."""


class Requests:
    """Sends requests through a cluster's DNS, rules and network."""

    def __init__(self, loop: Scheduling, chance: Callable[[int], int], network: Network, dns: ClusterDns) -> None:
        self._loop = loop
        self._chance = chance
        self._network = network
        self._dns = dns

    def send(
        self,
        url: str,
        source: Vm | None,
        namespace: str = "default",
        method: str = "GET",
        *,
        client: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send one request from a pod of `namespace` on the machine `source` (None: from outside) and follow it.

        Raises ValueError for a URL that is no http:// URL.
        """
        parts = _parsed(url)
        way = self.arrive(url, source, namespace)
        if way.connection is None:
            return Answer(0, "", way.error, "", way.took_s, way.hops)
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        host = parts.netloc
        request = HttpRequest(path=path, method=method, host=host, port=way.port, headers=headers or {}, client=client)
        reply = way.connection.ask(request)
        took_s = way.took_s + way.connection.latency_s * 2
        if reply is None:
            return Answer(0, "", "curl: (52) Empty reply from server", "", took_s, way.hops)
        return Answer(reply.status, reply.body, "", way.pod, took_s + reply.latency_s, way.hops)

    def arrive(
        self, url: str, source: Vm | None, namespace: str = "default", chance: Callable[[int], int] | None = None
    ) -> Arrival:
        """The way of a request up to the container that is to answer it, which is not asked.

        Every choice on the way is drawn from `chance`: who gives one that takes each turn in order sees every way and
        how likely it is (see ways.py). Raises ValueError for a URL that is no http:// URL.
        """
        parts = _parsed(url)
        trip = _Trip(self._network, chance or self._chance, source)
        try:
            address = self._address(trip, parts.hostname or "", namespace)
            connection, pod, port = trip.connect(address, parts.port or 80)
            way = Arrival(connection, pod, port, trip.took_s, "", tuple(trip.hops))
            return way._replace(service=trip.service, gate=trip.gate)
        except _Failed as failure:
            return Arrival(None, "", 0, trip.took_s, str(failure), tuple(trip.hops))

    def reach(self, host: str, port: int, source: Vm, namespace: str) -> Answer:
        """Open a connection and close it: no status, and no error when somebody accepts."""
        trip = _Trip(self._network, self._chance, source)
        try:
            _, pod, _ = trip.connect(self._address(trip, host, namespace), port)
            return Answer(0, "", "", pod, trip.took_s, tuple(trip.hops))
        except _Failed as failure:
            return Answer(0, "", str(failure), "", trip.took_s, tuple(trip.hops))

    def resolve(self, host: str, source: Vm, namespace: str) -> Lookup | None:
        """Ask the cluster's DNS for a name. Raises ConnectionError when it does not answer."""
        try:
            _Trip(self._network, self._chance, source).connect(self._network.name_server, DNS_PORT, quiet=True)
        except _Failed as failure:
            raise ConnectionError(str(failure)) from None
        return self._dns.resolve(host, namespace)

    def _address(self, trip: _Trip, host: str, namespace: str) -> str:
        if host.replace(".", "").isdigit():
            return host
        if trip.is_outside:
            raise _Failed(f"curl: (6) Could not resolve host: {host}")
        try:
            connection, pod, _ = trip.connect(self._network.name_server, DNS_PORT, quiet=True)
        except _Failed:
            trip.took_s += CONNECT_TIMEOUT_S
            raise _Failed(f"curl: (6) Could not resolve host: {host} (no DNS pod answers)") from None
        trip.took_s += connection.latency_s * 2
        found = self._dns.resolve(host, namespace)
        if found is not None and found.alias:
            trip.hop("dns", pod, f"{host} is an alias of {found.alias}, outside the cluster")
            raise _Failed(f"curl: (6) Could not resolve host: {found.alias}")
        if found is None or not found.addresses:
            trip.hop("dns", pod, f"{host}: NXDOMAIN")
            raise _Failed(f"curl: (6) Could not resolve host: {host}")
        trip.hop("dns", pod, f"{found.name} is {', '.join(found.addresses)}")
        return found.addresses[0] if len(found.addresses) == 1 else found.addresses[trip.chance(len(found.addresses))]


class _Trip:
    """What one request has seen so far."""

    def __init__(self, network: Network, chance: Callable[[int], int], source: Vm | None) -> None:
        self.hops: list[Hop] = []
        self.took_s = 0.0
        self._network = network
        self.chance = chance
        self.service = ""
        self.gate: Vm | None = None
        self._source = source

    @property
    def is_outside(self) -> bool:
        """The client is no part of the cluster."""
        return self._source is None

    def hop(self, stage: str, where: str, text: str) -> None:
        """Note a stage."""
        self.hops.append(Hop(stage, where, text, self.took_s))

    def connect(self, address: str, port: int, *, quiet: bool = False) -> tuple[Connection, str, int]:
        """Open a connection by way of the rules that catch it; who accepted it, at which of its ports.

        Quiet: only failures are noted.
        """
        source = self._source
        if source is not None and not source.is_on:
            raise _Failed(f"{source.name} has no power: nobody is there to send the request")
        gate, rule = self._caught(address, port)
        self.gate, self.service = gate, rule.service if rule is not None else ""
        if gate is not None and rule is not None:
            address, port = self._choose(rule, gate, address, port, quiet=quiet)
        connection = self._dial(gate, address, port)
        if not connection.is_open:
            self._fail(connection, address, port)
        assert connection.container is not None
        sandbox = connection.container.sandbox
        pod = f"{sandbox.namespace}/{sandbox.name}"
        if not quiet:
            self.took_s += connection.latency_s * 2
            self.hop("endpoint", sandbox.vm.name, f"{pod} at {address}:{port}")
        return connection, pod, port

    def _caught(self, address: str, port: int) -> tuple[Vm | None, Rule | None]:
        """The machine whose rules catch the packet, and the rule: the client's own, or the one that has the address."""
        for machine in (self._source, self._network.vm_at(address)):
            if machine is not None and machine.rules is not None:
                rule: Rule | None = machine.rules.find(address, port, machine.address)
                if rule is not None:
                    return machine, rule
        return self._source, None

    def _dial(self, gate: Vm | None, address: str, port: int) -> Connection:
        """Connect by way of `gate`; from outside there is a way to machines, none to pods."""
        if gate is None and self._network.vm_at(address) is None:
            return Connection("timeout")
        connection = self._network.dial(gate, address, port)
        if gate is self._source:
            return connection
        return connection._replace(latency_s=connection.latency_s + self._network.latency_s(self._source, gate))

    def _choose(self, rule: Rule, gate: Vm, address: str, port: int, *, quiet: bool) -> tuple[str, int]:
        count = len(rule.backends)
        if not count:
            self.took_s += REFUSED_S
            self.hop("rule", gate.name, f"{rule.service} at {address}:{port} has no endpoints: REJECT")
            raise _Failed(f"curl: (7) Failed to connect to {address} port {port}: Connection refused")
        backend = rule.backends[self.chance(count)]
        if not quiet:
            among = "its only endpoint" if count == 1 else f"one of {count} endpoints"
            text = f"{rule.service} at {address}:{port} -> {backend.address}:{backend.port} ({among})"
            self.hop("rule", gate.name, text)
        return backend.address, backend.port

    def _fail(self, connection: Connection, address: str, port: int) -> None:
        place = f"{address} port {port}"
        if connection.outcome == "refused":
            self.took_s += REFUSED_S
            self.hop("endpoint", "", f"{address}:{port} refuses the connection")
            raise _Failed(f"curl: (7) Failed to connect to {place}: Connection refused")
        self.took_s += CONNECT_TIMEOUT_S
        self.hop("endpoint", "", f"{address}:{port} does not answer")
        raise _Failed(f"curl: (28) Failed to connect to {place}: Connection timed out")


def _parsed(url: str) -> SplitResult:
    parts = urlsplit(url if "://" in url else f"http://{url}")
    try:
        if parts.scheme == "http" and parts.hostname and (parts.port is None or parts.port > 0):
            return parts
    except ValueError:
        pass
    raise ValueError(
        f'"{url}" is no URL that can be asked for here: write it like http://web.shop/ or http://10.96.0.1:80/'
    )
