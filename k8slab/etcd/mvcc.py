"""The versions of every key: what is now, what was, and the keys in order.

A range wants keys in order, a write wants to cost the same in a full store as in an empty one. So
keys lie in directories (`/registry/pods/default/`), and a directory is put in order only when
somebody asks for a range.

Source    etcd-io/etcd, server/storage/mvcc, index.go and key_index.go
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from operator import attrgetter

from .protocol import KeyValue

__all__ = ["Directory", "KeyIndex", "directory_of"]

_mod_revision = attrgetter("mod_revision")


def directory_of(key: str) -> str:
    """Answer the part of a key (or a prefix) up to its last slash, the slash included."""
    return key[: key.rfind("/") + 1]


class Directory:
    """The keys between one slash and the next, put in order when that is asked for."""

    __slots__ = ("_fresh", "_gone", "_ordered", "deleted")

    def __init__(self) -> None:
        self.deleted: set[str] = set()  # gone now, but with versions that can be read
        self._ordered: list[str] = []
        self._fresh: set[str] = set()  # to be added to _ordered
        self._gone: set[str] = set()  # to be taken out of _ordered

    def __len__(self) -> int:
        return len(self._ordered) + len(self._fresh) - len(self._gone) + len(self.deleted)

    def add(self, key: str) -> None:
        """Take note of a key that comes into being."""
        self.deleted.discard(key)
        self._fresh.add(key)

    def remove(self, key: str) -> None:
        """Take note of a key that is deleted; it stays among the `deleted` until it is compacted."""
        self.deleted.add(key)
        if key in self._fresh:
            self._fresh.remove(key)
        else:
            self._gone.add(key)

    def ordered(self) -> list[str]:
        """Answer the keys that are, in order; the list belongs to the directory."""
        if self._gone:
            self._ordered = [key for key in self._ordered if key not in self._gone]
            self._gone = set()
        if self._fresh:
            self._ordered += sorted(self._fresh)
            self._ordered.sort()  # two ordered runs: linear
            self._fresh = set()
        return self._ordered

    def ordered_ever(self) -> list[str]:
        """Answer the keys that are or have been, in order."""
        return sorted(self.ordered() + sorted(self.deleted))


class KeyIndex:
    """Every version of every key that has not been compacted."""

    def __init__(self) -> None:
        self.live: dict[str, KeyValue] = {}
        self._past: dict[str, list[KeyValue]] = {}  # superseded versions and tombstones, oldest first
        self._directories: dict[str, Directory] = {}
        self._names: list[str] = []  # of the directories, in order

    def put(self, kv: KeyValue, before: KeyValue | None) -> None:
        """Make `kv` the newest version of its key, in place of `before`."""
        key = kv.key
        self.live[key] = kv
        if before is None:
            self._directory(key).add(key)
        elif key in self._past:
            self._past[key].append(before)
        else:
            self._past[key] = [before]

    def delete(self, tombstone: KeyValue, before: KeyValue) -> None:
        """End the life of a key; a tombstone is a version with the number 0."""
        key = tombstone.key
        del self.live[key]
        self._past.setdefault(key, []).extend((before, tombstone))
        self._directory(key).remove(key)

    def at(self, key: str, revision: int) -> KeyValue | None:
        """Answer the key as it was at `revision`, None if it was absent."""
        kv = self.live.get(key)
        if kv is not None and kv.mod_revision <= revision:
            return kv
        versions = self._past.get(key, [])
        index = bisect_right(versions, revision, key=_mod_revision)
        return versions[index - 1] if index and versions[index - 1].version else None

    def keys(self, prefix: str, after: str, *, ever: bool = False) -> list[str]:
        """Answer, in order, the keys with `prefix` that sort after `after`; `ever` includes those deleted."""
        found: list[str] = []
        names = self._directories_under(prefix)
        for name in names:
            directory = self._directories[name]
            keys = directory.ordered_ever() if ever else directory.ordered()
            found += _between(keys, prefix, after)
        if len(names) > 1:
            found.sort()  # one directory can lie inside another
        return found

    def compact(self, keys: set[str], revision: int) -> None:
        """Drop the versions of `keys` that no read at `revision` or later can meet."""
        for key in keys & self._past.keys():
            versions = self._readable(key, revision)
            if versions:
                self._past[key] = versions
            else:
                del self._past[key]
                self._forget_deleted(key)

    def _readable(self, key: str, revision: int) -> list[KeyValue]:
        kv = self.live.get(key)
        if kv is not None and kv.mod_revision <= revision:
            return []
        versions = self._past[key]
        index = bisect_right(versions, revision, key=_mod_revision)
        if index and versions[index - 1].version:
            index -= 1  # still the answer to a read at `revision`
        return versions[index:]

    def _forget_deleted(self, key: str) -> None:
        name = directory_of(key)
        directory = self._directories[name]
        directory.deleted.discard(key)
        if not directory:
            del self._directories[name]
            del self._names[bisect_left(self._names, name)]

    def _directory(self, key: str) -> Directory:
        name = directory_of(key)
        directory = self._directories.get(name)
        if directory is None:
            directory = self._directories[name] = Directory()
            insort(self._names, name)
        return directory

    def _directories_under(self, prefix: str) -> list[str]:
        """Every directory inside the prefix, and the one that the prefix itself lies in."""
        names = _between(self._names, prefix, "")
        home = directory_of(prefix)
        return names if home == prefix or home not in self._directories else [home, *names]


def _between(ordered: list[str], prefix: str, after: str) -> list[str]:
    """Cut out of an ordered list what starts with `prefix` and sorts after `after`."""
    start = bisect_left(ordered, prefix)
    if after:
        start = max(start, bisect_right(ordered, after))
    end = bisect_left(ordered, True, start, key=lambda key: not key.startswith(prefix))
    return ordered[start:end]
