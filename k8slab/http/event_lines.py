"""The lines of a watch, each made once however many watch."""

from __future__ import annotations

from collections.abc import Iterable

from k8slab.http.bodies import as_json
from k8slab.wire import WatchEvent

__all__ = ["EventLines"]

KEPT = 1000


class EventLines:
    """Makes the lines of events, and remembers the newest: watchers of the same objects share their events."""

    def __init__(self) -> None:
        self._made: dict[int, tuple[WatchEvent, bytes]] = {}  # with the event, so that nobody else gets its id

    def __call__(self, events: Iterable[WatchEvent]) -> bytes:
        """The lines of these events, one after the other."""
        return b"".join(map(self._line, events))

    def _line(self, event: WatchEvent) -> bytes:
        made = self._made.get(id(event))
        if made is None:
            if len(self._made) >= KEPT:
                del self._made[next(iter(self._made))]
            made = event, as_json({"type": event.type, "object": event.object}) + b"\n"
            self._made[id(event)] = made
        return made[1]
