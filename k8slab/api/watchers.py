"""The changes of one kind in order, and those who watch them.

Most watchers want to hear of everything, and there may be thousands of them (one on every node). Such a watcher is
only a place in the log; a change costs something for those who have to be woken, and nothing for those who have more
to read anyhow. Who selects has a buffer of its own.

Source    staging/src/k8s.io/apiserver/pkg/storage/cacher/cache_watcher.go (nonblockingAdd, convertToWatchEvent)
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

from k8slab.wire import WatchEvent

__all__ = [
    "Change",
    "Log",
    "Selects",
    "Watcher",
]

Obj = dict[str, Any]
Selects = Callable[[Obj], bool]


class Change(NamedTuple):
    """One change of one object, in both its served forms (None: absent)."""

    revision: int
    old: Obj | None
    new: Obj | None


def _event(type_: str, change: Change) -> WatchEvent:
    """A DELETED event shows the last form of the object, at the revision that removed it from view."""
    if type_ != "DELETED":
        assert change.new is not None
        return WatchEvent(type_, change.new)
    assert change.old is not None
    metadata = {**change.old["metadata"], "resourceVersion": str(change.revision)}
    return WatchEvent(type_, {**change.old, "metadata": metadata})


class Log:
    """The changes since the last compaction. Each has a number, which it keeps while earlier ones are forgotten."""

    def __init__(self) -> None:
        self._changes: list[Change] = []
        self._first = 0
        self._read: tuple[int, int, list[WatchEvent]] = (0, 0, [])

    @property
    def end(self) -> int:
        """The number of the change that comes next."""
        return self._first + len(self._changes)

    def append(self, change: Change) -> None:
        """One more has happened."""
        self._changes.append(change)

    def prepend(self, changes: list[Change]) -> None:
        """These had happened before all that is here."""
        self._changes[:0] = changes
        self._first -= len(changes)

    def place_after(self, revision: int) -> int:
        """The number of the first change after a revision."""
        return self._first + bisect_right(self._changes, revision, key=_revision)

    def since(self, place: int) -> list[Change]:
        """The changes from this number on."""
        return self._changes[place - self._first :]

    def events_since(self, place: int) -> list[WatchEvent]:
        """The same as who sees everything is told of them; a list that its readers share, and do not change."""
        start, end, events = self._read
        if start != place or end != self.end:
            events = [_event(type_, change) for change in self.since(place) if (type_ := _type(change))]
            self._read = place, self.end, events
        return events

    def forget(self, revision: int) -> None:
        """Drop the changes up to this revision."""
        count = bisect_right(self._changes, revision, key=_revision)
        del self._changes[:count]
        self._first += count


def _type(change: Change) -> str:
    """What a change is to who sees everything, "" for nothing."""
    if change.new is not None:
        return "ADDED" if change.old is None else "MODIFIED"
    return "" if change.old is None else "DELETED"


def _revision(change: Change) -> int:
    return change.revision


class Home(Protocol):
    """Where a watcher is known."""

    log: Log

    def sleeps(self, watcher: Watcher) -> None:
        """It has read everything, and wants to be woken."""

    def forget(self, watcher: Watcher) -> None:
        """It wants to hear nothing more."""


class Watcher:
    """One open watch: a Stream whose events wait until they are pulled.

    Who `selects` nothing reads the log from its `place` on (None: it does not follow the log).
    """

    __slots__ = ("_buffer", "_home", "_selects", "_wake", "index", "is_closed", "number", "place", "wants_bookmarks")

    def __init__(self, home: Home, index: str, selects: Selects | None) -> None:
        self.index = index
        self.number = 0
        self.is_closed = False
        self.wants_bookmarks = False
        self.place: int | None = None
        self._home = home
        self._selects = selects
        self._buffer: list[WatchEvent] = []
        self._wake: Callable[[], None] | None = None

    @property
    def waiting(self) -> int:
        """How many events have not been pulled."""
        unread = self._home.log.end - self.place if self.place is not None else 0
        return len(self._buffer) + unread

    def pull(self) -> list[WatchEvent]:
        """Take everything that has arrived, in order."""
        events, self._buffer = self._buffer, []
        if self.place is None:
            return events
        unread = self._home.log.events_since(self.place)
        self.place = self._home.log.end
        self._home.sleeps(self)
        return events + unread if events else unread

    def keep(self) -> None:
        """Take what waits out of the log, which is going to forget it."""
        if self.place is not None and self.place < self._home.log.end:
            self._buffer = self._buffer + self._home.log.events_since(self.place)
            self.place = self._home.log.end

    def on_arrival(self, wake: Callable[[], None]) -> None:
        """Call `wake` whenever the stream stops being empty, and when it is closed."""
        self._wake = wake
        if self.waiting or self.is_closed:
            wake()

    def close(self) -> None:
        """End the watch."""
        if not self.is_closed:
            self.is_closed = True
            self.keep()
            self._home.forget(self)
            self.place = None
            self.wake()

    def wake(self) -> None:
        """Say that there is something to pull."""
        if self._wake is not None:
            self._wake()

    def tell(self, change: Change, events: dict[str, WatchEvent]) -> None:
        """Take note of a change, as this watcher's selector sees it; `events` holds the forms already made."""
        _, old, new = change
        selects = self._selects
        was = old is not None and (selects is None or selects(old))
        now = new is not None and (selects is None or selects(new))
        if not was and not now:
            return
        type_ = "MODIFIED" if was and now else "ADDED" if now else "DELETED"
        event = events.get(type_)
        if event is None:
            event = events[type_] = _event(type_, change)
        self.push(event)

    def push(self, event: WatchEvent) -> None:
        """Put one event into the stream, after all that waits."""
        self.keep()
        self._buffer.append(event)
        if len(self._buffer) == 1:
            self.wake()
