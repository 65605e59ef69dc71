"""One load: who sends how much to which URL, and what has become of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from math import inf
from typing import NamedTuple

from k8slab.proxy.load_report import LoadReport
from k8slab.proxy.rates import Rate
from k8slab.proxy.servers import Server
from k8slab.proxy.streams import Share, Source, Stream
from k8slab.proxy.tally import Tally
from k8slab.world import PassedOn

__all__ = [
    "Load",
    "LoadPlan",
]

Sources = Callable[[], Mapping[Source, int]]


class LoadPlan(NamedTuple):
    """What a load is to be.

    `life_s` is how long a connection is kept (0: a new one for each request), `retries` how often a client tries again
    at once. The bytes are those of a whole request, and of a whole answer (None: as the containers answer). `host` is
    what the requests are for, if that is not the name in the URL.
    """

    name: str
    url: str
    rate: Rate
    source: str
    timeout_s: float
    life_s: float = 0.0
    retries: int = 0
    request_bytes: float = 300.0
    answer_bytes: float | None = None
    lasting_s: float = inf
    host: str = ""


class Load:
    """A load that goes on, or has gone on: `report()` tells what became of its requests, `stop()` ends it."""

    def __init__(self, plan: LoadPlan, sources: Sources, start: float, stop: Callable[[str], object]) -> None:
        self.plan = plan
        self.tally = Tally(start)
        self.streams: list[tuple[float, Stream]] = []
        self.start = start
        self.ends_at = start + plan.lasting_s
        self.ended_at: float | None = None
        self._sources = sources
        self._stop = stop
        self._known: dict[Source, Stream] = {}
        self._failing: dict[int, float] = {}

    @property
    def name(self) -> str:
        """Its name."""
        return self.plan.name

    @property
    def is_on(self) -> bool:
        """It still sends."""
        return self.ended_at is None

    def stop(self) -> None:
        """Send no more. Nothing if it has ended."""
        if self.is_on:
            self._stop(self.name)

    def report(self) -> LoadReport:
        """What has become of its requests, up to the last full five seconds (up to its end, when it has ended)."""
        return LoadReport.of(self.plan, self.tally)

    def __repr__(self) -> str:
        return str(self.report())

    def find_sources(self) -> None:
        """Look who sends from now on; who is known keeps his connections."""
        plan, known = self.plan, self._known
        sources = self._sources()
        self._known = {}
        for source in sources:
            stream = known.get(source)
            if stream is None:
                sizes = plan.request_bytes, plan.answer_bytes
                stream = Stream(plan.url, source, plan.timeout_s, plan.life_s, *sizes, PassedOn((plan.url,), plan.host))
            self._known[source] = stream
        total = sum(sources.values())
        self.streams = [(count / total, self._known[source]) for source, count in sources.items()]

    def sent_between(self, start: float, end: float) -> float:
        """How many requests it sends between two moments."""
        end = min(end, self.ends_at)
        return self.plan.rate.total(start - self.start, end - self.start) if end > start else 0.0

    def next_jump(self, now: float) -> float:
        """The next moment at which its rate changes at once."""
        return min(self.start + self.plan.rate.next_jump(now - self.start), self.ends_at)

    def attempts(self, stream: Stream) -> float:
        """How often a request is sent in the mean: by what part gets nowhere, and what part failed there lately."""
        failing = min(stream.unreached + self._failing.get(id(stream), 0.0), 1.0)
        return sum(failing**attempt for attempt in range(self.plan.retries + 1))

    def note_failures(self, stream: Stream, part: float) -> None:
        """Of the requests of a stream this part has failed."""
        self._failing[id(stream)] = max(part - stream.unreached, 0.0) if self.plan.retries else 0.0

    def shares_of(self, server: Server) -> Iterator[tuple[Stream, Share]]:
        """What of its streams goes to a container."""
        for _, stream in self.streams:
            for share in stream.shares:
                if share.target is not None and share.target.server is server:
                    yield stream, share

    def end(self, now: float) -> None:
        """It is over."""
        self.ended_at = now
        self.tally.until = now
        self.tally.turn_page(now)
        self.streams = []
