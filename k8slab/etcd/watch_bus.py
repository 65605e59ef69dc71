"""Who hears of which change.

A change is told to those who watch one of its key's prefixes. They are found through the
directories above the key, so that a thousand watchers of other things cost nothing.

Deliveries wait in one queue. A watcher that writes while it is being told something adds to the
end of the queue, so that everybody sees the revisions in their order.

Source    etcd-io/etcd, server/storage/mvcc, watchable_store.go and watcher_group.go
Left out  slow watchers that fall behind: nobody is slow when delivery is a call
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable, Sequence

from .mvcc import directory_of
from .protocol import Event

__all__ = ["WatchBus", "Watcher"]

Deliver = Callable[[Sequence[Event]], None]


class Watcher:
    """One subscription to the changes under one prefix, from the revision `since` on."""

    __slots__ = ("_bus", "deliver", "is_alive", "prefix", "since")

    def __init__(self, bus: WatchBus, prefix: str, deliver: Deliver, since: int) -> None:
        self._bus = bus
        self.prefix = prefix
        self.deliver = deliver
        self.since = since
        self.is_alive = True

    def cancel(self) -> None:
        """Receive nothing more, not even what is already waiting."""
        if self.is_alive:
            self.is_alive = False
            self._bus.remove(self)


class WatchBus:
    """All subscriptions, and the deliveries that wait for their turn."""

    def __init__(self) -> None:
        self._by_prefix: dict[str, dict[Watcher, None]] = {}
        self._lengths: dict[str, Counter[int]] = {}  # of the watched prefixes, by their directory
        self._lengths_above: dict[str, list[int]] = {}  # the same for a directory and all above it, as far as asked
        self._queue: deque[tuple[Watcher, Sequence[Event]]] = deque()
        self._is_draining = False

    def watch(self, prefix: str, deliver: Deliver, since: int, history: Iterable[Sequence[Event]]) -> Watcher:
        """Subscribe; the `history` (one item per revision) is delivered before anything new."""
        watcher = Watcher(self, prefix, deliver, since)
        if prefix not in self._by_prefix:
            self._by_prefix[prefix] = {}
            self._lengths.setdefault(directory_of(prefix), Counter())[len(prefix)] += 1
            self._lengths_above.clear()
        self._by_prefix[prefix][watcher] = None
        for events in history:
            matching = tuple(event for event in events if event.kv.key.startswith(prefix))
            if matching:
                self._queue.append((watcher, matching))
        self._drain()
        return watcher

    def remove(self, watcher: Watcher) -> None:
        """Forget a subscription."""
        prefix = watcher.prefix
        del self._by_prefix[prefix][watcher]
        if self._by_prefix[prefix]:
            return
        del self._by_prefix[prefix]
        lengths = self._lengths[directory_of(prefix)]
        lengths[len(prefix)] -= 1
        lengths += Counter()  # drops the zeros
        if not lengths:
            del self._lengths[directory_of(prefix)]
        self._lengths_above.clear()

    def publish(self, events: Sequence[Event], revision: int) -> None:
        """Tell everybody concerned the changes of one revision, in one call each."""
        if len(events) == 1:
            for watcher in self._watchers_of(events[0].kv.key):
                if watcher.since <= revision:
                    self._queue.append((watcher, events))
        else:
            self._queue.extend(self._shares(events, revision))
        if self._queue:
            self._drain()

    def _shares(self, events: Sequence[Event], revision: int) -> Iterable[tuple[Watcher, Sequence[Event]]]:
        shares: dict[Watcher, list[Event]] = {}
        for event in events:
            for watcher in self._watchers_of(event.kv.key):
                if watcher.since <= revision:
                    shares.setdefault(watcher, []).append(event)
        return [(watcher, tuple(share)) for watcher, share in shares.items()]

    def _watchers_of(self, key: str) -> list[Watcher]:
        """Those who watch a prefix of the key, the shortest prefix first."""
        found: list[Watcher] = []
        name = directory_of(key)
        if name not in self._lengths_above:
            self._lengths_above[name] = self._find_lengths(name)
        for length in self._lengths_above[name]:
            if (prefix := key[:length]) in self._by_prefix:
                found += self._by_prefix[prefix]
        return found

    def _find_lengths(self, name: str) -> list[int]:
        above = ["", *(name[: end + 1] for end, letter in enumerate(name) if letter == "/")]
        return sorted({length for directory in above for length in self._lengths.get(directory, ())})

    def _drain(self) -> None:
        # If a watcher raises, the writer gets the error, and what waits goes out before the next change.
        if self._is_draining:
            return
        self._is_draining = True
        try:
            while self._queue:
                watcher, events = self._queue.popleft()
                if watcher.is_alive:
                    watcher.deliver(events)
        finally:
            self._is_draining = False
