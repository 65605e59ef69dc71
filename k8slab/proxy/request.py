"""Follow one HTTP request hop by hop: name, rule, endpoint, answer.

The request starts in a pod, on a machine (in the shoes of a pod of some namespace), or outside. Its name is looked up
at the cluster's DNS (which is itself a Service with pods behind it), the rules of that machine choose an endpoint, the
endpoint's container answers. Every way in which this fails for a real client fails here.

Source    the texts of curl 7.7 (see hops.py)
Left out  HTTPS, redirects, keep-alive, bandwidth
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from urllib.parse import SplitResult, urlsplit

from k8slab.clock import Scheduling
from k8slab.proxy.dns import ClusterDns, Lookup
from k8slab.proxy.hops import EMPTY_REPLY, RESET, Answer, Arrival, FailedError, Found, Hop
from k8slab.proxy.naming import address_of, lookup
from k8slab.proxy.trip import Sender, Trip
from k8slab.world import HEAD_BYTES, HttpRequest, Network, Reply, Sandbox, Vm, peer_of_pod, peer_of_vm

__all__ = [
    "Pending",
    "Requests",
    "answer_bytes",
    "parsed_url",
]

Chance = Callable[[int], int]


class Pending:
    """A request that is under way; `answer` is None until it is over."""

    def __init__(self) -> None:
        self.answer: Answer | None = None

    @property
    def is_done(self) -> bool:
        """The client has its answer, or its error."""
        return self.answer is not None

    def __repr__(self) -> str:
        return str(self.answer) if self.answer is not None else "<a request that is under way>"


class Requests:
    """Sends requests through a cluster's DNS, rules and network."""

    def __init__(self, loop: Scheduling, chance: Chance, network: Network, dns: ClusterDns) -> None:
        self._loop = loop
        self._chance = chance
        self._network = network
        self._dns = dns
        self._calls: list[Answer] | None = None  # what a container that is being asked has got from others so far

    def send(
        self,
        url: str,
        source: Vm | None,
        namespace: str = "default",
        method: str = "GET",
        *,
        client: str = "",
        headers: Mapping[str, str] | None = None,
        sandbox: Sandbox | None = None,
        host: str = "",
    ) -> Answer:
        """Send one request from a pod of `namespace` on the machine `source` (None: from outside) and follow it.

        `sandbox` is the pod, if it is a certain one; `client` its address, or that of a client outside. `host` is what
        the request is for, if that is not the name in the URL.
        Raises ValueError for a URL that is no http:// URL.
        """
        before, self._calls = self._calls, []
        try:
            answer = self._send(url, Sender(source, namespace, client, sandbox), method, headers, host)
        finally:
            self._calls = before
        if before is not None:
            before.append(answer)
        return answer

    def _send(self, url: str, sender: Sender, method: str, headers: Mapping[str, str] | None, host: str) -> Answer:
        way = self.arrive(url, sender.vm, sender.namespace, client=sender.address, sandbox=sender.sandbox)
        if way.connection is None:
            return _failed(way)
        request = _request(url, method, headers, way, host)
        reply = way.reply if way.reply is not None else way.connection.ask(request)
        answer = _with_calls(_answered(way, request, reply), way, self._calls or ())
        self._count(sender, way, request, reply)
        container = way.connection.container
        if reply is not None and container is not None and container.kill_at < self._loop.now + answer.took_s:
            return _cut_off(answer, max(container.kill_at - self._loop.now, way.took_s))
        return answer

    def begin(
        self,
        url: str,
        source: Vm | None,
        namespace: str = "default",
        method: str = "GET",
        *,
        client: str = "",
        sandbox: Sandbox | None = None,
    ) -> Pending:
        """Send a request and let time pass meanwhile: who ends before it has answered leaves the client without.

        Raises ValueError for a URL that is no http:// URL.
        """
        pending, start = Pending(), self._loop.now
        way = self.arrive(url, source, namespace, client=client, sandbox=sandbox)
        request = _request(url, method, None, way)

        def finish(answer: Answer) -> None:
            pending.answer = answer

        def answered(answer: Answer) -> None:
            container = way.connection.container if way.connection is not None else None
            if container is not None and not container.is_running:
                answer = _cut_off(answer, max(container.finished_at - start, way.took_s))
            finish(answer)

        def ask() -> None:
            assert way.connection is not None
            if way.connection.container is not None and not way.connection.container.is_running:
                finish(_cut_off(_answered(way, request, None), self._loop.now - start))
                return
            reply = way.reply if way.reply is not None else way.connection.ask(request)
            answer = _answered(way, request, reply)
            self._count(Sender(source, namespace, client, sandbox), way, request, reply)
            then = answered if reply is not None else finish
            self._loop.call_later(max(start + answer.took_s - self._loop.now, 0.0), then, answer)

        if way.connection is None:
            self._loop.call_later(way.took_s, finish, _failed(way))
        else:
            self._loop.call_later(way.took_s + way.connection.latency_s, ask)
        return pending

    def arrive(
        self,
        url: str,
        source: Vm | None,
        namespace: str = "default",
        chance: Chance | None = None,
        *,
        client: str = "",
        sandbox: Sandbox | None = None,
    ) -> Arrival:
        """The way of a request up to the container that is to answer it, which is not asked.

        Every choice on the way is drawn from `chance`: who gives one that takes each turn in order sees every way and
        how likely it is (see ways.py). Raises ValueError for a URL that is no http:// URL.
        """
        host, port = _server_of(url)
        trip = self._trip(Sender(source, namespace, client, sandbox), chance)
        try:
            address = address_of(trip, host, self._dns, self._network)
            accepted = trip.connect(address, port)
        except FailedError as failure:
            return Arrival(None, "", 0, trip.took_s, str(failure), tuple(trip.hops))
        way = Arrival(accepted.connection, accepted.pod, accepted.port, trip.took_s, "", tuple(trip.hops))
        return way._replace(service=trip.service, gate=trip.gate, client=trip.client, reply=accepted.reply)

    def find(
        self,
        host: str,
        source: Vm | None,
        namespace: str = "default",
        chance: Chance | None = None,
        *,
        client: str = "",
        sandbox: Sandbox | None = None,
    ) -> Found:
        """The first part of the way of a request: the address that it is sent to."""
        trip = self._trip(Sender(source, namespace, client, sandbox), chance)
        try:
            return Found(address_of(trip, host, self._dns, self._network), trip.took_s)
        except FailedError as failure:
            return Found("", trip.took_s, str(failure))

    def reach(
        self, host: str, port: int, source: Vm, namespace: str, *, client: str = "", sandbox: Sandbox | None = None
    ) -> Answer:
        """Open a connection and close it: no status, and no error when somebody accepts."""
        trip = self._trip(Sender(source, namespace, client, sandbox))
        try:
            accepted = trip.connect(address_of(trip, host, self._dns, self._network), port)
            return Answer(0, "", "", accepted.pod, trip.took_s, tuple(trip.hops))
        except FailedError as failure:
            return Answer(0, "", str(failure), "", trip.took_s, tuple(trip.hops))

    def resolve(
        self, host: str, source: Vm, namespace: str, *, client: str = "", sandbox: Sandbox | None = None
    ) -> Lookup | None:
        """Ask the name servers of a pod for a name. Raises ConnectionError when none answers."""
        trip = self._trip(Sender(source, namespace, client, sandbox))
        try:
            return lookup(trip, host, self._dns, self._network)
        except FailedError as failure:
            raise ConnectionError(str(failure)) from None

    def _count(self, sender: Sender, way: Arrival, request: HttpRequest, reply: Reply | None) -> None:
        """Count what has passed between the two ends, and the machine between them if there is one."""
        container = way.connection.container if way.connection is not None else None
        if container is None:
            return
        here = peer_of_pod(sender.sandbox) if sender.sandbox is not None else peer_of_vm(sender.vm)
        gate = here if way.gate is None or way.gate is sender.vm else peer_of_vm(way.gate)
        counter = self._network.traffic.between(here, gate, peer_of_pod(container.sandbox), way.service)
        back = answer_bytes(reply) if reply is not None else 0
        counter.add(1, _request_bytes(request), back)

    def _trip(self, sender: Sender, chance: Chance | None = None) -> Trip:
        """A way that is only looked at (with somebody else's chance) leaves no trace in the rules."""
        return Trip(self._network, chance or self._chance, sender, self._loop.now, remembers=chance is None)


def _request(url: str, method: str, headers: Mapping[str, str] | None, way: Arrival, host: str = "") -> HttpRequest:
    parts = parsed_url(url)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return HttpRequest(path, method, host or parts.netloc, way.port, headers or {}, client=way.client)


def _failed(way: Arrival) -> Answer:
    return Answer(0, "", way.error, "", way.took_s, way.hops)


def _answered(way: Arrival, request: HttpRequest, reply: Reply | None) -> Answer:
    """The answer, with the bytes of the last hop known by now; nothing is what a process says that dies of it."""
    latency_s = way.connection.latency_s if way.connection is not None else 0.0
    took_s, hops = way.took_s + latency_s * 2, _weighed(way, request, reply)
    if reply is None:
        return Answer(0, "", EMPTY_REPLY, "", took_s, hops)
    return Answer(reply.status, reply.body, "", way.pod, took_s + reply.latency_s, hops)


def _with_calls(answer: Answer, way: Arrival, calls: Iterable[Answer]) -> Answer:
    """The answer with the hops of what the container has asked others for, one after the other."""
    at_s, hops = way.took_s + (way.connection.latency_s if way.connection is not None else 0.0), list(answer.hops)
    for call in calls:
        hops += (hop._replace(at_s=hop.at_s + at_s) for hop in call.hops)
        at_s += call.took_s
    return answer._replace(hops=tuple(hops))


def _weighed(way: Arrival, request: HttpRequest, reply: Reply | None) -> tuple[Hop, ...]:
    size_bytes = _request_bytes(request) + (answer_bytes(reply) if reply is not None else 0)
    return tuple(hop._replace(size_bytes=size_bytes) if hop.stage == "endpoint" else hop for hop in way.hops)


def _request_bytes(request: HttpRequest) -> int:
    return HEAD_BYTES + len(request.path) + len(request.body)


def answer_bytes(reply: Reply) -> int:
    """The size of an answer, its head included."""
    return HEAD_BYTES + (len(reply.body.encode()) if reply.size_bytes is None else reply.size_bytes)


def _cut_off(answer: Answer, took_s: float) -> Answer:
    """The process ended while it thought: the kernel resets what nobody reads any more."""
    return Answer(0, "", RESET, "", took_s, answer.hops)


@lru_cache(maxsize=1024)
def _server_of(url: str) -> tuple[str, int]:
    """The host and the port of a URL: a flow asks for the same ones all the time."""
    parts = parsed_url(url)
    return parts.hostname or "", parts.port or 80


def parsed_url(url: str) -> SplitResult:
    """The parts of a URL, which may lack its `http://`. Raises ValueError for what is no http:// URL."""
    parts = urlsplit(url if "://" in url else f"http://{url}")
    try:
        if parts.scheme == "http" and parts.hostname and (parts.port is None or parts.port > 0):
            return parts
    except ValueError:
        pass
    raise ValueError(
        f'"{url}" is no URL that can be asked for here: write it like http://web.shop/ or http://10.96.0.1:80/'
    )
