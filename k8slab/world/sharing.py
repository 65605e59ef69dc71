"""Things that take their time because they share what is limited: bytes on lines, CPU seconds on cores.

A job wants an amount and passes through one or several resources, each of which gives out so much a second. What is
there is shared max-min fairly: everybody gets the same, but nobody more than its own limit, and what one cannot use is
shared by the others. Jobs with the same way and limit always get the same, so they are counted together (a `Lane`), and
the work at a change grows with the number of lanes, not with that of jobs. Between two changes nothing happens.

Source    D. Bertsekas, R. Gallager, Data Networks, 6.5.2 (max-min fairness by progressive filling)
Left out  the time TCP takes to find its share (slow start), unfairness between long and short ways
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Sequence

from k8slab.clock import Loop, Timer

__all__ = [
    "Job",
    "Lane",
    "Resource",
    "Sharing",
]

CLOSE, SOON_S = 1e-9, 1e-6  # errors of sums of parts: relative, and of a moment since 1970


class Resource:
    """Something that gives out at most `per_s` a second; `given` is what it has given in all."""

    __slots__ = ("given", "name", "per_s")

    def __init__(self, name: str, per_s: float) -> None:
        self.name = name
        self.per_s = per_s
        self.given = 0.0

    def __repr__(self) -> str:
        return f"<{self.name}: {self.per_s:g} a second>"


class Job:
    """One who wants `amount` in all; `done()` is called when it has it."""

    __slots__ = ("amount", "done", "is_over", "lane", "until")

    def __init__(self, lane: Lane, amount: float, done: Callable[[], object]) -> None:
        self.lane = lane
        self.amount = amount
        self.done = done
        self.until = lane.served + amount
        self.is_over = False


class Lane:
    """Jobs with the same way and the same limit. `served` is what one that was there from the beginning has got."""

    __slots__ = ("count", "heap", "is_paused", "limit_per_s", "rate", "served", "way")

    def __init__(self, way: tuple[Resource, ...], limit_per_s: float) -> None:
        self.way = way
        self.limit_per_s = limit_per_s
        self.served = self.rate = 0.0
        self.count = 0
        self.heap: list[tuple[float, int, Job]] = []
        self.is_paused = False

    @property
    def jobs(self) -> list[Job]:
        """Those that wait for something still, the next to be done first."""
        return [job for _, _, job in sorted(self.heap, key=lambda entry: entry[:2]) if not job.is_over]

    @property
    def is_moving(self) -> bool:
        """Somebody is to be given something."""
        return self.count > 0 and not self.is_paused


class Sharing:
    """Everybody who shares, and the one timer for the next who is done."""

    def __init__(self, loop: Loop) -> None:
        self._loop = loop
        self._at = loop.now
        self._order = 0
        self._timer: Timer | None = None
        self.lanes: list[Lane] = []

    def start(
        self, way: Sequence[Resource], amount: float, done: Callable[[], object], limit_per_s: float = float("inf")
    ) -> Job:
        """Begin a job. One that passes through nothing and has no limit is done at once."""
        self.settle()
        lane = self._lane(tuple(way), limit_per_s)
        job = Job(lane, amount, done)
        self._order += 1
        heapq.heappush(lane.heap, (job.until, self._order, job))
        lane.count += 1
        self.share()
        return job

    def cancel(self, job: Job) -> None:
        """Forget a job; harmless when it is over."""
        if job.is_over:
            return
        self.settle()
        self._end(job)
        self.share()

    def settle(self) -> None:
        """Count what everybody got since the last change."""
        passed_s, self._at = self._loop.now - self._at, self._loop.now
        if passed_s <= 0:
            return
        for lane in self.lanes:
            if lane.is_moving and lane.rate < float("inf"):
                got = lane.rate * passed_s
                lane.served += got
                for resource in lane.way:
                    resource.given += got * lane.count

    def share(self) -> None:
        """Give everybody a rate, and wait for the next one who is done."""
        self.lanes = [lane for lane in self.lanes if lane.count]
        fill([lane for lane in self.lanes if lane.is_moving])
        if self._timer is not None:
            self._timer.cancel()
        due_s = min((_left_s(lane) for lane in self.lanes if lane.is_moving), default=float("inf"))
        self._timer = self._loop.call_later(due_s, self._next) if due_s < float("inf") else None

    def left(self, job: Job) -> float:
        """What a job still lacks."""
        self.settle()
        return max(0.0, job.until - job.lane.served)

    def _lane(self, way: tuple[Resource, ...], limit_per_s: float) -> Lane:
        for lane in self.lanes:
            if lane.way == way and lane.limit_per_s == limit_per_s and not lane.is_paused:
                return lane
        lane = Lane(way, limit_per_s)
        self.lanes.append(lane)
        return lane

    def _next(self) -> None:
        """Somebody is done: all of them, in the order in which they began."""
        self._timer = None
        self.settle()
        over = [entry for lane in self.lanes if lane.is_moving for entry in _finished(lane)]
        for _, _, job in over:
            for resource in job.lane.way:
                resource.given += job.until - job.lane.served  # what rounding of moments has left
            self._end(job)
        self.share()
        for _, _, job in sorted(over, key=lambda entry: entry[1]):
            job.done()

    def _end(self, job: Job) -> None:
        job.is_over = True
        job.lane.count -= 1


def fill(lanes: Iterable[Lane]) -> None:
    """Give each lane the rate of one of its jobs: raise all alike, and stop those whose way is full."""
    open_lanes = list(lanes)
    left = {resource: resource.per_s for lane in open_lanes for resource in lane.way}
    while open_lanes:
        count: dict[Resource, int] = {}
        for lane in open_lanes:
            for resource in lane.way:
                count[resource] = count.get(resource, 0) + lane.count
        fair = {resource: max(0.0, left[resource]) / number for resource, number in count.items()}
        for lane in open_lanes:
            lane.rate = min([lane.limit_per_s, *(fair[resource] for resource in lane.way)])
        lowest = min(lane.rate for lane in open_lanes) * (1 + CLOSE)
        for lane in [lane for lane in open_lanes if lane.rate <= lowest]:
            open_lanes.remove(lane)
            for resource in lane.way:
                left[resource] -= lane.rate * lane.count


def _left_s(lane: Lane) -> float:
    """How long the next one of a lane still needs."""
    while lane.heap and lane.heap[0][2].is_over:
        heapq.heappop(lane.heap)
    if not lane.heap:
        return float("inf")
    missing = lane.heap[0][0] - lane.served
    if missing <= lane.heap[0][2].amount * CLOSE or lane.rate == float("inf"):
        return 0.0
    return missing / lane.rate if lane.rate > 0 else float("inf")


def _finished(lane: Lane) -> list[tuple[float, int, Job]]:
    over = []
    while _left_s(lane) <= SOON_S:
        over.append(heapq.heappop(lane.heap))
    return over
