"""Links between sites: how long bytes travel, how many have, and what happens when a link fails.

A transfer takes the latency of its way and then its bytes, which share each link fairly with everybody else's. When a
link fails, what travels over it stalls. TCP sends again after 0.2 s, 0.6 s, 1.4 s … (at most two minutes apart): then
a transfer goes on, if the link is healed; when the patience of who waits for it is over, it fails. A connection that is
begun while a link on its way is cut knocks after 1, 3, 7, 15 s, and gives up after 30.

Who bills reads `carried()`: a link's price class, a direction, and the bytes so far.

Source    kernel.org, ip-sysctl (tcp_retries2: 924.6 s), RFC 6298 (doubling of the retransmission timeout); containerd,
          core/remotes/docker and internal/cri (dial timeout 30 s, image_pull_progress_timeout 5 min)
Left out  packet loss; transfers that move to another way when a link on theirs fails; slow start
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from k8slab.clock import Loop
from k8slab.world.sharing import Job, Lane, Resource, Sharing

__all__ = [
    "Carried",
    "Link",
    "Links",
    "Transfer",
]

PATIENCE_S = 924.6
CONNECT_S = 30.0
KNOCKS_S = (1.0, 3.0, 7.0, 15.0)
RETRY_S, MOST_RETRY_S = 0.2, 120.0
TIMED_OUT, NO_ROUTE = "connection timed out", "i/o timeout"

Done = Callable[[str], object]


class Carried(NamedTuple):
    """What a link has carried in one direction."""

    link: str
    source: str
    target: str
    price: str
    size_bytes: int


class Link:
    """A line between two sites. `prices` are the classes that a table of prices knows its directions by."""

    def __init__(
        self, a: str, b: str, latency_s: float, bytes_per_s: float, back_per_s: float, price: str, back: str
    ) -> None:
        self.a = a
        self.b = b
        self.latency_s = latency_s
        self.prices = {a: price, b: back}
        self.is_up = True
        self.failed_at = 0.0
        self.directions = {a: Resource(f"{a} to {b}", bytes_per_s), b: Resource(f"{b} to {a}", back_per_s)}

    @property
    def name(self) -> str:
        """Both ends."""
        return f"{self.a} - {self.b}"

    def from_end(self, end: str) -> Resource:
        """The direction that begins at an end."""
        return self.directions[end]

    def __repr__(self) -> str:
        return f"<Link {self.name}, {self.prices[self.a]}, {'up' if self.is_up else 'down'}>"


class Transfer:
    """Bytes on their way. `done(problem)` is called once, with "" when they have arrived."""

    def __init__(self, way: Sequence[tuple[Link, str]], size_bytes: int, done: Done, patience_s: float) -> None:
        self.way = tuple(way)
        self.size_bytes = size_bytes
        self.done = done
        self.patience_s = patience_s
        self.job: Job | None = None
        self.is_over = False

    @property
    def latency_s(self) -> float:
        """How long the first byte travels."""
        return sum(link.latency_s for link, _ in self.way)

    @property
    def is_cut(self) -> bool:
        """A link on the way is down."""
        return any(not link.is_up for link, _ in self.way)

    def end(self, problem: str = "") -> None:
        """It is over; told once."""
        if not self.is_over:
            self.is_over = True
            self.done(problem)


class Links:
    """All links, and what travels over them."""

    def __init__(self, loop: Loop) -> None:
        self._loop = loop
        self._sharing = Sharing(loop)
        self._links: dict[frozenset[str], Link] = {}
        self._travelling: dict[Transfer, None] = {}

    def __iter__(self) -> Iterator[Link]:
        return iter(self._links.values())

    def join(
        self,
        a: str,
        b: str,
        latency_s: float,
        bytes_per_s: float,
        back_per_s: float | None = None,
        price: str = "free",
        back_price: str | None = None,
    ) -> Link:
        """Lay a line between two sites, or change the one that is there.

        `back_per_s` and `back_price` hold from b to a, where they differ. Raises ValueError for a line that cannot be.
        """
        back = bytes_per_s if back_per_s is None else back_per_s
        prices = price, price if back_price is None else back_price
        if a == b:
            raise ValueError(f"a link joins two sites, not {a} with itself")
        if not (0 <= latency_s < float("inf")):
            raise ValueError(f"the latency of a link must be 0 or more, not {latency_s!r}")
        if not (0 < bytes_per_s < float("inf") and 0 < back < float("inf")):
            raise ValueError(f"the bandwidth of a link must be more than 0, not {min(bytes_per_s, back)!r}")
        found = self._links.get(frozenset((a, b)))
        if found is None:
            found = self._links[frozenset((a, b))] = Link(a, b, latency_s, bytes_per_s, back, *prices)
            return found
        self._sharing.settle()
        found.latency_s, found.prices = latency_s, {a: prices[0], b: prices[1]}
        found.from_end(a).per_s, found.from_end(b).per_s = bytes_per_s, back
        self._sharing.share()
        return found

    def between(self, a: str, b: str) -> Link:
        """The link between two sites. Raises ValueError when there is none."""
        found = self._links.get(frozenset((a, b)))
        if found is None:
            there = ", ".join(link.name for link in self._links.values()) or "none"
            raise ValueError(f"there is no link between {a} and {b}; there are: {there}")
        return found

    def of(self, end: str) -> list[Link]:
        """The links that end at a site."""
        return [link for ends, link in self._links.items() if end in ends]

    def carried(self) -> list[Carried]:
        """What every link has carried up to now, each direction by itself."""
        self._sharing.settle()
        return [
            Carried(link.name, end, link.b if end == link.a else link.a, link.prices[end], round(line.given))
            for link in self._links.values()
            for end, line in link.directions.items()
        ]

    def send(
        self,
        way: Sequence[tuple[Link, str]],
        size_bytes: int,
        done: Done,
        *,
        limit_per_s: float = float("inf"),
        patience_s: float = PATIENCE_S,
    ) -> Transfer:
        """Send bytes over links, each with the end where they enter it; no more than `limit_per_s` of them a second."""
        transfer = Transfer(way, size_bytes, done, patience_s)
        self._loop.call_later(transfer.latency_s, self._begin, transfer, limit_per_s, self._loop.now, KNOCKS_S)
        return transfer

    def cancel(self, transfer: Transfer) -> None:
        """Hang up: nobody is told."""
        transfer.is_over = True
        self._travelling.pop(transfer, None)
        if transfer.job is not None:
            self._sharing.cancel(transfer.job)

    def fail(self, link: Link) -> None:
        """Cut a link: what travels over it stalls. Nothing when it is cut already."""
        if not link.is_up:
            return
        self._sharing.settle()
        link.is_up, link.failed_at = False, self._loop.now
        for lane in self._lanes_over(link):
            if not lane.is_paused:
                lane.is_paused = True
                self._loop.call_soon(self._wait_for, lane, self._loop.now)
        self._sharing.share()

    def heal(self, link: Link) -> None:
        """Have a link carry again; what stalled goes on when it is sent again. Nothing when it is whole."""
        if link.is_up:
            return
        link.is_up = True
        delay_s = next_try_s(self._loop.now - link.failed_at)
        for lane in self._lanes_over(link):
            self._loop.call_later(delay_s, self._resume, lane)

    def _begin(self, transfer: Transfer, limit_per_s: float, since: float, knocks_s: Sequence[float]) -> None:
        if transfer.is_over:
            return
        if transfer.is_cut:
            self._knock(transfer, limit_per_s, since, knocks_s)
            return
        way = [link.from_end(end) for link, end in transfer.way]
        transfer.job = self._sharing.start(way, transfer.size_bytes, lambda: self._arrived(transfer), limit_per_s)
        self._travelling[transfer] = None

    def _knock(self, transfer: Transfer, limit_per_s: float, since: float, knocks_s: Sequence[float]) -> None:
        if not knocks_s:
            self._loop.call_at(since + CONNECT_S, transfer.end, NO_ROUTE)
            return
        self._loop.call_at(since + knocks_s[0], self._begin, transfer, limit_per_s, since, knocks_s[1:])

    def _arrived(self, transfer: Transfer) -> None:
        self._travelling.pop(transfer, None)
        transfer.end()

    def _lanes_over(self, link: Link) -> list[Lane]:
        lines = set(link.directions.values())
        return [lane for lane in self._sharing.lanes if lines & set(lane.way)]

    def _wait_for(self, lane: Lane, since: float) -> None:
        """Have everybody on a stalled lane give up when its patience is over."""
        for transfer in [one for one in self._travelling if one.job is not None and one.job.lane is lane]:
            self._loop.call_at(since + transfer.patience_s, self._give_up, transfer, lane, lane.served)

    def _give_up(self, transfer: Transfer, lane: Lane, served: float) -> None:
        if not transfer.is_over and lane.is_paused and lane.served == served:
            self.cancel(transfer)
            transfer.is_over = False
            transfer.end(TIMED_OUT)

    def _resume(self, lane: Lane) -> None:
        ways = [link for link in self._links.values() if set(link.directions.values()) & set(lane.way)]
        if lane.is_paused and all(link.is_up for link in ways):
            self._sharing.settle()
            lane.is_paused = False
            self._sharing.share()


def next_try_s(cut_s: float) -> float:
    """How long after the end of a cut of so many seconds TCP sends again what was lost."""
    sent_s, wait_s = RETRY_S, RETRY_S
    while sent_s < cut_s:
        wait_s = min(wait_s * 2, MOST_RETRY_S)
        sent_s += wait_s
    return sent_s - cut_s
