"""List, then watch: whoever keeps what a server has, keeps it true by this.

A reflector lists once, then follows the watch from the list's resourceVersion. When the stream ends, or the server
says that it no longer remembers that far back (410), it lists again.

Source    staging/src/k8s.io/client-go/tools/cache/reflector.go
Left out  initial lists in pages
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from k8slab.client.reader import ObjectList, Reader
from k8slab.clock import Scheduling
from k8slab.wire import ApiError, Stream, WatchEvent

__all__ = [
    "Keeper",
    "Reflector",
]

DELIVERY_S = 0.001  # how long an event travels from the API server to a watcher
RETRANSMIT_S = 1.0  # how soon a watch goes on when a cut link is mended
RELIST_FIRST_S, RELIST_MOST_S = 0.8, 30.0  # upstream: ListAndWatch's backoff manager
PATIENCE_S = 8.0  # who has lost the server tries again for some seconds before a cluster settles without it


class Keeper(Protocol):
    """Who keeps what the server has."""

    def replace(self, found: ObjectList) -> None:
        """This, and nothing else, is there now."""

    def apply(self, events: Sequence[WatchEvent]) -> None:
        """This has happened since; a BOOKMARK says only how far the news goes. The list is shared with others."""


class Reflector:
    """Tells a keeper of the objects of one kind that the selectors let through.

    `gather_s` says for how many seconds news may gather, because the keeper does nothing about it before.
    """

    def __init__(
        self,
        reader: Reader,
        loop: Scheduling,
        kind: str,
        keeper: Keeper,
        *,
        namespace: str = "",
        labels: str = "",
        fields: str = "",
        gather_s: Callable[[], float] = float,
    ) -> None:
        self.stream: Stream | None = None
        self._reader = reader
        self._loop = loop
        self._kind = kind
        self._keeper = keeper
        self._namespace, self._labels, self._fields = namespace, labels, fields
        self._gather_s = gather_s
        self._is_started = self._is_waking = False
        self._retry_s = RELIST_FIRST_S

    def start(self) -> None:
        """List now and follow from there; starting twice does nothing."""
        if not self._is_started:
            self._is_started = True
            self._list()

    def stop(self) -> None:
        """Follow no longer."""
        self._is_started = False
        if self.stream is not None:
            self.stream.close()
            self.stream = None

    def drain(self) -> None:
        """Tell what has arrived."""
        if not self._reader.is_connected and self.stream is not None:
            self._loop.call_later(RETRANSMIT_S, self.drain, background=True)
            return
        self._is_waking = False
        stream = self.stream
        if stream is None:
            return
        events = stream.pull()
        if events and events[-1].type == "ERROR":
            self._keeper.apply(events[:-1])
            stream.close()
            self._list()
            return
        self._keeper.apply(events)
        if stream.is_closed:
            self._list()

    def _list(self) -> None:
        if not self._is_started:
            return
        try:
            found = self._reader.list(self._kind, self._namespace, labels=self._labels, fields=self._fields)
            self.stream = self._watch(found.resource_version)
        except ApiError:
            self._loop.call_later(self._retry_s, self._list, background=self._retry_s > PATIENCE_S)
            self._retry_s = min(self._retry_s * 2, RELIST_MOST_S)
            return
        self._retry_s = RELIST_FIRST_S
        self._keeper.replace(found)
        self.stream.on_arrival(self._wake)

    def _watch(self, since: str) -> Stream:
        scope = {"labels": self._labels, "fields": self._fields}
        return self._reader.watch(self._kind, self._namespace, since=since, bookmarks=True, **scope)

    def _wake(self) -> None:
        if not self._is_waking:
            self._is_waking = True
            self._loop.call_later(max(DELIVERY_S + self._reader.delay_s, self._gather_s()), self.drain)
