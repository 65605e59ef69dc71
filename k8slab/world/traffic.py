"""What was sent from whom to whom: requests and bytes, counted since the cluster was switched on.

Single requests and flows count here alike. A count is kept for each pair of a source and a target; who wants it by
node, zone, namespace or Service adds up the rows. The numbers of flows are means, so they need not be whole.

Left out  TCP's and IP's own bytes, connections that are refused, questions to DNS, probes, the API's own traffic
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple, TypeVar

if TYPE_CHECKING:
    from k8slab.world.machines import Vm
    from k8slab.world.runtime import Sandbox

__all__ = [
    "HEAD_BYTES",
    "OUTSIDE",
    "Count",
    "Peer",
    "Traffic",
    "TrafficRow",
    "peer_of_pod",
    "peer_of_vm",
]

HEAD_BYTES = 200  # of a request or an answer: its first line and usual headers

K = TypeVar("K", bound=Hashable)


class Peer(NamedTuple):
    """One end: a pod on a node, a node itself (no pod), or the world outside (nothing at all)."""

    node: str = ""
    zone: str = ""
    namespace: str = ""
    pod: str = ""


OUTSIDE = Peer()


class Count:
    """How much has passed: requests, their bytes, and the bytes of their answers."""

    __slots__ = ("answer_bytes", "request_bytes", "requests")

    def __init__(self, requests: float = 0.0, request_bytes: float = 0.0, answer_bytes: float = 0.0) -> None:
        self.requests = requests
        self.request_bytes = request_bytes
        self.answer_bytes = answer_bytes

    def add(self, requests: float, request_bytes: float, answer_bytes: float) -> None:
        """Count so much more."""
        self.requests += requests
        self.request_bytes += request_bytes
        self.answer_bytes += answer_bytes

    def __repr__(self) -> str:
        return f"Count({self.requests:.0f} requests, {self.request_bytes:.0f} + {self.answer_bytes:.0f} bytes)"


class TrafficRow(NamedTuple):
    """Who asked whom, by way of which Service ("" without one) and which other node (`gate`), and how much."""

    source: Peer
    gate: Peer
    target: Peer
    service: str
    passed: Count


class Traffic:
    """The counters of one network. They only grow."""

    def __init__(self) -> None:
        self._counts: dict[tuple[Peer, Peer, Peer, str], Count] = {}

    def between(self, source: Peer, gate: Peer, target: Peer, service: str) -> Count:
        """The counter of a source and a target; `gate` is the node whose rules sent it on, or the source itself."""
        key = (source, gate, target, service)
        count = self._counts.get(key)
        if count is None:
            count = self._counts[key] = Count()
        return count

    def rows(self) -> Iterator[TrafficRow]:
        """Everything, in the order in which it was first seen."""
        return (TrafficRow(*key, count) for key, count in self._counts.items())

    def links(self, end: Callable[[Peer], K]) -> dict[tuple[K, K], float]:
        """Bytes sent from one end to another, each way by itself; `end` tells what of a peer counts (its zone …).

        What passes a gate has travelled on two links.
        """
        sums: dict[tuple[K, K], float] = {}
        for row in self.rows():
            stops = [row.source, row.target] if row.gate == row.source else [row.source, row.gate, row.target]
            for here, there in pairwise(stops):
                a, b = end(here), end(there)
                sums[a, b] = sums.get((a, b), 0.0) + row.passed.request_bytes
                sums[b, a] = sums.get((b, a), 0.0) + row.passed.answer_bytes
        return sums

    def by_zone(self) -> dict[tuple[str, str], float]:
        """Bytes from zone to zone; "" is outside."""
        return self.links(lambda peer: peer.zone)

    def by_node(self) -> dict[tuple[str, str], float]:
        """Bytes from node to node; "" is outside."""
        return self.links(lambda peer: peer.node)

    def by_service(self) -> dict[str, Count]:
        """How much each Service (namespace/name) was asked."""
        sums: dict[str, Count] = {}
        for row in self.rows():
            if row.service:
                passed = row.passed
                sums.setdefault(row.service, Count()).add(passed.requests, passed.request_bytes, passed.answer_bytes)
        return sums

    @property
    def cross_zone_bytes(self) -> float:
        """Bytes between two zones of the cluster, both ways together."""
        return sum(size for (a, b), size in self.by_zone().items() if a and b and a != b)

    @property
    def in_bytes(self) -> float:
        """Bytes that came in from outside."""
        return sum(size for (a, b), size in self.by_zone().items() if not a and b)

    @property
    def out_bytes(self) -> float:
        """Bytes that went out of the cluster."""
        return sum(size for (a, b), size in self.by_zone().items() if a and not b)


def peer_of_vm(vm: Vm | None) -> Peer:
    """The peer that a machine is; None is outside."""
    return Peer(vm.name, vm.zone) if vm is not None else OUTSIDE


def peer_of_pod(sandbox: Sandbox) -> Peer:
    """The peer that a pod is."""
    return Peer(sandbox.vm.name, sandbox.vm.zone, sandbox.namespace, sandbox.name)
