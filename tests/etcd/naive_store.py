"""What a store ought to do, in the plainest way: one whole snapshot of all keys for every revision."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any

from k8slab.etcd import (
    Compacted,
    Compare,
    Delete,
    Event,
    FutureRevision,
    KeyValue,
    LeaseNotFound,
    Op,
    Put,
    RangeResult,
    TxnResult,
)

OPS: dict[str, Any] = {"=": operator.eq, "!=": operator.ne, "<": operator.lt, ">": operator.gt}
DELIVER = Callable[[Sequence[Event]], None]


class NaiveStore:
    """Slow and obvious; `pass_time` takes the place of the loop."""

    def __init__(self) -> None:
        self.snapshots: list[dict[str, KeyValue]] = [{}, {}]  # by revision
        self.changes: list[list[str]] = [[], []]  # the keys changed, by revision, in order
        self.compacted_revision = 0
        self.now = 0.0
        self.leases: dict[int, tuple[float, float]] = {}  # id: (end, ttl), in the order of their last renewal
        self.watchers: list[tuple[str, DELIVER, int]] = []

    @property
    def revision(self) -> int:
        return len(self.snapshots) - 1

    def snapshot(self, revision: int) -> dict[str, KeyValue]:
        if revision > self.revision:
            raise FutureRevision
        if 0 < revision < self.compacted_revision:
            raise Compacted(self.compacted_revision)
        return self.snapshots[revision if revision > 0 else -1]

    def get(self, key: str, revision: int = 0) -> KeyValue | None:
        return self.snapshot(revision).get(key)

    def range(self, prefix: str, *, revision: int = 0, limit: int = 0, after: str = "") -> RangeResult:
        snapshot = self.snapshot(revision)
        kvs = [snapshot[key] for key in sorted(snapshot) if key.startswith(prefix) and key > after]
        shown = kvs[:limit] if limit else kvs
        return RangeResult(shown, len(shown) < len(kvs), len(kvs), self.revision)

    def txn(self, compare: Sequence[Compare], then: Sequence[Op], otherwise: Sequence[Op] = ()) -> TxnResult:
        for branch in (then, otherwise):
            puts = [op.key for op in branch if isinstance(op, Put)]
            deletes = {op.key for op in branch if isinstance(op, Delete)}
            if len(set(puts)) < len(puts) or deletes & set(puts):
                raise ValueError("etcdserver: duplicate key given in txn request")
        succeeded = all(map(self.holds, compare))
        return TxnResult(succeeded, *self.run(then if succeeded else otherwise))

    def holds(self, compare: Compare) -> bool:
        kv = self.get(compare.key)
        if kv is None and compare.target == "VALUE":
            return False
        _, value, create, mod, version, lease = kv or ("", None, 0, 0, 0, 0)
        actual = {"CREATE": create, "MOD": mod, "VERSION": version, "VALUE": value, "LEASE": lease}[compare.target]
        return bool(OPS[compare.op](actual, compare.operand))

    def run(self, ops: Sequence[Op]) -> tuple[int, tuple[KeyValue | None, ...]]:
        if any(isinstance(op, Put) and op.lease and op.lease not in self.leases for op in ops):
            raise LeaseNotFound
        revision, snapshot = self.revision + 1, dict(self.snapshots[-1])
        changes, responses = [], []
        for op in ops:
            kv = snapshot.get(op.key)
            if isinstance(op, Put):
                create, version = (kv.create_revision, kv.version + 1) if kv else (revision, 1)
                kv = snapshot[op.key] = KeyValue(op.key, op.value, create, revision, version, op.lease)
                changes.append(op.key)
            elif isinstance(op, Delete) and kv:
                del snapshot[op.key]
                changes.append(op.key)
            responses.append(kv)
        if changes:
            self.snapshots.append(snapshot)
            self.changes.append(changes)
            for watcher in self.watchers:
                self.tell(watcher, revision)
        return self.revision, tuple(responses)

    def tell(self, watcher: tuple[str, DELIVER, int], revision: int) -> None:
        prefix, deliver, since = watcher
        events = [self.event(key, revision) for key in self.changes[revision] if key.startswith(prefix)]
        if events and revision >= since:
            deliver(tuple(events))

    def event(self, key: str, revision: int) -> Event:
        kv = self.snapshots[revision].get(key)
        before = self.snapshots[revision - 1].get(key) if revision > self.compacted_revision else None
        if kv:
            return Event("PUT", kv, before)
        return Event("DELETE", KeyValue(key, None, 0, revision, 0), before)

    def lease_grant(self, ttl_s: float, lease: int = 0) -> int:
        if lease in self.leases:
            raise ValueError("etcdserver: lease already exists")
        self.leases[lease] = (self.now + max(ttl_s, 2), max(ttl_s, 2))
        return lease

    def lease_keep_alive(self, lease: int) -> float:
        if lease not in self.leases:
            raise LeaseNotFound
        _, ttl_s = self.leases.pop(lease)
        self.leases[lease] = (self.now + ttl_s, ttl_s)
        return ttl_s

    def lease_revoke(self, lease: int) -> None:
        if self.leases.pop(lease, None) is None:
            raise LeaseNotFound
        self.run([Delete(key) for key, kv in sorted(self.snapshots[-1].items()) if kv.lease == lease])

    def pass_time(self, seconds: float) -> None:
        self.now += seconds
        for lease in sorted(self.leases, key=lambda lease: self.leases[lease][0]):
            if self.leases[lease][0] <= self.now:
                self.lease_revoke(lease)

    def compact(self, revision: int) -> None:
        if revision <= self.compacted_revision:
            raise Compacted(self.compacted_revision)
        if revision > self.revision:
            raise FutureRevision
        self.compacted_revision = revision

    def watch(self, prefix: str, deliver: DELIVER, *, since: int = 0) -> None:
        since = since or self.revision + 1
        if since < self.compacted_revision:
            raise Compacted(self.compacted_revision)
        for revision in range(since, self.revision + 1):
            self.tell((prefix, deliver, since), revision)
        self.watchers.append((prefix, deliver, since))
