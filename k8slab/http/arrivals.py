"""From the engine's thread into asyncio's: one call, or what a stream brings until it ends."""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import AsyncGenerator, Callable
from contextlib import suppress
from typing import Any, Protocol, TypeVar

from k8slab.http.pacing import Pacer

__all__ = [
    "answered",
    "arrivals",
]

T = TypeVar("T")
MOST_AT_ONCE = 500


class Source(Protocol):
    """A stream of the engine: a watch, or a session with a container."""

    @property
    def is_closed(self) -> bool:
        """Nothing more will come."""

    def pull(self) -> list[Any]:
        """Take what has arrived."""

    def on_arrival(self, wake: Callable[[], None]) -> None:
        """Say whom to tell."""

    def close(self) -> None:
        """End it."""


async def answered(pacer: Pacer, fn: Callable[[], T]) -> T:
    """What a call of the engine answers."""
    done = pacer.call(fn)
    return done.result() if done.done() else await asyncio.wrap_future(done)


async def arrivals(
    pacer: Pacer,
    source: Source,
    shape: Callable[[list[Any]], T],
    seconds: float = math.inf,
    rest_s: Callable[[], float] = float,
) -> AsyncGenerator[T]:
    """What arrives, batch by batch, each made by `shape` while the engine rests, for so long at most.

    Behind each batch there is a rest, in which more may gather. The source is closed at the end. Nothing is taken from
    it before the last batch has found its reader.
    """
    here, arrived = asyncio.get_running_loop(), asyncio.Event()
    end, waiting = here.time() + seconds, deque[Any]()

    def wake() -> None:
        with suppress(RuntimeError):  # the server has gone
            here.call_soon_threadsafe(arrived.set)

    def taken() -> tuple[T | None, bool]:
        arrived.clear()
        is_closed = source.is_closed
        if not waiting:
            waiting.extend(source.pull())
        batch = [waiting.popleft() for _ in range(min(len(waiting), MOST_AT_ONCE))]
        return shape(batch) if batch else None, is_closed

    try:
        await answered(pacer, lambda: source.on_arrival(wake))
        is_closed = False
        while here.time() < end:
            if not waiting and not is_closed:
                async with asyncio.timeout_at(end):
                    await arrived.wait()
            made, is_closed = await answered(pacer, taken)
            if made is not None:
                yield made
                await asyncio.sleep(rest_s())
            elif is_closed:
                return
    except TimeoutError:
        return
    finally:
        pacer.call(source.close)
