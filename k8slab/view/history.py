"""What a recorder has told, kept: the objects as they were at any moment since, and what had changed until then.

It works on any cluster, since all of it came over watches. The past is reached from the present, by undoing the changes
that came later; so it costs no more than there were changes.

Left out  the newest 50,000 changes are kept, no more; changes that no watch told are as old as their discovery
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable
from itertools import islice
from typing import Any, NamedTuple

from k8slab.objects import Key
from k8slab.view.fields import is_heartbeat
from k8slab.view.recorder import Change, Recorder, Snapshot

__all__ = [
    "History",
    "Seen",
]

Obj = dict[str, Any]
KEPT = 50_000


class Seen(NamedTuple):
    """When a picture was drawn, and the newest resourceVersion that it knew of."""

    time: float
    revision: int


class History:
    """The changes of one recorder since `began` (seconds since 1970), in order; moments never go back.

    `first` is what was there already; `pictures` tells when it was asked what is new.
    """

    def __init__(self, recorder: Recorder, now: Callable[[], float]) -> None:
        self.changes: list[Change] = []
        self.pictures: list[Seen] = []
        self.began = now()
        self._recorder = recorder
        self._now = now
        self._times: list[float] = []
        self._stops: list[float] = []
        self._seen = 0
        self.first = Seen(self.began, _newest(recorder.snapshot()))

    def pull(self) -> None:
        """Hear what has happened."""
        now = self._now()
        for change in self._recorder.pull():
            moment = max(min(change.time, now), self._times[-1] if self._times else self.began)
            self.changes.append(change._replace(time=moment))
            self._times.append(moment)
            if not is_heartbeat(change) and (not self._stops or self._stops[-1] < moment):
                self._stops.append(moment)
        if len(self.changes) > 2 * KEPT:
            self._forget(len(self.changes) - KEPT)

    def take(self) -> list[Change]:
        """What has changed since the last time that this was asked: since the last picture."""
        self.pull()
        found, self._seen = self.changes[self._seen :], len(self.changes)
        revision = self.changes[-1].revision if self.changes else self.first.revision
        self.pictures.append(Seen(self._now(), revision))
        return found

    def stops(self) -> list[float]:
        """The moments at which something changed, heartbeats apart, and the beginning."""
        return [self.began, *islice(self._stops, bisect_right(self._stops, self.began), None)]

    def before(self, moment: float) -> float:
        """When the picture before a moment was drawn."""
        found = bisect_left(self.pictures, moment, key=_time)
        return max(self.pictures[found - 1].time if found else self.began, self.began)

    def at(self, moment: float) -> Snapshot:
        """The objects as they were at a moment, with all that happened at it. They are shared: nobody changes them.

        Raises ValueError for a moment before it began.
        """
        if moment < self.began:
            raise ValueError(f"what happened is known from {self.began:.3f} on, not from {moment!r}")
        return self._undone(bisect_right(self._times, moment))

    def at_revision(self, revision: int) -> Snapshot:
        """The objects as the change with this resourceVersion left them (or the last one before it)."""
        return self._undone(bisect_right(self.changes, revision, key=_revision))

    def between(self, since: float, until: float) -> list[Change]:
        """What changed after one moment and up to another."""
        return self.changes[bisect_right(self._times, since) : bisect_right(self._times, until)]

    def _undone(self, known: int) -> Snapshot:
        """The present without any change from the one at the place `known` on."""
        objects: dict[str, dict[Key, Obj]] = {kind: dict(there) for kind, there in self._recorder.snapshot().items()}
        for change in reversed(self.changes[known:]):
            there = objects.setdefault(change.kind, {})  # of a kind that may no longer be seen, what was seen
            if change.before is None:
                there.pop(change.key, None)
            else:
                there[change.key] = change.before
        return objects

    def _forget(self, count: int) -> None:
        self.began = self._times[count - 1]
        del self.changes[:count], self._times[:count]
        self._seen = max(self._seen - count, 0)


def _newest(objects: Snapshot) -> int:
    found = (int(obj["metadata"]["resourceVersion"]) for there in objects.values() for obj in there.values())
    return max(found, default=0)


def _time(seen: Seen) -> float:
    return seen.time


def _revision(change: Change) -> int:
    return change.revision
