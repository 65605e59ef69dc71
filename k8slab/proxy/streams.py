"""A stream: requests of one source for one URL, and how they are split over the containers that answer.

The split is that of single requests (ways.py). A client that keeps its connections stays with who accepted them: only
what is connected anew is split, and a container that ends takes its connections with it.

Left out  clients of one source that differ (they are one mean client)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import exp
from typing import Any, NamedTuple

from k8slab.proxy.hops import Arrival, Found
from k8slab.proxy.request import Requests, parsed_url
from k8slab.proxy.servers import Server, Target
from k8slab.proxy.ways import ways_by_name
from k8slab.world import HEAD_BYTES, Container, Count, PassedOn, Peer, Sandbox, Traffic, Vm, peer_of_pod, peer_of_vm

__all__ = [
    "Share",
    "Source",
    "Stream",
    "reason_of",
]

CROWD_ADDRESS = "203.0.113.200"  # stands for many clients somewhere in the world (RFC 5737)
Chance = Callable[[int], int]

NOTHING = 1e-12
REASONS = {"(6)": "no such host", "(7)": "refused", "(28)": "timeout", "(52)": "reset", "(56)": "reset"}


class Source(NamedTuple):
    """Where requests come from: a machine (None: outside), a namespace whose names it knows, a pod.

    `is_crowd`: many clients, so that none of them decides where all go.
    """

    vm: Vm | None
    namespace: str
    sandbox: Sandbox | None = None
    is_crowd: bool = False

    @property
    def client(self) -> str:
        """The address that its packets bear; "" is that of its machine."""
        if self.vm is None:
            return CROWD_ADDRESS
        return self.sandbox.ip if self.sandbox is not None else ""

    @property
    def peer(self) -> Peer:
        """Whose traffic it is."""
        if self.sandbox is not None:
            return peer_of_pod(self.sandbox)
        return peer_of_vm(self.vm)


class Share:
    """A part of a stream: the page that gets it, or why nobody does.

    `took_s` passes until somebody accepts the connection, `round_trip_s` with a question and its answer.
    """

    __slots__ = ("counter", "error", "likelihood", "pod", "round_trip_s", "target", "took_s", "zones")

    def __init__(self, likelihood: float, arrival: Arrival, target: Target | None, here: str) -> None:
        self.likelihood = likelihood
        self.target = target
        self.error = reason_of(arrival.error)
        if arrival.reply is not None and arrival.reply.status >= 400:
            self.error = f"HTTP {arrival.reply.status}"
        self.pod = arrival.pod
        self.took_s = arrival.took_s
        self.round_trip_s = 2 * arrival.connection.latency_s if arrival.connection is not None else 0.0
        self.counter: Count | None = None
        self.zones = (here, target.server.container.sandbox.vm.zone if target is not None else "")


class Stream:
    """Requests of one source for one URL. `life_s` is how long a connection is kept, 0 for a new one each time.

    Those of a proxy are for one of several URLs (`others`), in the name of `host`, and tried up to `tries` times.
    """

    def __init__(
        self,
        url: str,
        source: Source,
        patience_s: float,
        life_s: float = 0.0,
        question_bytes: float = HEAD_BYTES,
        answer_bytes: float | None = None,
        passed_on: PassedOn | None = None,
    ) -> None:
        parts = parsed_url(url)
        self.urls = (url,) if passed_on is None else passed_on.urls
        self.tries = 1 if passed_on is None else passed_on.tries
        self.url = url
        self.source = source
        self.patience_s = patience_s
        self.life_s = life_s
        self.question_bytes = question_bytes
        self.answer_bytes = answer_bytes
        self.path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        self.host = passed_on.host if passed_on is not None and passed_on.host else parts.netloc
        self.shares: list[Share] = []
        self.rate = 0.0
        self._fresh: list[Share] = []

    def refresh(self, requests: Requests, serve: Callable[[Container], Server], traffic: Traffic) -> None:
        """Look where new connections get to from now on."""
        self._fresh = [
            share for url in self.urls for share in self._split(url, 1 / len(self.urls), requests, serve, traffic)
        ]
        if self.life_s > 0:
            self._keep(1.0)
        else:
            self.shares = self._fresh

    def _split(
        self, url: str, part: float, requests: Requests, serve: Callable[[Container], Server], traffic: Traffic
    ) -> Iterator[Share]:
        source, parts = self.source, parsed_url(url)
        start = source.vm, source.namespace
        client: dict[str, Any] = {"client": source.client, "sandbox": source.sandbox}

        def find(chance: Chance) -> Found:
            return requests.find(parts.hostname or "", *start, chance, **client)

        def walk(address: str, chance: Chance) -> Arrival:
            return requests.arrive(f"http://{address}:{parts.port or 80}", *start, chance, **client)

        if not source.is_crowd:
            # Where session affinity holds, this one decides for all that follow.
            requests.arrive(url, *start, **client)
        for likelihood, arrival in ways_by_name(find, walk):
            yield self._share(part * likelihood, arrival, serve, traffic)

    @property
    def attempts(self) -> float:
        """How many times as much comes to those that can be reached because a proxy takes another one in need."""
        unreached, count = self.unreached, len(self.urls)
        if not 0 < unreached < 1:
            return 1.0
        in_vain = 1.0
        for attempt in range(min(self.tries, count)):
            in_vain *= max(0.0, unreached * count - attempt) / (count - attempt)
        return (1.0 - in_vain) / (1.0 - unreached)

    @property
    def unreached(self) -> float:
        """The part that gets to nobody."""
        return sum(share.likelihood for share in self.shares if share.error)

    def age(self, passed_s: float) -> None:
        """Let connections end that have lived long enough, and try again for those that were not to be had."""
        if self.life_s > 0:
            self._keep(exp(-passed_s / self.life_s))

    def _keep(self, part: float) -> None:
        """Keep this part of the connections that can go on, and split the rest as if it came anew."""
        kept = {id(share.target): share for share in self.shares if share.target is not None and self._lives(share)}
        for share in kept.values():
            share.likelihood *= part
        free = max(0.0, 1.0 - sum(share.likelihood for share in kept.values()))
        failing = []
        for new in self._fresh if free > NOTHING else ():
            likelihood = free * new.likelihood
            if new.target is None:
                failing.append(_part_of(new, likelihood, new.took_s))
            elif id(new.target) in kept:
                kept[id(new.target)].likelihood += likelihood
            else:
                kept[id(new.target)] = _part_of(new, likelihood, 0.0)
        self.shares = [*kept.values(), *failing]

    def _lives(self, share: Share) -> bool:
        """Both ends of the connection are still there."""
        vm = self.source.vm
        is_there = share.target is not None and share.target.server.container.is_running
        return is_there and (vm is None or vm.is_on)

    def _share(
        self, likelihood: float, arrival: Arrival, serve: Callable[[Container], Server], traffic: Traffic
    ) -> Share:
        container = arrival.connection.container if arrival.connection is not None else None
        here = self.source.peer
        if container is None:
            return Share(likelihood, arrival, None, here.zone)
        share = Share(likelihood, arrival, serve(container).target(arrival.port, self.host, self.path), here.zone)
        gate = here if arrival.gate is None or arrival.gate is self.source.vm else peer_of_vm(arrival.gate)
        share.counter = traffic.between(here, gate, peer_of_pod(container.sandbox), arrival.service)
        return share


def reason_of(error: str) -> str:
    """A short name for what curl says."""
    if not error:
        return ""
    return next((reason for code, reason in REASONS.items() if code in error), "not sent")


def _part_of(share: Share, likelihood: float, took_s: float) -> Share:
    copied = Share.__new__(Share)
    for name in Share.__slots__:
        setattr(copied, name, getattr(share, name))
    copied.likelihood, copied.took_s = likelihood, took_s
    return copied
