"""The loop: virtual time, ordered callbacks, and the one seeded source of chance.

Nothing else in k8slab knows what time it is or throws dice. Callbacks run one at a time, ordered
by their moment and then by the order in which they were asked for, so the same seed and the same
inputs give the same history. Time jumps from one callback to the next; an hour of waiting costs nothing.

A callback is *background* when it comes back for ever whether or not anything happens (heartbeats,
periodic probes and checks). `settle` waits for all the others.

Source    the shape of SimPy's environment and asyncio's loop
Left out  pacing by the real clock (it comes with the HTTP server)
"""

from __future__ import annotations

import heapq
import random
import re
from collections import Counter, deque
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

__all__ = [
    "HotLoop",
    "Loop",
    "Scope",
    "Timer",
    "parse_duration",
]

EPOCH_S = 1_767_225_600.0  # 2026-01-01T00:00:00Z, when every slab is switched on
QUIET_S = 60.0
SETTLE_LIMIT_S = 3600.0
BUDGET = 200_000


class HotLoop(RuntimeError):
    """Something keeps itself busy for ever: the budget of callbacks for one second of virtual time is spent.

    `writes` are the commonest of the last writes, when somebody has counted them: who, what, how often.
    """

    writes: tuple[tuple[str, str, int], ...] = ()


class Timer:
    """A callback that waits for its moment."""

    __slots__ = ("_loop", "args", "background", "fn", "when")

    def __init__(
        self, loop: Loop, when: float, fn: Callable[..., object], args: tuple[Any, ...], background: bool
    ) -> None:
        self._loop = loop
        self.when = when
        self.fn: Callable[..., object] | None = fn
        self.args = args
        self.background = background

    def cancel(self) -> None:
        """Forget the callback; harmless when it has already run."""
        if self.fn is not None:
            self.fn = None
            self.args = ()
            self._loop._forget(self)

    @property
    def is_pending(self) -> bool:
        """The callback has neither run nor been cancelled."""
        return self.fn is not None


class Scheduling:
    """The two ways of asking for a later call, in terms of `call_at` and `now`."""

    @property
    def now(self) -> float:
        """Virtual time in seconds since 1970 (UTC)."""
        raise NotImplementedError

    def call_at(self, when: float, fn: Callable[..., object], *args: Any, background: bool = False) -> Timer:
        """Call `fn(*args)` at the moment `when` (now, if that has passed)."""
        raise NotImplementedError

    def call_later(self, delay_s: float, fn: Callable[..., object], *args: Any, background: bool = False) -> Timer:
        """Call `fn(*args)` in `delay_s` virtual seconds."""
        return self.call_at(self.now + delay_s, fn, *args, background=background)

    def call_soon(self, fn: Callable[..., object], *args: Any) -> Timer:
        """Call `fn(*args)` now, after everything already due."""
        return self.call_at(self.now, fn, *args)


class Loop(Scheduling):
    """Virtual time and what is going to happen in it.

    Who shares it between threads gives it a reentrant `lock`: each callback is called by who holds it.
    """

    def __init__(self, seed: int = 0, start_s: float = EPOCH_S, *, budget: int = BUDGET) -> None:
        self.seed = seed
        self._budget = budget
        self._given_up = ""
        self.is_shared = False
        self.random = random.Random(seed)
        self.start_s = start_s
        self._now = start_s
        self._order = 0
        self._heap: list[tuple[float, int, Timer]] = []
        self._foreground: list[tuple[float, int, Timer]] = []
        self._inbox: deque[tuple[Callable[..., object], tuple[Any, ...]]] = deque()
        self.lock: AbstractContextManager[Any] = nullcontext()

    @property
    def now(self) -> float:
        """Virtual time in seconds since 1970 (UTC)."""
        return self._now

    @property
    def budget(self) -> int:
        """How many callbacks a second of virtual time may cost."""
        return self._budget

    @budget.setter
    def budget(self, callbacks: int) -> None:
        """Set it. Raises ValueError for none at all."""
        if callbacks < 1:
            raise ValueError(f"a budget is a number of callbacks from 1, not {callbacks!r}")
        self._budget = callbacks

    def give_up(self, why: str) -> None:
        """End the run that is going on, from any thread: it raises HotLoop. Nothing when none is going on."""
        self._given_up = why

    def joined(self, budget: int = 0) -> Loop:
        """This loop, for one more who lives in it and may cost so many callbacks a second."""
        self.is_shared = True
        self._budget += budget
        return self

    def call_at(self, when: float, fn: Callable[..., object], *args: Any, background: bool = False) -> Timer:
        """Call `fn(*args)` at the moment `when` (now, if that has passed)."""
        timer = Timer(self, max(when, self._now), fn, args, background)
        self._order += 1
        entry = (timer.when, self._order, timer)
        heapq.heappush(self._heap, entry)
        if not background:
            heapq.heappush(self._foreground, entry)
        return timer

    def post(self, fn: Callable[..., object], *args: Any) -> None:
        """Ask from another thread for `fn(*args)` to be called, as soon as nothing more is due at this moment."""
        self._inbox.append((fn, args))

    @property
    def has_due(self) -> bool:
        """A callback is still due at this very moment."""
        return bool(self._heap) and self._heap[0][0] <= self._now

    def scope(self) -> Scope:
        """A part of the loop that can be cancelled as one, as a process dies with its timers."""
        return Scope(self)

    def step(self) -> bool:
        """Run the next callback, moving time to its moment; False when there is none."""
        return self._step(float("inf"))

    def run_until(self, when: float) -> None:
        """Run every callback up to and including the moment `when`, and leave time there. Raises HotLoop."""
        self._given_up = ""
        while self._second(when):
            pass
        self._now = max(self._now, when)

    def settle(self, quiet_s: float = QUIET_S, limit_s: float = SETTLE_LIMIT_S) -> None:
        """Run until nothing but background work is due within `quiet_s` seconds.

        Stops after `limit_s` virtual seconds all the same (a pod that crashes for ever never settles).
        Raises HotLoop when callbacks follow each other without end.
        """
        self._given_up = ""
        limit = self._now + limit_s
        second, spent = self._now, 0
        while True:
            due = self._now if self._inbox else self.next_due()
            if due is None or due > min(self._now + quiet_s, limit):
                return self.run_until(self._now)  # what else is due at this moment
            self._step(due)
            spent += 1
            if self._now >= second + 1:
                second, spent = self._now, 0
            elif spent > self._budget:
                raise self._hot()
            if self._given_up:
                raise self._hot(self._given_up)

    def _second(self, limit: float) -> bool:
        """Run the callbacks of one second, or up to `limit`; False when there are no more before it."""
        end = self._now + 1.0
        for _ in range(self._budget):
            if not self._step(limit):
                return False
            if self._given_up:
                raise self._hot(self._given_up)
            if self._now >= end:
                return True
        raise self._hot()

    def _hot(self, why: str = "") -> HotLoop:
        """Say what is called again and again."""
        waiting = Counter(_callback(entry[2]) for entry in self._heap if entry[0] <= self._now)
        names = ", ".join(name for name, _ in waiting.most_common(3)) or "nothing else"
        why = why or f"more than {self._budget:,} callbacks in one second of virtual time"
        return HotLoop(f"{why}, next in line: {names}")

    def next_due(self) -> float | None:
        """The moment of the next callback that is not background work, or None."""
        heap = self._foreground
        while heap and heap[0][2].fn is None:
            heapq.heappop(heap)
        return heap[0][0] if heap else None

    def _step(self, limit: float) -> bool:
        with self.lock:
            return self._next(limit)

    def _next(self, limit: float) -> bool:
        while self._inbox and not self.has_due:
            fn, args = self._inbox.popleft()
            fn(*args)
        heap = self._heap
        while heap and heap[0][0] <= limit:
            when, _, timer = heapq.heappop(heap)
            fn = timer.fn  # type: ignore[assignment]
            if fn is None:
                continue
            self._now = when
            timer.fn = None
            if not timer.background:
                self.next_due()  # forgets it; a long run must not remember all that has been
            fn(*timer.args)
            return True
        return False

    def _forget(self, timer: Timer) -> None:
        """Drop cancelled entries once they are most of the heap, so that it cannot grow without bound."""
        self._cancelled = getattr(self, "_cancelled", 0) + 1
        if self._cancelled > 1000 and self._cancelled * 2 > len(self._heap):
            self._heap = [entry for entry in self._heap if entry[2].fn is not None]
            self._foreground = [entry for entry in self._foreground if entry[2].fn is not None]
            heapq.heapify(self._heap)
            heapq.heapify(self._foreground)
            self._cancelled = 0


class Scope(Scheduling):
    """Callbacks that belong together and can be dropped together."""

    def __init__(self, loop: Loop) -> None:
        self._loop = loop
        self._alive = True

    @property
    def now(self) -> float:
        """Virtual time in seconds since 1970 (UTC)."""
        return self._loop.now

    @property
    def random(self) -> random.Random:
        """The loop's seeded source of chance."""
        return self._loop.random

    @property
    def is_alive(self) -> bool:
        """The scope has not been cancelled."""
        return self._alive

    def call_at(self, when: float, fn: Callable[..., object], *args: Any, background: bool = False) -> Timer:
        """Call `fn(*args)` at the moment `when`, unless the scope has been cancelled by then."""
        return self._loop.call_at(when, self._if_alive, fn, args, background=background)

    def cancel(self) -> None:
        """Drop every callback of this scope, now and in the future."""
        self._alive = False

    def _if_alive(self, fn: Callable[..., object], args: tuple[Any, ...]) -> None:
        if self._alive:
            fn(*args)


def _callback(timer: Timer) -> str:
    """The name of what a timer calls."""
    fn = timer.args[0] if timer.args and callable(timer.args[0]) else timer.fn
    return str(getattr(fn, "__qualname__", fn))


_UNIT_S = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def parse_duration(duration: str | float) -> float:
    """Seconds in a duration such as `90`, `"30s"`, `"1h30m"`, `"250ms"` (never negative).

    Raises ValueError with a readable text for anything else.
    """
    if isinstance(duration, (int, float)) and not isinstance(duration, bool):
        seconds = float(duration)
    else:
        parts = re.findall(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)", str(duration))
        if "".join(number + unit for number, unit in parts) != str(duration) or not parts:
            raise ValueError(f'"{duration}" is not a duration; write it like "30s", "5m" or "1h30m"')
        seconds = sum(float(number) * _UNIT_S[unit] for number, unit in parts)
    if not 0 <= seconds < float("inf"):
        raise ValueError(f"time only moves forward: {duration!r}")
    return seconds
