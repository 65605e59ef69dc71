"""DictStore: the store in this process, with the behaviour of an etcd server and the speed of a dict.

Nothing is copied: versions, history and events share the values they were given, so values are
never changed in place. History grows with every write until it is compacted.

At the compacted revision itself everything can still be read and watched; only what was changed
before is gone. So a watch from there tells the changes of that revision without their `prev`.

Source    etcd-io/etcd, server/storage/mvcc, kvstore.go and kvstore_txn.go, server/etcdserver/txn; each
          behaviour was compared with a running etcd server
Left out  order (`<`, `>`) among values, since JSON objects have none
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence

from k8slab.clock import Scheduling

from .leases import Leases
from .mvcc import KeyIndex
from .protocol import (
    Compacted,
    Compare,
    Delete,
    Event,
    FutureRevision,
    Get,
    KeyValue,
    Op,
    Put,
    RangeResult,
    StoreUnavailable,
    TxnResult,
)
from .watch_bus import WatchBus, Watcher

__all__ = ["DictStore"]

_ABSENT = KeyValue("", None, 0, 0, 0)
_TARGET = {
    "CREATE": KeyValue._fields.index("create_revision"),
    "MOD": KeyValue._fields.index("mod_revision"),
    "VERSION": KeyValue._fields.index("version"),
    "VALUE": KeyValue._fields.index("value"),
    "LEASE": KeyValue._fields.index("lease"),
}
_COMPARISON = {"=": operator.eq, "!=": operator.ne, "<": operator.lt, ">": operator.gt}


class DictStore:
    """A versioned key-value store in memory; leases end by the time of `loop`.

    While it is not up (`is_up`), whoever wants to catch up with it learns that it is away.
    """

    def __init__(self, loop: Scheduling) -> None:
        self._revision = 1
        self._compacted = 0
        self._index = KeyIndex()
        self._log: list[tuple[Event, ...]] = [()]  # the changes of each revision from _log_start on
        self._log_start = 1
        self._leases = Leases(loop, self._delete_all)
        self._bus = WatchBus()
        self.is_up = True

    @property
    def revision(self) -> int:
        """The revision of the newest write (1 in an empty store, as in etcd)."""
        return self._revision

    @property
    def compacted_revision(self) -> int:
        """The history below this revision is gone (0 when nothing was compacted)."""
        return self._compacted

    def catch_up(self) -> None:
        """Nobody else writes to this store. Raises StoreUnavailable."""
        if not self.is_up:
            raise StoreUnavailable("connection refused")

    def get(self, key: str, revision: int = 0) -> KeyValue | None:
        """One key now, or as it was at `revision`. Raises Compacted, FutureRevision."""
        if revision <= 0:
            return self._index.live.get(key)
        self._check_revision(revision)
        return self._index.at(key, revision)

    def range(self, prefix: str, *, revision: int = 0, limit: int = 0, after: str = "") -> RangeResult:
        """The keys that start with `prefix` and sort after the key `after`, now or at `revision`.

        `revision` of the answer is the store's, whatever was asked for. Raises Compacted, FutureRevision.
        """
        if revision <= 0 or revision == self._revision:
            keys = self._index.keys(prefix, after)
            live = self._index.live
            kvs = [live[key] for key in (keys[:limit] if limit > 0 else keys)]
            return RangeResult(kvs, len(kvs) < len(keys), len(keys), self._revision)
        self._check_revision(revision)
        versions = (self._index.at(key, revision) for key in self._index.keys(prefix, after, ever=True))
        every = [kv for kv in versions if kv is not None]
        kvs = every[:limit] if limit > 0 else every
        return RangeResult(kvs, len(kvs) < len(every), len(every), self._revision)

    def txn(self, compare: Sequence[Compare], then: Sequence[Op], otherwise: Sequence[Op] = ()) -> TxnResult:
        """Run `then` if every comparison holds, else `otherwise`; all in one revision.

        Raises LeaseNotFound, ValueError when a key is written twice (in either branch).
        """
        _check_keys(then)
        if otherwise:
            _check_keys(otherwise)
        succeeded = True
        for condition in compare:
            if not self._holds(condition):
                succeeded = False
                break
        revision, responses = self._run(then if succeeded else otherwise)
        return TxnResult(succeeded, revision, responses)

    def lease_grant(self, ttl_s: float, lease: int = 0) -> int:
        """Open a lease (of at least 2 seconds) and answer its id; when it ends, its keys are deleted in one revision.

        Raises ValueError when the id is in use.
        """
        return self._leases.grant(ttl_s, lease)

    def lease_keep_alive(self, lease: int) -> float:
        """Start the lease's time anew and answer it, in seconds. Raises LeaseNotFound."""
        return self._leases.keep_alive(lease)

    def lease_revoke(self, lease: int) -> None:
        """End a lease now. Raises LeaseNotFound."""
        self._leases.revoke(lease)

    def compact(self, revision: int) -> None:
        """Forget what no key was at or after `revision`. Raises Compacted, FutureRevision."""
        if revision <= self._compacted:
            raise Compacted(self._compacted)
        if revision > self._revision:
            raise FutureRevision
        end = revision - self._log_start
        changed = {event.kv.key for events in self._log[: end + 1] for event in events}
        self._index.compact(changed, revision)
        self._log[: end + 1] = [tuple(event._replace(prev=None) for event in self._log[end])]
        self._log_start = self._compacted = revision

    def watch(self, prefix: str, deliver: Callable[[Sequence[Event]], None], *, since: int = 0) -> Watcher:
        """Deliver every change under `prefix` from revision `since` on (0: from now on).

        What has already happened is delivered before this returns, and every later change before the
        transaction returns; within another delivery, both come after it. Changes of one revision
        arrive in one call. Raises Compacted.
        """
        since = since or self._revision + 1
        if since < self._compacted:
            raise Compacted(self._compacted)
        return self._bus.watch(prefix, deliver, since, self._log[max(since - self._log_start, 0) :])

    def close(self) -> None:
        """There is nothing to let go of."""

    def _check_revision(self, revision: int) -> None:
        if revision > self._revision:
            raise FutureRevision
        if revision < self._compacted:
            raise Compacted(self._compacted)

    def _holds(self, condition: Compare) -> bool:
        key, target, op, operand = condition
        kv = self._index.live.get(key)
        if kv is None:
            if target == "VALUE":
                return False  # an absent key has no value that could be compared
            kv = _ABSENT
        return bool(_COMPARISON[op](kv[_TARGET[target]], operand))

    def _run(self, ops: Sequence[Op]) -> tuple[int, tuple[KeyValue | None, ...]]:
        for op in ops:
            if isinstance(op, Put) and op.lease:
                self._leases.find(op.lease)
        revision = self._revision + 1
        events: list[Event] = []
        responses = tuple([self._apply(op, revision, events) for op in ops])
        if not events:
            return self._revision, responses
        self._revision = revision
        changes = tuple(events)
        self._log.append(changes)
        self._bus.publish(changes, revision)
        return revision, responses

    def _apply(self, op: Op, revision: int, events: list[Event]) -> KeyValue | None:
        before = self._index.live.get(op.key)
        if isinstance(op, Get):
            return before
        if isinstance(op, Put):
            kv = self._put(op, before, revision)
            events.append(Event("PUT", kv, before))
            return kv
        if before is not None:
            events.append(Event("DELETE", self._delete(before, revision), before))
        return before

    def _put(self, op: Put, before: KeyValue | None, revision: int) -> KeyValue:
        key, value, lease = op
        if before is None:
            kv = KeyValue(key, value, revision, revision, 1, lease)
        else:
            kv = KeyValue(key, value, before.create_revision, revision, before.version + 1, lease)
            if before.lease:
                self._leases.detach(before.lease, key)
        if lease:
            self._leases.attach(lease, key)
        self._index.put(kv, before)
        return kv

    def _delete(self, before: KeyValue, revision: int) -> KeyValue:
        tombstone = KeyValue(before.key, None, 0, revision, 0)
        if before.lease:
            self._leases.detach(before.lease, before.key)
        self._index.delete(tombstone, before)
        return tombstone

    def _delete_all(self, keys: list[str]) -> None:
        self._run([Delete(key) for key in keys])


def _check_keys(ops: Sequence[Op]) -> None:
    """Refuse empty keys, and a key that is put twice or both put and deleted (to delete it twice is harmless)."""
    for op in ops:
        if not op.key:
            raise ValueError("etcdserver: key is not provided")
    if len(ops) > 1:
        puts = [op.key for op in ops if isinstance(op, Put)]
        if len(puts) != len(set(puts)) or any(isinstance(op, Delete) and op.key in set(puts) for op in ops):
            raise ValueError("etcdserver: duplicate key given in txn request")
