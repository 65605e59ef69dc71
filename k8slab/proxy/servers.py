"""The containers that a load reaches: what they answer, how much they can do, and what a stretch of time did to them.

What a container answers, and how long it thinks, is found out by asking it: one request now and then stands for all.

Source    CFS bandwidth and shares decide how much CPU a container gets (k8slab.world.resources)
Left out  a request that needs more than one core; what a behaviour does differently for every thousandth request
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from k8slab.proxy.request import answer_bytes
from k8slab.world import (
    Behaviour,
    Container,
    HttpRequest,
    PassedOn,
    Queue,
    Served,
    Vm,
    capacity_of,
    capacity_per_s,
    cpu_shares,
)

if TYPE_CHECKING:
    from k8slab.proxy.streams import Stream

__all__ = [
    "Server",
    "Target",
    "give_cpu",
]

LEAST_WEIGHT, SYSTEM_WEIGHT = 2.0, 1000.0
UNTOUCHED = Served(1.0, 0.0, (), 0.0)


class Target:
    """One page of one container: how it is answered, found out by asking for it.

    `calls` is what is asked of others for each request, and how often; `passed_on` is where a proxy has it from.
    """

    __slots__ = ("answer_bytes", "calls", "passed_on", "rate", "request", "server", "service_s", "status")

    def __init__(self, server: Server, request: HttpRequest) -> None:
        self.server = server
        self.request = request
        self.service_s = 0.001
        self.status = 200
        self.answer_bytes = 0.0
        self.rate = 0.0
        self.passed_on: PassedOn | None = None
        self.calls: list[tuple[Stream, float]] = []
        self.look()

    def look(self) -> None:
        """Ask once. A container that does not answer any more keeps what it said last."""
        server, container = self.server, self.server.container
        if self.find_next() is not None:
            self.status, self.service_s = 200, server.capacity.latency_s or server.capacity.cpu_s
            return
        queued_s = container.meter.queued_s if container.meter is not None else 0.0
        reply = container.ask(self.request, alone=True)
        if reply is not None:
            self.service_s = max(reply.latency_s - queued_s, 0.0, server.capacity.cpu_s)
            self.status = reply.status
            self.answer_bytes = float(answer_bytes(reply))

    def find_next(self) -> PassedOn | None:
        """Where a proxy passes it on from now on; None: it answers itself."""
        behaviour = self.server.container.behaviour
        if behaviour is not None and self.server.container.is_running:
            found = self.server.container.run(behaviour.passes_on, self.request)
            self.passed_on = found if isinstance(found, PassedOn) else None
        return self.passed_on


class Server:
    """One container under load."""

    __slots__ = ("capacity", "container", "max_per_s", "memory_bytes", "patience_s", "pod", "queue", "rate",
                 "served", "targets")  # fmt: skip

    def __init__(self, container: Container) -> None:
        self.container = container
        behaviour = type(container.behaviour) if container.behaviour is not None else container.image.behaviour
        self.capacity = capacity_of(behaviour, container.config.env)
        self.queue = Queue(self.capacity.queue)
        self.pod = f"{container.sandbox.namespace}/{container.sandbox.name}"
        self.targets: dict[tuple[int, str, str], Target] = {}
        self.rate = self.patience_s = self.memory_bytes = 0.0
        self.max_per_s = float("inf")
        self.served = UNTOUCHED

    def target(self, port: int, host: str, path: str) -> Target:
        """A page of the container."""
        key = (port, host, path)
        if key not in self.targets:
            self.targets[key] = Target(self, HttpRequest(path=path, host=host, port=port))
        return self.targets[key]

    @property
    def service_s(self) -> float:
        """How long a request is worked on, of all that come now."""
        targets = list(self.targets.values())
        if len(targets) == 1 or not self.rate:
            return targets[0].service_s if targets else 0.0
        return sum(target.rate * target.service_s for target in targets) / self.rate

    def begin(self) -> None:
        """Count anew what comes."""
        self.rate = self.patience_s = 0.0
        for target in self.targets.values():
            target.rate = 0.0

    def come(self, target: Target, rate: float, patience_s: float) -> None:
        """So many requests a second come for a page."""
        target.rate += rate
        self.rate += rate
        self.patience_s = max(self.patience_s, patience_s)

    def pass_time(self, took_s: float) -> None:
        """Let a stretch of time pass, and tell the container's meter."""
        container, meter = self.container, self.container.meter
        self.served = self.queue.advance(took_s, self.rate, self.max_per_s, self.service_s, self.patience_s)
        if meter is None or not container.is_running:
            return
        done_per_s = self.served.done / took_s
        queued_s = self.queue.length / self.max_per_s if self.max_per_s > 0 else self.patience_s
        meter.flow(done_per_s, done_per_s * self.capacity.cpu_s * 1000, queued_s)
        meter.requests += self.served.done
        if container.behaviour is not None and type(container.behaviour).on_requests is not Behaviour.on_requests:
            container.run(container.behaviour.on_requests, self.served.done)
        if self.capacity.memory_bytes:
            held = (self.queue.length + self.queue.workers_busy) * self.capacity.memory_bytes
            meter.memory.add(held - self.memory_bytes)
            self.memory_bytes = held

    def lost(self) -> float:
        """How many were inside when the container ended."""
        inside = self.queue.empty() + self.queue.workers_busy
        self.queue.workers_busy = 0.0
        return inside

    def rest(self) -> None:
        """No load reaches the container any more."""
        self.queue.empty()
        if self.container.meter is not None and self.container.is_running:
            self.container.meter.flow(0.0, 0.0, 0.0)
            self.container.meter.memory.add(-self.memory_bytes)
            self.memory_bytes = 0.0


def give_cpu(servers: Iterable[Server]) -> None:
    """Find out how many requests a second each of them can do, with what others take of the same machines."""
    by_vm: dict[str, list[Server]] = {}
    for server in servers:
        by_vm.setdefault(server.container.sandbox.vm.name, []).append(server)
    for together in by_vm.values():
        _give_cpu_of(together[0].container.sandbox.vm, together)


def _give_cpu_of(vm: Vm, servers: list[Server]) -> None:
    ours = {server.container.id for server in servers}
    others = [one for one in vm.runtime.running() if one.id not in ours and one.meter is not None]
    wanted = [vm.system_cpu_m, *map(_base_m, others), *(_wanted_m(server, vm) for server in servers)]
    spare = vm.cpu_m - sum(wanted)
    got = wanted
    if spare < 0:
        weights = [_weight(one) for one in (*others, *(server.container for server in servers))]
        got, spare = cpu_shares(wanted, [SYSTEM_WEIGHT, *weights], vm.cpu_m), 0.0
    for server, cpu_m in zip(servers, got[-len(servers) :], strict=True):
        limit = server.container.config.limits.cpu_limit_m or vm.cpu_m
        for_requests = min(cpu_m + spare, limit) - _base_m(server.container)
        told = server.capacity
        server.max_per_s = capacity_per_s(max(for_requests, 0.0), told.cpu_s, told.workers, server.service_s)


def _wanted_m(server: Server, vm: Vm) -> float:
    limit = server.container.config.limits.cpu_limit_m or vm.cpu_m
    if server.queue.is_overloaded:
        return float(limit)
    return min(_base_m(server.container) + server.rate * server.capacity.cpu_s * 1000, limit)


def _base_m(container: Container) -> float:
    return container.meter.base_m if container.meter is not None else 0.0


def _weight(container: Container) -> float:
    return max(float(container.config.limits.cpu_request_m), LEAST_WEIGHT)
