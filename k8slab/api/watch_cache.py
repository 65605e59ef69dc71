"""The newest form of every object of one kind, and the watchers that hear of its changes.

The cache follows the store by one watch. Clients read from it and watch it, so the store hears each
change asked for once, however many watchers there are. Watchers that select a node or a namespace are
found by index: the cost of a change does not grow with watchers who do not care. Those who want everything read the
log of changes, and are only woken.

Objects leave the cache with their resourceVersion in place, and shared: nobody changes them.

Source    staging/src/k8s.io/apiserver/pkg/storage/cacher/{cacher,watch_cache}.go
Left out  bounded history (only compaction bounds it)
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import Any

from k8slab.api.kinds import Kind
from k8slab.api.watchers import Change, Log, Selects, Watcher
from k8slab.etcd import Compacted, Event, KeyValue, Store
from k8slab.wire import WatchEvent

__all__ = [
    "WatchCache",
    "served",
]

Obj = dict[str, Any]

MOST_WAITING = 10_000  # changes that a watcher may leave lying; the real server's hundred would need a clock to be fair


def served(kv: KeyValue, revision: int = 0) -> Obj:
    """The object as clients see it: what is stored, and its resourceVersion (of its last change by default)."""
    value: Obj = kv.value
    metadata = {**value["metadata"], "resourceVersion": str(revision or kv.mod_revision)}
    return {**value, "metadata": metadata}


class WatchCache:
    """The objects of one kind by etcd key, and their changes since the last compaction."""

    def __init__(self, kind: Kind, store: Store) -> None:
        self.kind = kind
        self.objects: dict[str, Obj] = {}
        self._store = store
        self._sorted: list[str] | None = []
        self._on_node: dict[str, set[str]] = {}
        self.log = Log()
        self._watchers: dict[str, list[Watcher]] = {}  # who select, by where they wait
        self._followers: dict[Watcher, None] = {}  # who want everything
        self._asleep: dict[Watcher, None] = {}  # those of them who have read everything
        self._least_place = 0  # no follower who is awake is before this
        self._opened = 0
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
        watcher, self._opened = Watcher(self, index, selects), self._opened + 1
        watcher.number = self._opened
        place = self.log.end
        if since is None:
            for key in self.keys(prefix):
                obj = self.objects[key]
                if selects is None or selects(obj):
                    watcher.push(WatchEvent("ADDED", obj))
        elif since < self._store.compacted_revision or not self._knows(since):
            return None
        else:
            place = self.log.place_after(since)
        if selects is None and not index:
            self._follow_from(watcher, place)
            return watcher
        for change in self.log.since(place):
            if index in _indexes(change):
                watcher.tell(change, {})
        self._watchers.setdefault(index, []).append(watcher)
        return watcher

    def _follow_from(self, watcher: Watcher, place: int) -> None:
        watcher.place = place
        self._followers[watcher] = None
        self._least_place = min(self._least_place, place)
        if not watcher.waiting:
            self.sleeps(watcher)

    def _knows(self, since: int) -> bool:
        """Learn the changes after `since` that were made before there was this cache; False when they are forgotten."""
        if since >= self._began:
            return True
        events: list[Event] = []
        try:
            self._store.watch(self.kind.etcd_prefix, events.extend, since=since + 1).cancel()
        except Compacted:
            return False
        self.log.prepend([self._change(event) for event in events if event.kv.mod_revision <= self._began])
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

    def sleeps(self, watcher: Watcher) -> None:
        """Wake this watcher at the next change."""
        if not watcher.is_closed:
            self._asleep[watcher] = None

    def forget(self, watcher: Watcher) -> None:
        """Tell this watcher nothing more."""
        if watcher.place is None:
            self._watchers[watcher.index].remove(watcher)
        else:
            del self._followers[watcher]
            self._asleep.pop(watcher, None)

    def watchers(self) -> list[Watcher]:
        """Every open watch."""
        return [*self._followers, *(watcher for group in self._watchers.values() for watcher in group)]

    def mark(self, bookmark: WatchEvent) -> None:
        """Tell those who want to hear it how far the news goes; they share the event."""
        for watcher in self.watchers():
            if watcher.wants_bookmarks:
                watcher.push(bookmark)

    def compacted(self, revision: int) -> None:
        """Forget the changes up to this revision."""
        for watcher in self._followers:
            watcher.keep()
        self.log.forget(revision)

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
            self.log.append(change)
            self._tell(change)

    def _tell(self, change: Change) -> None:
        if change.old is None and change.new is None:
            return
        events: dict[str, WatchEvent] = {}
        for index in _indexes(change):
            told = tuple(self._watchers.get(index, ()))  # some may leave
            if not index and self._asleep:
                told, self._asleep = tuple(sorted((*told, *self._asleep), key=_number)), {}
            for watcher in told:
                if watcher.place is not None:
                    watcher.wake()
                    continue
                watcher.tell(change, events)
                if watcher.waiting > MOST_WAITING:
                    watcher.close()  # what has arrived can still be pulled; then its client starts anew
        if self.log.end - self._least_place > MOST_WAITING:
            self._close_the_slow()

    def _close_the_slow(self) -> None:
        """End the watches of followers who have left too much lying."""
        for watcher in tuple(self._followers):
            if watcher.waiting > MOST_WAITING:
                watcher.close()
        places = (watcher.place for watcher in self._followers if watcher.place is not None)
        self._least_place = min(places, default=self.log.end)


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


def _number(watcher: Watcher) -> int:
    return watcher.number
