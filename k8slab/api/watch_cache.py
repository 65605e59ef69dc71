"""The newest form of every object of one kind, and the watchers that hear of its changes.

The cache follows the store by one watch. Clients read from it and watch it, so the store hears each
change asked for once, however many watchers there are. Watchers that select a node or a namespace are
found by index: the cost of a change does not grow with watchers who do not care.

Objects leave the cache with their resourceVersion in place, and shared: nobody changes them.

Source    staging/src/k8s.io/apiserver/pkg/storage/cacher/{cacher,cache_watcher,watch_cache}.go
Left out  bounded history (only compaction bounds it)
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from k8slab.api.kinds import Kind
from k8slab.etcd import Compacted, Event, KeyValue, Store
from k8slab.wire import WatchEvent

__all__ = [
    "Change",
    "Selects",
    "WatchCache",
    "Watcher",
    "served",
]

Obj = dict[str, Any]
Selects = Callable[[Obj], bool]

MOST_WAITING = 10_000  # changes that a watcher may leave lying; the real server's hundred would need a clock to be fair


class Change(NamedTuple):
    """One change of one object, in both its served forms (None: absent)."""

    revision: int
    old: Obj | None
    new: Obj | None


def served(kv: KeyValue, revision: int = 0) -> Obj:
    """The object as clients see it: what is stored, and its resourceVersion (of its last change by default)."""
    value: Obj = kv.value
    metadata = {**value["metadata"], "resourceVersion": str(revision or kv.mod_revision)}
    return {**value, "metadata": metadata}


class Watcher:
    """One open watch: a Stream whose events wait until they are pulled."""

    __slots__ = ("_buffer", "_cache", "_selects", "_wake", "index", "is_closed", "wants_bookmarks")

    def __init__(self, cache: WatchCache, index: str, selects: Selects | None) -> None:
        self.index = index
        self.is_closed = False
        self.wants_bookmarks = False
        self._cache = cache
        self._selects = selects
        self._buffer: list[WatchEvent] = []
        self._wake: Callable[[], None] | None = None

    @property
    def waiting(self) -> int:
        """How many events have not been pulled."""
        return len(self._buffer)

    def pull(self) -> list[WatchEvent]:
        """Take everything that has arrived, in order."""
        events, self._buffer = self._buffer, []
        return events

    def on_arrival(self, wake: Callable[[], None]) -> None:
        """Call `wake` whenever the stream stops being empty, and when it is closed."""
        self._wake = wake
        if self._buffer or self.is_closed:
            wake()

    def close(self) -> None:
        """End the watch."""
        if not self.is_closed:
            self.is_closed = True
            self._cache.forget(self)
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
        """Put one event into the stream."""
        self._buffer.append(event)
        if len(self._buffer) == 1 and self._wake is not None:
            self._wake()


def _event(type_: str, change: Change) -> WatchEvent:
    """A DELETED event shows the last form of the object, at the revision that removed it from view."""
    if type_ != "DELETED":
        assert change.new is not None
        return WatchEvent(type_, change.new)
    assert change.old is not None
    metadata = {**change.old["metadata"], "resourceVersion": str(change.revision)}
    return WatchEvent(type_, {**change.old, "metadata": metadata})


class WatchCache:
    """The objects of one kind by etcd key, and their changes since the last compaction."""

    def __init__(self, kind: Kind, store: Store) -> None:
        self.kind = kind
        self.objects: dict[str, Obj] = {}
        self._store = store
        self._sorted: list[str] | None = []
        self._on_node: dict[str, set[str]] = {}
        self._changes: list[Change] = []
        self._watchers: dict[str, list[Watcher]] = {}
        for kv in store.range(kind.etcd_prefix).kvs:
            self._take(kv)
        self._began = store.revision
        self._following = store.watch(kind.etcd_prefix, self._follow)

    def keys(self, prefix: str, after: str = "", index: str = "") -> list[str]:
        """The keys under a prefix, after a key, in etcd's order; not those that surely are not where `index` says."""
        place, _, name = index.partition("/")
        if place == "node":
            return sorted(key for key in self._on_node.get(name, ()) if key.startswith(prefix) and key > after)
        if place == "name" and prefix.count("/") == self.kind.etcd_prefix.count("/") + self.kind.is_namespaced:
            return [key] if (key := prefix + name) in self.objects and key > after else []
        if self._sorted is None:
            self._sorted = sorted(self.objects)
        start = bisect_right(self._sorted, after) if after >= prefix else bisect_left(self._sorted, prefix)
        return self._sorted[start : bisect_left(self._sorted, prefix + "\U0010ffff")]

    def watch(self, prefix: str, selects: Selects | None, index: str, since: int | None) -> Watcher | None:
        """Open a watch on the changes after revision `since`; None when those are forgotten.

        Without `since` the watch begins with what is there. `index` is `name/NAME`, `node/NAME`, `ns/NAME` or "".
        """
        watcher = Watcher(self, index, selects)
        if since is None:
            for key in self.keys(prefix):
                obj = self.objects[key]
                if selects is None or selects(obj):
                    watcher.push(WatchEvent("ADDED", obj))
        else:
            if since < self._store.compacted_revision or not self._knows(since):
                return None
            for change in self._changes[bisect_right(self._changes, since, key=_revision) :]:
                if index in _indexes(change):
                    watcher.tell(change, {})
        self._watchers.setdefault(index, []).append(watcher)
        return watcher

    def _knows(self, since: int) -> bool:
        """Learn the changes after `since` that were made before there was this cache; False when they are forgotten."""
        if since >= self._began:
            return True
        events: list[Event] = []
        try:
            self._store.watch(self.kind.etcd_prefix, events.extend, since=since + 1).cancel()
        except Compacted:
            return False
        self._changes[:0] = [self._change(event) for event in events if event.kv.mod_revision <= self._began]
        self._began = since
        return True

    def _change(self, event: Event) -> Change:
        return Change(event.kv.mod_revision, self._readable(event.prev), self._readable(event.kv))

    def served(self, kv: KeyValue) -> Obj:
        """What is stored, as this kind is served: in its version, and a custom one in its shape."""
        obj = served(kv)
        return self.kind.form.served(obj) if self.kind.form else obj

    def close(self) -> None:
        """End every watch, and follow the store no longer."""
        self._following.cancel()
        for watcher in self.watchers():
            watcher.close()

    def forget(self, watcher: Watcher) -> None:
        """Tell this watcher nothing more."""
        self._watchers[watcher.index].remove(watcher)

    def watchers(self) -> list[Watcher]:
        """Every open watch."""
        return [watcher for group in self._watchers.values() for watcher in group]

    def compacted(self, revision: int) -> None:
        """Forget the changes up to this revision."""
        del self._changes[: bisect_right(self._changes, revision, key=_revision)]

    def _take(self, kv: KeyValue) -> Obj | None:
        """Make this the newest form of an object, which may be that it is gone (None)."""
        obj = self._readable(kv)
        if (kv.key in self.objects) is (obj is None):
            self._sorted = None
        if self.kind.kind == "Pod":
            self._move(kv.key, _node_of(self.objects.get(kv.key)), _node_of(obj))
        if obj is None:
            self.objects.pop(kv.key, None)
        else:
            self.objects[kv.key] = obj
        return obj

    def _move(self, key: str, old: str, new: str) -> None:
        """Note that a Pod is on another node than before."""
        if old != new:
            self._on_node.get(old, set()).discard(key)
            if new:
                self._on_node.setdefault(new, set()).add(key)

    def _readable(self, kv: KeyValue | None) -> Obj | None:
        """The object as it is served; what somebody has written past the API and is none counts as absent (None)."""
        if kv is None or not kv.version:
            return None
        try:
            return self.served(kv)
        except (KeyError, TypeError):
            return None

    def _follow(self, events: Sequence[Event]) -> None:
        for event in events:
            kv = event.kv
            old = self.objects.get(kv.key)
            change = Change(kv.mod_revision, old, self._take(kv))
            self._changes.append(change)
            self._tell(change)

    def _tell(self, change: Change) -> None:
        events: dict[str, WatchEvent] = {}
        for index in _indexes(change):
            for watcher in tuple(self._watchers.get(index, ())):  # some may leave
                watcher.tell(change, events)
                if watcher.waiting > MOST_WAITING:
                    watcher.close()  # what has arrived can still be pulled; then its client starts anew


def _indexes(change: Change) -> dict[str, None]:
    """The places where watchers wait who may care for this change."""
    places = {"": None}
    for obj in (change.old, change.new):
        if obj is not None:
            metadata = obj["metadata"]
            places["name/" + metadata["name"]] = None
            if namespace := metadata.get("namespace"):
                places["ns/" + namespace] = None
            if node := _node_of(obj):
                places["node/" + node] = None
    return places


def _node_of(obj: Obj | None) -> str:
    spec = obj.get("spec") if obj is not None else None
    return (spec.get("nodeName") or "") if spec else ""


def _revision(change: Change) -> int:
    return change.revision
