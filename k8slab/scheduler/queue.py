"""Pods that wait for a node: those to be tried now, those backing off, those that fit nowhere, and those gated.

Source    pkg/scheduler/backend/queue/scheduling_queue.go
Left out  ending a back-off early when nothing else is waiting (SchedulerPopFromBackoffQ); a back-off of its own for
          errors; what happens while a pod waits for its binding and would have helped, had it failed by then
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Collection
from typing import Any

from k8slab.clock import Scheduling, Timer

__all__ = ["NOBODY", "SchedulingQueue"]

Obj = dict[str, Any]

FIRST_BACKOFF_S, MOST_BACKOFF_S = 1.0, 10.0
FLUSH_S = 300.0  # pods that fit nowhere are tried again after five minutes at the latest


Refusers = frozenset[str]

NOBODY: Refusers = frozenset()


class Waiters:
    """Pods that wait for an event, with the moment since when, by the plugins that have refused them."""

    def __init__(self) -> None:
        self.since: dict[str, float] = {}
        self._refusers: dict[str, Refusers] = {}
        self._groups: dict[Refusers, dict[str, int]] = {}
        self._order = 0

    def add(self, uid: str, since: float, refusers: Refusers) -> None:
        """A pod waits."""
        self.pop(uid)
        self._order += 1
        self.since[uid], self._refusers[uid] = since, refusers
        self._groups.setdefault(refusers, {})[uid] = self._order

    def pop(self, uid: str) -> None:
        """A pod waits no longer, if it did."""
        if self.since.pop(uid, None) is not None:
            refusers = self._refusers.pop(uid)
            del self._groups[refusers][uid]
            if not self._groups[refusers]:
                del self._groups[refusers]

    def of(self, minds: Callable[[Refusers], bool]) -> list[str]:
        """The pods of those refusers that mind, in the order in which they have come to wait."""
        found: dict[str, int] = {}
        for refusers, group in self._groups.items():
            if minds(refusers):
                found |= group
        return sorted(found, key=found.__getitem__)


class SchedulingQueue:
    """Hands out pods by priority, then by arrival, one per call of `work(uid)`."""

    def __init__(self, loop: Scheduling, work: Callable[[str], None], cycle_s: float) -> None:
        self._loop = loop
        self._work = work
        self._cycle_s = cycle_s
        self._active: list[tuple[int, int, str]] = []
        self._is_active: dict[str, None] = {}
        self._later: dict[str, Timer] = {}
        self._ready_at: dict[str, float] = {}
        self._stuck, self._gated = Waiters(), Waiters()
        self._attempts: dict[str, int] = {}
        self._priority: dict[str, int] = {}
        self._order = 0
        self._is_running = False
        loop.call_later(FLUSH_S / 10, self._flush, background=True)

    @property
    def stuck(self) -> Collection[str]:
        """The pods that fit nowhere."""
        return self._stuck.since

    @property
    def gated(self) -> Collection[str]:
        """The pods that may not be tried yet."""
        return self._gated.since

    def gated_by(self, minds: Callable[[Refusers], bool]) -> list[str]:
        """The pods that those plugins keep which mind."""
        return self._gated.of(minds)

    def gate(self, uid: str, refusers: Refusers = NOBODY) -> None:
        """The pod may not be tried until it is added."""
        self._stop_waiting(uid)
        self._is_active.pop(uid, None)
        self._gated.add(uid, self._loop.now, refusers)

    def add(self, uid: str, priority: int) -> None:
        """The pod wants a node."""
        if uid in self._is_active:
            return
        self._stop_waiting(uid)
        self._gated.pop(uid)
        self._priority[uid] = priority
        self._order += 1
        heapq.heappush(self._active, (-priority, self._order, uid))
        self._is_active[uid] = None
        if not self._is_running:
            self._is_running = True
            self._loop.call_later(self._cycle_s, self._next)

    def remove(self, uid: str) -> None:
        """The pod wants no node any more."""
        self._stop_waiting(uid)
        self._gated.pop(uid)
        for place in (self._is_active, self._attempts, self._ready_at, self._priority):
            place.pop(uid, None)

    def failed(self, uid: str, *, stuck: bool, refusers: Refusers = NOBODY) -> None:
        """The attempt failed. A pod that fits nowhere waits for an event that could help; others only back off."""
        attempts = self._attempts[uid] = self._attempts.get(uid, 0) + 1
        self._ready_at[uid] = self._loop.now + min(FIRST_BACKOFF_S * 2.0 ** (attempts - 1), MOST_BACKOFF_S)
        if stuck:
            self._stuck.add(uid, self._loop.now, refusers)
        else:
            self._back_off(uid)

    def wake(
        self, helps: Callable[[str], bool] = lambda uid: True, minds: Callable[[Refusers], bool] = lambda refusers: True
    ) -> None:
        """Something has happened: pods that fit nowhere, and whom it helps, are tried again after their back-off.

        Only those are asked about whose refusers mind.
        """
        for uid in self._stuck.of(minds):
            if helps(uid):
                self._back_off(uid)

    def wake_one(self, uid: str) -> None:
        """Something has happened that helps this pod."""
        self._back_off(uid)

    def _back_off(self, uid: str) -> None:
        """Try the pod again when its back-off since the last attempt is over, which may be now."""
        self._stop_waiting(uid)
        if self._ready_at[uid] <= self._loop.now:
            self._over(uid)
        else:
            self._later[uid] = self._loop.call_at(self._ready_at[uid], self._over, uid)

    def _over(self, uid: str) -> None:
        if uid in self._priority:
            self.add(uid, self._priority[uid])

    def _stop_waiting(self, uid: str) -> None:
        self._stuck.pop(uid)
        timer = self._later.pop(uid, None)
        if timer is not None:
            timer.cancel()

    def _flush(self) -> None:
        for uid, since in list(self._stuck.since.items()):
            if self._loop.now - since >= FLUSH_S:
                self._back_off(uid)
        self._loop.call_later(FLUSH_S / 10, self._flush, background=True)

    def _next(self) -> None:
        while self._active:
            _, _, uid = heapq.heappop(self._active)
            if uid in self._is_active:
                del self._is_active[uid]
                self._work(uid)
                break
        self._is_running = bool(self._active)
        if self._is_running:
            self._loop.call_later(self._cycle_s, self._next)
