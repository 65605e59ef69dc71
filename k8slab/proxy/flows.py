"""Loads of thousands of requests a second, computed as flows over the same names and rules as single requests.

Time is cut where something changes: a rule, a container, the power, a jump of a curve; and every five seconds while a
load is on. For such a stretch the split of every stream is known (streams.py), so each container's rate is, and so what
became of the requests (k8slab.world.serving). Containers that ask others for each request make streams of their own.

Left out  what a load does in the middle of a stretch (a curve counts with its mean there); calls at the same time;
          replicas on one machine that differ (policies and session affinity treat them as the first of them); where
          more than ten thousand ways are to be found, changes within a second of each other are seen together
"""

from __future__ import annotations

from typing import NamedTuple

from k8slab.clock import Loop, Timer
from k8slab.proxy.loads import Load
from k8slab.proxy.outcomes import Outcomes, account, count_traffic
from k8slab.proxy.request import Requests
from k8slab.proxy.servers import Server, Target, give_cpu
from k8slab.proxy.streams import Share, Source, Stream
from k8slab.world import Container, Network, PassedOn

__all__ = [
    "Flows",
]

PERIOD_S, LOOK_S = 5.0, 15.0
CALL_PATIENCE_S = 5.0
DEEPEST = 8
WIDE, WIDE_S = 10_000, 1.0  # so many shares are not split anew more often than this

Caller = tuple[str, str, str, str, PassedOn]  # machine, namespace, image, URL, and who is behind it

NOTHING_S = 1e-6


class Asked(NamedTuple):
    """Whom a container asks for each request, and how often."""

    url: str
    passed_on: PassedOn
    times: float


class Flows:
    """All loads of a cluster. Nothing is done while there is none."""

    def __init__(self, loop: Loop, requests: Requests, network: Network) -> None:
        self.loads: dict[str, Load] = {}
        self._loop = loop
        self._requests = requests
        self._network = network
        self._servers: dict[str, Server] = {}
        self._called: dict[Caller, Stream] = {}
        self._is_stale = False
        self._looked_at = loop.now
        self._width = 0
        self._at = self._anchor = loop.now
        self._tick: Timer | None = None

    def start(self, load: Load) -> None:
        """Begin to send. Raises ValueError when a load of that name goes on."""
        if load.name in self.loads and self.loads[load.name].is_on:
            raise ValueError(f'there is a load "{load.name}" already; stop it, or give this one another name')
        self._step()
        if not self._on():
            self._anchor = self._loop.now
        self.loads[load.name] = load
        self._network.on_change = self._changed
        self._is_stale = True
        self._open()

    def stop(self, name: str) -> None:
        """Send no more. Raises KeyError when there is no load of that name."""
        load = self.loads[name]
        self._step()
        load.end(self._loop.now)
        self._is_stale = True
        self._open()

    def _changed(self) -> None:
        """Something is other than it was: look at it when all that happens at this moment has happened."""
        if not self._is_stale:
            self._is_stale = True
            self._loop.call_later(WIDE_S if self._width > WIDE else 0.0, self._step)

    def _step(self) -> None:
        self._close()
        self._open()

    def _ticked(self) -> None:
        self._tick = None
        self._step()
        for load in self._on():
            load.tally.turn_page(self._loop.now)
        if self._loop.now >= self._looked_at + LOOK_S:
            self._look()

    def _look(self) -> None:
        """Ask every page once more how it is answered."""
        self._looked_at = self._loop.now
        for server in list(self._servers.values()):
            for target in list(server.targets.values()):
                target.look()

    def _on(self) -> list[Load]:
        return [load for load in self.loads.values() if load.is_on]

    def _open(self) -> None:
        """Look at how everything is from now on, and when to look again."""
        now = self._loop.now
        for load in self._on():
            if load.ends_at <= now:
                load.end(now)
        if self._tick is not None:
            self._tick.cancel()
            self._tick = None
        if self._is_stale:
            self._refresh()
        loads = self._on()
        if not loads:
            self._network.on_change = None
            return
        period = (now - self._anchor + NOTHING_S) // PERIOD_S + 1
        due = min(self._anchor + period * PERIOD_S, *(load.next_jump(now) for load in loads))
        self._tick = self._loop.call_at(due, self._ticked, background=True)

    def _refresh(self) -> None:
        """Split every stream anew."""
        self._is_stale = False
        for load in self._on():
            load.find_sources()
        before, self._servers = self._servers, {}
        known = {**before}

        def serve(container: Container) -> Server:
            if container.id not in self._servers:
                is_known = container.id in known
                self._servers[container.id] = known.pop(container.id) if is_known else Server(container)
            return self._servers[container.id]

        called, self._called, self._width = self._called, {}, 0
        waiting = [stream for load in self._on() for _, stream in load.streams]
        seen: set[int] = set()
        while waiting:
            stream = waiting.pop()
            stream.refresh(self._requests, serve, self._network.traffic)
            self._width += len(stream.shares)
            for share in stream.shares:
                if share.target is not None and id(share.target) not in seen:
                    serve(share.target.server.container)
                    seen.add(id(share.target))
                    waiting += self._streams_of(share.target, called)
        for server in known.values():
            server.rest()

    def _streams_of(self, target: Target, before: dict[Caller, Stream]) -> list[Stream]:
        """Whom a container asks for a page; answers the streams that are new. Replicas on one machine share theirs."""
        server, found = target.server, []
        urls = [Asked(url, PassedOn((url,)), times) for url, times in server.capacity.calls]
        passed_on = target.find_next()
        if passed_on is not None and passed_on.urls:
            urls.append(Asked(passed_on.urls[0] + target.request.path, passed_on, 1.0))
        target.calls = []
        for asked in urls:
            stream, is_new = self._stream(server.container, asked, before)
            target.calls.append((stream, asked.times))
            if is_new:
                found.append(stream)
        return found

    def _stream(self, container: Container, asked: Asked, before: dict[Caller, Stream]) -> tuple[Stream, bool]:
        sandbox = container.sandbox
        key = (sandbox.vm.name, sandbox.namespace, container.config.image, asked.url, asked.passed_on)
        if key in self._called:
            return self._called[key], False
        source, known = Source(sandbox.vm, sandbox.namespace, sandbox), before.get(key)
        if known is None or known.source != source:
            known = Stream(asked.url, source, CALL_PATIENCE_S, passed_on=asked.passed_on)
        self._called[key] = known
        return known, True

    def _close(self) -> None:
        """Account for the time since the last look."""
        took_s, start = self._loop.now - self._at, self._at
        self._at = self._loop.now
        loads = self._on()
        if took_s <= 0 or not loads:
            self._lose(loads)
            return
        self._spread(loads, start, took_s)
        give_cpu(self._servers.values())
        for server in self._servers.values():
            server.pass_time(took_s)
        outcomes = Outcomes()
        for load in loads:
            load.tally.until = self._at
            for _, stream in load.streams:
                account(load, stream, took_s, outcomes)
        self._lose(loads)
        for stream in self._streams(loads):
            count_traffic(stream, took_s)
            stream.age(took_s)

    def _streams(self, loads: list[Load]) -> list[Stream]:
        return [*(stream for load in loads for _, stream in load.streams), *self._called.values()]

    def _spread(self, loads: list[Load], start: float, took_s: float) -> None:
        """Work out how many requests a second come to whom."""
        for server in self._servers.values():
            server.begin()
        for stream in self._streams(loads):
            stream.rate = 0.0
        waiting: dict[int, tuple[Stream, float]] = {}
        for load in loads:
            sent = load.sent_between(start, start + took_s)
            for part, stream in load.streams:
                _add(waiting, stream, sent / took_s * part * load.attempts(stream))
        for _ in range(DEEPEST):
            come, waiting = waiting, {}
            for stream, rate in come.values():
                stream.rate += rate
                for share in stream.shares:
                    if share.target is not None:
                        self._pass_on(share, rate * share.likelihood, stream.patience_s, waiting)

    def _pass_on(self, share: Share, rate: float, patience_s: float, waiting: dict[int, tuple[Stream, float]]) -> None:
        assert share.target is not None
        server = share.target.server
        server.come(share.target, rate, patience_s)
        for stream, times in share.target.calls:
            _add(waiting, stream, rate * times * server.served.answered * stream.attempts)

    def _lose(self, loads: list[Load]) -> None:
        """Containers that have ended took with them what was inside."""
        for server in self._servers.values():
            if server.container.is_running or not server.rate:
                continue
            inside = server.lost() / server.rate
            reason = "reset" if server.container.sandbox.vm.is_on else "timeout"
            for load in loads:
                for stream, share in load.shares_of(server):
                    load.tally.lose(share.pod, share.zones, inside * stream.rate * share.likelihood, reason)


def _add(waiting: dict[int, tuple[Stream, float]], stream: Stream, rate: float) -> None:
    waiting[id(stream)] = (stream, waiting.get(id(stream), (stream, 0.0))[1] + rate)
