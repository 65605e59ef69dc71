"""Everything that changes, as a client sees it: one watch per kind, drained into one ordered list of changes.

Nothing is listed per picture: the recorder keeps the newest form of every object it watches. A watch that
ended is opened again where it stopped; one that is too old (410) is replaced by a list, and what had changed
in between is worked out by comparing. A server that was lost may be another one when it comes back, whose revisions
begin anew; a kind that may no longer be seen is not shown.

Source    the list-watch-relist cycle of client-go's reflector (tools/cache/reflector.go)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any, NamedTuple

from k8slab.client import Reader
from k8slab.objects import Key, key_of, parse_rfc3339
from k8slab.view.writers import Writers
from k8slab.wire import ApiError, Expired, Forbidden, MethodNotAllowed, NotFound, ServiceUnavailable, Stream

__all__ = [
    "KINDS",
    "Change",
    "Recorder",
    "Snapshot",
]

Obj = dict[str, Any]
Snapshot = Mapping[str, Mapping[Key, Obj]]

KINDS = (
    "Namespace",
    "Node",
    "Lease",
    "Deployment",
    "StatefulSet",
    "DaemonSet",
    "Job",
    "CronJob",
    "ReplicaSet",
    "Pod",
    "Service",
    "EndpointSlice",
    "ConfigMap",
    "Secret",
    "ServiceAccount",
    "PersistentVolumeClaim",
    "PersistentVolume",
    "StorageClass",
    "HorizontalPodAutoscaler",
    "PodDisruptionBudget",
    "NetworkPolicy",
    "ResourceQuota",
    "LimitRange",
    "PriorityClass",
    "Ingress",
    "Event",
)


class Change(NamedTuple):
    """One write to one object, as a watch told it.

    `before` is None for what was created, `after` for what was deleted; `time` is in seconds since 1970;
    `writer` is a friendly name, "" when nobody knows; `type` is ADDED, MODIFIED or DELETED. A deletion that no watch
    told (`is_unseen`) has the latest revision it can have, and nobody is named for it.
    """

    kind: str
    key: Key
    before: Obj | None
    after: Obj | None
    revision: int
    time: float
    type: str
    writer: str = ""
    is_unseen: bool = False


class Recorder:
    """The present of a cluster and what has happened since the last `pull`."""

    def __init__(self, reader: Reader, kinds: Iterable[str] = KINDS, writers: Writers | None = None) -> None:
        self._reader = reader
        self._kinds = tuple(kinds)
        self._writers = writers or Writers(reader)
        self._feeds: dict[str, _Feed] = {}
        self.is_connected = True
        self._connect()

    def pull(self) -> list[Change]:
        """Every change since the last pull, in the order of their revisions."""
        if not self._feeds:
            self._connect()
            return []
        self.is_connected = True
        raw: list[Change] = []
        is_there = True
        for feed in self._feeds.values():
            try:
                feed.drain(raw, may_ask=is_there)
                feed.is_hidden = False
            except ServiceUnavailable:
                self.is_connected = is_there = False  # what the other kinds would ask would be answered no better
            except (Forbidden, NotFound, MethodNotAllowed):
                feed.is_hidden = True
            except ApiError:
                self.is_connected = False
        if sum(feed.has_new_history() for feed in self._feeds.values()):  # each is asked
            self._writers.forget()
        if not raw:
            return raw
        raw.sort(key=_revision)
        self._writers.refresh()
        return [self._signed(change) for change in raw]

    def snapshot(self) -> Snapshot:
        """The objects of every kind by key, as of the last pull. They are shared: nobody changes them."""
        return {kind: feed.objects for kind, feed in self._feeds.items() if not feed.is_hidden}

    def close(self) -> None:
        """End every watch."""
        for feed in self._feeds.values():
            feed.close()

    def _connect(self) -> None:
        """Open a watch for every kind that this cluster serves."""
        feeds = {}
        try:
            for kind in self._kinds:
                try:
                    feeds[kind] = _Feed(self._reader, kind)
                except ServiceUnavailable:
                    raise
                except ApiError:
                    continue  # this cluster has no such kind, or does not show it to us
        except ServiceUnavailable:
            self.is_connected = False
            return
        self._feeds = feeds
        self.is_connected = True
        self._writers.refresh()

    def _signed(self, change: Change) -> Change:
        if change.is_unseen:
            return change._replace(time=self._reader.now)
        writer, when = self._writers.origin_of(change.before, change.after, change.revision)
        return change._replace(writer=writer, time=when or self._time_of(change))

    def _time_of(self, change: Change) -> float:
        """The best guess where no record tells: birth, the newest transition, or now."""
        obj = change.after
        if obj is not None and change.type == "ADDED" and obj["metadata"].get("creationTimestamp"):
            return parse_rfc3339(obj["metadata"]["creationTimestamp"])
        conditions = ((obj or {}).get("status") or {}).get("conditions") or ()
        had = ((change.before or {}).get("status") or {}).get("conditions") or ()
        moments = [c["lastTransitionTime"] for c in conditions if c.get("lastTransitionTime") and c not in had]
        return max(map(parse_rfc3339, moments), default=self._reader.now)


class _Feed:
    """The watch on one kind."""

    def __init__(self, reader: Reader, kind: str) -> None:
        self._reader = reader
        self.kind = kind
        self.objects: dict[Key, Obj] = {}
        self.is_hidden = False  # the server no longer shows this kind to us
        self._revision = ""
        self._newest = 0  # as of the last list
        self._is_rewound = False
        self._stream: Stream | None = None
        self._relist([])

    def drain(self, changes: list[Change], *, may_ask: bool = True) -> None:
        """Add what has arrived to `changes`. Raises ApiError when the server does not answer, or refuses."""
        if self._stream is not None and not self._follow(changes):
            return
        if not may_ask:
            return
        self._stream = None
        if self._revision:
            with suppress(Expired):
                self._stream = self._reader.watch(self.kind, since=self._revision)
                if not self._follow(changes):
                    return
        self._relist(changes)

    def has_new_history(self) -> bool:
        """The server has begun to count anew; told once."""
        was_rewound, self._is_rewound = self._is_rewound, False
        return was_rewound

    def close(self) -> None:
        """End the watch."""
        if self._stream is not None:
            self._stream.close()

    def _follow(self, changes: list[Change]) -> bool:
        """Take what the stream holds; True when it is of no more use."""
        stream = self._stream
        assert stream is not None
        for type_, obj in stream.pull():
            if type_ == "ERROR":
                stream.close()
                self._revision = ""
                return True
            self._revision = obj["metadata"]["resourceVersion"]
            if type_ != "BOOKMARK":
                self._record(changes, key_of(obj), obj if type_ != "DELETED" else None, int(self._revision))
        return stream.is_closed

    def _relist(self, changes: list[Change]) -> None:
        """List everything; what differs from what was known has changed unseen."""
        found = self._reader.list(self.kind)
        there = {key_of(obj): obj for obj in found}
        self._is_rewound = bool(self._newest) and int(found.resource_version) < self._newest
        for key in [key for key in self.objects if key not in there]:
            self._record(changes, key, None, int(found.resource_version), is_unseen=True)
        for key, obj in there.items():
            known = self.objects.get(key)
            revision = int(obj["metadata"]["resourceVersion"])
            if known is not None and known["metadata"].get("uid") != obj["metadata"].get("uid"):
                self._record(changes, key, None, revision, is_unseen=True)  # another object under the same name
                known = None
            if known != obj:
                self._record(changes, key, obj, revision)
        self._revision = found.resource_version
        self._newest = int(found.resource_version)
        self._stream = None
        self._stream = self._reader.watch(self.kind, since=self._revision)

    def _record(
        self, changes: list[Change], key: Key, after: Obj | None, revision: int, *, is_unseen: bool = False
    ) -> None:
        before = self.objects.get(key)
        if after is None:
            self.objects.pop(key, None)
            if before is None:
                return
            type_ = "DELETED"
        else:
            type_ = "ADDED" if before is None else "MODIFIED"
            self.objects[key] = after
        changes.append(Change(self.kind, key, before, after, revision, 0.0, type_, "", is_unseen))


def _revision(change: Change) -> int:
    return change.revision
