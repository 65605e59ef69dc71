"""The queue before one container, worked out from rates instead of from single requests.

Between two steps the rates are steady: requests come at `rate`, and at most `capacity` a second are done. Two things
make a request wait:

- chance, while `rate < capacity`: the queue M/M/c. Of all requests the share C has to wait, and the wait of those is
  exponential: P(W > t) = C exp(-(capacity - rate) t). C = rho ** (sqrt(2 (c + 1)) - 1), with rho = rate / capacity and
  c = capacity x service time, the requests in work when it is busy (Little's law).
- overload, when `rate > capacity`: the queue is a fluid that rises by their difference and falls by it later.

A request whose turn would come after its client's patience is given up by the client, and no work is spent on it. A
queue has a greatest length; who comes when it is full is not let in and waits in vain.

Source    A. K. Erlang 1917 (M/M/c); H. Sakasegawa 1977, "An approximation formula Lq = alpha rho^beta / (1 - rho)"; the
          fluid approximation: G. F. Newell, "Applications of Queueing Theory", chapter 2; J. D. C. Little 1961
Left out  service times that differ from request to request; the moments after a step in which chance builds its queue
          up (bounded by the square root of time); work on requests that nobody waits for any more
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from math import exp, log, sqrt
from typing import NamedTuple

__all__ = [
    "Queue",
    "Served",
    "capacity_per_s",
    "waiting_share",
]

# Parts of all requests, and the quantile that stands for each of them.
QUANTILES = ((0.5, 0.25), (0.25, 0.625), (0.15, 0.825), (0.05, 0.925), (0.03, 0.965), (0.01, 0.985), (0.009, 0.9945),
             (0.001, 0.9995))  # fmt: skip
FLUID_POINTS = (1 / 6, 3 / 6, 5 / 6)
NOTHING_S = 1e-9


class Served(NamedTuple):
    """How a stretch of time went: shares of the requests that came, and the waits of those that were answered.

    `waits` are (share of the answered, seconds). `done` is how many requests were worked on.
    """

    answered: float
    overdue: float
    waits: tuple[tuple[float, float], ...]
    done: float
    mean_wait_s: float = 0.0


class _Waiting(NamedTuple):
    """Who waits: what overload has left, and what chance makes wait."""

    flood: float
    swarm: float


class Queue:
    """The requests that wait for one container."""

    __slots__ = ("_flood", "_swarm", "limit", "workers_busy")

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._flood = self._swarm = 0.0
        self.workers_busy = 0.0

    @property
    def length(self) -> float:
        """How many wait now."""
        return self._flood + self._swarm

    @property
    def is_overloaded(self) -> bool:
        """More has come than could be done."""
        return self._flood > 0

    def empty(self) -> float:
        """Nobody waits any more; answers how many did."""
        gone, self._flood, self._swarm = self.length, 0.0, 0.0
        return gone

    def advance(self, took_s: float, rate: float, capacity: float, service_s: float, patience_s: float) -> Served:
        """Let time pass with a steady rate; what became of the requests that came."""
        patience_s = max(patience_s - service_s, 0.0)
        room = min(float(self.limit), capacity * patience_s)
        self.workers_busy = min(rate, capacity) * service_s
        before = _Waiting(min(self._flood, room), self._swarm)
        if rate >= capacity:
            after, served = _flooded(before, took_s, rate, capacity, room)
        else:
            after, served = _drained(before, took_s, rate, capacity, service_s, patience_s, room)
        self._flood, self._swarm = after
        return served


# Replicas that fare alike are worked out once.
@lru_cache(maxsize=1024)
def _flooded(before: _Waiting, took_s: float, rate: float, capacity: float, room: float) -> tuple[_Waiting, Served]:
    """It comes faster than it goes: the queue rises until it is full, and what is too much is turned away."""
    flood, swarm = before.flood, min(before.swarm, room - before.flood)
    excess = rate - capacity
    rises_s = min(took_s, (room - flood - swarm) / excess) if excess > 0 else took_s
    after = _Waiting(flood + excess * rises_s, swarm)
    if capacity <= 0:
        return after, Served(0.0, 1.0, (), 0.0)
    rising = rises_s / took_s
    lost = excess / rate * (1.0 - rising)
    answered = 1.0 - lost
    each = rising / answered / len(FLUID_POINTS)
    waits = [(each, (flood + swarm + excess * rises_s * part) / capacity) for part in FLUID_POINTS if each > 0]
    if answered > rising:
        waits.append((1.0 - rising / answered, (after.flood + swarm) / capacity))
    return after, Served(answered, lost, tuple(waits), capacity * took_s, _mean(waits))


@lru_cache(maxsize=1024)
def _drained(
    before: _Waiting, took_s: float, rate: float, capacity: float, service_s: float, patience_s: float, room: float
) -> tuple[_Waiting, Served]:
    """It goes faster than it comes: the flood falls, and only chance makes wait."""
    flood = max(0.0, before.flood - (capacity - rate) * took_s)
    done = rate * took_s + before.flood - flood
    flood_s = (before.flood + flood) / 2 / capacity
    if rate <= 0:
        return _Waiting(flood, 0.0), Served(1.0, 0.0, (), done)
    share = waiting_share(rate, capacity, service_s)
    swarm = min(share * rate / (capacity - rate), room - flood, before.swarm + sqrt(2 * capacity * took_s))
    if swarm / capacity < NOTHING_S:
        return _Waiting(flood, 0.0), Served(1.0, 0.0, ((1.0, flood_s),), done, flood_s)
    pace = share * rate / swarm  # of the exponential wait whose mean makes this queue
    overdue = share * exp(-min(pace * max(patience_s - flood_s, 0.0), 700.0))
    waits = tuple((part, flood_s + max(0.0, log(share / (1 - quantile)) / pace)) for part, quantile in QUANTILES)
    return _Waiting(flood, swarm), Served(1.0 - overdue, overdue, waits, done, _mean(waits))


def _mean(waits: Iterable[tuple[float, float]]) -> float:
    return sum(part * wait_s for part, wait_s in waits)


def waiting_share(rate: float, capacity: float, service_s: float) -> float:
    """The share of requests that have to wait, as in M/M/c (exact for c = 1)."""
    at_once = max(1.0, capacity * service_s)
    return float((rate / capacity) ** (sqrt(2 * (at_once + 1)) - 1))


def capacity_per_s(cpu_m: float, cpu_s: float, workers: int, service_s: float) -> float:
    """How many requests a second a process can do that may take so much CPU, in thousandths of a core, for them."""
    by_cpu = cpu_m / 1000 / cpu_s if cpu_s > 0 else float("inf")
    by_workers = workers / service_s if workers and service_s > 0 else float("inf")
    return max(0.0, min(by_cpu, by_workers, 1e9))
