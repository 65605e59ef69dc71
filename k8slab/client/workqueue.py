"""A queue of keys in which each key waits at most once, with delays and back-off per key.

Source    staging/src/k8s.io/client-go/util/workqueue (queue.go, delaying_queue.go, default_rate_limiters.go)
Left out  the overall limit of 10 keys per second; metrics
"""

from __future__ import annotations

from collections.abc import Callable

from k8slab.clock import Scheduling, Timer
from k8slab.objects import Key

__all__ = [
    "WorkQueue",
]

BASE_DELAY_S, MAX_DELAY_S = 0.005, 1000.0


class WorkQueue:
    """Calls `work(key)` once for every key added, one key per callback, in the order of arrival."""

    def __init__(self, loop: Scheduling, work: Callable[[Key], None]) -> None:
        self._loop = loop
        self._work = work
        self._waiting: dict[Key, None] = {}
        self._later: dict[Key, Timer] = {}
        self._failures: dict[Key, int] = {}
        self._is_running = False
        self._held: tuple[Key, float, bool] | None = None

    def __len__(self) -> int:
        return len(self._waiting) + (self._held is not None)

    def add(self, key: Key) -> None:
        """Have the key worked on soon; a key that waits already is not added again."""
        if key in self._waiting:
            return
        self._waiting[key] = None
        if not self._is_running:
            self._is_running = True
            self._loop.call_soon(self._next)

    def add_after(self, key: Key, delay_s: float, *, background: bool = False) -> None:
        """Have the key worked on in `delay_s` seconds; of several such wishes the earliest holds."""
        when = self._loop.now + delay_s
        waiting = self._later.get(key)
        if waiting is not None and waiting.is_pending:
            if waiting.when <= when:
                return
            waiting.cancel()
        self._later[key] = self._loop.call_at(when, self._due, key, background=background)

    def hold(self, key: Key, delay_s: float, *, background: bool = False) -> None:
        """Asked from within the work on `key`: do no work at all for `delay_s` seconds, then this key's first."""
        self._held = key, delay_s, background

    def add_rate_limited(self, key: Key) -> float:
        """Have the key worked on again after its back-off (5 ms, doubling to 1,000 s); answers the delay in seconds."""
        failures = self._failures.get(key, 0)
        self._failures[key] = failures + 1
        delay_s = min(BASE_DELAY_S * 2.0 ** min(failures, 30), MAX_DELAY_S)
        self.add_after(key, delay_s)
        return delay_s

    def forget(self, key: Key) -> None:
        """The key went well: its back-off starts anew next time."""
        self._failures.pop(key, None)

    def _due(self, key: Key) -> None:
        self._later.pop(key, None)
        self.add(key)

    def _next(self) -> None:
        key = self._held[0] if self._held else next(iter(self._waiting))
        self._held = None
        self._waiting.pop(key, None)
        try:
            self._work(key)
        finally:
            self._is_running = bool(self._waiting or self._held)
            if self._held:
                _, delay_s, background = self._held
                self._loop.call_later(delay_s, self._next, background=background)
            elif self._waiting:
                self._loop.call_soon(self._next)
