"""EtcdStore: a real etcd server behind the same protocol as DictStore.

Watches are told in the thread that runs the loop, and a write has been told to all of them when it returns, as with
DictStore. What others write is told when the loop comes to it, or when somebody asks the store to catch up.

`revision` is that of the last change told, not of the last one written: so it fits what caches have seen.

A lease ends when its time is over by the loop (with whom it was asked for) or by the server's own clock,
whichever is first.

Source    etcd-io/etcd, api/etcdserverpb/rpc.proto; k8s.io/apiserver, pkg/storage/etcd3/store.go
Left out  order (`<`, `>`) among values, and their equality when keys stand in another order; sharing the server
          with other programs (every key of it is watched); the deletions in the very revision that was compacted
          (servers before etcd-io/etcd pull 18274 do not tell them)
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from functools import partial
from math import ceil

from k8slab.clock import Loop, Timer

from .follower import Changes, Follower, changes_since
from .gateway import Gateway, Obj, encoded, key_range, key_value
from .protocol import (
    Compacted,
    Compare,
    Delete,
    Event,
    Get,
    KeyValue,
    LeaseNotFound,
    Op,
    Put,
    RangeResult,
    StoreUnavailable,
    TxnResult,
)
from .session import Session
from .watch_bus import WatchBus, Watcher

__all__ = ["EtcdStore"]

PATIENCE_S = 1.5  # for a change that the server has acknowledged
COMPARED = {"CREATE": "create_revision", "MOD": "mod_revision", "VERSION": "version", "LEASE": "lease"}
RESULTS = {"=": "EQUAL", "!=": "NOT_EQUAL", "<": "LESS", ">": "GREATER"}


class EtcdStore:
    """The keys of the etcd server at `url` (`http://HOST:PORT`). Raises ValueError, StoreUnavailable."""

    def __init__(self, url: str, loop: Loop) -> None:
        self._gateway = Gateway(url)
        self._loop = loop
        self._bus = WatchBus()
        self._timers: dict[int, tuple[float, Timer]] = {}  # of the leases granted here
        self._compacted = 0
        self._sessions: list[Session] = []
        self._revision = self._newest()
        self._follower = Follower(self._gateway, self._revision + 1, partial(loop.post, self._tell_all))

    @property
    def revision(self) -> int:
        """The revision of the newest change that has been told (1 in an empty store)."""
        return self._revision

    @property
    def compacted_revision(self) -> int:
        """The history below this revision is gone (0 when nothing was compacted), as far as it is known here."""
        return self._compacted

    def close(self) -> None:
        """Leave the server; its keys stay. Watches tell nothing more."""
        for _, timer in self._timers.values():
            timer.cancel()
        self._follower.close()
        for session in self._sessions:
            session.close()
        self._gateway.close()

    def hold(self, key: str, value: object) -> bool:
        """Write a key that is there as long as this process, unless it is there for another; answers whether.

        It may take seconds to know. Raises StoreUnavailable.
        """
        session = Session(self._gateway.url, key, value)
        self._sessions.append(session)
        return session.is_held

    def catch_up(self) -> None:
        """Have watches tell all that was written until now, by whomever. Raises StoreUnavailable."""
        self._follow_to(self._newest())

    def get(self, key: str, revision: int = 0) -> KeyValue | None:
        """One key now, or as it was at `revision`. Raises Compacted, FutureRevision, StoreUnavailable."""
        found = self._range({"key": encoded(key)}, revision)
        return key_value(found["kvs"][0]) if "kvs" in found else None

    def range(self, prefix: str, *, revision: int = 0, limit: int = 0, after: str = "") -> RangeResult:
        """The keys that start with `prefix` and sort after the key `after`, now or at `revision`.

        What is there now has been told to the watches when this returns. Raises Compacted, FutureRevision,
        StoreUnavailable.
        """
        while True:
            found = self._range({**key_range(prefix, after), "limit": str(max(limit, 0))}, revision)
            newest = int(found["header"]["revision"])
            self._follow_to(newest)
            if revision > 0 or self._revision == newest:  # else something was written while others were told
                kvs = [key_value(kv) for kv in found.get("kvs", ())]
                return RangeResult(kvs, bool(found.get("more")), int(found.get("count", 0)), newest)

    def txn(self, compare: Sequence[Compare], then: Sequence[Op], otherwise: Sequence[Op] = ()) -> TxnResult:
        """Run `then` if every comparison holds, else `otherwise`; all in one revision.

        Raises LeaseNotFound, ValueError when a key is written twice, RequestTooLarge, StoreUnavailable.
        """
        question = {"compare": [*map(_condition, compare)]}
        question |= {"success": [*map(_operation, then)], "failure": [*map(_operation, otherwise)]}
        answer = self._gateway.ask("kv/txn", question)
        succeeded, revision = bool(answer.get("succeeded")), int(answer["header"]["revision"])
        ran = zip(then if succeeded else otherwise, answer.get("responses", ()), strict=True)
        responses = tuple([_response(op, response, revision) for op, response in ran])
        with suppress(StoreUnavailable):  # it is written; watches will tell it when they can
            self._follow_to(revision)
        return TxnResult(succeeded, revision, responses)

    def lease_grant(self, ttl_s: float, lease: int = 0) -> int:
        """Open a lease (of at least 2 seconds) and answer its id; when it ends, its keys are deleted in one revision.

        Raises ValueError when the id is in use, StoreUnavailable.
        """
        granted = self._gateway.ask("lease/grant", {"TTL": str(ceil(ttl_s)), "ID": str(lease)})
        lease = int(granted["ID"])
        self._time(lease, float(granted["TTL"]))
        return lease

    def lease_keep_alive(self, lease: int) -> float:
        """Start the lease's time anew and answer it, in seconds. Raises LeaseNotFound, StoreUnavailable."""
        ttl_s = float(self._gateway.ask("lease/keepalive", {"ID": str(lease)}).get("TTL", 0))
        if not ttl_s:
            raise LeaseNotFound
        if lease in self._timers:
            self._time(lease, ttl_s)
        return ttl_s

    def lease_revoke(self, lease: int) -> None:
        """End a lease now. Raises LeaseNotFound, StoreUnavailable."""
        if lease in self._timers:
            self._timers.pop(lease)[1].cancel()
        self._gateway.ask("lease/revoke", {"ID": str(lease)})
        self.catch_up()

    def compact(self, revision: int) -> None:
        """Forget what no key was at or after `revision`. Raises Compacted, FutureRevision, StoreUnavailable."""
        if revision <= self._compacted:
            raise Compacted(self._compacted)
        try:
            self._gateway.ask("kv/compaction", {"revision": str(revision)})
        except Compacted:
            raise self._known_compaction(revision) from None
        self._compacted = revision

    def watch(self, prefix: str, deliver: Callable[[Sequence[Event]], None], *, since: int = 0) -> Watcher:
        """Deliver every change under `prefix` from revision `since` on (0: after the last one told).

        What has been told already is delivered before this returns. Raises Compacted, StoreUnavailable.
        """
        since = since or self._revision + 1
        return self._bus.watch(prefix, deliver, since, self._history(since))

    def _history(self, since: int) -> Iterable[Changes]:
        """What was told already from a revision on."""
        if since < self._compacted:
            raise Compacted(self._compacted)
        if since > self._revision or self._revision == 1:
            return ()
        if self._revision == self._compacted:
            return self._puts_at(since)
        try:
            return list(changes_since(self._gateway, since, self._revision))
        except Compacted as error:
            self._compacted = max(error.compacted_revision, self._compacted)
            raise

    def _puts_at(self, revision: int) -> Iterable[Changes]:
        """What is left of a revision that was compacted and is the newest."""
        kvs = [kv for kv in self.range("").kvs if kv.mod_revision == revision]
        return [tuple(Event("PUT", kv, None) for kv in kvs)]

    def _range(self, question: Obj, revision: int) -> Obj:
        try:
            return self._gateway.ask("kv/range", {**question, "revision": str(max(revision, 0))})
        except Compacted:
            raise self._known_compaction(revision + 1) from None

    def _known_compaction(self, revision: int) -> Compacted:
        """The error for what was compacted at `revision` or later; a watch from the beginning knows by whomever."""
        if revision > self._compacted:
            with suppress(StoreUnavailable):
                try:
                    next(changes_since(self._gateway, 1, 1), None)
                except Compacted as error:
                    self._compacted = error.compacted_revision
        return Compacted(self._compacted)

    def _newest(self) -> int:
        """The revision of the server."""
        return int(self._gateway.ask("kv/range", {"key": encoded("\0")})["header"]["revision"])

    def _follow_to(self, revision: int) -> None:
        """Tell the watches every change up to a revision, in order. Raises StoreUnavailable."""
        if revision < self._revision:
            raise self._gateway.unavailable(f"it is at revision {revision} and was at {self._revision}: another store")
        while self._revision < revision:
            changes = self._follower.take(0.0 if self._follower.is_lost else PATIENCE_S)
            if changes is None:
                self._follower.reconnect()
                problem = "changes not seen yet were compacted" if self._follower.is_lost else "its watch is silent"
                raise self._gateway.unavailable(problem)
            self._tell(changes)

    def _tell_all(self) -> None:
        while (changes := self._follower.take()) is not None:
            self._tell(changes)

    def _tell(self, changes: Changes) -> None:
        self._revision = changes[0].kv.mod_revision
        self._bus.publish(changes, self._revision)

    def _time(self, lease: int, ttl_s: float) -> None:
        if lease in self._timers:
            self._timers[lease][1].cancel()
        self._timers[lease] = ttl_s, self._loop.call_later(ttl_s, self._expire, lease, background=True)

    def _expire(self, lease: int) -> None:
        with suppress(LeaseNotFound, StoreUnavailable):  # the server's own clock sees to it
            self.lease_revoke(lease)


def _condition(compare: Compare) -> Obj:
    key, target, op, operand = compare
    condition = {"key": encoded(key), "target": target, "result": RESULTS[op]}
    if target == "VALUE":
        return {**condition, "value": _value(operand)}
    return {**condition, COMPARED[target]: str(operand)}


def _operation(op: Op) -> Obj:
    key = encoded(op.key)
    if isinstance(op, Put):
        put = {"key": key, "value": _value(op.value), "lease": str(op.lease), "prev_kv": True}
        return {"request_put": put}
    if isinstance(op, Delete):
        return {"request_delete_range": {"key": key, "prev_kv": True}}
    return {"request_range": {"key": key}}


def _response(op: Op, response: Obj, revision: int) -> KeyValue | None:
    """What an operation has read, written or removed; a put only tells what was there before it."""
    if isinstance(op, Get):
        found = response["response_range"].get("kvs")
        return key_value(found[0]) if found else None
    if isinstance(op, Delete):
        found = response["response_delete_range"].get("prev_kvs")
        return key_value(found[0]) if found else None
    before = response["response_put"].get("prev_kv", {})
    create, version = int(before.get("create_revision", revision)), int(before.get("version", 0)) + 1
    return KeyValue(op.key, op.value, create, revision, version, op.lease)


def _value(value: object) -> str:
    return encoded(json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=list))
