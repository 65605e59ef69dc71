"""From the engine's thread into asyncio's: one call, or what a stream brings until it ends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import suppress
from typing import Any, Protocol, TypeVar

from k8slab.http.pacing import Pacer

__all__ = [
    "answered",
    "arrivals",
]

T = TypeVar("T")


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


async def arrivals(pacer: Pacer, source: Source, shape: Callable[[list[Any]], T]) -> AsyncGenerator[T]:
    """What arrives, batch by batch, each made by `shape` while the engine rests; the source is closed at the end."""
    here, arrived = asyncio.get_running_loop(), asyncio.Event()

    def wake() -> None:
        with suppress(RuntimeError):  # the server has gone
            here.call_soon_threadsafe(arrived.set)

    def taken() -> tuple[T | None, bool]:
        arrived.clear()
        is_closed = source.is_closed
        batch = source.pull()
        return shape(batch) if batch else None, is_closed

    try:
        await answered(pacer, lambda: source.on_arrival(wake))
        while True:
            made, is_closed = await answered(pacer, taken)
            if made is not None:
                yield made
            elif is_closed:
                return
            else:
                await arrived.wait()
    finally:
        pacer.call(source.close)
