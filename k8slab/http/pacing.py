"""Virtual time that follows the real one, and a way into the loop from other threads.

Whoever holds the loop's lock may touch the engine. A call from outside takes it if it is free; otherwise it waits in
the loop's inbox for whoever is running the loop, so that a long `run` in a notebook's thread starves nobody.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import AbstractContextManager
from typing import Any, Protocol, TypeVar

__all__ = [
    "Paced",
    "Pacer",
    "a_moment_ago",
]

TICK_S = 0.02
JUMP_S = 60.0  # at most in one tick: what comes again for ever would never let it end
BOOT_S = 15.0  # more than a cluster needs, so that nothing in it is younger than the clients' clocks
T = TypeVar("T")


def a_moment_ago() -> float:
    """When to switch a cluster on whose clients tell ages by the real clock, in seconds since 1970."""
    return time.time() - BOOT_S


class Paced(Protocol):
    """The loop, as far as it is paced."""

    lock: AbstractContextManager[Any]

    @property
    def has_due(self) -> bool:
        """A callback is still due at this very moment."""

    @property
    def now(self) -> float:
        """Virtual time in seconds since 1970."""

    def run_until(self, when: float) -> None:
        """Let time pass up to a moment."""

    def settle(self, *, limit_s: float) -> None:
        """Let time pass until nothing more is about to happen."""

    def post(self, fn: Callable[..., object], *args: Any) -> None:
        """Have a call made before the next callback."""


class Pacer:
    """Moves a loop's time along with the real one, `speed` times as fast.

    At 0 time stands still. At infinity it jumps from one event to the next, so that whoever waits for something here
    waits for nothing; once nothing is about to happen, it passes like the real one.
    """

    def __init__(self, loop: Paced, speed: float = 1.0) -> None:
        self._loop = loop
        self.speed = speed
        self._lock = threading.RLock()
        self._wake = threading.Event()
        self._is_over = False
        self.problem = ""
        self._thread = threading.Thread(target=self._run, name="k8slab-pacer", daemon=True)

    @property
    def speed(self) -> float:
        """How many virtual seconds pass in a real one; infinity for as many as it takes."""
        return self._speed

    @speed.setter
    def speed(self, speed: float) -> None:
        """Set it; 0 stops the clock."""
        if not speed >= 0:
            raise ValueError(f"a speed is a number from 0 (time stands still), not {speed!r}")
        self._speed = speed

    @property
    def now(self) -> float:
        """Virtual time in seconds since 1970."""
        return self._loop.now

    def standstill(self) -> str:
        """Why time stands still; "" while it passes."""
        return self.problem or ("" if self._speed else "paused")

    def start(self) -> None:
        """Begin; from now on the loop is shared between threads."""
        self._loop.lock = self._lock
        self._thread.start()

    def stop(self) -> None:
        """End, and wait until it is over."""
        self._is_over = True
        self._wake.set()
        self._thread.join()

    def call(self, fn: Callable[[], T]) -> Future[T]:
        """Make a call while nobody else touches the engine: at once if possible, else as soon as it is."""
        done: Future[T] = Future()
        if self._lock.acquire(blocking=False):
            try:
                if not self._loop.has_due:
                    _make(fn, done)
                    return done
            finally:
                self._lock.release()
        self._loop.post(_make, fn, done)
        self._wake.set()
        return done

    def try_call(self, fn: Callable[[], object]) -> bool:
        """Make a call if nobody else touches the engine at this moment, and raise what it raises; else answer False."""
        if not self._lock.acquire(blocking=False):
            return False
        try:
            fn()
        finally:
            self._lock.release()
        return True

    def _run(self) -> None:
        self._let(self._catch_up)
        last = time.monotonic()
        while not self._is_over:
            self._wake.wait(TICK_S)
            self._wake.clear()
            now = time.monotonic()
            passed, last = now - last, now
            self._let(self._pass, passed)

    def _let(self, fn: Callable[..., None], *args: Any) -> None:
        """Call something that lets time pass; a loop that is broken is told of, and its clock stops."""
        try:
            fn(*args)
        except Exception as error:
            self.problem, self._speed = f"{type(error).__name__}: {error}", 0.0

    def _catch_up(self) -> None:
        """Bring a loop that was switched on a moment ago to the real time, by which clients tell ages."""
        now = time.time()
        if self._speed and now - BOOT_S < self._loop.now < now:
            self._loop.run_until(now)

    def _pass(self, real_s: float) -> None:
        """Let virtual time pass for so many seconds of the real one."""
        speed = self._speed
        if speed == math.inf:
            self._loop.settle(limit_s=JUMP_S)
            speed = 1.0
        self._loop.run_until(self._loop.now + real_s * speed)


def _make(fn: Callable[[], T], done: Future[T]) -> None:
    if not done.set_running_or_notify_cancel():  # who asked has gone
        return
    try:
        done.set_result(fn())
    except BaseException as error:
        done.set_exception(error)
